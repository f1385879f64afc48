"""From a row to its ratings: the shape finds the cells, the mapping says whose they are and what their values mean."""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from core.errors import BadInput, shortened
from core.importing.book import BookedCriterion, CriteriaBook
from core.importing.content import SYSTEM, SubjectNames
from core.importing.mapping import RatingsEntry
from core.importing.problems import Tally
from core.importing.recent import Recent
from core.importing.records import OutputName, RaterRecord, RatingRecord, SubjectRecord
from core.importing.shapes import Cell, RowProblem, shape_of
from core.importing.templates import Template, Values, getter, key_of
from core.importing.values import Reading, ValueReader
from core.scales import ScaleKind

_KINDS = ("person", "judge", "baseline", "source", "seat")
"""No simulated ones: they are made in a study of their own and never mix with real ratings."""
_PHASES = ("blind", "exposed", "revised")
_ABSENCES = ("abstained", "unreadable", "refused", "withdrawn")
_SWAPPED = {"A": "B", "B": "A"}
_REMEMBERED = 20_000
SWAPPED_ORDER = {"AB": "BA", "BA": "AB"}


def swapped_option(option: str | None) -> str | None:
    """A preference when its two outputs change places; every other option stays."""
    return _SWAPPED.get(option, option) if option else option


def swapped_shares(shares: Mapping[str, float] | None) -> Mapping[str, float] | None:
    """The same for probabilities."""
    return None if shares is None else {_SWAPPED.get(option, option): share for option, share in shares.items()}


