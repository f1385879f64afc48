"""Calls of judges in the database, written: each with its attempts and the ratings it gave, many in one transaction.

What was paid for is never thrown away. An outcome that takes the place of an earlier one moves that to `call_attempt`;
an answer that came twice (two workers, a lost lease) is kept there too, with its cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from json import dumps
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlmodel import Session

from core.models import metadata
from core.store.calls import ANSWERED, CallKey, KnownCall, StandingRating, known_calls, standing_ratings
from core.store.imports import insert_rows, reserve_ids
from core.store.plain_rows import is_sqlite

_CALL, _ATTEMPT = metadata.tables["call"], metadata.tables["call_attempt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """What one attempt at a call brought."""

    status: str
    cause: str = ""
    reply: str = ""
    error: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    latency: float | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRow:
    """One rating that a call gave; a value, or an absence."""

    subject_id: int
    criterion_id: int
    option: str | None = None
    number: float | None = None
    absence: str | None = None
    probabilities: Mapping[str, float] | None = None
    confidence: float | None = None
    rationale: str = ""
    order_shown: str | None = None
    repetition: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call that ended, with its ratings for every subject it serves.

    Attributes:
        last: Its last attempt.
        earlier: Failed attempts before, oldest first.
        sent: How many requests went out for it.
        replaces: The earlier outcome in whose place it was asked for, as it stood then.
    """

    subject_id: int
    asked: tuple[int, ...]
    order_shown: str | None
    repetition: int
    request_hash: str
    last: AttemptRow
    earlier: tuple[AttemptRow, ...] = ()
    sent: int = 0
    kind: str = "verdict"
    variation: str = ""
    copied_from_id: int | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)
    ratings: tuple[RatingRow, ...] = ()
    replaces: KnownCall | None = None

    @property
    def key(self) -> CallKey:
        """Request hash and repetition."""
        return self.request_hash, self.repetition


