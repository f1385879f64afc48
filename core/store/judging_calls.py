"""Calls of judges as people look at them: failures in groups, pages of calls, what they said, earlier attempts.

Every function takes the `session` of a transaction that the caller opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, text, union_all
from sqlmodel import Session

from core.models import metadata

_CALL, _RUN, _ATTEMPT = metadata.tables["call"], metadata.tables["run"], metadata.tables["call_attempt"]
STATUSES = ("ok", "unreadable", "refused", "provider error", "skipped")
"""Every status of a call."""


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Failures of one cause; `calls` are the keys of some of them, the newest first."""

    status: str
    cause: str
    n: int
    calls: tuple[int, ...]


def read_failures(run_id: int, statuses: Sequence[str], *, examples: int, session: Session) -> Sequence[FailureRow]:
    """The failures of a run by status and cause, the most frequent first."""
    here = (_CALL.c.run_id == run_id, _CALL.c.status.in_(list(statuses)))
    counted = select(_CALL.c.status, _CALL.c.cause, func.count()).where(*here).group_by(_CALL.c.status, _CALL.c.cause)
    found = []
    for status, cause, n in session.connection().execute(counted).all():
        some = (
            select(_CALL.c.id)
            .where(_CALL.c.run_id == run_id, _CALL.c.status == status, _CALL.c.cause == cause)
            .order_by(_CALL.c.id.desc())
            .limit(examples)
        )
        found.append(FailureRow(status, cause, n, tuple(session.connection().execute(some).scalars())))
    return sorted(found, key=lambda row: (-row.n, row.status, row.cause))


def count_standing(run_ids: Sequence[int], statuses: Sequence[str], *, session: Session) -> Mapping[int, int]:
    """Run id -> its calls that stand so now; a call that a later run asked again is that run's."""
    here = (_CALL.c.run_id.in_(list(run_ids)), _CALL.c.status.in_(list(statuses)))
    counted = select(_CALL.c.run_id, func.count()).where(*here).group_by(_CALL.c.run_id)
    return {row[0]: row[1] for row in session.connection().execute(counted)}


def failed_subjects(run_id: int, statuses: Sequence[str], causes: Sequence[str], *, session: Session) -> Sequence[int]:
    """Ids of the subjects whose calls in a run failed so, rising; those that share such a call and were told too."""
    here = [_CALL.c.run_id == run_id, _CALL.c.status.in_(list(statuses))]
    here += [_CALL.c.cause.in_(list(causes))] if causes else []
    rating = metadata.tables["rating"]
    shared = select(rating.c.subject_id).join(_CALL, _CALL.c.id == rating.c.call_id).where(*here)
    both = union_all(select(_CALL.c.subject_id).where(*here), shared)
    return sorted(set(session.connection().execute(both).scalars()))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call as it stands."""

    id: int
    run_id: int
    judge_id: int
    subject_id: int
    kind: str
    variation: str
    order_shown: str | None
    repetition: int
    status: str
    cause: str
    error: str
    reply: str
    request_hash: str
    copied_from_id: int | None
    attempts: int
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None
    latency: float | None
    created_at: datetime
    changed_at: datetime


_COLUMNS = tuple(_CALL.c[name] for name in CallRow.__dataclass_fields__)


def read_calls(call_ids: Sequence[int], *, session: Session) -> Mapping[int, CallRow]:
    """The calls with these keys."""
    rows = session.connection().execute(select(*_COLUMNS).where(_CALL.c.id.in_(list(call_ids))))
    return {row["id"]: CallRow(**row) for row in rows.mappings()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which calls: of a study, narrowed."""

    study_id: int
    judge_id: int | None = None
    run_id: int | None = None
    subject_id: int | None = None
    status: str | None = None
    cause: str | None = None


