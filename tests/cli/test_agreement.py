"""`touchstone agreement`, as somebody types it."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from core.cli import agreement, studies
from core.errors import NotFound
from core.store.database import Database

APP = typer.Typer()
APP.command()(agreement.agreement)
APP.command()(studies.demo)


@pytest.fixture
def typed(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A terminal whose environment names a database with the demo study."""
    monkeypatch.setenv("TOUCHSTONE_DATABASE_URL", f"sqlite:///{sqlite_database.file}")
    runner = CliRunner()
    runner.invoke(APP, ["demo"])
    return runner


def test_it_prints_the_sentence_the_coefficients_and_every_pair(typed: CliRunner) -> None:
    shown = typed.invoke(APP, ["agreement", "1", "--criterion", "acceptable"])
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0] == "Demo: everyday tasks (illustrative) · Acceptable · blind · 144 units"
    assert lines[2].startswith("People ")
    for measure in (
        "Percent agreement",
        "Cohen's kappa",
        "Fleiss' kappa",
        "Gwet's AC1",
        "Krippendorff's alpha, nominal",
    ):
        assert sum(line.startswith(measure) for line in lines) == 2, "among people, and among all"
    assert any(line.startswith("majority of people") and "tied" in line for line in lines)
    assert any(line.split()[:2] == ["Ana", "Bruno"] for line in lines)
    assert "clustered: Units that hang together were resampled together." in shown.output


def test_raters_are_chosen_by_name(typed: CliRunner) -> None:
    shown = typed.invoke(APP, ["agreement", "Demo: everyday tasks", "--raters", "ana, bruno", "--json"])
    data = json.loads(shown.output)
    assert [rater["name"] for rater in data["raters"]] == ["Ana", "Bruno"]
    assert "Chioma" in data["not_chosen"]
    (pair,) = data["pairs"]["pairs"]
    assert pair["reason"] is None
    assert data["people"]["estimates"]["percent"]["value"] == pytest.approx(pair["percent"])


def test_json_holds_every_estimate_with_its_interval_or_reason(typed: CliRunner) -> None:
    data = json.loads(typed.invoke(APP, ["agreement", "1", "--json"]).output)
    for estimate in data["people"]["estimates"].values():
        assert (estimate["value"] is None) == (estimate["reason"] is not None)
        assert estimate["value"] is None or (estimate["low"] is None) == (estimate["interval_reason"] is not None)


@pytest.mark.parametrize(
    ("arguments", "known"),
    [(["--criterion", "nix"], "quality"), (["--raters", "nix"], "Ana"), (["--phase", "nix"], "revised")],
)
def test_what_is_not_there_is_refused_with_what_is(typed: CliRunner, arguments: list[str], known: str) -> None:
    shown = typed.invoke(APP, ["agreement", "1", *arguments])
    assert isinstance(shown.exception, NotFound)
    assert "nix" in str(shown.exception)
    assert known in str(shown.exception)


def test_a_study_that_is_not_there_is_refused(typed: CliRunner, tmp_path: Path) -> None:
    shown = typed.invoke(APP, ["agreement", str(tmp_path)])
    assert "Demo: everyday tasks" in str(shown.exception)
