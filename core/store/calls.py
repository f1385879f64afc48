"""Calls of judges in the database, read: which were made, what was answered, what their ratings say now.

Every function takes the `session` of a transaction that the caller opened. Lists of hashes and subjects may hold some
thousands.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import and_, bindparam, func, or_, select, text
from sqlmodel import Session

from core.models import metadata
from core.models.base import UtcTime
from core.store.runs import RunRow

_CALL = metadata.tables["call"]
_AT_ONCE = 2_000
"""Values in one list of a statement."""

ANSWERED = ("ok", "unreadable", "refused")
"""Statuses of calls that hold a reply."""

CallKey = tuple[str, int]
"""Request hash and repetition: with the judge, the key of a call."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call that was made, without its reply."""

    id: int
    run_id: int
    subject_id: int
    order_shown: str | None
    request_hash: str
    repetition: int
    status: str
    cause: str
    attempts: int
    changed_at: datetime

    @property
    def key(self) -> CallKey:
        """Its request hash and repetition."""
        return self.request_hash, self.repetition


_KNOWN = tuple(_CALL.c[name] for name in KnownCall.__slots__)


def known_calls(judge_id: int, hashes: Collection[str], *, session: Session) -> dict[CallKey, KnownCall]:
    """The judge's calls with these request hashes."""
    found: dict[CallKey, KnownCall] = {}
    for some in in_parts(sorted(set(hashes))):
        query = select(*_KNOWN).where(_CALL.c.request_hash.in_(some), _CALL.c.judge_id == judge_id)
        for row in session.connection().execute(query):
            call = KnownCall(*row)
            found[call.key] = call
    return found


_ELSEWHERE = text(
    "select min(c.id), c.request_hash, c.repetition from call c join judge j on j.id = c.judge_id"
    " where c.request_hash in :hashes and j.study_id = :study and c.judge_id <> :judge"
    " and c.status in ('ok', 'unreadable', 'refused') and c.copied_from_id is null"
    " group by c.request_hash, c.repetition"
).bindparams(bindparam("hashes", expanding=True))


def calls_elsewhere(study_id: int, judge_id: int, hashes: Collection[str], *, session: Session) -> dict[CallKey, int]:
    """The ids of calls with a reply that other judges of the study made for the very same requests."""
    found: dict[CallKey, int] = {}
    for some in in_parts(sorted(set(hashes))):
        values = {"hashes": some, "study": study_id, "judge": judge_id}
        rows = session.connection().execute(_ELSEWHERE, values)
        found |= {(request_hash, repetition): key for key, request_hash, repetition in rows}
    return found


@dataclass(frozen=True, slots=True)
class StoredReply:
    """What a call brought; `parts` is what came beside the text."""

    id: int
    status: str
    text: str
    parts: Mapping[str, Any]


def stored_replies(call_ids: Collection[int], *, session: Session) -> dict[int, StoredReply]:
    """The replies of these calls."""
    found: dict[int, StoredReply] = {}
    for some in in_parts(sorted(set(call_ids))):
        query = select(_CALL.c.id, _CALL.c.status, _CALL.c.reply, _CALL.c.reply_parts).where(_CALL.c.id.in_(some))
        found |= {row[0]: StoredReply(row[0], row[1], row[2], row[3] or {}) for row in session.execute(query)}
    return found


@dataclass(frozen=True, slots=True)
class StandingRating:
    """A judge's rating that nothing supersedes, and the call that gave it.

    Attributes:
        at: When; a call that changed later says something else by now.
        value: Option, number and absence: one of them.
    """

    id: int
    call_id: int | None
    at: datetime
    value: tuple[str | None, float | None, str | None]


Place = tuple[int, str | None, int]
"""Subject, order shown, repetition."""

_STANDING = (
    text(
        "select r.id, r.subject_id, r.criterion_id, r.order_shown, r.repetition, r.call_id, r.created_at, r.option,"
        " r.number, r.absence from rating r"
        " where r.subject_id in :subjects and r.criterion_id in :criteria and +r.rater_id = :rater"
        " and not exists (select 1 from rating n where n.supersedes_id = r.id)"
    )
    .bindparams(bindparam("subjects", expanding=True), bindparam("criteria", expanding=True))
    .columns(created_at=UtcTime())
)


