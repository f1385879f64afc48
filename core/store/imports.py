"""Imports in the database: their rows are written in batches, seen when the import is done, and removed if it dies.

Every function takes the `session` of a transaction that the caller opened; writing ones keep it short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core.errors import Conflict
from core.models.items import Draw, System
from core.models.ratings import Import, ImportState, Rater
from core.models.study import Study
from core.store.inserting import insert_missing

_ROWS_A_STATEMENT = 250
"""One statement for many rows: on SQLite, what a statement costs by itself is half of a single row's time."""

_UNFINISHED = (ImportState.RUNNING.value, ImportState.REMOVING.value)
_REMOVED_IN_ORDER = ("rating", "subject", "reference", "output", "criterion", "rater", "system", "item")
"""Rows that name others go before them."""
_KEPT_FOR_OTHERS = (
    "update rater set import_id = null where import_id = :i and ("
    "exists (select 1 from rating u where u.rater_id = rater.id and (u.import_id is null or u.import_id <> :i)) "
    "or exists (select 1 from submission u where u.rater_id = rater.id) "
    "or exists (select 1 from assignment u where u.rater_id = rater.id) "
    "or exists (select 1 from exposure u where u.rater_id = rater.id))",
    "update system set import_id = null where import_id = :i and exists "
    "(select 1 from output u where u.system_id = system.id and (u.import_id is null or u.import_id <> :i))",
)
"""A name that an unfinished import brought may have been taken up by somebody meanwhile; it stays then."""


@dataclass(frozen=True, slots=True)
class UnfinishedImport:
    """An import that runs, is being removed, or died."""

    id: int
    study_id: int
    owner: str
    heartbeat_at: datetime | None


def begin_import(record: Import, *, session: Session) -> int:
    """Note that an import runs; its id.

    Raises:
        Conflict: Another one of the study is running, or is being removed.
    """
    study = session.get_one(Study, record.study_id)
    try:
        with session.begin_nested():
            session.add(record)
            session.flush()
    except IntegrityError as error:
        raise Conflict(f'Another import into "{study.name}" is running; wait until it is done.') from error
    assert record.id is not None  # noqa: S101 - just stored
    return record.id


def still_running(import_id: int, now: datetime, *, session: Session) -> None:
    """Note that the import lives.

    Raises:
        Conflict: It was taken for dead and removed.
    """
    running = (col(Import.id) == import_id) & (col(Import.state) == ImportState.RUNNING.value)
    touched = session.connection().execute(update(Import).where(running).values(heartbeat_at=now))
    if touched.rowcount == 0:
        raise Conflict("The import was taken for dead and removed; start it again.")


def end_import(
    import_id: int, state: ImportState, *, now: datetime, session: Session, counts: Mapping[str, Any] | None = None
) -> None:
    """Move an import to another state, with its counts."""
    values: dict[str, Any] = {"state": state.value, "heartbeat_at": now}
    values |= {"counts": dict(counts)} if counts is not None else {}
    values |= {"done_at": now} if state is ImportState.DONE else {}
    session.connection().execute(update(Import).where(col(Import.id) == import_id).values(**values))


def unfinished_imports(*, session: Session, study_id: int | None = None) -> list[UnfinishedImport]:
    """Those that run, are being removed, or died."""
    query = select(Import).where(col(Import.state).in_(_UNFINISHED)).order_by(col(Import.id))
    if study_id is not None:
        query = query.where(Import.study_id == study_id)
    return [
        UnfinishedImport(row.id, row.study_id, row.owner, row.heartbeat_at)
        for row in session.exec(query)
        if row.id is not None
    ]


def remove_some(import_id: int, *, limit: int, session: Session) -> bool:
    """Delete up to `limit` rows that an import brought (its state is "removing"); whether anything was left to do."""
    draw = "select id from draw where import_id = :i"
    drawn = (
        f"delete from drawn_subject where draw_id in ({draw}) and subject_id in (select subject_id from drawn_subject "  # noqa: S608 - our own words
    )
    drawn += f"where draw_id in ({draw}) limit :n)"
    values = {"i": import_id, "n": limit}
    if _deleted(drawn, values, session) or _deleted("delete from draw where import_id = :i", {"i": import_id}, session):
        return True
    for statement in _KEPT_FOR_OTHERS:
        session.execute(text(statement), {"i": import_id})
    for table in _REMOVED_IN_ORDER:
        some = f"select id from {table} where import_id = :i order by id desc limit :n"  # noqa: S608 - our own names
        if _deleted(f"delete from {table} where id in ({some})", values, session):  # noqa: S608 - our own names
            return True
    return False


def _deleted(statement: str, values: Mapping[str, Any], session: Session) -> bool:
    return session.connection().execute(text(statement), values).rowcount > 0