class RatingsReader:
    """Reads one `[[ratings]]`.

    Args:
        entry: What the mapping says.
        number: Its place in the mapping, from 0.
        names: What names item and outputs, from the entry itself or from the content.
        book: The criteria.
        tally: Counts the values set aside.
        texts_only: Whether every value of the file is text (CSV).

    Raises:
        BadInput: The entry cannot be used with the shape or its criterion.
    """

    def __init__(
        self, entry: RatingsEntry, number: int, *, names: SubjectNames, book: CriteriaBook, tally: Tally,
        texts_only: bool = False,
    ) -> None:  # fmt: skip
        self.where = f"ratings[{number}]"
        shape = shape_of(entry, where=self.where)
        self._entry, self._names, self._book, self._tally = entry, entry.names, book, tally
        self._cells = shape.prepare(entry)
        self._criterion = Template(entry.criterion)
        self._version = _optional(entry.criterion_version)
        self._readers: dict[int, ValueReader] = {}
        self._found: dict[tuple[str, str], BookedCriterion] = {}
        self._rater = _RaterReader(entry, shape.rater or "", shape.kind, texts_only=texts_only)
        self._subject = _SubjectReader(entry, names, texts_only=texts_only)
        self._order = _order_reader(entry)
        self._phase, self._seen_by_people = _optional(entry.phase), "exposed" if entry.blind == "no" else "blind"
        self._absence, self._repetition, self._at = (
            _optional(text) for text in (entry.absence, entry.repetition, entry.at)
        )
        self._rationale, self._comment = _optional(entry.rationale), _optional(entry.comment)
        self._confidence = _optional(entry.confidence)
        self._rating_id, self._supersedes = _optional(entry.rating_id), _optional(entry.supersedes)
        self._shares = getter(entry.probabilities) if entry.probabilities else None
        self._has_details = any((
            entry.probabilities, entry.confidence, entry.rationale, entry.comment, entry.repetition, entry.at,
            entry.rating_id, entry.supersedes,
        ))  # fmt: skip
        self.paths = tuple(dict.fromkeys((*names.paths, *shape.columns(entry), *_paths(entry))))
        for key in {*([entry.criterion] if self._criterion.constant else []), *_criterion_keys(entry)}:
            self._criterion_named(key, "")
        only = self._criterion.constant if self._version is None else None
        self._only_criterion = self._criterion_named(only, "") if only else None

    def read(self, values: Values, line: int) -> Iterator[RatingRecord]:
        """The ratings of a row, in the order of its columns.

        Raises:
            RowProblem: The row, or one of its ratings, cannot be read.
        """
        for cell in self._cells(values):
            record = self._record(cell, line)
            if record is not None:
                yield record

    def _record(self, cell: Cell, line: int) -> RatingRecord | None:
        values = cell.values
        criterion = self._only_criterion
        if criterion is None or cell.criterion:
            name = cell.criterion or self._criterion.constant or self._criterion.fill(values)
            criterion = self._criterion_named(name, self._version(values) if self._version else "")
        subject = self._subject.read(values, criterion.applies_to)
        order = None
        if subject.first is not None and subject.second is not None:
            order = (self._order(values, (subject.first, subject.second)) if self._order else None) or cell.order
        reading = self._reading(cell, criterion, subject, order, line)
        option, number, absence, _treated, _declared = reading
        if option is None and number is None and absence is None:
            return None
        rater = self._rater.read(values)
        if self._names == "side" and order is None and subject.second is not None:
            order = "AB"
        phase = self._phase_of(values, rater.kind) if self._phase else self._usual_phase(rater.kind)
        if order is None and not self._has_details and cell.probabilities is None:
            return RatingRecord(subject, criterion.number, rater, option, number, absence, phase, line)
        return RatingRecord(
            subject, criterion.number, rater, option, number, absence, phase, line,
            cell.probabilities or (self._probabilities(values, criterion) if self._shares else None),
            self._number(self._confidence, values, "confidence") if self._confidence else None,
            self._reason(values) if self._rationale or self._comment else "", order,
            self._whole(self._repetition, values, "repetition") if self._repetition else None,
            _moment(self._at(values)) if self._at else "", self._rating_id(values) if self._rating_id else "",
            self._supersedes(values) if self._supersedes else "",
        )  # fmt: skip

    def _criterion_named(self, name: str, version: str) -> BookedCriterion:
        found = self._found.get((name, version))
        if found is None:
            booked = self._book.find(name, int(version) if version.isdigit() else None)
            if booked is None:
                known = ", ".join(dict.fromkeys(criterion.lineage for criterion in self._book)) or "none"
                raise RowProblem(
                    found=f"the criterion {shortened(name)}", expected=f"one that is declared or in the study: {known}"
                )
            found = self._found[name, version] = booked
        return found

    def _reading(
        self, cell: Cell, criterion: BookedCriterion, subject: SubjectRecord, order: str | None, line: int
    ) -> Reading:
        if self._absence and (absence := self._absence(cell.values)):
            if absence not in _ABSENCES:
                raise RowProblem(found=f"the absence {shortened(absence)}", expected=f"one of {', '.join(_ABSENCES)}")
            return Reading(absence=absence)
        if self._names == "system" and subject.first and subject.second and isinstance(cell.raw, str):
            named = cell.raw.strip()
            if named in (subject.first[0], subject.second[0]) and subject.first[0] != subject.second[0]:
                return Reading(option="A" if named == subject.first[0] else "B")
        reader = self._readers.get(criterion.number)
        if reader is None:
            reader = self._readers[criterion.number] = ValueReader(self._entry, criterion.scale, where=self.where)
        reading = reader.read(cell.raw)
        if reading.treated:
            self._tally.add(_shown(cell.raw), reading.treated, line, declared=reading.declared)
        if self._names == "side" and order == "BA" and criterion.scale.kind is ScaleKind.PREFERENCE:
            return reading._replace(option=swapped_option(reading.option))
        return reading

    def _probabilities(self, values: Values, criterion: BookedCriterion) -> Mapping[str, float] | None:
        if self._shares is None:
            return None
        found = self._shares(values)
        if isinstance(found, str) and found:
            with suppress(ValueError):
                found = json.loads(found)
        if not isinstance(found, Mapping):
            return None
        if not set(found) <= set(criterion.scale.keys) or not all(isinstance(p, int | float) for p in found.values()):
            raise RowProblem(
                found=shortened(found), expected="an object of option -> probability", column="probabilities"
            )
        return {str(option): float(share) for option, share in found.items()}

    def _reason(self, values: Values) -> str:
        rationale = self._rationale(values) if self._rationale else ""
        comment = self._comment(values) if self._comment else ""
        return f"{rationale}\n\n{comment}" if rationale and comment else rationale or comment

    def _usual_phase(self, kind: str) -> str:
        return self._seen_by_people if kind == "person" else "blind"

    def _phase_of(self, values: Values, kind: str) -> str:
        phase = self._phase(values) if self._phase else ""
        if phase and phase not in _PHASES:
            raise RowProblem(found=f"the phase {shortened(phase)}", expected=f"one of {', '.join(_PHASES)}")
        return phase or self._usual_phase(kind)

    @staticmethod
    def _number(read: Callable[[Values], str] | None, values: Values, column: str) -> float | None:
        text = read(values).strip() if read else ""
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not 0 <= number <= 1:
            raise RowProblem(found=f"the {column} {shortened(text)}", expected="a number from 0 to 1", column=column)
        return number

    @staticmethod
    def _whole(read: Callable[[Values], str] | None, values: Values, column: str) -> int | None:
        text = read(values).strip() if read else ""
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 7):
            raise RowProblem(found=f"the {column} {shortened(text)}", expected="a whole number from 0", column=column)
        return int(text)


