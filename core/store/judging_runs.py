"""Runs as people start, watch, stop and resume them. A driver's side is in `core.store.runs`.

Every function takes the `session` of a transaction that the caller opened. States change by compare-and-set: of two
tabs one wins, and the other is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.errors import Conflict, NotFound
from core.models.judging import Judge, Run, Worker
from core.models.ratings import Rater

ACTIVE = ("queued", "running", "paused")
"""States of a run that may still ask: a judge has at most one such run of each purpose."""
ALIVE = timedelta(seconds=15)
"""A worker that was not heard of for so long is gone."""


@dataclass(frozen=True, slots=True)
class TitledRun:
    """A run with its judge's name among the raters."""

    run: Run
    judge_title: str
    model: str


def add_run(run: Run, *, session: Session) -> int:
    """Store a new run; its key. The judge must have been found free (`hold_free`)."""
    session.add(run)
    session.flush()
    return run.id or 0


def hold_free(judge_id: int, purpose: str, *, session: Session) -> None:
    """Let nobody else start a run of this judge until the transaction ends.

    Raises:
        Conflict: The judge has an active run of the same purpose.
    """
    session.exec(select(Judge.id).where(Judge.id == judge_id).with_for_update()).one()
    refuse_active(judge_id, purpose, session=session)


def refuse_active(judge_id: int, purpose: str, *, session: Session) -> None:
    """Refuse a second active run.

    Raises:
        Conflict: The judge has one of this purpose.
    """
    active = select(Run).where(Run.judge_id == judge_id, Run.purpose == purpose, col(Run.state).in_(ACTIVE))
    found = session.exec(active).first()
    if found is not None:
        what = {"run": "run", "trial": "trial", "probe": "probe"}[purpose]
        raise Conflict(f"A {what} of this judge is {found.state} already (number {found.id}); cancel it or wait.")


def read_run(run_id: int, *, session: Session) -> TitledRun:
    """One run.

    Raises:
        NotFound: There is none with this id.
    """
    found = _titled(session, Run.id == run_id)
    if not found:
        raise NotFound("run", run_id)
    return found[0]


def list_runs(study_id: int, *, judge_id: int | None = None, session: Session) -> Sequence[TitledRun]:
    """Every run of a study, or of one judge, the newest first."""
    conditions = [Run.study_id == study_id] + ([Run.judge_id == judge_id] if judge_id is not None else [])
    return _titled(session, *conditions)


def _titled(session: Session, *conditions: bool) -> list[TitledRun]:
    query = (
        select(Run, Rater.name, Judge.model)
        .join(Judge, col(Judge.id) == Run.judge_id)
        .join(Rater, col(Rater.judge_id) == Run.judge_id, isouter=True)
        .where(*conditions)
        .order_by(col(Run.id).desc())
    )
    return [TitledRun(run, title or f"judge {run.judge_id}", model) for run, title, model in session.exec(query)]


def change_state(run_id: int, to: str, *, out_of: Sequence[str], reason: str, now: datetime, session: Session) -> bool:
    """Move a run to a state if it is in one of these; whether it was.

    An ended run notes when; one that goes on forgets it.
    """
    done_at = now if to in ("cancelled", "done") else None
    query = update(Run).where(col(Run.id) == run_id, col(Run.state).in_(out_of))
    changed = session.connection().execute(query.values(state=to, reason=reason, done_at=done_at))
    return changed.rowcount == 1


def keep_selection(run_id: int, selection: Mapping[str, Any], *, session: Session) -> None:
    """Note which subjects a run has."""
    session.connection().execute(update(Run).where(col(Run.id) == run_id).values(selection=dict(selection)))


def change_budget(run_id: int, budget: float | None, *, session: Session) -> None:
    """Give a run another limit."""
    session.connection().execute(update(Run).where(col(Run.id) == run_id).values(budget=budget))


def list_workers(*, now: datetime, session: Session) -> Sequence[Worker]:
    """The workers that are alive."""
    return session.exec(select(Worker).where(Worker.heartbeat_at > now - ALIVE).order_by(col(Worker.started_at))).all()