@dataclass(frozen=True, slots=True)
class GivenRatings:
    """Ratings by a call that stands, or is in the same batch, for another subject with the very same request."""

    key: CallKey
    ratings: tuple[RatingRow, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one transaction, all by one judge in one run."""

    study_id: int
    judge_id: int
    rater_id: int
    run_id: int
    rubric_id: int | None
    calls: Sequence[CallRow] = ()
    given: Sequence[GivenRatings] = ()


def hold_judge(rater_id: int, *, session: Session) -> None:
    """Let nobody else write calls of this judge until the transaction ends (on SQLite nobody does anyway)."""
    if not is_sqlite(session):
        session.connection().execute(text("select id from rater where id = :r for no key update"), {"r": rater_id})


def write_batch(batch: Batch, *, now: datetime, session: Session) -> frozenset[CallKey]:
    """Write calls with their attempts and ratings.

    Args:
        batch: A key occurs once in it.
        now: The time.
        session: A writing session; the judge is held (`hold_judge`).

    Returns:
        Keys of those that somebody else had brought meanwhile. Their attempts are kept; their ratings (given ones of
        the same key too) are not written, for the call that stands may say something else.
    """
    hashes = [call.request_hash for call in batch.calls] + [given.key[0] for given in batch.given]
    known = known_calls(batch.judge_id, hashes, session=session)
    fresh = [call for call in batch.calls if call.key not in known]
    met = [call for call in batch.calls if call.key in known]
    doubled = [call for call in met if not _takes_place(call, known[call.key])]
    replacing = [call for call in met if _takes_place(call, known[call.key])]
    ids = dict(zip((call.key for call in fresh), reserve_ids("call", len(fresh), session=session), strict=True))
    _insert_calls(batch, fresh, ids, now, session)
    attempts = [row for call in fresh for row in _attempt_rows(ids[call.key], batch.run_id, 0, call.earlier)]
    for call in replacing:
        attempts += _replace(call, known[call.key], batch, now, session)
        ids[call.key] = known[call.key].id
    for call in doubled:
        attempts += _keep_double(call, known[call.key], batch, session)
    if attempts:
        session.connection().execute(insert(_ATTEMPT), attempts)
    written = [(ids[call.key], rating) for call in (*fresh, *replacing) for rating in call.ratings]
    twice = frozenset(call.key for call in doubled)
    ids |= {key: call.id for key, call in known.items() if key not in ids}
    shared = [(ids[given.key], rating) for given in batch.given if given.key not in twice for rating in given.ratings]
    changed = {call.id: call.changed_at for call in known.values() if call.key not in {one.key for one in replacing}}
    _insert_ratings(batch, written, shared, changed, now=now, session=session)
    return twice


def _takes_place(call: CallRow, known: KnownCall) -> bool:
    """Whether an outcome takes the place of the one that is there.

    It does unless that one is an answer that came while ours was under way: then a reply was paid for twice.
    """
    return known.status not in ANSWERED or known == call.replaces


_CALL_COLUMNS = (
    "id", "subject_id", "kind", "variation", "asked", "order_shown", "repetition", "request_hash", "copied_from_id",
    "attempts", "status", "reply", "reply_parts", "error", "cause", "tokens_in", "tokens_out", "cost", "latency",
)  # fmt: skip


def _insert_calls(
    batch: Batch, fresh: Sequence[CallRow], ids: Mapping[CallKey, int], now: datetime, session: Session
) -> None:
    rows = [
        (
            ids[call.key], call.subject_id, call.kind, call.variation, dumps(call.asked), call.order_shown,
            call.repetition, call.request_hash, call.copied_from_id, call.sent, call.last.status,
            storable(call.last.reply), _json(call.parts), storable(call.last.error), call.last.cause,
            call.last.tokens_in, call.last.tokens_out, call.last.cost, call.last.latency,
        )
        for call in fresh
    ]  # fmt: skip
    same: dict[str, int | datetime] = {
        "run_id": batch.run_id,
        "judge_id": batch.judge_id,
        "created_at": now,
        "changed_at": now,
    }
    if batch.rubric_id is not None:
        same["rubric_id"] = batch.rubric_id
    if rows:
        insert_rows("call", _CALL_COLUMNS, rows, session=session, same=same)


def _attempt_rows(call_id: int, run_id: int, after: int, attempts: Sequence[AttemptRow]) -> list[dict[str, Any]]:
    """Rows of `call_attempt`, numbered from `after` + 1."""
    return [
        {
            "call_id": call_id, "run_id": run_id, "number": number, "status": one.status, "cause": one.cause,
            "reply": storable(one.reply), "error": storable(one.error), "tokens_in": one.tokens_in,
            "tokens_out": one.tokens_out, "cost": one.cost, "latency": one.latency, "created_at": one.at,
        }
        for number, one in enumerate(attempts, start=after + 1)
    ]  # fmt: skip


_OUTCOME = tuple(
    _CALL.c[name]
    for name in ("status", "cause", "reply", "error", "tokens_in", "tokens_out", "cost", "latency", "changed_at")
)


def _replace(call: CallRow, known: KnownCall, batch: Batch, now: datetime, session: Session) -> list[dict[str, Any]]:
    """Put an outcome in the place of the one that is there; the rows of `call_attempt` that come of it."""
    connection = session.connection()
    before = AttemptRow(**_outcome(connection.execute(select(*_OUTCOME).where(_CALL.c.id == known.id)).one()))
    last = call.last
    values: dict[str, Any] = {
        "run_id": batch.run_id, "subject_id": call.subject_id, "attempts": known.attempts + max(1, call.sent),
        "status": last.status, "cause": last.cause, "reply": storable(last.reply), "reply_parts": _clean(call.parts),
        "error": storable(last.error), "tokens_in": last.tokens_in, "tokens_out": last.tokens_out, "cost": last.cost,
        "latency": last.latency, "copied_from_id": call.copied_from_id, "changed_at": now,
    }  # fmt: skip
    connection.execute(update(_CALL).where(_CALL.c.id == known.id).values(**values))
    moved = _attempt_rows(known.id, known.run_id, known.attempts - 1, [before])
    return moved + _attempt_rows(known.id, batch.run_id, known.attempts, call.earlier)


def _outcome(row: Any) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in AttemptRow.__slots__ if name != "at"}, "at": row.changed_at}


def _keep_double(call: CallRow, known: KnownCall, batch: Batch, session: Session) -> list[dict[str, Any]]:
    """Count the attempts of an answer that came twice before the one that stands: the last is the call's own."""
    if not call.sent:
        return []
    first = max(1, known.attempts)
    changed = {"attempts": first + call.sent}
    session.connection().execute(update(_CALL).where(_CALL.c.id == known.id).values(**changed))
    return _attempt_rows(known.id, batch.run_id, first - 1, (*call.earlier, call.last))


_RATING_COLUMNS = (
    "subject_id", "criterion_id", "option", "number", "absence", "probabilities", "confidence", "rationale", "phase",
    "order_shown", "repetition", "supersedes_id", "call_id",
)  # fmt: skip


def _insert_ratings(
    batch: Batch, written: Sequence[tuple[int, RatingRow]], shared: Sequence[tuple[int, RatingRow]],
    changed: Mapping[int, datetime], *, now: datetime, session: Session,
) -> None:  # fmt: skip
    """Insert ratings that supersede those that stand in their place; shared ones that stand already are left."""
    both = [*written, *shared]
    if not both:
        return
    subjects, criteria = {one.subject_id for _, one in both}, {one.criterion_id for _, one in both}
    standing = standing_ratings(batch.rater_id, subjects, criteria, session=session)
    rows = [_rating(call_id, one, _stands(standing, one)) for call_id, one in written]
    for call_id, one in shared:
        stands = _stands(standing, one)
        if stands is None or not _says_so(stands, call_id, one, changed.get(call_id, now)):
            rows.append(_rating(call_id, one, stands))
    same: dict[str, int | datetime] = {"study_id": batch.study_id, "rater_id": batch.rater_id, "created_at": now}
    if rows:
        insert_rows("rating", _RATING_COLUMNS, rows, session=session, same=same)


def _says_so(stands: StandingRating, call_id: int, one: RatingRow, changed_at: datetime) -> bool:
    """Whether a rating stands already that came of the call as it is now."""
    is_same = stands.value == (one.option, one.number, one.absence)
    return stands.call_id == call_id and stands.at >= changed_at and is_same


def _stands(
    standing: Mapping[tuple[int, str | None, int], Mapping[int, StandingRating]], one: RatingRow
) -> StandingRating | None:
    return standing.get((one.subject_id, one.order_shown, one.repetition), {}).get(one.criterion_id)


def _rating(call_id: int, one: RatingRow, stands: StandingRating | None) -> tuple[Any, ...]:
    probabilities = dumps(dict(one.probabilities)) if one.probabilities is not None else None
    return (
        one.subject_id, one.criterion_id, one.option, one.number, one.absence, probabilities, one.confidence,
        storable(one.rationale), "blind", one.order_shown, one.repetition, stands.id if stands else None, call_id,
    )  # fmt: skip


def storable(said: str) -> str:
    """The text without what no database takes: NUL characters and halves of surrogate pairs stand as U+FFFD."""
    if "\0" in said:
        said = said.replace("\0", "\ufffd")
    if said.isascii():
        return said
    return said.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if _is_torn(said) else said


def _is_torn(said: str) -> bool:
    try:
        said.encode()
    except UnicodeEncodeError:
        return True
    return False


def _json(parts: Mapping[str, Any]) -> str:
    return dumps(_clean(parts)) if parts else "{}"


def _clean(parts: Mapping[str, Any]) -> Any:
    """JSON whose texts are storable (Postgres refuses a NUL even when it is escaped)."""
    return _storable_json(dict(parts))


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): _storable_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_json(one) for one in value]
    return value
