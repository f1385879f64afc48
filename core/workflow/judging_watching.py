"""How runs stand: counts, rate, time left, money, and whether a worker is there to drive them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.judging.pace import RunSettings
from core.judging.prices import price_of
from core.models.judging import Run
from core.store import judging_calls as stored_calls
from core.store import judging_runs as stored
from core.store.database import Session
from core.store.judging_runs import ACTIVE
from core.workflow.judging_selection import Selection
from core.workflow.workspace import Workspace

RESUMABLE = ("paused", "stopped", "cancelled")
"""States out of which a run can go on."""
FAILED = ("unreadable", "refused", "provider error")
"""Statuses of calls without a verdict that can be asked again."""
OUT_OF_BUDGET = "The next call could pass the budget"
"""How the reason of a run begins that its budget ended."""


@dataclass(frozen=True, slots=True)
class RunCounts:
    """Calls of a run by what came of them.

    Attributes:
        ok, unreadable, refused, error, skipped: Of those that were asked now or earlier.
        copied: Taken from another judge that asked the very same; paid by that one.
        already: Settled before the run began: they cost nothing.
    """

    ok: int = 0
    unreadable: int = 0
    refused: int = 0
    error: int = 0
    skipped: int = 0
    copied: int = 0
    already: int = 0

    @property
    def failed(self) -> int:
        """Unreadable, refused or a provider's error."""
        return self.unreadable + self.refused + self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFace:
    """A run as lists and pages show it.

    Attributes:
        judge_title: What the judge is called among the raters.
        purpose: "run", "trial" or "probe".
        state: "queued", "running", "paused", "cancelled", "done" or "stopped" (by itself: budget, key, ...).
        reason: Why it stands where it does, in words.
        selection: Which subjects.
        settings: Pace, patience and prices.
        n_planned: Calls in all; 0 until a worker counted them.
        n_done: Calls settled, those that were before it began too.
        share: n_done of n_planned, 0 to 1; None where n_planned is not known.
        rate: Calls a second in the last minute while it runs, else over all the time since it started; None before the
            first.
        seconds_left: At that rate; None where it is unknown or the run is not running.
        still_failed: Failures that nothing was asked again for since; 0 while the run is active.
        spent, budget: US dollars; no budget: None.
        in_flight, sent: Requests under way, and requests sent in all.
        worker_alive: Whether there is a worker at all.
    """

    id: int
    study_id: int
    judge_id: int
    judge_title: str
    model: str
    purpose: str
    state: str
    reason: str
    selection: Selection
    settings: RunSettings
    retry_of_id: int | None
    counts: RunCounts
    n_planned: int
    n_done: int
    share: float | None
    rate: float | None
    seconds_left: float | None
    still_failed: int
    spent: float
    budget: float | None
    tokens_in: int
    tokens_out: int
    in_flight: int
    sent: int
    created_at: datetime
    created_by: str
    started_at: datetime | None
    done_at: datetime | None
    worker_alive: bool

    @property
    def is_active(self) -> bool:
        """Whether it may still ask."""
        return self.state in ACTIVE

    @property
    def is_price_known(self) -> bool:
        """Whether `spent` tells what it cost: a price is known, or no model is asked."""
        return not self.model or price_of(self.model, self.settings) is not None

    @property
    def can_pause(self) -> bool:
        """Whether it can be paused."""
        return self.state in ("queued", "running")

    @property
    def can_resume(self) -> bool:
        """Whether it can go on."""
        return self.state in RESUMABLE

    @property
    def can_retry(self) -> bool:
        """Whether it has failures that can be asked again now."""
        return not self.is_active and self.still_failed > 0

    @property
    def is_out_of_budget(self) -> bool:
        """Whether its budget ended it: it goes on only with a higher one."""
        return self.state == "stopped" and self.reason.startswith(OUT_OF_BUDGET)


@dataclass(frozen=True, slots=True)
class WorkerState:
    """Whether runs are driven.

    Attributes:
        is_alive: Whether a worker was heard of lately.
        n_workers: How many.
        variables: Names of the key variables that are set where they run.
        advice: What to do where there is none; "".
    """

    is_alive: bool
    n_workers: int
    variables: tuple[str, ...]
    advice: str


def worker_state(workspace: Workspace) -> WorkerState:
    """Whether a worker is alive, and which keys it has."""
    with workspace.database.reading() as session:
        workers = stored.list_workers(now=workspace.clock(), session=session)
    names = sorted({name for worker in workers for name in worker.variables})
    advice = "" if workers else "No worker is running. Start one with: touchstone worker"
    return WorkerState(bool(workers), len(workers), tuple(names), advice)


