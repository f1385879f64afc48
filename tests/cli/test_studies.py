"""`touchstone studies` and `touchstone demo`, as somebody types them."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from core.cli import studies
from core.store.database import Database

APP = typer.Typer()
APP.command()(studies.studies)
APP.command()(studies.demo)


@pytest.fixture
def typed(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A terminal whose environment names an empty, migrated database."""
    monkeypatch.setenv("TOUCHSTONE_DATABASE_URL", f"sqlite:///{sqlite_database.file}")
    return CliRunner()


def test_an_empty_database_names_the_next_command(typed: CliRunner) -> None:
    shown = typed.invoke(APP, ["studies"])
    assert (shown.exit_code, shown.output) == (0, "There is no study yet. Load the demo with: touchstone demo\n")


def test_the_demo_is_loaded_once_and_listed_with_aligned_counts(typed: CliRunner) -> None:
    first, again = typed.invoke(APP, ["demo"]), typed.invoke(APP, ["demo"])
    assert first.exit_code == again.exit_code == 0
    assert first.output == again.output
    assert first.output.startswith('Study 1, "Demo: everyday tasks": 60 items')
    heading, row = typed.invoke(APP, ["studies"]).output.splitlines()
    assert heading.split() == ["id", "items", "outputs", "ratings", "people", "judges", "state", "name"]
    assert row.index("Demo") == heading.index("name")
    assert row.split()[:3] == ["1", "60", "144"]
    assert "open, illustrative" in row


def test_json_has_one_study_a_line(typed: CliRunner) -> None:
    typed.invoke(APP, ["demo"])
    (line,) = typed.invoke(APP, ["studies", "--json"]).output.splitlines()
    study = json.loads(line)
    assert (study["id"], study["items"], study["illustrative"], study["people"]) == (1, 60, True, 4)


def test_the_demo_makes_a_new_database_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHSTONE_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    monkeypatch.setenv("TOUCHSTONE_BACKUP_DIR", str(tmp_path / "backups"))
    runner = CliRunner()
    assert runner.invoke(APP, ["demo"]).exit_code == 0
    assert "Demo: everyday tasks" in runner.invoke(APP, ["studies"]).output
