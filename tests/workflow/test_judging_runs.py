"""Runs of judges as people start, watch, stop, resume and retry them: of two tabs one wins, and the other is told."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from core.errors import BadInput, Conflict, NotFound, TouchstoneError
from core.judging.asked import Reply, Request
from core.judging.pace import RunSettings
from core.models.items import Draw, DrawnSubject
from core.models.judging import Run, Worker
from core.models.ratings import Rating
from core.workflow.judging import add_judge, add_jury, draft, find_judge
from core.workflow.judging_runs import (
    RunFace,
    cancel_run,
    list_runs,
    missing_key,
    pause_run,
    resume_run,
    retry_run,
    run_status,
    start_run,
    try_on,
    worker_state,
)
from core.workflow.judging_selection import Selection
from core.workflow.studies import close_study
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, build_study
from tests.conftest import Clock
from tests.workflow.answering import Answering, drive, saying

ANA = Visitor("Ana")
OUTPUTS = Selection(kind="output")
SETTINGS = RunSettings(tries=1)


def study_in(workspace: Workspace, **rest: Any) -> Built:
    return build_study(workspace.database, systems=("alder", "yew"), **rest)


def judge_in(workspace: Workspace, built: Built, name: str = "grader", **changes: Any) -> int:
    spec = draft(workspace, built.study, "direct", model="openai/gpt-4o-mini").changed(**changes)
    return add_judge(workspace, ANA, built.study, name, spec).id


def started(workspace: Workspace, judge: int, **rest: Any) -> RunFace:
    return start_run(workspace, ANA, judge, rest.pop("selection", OUTPUTS), SETTINGS, **rest)


def test_a_run_that_was_just_started_waits_for_a_worker(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    run = started(any_workspace, judge_in(any_workspace, built), budget=2.5)
    assert (run.state, run.judge_title, run.purpose, run.created_by, run.budget) == (
        "queued", "grader v1", "run", "Ana", 2.5,
    )  # fmt: skip
    assert (run.share, run.rate, run.seconds_left, run.spent, run.n_planned) == (None, None, None, 0.0, 0)
    assert (run.is_active, run.can_pause, run.can_resume, run.can_retry, run.worker_alive) == (
        True, True, False, False, False,
    )  # fmt: skip
    assert run.selection.up_to_subject_id is not None
    assert list_runs(any_workspace, built.study) == (run,) == list_runs(any_workspace, built.study, run.judge_id)


def test_a_judge_has_one_run_at_a_time_and_a_refused_one_leaves_nothing(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    judge = judge_in(any_workspace, built)
    first = started(any_workspace, judge)
    with pytest.raises(Conflict, match=rf"queued already \(number {first.id}\)"):
        started(any_workspace, judge)
    started(any_workspace, judge_in(any_workspace, built, "other", seed=1))  # another judge may
    try_on(any_workspace, ANA, judge, built.subjects["q1/alder"])  # and a trial beside it
    with any_workspace.database.reading() as session:
        assert len(session.exec(select(Draw)).all()) == 2


def test_of_two_tabs_that_start_at_once_one_wins(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    judge = judge_in(any_workspace, built)

    def press(_tab: int) -> str:
        try:
            return started(any_workspace, judge).state
        except Conflict as error:
            return str(error)

    with ThreadPoolExecutor(4) as tabs:
        said = list(tabs.map(press, range(4)))
    assert sorted(said, key=len)[0] == "queued"
    assert sum("already" in one for one in said) == 3
    with any_workspace.database.reading() as session:
        assert len(session.exec(select(Run)).all()) == 1
        assert len(session.exec(select(Draw)).all()) == 1


def test_pause_resume_and_cancel_are_pressed_twice_without_harm(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    run = started(any_workspace, judge_in(any_workspace, built)).id
    assert pause_run(any_workspace, run).state == pause_run(any_workspace, run).state == "paused"
    assert resume_run(any_workspace, run).state == resume_run(any_workspace, run).state == "queued"
    ended = cancel_run(any_workspace, run)
    assert (ended.state, ended.reason, ended.done_at) == ("cancelled", "cancelled by a person", ended.created_at)
    assert cancel_run(any_workspace, run).state == "cancelled"
    with pytest.raises(Conflict, match="cancelled meanwhile, so it was not paused"):
        pause_run(any_workspace, run)
    again = resume_run(any_workspace, run)
    assert (again.state, again.reason, again.done_at) == ("queued", "", None)


def test_of_cancel_and_resume_at_once_both_leave_one_state(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    run = started(any_workspace, judge_in(any_workspace, built)).id
    pause_run(any_workspace, run)

    def press(act: Any) -> str:
        try:
            act(any_workspace, run)
        except Conflict as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as tabs:
        said = list(tabs.map(press, (cancel_run, resume_run)))
    # Whoever comes second acts on what the first left: a resumed run is cancelled, a cancelled one is resumed.
    assert run_status(any_workspace, run).state in ("cancelled", "queued")
    assert said == ["", ""]


def test_a_done_run_cannot_be_stopped_or_resumed(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    run = started(any_workspace, judge_in(any_workspace, built)).id
    drive(any_workspace, Answering(saying("pass")), run)
    for act, what in ((cancel_run, "cancelled"), (pause_run, "paused"), (resume_run, "resumed")):
        with pytest.raises(Conflict, match=rf"Run {run} is done meanwhile, so it was not {what}"):
            act(any_workspace, run)


def test_a_cancelled_run_is_not_resumed_beside_another(workspace: Workspace) -> None:
    built = study_in(workspace)
    judge = judge_in(workspace, built)
    first = started(workspace, judge).id
    cancel_run(workspace, first)
    second = started(workspace, judge).id
    with pytest.raises(Conflict, match=f"number {second}"):
        resume_run(workspace, first)


def test_a_budget_needs_a_price_and_is_above_nothing(workspace: Workspace) -> None:
    built = study_in(workspace)
    unknown = judge_in(workspace, built, model="openai/nobody-knows-it")
    with pytest.raises(BadInput, match="no price is known"):
        started(workspace, unknown, budget=1.0)
    priced = RunSettings(price_in=1.0, price_out=2.0)
    assert start_run(workspace, ANA, unknown, OUTPUTS, priced, budget=1.0).budget == 1.0
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(BadInput, match="budget"):
            started(workspace, judge_in(workspace, built, f"j{wrong}", seed=int(abs(wrong) == 1.0) + 2 * (wrong == 0)),
                    budget=wrong)  # fmt: skip


def test_a_run_stopped_by_its_budget_goes_on_with_a_higher_one(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    run = started(any_workspace, judge_in(any_workspace, built), budget=0.25).id
    drive(any_workspace, Answering(saying("pass", cost=0.1)), run)
    stopped = run_status(any_workspace, run)
    assert stopped.state == "stopped"
    assert "budget" in stopped.reason
    assert stopped.is_out_of_budget
    assert stopped.spent >= 0.25
    with pytest.raises(Conflict, match="is spent"):
        resume_run(any_workspace, run)
    assert resume_run(any_workspace, run, budget=5.0).budget == 5.0
    client = Answering(saying("pass", cost=0.1))
    drive(any_workspace, client, run)
    done = run_status(any_workspace, run)
    assert (done.state, done.counts.ok, done.n_done) == ("done", 6, 6)
    assert done.spent == pytest.approx(0.6)  # six calls at ten cents, none of them twice


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"concurrency": 2.5},
        {"requests_per_minute": 0},
        {"tokens_per_minute": -1},
        {"timeout": 0.0},
        {"tries": 0},
        {"price_in": -1.0},
        {"price_out": float("nan")},
    ],
)
def test_settings_out_of_their_range_are_refused(workspace: Workspace, wrong: dict[str, Any]) -> None:
    built = study_in(workspace)
    with pytest.raises(BadInput):
        start_run(workspace, ANA, judge_in(workspace, built), OUTPUTS, RunSettings(**wrong))


def test_what_is_never_run_is_refused(workspace: Workspace) -> None:
    built = study_in(workspace)
    ids = [judge_in(workspace, built, f"j{seed}", seed=seed) for seed in (1, 2)]
    jury = add_jury(workspace, ANA, built.study, "both", members=ids)
    with pytest.raises(BadInput):
        started(workspace, jury.id)
    with pytest.raises(NotFound):
        started(workspace, 99)
    with pytest.raises(NotFound):
        run_status(workspace, 99)
    with pytest.raises(BadInput, match="none of outputs graded"):
        started(workspace, ids[0], selection=Selection(kind="output", which="graded"))


def test_a_closed_study_can_still_be_judged(workspace: Workspace) -> None:
    built = study_in(workspace)
    judge = judge_in(workspace, built)
    close_study(workspace, ANA, built.study, closed=True)
    assert started(workspace, judge).state == "queued"


def test_a_trial_judges_one_subject_and_draws_nothing(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    judge = judge_in(any_workspace, built)
    run = try_on(any_workspace, ANA, judge, built.subjects["q2/yew"])
    assert (run.purpose, run.selection.subjects) == ("trial", (built.subjects["q2/yew"],))
    client = Answering(saying("fail"))
    drive(any_workspace, client, run.id)
    with any_workspace.database.reading() as session:
        ratings = session.exec(select(Rating)).all()
        assert session.exec(select(Draw)).all() == []
    assert [(one.subject_id, one.option) for one in ratings] == [(built.subjects["q2/yew"], "fail")]
    other = build_study(any_workspace.database, name="Other")
    with pytest.raises(BadInput, match="subject"):
        try_on(any_workspace, ANA, judge, other.subjects["q1/alder"])


def rule_failing(*failing: str, verdict: str = "pass") -> Any:
    """Says "maybe", which is off the scale, where one of these words is in what is asked."""

    def rule(request: Request) -> Reply:
        text = " ".join(message["content"] for message in request.messages)
        said = "maybe" if any(word in text for word in failing) else verdict
        return Reply(json.dumps({"rationale": "so", "verdict": said}), tokens_in=5, tokens_out=5, cost=0.01)

    return rule


def test_a_retry_asks_what_failed_and_nothing_else(any_workspace: Workspace, clock: Clock) -> None:
    built = study_in(any_workspace)
    judge = judge_in(any_workspace, built)
    run = started(any_workspace, judge).id
    drive(any_workspace, Answering(rule_failing("Question q2")), run)
    failed = run_status(any_workspace, run)
    assert (failed.counts.ok, failed.counts.unreadable, failed.can_retry) == (4, 2, True)
    clock.advance(minutes=1)
    retried = retry_run(any_workspace, ANA, run)
    assert (retried.retry_of_id, retried.selection.statuses) == (run, ("unreadable", "refused", "provider error"))
    client = Answering(rule_failing())
    drive(any_workspace, client, retried.id)
    done = run_status(any_workspace, retried.id)
    assert (len(client.asked), done.counts.ok, done.n_planned, done.n_done) == (2, 2, 2, 2)
    first = run_status(any_workspace, run)
    assert (first.counts.unreadable, first.still_failed, first.can_retry) == (2, 0, False)
    assert not any(one.can_retry for one in list_runs(any_workspace, built.study))
    face = find_judge(any_workspace, built.study, judge)
    assert (face.n_verdicts, face.n_unreadable, face.n_calls) == (6, 0, 6)
    with pytest.raises(BadInput, match="no call that is"):
        retry_run(any_workspace, ANA, run)
    with pytest.raises(BadInput, match="statuses"):
        retry_run(any_workspace, ANA, run, statuses=("ok",))


def test_a_retry_can_be_narrowed_to_a_cause(any_workspace: Workspace, clock: Clock) -> None:
    built = study_in(any_workspace)
    run = started(any_workspace, judge_in(any_workspace, built)).id

    def rule(request: Request) -> Reply:
        text = " ".join(message["content"] for message in request.messages)
        return Reply("" if "Question q1" in text else rule_failing("Question q2")(request).text, cost=0.0)

    drive(any_workspace, Answering(rule), run)
    assert run_status(any_workspace, run).counts.unreadable == 4
    clock.advance(minutes=1)
    retried = retry_run(any_workspace, ANA, run, causes=("out of scale",))
    client = Answering(saying("pass"))
    drive(any_workspace, client, retried.id)
    assert len(client.asked) == 2
    assert all("Question q2" in " ".join(m["content"] for m in request.messages) for request in client.asked)


def test_a_retry_serves_every_subject_with_the_same_request(any_workspace: Workspace, clock: Clock) -> None:
    same = {(item, system): ["the same"] for item in ("q1", "q2", "q3") for system in ("alder", "yew")}
    built = study_in(any_workspace, answers=same)
    judge = judge_in(any_workspace, built)
    run = started(any_workspace, judge).id
    drive(any_workspace, Answering(rule_failing("Question q2")), run)
    clock.advance(minutes=1)
    retried = retry_run(any_workspace, ANA, run)
    client = Answering(saying("pass"))
    drive(any_workspace, client, retried.id)
    assert len(client.asked) == 1
    assert find_judge(any_workspace, built.study, judge).n_verdicts == 6


def test_rate_and_time_left_follow_the_counters_and_the_clock(workspace: Workspace, clock: Clock) -> None:
    built = study_in(workspace)
    run = started(workspace, judge_in(workspace, built)).id
    with workspace.database.writing() as session:
        row = session.get_one(Run, run)
        row.state, row.started_at = "running", clock()
        row.counters = {"planned": 100, "done": 40, "already": 10, "ok": 30, "spent": 1.5, "in_flight": 4, "sent": 34}
        session.add(row)
    clock.advance(seconds=15)
    face = run_status(workspace, run)
    # 30 asked in 15 s: 2 a second; 60 are left: 30 s
    assert (face.rate, face.seconds_left, face.share) == (2.0, 30.0, 0.4)
    assert (face.spent, face.in_flight, face.sent) == (1.5, 4, 34)
    pause_run(workspace, run)
    assert run_status(workspace, run).seconds_left is None


def test_while_it_runs_the_rate_is_that_of_the_last_minute(any_workspace: Workspace, clock: Clock) -> None:
    built = study_in(any_workspace)
    run = started(any_workspace, judge_in(any_workspace, built)).id
    clock.advance(hours=1)
    drive(any_workspace, Answering(saying("pass")), run)
    with any_workspace.database.writing() as session:
        row = session.get_one(Run, run)
        row.state, row.started_at, row.done_at = "running", clock() - timedelta(hours=1), None
        row.counters = {"planned": 100, "done": 6, "ok": 6}
        session.add(row)
    clock.advance(seconds=3)
    # Six calls came in the last minute; over the hour it would be 6 / 3603 a second
    assert run_status(any_workspace, run).rate == pytest.approx(6 / 60)
    clock.advance(minutes=2)
    assert run_status(any_workspace, run).rate == pytest.approx(6 / 3723)


def test_a_key_that_no_worker_has_is_named(workspace: Workspace, clock: Clock) -> None:
    built = study_in(workspace)
    spec = find_judge(workspace, built.study, judge_in(workspace, built)).spec
    assert missing_key(workspace, spec) == ""  # there is no worker: that is said elsewhere
    with workspace.database.writing() as session:
        session.add(Worker(id="1@here:a", heartbeat_at=clock(), variables=["MISTRAL_API_KEY"], started_at=AT))
    assert missing_key(workspace, spec) == "OPENAI_API_KEY"
    assert missing_key(workspace, spec.changed(api_base="http://127.0.0.1:11434/v1")) == ""
    assert missing_key(workspace, spec.changed(model="mistral/mistral-large-latest")) == ""


def test_a_worker_is_alive_as_long_as_its_heart_beats(any_workspace: Workspace, clock: Clock) -> None:
    none = worker_state(any_workspace)
    assert (none.is_alive, none.variables) == (False, ())
    assert "touchstone worker" in none.advice
    with any_workspace.database.writing() as session:
        session.add(Worker(id="1@here:a", heartbeat_at=clock(), variables=["B_KEY", "A_KEY"], started_at=AT))
        session.add(Worker(id="2@here:b", heartbeat_at=clock() - timedelta(seconds=15), variables=["C"], started_at=AT))
    state = worker_state(any_workspace)
    assert (state.is_alive, state.n_workers, state.variables, state.advice) == (True, 1, ("A_KEY", "B_KEY"), "")
    clock.advance(seconds=14.9)
    assert worker_state(any_workspace).is_alive
    clock.advance(seconds=0.2)
    assert not worker_state(any_workspace).is_alive


def test_many_listed_subjects_stand_before_a_worker_may_take_the_run_up(any_workspace: Workspace) -> None:
    built = study_in(any_workspace, items=[f"q{n}" for n in range(1, 31)])
    judge = judge_in(any_workspace, built)
    run = started(any_workspace, judge, selection=Selection(kind="output", which="random", n=50, seed=3), at_once=7)
    assert (run.state, run.reason) == ("queued", "")
    with any_workspace.database.reading() as session:
        rows = session.exec(select(DrawnSubject)).all()
    assert sorted(row.rank for row in rows) == list(range(50))
    client = Answering(saying("pass"))
    drive(any_workspace, client, run.id)
    assert (len(client.asked), run_status(any_workspace, run.id).counts.ok) == (50, 50)


def test_a_run_whose_subjects_were_never_all_chosen_is_not_resumed(workspace: Workspace) -> None:
    built = study_in(workspace)
    run = started(workspace, judge_in(workspace, built)).id
    pause_run(workspace, run)
    with workspace.database.writing() as session:  # as a process that died while it wrote them would leave it
        row = session.get_one(Run, run)
        row.selection = row.selection | {"up_to_subject_id": None}
        session.add(row)
    with pytest.raises(Conflict, match="not all chosen"):
        resume_run(workspace, run)
    assert cancel_run(workspace, run).state == "cancelled"


def test_every_refusal_is_an_expected_error(workspace: Workspace) -> None:
    built = study_in(workspace)
    judge = judge_in(workspace, built)
    for selection in (Selection(kind="pair"), Selection(kind="x"), Selection(kind="output", which="random")):
        with pytest.raises(TouchstoneError):
            started(workspace, judge, selection=selection)
    assert list_runs(workspace, built.study) == ()
