"""`touchstone export`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from core.cli.opening import prepared_workspace
from core.errors import BadInput, shortened
from core.workflow.exporting import FORMATS, SHAPES, ExportRequest, Shape, write_export
from core.workflow.workspace import Visitor


def export(
    study: Annotated[str, typer.Argument(help="Name or id of the study.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="New file to write; its ending names the format.")],
    shape: Annotated[
        str, typer.Option(help="long: one row per rating; wide: one column per rater; calls: one row per judge call.")
    ] = "long",
    wide: Annotated[bool, typer.Option("--wide/--long", help="The same as --shape wide, or long.")] = False,
    format_: Annotated[
        str | None, typer.Option("--format", help=f"{', '.join(FORMATS)}; by the file's ending unless given.")
    ] = None,
    criterion: Annotated[list[str] | None, typer.Option(help="Only this criterion (repeat for several).")] = None,
    rater: Annotated[list[str] | None, typer.Option(help="Only this rater.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only raters of this kind: person, judge, source, ...")] = None,
    phase: Annotated[list[str] | None, typer.Option(help="Only this phase: blind, exposed, revised.")] = None,
    split: Annotated[list[str] | None, typer.Option(help="Only items of this split: train, dev, test.")] = None,
    since: Annotated[datetime | None, typer.Option(help="From this moment (UTC), included.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Up to this moment (UTC), excluded.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Also superseded and withdrawn rows.")] = False,
    texts: Annotated[bool, typer.Option("--texts/--no-texts", help="Inputs, references, outputs; replies.")] = True,
) -> None:
    """Write a study's ratings to a file. It appears under its name only when it is whole."""
    request = ExportRequest(
        study=study,
        shape="wide" if wide else _shape(shape),
        format=format_ or out.suffix.lstrip(".").lower() or "csv",
        criteria=tuple(criterion or ()),
        raters=tuple(rater or ()),
        kinds=tuple(kind or ()),
        phases=tuple(phase or ()),
        splits=tuple(split or ()),
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
        history=history,
        texts=texts,
    )
    export = write_export(prepared_workspace(), Visitor(), request, out)
    typer.echo(f"Wrote {export.rows:,} rows to {out}.")


def _shape(named: str) -> Shape:
    for known in SHAPES:
        if known == named:
            return known
    raise BadInput(where="--shape", found=shortened(named), expected=" or ".join(SHAPES))
