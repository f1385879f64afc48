"""What a study holds leaves as files, streamed: long (one row per rating), wide (one column per rater), calls."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from re import sub
from typing import Literal

from core.errors import BadInput, Cancelled, Conflict
from core.exporting.formats import FORMATS, Cell, Format
from core.models.exchange import CALL_COLUMNS, LONG_COLUMNS, REPLY_COLUMNS, TEXT_COLUMNS, ColumnType, column_type
from core.models.ratings import RaterKind
from core.store import exported_calls, exports, studies
from core.store.database import Session
from core.store.exposing import expose_study
from core.store.questions import list_questions, list_raters
from core.workflow.exporting_wide import wide_ratings
from core.workflow.workspace import Visitor, Workspace

Shape = Literal["long", "wide", "calls"]
SHAPES: Mapping[Shape, str] = {
    "long": "Long: one row per rating, with everything known about it",
    "wide": "Wide: one row per unit, one column per rater",
    "calls": "Calls: one row per call of a judge, with tokens and cost",
}
PHASES = ("blind", "exposed", "revised")
SPLITS = ("train", "dev", "test")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is to be exported.

    Attributes:
        study: Name or id.
        shape: long, wide or calls.
        format: Key of a format.
        criteria: Lineages or names; empty means all (not for calls).
        raters: Names; empty means all.
        kinds: Kinds of raters; empty means all.
        phases: Phases; empty means all (wide: blind; not for calls).
        splits: Splits of the items; empty means all.
        since: First moment, included.
        until: End, excluded.
        history: Also superseded and withdrawn rows (long only).
        texts: Whether inputs, references and outputs go along; of calls their replies.
    """

    study: str
    shape: Shape = "long"
    format: str = "csv"
    criteria: tuple[str, ...] = ()
    raters: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    history: bool = False
    texts: bool = True


@dataclass(frozen=True, slots=True)
class Export:
    """An export about to be streamed.

    Attributes:
        filename: What the file should be called.
        media_type: For the browser.
        shape: As requested.
        rows: How many rows it will have.
        columns: Its columns with their types.
        pieces: Call it once to get the file, a piece at a time.
    """

    filename: str
    media_type: str
    shape: Shape
    rows: int
    columns: Mapping[str, ColumnType]
    batches: Callable[[], Iterator[Sequence[Sequence[Cell]]]] = field(repr=False)
    format: Format = field(repr=False)

    def pieces(self) -> Iterator[bytes]:
        """The file, a piece at a time."""
        return self.format.write(self.columns, self.batches())


def plan_export(workspace: Workspace, request: ExportRequest) -> Export:
    """Check a request against the study, count its rows, and be ready to stream; nothing is recorded yet.

    Raises:
        NotFound: There is no such study.
        BadInput: A format, criterion, rater, kind, phase or split that does not exist; names those that do.
    """
    chosen_format = FORMATS.get(request.format)
    if chosen_format is None:
        raise BadInput(where="format", found=f'"{request.format}"', expected=" or ".join(FORMATS))
    if request.shape not in SHAPES:
        raise BadInput(where="shape", found=f'"{request.shape}"', expected=" or ".join(SHAPES))
    with workspace.database.reading() as session:
        study = studies.find_study(request.study, session=session)
        assert study.id is not None  # noqa: S101 - it was read from the database
        chosen = _filter(request, study.id, session)
    name = sub(r"[^A-Za-z0-9]+", "-", study.name).strip("-").lower()[:60] or "study"
    filename = f"{name}-{request.shape}-{workspace.clock():%Y%m%d-%H%M}.{chosen_format.key}"
    rows, columns, batches = _PLANS[request.shape](workspace, study.id, request, chosen)
    return Export(filename, chosen_format.media_type, request.shape, rows, columns, batches, chosen_format)


Batches = Callable[[], Iterator[Sequence[Sequence[Cell]]]]
_Plan = tuple[int, Mapping[str, ColumnType], Batches]
"""How many rows, which columns, and the rows themselves."""


def _long(workspace: Workspace, study_id: int, request: ExportRequest, chosen: exports.RatingFilter) -> _Plan:
    with workspace.database.reading() as session:
        snapshot = exports.take_snapshot(study_id, session=session)
        rows = exports.count_ratings(snapshot, chosen, session=session)
    names = [column for column in LONG_COLUMNS if request.texts or column not in TEXT_COLUMNS]
    return rows, _typed(names), _picked(
        names, lambda: exports.rating_rows(workspace.database, snapshot, chosen, texts=request.texts)
    )  # fmt: skip


def _wide(workspace: Workspace, study_id: int, request: ExportRequest, chosen: exports.RatingFilter) -> _Plan:
    _refuse_long_only(request)
    wide = wide_ratings(workspace, study_id, chosen, texts=request.texts)
    return len(wide), wide.columns, wide.batches


def _calls(workspace: Workspace, study_id: int, request: ExportRequest, chosen: exports.RatingFilter) -> _Plan:
    _refuse_of_ratings(request)
    with workspace.database.reading() as session:
        snapshot = exported_calls.take_calls_snapshot(study_id, session=session)
        rows = exported_calls.count_calls(snapshot, chosen, session=session)
    names = [*CALL_COLUMNS, *(REPLY_COLUMNS if request.texts else ())]
    return rows, _typed(names), _picked(
        names, lambda: exported_calls.call_rows(workspace.database, snapshot, chosen, texts=request.texts)
    )  # fmt: skip


