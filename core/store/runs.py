"""Runs and workers in the database: who drives what, how far it is, and who is alive.

Every function takes the `session` of a transaction that the caller opened; writing ones keep it short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, or_, select, update
from sqlmodel import Session

from core.errors import NotFound
from core.models import metadata
from core.models.judging import Worker
from core.store.inserting import insert_missing

_RUN, _WORKER = metadata.tables["run"], metadata.tables["worker"]

WAITING = ("queued", "running")
"""States in which a run wants to be driven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run as its driver reads it."""

    id: int
    study_id: int
    judge_id: int
    draw_id: int | None
    retry_of_id: int | None
    purpose: str
    selection: Mapping[str, Any]
    settings: Mapping[str, Any]
    state: str
    position: int
    owner: str
    lease_until: datetime | None
    budget: float | None
    created_at: datetime
    counters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def retried(self) -> tuple[str, ...]:
        """Statuses of calls that a retry run asks again; empty for other runs."""
        return tuple(self.selection.get("statuses", ())) if self.retry_of_id is not None else ()

    @property
    def causes(self) -> tuple[str, ...]:
        """Causes of failures that a retry run is narrowed to; empty: all."""
        return tuple(self.selection.get("causes", ())) if self.retry_of_id is not None else ()


_COLUMNS = tuple(_RUN.c[name] for name in RunRow.__dataclass_fields__)


def read_run(run_id: int, *, session: Session) -> RunRow:
    """One run.

    Raises:
        NotFound: There is none with this id.
    """
    row = session.connection().execute(select(*_COLUMNS).where(_RUN.c.id == run_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("run", run_id)
    return RunRow(**row)


def read_state(run_id: int, *, session: Session) -> tuple[str, str]:
    """State and owner of a run; ("", "") where there is none."""
    row = session.connection().execute(select(_RUN.c.state, _RUN.c.owner).where(_RUN.c.id == run_id)).one_or_none()
    return (row.state, row.owner) if row is not None else ("", "")


def waiting_runs(*, session: Session) -> Sequence[RunRow]:
    """The runs that want to be driven, trials and probes first, then the oldest."""
    shortest_first = case((_RUN.c.purpose == "run", 1), else_=0)
    query = select(*_COLUMNS).where(_RUN.c.state.in_(WAITING)).order_by(shortest_first, _RUN.c.id)
    return [RunRow(**row) for row in session.connection().execute(query).mappings()]


def claim_run(
    run_id: int, owner: str, *, now: datetime, lease: timedelta, dead: Sequence[str] = (), session: Session
) -> bool:
    """Take a run that wants to be driven and that nobody drives; whether it was there to be taken.

    Args:
        run_id: Which.
        owner: Who takes it.
        now: The time.
        lease: For how long; it is renewed while the run is driven.
        dead: Owners known to be gone, whose leases do not count.
        session: A writing session.
    """
    free = or_(_RUN.c.owner.in_(["", owner, *dead]), _RUN.c.lease_until.is_(None), _RUN.c.lease_until < now)
    wanted = and_(_RUN.c.id == run_id, _RUN.c.state.in_(WAITING), free)
    started = case((_RUN.c.started_at.is_(None), now), else_=_RUN.c.started_at)
    taken = {"state": "running", "reason": "", "owner": owner, "lease_until": now + lease, "started_at": started}
    return session.connection().execute(update(_RUN).where(wanted).values(**taken)).rowcount == 1


def renew(
    run_id: int, owner: str, *, now: datetime, lease: timedelta, counters: Mapping[str, Any], position: int,
    session: Session,
) -> bool:  # fmt: skip
    """Write how far a run is and keep its lease; False if somebody else has it now (nothing is written then)."""
    mine = and_(_RUN.c.id == run_id, _RUN.c.owner == owner)
    state = case((_RUN.c.state == "queued", "running"), else_=_RUN.c.state)
    values = {"counters": dict(counters), "position": position, "lease_until": now + lease, "state": state}
    return session.connection().execute(update(_RUN).where(mine).values(**values)).rowcount == 1


def end_run(
    run_id: int, owner: str, *, now: datetime, state: str | None = None, reason: str = "", session: Session
) -> bool:
    """Give a run back, and move it to another state unless somebody moved it first (a person who cancelled it wins).

    Args:
        run_id: Which.
        owner: Who drives it.
        now: The time.
        state: "done" or "stopped"; None: it stays as it is, for the next worker.
        reason: In words for a person.
        session: A writing session.

    Returns:
        Whether the state was changed (or was to be left).
    """
    mine = and_(_RUN.c.id == run_id, _RUN.c.owner == owner)
    connection = session.connection()
    changed = True
    if state is not None:
        values: dict[str, Any] = {"state": state, "reason": reason}
        values |= {"done_at": now} if state == "done" else {}
        running = and_(mine, _RUN.c.state.in_(WAITING))
        changed = connection.execute(update(_RUN).where(running).values(**values)).rowcount == 1
    connection.execute(update(_RUN).where(mine).values(owner="", lease_until=None))
    return changed


def beat(worker_id: str, *, now: datetime, started_at: datetime, variables: Sequence[str], session: Session) -> None:
    """Note that a worker lives."""
    names = list(variables)
    row = {"id": worker_id, "heartbeat_at": now, "variables": names, "started_at": started_at}
    known = update(_WORKER).where(_WORKER.c.id == worker_id).values(heartbeat_at=now, variables=names)
    if session.connection().execute(known).rowcount == 0:
        insert_missing(Worker, [row], session=session)


def worker_ids(*, session: Session) -> Sequence[str]:
    """Every worker that is noted as alive, or died without a word."""
    return list(session.connection().execute(select(_WORKER.c.id)).scalars())


def forget_workers(ids: Sequence[str], *, session: Session) -> None:
    """Remove the notes of workers that are gone."""
    session.connection().execute(delete(_WORKER).where(_WORKER.c.id.in_(list(ids))))


def silent_workers(before: datetime, *, session: Session) -> Sequence[str]:
    """Workers that were not heard of since."""
    return list(session.connection().execute(select(_WORKER.c.id).where(_WORKER.c.heartbeat_at < before)).scalars())
