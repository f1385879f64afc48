"""Calls of a study's judges with what they cost, read a batch at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, select
from sqlmodel import Session, col

from core.models.items import Item, Subject
from core.models.judging import Call, CallAttempt, Judge, Run
from core.models.ratings import Rater, Rating
from core.models.study import Criterion
from core.store.database import Database
from core.store.exports import BATCH, Cell, RatingFilter


@dataclass(frozen=True, slots=True)
class CallsSnapshot:
    """Which calls an export gives: those there were when it began.

    A call that is asked again meanwhile comes as it stands when its row is read.
    """

    study_id: int
    last_call: int


def take_calls_snapshot(study_id: int, *, session: Session) -> CallsSnapshot:
    """The study's calls as of now."""
    last = session.execute(select(func.max(col(Call.id))).join(Run).where(col(Run.study_id) == study_id)).scalar()
    return CallsSnapshot(study_id, last or 0)


def count_calls(snapshot: CallsSnapshot, chosen: RatingFilter, *, session: Session) -> int:
    """How many rows `call_rows` will give."""
    query = _chosen(_joined(select(func.count())), snapshot, chosen)
    return int(session.execute(query).scalar_one())


def call_rows(
    database: Database, snapshot: CallsSnapshot, chosen: RatingFilter, *, texts: bool
) -> Iterator[list[dict[str, Cell]]]:
    """Batches of rows by column name (`core.models.exchange.CALL_COLUMNS`), each read in a transaction of its own.

    Args:
        database: Where.
        snapshot: Which calls there were.
        chosen: Of which raters, kinds of raters, splits and times; what it says of ratings is not looked at.
        texts: Whether replies go along.
    """
    last = 0
    with database.reading() as session:
        lineages = _lineages(snapshot.study_id, session)
    while True:
        with database.reading() as session:
            query = _chosen(_joined(select(*_SHOWN, *((col(Call.reply),) if texts else ()))), snapshot, chosen)
            query = query.where(col(Call.id) > last).order_by(col(Call.id)).limit(BATCH)
            rows = session.execute(query).mappings().all()
            if not rows:
                return
            last = rows[-1]["call_id"]
            ids = [row["call_id"] for row in rows]
            paid, given = _earlier_costs(ids, session), _ratings(ids, session)
            yield [_row(row, lineages, paid, given) for row in rows]


_SHOWN: tuple[Any, ...] = (
    col(Call.id).label("call_id"), col(Call.run_id).label("run"), col(Run.purpose).label("run_purpose"),
    col(Judge.name).label("judge"), col(Judge.version).label("judge_version"),
    col(Judge.protocol).label("judge_protocol"), col(Judge.model).label("judge_model"),
    col(Judge.fingerprint).label("judge_fingerprint"), col(Judge.reference_mode),
    col(Item.external_id).label("item"), col(Subject.key).label("subject"), col(Item.split), col(Call.kind),
    col(Call.variation), col(Call.asked), col(Call.order_shown), col(Call.repetition), col(Call.request_hash),
    col(Call.copied_from_id).label("copied_from"), col(Call.status), col(Call.cause), col(Call.error),
    col(Call.attempts), col(Call.tokens_in), col(Call.tokens_out), col(Call.cost), col(Call.latency),
    col(Call.created_at), col(Call.changed_at),
)  # fmt: skip


def _joined(query: Select[Any]) -> Select[Any]:
    return (
        query.select_from(Call)
        .join(Run, col(Run.id) == col(Call.run_id))
        .join(Judge, col(Judge.id) == col(Call.judge_id))
        .join(Subject, col(Subject.id) == col(Call.subject_id))
        .join(Item, col(Item.id) == col(Subject.item_id))
    )


def _chosen(query: Select[Any], snapshot: CallsSnapshot, chosen: RatingFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [
        col(Run.study_id) == snapshot.study_id,
        col(Call.id) <= snapshot.last_call,
    ]
    raters = select(col(Rater.judge_id)).where(
        col(Rater.study_id) == snapshot.study_id, col(Rater.judge_id).is_not(None)
    )
    if chosen.raters:
        conditions.append(col(Call.judge_id).in_(raters.where(col(Rater.id).in_(chosen.raters))))
    if chosen.kinds:
        conditions.append(col(Call.judge_id).in_(raters.where(col(Rater.kind).in_(chosen.kinds))))
    if chosen.splits:
        conditions.append(col(Item.split).in_(chosen.splits))
    if chosen.since is not None:
        conditions.append(col(Call.changed_at) >= chosen.since)
    if chosen.until is not None:
        conditions.append(col(Call.changed_at) < chosen.until)
    return query.where(*conditions)


def _lineages(study_id: int, session: Session) -> Mapping[int, str]:
    query = select(col(Criterion.id), col(Criterion.lineage)).where(col(Criterion.study_id) == study_id)
    return {row[0]: row[1] for row in session.execute(query)}


def _earlier_costs(calls: Sequence[int], session: Session) -> Mapping[int, float]:
    query = (
        select(col(CallAttempt.call_id), func.sum(col(CallAttempt.cost)))
        .where(col(CallAttempt.call_id).in_(calls), col(CallAttempt.cost).is_not(None))
        .group_by(col(CallAttempt.call_id))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _ratings(calls: Sequence[int], session: Session) -> Mapping[int, int]:
    query = (
        select(col(Rating.call_id), func.count()).where(col(Rating.call_id).in_(calls)).group_by(col(Rating.call_id))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _row(
    row: RowMapping, lineages: Mapping[int, str], paid: Mapping[int, float], given: Mapping[int, int]
) -> dict[str, Cell]:
    found: dict[str, Cell] = {name: value for name, value in row.items() if name not in ("asked",)}
    asked = [lineages[criterion] for criterion in row["asked"] if criterion in lineages]
    found["criteria"] = dumps(asked, ensure_ascii=False)
    found["earlier_cost"], found["n_ratings"] = paid.get(row["call_id"]), given.get(row["call_id"], 0)
    found |= {name: row[name].isoformat() for name in ("created_at", "changed_at")}
    return found
