"""Pass two: what pass one staged goes into the database, in short transactions; the last one makes all of it seen."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from core.errors import Cancelled
from core.importing.checked import CheckedImport
from core.importing.mapping import Mapping as FileMapping
from core.importing.staging import Progress, Staged
from core.models.items import Design, Draw
from core.models.ratings import ImportState
from core.store import imports, studies
from core.store import study_edits as edits
from core.store.imports import insert_rows, reserve_ids, stored_time
from core.workflow.workspace import Visitor, Workspace

BATCH = 5_000
"""Rows written in one transaction: about a twentieth of a second."""

BREATH = 0.003
"""Seconds between two transactions, in which people who grade get their turn."""

_RATING = (
    "subject_id", "criterion_id", "rater_id", "option", "number", "absence", "phase", "rationale", "repetition",
)  # fmt: skip
_DETAILS = ("probabilities", "confidence", "order_shown", "created_at")
_STAGED = "s.db_id, c.db_id, a.db_id, r.option, r.number, r.absence, r.phase, r.rationale, r.repetition"
_STAGED_DETAILS = ", r.probabilities, r.confidence, r.shown, r.at, r.rating_id, r.supersedes"
_HAS_DETAILS = (
    "select 1 from rating where probabilities is not null or confidence is not null or shown is not null or at <> '' "
    "or supersedes <> '' limit 1"
)


@dataclass(frozen=True, slots=True)
class _Writing:
    """One run of pass two."""

    workspace: Workspace
    visitor: Visitor
    staged: Staged
    study_id: int
    import_id: int
    now: datetime
    tick: Callable[[int], None]

    @property
    def scratch(self) -> sqlite3.Connection:
        return self.staged.connection

    def batches(self, select: str) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query in batches; told to `tick`."""
        cursor = self.scratch.execute(select)
        while rows := cursor.fetchmany(BATCH):
            yield rows
            self.tick(len(rows))
            time.sleep(BREATH)


def write_staged(  # noqa: PLR0913 - everything that pass two needs
    workspace: Workspace, visitor: Visitor, staged: Staged, mapping: FileMapping, checked: CheckedImport, *,
    study_id: int, import_id: int, progress: Progress, cancelled: Callable[[], bool],
) -> None:  # fmt: skip
    """Write everything new, then make it seen.

    Raises:
        Cancelled: `cancelled` said so.
        Conflict: Somebody changed the same things meanwhile, or took the import for dead.
        WrongDatabase: The database could not take it.
    """
    parts = (checked.items, checked.outputs, checked.references, checked.ratings, *checked.subjects.values())
    total, done = sum(part.new for part in parts), 0

    def tick(count: int) -> None:
        nonlocal done
        done += count
        if cancelled():
            raise Cancelled("The import was stopped; nothing of it was kept.")
        progress(done, total, "Writing")

    tick(0)
    writing = _Writing(workspace, visitor, staged, study_id, import_id, workspace.clock(), tick)
    _write_names(writing)
    _write_items(writing)
    _write_outputs(writing)
    _write_references(writing)
    _write_subjects(writing)
    _write_ratings(writing)
    _write_draws(writing, mapping)
    _make_seen(writing, checked)


def _write_names(writing: _Writing) -> None:
    """Criteria, systems and raters: few, in one transaction."""
    scratch, study = writing.scratch, writing.study_id
    made = {"study_id": study, "import_id": writing.import_id, "created_at": writing.now}
    with writing.workspace.database.writing() as session:
        imports.still_running(writing.import_id, writing.workspace.clock(), session=session)
        systems = scratch.execute("select id, name, family from system where db_id is null").fetchall()
        rows = [made | {"name": name, "family": family} for _, name, family in systems]
        by_name = imports.ensure_systems(rows, study_id=study, session=session)
        raters = scratch.execute('select id, kind, name, "group", family from rater where db_id is null').fetchall()
        rows = [
            made | {"kind": kind, "name": name, "group": group, "family": family}
            for _, kind, name, group, family in raters
        ]
        by_kind = imports.ensure_raters(rows, study_id=study, session=session)
        criteria = _insert_criteria(writing, session)
    scratch.executemany("update system set db_id = ? where id = ?", [(by_name[name], key) for key, name, _ in systems])
    scratch.executemany(
        "update rater set db_id = ? where id = ?", [(by_kind[kind, name], key) for key, kind, name, _, _ in raters]
    )
    scratch.executemany("update criterion_id set db_id = ? where number = ?", criteria)


