"""`touchstone studies`, `touchstone demo`."""

import json
from typing import Annotated

import typer

from core.cli.opening import prepared_workspace
from core.workflow.demo import load_demo
from core.workflow.studies import StudySummary, list_studies


def studies(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the studies: id, what they hold, and their names."""
    found = list_studies(prepared_workspace(create=True))
    if as_json:
        for study in found:
            typer.echo(json.dumps(_fields(study), ensure_ascii=False))
        return
    if not found:
        typer.echo("There is no study yet. Load the demo with: touchstone demo")
        return
    for line in table(found):
        typer.echo(line)


def demo() -> None:
    """Load the demo study; does nothing where it is loaded already."""
    study = load_demo(prepared_workspace(create=True))
    typer.echo(f'Study {study.id}, "{study.name}": {study.n_items} items, {study.n_ratings} ratings. Illustrative.')


def table(found: tuple[StudySummary, ...]) -> list[str]:
    """The studies as aligned lines, a heading first."""
    heads = ("id", "items", "outputs", "ratings", "people", "judges", "state", "name")
    rows = [
        (
            str(study.id),
            f"{study.n_items:,}",
            f"{study.n_outputs:,}",
            f"{study.n_ratings:,}",
            str(study.n_people),
            str(study.n_judges),
            _state(study),
            study.name,
        )
        for study in found
    ]
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(len(heads) - 1)]
    return ["  ".join((*_aligned(row, widths), row[-1])) for row in (heads, *rows)]


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    state = len(widths) - 1
    return [
        cell.ljust(width) if at == state else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=False))
    ]


def _state(study: StudySummary) -> str:
    if study.simulated:
        return "simulated"
    return ("closed" if study.closed else "open") + (", illustrative" if study.illustrative else "")


def _fields(study: StudySummary) -> dict[str, object]:
    return {
        "id": study.id,
        "name": study.name,
        "description": study.description,
        "illustrative": study.illustrative,
        "simulated": study.simulated,
        "closed": study.closed,
        "items": study.n_items,
        "outputs": study.n_outputs,
        "subjects": dict(study.n_subjects),
        "ratings": study.n_ratings,
        "people": study.n_people,
        "judges": study.n_judges,
        "created_at": study.created_at.isoformat(),
    }
