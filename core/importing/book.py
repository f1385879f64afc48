"""The criteria an import may name: those of the study, those the mapping declares, those found in the rows."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.errors import BadInput, shortened
from core.importing.mapping import CriterionEntry
from core.scales import DeclaredScale

_TARGETS = ("item", "output", "pair")


@dataclass(frozen=True, slots=True)
class BookedCriterion:
    """One version of a question.

    Attributes:
        number: Its place in the book, from 1; stands for it while the import is read.
        known_id: Its key in the study; None: the import brings it.
    """

    number: int
    lineage: str
    version: int
    meaning: int
    name: str
    question: str
    guidance: str
    applies_to: str
    scale: DeclaredScale
    required: bool = True
    known_id: int | None = None


@dataclass(frozen=True, slots=True)
class KnownCriterion:
    """A criterion version that the study has."""

    id: int
    lineage: str
    version: int
    meaning: int
    name: str
    applies_to: str
    scale: DeclaredScale


class CriteriaBook:
    """Criteria by key and version, or by name.

    Raises:
        BadInput: A declared criterion is another one than the study's of the same key.
    """

    def __init__(self, known: Iterable[KnownCriterion], declared: Sequence[CriterionEntry]) -> None:
        self._by_version: dict[tuple[str, int], BookedCriterion] = {}
        self._newest: dict[str, BookedCriterion] = {}
        self._by_name: dict[str, str] = {}
        for old in sorted(known, key=lambda criterion: criterion.version):
            self._add(
                BookedCriterion(
                    number=len(self._by_version) + 1, lineage=old.lineage, version=old.version, meaning=old.meaning,
                    name=old.name, question="", guidance="", applies_to=old.applies_to, scale=old.scale,
                    known_id=old.id,
                )
            )  # fmt: skip
        for entry in declared:
            self._declare(entry)

    def __iter__(self) -> Iterator[BookedCriterion]:
        """Every version, in the order met."""
        yield from self._by_version.values()

    def brought(self) -> tuple[BookedCriterion, ...]:
        """Those the study does not have yet."""
        return tuple(criterion for criterion in self._by_version.values() if criterion.known_id is None)

    def find(self, name: str, version: int | None = None) -> BookedCriterion | None:
        """The criterion of this key (or name, without regard to case); its newest version unless one is asked for."""
        lineage = name if name in self._newest else self._by_name.get(name.strip().casefold())
        if lineage is None:
            return None
        return self._newest.get(lineage) if version is None else self._by_version.get((lineage, version))

    def _declare(self, entry: CriterionEntry) -> None:
        scale = entry.scale.declared()
        known = self._newest.get(entry.key)
        if known is not None:
            self._require_same(known, entry.applies_to, scale)
            return
        self._add(
            BookedCriterion(
                number=len(self._by_version) + 1, lineage=entry.key, version=1, meaning=1, name=entry.name or entry.key,
                question=entry.question, guidance=entry.guidance, applies_to=entry.applies_to, scale=scale,
                required=entry.required,
            )
        )  # fmt: skip

    def find_in_row(self, texts: "CriterionTexts") -> BookedCriterion:
        """The criterion version that a row spells out beside its rating; booked when first met.

        Raises:
            BadInput: It cannot be one, or is another than the one of the same key and version met before.
        """
        version, meaning = _whole(texts.version, "criterion version"), _whole(texts.meaning, "meaning")
        scale = _scale(texts.scale)
        known = self._by_version.get((texts.lineage, version))
        if known is not None:
            self._require_same(known, texts.applies_to, scale)
            if known.meaning != meaning:
                raise BadInput(where="meaning", found=str(meaning), expected=f"{known.meaning}, as before")
            return known
        if not 1 <= len(texts.lineage) <= 64 or texts.applies_to not in _TARGETS or not 1 <= meaning <= version:
            found = (
                f"key {shortened(texts.lineage)} on {shortened(texts.applies_to)}, version {version}, meaning {meaning}"
            )
            raise BadInput(
                where="criterion", found=found, expected="a key, item/output/pair, meaning up to the version"
            )
        booked = BookedCriterion(
            number=len(self._by_version) + 1, lineage=texts.lineage, version=version, meaning=meaning,
            name=texts.name or texts.lineage, question=texts.question, guidance=texts.guidance,
            applies_to=texts.applies_to, scale=scale,
        )  # fmt: skip
        self._add(booked)
        return booked

    def _add(self, criterion: BookedCriterion) -> None:
        self._by_version[criterion.lineage, criterion.version] = criterion
        newest = self._newest.get(criterion.lineage)
        if newest is None or newest.version < criterion.version:
            self._newest[criterion.lineage] = criterion
        for name in (criterion.lineage, criterion.name):
            self._by_name.setdefault(name.strip().casefold(), criterion.lineage)

    @staticmethod
    def _require_same(known: BookedCriterion, applies_to: str, scale: DeclaredScale) -> None:
        where = f'criterion "{known.lineage}"'
        if known.applies_to != applies_to:
            raise BadInput(
                where=where, found=f"asked about {applies_to}", expected=f"{known.applies_to}, as in the study"
            )
        if known.scale.fingerprint() != scale.fingerprint():
            keys = ", ".join(known.scale.keys) or "numbers"
            found = f"another scale ({', '.join(scale.keys) or 'numbers'})"
            raise BadInput(where=where, found=found, expected=f"the study's ({keys}), or another key")


@dataclass(frozen=True, slots=True)
class CriterionTexts:
    """A criterion as a row spells it out."""

    lineage: str
    version: str
    meaning: str
    name: str
    question: str
    guidance: str
    applies_to: str
    scale: str


def _whole(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 7):
        raise BadInput(where=where, found=shortened(text), expected="a whole number")
    return int(text)


def _scale(text: str) -> DeclaredScale:
    try:
        return DeclaredScale.from_json(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(where="scale", found=shortened(text), expected="a scale as JSON") from error