def _insert_criteria(writing: _Writing, session: Any) -> list[tuple[int, int]]:
    brought = writing.staged.book.brought()
    ids = reserve_ids("criterion", len(brought), session=session)
    columns = ("id", "study_id", "lineage", "version", "meaning", "name", "question", "guidance", "applies_to",
               "scale_id", "note", "import_id", "created_at", "created_by")  # fmt: skip
    now = stored_time(writing.now, session=session)
    rows = [
        (key, writing.study_id, one.lineage, one.version, one.meaning, one.name, one.question, one.guidance,
         one.applies_to, edits.ensure_scale(one.scale, session=session), "", writing.import_id, now,
         writing.visitor.name)
        for key, one in zip(ids, brought, strict=True)
    ]  # fmt: skip
    insert_rows("criterion", columns, rows, session=session)
    return [(key, one.number) for key, one in zip(ids, brought, strict=True)]


def _write_items(writing: _Writing) -> None:
    columns = ("external_id", "messages", "context", "slices", "cluster", "split")
    select = f"select id, {', '.join(columns)} from item where db_id is null and digest is not null order by id"  # noqa: S608 - our own names
    _write_keyed(writing, "item", ("study_id", *columns), select, lambda row: (writing.study_id, *row))


def _write_outputs(writing: _Writing) -> None:
    select = (
        "select o.id, i.db_id, y.db_id, o.sample, o.messages from output o join item i on i.id = o.item "
        "join system y on y.id = o.system where o.db_id is null and o.digest is not null order by o.id"
    )
    _write_keyed(writing, "output", ("item_id", "system_id", "sample", "messages"), select, tuple)


def _write_references(writing: _Writing) -> None:
    select = (
        "select r.id, i.db_id, r.text, r.kind, r.status from reference r join item i on i.id = r.item "
        "where r.db_id is null order by r.id"
    )
    columns = ("item_id", "text", "kind", "status", "created_by")
    _write_keyed(writing, "reference", columns, select, lambda row: (*row, writing.visitor.name))


def _write_subjects(writing: _Writing) -> None:
    select = (
        "select s.id, i.db_id, s.kind, a.db_id, b.db_id, s.key from subject s join item i on i.id = s.item "
        "left join output a on a.id = s.a left join output b on b.id = s.b where s.db_id is null order by s.id"
    )
    columns = ("study_id", "item_id", "kind", "output_a_id", "output_b_id", "key")
    _write_keyed(writing, "subject", columns, select, lambda row: (writing.study_id, *row))


def _write_keyed(
    writing: _Writing,
    table: str,
    columns: Sequence[str],
    select: str,
    complete: Callable[[Sequence[Any]], tuple[Any, ...]],
) -> None:
    """Insert rows whose keys others name, and note the keys in the scratch file."""
    names = ("id", *columns)
    same: Mapping[str, int | datetime] = {"import_id": writing.import_id, "created_at": writing.now}
    for rows in writing.batches(select):
        with writing.workspace.database.writing() as session:
            imports.still_running(writing.import_id, writing.workspace.clock(), session=session)
            ids = reserve_ids(table, len(rows), session=session)
            new = [(key, *complete(row[1:])) for key, row in zip(ids, rows, strict=True)]
            insert_rows(table, names, new, same=same, session=session)
        keys = [(key, row[0]) for key, row in zip(ids, rows, strict=True)]
        writing.scratch.executemany(f"update {table} set db_id = ? where id = ?", keys)  # noqa: S608 - our own names


def _write_ratings(writing: _Writing) -> None:
    """The ratings in file order; columns that none of them fills are left out, which makes the usual row cheap."""
    scratch = writing.scratch
    has_details = scratch.execute(_HAS_DETAILS).fetchone() is not None
    names_others = scratch.execute("select 1 from rating where supersedes <> '' limit 1").fetchone() is not None
    links = _Links(scratch) if names_others else None
    select = (
        f"select {_STAGED}{_STAGED_DETAILS if has_details else ''} from rating r "  # noqa: S608 - our own names
        "join subject s on s.id = r.subject join rater a on a.id = r.rater "
        "join criterion_id c on c.number = r.criterion where r.state = 0 order by r.seq"
    )
    same = {"study_id": writing.study_id, "import_id": writing.import_id}
    for rows in writing.batches(select):
        with writing.workspace.database.writing() as session:
            imports.still_running(writing.import_id, writing.workspace.clock(), session=session)
            if has_details:
                columns, new = _with_details(rows, links, writing.now, session)
                insert_rows("rating", columns, new, same=same, session=session)
            else:
                insert_rows("rating", _RATING, rows, same=same | {"created_at": writing.now}, session=session)


