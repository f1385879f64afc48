"""Runs of judges: started, tried, paused, resumed, cancelled, and their failures asked again.

Nothing is driven here: a worker does. What a person presses changes the run's state by compare-and-set, so that of two
tabs one wins and the other is told what happened. How runs stand is read in `core.workflow.judging_watching`.
"""

from collections.abc import Sequence
from dataclasses import replace
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
from core.workflow.judging_watching import (
    FAILED,
    RESUMABLE,
    RunCounts,
    RunFace,
    WorkerState,
    list_runs,
    run_status,
    worker_state,
)
from core.workflow.workspace import Visitor, Workspace

__all__ = [
    "FAILED", "RunCounts", "RunFace", "WorkerState", "cancel_run", "check_budget", "check_settings", "list_runs",
    "missing_key", "pause_run", "resume_run", "retry_run", "run_status", "start_run", "try_on", "worker_state",
]  # fmt: skip

_CHOOSING = "its subjects are being chosen"
_LOOKED_THROUGH = 20_000
"""A retry of a run with more subjects looks only at those that failed, not at others that ask the very same."""


def start_run(
    workspace: Workspace,
    visitor: Visitor,
    judge_id: int,
    selection: Selection,
    settings: RunSettings,
    *,
    budget: float | None = None,
    purpose: str = "run",
    at_once: int = WRITTEN_AT_ONCE,
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
        at_once: Subjects that are listed in one transaction; a run of more stands paused until all are.

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
    return run_status(workspace, _begin(workspace, run, chosen, at_once))


def _begin(workspace: Workspace, run: Run, chosen: Chosen, at_once: int) -> int:
    """Store a run with its draw. Where many subjects are to be listed it stands paused until all are."""
    are_few = len(chosen.subjects) <= at_once
    if are_few:
        run.selection = chosen.selection.to_json()
    else:
        run.selection = replace(chosen.selection, up_to_subject_id=None).to_json()
        run.state, run.reason = "paused", _CHOOSING
    with workspace.database.writing() as session:
        stored.hold_free(run.judge_id, run.purpose, session=session)
        run.draw_id = draw_id = add_draw(chosen.draw, session=session)
        run_id = stored.add_run(run, session=session)
        if are_few:
            add_drawn_part(chosen, draw_id, 0, at_once=at_once, session=session)
    if not are_few:
        write_drawn(workspace, chosen, draw_id, at_once=at_once)
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
    return _started(workspace, run)


def _started(workspace: Workspace, run: Run) -> RunFace:
    """Store a run whose subjects are known, unless its judge has an active one of the same purpose."""
    with workspace.database.writing() as session:
        stored.hold_free(run.judge_id, run.purpose, session=session)
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
            return run_status(workspace, run_id)
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
        _move(workspace, run_id, "queued", out_of=RESUMABLE, reason="", session=session)
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
    selection = _of_failures(Selection.from_json(failed.selection), subjects, statuses, causes)
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
    return _started(workspace, run)


def _of_failures(
    selection: Selection, subjects: Sequence[int], statuses: Sequence[str], causes: Sequence[str]
) -> Selection:
    """What a retry takes: the run's own selection, or where that is large only the subjects that failed."""
    narrowed = replace(selection, statuses=tuple(statuses), causes=tuple(causes))
    if (selection.n or 0) <= _LOOKED_THROUGH:
        return narrowed
    return replace(
        narrowed, which="listed", n=len(subjects), splits=(), slices={}, subjects=tuple(subjects),
        up_to_subject_id=max(subjects), is_drawn=False,
    )  # fmt: skip


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


def missing_key(workspace: Workspace, spec: JudgeSpec) -> str:
    """Name of the variable with the key that a judge needs and no living worker has; "" where none is missing."""
    state = worker_state(workspace)
    if not state.is_alive or not spec.model:
        return ""
    need = key_variable(spec.model, spec.api_base)
    return "" if need.is_met(state.variables) else need.variable
