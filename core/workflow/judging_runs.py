"""Runs of judges: started, tried, watched, paused, resumed, cancelled, and their failures asked again.

Nothing is driven here: a worker does. What a person presses changes the run's state by compare-and-set, so that of two
tabs one wins and the other is told what happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite

from core.errors import BadInput, Conflict, shortened
from core.judging.pace import RunSettings, checked
from core.judging.prices import price_of
from core.judging.protocols import protocol_of
from core.judging.providers import key_variable
from core.judging.spec import JudgeSpec
from core.models.judging import Run
from core.store import judging as judges
from core.store import judging_calls as stored_calls
from core.store import judging_runs as stored
from core.store.database import Session
from core.store.grading_subjects import read_subjects
from core.store.judging_runs import ACTIVE
from core.store.judging_subjects import add_draw
from core.store.studies import refuse_simulated
from core.workflow.judging_checks import checked_spec
from core.workflow.judging_identity import has_spec, spec_of
from core.workflow.judging_selection import WRITTEN_AT_ONCE, Chosen, Selection, add_drawn_part, choose, write_drawn
from core.workflow.workspace import Visitor, Workspace

FAILED = ("unreadable", "refused", "provider error")
"""Statuses that a retry asks again unless told otherwise."""

_CHOOSING = "its subjects are being chosen"
_LOOKED_THROUGH = 20_000
"""A retry of a run with more subjects looks only at those that failed, not at others that ask the very same."""
_RESUMABLE = ("paused", "stopped", "cancelled")


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
    def can_pause(self) -> bool:
        """Whether it can be paused."""
        return self.state in ("queued", "running")

    @property
    def can_resume(self) -> bool:
        """Whether it can go on."""
        return self.state in _RESUMABLE

    @property
    def can_retry(self) -> bool:
        """Whether it has failures that can be asked again now."""
        return not self.is_active and self.counts.failed > 0


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


def start_run(
    workspace: Workspace,
    visitor: Visitor,
    judge_id: int,
    selection: Selection,
    settings: RunSettings,
    *,
    budget: float | None = None,
    purpose: str = "run",
) -> RunFace:
    """Let a judge judge these subjects; a worker takes it up.

    Args:
        workspace: The outside world.
        visitor: Who starts it.
        judge_id: Which judge.
        selection: Which subjects; frozen now.
        settings: Pace, patience and prices.
        budget: US dollars that end it; None: no limit.
        purpose: "run", "trial" or "probe".

    Raises:
        NotFound: There is no such judge.
        BadInput: The judge cannot be run; the selection takes no subject; a setting is out of range; a budget is given
            and no price is known.
        Conflict: The judge has an active run.
    """
    study_id, spec = _runnable(workspace, judge_id, purpose)
    check_settings(settings)
    check_budget(spec, settings, budget)
    chosen = choose(workspace, visitor, study_id, selection)
    run = Run(
        study_id=study_id,
        judge_id=judge_id,
        purpose=purpose,
        settings=settings.to_json(),
        state="queued",
        budget=budget,
        created_at=workspace.clock(),
        created_by=visitor.name,
    )
    return run_status(workspace, _begin(workspace, run, chosen))


def _begin(workspace: Workspace, run: Run, chosen: Chosen) -> int:
    """Store a run with its draw. Where many subjects are to be listed it stands paused until all are."""
    at_once = len(chosen.subjects) <= WRITTEN_AT_ONCE
    if at_once:
        run.selection = chosen.selection.to_json()
    else:
        run.selection = replace(chosen.selection, up_to_subject_id=None).to_json()
        run.state, run.reason = "paused", _CHOOSING
    with workspace.database.writing() as session:
        stored.hold_free(run.judge_id, run.purpose, session=session)
        run.draw_id = draw_id = add_draw(chosen.draw, session=session)
        run_id = stored.add_run(run, session=session)
        if at_once:
            add_drawn_part(chosen, draw_id, 0, session=session)
    if not at_once:
        write_drawn(workspace, chosen, draw_id)
        with workspace.database.writing() as session:
            stored.keep_selection(run_id, chosen.selection.to_json(), session=session)
            now = workspace.clock()
            stored.change_state(run_id, "queued", out_of=("paused",), reason="", now=now, session=session)
    return run_id


def try_on(
    workspace: Workspace, visitor: Visitor, judge_id: int, subject_id: int, settings: RunSettings | None = None
) -> RunFace:
    """Let a judge judge one subject, as a run of its own that a worker drives like any other.

    Raises:
        NotFound: There is no such judge.
        BadInput: The judge cannot be run, or the subject is none of its study.
        Conflict: A trial of this judge is active.
    """
    study_id, _ = _runnable(workspace, judge_id, "trial")
    with workspace.database.reading() as session:
        subject = read_subjects(study_id, [subject_id], session=session).get(subject_id)
    if subject is None:
        raise BadInput(where="subject", found=str(subject_id), expected="one of the judge's study")
    selection = Selection(kind=subject.kind, which="listed", n=1, subjects=(subject_id,), up_to_subject_id=subject_id)
    run = Run(
        study_id=study_id,
        judge_id=judge_id,
        purpose="trial",
        selection=selection.to_json(),
        settings=(settings or RunSettings()).to_json(),
        state="queued",
        created_at=workspace.clock(),
        created_by=visitor.name,
    )
    with workspace.database.writing() as session:
        stored.hold_free(judge_id, "trial", session=session)
        run_id = stored.add_run(run, session=session)
    return run_status(workspace, run_id)


def cancel_run(workspace: Workspace, run_id: int) -> RunFace:
    """End a run; requests under way are still written down. Nothing happens where it is cancelled already.

    Raises:
        NotFound: There is no such run.
        Conflict: It has ended otherwise.
    """
    return _moved(workspace, run_id, "cancelled", out_of=ACTIVE, reason="cancelled by a person")


def pause_run(workspace: Workspace, run_id: int) -> RunFace:
    """Hold a run; requests under way are still written down. Nothing happens where it is paused already.

    Raises:
        NotFound: There is no such run.
        Conflict: It is not under way.
    """
    return _moved(workspace, run_id, "paused", out_of=("queued", "running"), reason="paused by a person")


def resume_run(workspace: Workspace, run_id: int, *, budget: float | None = None) -> RunFace:
    """Let a paused, stopped or cancelled run go on where it stands. Nothing happens where it is under way.

    Args:
        workspace: The outside world.
        run_id: Which.
        budget: Another limit in US dollars; None: the same.

    Raises:
        NotFound: There is no such run.
        BadInput: The budget is none.
        Conflict: It is done; another run of its judge is active; or its budget is spent.
    """
    with workspace.database.writing() as session:
        found = stored.read_run(run_id, session=session).run
        if found.state in ("queued", "running"):
            return _face(workspace, run_id)
        limit = found.budget if budget is None else budget
        spent = float(found.counters.get("spent") or 0.0)
        if budget is not None:
            _check_amount(budget)
        if limit is not None and spent >= limit:
            raise Conflict(f"Its budget of ${limit:.2f} is spent (${spent:.2f}); resume it with a higher one.")
        if found.state not in ACTIVE:
            stored.hold_free(found.judge_id, found.purpose, session=session)
        if Selection.from_json(found.selection).up_to_subject_id is None:
            raise Conflict("Its subjects were not all chosen when it was started; cancel it and start another run.")
        stored.change_budget(run_id, limit, session=session)
        _move(workspace, run_id, "queued", out_of=_RESUMABLE, reason="", session=session)
    return run_status(workspace, run_id)


def retry_run(
    workspace: Workspace,
    visitor: Visitor,
    run_id: int,
    *,
    statuses: Sequence[str] = FAILED,
    causes: Sequence[str] = (),
    budget: float | None = None,
) -> RunFace:
    """Ask the failures of a run again, and nothing else, as a run of its own.

    Args:
        workspace: The outside world.
        visitor: Who starts it.
        run_id: The run whose failures are meant.
        statuses: Which: some of unreadable, refused, provider error.
        causes: Only failures of these causes; empty: all.
        budget: US dollars that end it; None: no limit.

    Raises:
        NotFound: There is no such run.
        BadInput: A status is none of a failure, nothing failed so, or a budget is given and no price is known.
        Conflict: The judge has an active run.
    """
    for status in statuses:
        if status not in FAILED:
            raise BadInput(where="statuses to retry", found=shortened(status), expected=f"some of {', '.join(FAILED)}")
    with workspace.database.reading() as session:
        failed = stored.read_run(run_id, session=session).run
        subjects = stored_calls.failed_subjects(run_id, statuses, causes, session=session)
    _, spec = _runnable(workspace, failed.judge_id, failed.purpose)
    if not subjects:
        narrowed = f" because of {', '.join(causes)}" if causes else ""
        raise BadInput(where=f"run {run_id}", found=f"no call that is {' or '.join(statuses)}{narrowed}",
                       expected="at least one")  # fmt: skip
    settings = RunSettings.from_json(failed.settings)
    check_budget(spec, settings, budget)
    selection = replace(Selection.from_json(failed.selection), statuses=tuple(statuses), causes=tuple(causes))
    if (selection.n or 0) > _LOOKED_THROUGH:
        selection = replace(
            selection, which="listed", n=len(subjects), splits=(), slices={}, subjects=tuple(subjects),
            up_to_subject_id=max(subjects), is_drawn=False,
        )  # fmt: skip
    run = Run(
        study_id=failed.study_id,
        judge_id=failed.judge_id,
        draw_id=failed.draw_id,
        retry_of_id=run_id,
        purpose=failed.purpose,
        selection=selection.to_json(),
        settings=failed.settings,
        state="queued",
        budget=budget,
        created_at=workspace.clock(),
        created_by=visitor.name,
    )
    with workspace.database.writing() as session:
        stored.hold_free(failed.judge_id, failed.purpose, session=session)
        new = stored.add_run(run, session=session)
    return run_status(workspace, new)


def run_status(workspace: Workspace, run_id: int) -> RunFace:
    """Where a run stands now.

    Raises:
        NotFound: There is no such run.
    """
    return _face(workspace, run_id)


def list_runs(workspace: Workspace, study_id: int, judge_id: int | None = None) -> tuple[RunFace, ...]:
    """The runs of a study, or of one judge, the newest first."""
    now = workspace.clock()
    with workspace.database.reading() as session:
        found = stored.list_runs(study_id, judge_id=judge_id, session=session)
        alive = bool(stored.list_workers(now=now, session=session))
        return tuple(_as_face(one, now, worker_alive=alive, session=session) for one in found)


def check_settings(settings: RunSettings) -> None:
    """Refuse settings that no run can have.

    Raises:
        BadInput: One is out of its range.
    """
    checked(settings)


def check_budget(spec: JudgeSpec, settings: RunSettings, budget: float | None) -> None:
    """Refuse a budget that cannot be kept.

    Raises:
        BadInput: It is no amount above 0, or no price of the model is known.
    """
    if budget is None:
        return
    _check_amount(budget)
    if protocol_of(spec).asks_model and price_of(spec.model, settings) is None:
        raise BadInput(
            where="budget",
            found=f"${budget:g}, and no price is known for {shortened(spec.model)}",
            expected="a price per million tokens (read and written), or no budget",
        )


def _check_amount(budget: float) -> None:
    if not (isfinite(budget) and budget > 0):
        raise BadInput(where="budget", found=f"{budget:g}", expected="US dollars above 0")


def _runnable(workspace: Workspace, judge_id: int, purpose: str) -> tuple[int, JudgeSpec]:
    """The study and specification of a judge that can be run now."""
    with workspace.database.reading() as session:
        judge = judges.read_judge(judge_id, session=session)
        refuse_simulated(judge.study_id, session=session)
        if not has_spec(judge):
            raise BadInput(
                where=f"judge {shortened(judge.name)}", found="one whose verdicts came with the data",
                expected="one that was made here",
            )  # fmt: skip
        spec = checked_spec(judge.study_id, spec_of(judge), session=session)
        stored.refuse_active(judge_id, purpose, session=session)
    return judge.study_id, spec


def _moved(workspace: Workspace, run_id: int, to: str, *, out_of: Sequence[str], reason: str) -> RunFace:
    with workspace.database.writing() as session:
        _move(workspace, run_id, to, out_of=out_of, reason=reason, session=session)
    return run_status(workspace, run_id)


def _move(workspace: Workspace, run_id: int, to: str, *, out_of: Sequence[str], reason: str, session: Session) -> None:
    now = workspace.clock()
    if stored.change_state(run_id, to, out_of=out_of, reason=reason, now=now, session=session):
        return
    state = stored.read_run(run_id, session=session).run.state
    if state != to:
        verb = {"cancelled": "cancelled", "paused": "paused", "queued": "resumed"}[to]
        raise Conflict(f"Run {run_id} is {state} meanwhile, so it was not {verb}.")


def _face(workspace: Workspace, run_id: int) -> RunFace:
    now = workspace.clock()
    with workspace.database.reading() as session:
        found = stored.read_run(run_id, session=session)
        alive = bool(stored.list_workers(now=now, session=session))
        return _as_face(found, now, worker_alive=alive, session=session)


def _as_face(found: stored.TitledRun, now: datetime, *, worker_alive: bool, session: Session) -> RunFace:
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


def missing_key(workspace: Workspace, spec: JudgeSpec) -> str:
    """Name of the variable with the key that a judge needs and no living worker has; "" where none is missing."""
    state = worker_state(workspace)
    if not state.is_alive or not spec.model:
        return ""
    need = key_variable(spec.model, spec.api_base)
    return "" if need.is_met(state.variables) else need.variable
