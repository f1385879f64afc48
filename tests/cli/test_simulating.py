"""`touchstone simulate`, as somebody types it."""

import json

import pytest
import typer
from typer.testing import CliRunner

from core.cli import simulating, studies
from core.errors import BadInput
from core.store.database import Database

APP = typer.Typer()
APP.command()(simulating.simulate)
APP.command()(studies.studies)


@pytest.fixture
def typed(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A terminal whose environment names an empty, migrated database."""
    monkeypatch.setenv("TOUCHSTONE_DATABASE_URL", f"sqlite:///{sqlite_database.file}")
    return CliRunner()


def test_a_name_alone_simulates_three_raters_and_says_that_nobody_rated(typed: CliRunner) -> None:
    shown = typed.invoke(APP, ["simulate", "Plan", "--seed", "7", "--units", "50"])
    assert (shown.exit_code, shown.output) == (
        0, 'Study 1, "Plan": 50 units, 3 raters, 150 ratings, seed 7. Simulated: nobody rated anything.\n'
    )  # fmt: skip
    heading, row = typed.invoke(APP, ["studies"]).output.splitlines()
    assert "state" in heading
    assert row.split() == ["1", "50", "0", "200", "0", "0", "simulated", "Plan"]


def test_named_raters_and_alike_ones_stand_side_by_side_and_json_says_what_was_drawn(typed: CliRunner) -> None:
    arguments = ["simulate", "Plan", "--raters", "gpt:noise=.2,leniency=-1", "--people", "2", "--noise", ".7"]
    arguments += ["--scale", "binary", "--shares", ".9,.1", "--repeats", "2", "--cluster-size", "5", "--units", "20"]
    shown = typed.invoke(APP, [*arguments, "--cluster-share", ".4", "--seed", "3", "--no-truth", "--json"])
    assert shown.exit_code == 0, shown.output
    made = json.loads(shown.output)
    assert (made["simulated"], made["scale"], made["shares"], made["repeats"]) == (True, "binary", [0.9, 0.1], 2)
    assert [(rater["name"], rater["noise"], rater["leniency"]) for rater in made["raters"]] == [
        ("gpt", 0.2, -1.0), ("simulated 1", 0.7, 0.0), ("simulated 2", 0.7, 0.0)
    ]  # fmt: skip
    assert (made["n_ratings"], made["cluster_size"], made["cluster_share"], made["seed"]) == (120, 5, 0.4, 3)
    (line,) = typed.invoke(APP, ["studies", "--json"]).output.splitlines()
    assert (json.loads(line)["simulated"], json.loads(line)["ratings"]) == (True, 120)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--raters", "Ana:nose=3"], 'rater "Ana:nose=3": found "nose=3"; expected noise, leniency'),
        (["--scale", "stars"], 'scale: found "stars"; expected one of binary'),
        (["--shares", ".5,.6", "--scale", "binary"], "shares: found .* expected 2 shares that sum to 1"),
        (["--shares", ".5,.5", "--scale", "numbers"], "shares: found .* expected none: free numbers have no options"),
        (["--people", "0", "--raters", "A", "--raters", "A"], "raters: found 2 names; expected one different name"),
    ],
)
def test_what_cannot_be_simulated_names_what_can(typed: CliRunner, arguments: list[str], message: str) -> None:
    shown = typed.invoke(APP, ["simulate", "Plan", *arguments])
    assert isinstance(shown.exception, BadInput)
    with pytest.raises(BadInput, match=message):
        raise shown.exception
    assert typed.invoke(APP, ["studies"]).output.startswith("There is no study yet.")
