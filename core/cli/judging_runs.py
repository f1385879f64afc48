"""`touchstone judge plan|run|try|status|pause|resume|cancel|retry|calls`."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.judging_following import follow, plan_in_words, run_in_words, spent
from core.cli.judging_options import (
    AsJson,
    Budget,
    By,
    Concurrency,
    Here,
    JudgeName,
    Kind,
    PriceIn,
    PriceOut,
    Requests,
    RunNumber,
    Seed,
    Size,
    Slices,
    Splits,
    StudyName,
    Subjects,
    Timeout,
    Tokens,
    Tries,
    Wait,
    Which,
    Yes,
    agree,
    named_subject,
    runnable_judge,
)
from core.cli.judging_words import aligned, dollars, duration, say
from core.cli.opening import prepared_workspace
from core.errors import BadInput, shortened

if TYPE_CHECKING:
    from core.judging.pace import RunSettings
    from core.workflow.judging import JudgeFace
    from core.workflow.judging_planning import RunPlan
    from core.workflow.judging_runs import RunFace
    from core.workflow.judging_selection import Selection
    from core.workflow.workspace import Workspace


def add_commands(app: typer.Typer) -> None:
    """Add these commands to those of judges."""
    for command in (plan, run, status, pause, resume, cancel, retry, calls):
        app.command()(command)
    app.command(name="try")(try_)


def plan(
    study: StudyName,
    judge: JudgeName,
    which: Which = "all",
    kind: Kind = "",
    n: Size = None,
    seed: Seed = None,
    split: Splits = None,
    part: Slices = None,
    subject: Subjects = None,
    price_in: PriceIn = None,
    price_out: PriceOut = None,
    as_json: AsJson = False,
) -> None:
    """Say what a run of JUDGE would ask and cost; nothing is sent."""
    from core.judging.pace import RunSettings

    workspace, face = runnable_judge(study, judge)
    selection = _selection(workspace, face, which, kind, n, seed, split, part, subject)
    found = _planned(workspace, face, selection, RunSettings(price_in=price_in, price_out=price_out))
    if as_json:
        plain = asdict(found) | {"selection": found.selection.to_json(), "n_requests": found.n_requests}
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    for line in plan_in_words(found):
        typer.echo(line)


def run(
    study: StudyName,
    judge: JudgeName,
    which: Which = "all",
    kind: Kind = "",
    n: Size = None,
    seed: Seed = None,
    split: Splits = None,
    part: Slices = None,
    subject: Subjects = None,
    budget: Budget = None,
    concurrency: Concurrency = 8,
    requests_per_minute: Requests = None,
    tokens_per_minute: Tokens = None,
    timeout: Timeout = 60.0,
    tries: Tries = 4,
    price_in: PriceIn = None,
    price_out: PriceOut = None,
    yes: Yes = False,
    wait: Wait = False,
    here: Here = False,
    by: By = "",
) -> None:
    """Let JUDGE judge subjects of STUDY: prints the plan, then starts the run for a worker to drive."""
    from core.judging.pace import RunSettings
    from core.workflow.judging_runs import check_settings, missing_key, start_run
    from core.workflow.workspace import Visitor

    workspace, face = runnable_judge(study, judge)
    settings = RunSettings(
        concurrency=concurrency, requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute,
        timeout=timeout, tries=tries, price_in=price_in, price_out=price_out,
    )  # fmt: skip
    check_settings(settings)
    selection = _selection(workspace, face, which, kind, n, seed, split, part, subject)
    found = _planned(workspace, face, selection, settings)
    for line in plan_in_words(found):
        typer.echo(line)
    agree(asks_model=found.asks_model, n_requests=found.n_requests, cost=found.cost, yes=yes)
    started = start_run(workspace, Visitor(by.strip()), face.id, found.selection, settings, budget=budget)
    typer.echo(f"Run {started.id} of {started.judge_title} is {started.state}.")
    if variable := missing_key(workspace, face.spec):
        typer.echo(f"No worker that is running has {variable} set; the run will stop there.", err=True)
    follow(workspace, started, wait=wait, here=here)


def try_(
    study: StudyName,
    judge: JudgeName,
    subject: Annotated[str, typer.Option(help="Key or number of the subject; the first unless given.")] = "",
    here: Here = False,
    by: By = "",
) -> None:
    """Let JUDGE judge one subject, wait for it, and print what it answered."""
    from core.workflow.judging_runs import try_on
    from core.workflow.workspace import Visitor

    workspace, face = runnable_judge(study, judge)
    wanted = named_subject(workspace, face, subject)
    started = try_on(workspace, Visitor(by.strip()), face.id, wanted)
    follow(workspace, started, wait=True, here=here)
    _print_calls(workspace, by, judge_id=face.id, subject_id=wanted, status="", cause="", run_id=None, as_json=False)


def status(
    study: Annotated[str, typer.Argument(help="Name or number of the study; all unless given.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say how far the runs are, the newest first."""
    from core.workflow.judging_runs import list_runs, worker_state
    from core.workflow.studies import find_study, list_studies

    workspace = prepared_workspace()
    studies = [find_study(workspace, study)] if study else list(list_studies(workspace))
    found = [one for each in studies for one in list_runs(workspace, each.id)]
    found.sort(key=lambda one: -one.id)
    if as_json:
        for one in found:
            typer.echo(json.dumps(_plain(one), ensure_ascii=False))
        return
    state = worker_state(workspace)
    typer.echo(state.advice or f"{state.n_workers} worker(s) running; keys: {', '.join(state.variables) or 'none'}.")
    if not found:
        typer.echo("There is no run yet. Start one with: touchstone judge run STUDY JUDGE")
        return
    rows = [
        (
            str(one.id),
            one.judge_title,
            one.purpose,
            one.state,
            f"{one.n_done:,} of {one.n_planned:,}" if one.n_planned else "",
            f"{one.counts.failed:,}",
            spent(one),
            duration(one.seconds_left),
            one.reason,
        )
        for one in found
    ]
    heads = ("run", "judge", "purpose", "state", "calls", "failed", "cost", "left", "")
    for line in aligned(heads, rows, numbers=(0, 4, 5, 6)):
        typer.echo(line)


