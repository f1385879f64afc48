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


def test_judges_stand_beside_the_people_on_their_own_units(typed: CliRunner) -> None:
    shown = typed.invoke(APP, ["agreement", "1", "--criterion", "acceptable"]).output
    assert "Judges with people" in shown
    assert "against a ceiling of" in shown
    rows = [line for line in shown.splitlines() if line.startswith("judge Fir-1")]
    assert sum("people on its units" in line for line in rows) == sum("  difference" in line for line in rows) == 5
    data = json.loads(typed.invoke(APP, ["agreement", "1", "--criterion", "acceptable", "--json"]).output)
    judge = data["scorecard"]["judges"][0]
    assert (judge["n_units"], judge["n_rated_by_people"]) == (140, 124)
    ceiling = next(row for row in data["scorecard"]["measures"] if row["key"] == "ceiling_kappa")["judges"][0]
    value, people = ceiling["judge"]["value"], ceiling["people_on_the_same_units"]["value"]
    assert ceiling["difference"]["value"] == pytest.approx(value - people)


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


def test_filters_narrow_it_and_what_they_leave_out_is_printed(typed: CliRunner) -> None:
    chosen = ["agreement", "1", "--criterion", "quality", "--kind", "person", "--slice", "task=code",
              "--slice", "task=answer", "--slice", "length=short", "--since", "2020-01-01"]  # fmt: skip
    lines = typed.invoke(APP, chosen).output.splitlines()
    data = json.loads(typed.invoke(APP, [*chosen, "--json"]).output)
    units, left = data["n_units"], data["filter"]["left_out"]
    assert 0 < units == 144 - left["units"]
    assert lines[0] == f"Demo: everyday tasks (illustrative) · Quality · blind · {units} units"
    assert lines[1].startswith("Only people; Output length: short (up to ")
    assert lines[1].endswith(f"Left out: {left['ratings']} of 655 ratings, {left['units']} of 144 units.")
    assert {rater["kind"] for rater in data["raters"]} == {"person"}
    assert data["filter"]["slices"][1:] == ["task=answer", "task=code"]
    assert data["filter"]["since"] == "2020-01-01"


def test_a_split_and_days_narrow_it(typed: CliRunner) -> None:
    def units(*options: str) -> int:
        shown = typed.invoke(APP, ["agreement", "1", "--criterion", "quality", *options, "--json"])
        found: int = json.loads(shown.output)["n_units"]
        return found

    splits = [units("--split", split) for split in ("train", "dev", "test")]
    assert all(splits)
    assert sum(splits) == units() == 144
    assert units("--until", "2020-01-01") == 0


def test_without_a_filter_nothing_is_said_to_be_left_out(typed: CliRunner) -> None:
    assert "Left out" not in typed.invoke(APP, ["agreement", "1"]).output


def test_a_filter_that_is_not_there_is_an_error(typed: CliRunner) -> None:
    shown = typed.invoke(APP, ["agreement", "1", "--slice", "task=nix"])
    assert isinstance(shown.exception, NotFound)
    assert str(shown.exception).startswith('There is no slice of task "nix". Known: answer, code')


def test_a_citation_is_printed_with_alpha_by_two_programs(typed: CliRunner) -> None:
    shown = typed.invoke(APP, ["agreement", "1", "--criterion", "acceptable", "--raters", "ana,bruno", "--cite"])
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0].startswith("Krippendorff's alpha (nominal) among 2 annotators on ")
    assert "“Acceptable” in the study “Demo: everyday tasks” (illustrative)" in lines[0]
    assert lines[2].startswith("Methods. ")
    assert "the same to 1e-9." in lines[2]
    assert lines[4] == "References"