def stored_time(moment: datetime, *, session: Session) -> Any:
    """A time as the database's driver takes it, past SQLAlchemy's types."""
    if session.get_bind().dialect.name != "sqlite":
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def reserve_ids(table: str, count: int, *, session: Session) -> Sequence[int]:
    """Keys for new rows of a table, rising; nobody else gets them."""
    if session.get_bind().dialect.name == "sqlite":
        last = session.execute(text(f"select coalesce(max(id), 0) from {table}")).scalar_one()  # noqa: S608 - our own names
        return range(last + 1, last + 1 + count)
    rows = session.execute(
        text(f"select nextval(pg_get_serial_sequence('{table}', 'id')) from generate_series(1, :n)"),  # noqa: S608 - our own names
        {"n": count},
    )
    return sorted(rows.scalars())


def _written_out(value: int | datetime, session: Session) -> str:
    """A literal; numbers and times only, so that nothing in it needs quoting."""
    return f"{value:d}" if isinstance(value, int) else f"'{stored_time(value, session=session)}'"


def insert_rows(
    table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], *, session: Session,
    same: Mapping[str, int | datetime] | None = None,
) -> None:  # fmt: skip
    """Insert plain rows: JSON as text, times from `stored_time`.

    Args:
        table: Its name.
        columns: What `rows` hold, in order.
        rows: One tuple a row.
        session: Of the caller's transaction.
        same: Columns that are alike in every row: numbers and times. They are written out once a statement.

    Raises:
        Conflict: Somebody wrote a row of the same unique key meanwhile.
    """
    same = same or {}
    mark = "?" if session.get_bind().dialect.name == "sqlite" else "%s"
    names = ", ".join(f'"{column}"' for column in (*columns, *same))
    head = f'insert into "{table}" ({names}) values '  # noqa: S608 - our own names
    alike = (_written_out(value, session) for value in same.values())
    one = f"({', '.join([*[mark] * len(columns), *alike])})"
    whole = len(rows) - len(rows) % _ROWS_A_STATEMENT
    several = [
        tuple(chain.from_iterable(rows[start : start + _ROWS_A_STATEMENT]))
        for start in range(0, whole, _ROWS_A_STATEMENT)
    ]
    connection = session.connection()
    try:
        if several:
            connection.exec_driver_sql(head + ", ".join([one] * _ROWS_A_STATEMENT), several)
        if whole < len(rows):
            rest = rows[whole:]
            connection.exec_driver_sql(head + ", ".join([one] * len(rest)), tuple(chain.from_iterable(rest)))
    except IntegrityError as error:
        raise Conflict(f"Somebody changed the study while the import was writing ({table}); start it again.") from error


def ensure_systems(rows: Sequence[Mapping[str, Any]], *, study_id: int, session: Session) -> dict[str, int]:
    """Insert the systems that are not there; name -> key of all of the study."""
    insert_missing(System, rows, session=session)
    found = session.exec(select(System.name, System.id).where(System.study_id == study_id))
    return {name: key for name, key in found if key is not None}


def ensure_raters(rows: Sequence[Mapping[str, Any]], *, study_id: int, session: Session) -> dict[tuple[str, str], int]:
    """Insert the raters that are not there; (kind, name) -> key of all of the study."""
    insert_missing(Rater, rows, session=session)
    found = session.exec(select(Rater.kind, Rater.name, Rater.id).where(Rater.study_id == study_id))
    return {(kind, name): key for kind, name, key in found if key is not None}


def brought_subjects(import_id: int, *, session: Session) -> dict[str, tuple[int, int, int]]:
    """Kind -> how many subjects an import brought, and their lowest and highest key."""
    rows = session.execute(
        text("select kind, count(*), min(id), max(id) from subject where import_id = :i group by kind"),
        {"i": import_id},
    )
    return {kind: (count, low, high) for kind, count, low, high in rows}


def add_draw_of_import(draw: Draw, *, session: Session) -> int:
    """Note how an import's subjects were chosen; the draw's key."""
    session.add(draw)
    session.flush()
    assert draw.id is not None  # noqa: S101 - just stored
    return draw.id


def add_drawn(
    draw_id: int, import_id: int, kind: str, probability: float | None, *, above: int, up_to: int, rank: int,
    session: Session,
) -> int:  # fmt: skip
    """Put the import's subjects of a kind with keys in (above, up_to] into a draw, ranked from `rank`; how many."""
    insert = (
        "insert into drawn_subject (draw_id, subject_id, stratum, probability, rank) "
        "select :d, id, '', :p, :r + row_number() over (order by id) - 1 from subject "
        "where import_id = :i and kind = :k and id > :above and id <= :up_to"
    )
    values = {"d": draw_id, "p": probability, "r": rank, "i": import_id, "k": kind, "above": above, "up_to": up_to}
    return session.connection().execute(text(insert), values).rowcount


def is_stale(unfinished: UnfinishedImport, now: datetime, *, after: timedelta) -> bool:
    """Whether an unfinished import has not been heard of for long."""
    return unfinished.heartbeat_at is None or now - unfinished.heartbeat_at > after