def pause(run: RunNumber) -> None:
    """Hold a run; calls in flight are still written down."""
    from core.workflow.judging_runs import pause_run

    _told(pause_run(prepared_workspace(), run))


def resume(run: RunNumber, budget: Budget = None, wait: Wait = False, here: Here = False) -> None:
    """Let a paused, stopped or cancelled run go on where it stands."""
    from core.workflow.judging_runs import resume_run

    workspace = prepared_workspace()
    found = resume_run(workspace, run, budget=budget)
    _told(found)
    follow(workspace, found, wait=wait, here=here)


def cancel(run: RunNumber) -> None:
    """End a run; what was answered stays."""
    from core.workflow.judging_runs import cancel_run

    _told(cancel_run(prepared_workspace(), run))


def retry(
    run: RunNumber,
    status: Annotated[
        list[str] | None,
        typer.Option(help="unreadable, refused or 'provider error'; can be repeated. All unless given."),
    ] = None,
    cause: Annotated[list[str] | None, typer.Option(help="Only failures of this cause; can be repeated.")] = None,
    budget: Budget = None,
    wait: Wait = False,
    here: Here = False,
    by: By = "",
) -> None:
    """Ask the failures of a run again, and nothing else."""
    from core.workflow.judging_runs import FAILED, retry_run
    from core.workflow.workspace import Visitor

    workspace, visitor = prepared_workspace(), Visitor(by.strip())
    found = retry_run(
        workspace, visitor, run, statuses=tuple(status or FAILED), causes=tuple(cause or ()), budget=budget
    )
    _told(found)
    follow(workspace, found, wait=wait, here=here)


