"""Changing studies: every edit adds a version, nothing is overwritten.

Every function takes the `session` of a writing transaction that the caller opened, and the time and the name to write
beside the row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import category

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from core.errors import BadInput, Conflict, NotFound, shortened
from core.models.study import (
    Criterion,
    Guideline,
    Rubric,
    RubricEntry,
    RubricStatus,
    Scale,
    Study,
    StudySettings,
    Target,
)
from core.scales import DeclaredScale
from core.store.inserting import insert_missing
from core.store.studies import current_guideline, current_settings

_TURNS_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make a name read as another."""


@dataclass(frozen=True, slots=True)
class Signed:
    """When and by whom a row is written."""

    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionDraft:
    """What is typed for a criterion, before it is a version of one.

    Attributes:
        name: Short, 1 to 200 characters.
        question: What the rater answers.
        guidance: How to answer it (Markdown).
        applies_to: What it is asked about.
        scale: Its allowed values.
        required: Whether a grade may leave it out.
        weight: Its weight in a weighted score of the rubric.
        critical: Whether failing it fails the whole.
        key: Lineage wanted for a new criterion; "" makes one from the name.
    """

    name: str
    question: str = ""
    guidance: str = ""
    applies_to: Target
    scale: DeclaredScale
    required: bool = True
    weight: float = 1.0
    critical: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """Which version of which question."""

    lineage: str
    version: int = 1
    meaning: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """A criterion version at its place in a rubric."""

    criterion_id: int
    required: bool = True
    weight: float = 1.0
    critical: bool = False


def lock_study(study_id: int, *, session: Session) -> Study:
    """The study, held until the transaction ends, so that two edits at once get two versions.

    Raises:
        NotFound: There is none with this id.
    """
    study = session.exec(select(Study).where(Study.id == study_id).with_for_update()).first()
    if study is None:
        raise NotFound("study", study_id)
    return study


def checked_line(line: str, *, where: str, limit: int = 200) -> str:
    """A name or label: 1 to `limit` characters without line breaks, control characters or turned writing direction.

    Raises:
        BadInput: It is something else.
    """
    line = line.strip()
    if not 1 <= len(line) <= limit:
        raise BadInput(where=where, found=f"{len(line)} characters", expected=f"1 to {limit} characters")
    hidden = [mark for mark in line if category(mark) in ("Cc", "Cs", "Zl", "Zp") or mark in _TURNS_DIRECTION]
    if hidden:
        raise BadInput(
            where=where, found=f"the character U+{ord(hidden[0]):04X}", expected="characters that can be seen"
        )
    return line


def checked_text(text: str, *, where: str, limit: int = 100_000) -> str:
    """A text of several lines: at most `limit` characters that both databases can keep.

    Raises:
        BadInput: It is longer, or has a NUL character or half a surrogate pair.
    """
    text = text.strip()
    if len(text) > limit:
        raise BadInput(where=where, found=f"{len(text)} characters", expected=f"at most {limit}")
    hidden = [mark for mark in text if mark == "\0" or category(mark) == "Cs"]
    if hidden:
        raise BadInput(
            where=where, found=f"the character U+{ord(hidden[0]):04X}", expected="characters that can be kept"
        )
    return text


def checked_name(name: str, *, session: Session) -> str:
    """A name that a new study may have, without surrounding space; holds off other new studies until the end.

    Raises:
        BadInput: It is no name (see `checked_line`).
        Conflict: A study has it, with or without other capitals.
    """
    name = checked_line(name, where="name of the study")
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("lock table study in share row exclusive mode"))
    for taken in session.exec(select(Study.name)):
        if taken.casefold() == name.casefold():
            raise Conflict(f"A study is called {shortened(taken)} already; choose another name.")
    return name


def add_study(
    *, name: str, description: str, seed: int, signed: Signed, session: Session, illustrative: bool = False,
    simulated: bool = False,
) -> Study:  # fmt: skip
    """A new study; its name is checked as in `checked_name`."""
    study = Study(
        name=checked_name(name, session=session),
        description=checked_text(description, where="description of the study", limit=2_000),
        seed=seed,
        illustrative=illustrative,
        simulated=simulated,
        closed=simulated,
        created_at=signed.at,
        created_by=signed.by,
    )
    session.add(study)
    session.flush()
    return study


def add_settings(study_id: int, settings: dict[str, Any], *, signed: Signed, session: Session) -> StudySettings:
    """A new version of the study's settings."""
    newest = current_settings(study_id, session=session)
    version = newest.version + 1 if newest else 1
    row = StudySettings(
        study_id=study_id, version=version, settings=settings, created_at=signed.at, created_by=signed.by
    )
    session.add(row)
    session.flush()
    return row


def add_guideline(study_id: int, text: str, *, note: str, signed: Signed, session: Session) -> Guideline:
    """A new version of the study's instructions."""
    newest = current_guideline(study_id, session=session)
    version = newest.version + 1 if newest else 1
    row = Guideline(
        study_id=study_id, version=version, text=text, note=note, created_at=signed.at, created_by=signed.by
    )
    session.add(row)
    session.flush()
    return row


