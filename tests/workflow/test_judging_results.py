"""What came of calls: failures by cause, replies with their verdicts, the ledger; and that whoever reads is noted."""

import json
from typing import Any

import pytest
from sqlmodel import select

from core.errors import BadInput, NotFound
from core.judging.asked import Reply, Request
from core.judging.pace import RunSettings
from core.judging.provider_errors import ProviderError
from core.models.ratings import Exposure, Rater
from core.scales import preference
from core.workflow import judging_results
from core.workflow.judging import add_judge, draft, list_judges
from core.workflow.judging_ledger import ledger
from core.workflow.judging_results import calls, failures
from core.workflow.judging_runs import retry_run, run_status, start_run
from core.workflow.judging_selection import Selection
from core.workflow.workspace import Visitor, Workspace
from tests.builders import Built, build_study
from tests.conftest import Clock
from tests.workflow.answering import Answering, Rule, drive, saying

ANA = Visitor("Ana")
MODEL = "openai/gpt-4o-mini"


def study_in(workspace: Workspace, **rest: Any) -> Built:
    return build_study(workspace.database, systems=("alder", "yew"), **rest)


def judge_in(workspace: Workspace, built: Built, name: str = "grader", protocol: str = "direct", **changes: Any) -> int:
    spec = draft(workspace, built.study, protocol, model=MODEL).changed(**changes)
    return add_judge(workspace, ANA, built.study, name, spec).id


def ran(workspace: Workspace, judge: int, rule: Rule, selection: Selection | None = None) -> int:
    run = start_run(workspace, ANA, judge, selection or Selection(kind="output"), RunSettings(tries=1))
    drive(workspace, Answering(rule), run.id)
    return run.id


def failing(request: Request) -> Reply | Exception:
    """q1: nothing readable; q2 of alder: off the scale, of yew: a time-out; q3: a pass."""
    text = " ".join(message["content"] for message in request.messages)
    if "Question q1" in text:
        return Reply("I would rather talk about the weather.", tokens_in=7, tokens_out=8, cost=0.01)
    if "Answer to q2 (3)" in text:
        return ProviderError("time-out", "no answer within 60 s", is_transient=True)
    if "Question q2" in text:
        return Reply(json.dumps({"rationale": "so", "verdict": "purple"}), tokens_in=7, tokens_out=8, cost=0.01)
    return saying("pass", cost=0.02)(request)


def exposed(workspace: Workspace, name: str) -> list[tuple[int | None, str]]:
    with workspace.database.reading() as session:
        rows = session.exec(select(Exposure, Rater.name).join(Rater, Rater.id == Exposure.rater_id)).all()  # type: ignore[arg-type]
    return sorted((row.subject_id, row.shown_on) for row, by in rows if by == name)