def calls(
    run: RunNumber,
    status: Annotated[str, typer.Option(help="ok, unreadable, refused, 'provider error' or skipped.")] = "",
    cause: Annotated[str, typer.Option(help="Only failures of this cause.")] = "",
    by: Annotated[str, typer.Option("--by", help="Your name: that you read verdicts is noted under it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print the newest calls of a run: failures by cause, replies, verdicts, tokens and cost."""
    workspace = prepared_workspace()
    if not as_json:
        from core.workflow.judging_results import failures

        for group in failures(workspace, run, skipped=True):
            typer.echo(f"{group.n:,} {group.status}: {group.cause or 'no cause given'}")
    _print_calls(workspace, by, judge_id=None, subject_id=None, run_id=run, status=status, cause=cause, as_json=as_json)


def _told(found: "RunFace") -> None:
    typer.echo(run_in_words(found))


def _plain(found: "RunFace") -> dict[str, object]:
    plain = asdict(found) | {"selection": found.selection.to_json(), "settings": found.settings.to_json()}
    for name in ("created_at", "started_at", "done_at"):
        at = getattr(found, name)
        plain[name] = at.isoformat() if at else None
    return plain


def _print_calls(
    workspace: "Workspace", by: str, *, judge_id: int | None, run_id: int | None, subject_id: int | None, status: str,
    cause: str, as_json: bool,
) -> None:  # fmt: skip
    from core.workflow import judging_results
    from core.workflow.workspace import Visitor

    page = judging_results.calls(
        workspace, Visitor(by.strip()), judge_id=judge_id, run_id=run_id, subject_id=subject_id,
        status=status or None, cause=cause or None,
    )  # fmt: skip
    for call in page.calls:
        if as_json:
            typer.echo(json.dumps(asdict(call), ensure_ascii=False, default=str))
            continue
        order = f", {call.order_shown}" if call.order_shown else ""
        used = f"{call.tokens_in or 0:,} + {call.tokens_out or 0:,} tokens, {dollars(call.cost)}"
        cause_said = f" ({call.cause})" if call.cause else ""
        say(f"=== call {call.id}: {call.subject}{order} · {call.status}{cause_said} · {used}")
        if call.error:
            say(f"error: {call.error}")
        for verdict in call.verdicts:
            value = verdict.value or verdict.absence or ""
            say(f"{verdict.criterion}: {value}" + (f"  ({verdict.rationale})" if verdict.rationale else ""))
        if call.reply:
            say(f"reply: {call.reply}")
    if not as_json and page.total > len(page.calls):
        typer.echo(f"The newest {len(page.calls):,} of {page.total:,} calls.")


def _selection(
    workspace: "Workspace", face: "JudgeFace", which: str, kind: str, n: int | None, seed: int | None,
    splits: list[str] | None, parts: list[str] | None, subjects: list[str] | None,
) -> "Selection":  # fmt: skip
    from core.workflow.judging import judged_kinds
    from core.workflow.judging_preview import find_subject
    from core.workflow.judging_selection import Selection

    slices: dict[str, tuple[str, ...]] = {}
    for one in parts or ():
        key, sign, value = one.partition("=")
        if not sign:
            raise BadInput(where="--slice", found=shortened(one), expected="KEY=VALUE")
        slices[key] = (*slices.get(key, ()), value)
    kinds = judged_kinds(workspace, face.study_id, face.spec)
    listed = tuple(find_subject(workspace, face.study_id, one) for one in subjects or ())
    return Selection(
        kind=kind or kinds[0],
        which="listed" if listed else "random" if n and which == "all" else which,  # type: ignore[arg-type] # checked
        n=n,
        seed=seed,
        splits=tuple(splits or ()),
        slices=slices,
        subjects=listed,
    )


def _planned(workspace: "Workspace", face: "JudgeFace", selection: "Selection", settings: "RunSettings") -> "RunPlan":
    from core.workflow.judging_planning import plan_run

    shown = sys.stderr.isatty()

    def show(done: int, total: int) -> None:
        sys.stderr.write(f"\rLooking at {done:,} of {total:,} subjects\033[K")

    found = plan_run(workspace, face.id, selection, settings, progress=show if shown else None)
    if shown:
        sys.stderr.write("\r\033[K")
    return found
