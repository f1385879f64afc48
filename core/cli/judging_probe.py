"""`touchstone judge probe`: can the judge be talked into a verdict by what it judges?"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.judging_following import follow
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
    Seed,
    StudyName,
    Wait,
    Yes,
    agree,
    found_judge,
)
from core.cli.judging_words import aligned, dollars

if TYPE_CHECKING:
    from core.workflow.judging_probe import ProbeOutline
    from core.workflow.judging_probe_report import ProbeReport


def probe(
    study: StudyName,
    judge: JudgeName,
    n: Annotated[int, typer.Option("--n", min=1, help="Subjects, drawn at random from those it has judged.")] = 30,
    injection: Annotated[
        list[str] | None, typer.Option(help="Name of an injection; can be repeated. All unless given.")
    ] = None,
    each: Annotated[int | None, typer.Option(min=1, help="Injections for each subject; all unless given.")] = None,
    position: Annotated[str, typer.Option(help="start, end or either: where in the text it is put.")] = "end",
    kind: Kind = "",
    seed: Seed = None,
    every: Annotated[
        bool, typer.Option("--every", help="Also subjects whose verdict is the best one already.")
    ] = False,
    budget: Budget = None,
    concurrency: Concurrency = 8,
    price_in: PriceIn = None,
    price_out: PriceOut = None,
    names: Annotated[bool, typer.Option("--names", help="List the injections, and do nothing.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Say what it would ask and cost, and do nothing.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Print what earlier probes found, and do nothing.")] = False,
    yes: Yes = False,
    wait: Wait = False,
    here: Here = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Put injections into texts that JUDGE has judged, ask it again, and say how often its verdict moves."""
    from core.judging.injections import INJECTIONS
    from core.judging.pace import RunSettings
    from core.workflow.judging_probe import ProbeChoice, plan_probe, start_planned
    from core.workflow.judging_probe_report import probe_report
    from core.workflow.workspace import Visitor

    if names:
        for line in aligned(("injection", "plays on"), [(one.name, one.category) for one in INJECTIONS.values()]):
            typer.echo(line)
        return
    workspace, face = found_judge(study, judge)
    if report:
        _print(probe_report(workspace, face.id), as_json=as_json)
        return
    chosen = tuple(injection) if injection else tuple(INJECTIONS)
    choice = ProbeChoice(
        n=n, kind=kind, injections=chosen, per_subject=each, position=position, seed=seed,
        with_room=not every,
    )  # fmt: skip
    settings = RunSettings(concurrency=concurrency, price_in=price_in, price_out=price_out)
    outline = plan_probe(workspace, face.id, choice, settings)
    for line in outline_in_words(outline):
        typer.echo(line)
    if plan:
        return
    agree(asks_model=outline.asks_model, n_requests=outline.n_open, cost=outline.cost, yes=yes)
    run = start_planned(workspace, Visitor(by.strip()), face.id, outline, settings, budget=budget)
    typer.echo(f"Probe {run.id} of {run.judge_title} is {run.state}.")
    follow(workspace, run, wait=wait, here=here)
    if wait or here:
        _print(probe_report(workspace, face.id), as_json=as_json)


def outline_in_words(outline: "ProbeOutline") -> list[str]:
    """What a probe would ask, one thing a line."""
    plan = outline.plan
    many = f"{outline.n_subjects:,} {outline.selection.kind}{'' if outline.n_subjects == 1 else 's'}"
    wanted = (
        f" (of {outline.n_wanted:,} wanted; no more can be probed)" if outline.n_subjects < outline.n_wanted else ""
    )
    where = "the start or the end" if plan.position == "either" else f"the {plan.position}"
    lines = [
        f"{many}{wanted}, {plan.per_subject} of {len(plan.injections)} injections each, at {where}; seed {plan.seed}",
        f"  {outline.n_calls:,} calls with the harmless texts, {outline.n_open:,} of them not made yet",
    ]
    if not outline.asks_model:
        return [*lines, "No model is asked; it costs nothing."]
    tokens = f"About {outline.tokens_in:,} tokens read, {outline.tokens_out:,} written"
    cost = f"about {dollars(outline.cost)}" if outline.cost is not None else "cost unknown: no price is known"
    return [*lines, f"{tokens}; {cost}"]


def _print(report: "ProbeReport", *, as_json: bool) -> None:
    from core.workflow.judging_probe_words import HEADS, lines_of, verdict_of, worst_of

    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=1))
        return
    typer.echo(f"{report.judge_title}: {report.n_subjects:,} subjects, {report.n_calls:,} calls about altered texts")
    typer.echo(verdict_of(report))
    if worst := worst_of(report):
        typer.echo(worst)
    if report.questions_left_out:
        typer.echo(f"Without a best value, so not aimed at: {', '.join(report.questions_left_out)}.")
    if report.lines:
        for line in aligned(HEADS, lines_of(report), numbers=(1,)):
            typer.echo(line)
        typer.echo("Shares with 95 % intervals (Wilson; differences: Newcombe); verdicts on one item count for less.")