def test_failures_stand_in_groups_the_most_frequent_first(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    run = ran(any_workspace, judge_in(any_workspace, built), failing)
    groups = failures(any_workspace, run)
    assert [(group.status, group.cause, group.n) for group in groups] == [
        ("unreadable", "no verdict found", 2),
        ("provider error", "time-out", 1),
        ("unreadable", "out of scale", 1),
    ]
    (example,) = groups[1].examples
    assert (example.subject_id, example.subject) == (built.subjects["q2/yew"], "q2 · yew")
    assert "60 s" in example.error
    assert exposed(any_workspace, "Ana") == []  # no verdict was shown
    with pytest.raises(NotFound):
        failures(any_workspace, 99)


def test_calls_tell_everything_and_note_who_read_them(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    run = ran(any_workspace, judge_in(any_workspace, built), failing)
    page = calls(any_workspace, ANA, run_id=run, status="ok")
    assert (page.total, len(page.calls), page.next_before, page.noted) == (2, 2, None, True)
    line = page.calls[0]
    assert (line.judge, line.kind, line.status, line.attempts, line.cost) == ("grader v1", "verdict", "ok", 1, 0.02)
    assert (line.tokens_out, line.n_subjects, len(line.request_hash)) == (10, 1, 64)
    assert line.text == "Question q3"
    (verdict,) = line.verdicts
    assert (verdict.criterion, verdict.value, verdict.option, verdict.rationale) == (
        "Acceptable", "Pass", "pass", "because",
    )  # fmt: skip
    seen = [(built.subjects["q3/alder"], "judging"), (built.subjects["q3/yew"], "judging")]
    assert exposed(any_workspace, "Ana") == sorted(seen)
    failed = calls(any_workspace, Visitor(), run_id=run, status="unreadable", cause="out of scale")
    assert (failed.total, failed.noted) == (1, False)
    assert "purple" in failed.calls[0].reply
    assert failed.calls[0].verdicts[0].absence == "unreadable"
    assert len(exposed(any_workspace, "Ana")) == 2


def test_calls_of_a_subject_of_a_judge_and_of_nobody(workspace: Workspace) -> None:
    built = study_in(workspace)
    judge = judge_in(workspace, built)
    run = ran(workspace, judge, failing)
    subject = built.subjects["q1/yew"]
    assert [line.subject_id for line in calls(workspace, ANA, judge_id=judge, subject_id=subject).calls] == [subject]
    assert calls(workspace, ANA, judge_id=judge).total == calls(workspace, ANA, run_id=run).total == 6
    assert calls(workspace, ANA, run_id=run, subject_id=subject, status="ok").calls == ()
    with pytest.raises(BadInput, match="one of them"):
        calls(workspace, ANA)
    with pytest.raises(BadInput, match="status"):
        calls(workspace, ANA, run_id=run, status="odd")
    with pytest.raises(NotFound):
        calls(workspace, ANA, judge_id=99)


def test_pages_follow_each_other_without_gaps_the_newest_first(any_workspace: Workspace) -> None:
    built = study_in(any_workspace, items=[f"q{number}" for number in range(1, 61)])
    judge = judge_in(any_workspace, built)
    for seed in (1, 2):
        ran(any_workspace, judge, saying("pass"), Selection(kind="output", which="random", n=70, seed=seed))
    read: list[int] = []
    before: int | None = None
    while True:
        page = calls(any_workspace, ANA, judge_id=judge, before=before)
        read += [line.id for line in page.calls]
        assert len(page.calls) <= judging_results.PAGE
        before = page.next_before
        if before is None:
            break
    assert read == sorted(read, reverse=True)
    assert len(set(read)) == page.total == list_judges(any_workspace, built.study)[0].n_calls


def test_an_earlier_attempt_stays_beside_what_took_its_place(any_workspace: Workspace, clock: Clock) -> None:
    built = study_in(any_workspace)
    run = ran(any_workspace, judge_in(any_workspace, built), failing)
    clock.advance(minutes=1)
    retried = retry_run(any_workspace, ANA, run)
    drive(any_workspace, Answering(saying("fail")), retried.id)
    (line,) = calls(any_workspace, ANA, judge_id=1, subject_id=built.subjects["q2/alder"]).calls
    assert (line.status, line.run_id, line.attempts) == ("ok", retried.id, 2)
    (before,) = line.history
    assert (before.number, before.status, before.cause, before.cost) == (1, "unreadable", "out of scale", 0.01)
    assert "purple" in before.reply
    assert [(verdict.value, verdict.absence, verdict.is_superseded) for verdict in line.verdicts] == [
        ("", "unreadable", True),
        ("Fail", None, False),
    ]


def test_a_copied_call_names_who_paid_and_costs_nothing(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    ran(any_workspace, judge_in(any_workspace, built), saying("pass", cost=0.5))
    ran(any_workspace, judge_in(any_workspace, built, "twin", variant="twin"), saying("fail"))
    page = calls(any_workspace, ANA, judge_id=2)
    assert {(line.copied_from, line.attempts, line.cost) for line in page.calls} == {("grader v1", 0, 0.0)}
    assert all(line.verdicts[0].option == "pass" for line in page.calls)


def test_the_calls_of_a_pair_tell_the_order_shown(any_workspace: Workspace) -> None:
    built = study_in(any_workspace, criteria={"better": ("pair", preference())})
    pair = judge_in(any_workspace, built, "sides", "pairwise")
    ran(any_workspace, pair, saying("first"), Selection(kind="pair"))
    page = calls(any_workspace, ANA, judge_id=pair, subject_id=built.subjects["q1/alder|yew"])
    # A judge that always takes the first shown takes A in one order and B in the other
    assert {(line.order_shown, line.verdicts[0].option) for line in page.calls} == {("AB", "A"), ("BA", "B")}


def test_a_call_that_serves_several_subjects_exposes_all_of_those_shown(any_workspace: Workspace) -> None:
    same = {(item, system): ["same"] for item in ("q1", "q2") for system in ("alder", "yew")}
    built = study_in(any_workspace, items=("q1", "q2"), answers=same)
    run = ran(any_workspace, judge_in(any_workspace, built), saying("pass"))
    page = calls(any_workspace, ANA, run_id=run)
    assert [line.n_subjects for line in page.calls] == [2, 2]
    assert [subject for subject, _ in exposed(any_workspace, "Ana")] == sorted(
        built.subjects[f"{item}/{system}"] for item in ("q1", "q2") for system in ("alder", "yew")
    )


def test_the_ledger_adds_up(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    dear, cheap = judge_in(any_workspace, built), judge_in(any_workspace, built, "cheap", seed=1)
    first = ran(any_workspace, dear, failing)
    second = ran(
        any_workspace, cheap, saying("pass", cost=0.001), Selection(kind="output", which="random", n=2, seed=1)
    )
    found = ledger(any_workspace, built.study)
    assert [line.judge for line in found.judges] == ["grader v1", "cheap v1"]
    assert [line.run.id for line in found.runs if line.run] == [second, first]
    # Three replies at a cent (two of q1, one of q2), two passes at two cents; the time-out cost nothing
    assert (
        found.judges[0].cost
        == pytest.approx(3 * 0.01 + 2 * 0.02)
        == pytest.approx(run_status(any_workspace, first).spent)
    )
    assert found.judges[1].cost == pytest.approx(0.002)
    assert found.cost == pytest.approx(sum(line.cost for line in found.runs))
    assert (found.judges[0].n_calls, found.judges[0].failed, found.judges[0].sent) == (6, 4, 6)
    faces = {face.title: face for face in list_judges(any_workspace, built.study)}
    grader = faces["grader v1"]
    assert (grader.n_verdicts, grader.n_unreadable, grader.n_refused, grader.n_calls) == (2, 3, 0, 6)
    assert grader.spent == pytest.approx(0.07)
