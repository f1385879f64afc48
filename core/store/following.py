"""The ratings of a study as columns in memory, kept up to date by reading only what is new.

SQLite: rows above the last id seen. Postgres: ids become visible out of order (a transaction that took a lower id may
commit later), so rows are followed by transaction: everything below the oldest transaction still running, once.
Rows of an import are read when the import is done, whenever they were written.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from core.models.ratings import Absence, Order, Phase, RaterKind
from core.store.plain_rows import is_sqlite, plain_batches

PHASES: tuple[str, ...] = tuple(phase.value for phase in Phase)
ABSENCES: tuple[str, ...] = ("", *(absence.value for absence in Absence))
ORDERS: tuple[str, ...] = ("", *(order.value for order in Order))
NO_OPTION = -1

_COLUMNS = (
    "id, subject_id, criterion_id, rater_id, option, number, absence, order_shown, repetition, phase, supersedes_id,"
    " confidence"
)
_TOLD_EVERY = 50_000

Progress = Callable[[int, int], None]
"""Called with rows read and rows in all."""


@dataclass(slots=True)
class RatingLog:
    """Every visible rating of one study, one row each, in the order read.

    Attributes:
        options: Option keys; `option` holds positions in it, `NO_OPTION` for none.
        id, subject, criterion, rater: Keys, int64.
        number: The number of a rating on a scale of numbers, else NaN.
        absence, order, phase: Positions in `ABSENCES`, `ORDERS`, `PHASES`, int8.
        repetition: int16.
        confidence: Share in [0, 1], NaN where none was given.
        standing: False for a row that another one supersedes.
        rows_fetched: How many rating rows were ever read from the database.
        position: The last id (SQLite) or the first transaction not yet read (Postgres).
        imports: The finished imports whose rows are held.
    """

    study_id: int
    options: list[str] = field(default_factory=list)
    id: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    subject: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    criterion: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    rater: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    option: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    number: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, np.float64))
    absence: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    order: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    repetition: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    phase: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    confidence: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, np.float64))
    standing: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    rows_fetched: int = 0
    position: int = 0
    imports: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        """How many rows are held."""
        return len(self.id)


def follow(log: RatingLog, *, session: Session, progress: Progress | None = None) -> int:
    """Read what is new since the last call (everything at the first); returns how many rows came."""
    before = len(log)
    position = _newest_position(log.study_id, session)
    imports = _finished_imports(log.study_id, session)
    fresh_imports = sorted(imports - log.imports)
    where, parameters = _above(log, position, session)
    if log.rows_fetched == 0 and fresh_imports:
        where = f"({where} and (import_id is null or import_id in ({_list(fresh_imports)})))"
        total = _count(log.study_id, session) if progress else 0
        _append(log, _rows(where, parameters, session), progress, total)
    else:
        _append(log, _rows(f"({where} and import_id is null)", parameters, session), None, 0)
        for found in fresh_imports:
            _append(log, _rows("import_id = :import", {"import": found, "study": log.study_id}, session), None, 0)
    log.position = position
    log.imports = imports
    return len(log) - before


def ratings_of(
    study_id: int, subject_ids: Sequence[int], criterion_ids: Sequence[int], kinds: Sequence[str], *, session: Session
) -> RatingLog:
    """The visible ratings of a few subjects and criteria by raters of these kinds; not to be followed further."""
    log = RatingLog(study_id)
    named = ", ".join(f"'{RaterKind(kind).value}'" for kind in kinds)
    where = (
        f"subject_id in ({_list(subject_ids)}) and +criterion_id in ({_list(criterion_ids)})"  # noqa: S608 - numbers
        f" and +rater_id in (select id from rater where study_id = :study and kind in ({named})) and (import_id is null"
        " or import_id in (select id from import where study_id = :study and state = 'done'))"
    )
    if subject_ids and criterion_ids and kinds:
        _append(log, _rows(where, {"study": study_id}, session), None, 0)
    return log


def _newest_position(study_id: int, session: Session) -> int:
    if is_sqlite(session):
        newest = session.execute(
            text("select max(id) from rating where study_id = :study"), {"study": study_id}
        ).scalar()
        return int(newest or 0)
    return int(session.execute(text("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")).scalar_one())


def _above(log: RatingLog, position: int, session: Session) -> tuple[str, dict[str, int]]:
    parameters = {"study": log.study_id, "last": log.position, "newest": position}
    if is_sqlite(session):
        return "study_id = :study and id > :last and id <= :newest", parameters
    return "study_id = :study and transaction_id >= :last and transaction_id < :newest", parameters


def _finished_imports(study_id: int, session: Session) -> set[int]:
    query = text("select id from import where study_id = :study and state = 'done'")
    return {int(row[0]) for row in session.execute(query, {"study": study_id})}


def _count(study_id: int, session: Session) -> int:
    return int(
        session.execute(text("select count(*) from rating where study_id = :study"), {"study": study_id}).scalar_one()
    )


def _rows(where: str, parameters: dict[str, int], session: Session) -> Iterable[Sequence[Sequence[Any]]]:
    query = text(f"select {_COLUMNS} from rating where {where} order by id")  # noqa: S608 - fixed words and numbers
    return plain_batches(query, parameters, session=session)


def _append(log: RatingLog, batches: Iterable[Sequence[Sequence[Any]]], progress: Progress | None, total: int) -> None:
    parts: list[dict[str, NDArray[Any]]] = []
    superseded: list[int] = []
    read = 0
    for batch in batches:
        columns = list(zip(*batch, strict=True))
        parts.append(_encoded(log, columns))
        superseded += [int(found) for found in columns[10] if found is not None]
        read += len(batch)
        if progress is not None and read % _TOLD_EVERY == 0:
            progress(read, total)
    if not parts:
        return
    if progress is not None:
        progress(read, total)
    log.rows_fetched += read
    for name in parts[0]:
        setattr(log, name, np.concatenate([getattr(log, name), *(part[name] for part in parts)]))
    log.standing = np.concatenate([log.standing, np.ones(read, np.bool_)])
    if len(superseded) <= 64:
        for found in superseded:
            log.standing[log.id == found] = False
    else:
        log.standing &= ~np.isin(log.id, np.array(superseded, np.int64))


def _encoded(log: RatingLog, columns: Sequence[Sequence[Any]]) -> dict[str, NDArray[Any]]:
    log.options += sorted(set(columns[4]) - {None} - set(log.options))
    options: dict[str | None, int] = {None: NO_OPTION} | {found: code for code, found in enumerate(log.options)}
    absences: dict[str | None, int] = {name or None: code for code, name in enumerate(ABSENCES)}
    orders: dict[str | None, int] = {name or None: code for code, name in enumerate(ORDERS)}
    phases = {name: code for code, name in enumerate(PHASES)}
    return {
        "id": np.array(columns[0], np.int64),
        "subject": np.array(columns[1], np.int64),
        "criterion": np.array(columns[2], np.int64),
        "rater": np.array(columns[3], np.int64),
        "option": np.array([options[found] for found in columns[4]], np.int16),
        "number": np.array(columns[5], np.float64),
        "absence": np.array([absences[found] for found in columns[6]], np.int8),
        "order": np.array([orders[found] for found in columns[7]], np.int8),
        "repetition": np.array(columns[8], np.int16),
        "phase": np.array([phases[found] for found in columns[9]], np.int8),
        "confidence": np.array(columns[11], np.float64),
    }


def _list(ids: Sequence[int]) -> str:
    return ", ".join(str(int(found)) for found in ids)
