"""A run in the terminal that started it: its plan in words, how far it is, waited for or driven here."""

import time
from typing import TYPE_CHECKING

import typer

from core.cli.judging_words import dollars, duration

if TYPE_CHECKING:
    from core.judging.pace import RunSettings
    from core.workflow.judging_planning import RunPlan
    from core.workflow.judging_watching import RunFace
    from core.workflow.workspace import Workspace

_LOOK_EVERY = 0.5
_SAY_EVERY = 5.0


def plan_in_words(found: "RunPlan") -> list[str]:
    """A plan, one thing a line."""
    lines = [f"{found.n_subjects:,} subjects ({found.selection.in_words}), {found.n_calls:,} calls"]
    if found.is_sampled:
        lines.append(f"  estimated from {found.n_looked_at:,} random subjects of them")
    lines.append(f"  {found.n_open:,} to be asked" if found.asks_model else f"  {found.n_open:,} to be computed")
    for n, words in (
        (found.n_answers, "own answers to be asked for first"),
        (found.n_already, "there already, at no cost"),
        (found.n_copied, "asked by another judge in the same words, at no cost"),
        *((n, f"skipped: {reason}") for reason, n in found.skipped.items()),
    ):
        if n:
            lines.append(f"  {n:,} {words}")
    if not found.asks_model:
        return [*lines, "No model is asked; it costs nothing."]
    by = "measured on this judge's calls" if found.is_calibrated else "estimated by length"
    lines.append(f"About {found.tokens_in:,} tokens read, {found.tokens_out:,} written ({by})")
    if not found.n_requests:
        return [*lines, "Nothing is to be asked; it costs nothing."]
    if found.cost is None or found.price is None:
        return [*lines, "Cost unknown: no price is known for this model; give --price-in and --price-out."]
    if found.cost_most == 0:
        return [*lines, f"It costs nothing: {found.price.source}."]
    most = f", at most {dollars(found.cost_most)} in answers of full length" if found.cost_most is not None else ""
    lines.append(
        f"About {dollars(found.cost)}{most} (${found.price.per_million_in:g} and ${found.price.per_million_out:g} per"
        f" million tokens, {found.price.source})"
    )
    return lines


def follow(workspace: "Workspace", started: "RunFace", *, wait: bool, here: bool) -> None:
    """Wait until a run ends, driving it where that was asked for; exit code 1 where it ended otherwise than done."""
    if here:
        _drive_here(workspace, started.id)
    elif wait:
        _wait(workspace, started.id)
    elif not started.worker_alive:
        typer.echo("No worker is running, so nothing is asked yet. Start one with: touchstone worker", err=True)


def _drive_here(workspace: "Workspace", run_id: int) -> None:
    """Be the worker until a run ends; other runs that wait are driven beside it."""
    import asyncio

    from core.judging.client import LiteLLMClient
    from core.judging.providers import set_variables
    from core.settings import environment, read_variable
    from core.workflow.judging_watching import run_status
    from core.workflow.judging_worker import work

    said = looked = float("-inf")
    is_over = False

    def over() -> bool:
        nonlocal said, looked, is_over
        now = time.monotonic()
        if not is_over and now - looked >= _LOOK_EVERY:
            looked, found = now, run_status(workspace, run_id)
            is_over = not found.is_active or found.state == "paused"
            if now - said >= _SAY_EVERY and not is_over:
                said = now
                typer.echo(run_in_words(found))
        return is_over

    def client(settings: "RunSettings") -> LiteLLMClient:
        return LiteLLMClient(read_variable, settings=settings)

    asyncio.run(work(workspace, client, is_over=over, variables=set_variables(environment())))
    found = run_status(workspace, run_id)
    typer.echo(run_in_words(found))
    if found.state != "done":
        raise SystemExit(1)


def _wait(workspace: "Workspace", run_id: int) -> None:
    from core.workflow.judging_watching import run_status

    said = float("-inf")
    while True:
        found = run_status(workspace, run_id)
        is_over = not found.is_active or found.state == "paused"
        now = time.monotonic()
        if is_over or now - said >= _SAY_EVERY:
            typer.echo(run_in_words(found))
            said = now
        if is_over:
            if found.state != "done":
                raise SystemExit(1)
            return
        if not found.worker_alive:
            typer.echo(
                f"Run {run_id} is {found.state} and no worker is running. Start one with: touchstone worker", err=True
            )
            raise SystemExit(1)
        time.sleep(_LOOK_EVERY)


def run_in_words(found: "RunFace") -> str:
    """A run on one line."""
    counts = found.counts
    parts = [f"Run {found.id}: {found.state}" + (f" ({found.reason})" if found.reason else "")]
    if found.n_planned:
        parts.append(f"{found.n_done:,} of {found.n_planned:,}")
    for n, words in (
        (counts.ok, "ok"),
        (counts.unreadable, "unreadable"),
        (counts.refused, "refused"),
        (counts.error, "errors"),
        (counts.skipped, "skipped"),
        (counts.already, "there already"),
    ):
        if n:
            parts.append(f"{n:,} {words}")
    if found.rate is not None:
        parts.append(f"{found.rate:.1f} a second")
    if found.seconds_left is not None:
        parts.append(f"{duration(found.seconds_left)} left")
    return ", ".join([*parts, spent(found)])


def spent(found: "RunFace") -> str:
    """What a run cost; in words where no price is known."""
    return f"{dollars(found.spent)} spent" if found.is_price_known or found.spent else "cost unknown"