class _SubjectReader:
    """Which of the row's item and outputs is judged; the same names are read once."""

    def __init__(self, entry: RatingsEntry, names: SubjectNames, *, texts_only: bool) -> None:
        self._which = {"first": 0, "second": 1}[entry.output] if entry.output else None
        self._names = names
        self._key = key_of(names.names, texts_only=texts_only)
        self._known: Recent[tuple[Hashable, str], SubjectRecord] = Recent(_REMEMBERED)
        self._last: tuple[tuple[Hashable, str], SubjectRecord] | None = None

    def read(self, values: Values, applies_to: str) -> SubjectRecord:
        key = (self._key(values), applies_to)
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        known = self._known.get(key)
        if known is None:
            item, outputs = self._names.read(values)
            known = self._judged(item, outputs, applies_to)
            self._known.put(key, known)
        self._last = key, known
        return known

    def _judged(self, item: str, outputs: tuple[OutputName, ...], applies_to: str) -> SubjectRecord:
        if applies_to == "item":
            return SubjectRecord(item)
        if applies_to == "pair":
            if len(outputs) != 2 or outputs[0] == outputs[1]:
                raise RowProblem(found=f"{len(set(outputs))} outputs", expected="two, for a criterion on pairs")
            return SubjectRecord(item, *outputs)
        if self._which is None and len(outputs) == 1:
            return SubjectRecord(item, outputs[0])
        if self._which is None or self._which >= len(outputs):
            expected = 'one, for a criterion on outputs (or output = "first"/"second")'
            raise RowProblem(found=f"{len(outputs)} outputs", expected=expected)
        return SubjectRecord(item, outputs[self._which])


class _RaterReader:
    """Who rates; every rater is made once."""

    def __init__(self, entry: RatingsEntry, rater: str, kind: str, *, texts_only: bool) -> None:
        texts = (entry.kind or kind, entry.rater or rater, entry.group, entry.family)
        templates = [Template(text) for text in texts]
        self._fills = [template.fill for template in templates]
        names = dict.fromkeys(name for template in templates for name in template.names)
        given = any(name.startswith("@") for name in names)
        self._key = key_of(tuple(names), texts_only=texts_only and not given)
        self._known: dict[Hashable, RaterRecord] = {}

    def read(self, values: Values) -> RaterRecord:
        key = self._key(values)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._read(values)
        return known

    def _read(self, values: Values) -> RaterRecord:
        kind, name, group, family = (fill(values).strip() for fill in self._fills)
        if kind not in _KINDS:
            raise RowProblem(found=f"a rater of the kind {shortened(kind)}", expected=f"one of {', '.join(_KINDS)}")
        if not 0 < len(name) <= SYSTEM:
            raise RowProblem(found=f"a rater name of {len(name)} characters", expected=f"1 to {SYSTEM}")
        group = group or ("anonymous" if kind == "seat" else "")
        return RaterRecord(kind, name, group[:100], family[:100])


def _order_reader(entry: RatingsEntry) -> Callable[[Values, Sequence[OutputName]], str | None] | None:
    if entry.order:
        fill = Template(entry.order).fill

        def declared(values: Values, _outputs: Sequence[OutputName]) -> str | None:
            order = fill(values).strip()
            if order not in ("", "AB", "BA"):
                raise RowProblem(found=f"the order {shortened(order)}", expected="AB or BA")
            return order or None

        return declared
    if entry.left:
        left = Template(entry.left).fill

        def by_left(values: Values, outputs: Sequence[OutputName]) -> str | None:
            name = left(values).strip()
            systems = [system for system, _ in outputs]
            if name not in systems:
                raise RowProblem(found=f"{shortened(name)} on the left", expected=f"one of {', '.join(systems)}")
            return "AB" if systems.index(name) == 0 else "BA"

        return by_left
    return None


def _moment(text: str) -> str:
    """A time as ISO text with its zone; UTC where it names none."""
    if not text.strip():
        return ""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        expected = "a time such as 2025-01-31T09:30:00+00:00"
        raise RowProblem(found=f"the time {shortened(text)}", expected=expected) from error


def _optional(text: str | None) -> Callable[[Values], str] | None:
    return Template(text).fill if text else None


def _paths(entry: RatingsEntry) -> tuple[str, ...]:
    texts = (entry.criterion, entry.rater, entry.kind, entry.group, entry.family, entry.left, entry.order,
             entry.rationale, entry.confidence, entry.at, entry.repetition)  # fmt: skip
    return tuple(path for text in texts if text for path in Template(text).paths)


def _criterion_keys(entry: RatingsEntry) -> tuple[str, ...]:
    return tuple(entry.column_names.values()) if entry.shape in ("criteria", "scores", "nested") else ()


def _shown(raw: object) -> str:
    return raw if isinstance(raw, str) else repr(raw) if isinstance(raw, float) else ("" if raw is None else str(raw))


def require_names(entry: RatingsEntry, names: SubjectNames | None, where: str) -> SubjectNames:
    """What names the subject of an entry.

    Raises:
        BadInput: Neither the entry nor any content says it.
    """
    if entry.item is not None:
        return SubjectNames(entry.item, entry.outputs or ())
    if names is None:
        raise BadInput(where=f"{where}.item", found="nothing", expected="what names the item, or [[content]] that does")
    return SubjectNames(names.item_source, entry.outputs) if entry.outputs is not None else names
