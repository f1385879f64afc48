"""The stages from a terminal: `touchstone COMMAND`; calls only `core.workflow`."""

import sys

import typer

from core.cli import agreement, exporting, importing, judging, practising, serving, simulating, studies
from core.errors import TouchstoneError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Find out how far to trust LLM judges and labels.",
)
for command in (
    serving.serve,
    studies.studies,
    studies.demo,
    agreement.agreement,
    simulating.simulate,
    exporting.export,
    serving.backup,
    serving.worker,
):
    app.command()(command)
app.command(name="import")(importing.import_files)
app.add_typer(judging.app, name="judge")
app.command(name="practice-server")(practising.practice)


def main() -> None:
    """Run one command; an expected error is one line on standard error and exit code 2."""
    try:
        app()
    except TouchstoneError as error:
        sys.stderr.write(f"touchstone: {error}\n")
        raise SystemExit(2) from None
