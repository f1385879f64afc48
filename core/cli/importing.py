"""`touchstone import`: the wizard's stages from a terminal."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.opening import prepared_workspace
from core.errors import BadInput
from core.workflow import importing, studies
from core.workflow.importing import CheckedImport, ImportResult
from core.workflow.workspace import Visitor


def import_files(
    files: Annotated[list[Path], typer.Argument(help="CSV, TSV, JSON, JSON Lines, Parquet, XLSX or NPY files.")],
    mapping: Annotated[Path, typer.Option("--mapping", "-m", help="TOML file that says what the columns mean.")],
    study: Annotated[str, typer.Option("--study", help="Name or id of the study to import into.")] = "",
    new: Annotated[str, typer.Option("--new", help="Name of a new study to make.")] = "",
    by: Annotated[str, typer.Option("--by", help="Your name, kept with the import.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Read and check everything, write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check FILES as a whole, then import all of them or nothing."""
    if bool(study) == bool(new) and not (check and not study):
        raise BadInput(where="--study, --new", found="both or neither", expected="one of them")
    workspace = prepared_workspace(create=True)
    wanted = studies.find_study(workspace, study).id if study else None
    chosen, said = importing.input_files(files), importing.read_mapping_file(mapping)
    if check:
        with shown_progress() as progress:
            checked = importing.check_import(workspace, chosen, said, study=wanted, progress=progress)
        _tell(checked, None, as_json=as_json)
        if not checked.can_run:
            raise SystemExit(2)
        return
    try:
        with shown_progress() as progress:
            result = importing.run_import(
                workspace, Visitor(by.strip()), chosen, said, study=wanted, new_name=new, progress=progress
            )
    except importing.RefusedImport as refused:
        _tell(refused.checked, None, as_json=as_json)
        raise SystemExit(2) from None
    _tell(result.checked, result, as_json=as_json)


@contextmanager
def shown_progress() -> Iterator[importing.Progress]:
    """A bar on standard error, where somebody sees it."""
    if not sys.stderr.isatty():
        yield lambda _done, _total, _doing: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, object] = {}

        def show(done: int, total: int | None, doing: str) -> None:
            task = tasks.get(doing)
            if task is None:
                task = tasks[doing] = bars.add_task(doing, total=total)
            bars.update(task, completed=done, total=total)  # type: ignore[arg-type] # its own key

        yield show


def _tell(checked: CheckedImport, result: ImportResult | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_plain(checked, result), ensure_ascii=False, indent=1))
        return
    for file in checked.files:
        details = f"{file.encoding}, delimiter {file.delimiter!r}" if file.kind == "csv" else file.kind
        read = f"{file.n_rows:,} rows" if file.n_rows else "looked up"
        typer.echo(f"{file.role:<12} {file.name} ({details}, {read})")
    typer.echo("")
    for line in _table(checked):
        typer.echo(line)
    for aside in checked.set_aside:
        how = aside.treated if aside.declared else f"{aside.treated} (not mapped)"
        typer.echo(f'value "{aside.value}" in {aside.file}: {aside.count:,} times, {how}')
    for change in checked.changed:
        typer.echo(f"differs: {change}")
    for problem in checked.problems:
        typer.echo(f"problem: {problem}", err=True)
    if checked.n_problems > len(checked.problems):
        typer.echo(f"... and {checked.n_problems - len(checked.problems):,} further problems", err=True)
    typer.echo("")
    typer.echo(_verdict(checked, result))


def _table(checked: CheckedImport) -> Iterator[str]:
    yield f"{'':<24}{'in the files':>14}{'new':>12}{'there':>12}{'differs':>12}"
    rows = {"items": checked.items, "outputs": checked.outputs, "references": checked.references}
    rows |= {f"subjects ({kind})": part for kind, part in checked.subjects.items()}
    for name, part in (rows | {"ratings": checked.ratings}).items():
        if part.total:
            yield f"{name:<24}{part.total:>14,}{part.new:>12,}{part.known:>12,}{part.changed:>12,}"
    for kind, count in checked.raters.items():
        yield f"{f'raters ({kind})':<24}{count:>14,}"
    for criterion in checked.criteria:
        absences = ", ".join(f"{count:,} {absence}" for absence, count in criterion.absences.items())
        added = ", added to the study" if criterion.brought else ""
        yield (
            f'criterion "{criterion.name}": {criterion.n_values:,} values'
            + (f", {absences}" if absences else "")
            + added
        )


def _verdict(checked: CheckedImport, result: ImportResult | None) -> str:
    if not checked.can_run:
        return f"Nothing was written: {checked.n_problems:,} problem(s)."
    if result is None:
        return "Everything can be imported; nothing was written."
    if result.import_id is None:
        return f'"{result.study_name}" has everything already; nothing was written.'
    return f'Imported into "{result.study_name}" (study {result.study_id}, import {result.import_id}).'


def _plain(checked: CheckedImport, result: ImportResult | None) -> dict[str, object]:
    plain = asdict(checked)
    del plain["preview"]
    done = None if result is None else {"study_id": result.study_id, "import_id": result.import_id}
    return {"can_run": checked.can_run, "imported": done} | plain