def run_status(workspace: Workspace, run_id: int) -> RunFace:
    """Where a run stands now.

    Raises:
        NotFound: There is no such run.
    """
    now = workspace.clock()
    with workspace.database.reading() as session:
        found = stored.read_run(run_id, session=session)
        alive = bool(stored.list_workers(now=now, session=session))
        return _as_face(found, now, worker_alive=alive, failing=_failing([found], session), session=session)


def list_runs(workspace: Workspace, study_id: int, judge_id: int | None = None) -> tuple[RunFace, ...]:
    """The runs of a study, or of one judge, the newest first."""
    now = workspace.clock()
    with workspace.database.reading() as session:
        found = stored.list_runs(study_id, judge_id=judge_id, session=session)
        alive = bool(stored.list_workers(now=now, session=session))
        failing = _failing(found, session)
        return tuple(_as_face(one, now, worker_alive=alive, failing=failing, session=session) for one in found)


def _failing(found: Sequence[stored.TitledRun], session: Session) -> Mapping[int, int]:
    """Run id -> failures that still stand, of the runs that ended with some."""
    ended = [
        one.run.id or 0
        for one in found
        if one.run.state not in ACTIVE and any(one.run.counters.get(name) for name in _FAILURES)
    ]
    return stored_calls.count_standing(ended, FAILED, session=session) if ended else {}


def _as_face(
    found: stored.TitledRun, now: datetime, *, worker_alive: bool, failing: Mapping[int, int], session: Session
) -> RunFace:
    run = found.run
    numbers = {name: int(run.counters.get(name) or 0) for name in _COUNTED}
    planned, done = numbers["planned"], numbers["done"]
    rate = _recent_rate(run, now, session) or _rate(run, done - numbers["already"], now)
    left = planned - done
    return RunFace(
        id=run.id or 0,
        study_id=run.study_id,
        judge_id=run.judge_id,
        judge_title=found.judge_title,
        model=found.model,
        purpose=run.purpose,
        state=run.state,
        reason=run.reason,
        selection=Selection.from_json(run.selection) if run.selection else Selection(kind="output"),
        settings=RunSettings.from_json(run.settings) if run.settings else RunSettings(),
        retry_of_id=run.retry_of_id,
        counts=RunCounts(**{name: numbers[name] for name in _OUTCOMES}),
        n_planned=planned,
        n_done=done,
        share=min(done / planned, 1.0) if planned else (1.0 if run.state == "done" else None),
        rate=rate,
        seconds_left=left / rate if rate and left > 0 and run.state == "running" else None,
        still_failed=failing.get(run.id or 0, 0),
        spent=float(run.counters.get("spent") or 0.0),
        budget=run.budget,
        tokens_in=numbers["tokens_in"],
        tokens_out=numbers["tokens_out"],
        in_flight=numbers["in_flight"],
        sent=numbers["sent"],
        created_at=run.created_at,
        created_by=run.created_by,
        started_at=run.started_at,
        done_at=run.done_at,
        worker_alive=worker_alive,
    )


_OUTCOMES = ("ok", "unreadable", "refused", "error", "skipped", "copied", "already")
_FAILURES = ("unreadable", "refused", "error")
_COUNTED = (*_OUTCOMES, "planned", "done", "tokens_in", "tokens_out", "in_flight", "sent")


def _rate(run: Run, asked: int, now: datetime) -> float | None:
    """Calls a second that were not settled before, over the time it was driven."""
    if run.started_at is None or asked <= 0:
        return None
    seconds = ((run.done_at or now) - run.started_at).total_seconds()
    return asked / seconds if seconds > 0 else None


_LATELY = timedelta(minutes=1)
_LOOKED_AT = 500
_FEWEST = 5


def _recent_rate(run: Run, now: datetime, session: Session) -> float | None:
    """Calls a second in the last minute (less where very many came): a pause or a slow beginning does not count."""
    if run.state != "running" or run.started_at is None:
        return None
    begin = max(run.started_at, now - _LATELY)
    times = stored_calls.newest_times(run.id or 0, study_id=run.study_id, limit=_LOOKED_AT, session=session)
    lately = [at for at in times if at >= begin]
    if len(lately) < _FEWEST:
        return None
    begin = min(lately) if len(lately) == _LOOKED_AT else begin
    seconds = (now - begin).total_seconds()
    return len(lately) / seconds if seconds > 0 else None