def _with_details(
    rows: Sequence[tuple[Any, ...]], links: "_Links | None", now: datetime, session: Any
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Columns and rows where some ratings have a time, an order, probabilities or another's place."""
    at, plain = len(_RATING) + len(_DETAILS) - 1, stored_time(now, session=session)
    new = [(*row[:at], _time_of(row[at], session) if row[at] else plain) for row in rows]
    columns: tuple[str, ...] = (*_RATING, *_DETAILS)
    if links is None:
        return columns, new
    ids = reserve_ids("rating", len(rows), session=session)
    extra = [(key, links.follow(row[at + 1], row[at + 2], key)) for key, row in zip(ids, rows, strict=True)]
    return (*columns, "id", "supersedes_id"), [(*row, *more) for row, more in zip(new, extra, strict=True)]


class _Links:
    """Which rating supersedes which, by the file's own ids."""

    def __init__(self, scratch: sqlite3.Connection) -> None:
        self._named = {
            name for (name,) in scratch.execute("select distinct supersedes from rating where supersedes <> ''")
        }
        self._keys: dict[str, int] = {}
        for name, key in scratch.execute("select rating_id, db_id from rating where state > 0 and db_id is not null"):
            if name in self._named:
                self._keys[name] = key

    def follow(self, name: str, supersedes: str, key: int) -> int | None:
        """Note a rating's key if others name it; the key of the one it supersedes."""
        if name in self._named:
            self._keys[name] = key
        return self._keys.get(supersedes) if supersedes else None


def _time_of(text: str, session: Any) -> Any:
    moment = datetime.fromisoformat(text)
    return stored_time(moment, session=session)


def _write_draws(writing: _Writing, mapping: FileMapping) -> None:
    chosen = mapping.chosen
    with writing.workspace.database.reading() as session:
        brought = imports.brought_subjects(writing.import_id, session=session)
    for kind, (count, low, high) in brought.items():
        population = count if chosen.design == "all" else chosen.population
        probability = min(1.0, count / population) if population else None
        draw = Draw(
            study_id=writing.study_id, design=Design(chosen.design).value, kind=kind, population=population,
            note=chosen.note or "As the import declares.", import_id=writing.import_id, created_at=writing.now,
            created_by=writing.visitor.name,
        )  # fmt: skip
        with writing.workspace.database.writing() as session:
            draw_id = imports.add_draw_of_import(draw, session=session)
        rank = 0
        for above in range(low - 1, high, 4 * BATCH):
            with writing.workspace.database.writing() as session:
                imports.still_running(writing.import_id, writing.workspace.clock(), session=session)
                rank += imports.add_drawn(
                    draw_id, writing.import_id, kind, probability, above=above, up_to=above + 4 * BATCH, rank=rank,
                    session=session,
                )  # fmt: skip
            writing.tick(0)


def _make_seen(writing: _Writing, checked: CheckedImport) -> None:
    """One transaction: the rubric gets the new criteria, and the import is done."""
    brought = {one.lineage: one for one in writing.staged.book.brought()}
    numbers = dict(writing.scratch.execute("select number, db_id from criterion_id"))
    signed = edits.Signed(writing.workspace.clock(), writing.visitor.name)
    with writing.workspace.database.writing() as session:
        edits.lock_study(writing.study_id, session=session)
        imports.still_running(writing.import_id, writing.workspace.clock(), session=session)
        if brought:
            rubric = studies.current_rubric(writing.study_id, session=session)
            places = [
                edits.Place(asked.id, asked.required, asked.weight, asked.critical)
                for asked in (rubric.criteria if rubric else ()) if asked.lineage not in brought
            ]  # fmt: skip
            places += [edits.Place(numbers[one.number], one.required) for one in brought.values()]
            edits.add_rubric(writing.study_id, places, note="Brought by an import", signed=signed, session=session)
        imports.end_import(
            writing.import_id, ImportState.DONE, counts=_counts(checked), now=writing.workspace.clock(), session=session
        )


def _counts(checked: CheckedImport) -> dict[str, Any]:
    names = ("items", "outputs", "references", "ratings")
    counts: dict[str, Any] = {name: asdict(getattr(checked, name)) for name in names}
    counts["subjects"] = {kind: asdict(part) for kind, part in checked.subjects.items()}
    counts["missing"] = checked.n_missing
    counts["set_aside"] = [asdict(aside) for aside in checked.set_aside[:100]]
    return counts