def standing_ratings(
    rater_id: int, subject_ids: Collection[int], criterion_ids: Collection[int], *, session: Session
) -> dict[Place, dict[int, StandingRating]]:
    """What the judge says now about these subjects: place -> criterion id -> rating."""
    found: dict[Place, dict[int, StandingRating]] = {}
    if not criterion_ids:
        return found
    for some in in_parts(sorted(set(subject_ids))):
        values = {"subjects": some, "criteria": sorted(criterion_ids), "rater": rater_id}
        for row in session.connection().execute(_STANDING, values):
            rating = StandingRating(row.id, row.call_id, row.created_at, (row.option, row.number, row.absence))
            place = row.subject_id, row.order_shown, row.repetition
            found.setdefault(place, {})[row.criterion_id] = rating
    return found


def calls_of_subjects(
    judge_id: int, subject_ids: Collection[int], statuses: Sequence[str], *, session: Session
) -> Iterator[tuple[Place, tuple[int, ...], str]]:
    """Where (and on which criteria) the judge's calls about these subjects ended with one of the statuses, and why."""
    columns = (_CALL.c.subject_id, _CALL.c.order_shown, _CALL.c.repetition, _CALL.c.asked, _CALL.c.cause)
    for some in in_parts(sorted(set(subject_ids))):
        query = select(*columns).where(
            _CALL.c.judge_id == judge_id, _CALL.c.subject_id.in_(some), _CALL.c.status.in_(list(statuses))
        )
        for subject, order, repetition, asked, cause in session.connection().execute(query):
            yield (subject, order, repetition), tuple(asked or ()), cause


def in_parts(values: Sequence[T]) -> Iterator[list[T]]:
    """The values, as many at a time as a statement takes."""
    for start in range(0, len(values), _AT_ONCE):
        yield list(values[start : start + _AT_ONCE])


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """What the rows of a run add up to.

    Attributes:
        statuses: Of calls for verdicts, status -> how many.
        copied: Calls whose reply another judge had paid for.
        sent: Requests that went out, own answers included.
        up_to: Calls for verdicts about subjects up to the position asked for.
    """

    statuses: Mapping[str, int]
    copied: int
    sent: int
    spent: float
    tokens_in: int
    tokens_out: int
    up_to: int


_BY_STATUS = text(
    "select status, kind, count(*), sum(case when copied_from_id is null then 0 else 1 end),"
    " sum(case when attempts > 0 then 1 else 0 end), coalesce(sum(cost), 0), coalesce(sum(tokens_in), 0),"
    " coalesce(sum(tokens_out), 0), sum(case when subject_id <= :position then 1 else 0 end)"
    " from call where run_id = :run group by status, kind"
)
_EARLIER = text(
    "select count(*), coalesce(sum(cost), 0), coalesce(sum(tokens_in), 0), coalesce(sum(tokens_out), 0)"
    " from call_attempt where run_id = :run and number > 0"
)


def run_totals(run_id: int, position: int = 0, *, session: Session) -> RunTotals:
    """Add up the calls of a run, and their earlier attempts."""
    connection = session.connection()
    statuses: dict[str, int] = {}
    copied = up_to = 0
    sent, spent, tokens_in, tokens_out = connection.execute(_EARLIER, {"run": run_id}).one()
    rows = connection.execute(_BY_STATUS, {"run": run_id, "position": position})
    for status, kind, count, copies, asked, cost, into, out, below in rows:
        sent, spent, tokens_in, tokens_out = sent + asked, spent + cost, tokens_in + into, tokens_out + out
        if kind != "answer":
            statuses[status] = statuses.get(status, 0) + count
            copied, up_to = copied + copies, up_to + below
    return RunTotals(
        statuses=statuses, copied=int(copied), sent=int(sent), spent=float(spent), tokens_in=int(tokens_in),
        tokens_out=int(tokens_out), up_to=int(up_to),
    )  # fmt: skip


def count_retried(run: RunRow, *, session: Session) -> int:
    """How many calls a retry asks again: those that ended so before it was created, and those it has asked since."""
    mine = _CALL.c.run_id == run.id
    failed = and_(_CALL.c.judge_id == run.judge_id, _CALL.c.status.in_(run.retried))
    before = and_(failed, _CALL.c.run_id != run.id, _CALL.c.changed_at <= run.created_at)
    if run.causes:
        before = and_(before, _CALL.c.cause.in_(run.causes))
    query = select(func.count()).select_from(_CALL).where(_CALL.c.kind != "answer", or_(mine, before))
    return int(session.connection().execute(query).scalar_one())
