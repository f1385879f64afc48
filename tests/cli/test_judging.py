"""`touchstone judge`, as somebody types it."""

import asyncio
import json
import time
import tomllib
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from core.cli import app
from core.cli.judging_words import aligned, dollars, duration
from core.errors import BadInput, Conflict, NotFound
from core.judging.spec import JudgeSpec
from core.store.database import Database
from core.workflow import judging_files
from core.workflow.judging import add_judge, draft, find_judge
from core.workflow.judging_runs import run_status, worker_state
from core.workflow.judging_worker import work
from core.workflow.workspace import Visitor, Workspace
from tests.builders import build_study
from tests.llm_server import LlmServer, says
from tests.workflow.answering import Answering, saying

MODEL = "openai/gpt-4o-mini"


class Terminal:
    """A terminal whose environment names one database."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self._runner = workspace, CliRunner()

    def typed(self, *words: str, answer: str | None = None) -> Result:
        return self._runner.invoke(app, ["judge", *words], input=answer)

    def said(self, *words: str) -> str:
        shown = self.typed(*words)
        assert shown.exit_code == 0, (shown.output, shown.exception)
        return shown.stdout

    def refused(self, *words: str) -> BaseException:
        shown = self.typed(*words)
        assert shown.exit_code != 0
        assert shown.exception is not None
        return shown.exception


@pytest.fixture
def terminal(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TOUCHSTONE_DATABASE_URL", f"sqlite:///{sqlite_database.file}")
    build_study(sqlite_database, name="Answers", systems=("alder", "yew"))
    return Terminal(Workspace(sqlite_database))


def test_a_judge_is_added_listed_shown_and_versioned(terminal: Terminal) -> None:
    assert "There is no judge yet" in terminal.said("list", "Answers")
    added = terminal.said("add", "Answers", "--name", "grader", "--model", MODEL, "--by", "Ana")
    assert added == 'Judge 1, "grader v1": direct, openai/gpt-4o-mini.\n'
    changed = terminal.said("add", "Answers", "--from", "grader", "--name", "grader", "--temperature", "0.5")
    assert '"grader v2"' in changed
    heading, newest, older = terminal.said("list", "Answers").splitlines()
    assert heading.split() == ["id", "judge", "kind", "protocol", "model", "verdicts", "unreadable", "refused", "spent"]
    assert "grader v2" in newest
    assert "older version" in older
    shown = terminal.said("show", "Answers", "grader")
    assert "temperature:      0.5" in shown
    assert "{{questions}}" in shown
    assert terminal.said("diff", "1", "grader v1", "grader").startswith("temperature: 0 -> 0.5")
    (plain, _) = terminal.said("list", "Answers", "--json").splitlines()
    assert json.loads(plain)["spec"]["temperature"] == 0.5


def test_a_judge_goes_into_a_file_and_comes_back_the_same(terminal: Terminal, tmp_path: Path) -> None:
    terminal.said("add", "Answers", "--name", "grader", "--model", MODEL, "--parameter", "top_k=40", "--parameter",
                  'stop=["END"]', "--repetitions", "3", "--rule", "majority", "--temperature", "0.7",
                  "--confidence", "vote share", "--persona", "A strict\nteacher", "--note", "first try")  # fmt: skip
    file = tmp_path / "judge.toml"
    file.write_text(terminal.said("show", "Answers", "grader", "--toml"), encoding="utf-8")
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    assert (data["name"], data["note"], data["extra"]) == ("grader", "first try", {"top_k": 40, "stop": ["END"]})
    assert isinstance(terminal.refused("add", "Answers", "--file", str(file)), Conflict)  # it is exactly the same judge
    again = terminal.said("add", "Answers", "--file", str(file), "--seed", "7", "--name", "seeded")
    assert '"seeded v1"' in again
    first = find_judge(terminal.workspace, 1, "grader").spec
    assert find_judge(terminal.workspace, 1, "seeded").spec == first.changed(seed=7)
    build_study(terminal.workspace.database, name="Elsewhere", systems=("alder", "yew"))
    terminal.said("add", "Elsewhere", "--file", str(file))
    assert find_judge(terminal.workspace, 2, "grader").spec == first.changed(rubric_id=2)


def test_checking_makes_nothing(terminal: Terminal) -> None:
    said = terminal.said("add", "Answers", "--model", MODEL, "--check")
    assert "nothing was written" in said
    assert "There is no judge yet" in terminal.said("list", "Answers")
    assert isinstance(terminal.refused("add", "Answers", "--model", MODEL), BadInput)  # no name


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("--model", MODEL, "--prompt-variant", "poem"), "--prompt-variant"),
        (("--model", MODEL, "--parameter", "top_k"), "--parameter"),
        (("--model", MODEL, "--reference", "divine"), "judge file"),
        (("--model", MODEL, "--criteria", "beauty"), "criteria"),
        (("--protocol", "astrology"), "protocol"),
        (("--prompt", "/nowhere/prompt.md"), "/nowhere/prompt.md"),
        ((), "model"),
    ],
)
def test_what_cannot_be_typed_is_refused_with_the_place(terminal: Terminal, words: tuple[str, ...], where: str) -> None:
    error = terminal.refused("add", "Answers", "--name", "grader", *words)
    assert isinstance(error, BadInput)
    assert error.where == where


def test_a_prompt_of_ones_own_and_the_protocols_own_variants(terminal: Terminal, tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.md"
    prompt.write_text("## user\nBe brief. {{input}} {{output}} {{questions}} {{answer_format}}", encoding="utf-8")
    terminal.said("add", "Answers", "--name", "mine", "--model", MODEL, "--prompt", str(prompt))
    assert find_judge(terminal.workspace, 1, "mine").spec.prompt.endswith("{{answer_format}}")
    terminal.said("add", "Answers", "--name", "bare", "--model", MODEL, "--prompt-variant", "verdict first")
    assert find_judge(terminal.workspace, 1, "bare").title == "bare v1 (verdict first)"


def test_a_preview_prints_every_word(terminal: Terminal) -> None:
    terminal.said("add", "Answers", "--name", "grader", "--model", MODEL, "--repetitions", "2")
    said = terminal.said("preview", "Answers", "grader", "--subject", "q2/yew")
    assert "Question q2" in said
    assert "Answer to q2 (3)" in said
    assert "Acceptable?" in said or "acceptable?" in said
    assert said.endswith("2 call(s), 2 repetition(s).\n")
    plain = json.loads(terminal.said("preview", "Answers", "grader", "--json"))
    assert plain["steps"][0]["hash"]
    assert isinstance(terminal.refused("preview", "Answers", "grader", "--subject", "q9"), NotFound)


def test_a_baseline_runs_here_and_its_calls_are_printed(terminal: Terminal) -> None:
    terminal.said("add", "Answers", "--name", "any", "--protocol", "random")
    assert "it costs nothing" in terminal.said("plan", "Answers", "any")
    said = terminal.said("run", "Answers", "any", "--here")
    assert "Run 1: done, 6 of 6, 6 ok" in said
    assert "done" in terminal.said("status", "Answers")
    (plain,) = terminal.said("status", "--json").splitlines()
    assert json.loads(plain)["counts"]["ok"] == 6
    calls = [json.loads(line) for line in terminal.said("calls", "1", "--by", "Ana", "--json").splitlines()]
    assert [call["status"] for call in calls] == ["ok"] * 6
    assert calls[0]["verdicts"][0]["criterion"] == "Acceptable"
    assert "=== call 1: q1 · alder · ok" in terminal.said("calls", "1")


def test_money_is_not_spent_without_a_yes(terminal: Terminal) -> None:
    terminal.said("add", "Answers", "--name", "grader", "--model", MODEL)
    error = terminal.refused("run", "Answers", "grader")
    assert isinstance(error, BadInput)
    assert error.where == "--yes"
    assert "There is no run yet" in terminal.said("status")
    said = terminal.typed("run", "Answers", "grader", "--yes", "--which", "random", "--n", "2", "--seed", "5")
    assert said.exit_code == 0
    assert "2 to be asked" in said.stdout
    assert "Start one with: touchstone worker" in said.stderr
    run = run_status(terminal.workspace, 1)
    assert (run.state, run.selection.seed, run.selection.n) == ("queued", 5, 2)


def test_a_run_is_paused_resumed_and_cancelled_by_number(terminal: Terminal) -> None:
    terminal.said("add", "Answers", "--name", "grader", "--model", MODEL)
    terminal.said("run", "Answers", "grader", "--yes")
    assert terminal.said("pause", "1").startswith("Run 1: paused (paused by a person)")
    assert terminal.said("resume", "1", "--budget", "2").startswith("Run 1: queued")
    assert terminal.said("cancel", "1").startswith("Run 1: cancelled")
    assert isinstance(terminal.refused("pause", "1"), Conflict)
    assert isinstance(terminal.refused("retry", "1"), BadInput)
    assert isinstance(terminal.refused("cancel", "9"), NotFound)


def test_waiting_tells_how_far_it_is_until_a_worker_has_done_it(terminal: Terminal) -> None:
    terminal.said("add", "Answers", "--name", "grader", "--model", MODEL)
    terminal.said("run", "Answers", "grader", "--yes")
    terminal.said("pause", "1")

    def is_over() -> bool:
        return run_status(terminal.workspace, 1).state == "done"

    def working() -> None:
        asyncio.run(work(terminal.workspace, lambda _settings: Answering(saying("pass", cost=0.5)), is_over=is_over))

    worker = Thread(target=working)
    worker.start()
    while not worker_state(terminal.workspace).is_alive:
        time.sleep(0.05)
    shown = terminal.typed("resume", "1", "--wait")
    worker.join()
    assert shown.exit_code == 0
    assert "Run 1: done, 6 of 6, 6 ok" in shown.stdout.splitlines()[-1]
    assert shown.stdout.splitlines()[-1].endswith("$3.00 spent")


def test_what_a_terminal_would_obey_is_printed_as_code_points(terminal: Terminal) -> None:
    spec = draft(terminal.workspace, 1, "direct", model="openai/x").changed(persona="Clear \x1b[2J it.")
    with LlmServer(says('\x1b]0;yours\x07 {"rationale": "\x1b[31m", "verdict": "pass"}')) as server:
        add_judge(terminal.workspace, Visitor("Ana"), 1, "grader", spec.changed(api_base=server.api_base))
        tried = terminal.said("try", "Answers", "grader", "--subject", "q3/yew", "--here", "--by", "Ana")
    assert "reply: ⟦U+001B⟧]0;yours⟦U+0007⟧" in tried
    said = terminal.said("show", "Answers", "grader") + terminal.said("preview", "Answers", "grader")
    assert said.count("Clear ⟦U+001B⟧[2J it.") == 2
    assert "\x1b" not in tried + said


def test_a_trial_here_prints_the_reply(terminal: Terminal) -> None:
    terminal.said("add", "Answers", "--name", "any", "--protocol", "random")
    said = terminal.said("try", "Answers", "any", "--subject", "q3/yew", "--here", "--by", "Ana")
    assert "=== call 1: q3 · yew · ok" in said
    assert "reply: " in said
    assert "1 subjects" not in said


def test_waiting_without_a_worker_says_what_to_do_and_ends(terminal: Terminal) -> None:
    terminal.said("add", "Answers", "--name", "grader", "--model", MODEL)
    shown = terminal.typed("run", "Answers", "grader", "--yes", "--wait")
    assert shown.exit_code == 1
    assert "Run 1 is queued and no worker is running" in shown.stderr


def test_an_unknown_price_is_said_and_can_be_given(terminal: Terminal) -> None:
    terminal.said("add", "Answers", "--name", "local", "--model", "openai/mine", "--api-base", "http://127.0.0.1:9/v1")
    assert "Cost unknown" in terminal.said("plan", "Answers", "local")
    plain = json.loads(terminal.said("plan", "Answers", "local", "--price-in", "1", "--price-out", "2", "--json"))
    expected = (plain["tokens_in"] * 1 + plain["tokens_out"] * 2) / 1_000_000
    assert plain["cost"] == pytest.approx(expected)


def test_a_jury_is_made_of_judges_by_name(terminal: Terminal) -> None:
    for seed in ("1", "2"):
        terminal.said("add", "Answers", "--name", f"j{seed}", "--model", MODEL, "--seed", seed)
    said = terminal.said("jury", "Answers", "--name", "both", "--member", "j1", "--member", "j2 v1")
    assert said == 'Jury 3, "both v1": 2 members, majority.\n'
    assert isinstance(terminal.refused("run", "Answers", "both"), BadInput)


def test_only_slices_and_subjects_that_are_there(terminal: Terminal) -> None:
    terminal.said("add", "Answers", "--name", "any", "--protocol", "random")
    said = terminal.said("plan", "Answers", "any", "--subject", "q1/yew", "--subject", "q2/alder")
    assert said.startswith("2 subjects (2 chosen outputs), 2 calls")
    assert "3 subjects" in terminal.said("plan", "Answers", "any", "--slice", "system=yew")
    assert isinstance(terminal.refused("plan", "Answers", "any", "--slice", "system"), BadInput)
    assert isinstance(terminal.refused("plan", "Answers", "any", "--slice", "colour=red"), BadInput)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("name = ", "judge.toml"),
        ('colour = "red"', 'judge.toml, column "colour"'),
        ('temperature = "hot"', 'judge.toml, column "temperature"'),
        ("together = 1", 'judge.toml, column "together"'),
        ("repetitions = true", 'judge.toml, column "repetitions"'),
        ("criteria = [1]", 'judge.toml, column "criteria"'),
        ('not_sent = ["prompt"]', 'judge.toml, column "not_sent"'),
        ("name = 3", 'judge.toml, column "name"'),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(text: str, where: str) -> None:
    with pytest.raises(BadInput) as refused:
        judging_files.read(text)
    assert refused.value.where == where


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30)
VALUES = st.none() | st.integers(-9, 9) | st.floats(-9, 9, allow_nan=False) | TEXTS | st.booleans()


@given(
    prompt=st.lists(TEXTS, max_size=4).map("\n".join),
    temperature=st.none() | st.floats(0, 2),
    max_tokens=st.none() | st.integers(1, 9_999),
    seed=st.none() | st.integers(0, 9),
    extra=st.dictionaries(TEXTS, VALUES.filter(lambda value: value is not None), max_size=3),
)
def test_every_judge_outlives_its_file(
    prompt: str, temperature: float | None, max_tokens: int | None, seed: int | None, extra: dict[str, object]
) -> None:
    spec = JudgeSpec(
        protocol="direct", model=MODEL, prompt=prompt, temperature=temperature, max_tokens=max_tokens, seed=seed,
        extra=extra,
    ).normal()  # fmt: skip
    text = judging_files.spec_written(spec, name="one", note="", with_rubric=True)
    read = judging_files.read(text)
    assert read.applied_to(JudgeSpec(protocol="direct")).fingerprint() == spec.fingerprint()


def test_tables_amounts_and_times_are_written_for_people() -> None:
    assert aligned(("a", "long"), (("xx", "1"),), numbers=(1,)) == ["a   long", "xx     1"]
    assert [dollars(one) for one in (None, 0.0, 0.00123, 1.5, 1234.5)] == [
        "unknown", "$0.00", "$0.0012", "$1.50", "$1,234.50",
    ]  # fmt: skip
    assert [duration(one) for one in (None, 0.2, 59.4, 61, 7_300)] == ["", "1 s", "1 min 0 s", "1 min 1 s", "2 h 1 min"]


def test_a_judge_that_is_there_can_be_used_by_number(terminal: Terminal) -> None:
    spec = draft(terminal.workspace, 1, "direct", model=MODEL)
    face = add_judge(terminal.workspace, Visitor("Ana"), 1, "7", spec)
    assert "7 v1" in terminal.said("show", "1", str(face.id))
