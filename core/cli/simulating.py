"""`touchstone simulate NAME`."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.opening import prepared_workspace

if TYPE_CHECKING:
    from core.workflow.simulating import Simulated


def simulate(
    name: Annotated[str, typer.Argument(help="Name of the new study.")],
    raters: Annotated[
        list[str] | None,
        typer.Option(
            help="One rater, person or judge alike: 'Ana: noise=.5, leniency=.2, drift=.3, missing=.1', all in standard"
            " deviations of the units' quality but the missing share. Repeat it for every rater."
        ),
    ] = None,
    people: Annotated[
        int | None, typer.Option(min=0, help="So many raters that differ only by chance; 3 where no rater is named.")
    ] = None,
    noise: Annotated[float, typer.Option(min=0, help="Their noise.")] = 0.5,
    missing: Annotated[float, typer.Option(min=0, max=1, help="Share of units that each of them leaves out.")] = 0.0,
    units: Annotated[int, typer.Option(min=1, help="Units.")] = 300,
    scale: Annotated[
        str, typer.Option(help="binary (pass, fail), likert (1 to 5), preference (A, tie, B) or numbers (0 to 100).")
    ] = "likert",
    shares: Annotated[
        str, typer.Option(help="True shares of the options in their order, such as .7,.3; all the same unless given.")
    ] = "",
    cluster_size: Annotated[int, typer.Option(min=1, help="Units of a cluster; 1 for units that stand alone.")] = 1,
    cluster_share: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of quality's variance that the units of a cluster have in common."),
    ] = 0.0,
    repeats: Annotated[int, typer.Option(min=1, help="How often each rater rates each unit.")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same ratings.")] = None,
    truth: Annotated[
        bool, typer.Option("--truth/--no-truth", help="Write the true answers too, as those of one more rater.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="What was made, as JSON.")] = False,
) -> None:
    """Make a new study of simulated raters, for planning and for trying things; never mixed with real ratings."""
    from core.cli.importing import shown_progress
    from core.workflow import simulating
    from core.workflow.workspace import Visitor

    found = simulating.scale_named(scale)
    named = tuple(simulating.read_rater(text) for text in raters or ())
    alike = people if people is not None else 0 if named else 3
    wanted = simulating.SimulatedStudy(
        found,
        (*named, *simulating.alike_raters(alike, noise=noise, missing=missing)),
        units,
        cluster_size=cluster_size,
        cluster_share=cluster_share,
        shares=simulating.read_shares(shares),
        repeats=repeats,
    )
    workspace = prepared_workspace(create=True)
    with shown_progress() as progress:
        made = simulating.simulate_study(
            workspace, Visitor("touchstone simulate"), name, wanted, seed=seed, truth=truth, progress=progress
        )
    typer.echo(json.dumps(_plain(made, scale), ensure_ascii=False, indent=1) if as_json else _in_words(made))


def _in_words(made: "Simulated") -> str:
    study, asked = made.study, made.simulated
    raters = "1 rater" if len(asked.raters) == 1 else f"{len(asked.raters)} raters"
    return (
        f'Study {study.id}, "{study.name}": {asked.n_units:,} units, {raters}, {made.n_ratings:,} ratings, seed'
        f" {made.seed}. Simulated: nobody rated anything."
    )


def _plain(made: "Simulated", scale: str) -> dict[str, object]:
    asked = asdict(made.simulated)
    del asked["scale"]
    return {
        "study": made.study.id,
        "name": made.study.name,
        "simulated": True,
        "seed": made.seed,
        "scale": scale,
        "n_ratings": made.n_ratings,
    } | asked