_PLANS: Mapping[Shape, Callable[[Workspace, int, ExportRequest, exports.RatingFilter], _Plan]] = {
    "long": _long,
    "wide": _wide,
    "calls": _calls,
}


def _typed(names: Sequence[str]) -> Mapping[str, ColumnType]:
    return {name: column_type(name) for name in names}


def _picked(names: Sequence[str], read: Callable[[], Iterator[Sequence[Mapping[str, Cell]]]]) -> Batches:
    """The columns wanted, in their order, of rows by column name."""

    def batches() -> Iterator[Sequence[Sequence[Cell]]]:
        for batch in read():
            yield [[row.get(name) for name in names] for row in batch]

    return batches


def start_export(workspace: Workspace, visitor: Visitor, request: ExportRequest) -> Export:
    """Plan an export and record that this visitor now may know everybody's ratings (an Exposure of the whole study).

    Raises:
        NotFound: There is no such study.
        BadInput: As `plan_export`.
    """
    export = plan_export(workspace, request)
    with workspace.database.writing() as session:
        study = studies.find_study(request.study, session=session)
        assert study.id is not None  # noqa: S101 - it was read from the database
        expose_study(study.id, visitor.name, shown_on="export", now=workspace.clock(), session=session)
    return export


def write_export(
    workspace: Workspace,
    visitor: Visitor,
    request: ExportRequest,
    target: Path,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Export:
    """Export to a new file; it appears under its name only when it is whole.

    Raises:
        Conflict: The file exists.
        Cancelled: `cancelled()` said so; nothing is left.
    """
    if target.exists():
        raise Conflict(f"{target} exists; name another file.")
    export = start_export(workspace, visitor, request)
    part = target.with_name(target.name + ".part")
    written = 0
    try:
        with part.open("wb") as file:
            for piece in export.pieces():
                file.write(piece)
                if cancelled():
                    raise Cancelled("The export was stopped; nothing was written.")
                written = min(export.rows, written + exports.BATCH)
                if progress is not None:
                    progress(written, export.rows)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return export


@dataclass(frozen=True, slots=True)
class Choices:
    """What a study offers to filter by."""

    criteria: tuple[str, ...]
    raters: tuple[str, ...]
    kinds: tuple[str, ...]
    splits: tuple[str, ...]


def choices(workspace: Workspace, study: str) -> Choices:
    """What there is to choose from in a study.

    Raises:
        NotFound: There is no such study.
    """
    with workspace.database.reading() as session:
        found = studies.find_study(study, session=session)
        assert found.id is not None  # noqa: S101 - it was read from the database
        questions = list_questions(found.id, session=session, checklists=False)
        raters = list_raters(found.id, session=session)
    return Choices(
        criteria=tuple(dict.fromkeys(question.lineage for question in questions)),
        raters=tuple(dict.fromkeys(rater.name for rater in raters)),
        kinds=tuple(dict.fromkeys(rater.kind for rater in raters)),
        splits=SPLITS,
    )


def column_guide(export: Export) -> Sequence[tuple[str, str]]:
    """Every column with what it holds. No row is shown: whoever looks at this page may still grade blind."""
    known = (CALL_COLUMNS | REPLY_COLUMNS) if export.shape == "calls" else LONG_COLUMNS
    return [(name, known.get(name) or _rater_column(name)) for name in export.columns]


def _rater_column(name: str) -> str:
    if name.startswith(f"{RaterKind.JURY.value}:"):
        return "What this jury makes of its members' ratings in force."
    return "The rating in force of this rater."


def _filter(request: ExportRequest, study_id: int, session: Session) -> exports.RatingFilter:
    questions = list_questions(study_id, session=session)
    raters = list_raters(study_id, session=session)
    lineages = {name: question.lineage for question in questions for name in (question.lineage, question.name)}
    for wanted, known, where in (
        (request.criteria, set(lineages), "criterion"),
        (request.raters, {rater.name for rater in raters}, "rater"),
        (request.kinds, {rater.kind for rater in raters}, "kind of rater"),
        (request.phases, set(PHASES), "phase"),
        (request.splits, set(SPLITS), "split"),
    ):
        _refuse_unknown(wanted, known, where)
    return exports.RatingFilter(
        lineages=tuple(lineages[name] for name in request.criteria),
        raters=tuple(rater.id for rater in raters if rater.name in request.raters),
        kinds=request.kinds,
        phases=request.phases,
        splits=request.splits,
        since=request.since,
        until=request.until,
        history=request.history,
    )


def _refuse_unknown(wanted: Sequence[str], known: set[str], where: str) -> None:
    for name in wanted:
        if name not in known:
            listed = ", ".join(sorted(known)[:12]) or "nothing: the study has none yet"
            raise BadInput(where=where, found=f'"{name}"', expected=listed)


def _refuse_long_only(request: ExportRequest) -> None:
    if len(request.phases) > 1 or request.since or request.until or request.history:
        raise BadInput(
            where="wide export",
            found="several phases, a time span, or the history",
            expected="one phase; the long shape has the rest",
        )


def _refuse_of_ratings(request: ExportRequest) -> None:
    if request.criteria or request.phases or request.history:
        raise BadInput(
            where="export of calls",
            found="criteria, phases, or the history",
            expected="raters, kinds, splits or a time span; a call may be about several criteria",
        )


__all__ = ["FORMATS", "SHAPES", "Export", "ExportRequest", "plan_export", "start_export", "write_export"]