def page_of_calls(wanted: CallFilter, *, before: int | None, limit: int, session: Session) -> Sequence[int]:
    """Keys of the newest calls that fit, below `before`, falling; through an index, however many there are."""
    parts: list[Select[Any]] = []
    if wanted.subject_id is not None:
        judges = _judges(wanted, session)
        parts = [
            select(_CALL.c.id).where(_CALL.c.judge_id == judge, _CALL.c.subject_id == wanted.subject_id)
            for judge in judges
        ]
    else:
        parts = [
            select(_CALL.c.id).where(_CALL.c.run_id == run, _CALL.c.status == status)
            for run in _runs(wanted, session)
            for status in ([wanted.status] if wanted.status else STATUSES)
        ]
    found: list[int] = []
    for part in parts:
        query = part
        if wanted.subject_id is not None and wanted.run_id is not None:
            query = query.where(_CALL.c.run_id == wanted.run_id)
        if wanted.subject_id is not None and wanted.status:
            query = query.where(_CALL.c.status == wanted.status)
        if wanted.cause is not None:
            query = query.where(_CALL.c.cause == wanted.cause)
        if before is not None:
            query = query.where(_CALL.c.id < before)
        found += session.connection().execute(query.order_by(_CALL.c.id.desc()).limit(limit)).scalars()
    return sorted(found, reverse=True)[:limit]


def count_calls(wanted: CallFilter, *, session: Session) -> int:
    """How many calls fit."""
    query = select(func.count()).select_from(_CALL)
    if wanted.subject_id is not None:
        query = query.where(_CALL.c.subject_id == wanted.subject_id, _CALL.c.judge_id.in_(_judges(wanted, session)))
        query = query if wanted.run_id is None else query.where(_CALL.c.run_id == wanted.run_id)
    else:
        query = query.where(_CALL.c.run_id.in_(_runs(wanted, session)))
    query = query if wanted.status is None else query.where(_CALL.c.status == wanted.status)
    query = query if wanted.cause is None else query.where(_CALL.c.cause == wanted.cause)
    return int(session.connection().execute(query).scalar_one())


def _runs(wanted: CallFilter, session: Session) -> list[int]:
    query = select(_RUN.c.id).where(_RUN.c.study_id == wanted.study_id)
    query = query if wanted.run_id is None else query.where(_RUN.c.id == wanted.run_id)
    query = query if wanted.judge_id is None else query.where(_RUN.c.judge_id == wanted.judge_id)
    return list(session.connection().execute(query).scalars())


def _judges(wanted: CallFilter, session: Session) -> list[int]:
    judge = metadata.tables["judge"]
    query = select(judge.c.id).where(judge.c.study_id == wanted.study_id)
    query = query if wanted.judge_id is None else query.where(judge.c.id == wanted.judge_id)
    return list(session.connection().execute(query).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenVerdict:
    """A rating that a call gave."""

    call_id: int
    subject_id: int
    criterion_id: int
    option: str | None
    number: float | None
    absence: str | None
    confidence: float | None
    rationale: str
    is_superseded: bool


_GIVEN = text(
    "select r.call_id, r.subject_id, r.criterion_id, r.option, r.number, r.absence, r.confidence, r.rationale,"
    " exists (select 1 from rating l where l.supersedes_id = r.id) as is_superseded"
    " from rating r where r.call_id in :calls order by r.id"
).bindparams(bindparam("calls", expanding=True))


def given_verdicts(call_ids: Sequence[int], *, session: Session) -> Sequence[GivenVerdict]:
    """Every rating that these calls gave, oldest first."""
    rows = session.connection().execute(_GIVEN, {"calls": list(call_ids)})
    return [GivenVerdict(**{**row, "is_superseded": bool(row["is_superseded"])}) for row in rows.mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierAttempt:
    """What an earlier attempt at a call brought."""

    call_id: int
    number: int
    status: str
    cause: str
    reply: str
    error: str
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None
    latency: float | None
    created_at: datetime


_EARLIER = tuple(_ATTEMPT.c[name] for name in EarlierAttempt.__dataclass_fields__)


def earlier_attempts(call_ids: Sequence[int], *, session: Session) -> Sequence[EarlierAttempt]:
    """Every attempt at these calls that a later one took the place of, in order."""
    query = select(*_EARLIER).where(_ATTEMPT.c.call_id.in_(list(call_ids))).order_by(_ATTEMPT.c.id)
    return [EarlierAttempt(**row) for row in session.connection().execute(query).mappings()]


def newest_times(run_id: int, *, study_id: int, limit: int, session: Session) -> Sequence[datetime]:
    """When the newest calls of a run came, at most so many."""
    keys = page_of_calls(CallFilter(study_id=study_id, run_id=run_id), before=None, limit=limit, session=session)
    return list(session.connection().execute(select(_CALL.c.changed_at).where(_CALL.c.id.in_(keys))).scalars())
