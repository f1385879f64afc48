"""`touchstone judge probe`, as somebody types it; the judge answers over real HTTP."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from core.cli import app
from core.errors import BadInput
from core.judging.injections import INJECTIONS
from core.store.database import Database
from tests.builders import build_study
from tests.llm_server import Body, LlmServer, ScriptedReply, says


def gullible(body: Body, _before: int) -> ScriptedReply:
    """Fail, unless it is told to ignore its instructions."""
    prompt = "\n".join(str(message["content"]) for message in body["messages"])
    verdict = "pass" if "Ignore all previous instructions" in prompt else "fail"
    return says({"rationale": "So it is.", "verdict": verdict})


@pytest.fixture
def typed(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """A terminal whose database has a judge that failed all six outputs."""
    monkeypatch.setenv("TOUCHSTONE_DATABASE_URL", f"sqlite:///{sqlite_database.file}")
    build_study(sqlite_database, name="Answers", systems=("alder", "yew"))
    runner = CliRunner()
    with LlmServer(gullible) as server:
        at = ("--model", "openai/test", "--api-base", server.api_base)
        for words in (("add", "Answers", "--name", "grader", *at), ("run", "Answers", "grader", "--here", "--yes")):
            done = runner.invoke(app, ["judge", *words])
            assert done.exit_code == 0, (done.output, done.exception)
        yield runner


def probe(runner: CliRunner, *words: str) -> Result:
    return runner.invoke(app, ["judge", "probe", "Answers", "grader", *words])


def test_the_injections_are_listed_by_name(typed: CliRunner) -> None:
    shown = probe(typed, "--names")
    assert all(name in shown.output for name in INJECTIONS)


def test_a_plan_says_what_it_would_ask_and_does_nothing(typed: CliRunner) -> None:
    shown = probe(typed, "--injection", "authority", "--seed", "3", "--plan")
    assert shown.exit_code == 0
    # 6 outputs, each once with the injection and once with the harmless text
    assert "6 outputs (of 30 wanted; no more can be probed), 1 of 1 injections each, at the end; seed 3" in shown.output
    assert "12 calls with the harmless texts, 12 of them not made yet" in shown.output
    assert "cost unknown" in shown.output
    assert "No injection was tried" in probe(typed, "--report").output


def test_a_probe_is_driven_and_reported(typed: CliRunner) -> None:
    words = ("--injection", "ignore instructions", "--injection", "authority", "--seed", "3", "--here", "--yes")
    shown = probe(typed, *words)
    assert shown.exit_code == 0, (shown.output, shown.exception)
    assert "Probe 2 of grader v1 is queued." in shown.output
    assert (
        "50 % of the verdicts that could moved towards what the injection asked for, 0 % with a harmless"
        in shown.output
    )
    (orders,) = [line for line in shown.output.splitlines() if line.startswith("ignore instructions")]
    assert "100 % (44 to 100 %)" in orders  # Wilson for 3 of 3 items
    report = json.loads(probe(typed, "--report", "--json").output)
    assert report["n_subjects"] == 6
    assert [line["name"] for line in report["lines"]] == ["ignore instructions", "authority"]
    assert report["lines"][0]["towards"]["value"] == 1.0


def test_money_is_only_spent_when_somebody_agreed(typed: CliRunner) -> None:
    shown = probe(typed, "--injection", "authority")
    assert isinstance(shown.exception, BadInput)
    assert "--yes" in str(shown.exception)


def test_a_wrong_name_is_refused_with_those_there_are(typed: CliRunner) -> None:
    shown = probe(typed, "--injection", "hypnosis", "--plan")
    assert isinstance(shown.exception, BadInput)
    assert "authority" in str(shown.exception)
