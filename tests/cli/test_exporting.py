"""`touchstone export`, as somebody types it."""

import csv
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from core.cli import exporting
from core.errors import BadInput
from core.store.database import Database
from tests.builders import build_study
from tests.judges import add_judge, add_jury, add_verdict

APP = typer.Typer()
APP.command()(exporting.export)


@pytest.fixture
def typed(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A terminal whose environment names a database with a verdict in it."""
    built = build_study(sqlite_database)
    with sqlite_database.writing() as session:
        judge = add_judge(session, built, "Fir")
        add_jury(session, built, "Panel", (judge,))
        add_verdict(session, built, "q1/alder", "acceptable", judge, "fail")
    monkeypatch.setenv("TOUCHSTONE_DATABASE_URL", f"sqlite:///{sqlite_database.file}")
    return CliRunner()


def _columns(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines))


@pytest.mark.parametrize(
    ("options", "column"),
    [
        ([], "rating_id"),
        (["--shape", "long"], "request_hash"),
        (["--shape", "wide"], "jury:Panel v1"),
        (["--wide"], "judge:Fir v1"),
        (["--shape", "calls"], "reply"),
    ],
)
def test_a_shape_is_named_on_the_command_line(
    typed: CliRunner, tmp_path: Path, options: list[str], column: str
) -> None:
    file = tmp_path / "out.csv"
    shown = typed.invoke(APP, ["Study", "--out", str(file), *options])
    assert (shown.exit_code, shown.output.replace("\n", "")) == (0, f"Wrote 1 rows to {file}.")
    assert column in _columns(file)


def test_an_unknown_shape_names_the_known_ones(typed: CliRunner, tmp_path: Path) -> None:
    shown = typed.invoke(APP, ["Study", "--out", str(tmp_path / "out.csv"), "--shape", "tall"])
    assert isinstance(shown.exception, BadInput)
    assert "long or wide or calls" in str(shown.exception)