def ensure_scale(declared: DeclaredScale, *, session: Session) -> int:
    """The id of the stored scale that is declared so; stored once for all criteria and studies.

    Raises:
        BadInput: A text of an option cannot be kept.
    """
    for place, option in enumerate(declared.options, start=1):
        for what, words in (("key", option.key), ("label", option.label), ("definition", option.definition)):
            checked_text(words, where=f"option {place}, {what}", limit=4_000)
    fingerprint = declared.fingerprint()
    wanted = select(Scale.id).where(Scale.fingerprint == fingerprint)
    found = session.exec(wanted).first()
    if found is None:
        insert_missing(Scale, [{"fingerprint": fingerprint, "declared": declared.to_json()}], session=session)
        found = session.exec(wanted).one()
    assert found is not None  # noqa: S101 - a primary key
    return found


def free_lineage(study_id: int, name: str, *, session: Session) -> str:
    """A key for a new criterion, made of its name and unique in the study: "Overall quality" -> "overall-quality"."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:50].rstrip("-") or "criterion"
    taken = set(session.exec(select(Criterion.lineage).where(Criterion.study_id == study_id).distinct()))
    number = 1
    lineage = stem
    while lineage in taken:
        number += 1
        lineage = f"{stem}-{number}"
    return lineage


def newest_criterion(study_id: int, lineage: str, *, session: Session) -> tuple[Criterion, DeclaredScale]:
    """The newest version of a criterion, with its scale.

    Raises:
        NotFound: The study has none with this lineage.
    """
    found = session.exec(
        select(Criterion, Scale)
        .join(Scale, col(Scale.id) == Criterion.scale_id)
        .where(Criterion.study_id == study_id, Criterion.lineage == lineage, col(Criterion.item_id).is_(None))
        .order_by(col(Criterion.version).desc())
    ).first()
    if found is None:
        known = select(Criterion.lineage).where(Criterion.study_id == study_id, col(Criterion.item_id).is_(None))
        raise NotFound("criterion", lineage, tuple(session.exec(known.distinct().order_by(Criterion.lineage))))
    return found[0], DeclaredScale.from_json(found[1].declared)


def add_criterion(
    study_id: int,
    draft: CriterionDraft,
    *,
    signed: Signed,
    session: Session,
    edition: Edition,
    item_id: int | None = None,
    note: str = "",
) -> int:
    """Store a criterion version; its id.

    Raises:
        BadInput: A text of it cannot be kept.
    """
    name = checked_line(draft.name, where="name of the criterion")
    where = f"criterion {shortened(name)}"
    row = Criterion(
        study_id=study_id,
        item_id=item_id,
        lineage=edition.lineage,
        version=edition.version,
        meaning=edition.meaning,
        name=name,
        question=checked_text(draft.question, where=f"{where}, question", limit=4_000),
        guidance=checked_text(draft.guidance, where=f"{where}, guidance", limit=20_000),
        applies_to=draft.applies_to.value,
        scale_id=ensure_scale(draft.scale, session=session),
        note=checked_text(note, where=f"{where}, note", limit=2_000),
        created_at=signed.at,
        created_by=signed.by,
    )
    session.add(row)
    session.flush()
    assert row.id is not None  # noqa: S101 - just stored
    return row.id


def add_new_criteria(
    study_id: int, new: Sequence[CriterionDraft], *, note: str, signed: Signed, session: Session
) -> tuple[Place, ...]:
    """Store new criteria, each with a lineage of its own; their places in a rubric, in the order given."""
    places = []
    for draft in new:
        lineage = draft.key or free_lineage(study_id, draft.name, session=session)
        criterion_id = add_criterion(
            study_id, draft, edition=Edition(lineage), note=note, signed=signed, session=session
        )
        places.append(Place(criterion_id, draft.required, draft.weight, draft.critical))
    return tuple(places)


def add_rubric(
    study_id: int,
    places: Sequence[Place],
    *,
    note: str,
    signed: Signed,
    session: Session,
    item_id: int | None = None,
) -> int:
    """A new approved version of the study's rubric (or of an item's checklist), in the order of `places`; its id.

    Raises:
        BadInput: The note cannot be kept.
    """
    note = checked_text(note, where="note on the change", limit=2_000)
    newest = session.exec(
        select(func.max(Rubric.version)).where(Rubric.study_id == study_id, Rubric.item_id == item_id)
    ).one()
    rubric = Rubric(
        study_id=study_id,
        item_id=item_id,
        version=(newest or 0) + 1,
        status=RubricStatus.APPROVED.value,
        note=note,
        created_at=signed.at,
        created_by=signed.by,
    )
    session.add(rubric)
    session.flush()
    assert rubric.id is not None  # noqa: S101 - just stored
    session.add_all(
        RubricEntry(
            rubric_id=rubric.id,
            criterion_id=place.criterion_id,
            position=position,
            required=place.required,
            weight=place.weight,
            critical=place.critical,
        )
        for position, place in enumerate(places)
    )
    session.flush()
    return rubric.id
