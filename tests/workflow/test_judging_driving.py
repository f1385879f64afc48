"""Runs driven to their end over real HTTP: nothing lost, nothing mixed, nothing paid twice, failures as rows."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.judging.asked import Reply
from core.judging.provider_errors import ProviderError
from core.judging.spec import ReferenceMode
from core.models.study import Guideline
from core.scales import preference
from core.workflow.judging_runs import resume_run, retry_run, run_status
from core.workflow.workspace import Workspace
from tests.builders import AT
from tests.llm_server import (
    Body,
    LlmServer,
    ScriptedReply,
    drops,
    empty,
    fails,
    fenced,
    prose,
    rate_limited,
    refuses,
    says,
    slow,
)
from tests.workflow.judged import (
    ANN,
    GOOD,
    Parrot,
    a_judge,
    begin,
    drive,
    judged_study,
    parrot,
    rows,
    standing,
)

SYSTEMS = ("alder", "cedarwood")  # names of different lengths: the builder's outputs differ by them


def prompt(body: Body) -> str:
    return "\n".join(str(message["content"]) for message in body["messages"])


def asked_about(body: Body) -> str:
    """The output's text in a prompt, as the builder writes it."""
    return prompt(body).split("Answer to ")[1].split("\n")[0]


def the_call(workspace: Workspace) -> Any:
    return rows(workspace, "select * from call")[0]


# What is kept -------------------------------------------------------------------------------------------------------


def test_every_subject_is_asked_about_once_and_its_verdicts_name_the_call(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=4, systems=SYSTEMS)

    def script(body: Body, _before: int) -> ScriptedReply:
        good = asked_about(body).startswith(("q0", "q2"))
        verdicts = {"q1": {"rationale": f"On {asked_about(body)}", "verdict": "5" if good else "2"},
                    "q2": {"rationale": "So.", "verdict": "pass" if good else "fail"}}  # fmt: skip
        return says(verdicts, usage=(100, 20))

    with LlmServer(script) as server:
        judge = a_judge(any_workspace, built, server.api_base)
        [face] = drive(any_workspace, begin(any_workspace, judge, price_in=1.0, price_out=10.0))
        assert (len(server.requests), server.repeats()) == (8, 0)
    assert (face.state, face.n_planned, face.n_done, face.counts.ok, face.sent, face.in_flight) == (
        "done", 8, 8, 8, 8, 0
    )  # fmt: skip
    # 8 x (100 x 1 + 20 x 10) / 1,000,000
    assert face.spent == pytest.approx(8 * 300 / 1e6)
    assert (face.tokens_in, face.tokens_out) == (800, 160)
    found = rows(
        any_workspace,
        "select s.key, c.lineage, r.option, r.rationale, k.subject_id = r.subject_id from rating r"
        " join subject s on s.id = r.subject_id join criterion c on c.id = r.criterion_id"
        " join call k on k.id = r.call_id",
    )
    assert len(found) == 16
    for key, lineage, option, rationale, is_own in found:
        item = key.split("/")[0]
        good = item in ("q0", "q2")
        assert option == {"quality": "5" if good else "2", "acceptable": "pass" if good else "fail"}[lineage]
        assert lineage != "quality" or item in rationale
        assert is_own
    assert set(standing(any_workspace, judge.rater_id).values()) == {1}


def test_a_second_run_finds_everything_there_and_pays_nothing(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    client = parrot(GOOD, cost=0.01)
    judge = a_judge(any_workspace, built, "")
    drive(any_workspace, begin(any_workspace, judge), client=lambda _settings: client)
    [again] = drive(any_workspace, begin(any_workspace, judge), client=lambda _settings: client)
    assert len(client.asked) == 6
    assert (again.counts.already, again.n_done, again.sent, again.spent) == (6, 6, 0, 0.0)


def test_the_same_request_of_two_subjects_is_sent_once_and_serves_both(any_workspace: Workspace) -> None:
    # The two systems of every item gave the same answer: 3 requests for 6 subjects.
    built = judged_study(any_workspace.database)
    client = parrot(GOOD)
    judge = a_judge(any_workspace, built, "")
    [face] = drive(any_workspace, begin(any_workspace, judge), client=lambda _settings: client)
    assert len(client.asked) == 3
    assert (face.counts.ok, face.counts.already, face.n_done) == (3, 3, 6)
    assert len(standing(any_workspace, judge.rater_id)) == 12
    [(calls,)] = rows(any_workspace, "select count(distinct call_id) from rating where rater_id = :r", r=judge.rater_id)
    assert calls == 3


def test_another_judge_with_the_same_request_copies_the_reply_and_pays_nothing(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    client = parrot(GOOD, cost=0.5)
    first = a_judge(any_workspace, built, "", repetitions=1)
    second = a_judge(any_workspace, built, "", name="twin", repetitions=2)
    drive(any_workspace, begin(any_workspace, first), client=lambda _settings: client)
    [face] = drive(any_workspace, begin(any_workspace, second), client=lambda _settings: client)
    # Repetition 0 is copied, repetition 1 is its own.
    assert (face.counts.copied, face.counts.ok, face.sent) == (6, 12, 6)
    assert face.spent == pytest.approx(3.0)
    copied = rows(
        any_workspace, "select attempts, cost, tokens_in, repetition from call where copied_from_id is not null"
    )
    assert {tuple(row) for row in copied} == {(0, 0.0, None, 0)}
    assert set(standing(any_workspace, second.rater_id).values()) == {1}
    assert len(standing(any_workspace, second.rater_id)) == 24


def test_a_changed_guideline_asks_everything_again_and_its_return_nothing(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    client = parrot(GOOD)
    judge = a_judge(any_workspace, built, "")

    def run() -> int:
        before = len(client.asked)
        drive(any_workspace, begin(any_workspace, judge), client=lambda _settings: client)
        return len(client.asked) - before

    def write(version: int, words: str) -> None:
        with any_workspace.database.writing() as session:
            session.add(Guideline(study_id=built.study, version=version, text=words, created_at=AT))

    assert run() == 6
    write(2, "Grade with more care.")
    assert run() == 6
    assert len(standing(any_workspace, judge.rater_id)) == 12
    write(3, "Grade with care.")  # as it was at first
    assert run() == 0
    places = standing(any_workspace, judge.rater_id)
    assert (len(places), set(places.values())) == (12, {1})
    # What stands now are the verdicts on the requests as they are now: those of the first six calls.
    [(newest,)] = rows(any_workspace, "select max(r.call_id) from rating r where r.rater_id = :r and not exists"
                       " (select 1 from rating n where n.supersedes_id = r.id)", r=judge.rater_id)  # fmt: skip
    assert newest <= 6


def test_a_pair_is_asked_in_both_orders_and_equal_outputs_in_one_call(any_workspace: Workspace) -> None:
    criteria = {"better": ("pair", preference())}
    built = judged_study(any_workspace.database, items=2, criteria=criteria, systems=SYSTEMS)
    same = judged_study(any_workspace.database, items=1, criteria=criteria, name="Same")
    client = parrot({"q1": {"rationale": "The first.", "verdict": "first"}})
    for study, n_asked, name in ((built, 4, "pairs"), (same, 1, "equals")):
        client.asked.clear()
        judge = a_judge(any_workspace, study, "", protocol="pairwise", kind="pair", name=name)
        [face] = drive(any_workspace, begin(any_workspace, judge, kind="pair"), client=lambda _settings: client)
        assert face.state == "done"
        assert len(client.asked) == n_asked, client.asked
        found = rows(any_workspace, "select order_shown, option, absence from rating where rater_id = :r",
                     r=judge.rater_id)  # fmt: skip
        # "the first" is A where A stood first, else B
        assert {tuple(row) for row in found} == {("AB", "A", None), ("BA", "B", None)}, found


# What goes wrong ----------------------------------------------------------------------------------------------------


def test_failures_are_rows_with_their_cause_and_only_they_are_retried(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=7, systems=("alder",))
    bad: dict[str, Callable[[], ScriptedReply]] = {
        "q0": lambda: says("I like it."), "q1": refuses, "q2": empty, "q3": lambda: fails(400, "too strange"),
    }  # fmt: skip
    is_mended = False

    def script(body: Body, _before: int) -> ScriptedReply:
        item = asked_about(body).split()[0]
        if item in bad and not is_mended:
            return bad[item]()
        return {"q4": fenced(GOOD), "q5": prose(GOOD)}.get(item, says(GOOD))

    with LlmServer(script) as server:
        judge = a_judge(any_workspace, built, server.api_base)
        [face] = drive(any_workspace, begin(any_workspace, judge))
        counts = face.counts
        assert (counts.ok, counts.unreadable, counts.refused, counts.error) == (3, 2, 1, 1)
        assert len(server.requests) == 7
        absent = dict(rows(any_workspace, "select absence, count(*) from rating where absence is not null group by 1"))
        assert absent == {"unreadable": 4, "refused": 2}
        causes = {cause for (cause,) in rows(any_workspace, "select cause from call where status <> 'ok'")}
        assert "" not in causes
        [(error,)] = rows(any_workspace, "select error from call where status = 'provider error'")
        assert "too strange" in error
        is_mended = True
        any_workspace.clock.advance(seconds=60)  # type: ignore[attr-defined]
        [again] = drive(any_workspace, retry_run(any_workspace, ANN, face.id))
        assert len(server.requests) == 11
    assert (again.counts.ok, again.n_planned, again.n_done, again.counts.already) == (4, 4, 4, 0)
    places = standing(any_workspace, judge.rater_id)
    assert (len(places), set(places.values())) == (14, {1})
    assert rows(any_workspace, "select count(*) from call where status <> 'ok'") == [(0,)]
    kept = rows(any_workspace, "select a.number, a.status, c.attempts, a.run_id from call_attempt a"
                " join call c on c.id = a.call_id order by a.call_id")  # fmt: skip
    assert [tuple(row)[::2] for row in kept] == [(1, 2)] * 4
    assert {row[3] for row in kept} == {face.id}
    assert run_status(any_workspace, face.id).counts.ok == 3  # the first run's numbers stay


def test_what_may_pass_is_tried_again_and_every_attempt_is_kept(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=1, systems=("alder",))
    replies = [fails(500), rate_limited("0.2"), drops(), says(GOOD)]
    with LlmServer(lambda _body, before: replies[before]) as server:
        judge = a_judge(any_workspace, built, server.api_base)
        [face] = drive(any_workspace, begin(any_workspace, judge))
    assert (face.counts.ok, face.sent) == (1, 4)
    assert the_call(any_workspace).attempts == 4
    kept = rows(any_workspace, "select number, cause from call_attempt order by number")
    assert [tuple(row) for row in kept] == [(1, "server error"), (2, "rate limit"), (3, "connection")]


def test_a_run_stops_where_every_call_would_fail_alike_and_burns_nothing(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=20, systems=("alder",))
    is_wrong = True

    def script(_body: Body, _before: int) -> ScriptedReply:
        return fails(401, "Incorrect API key provided") if is_wrong else says(GOOD)

    with LlmServer(script) as server:
        judge = a_judge(any_workspace, built, server.api_base)
        [face] = drive(any_workspace, begin(any_workspace, judge, concurrency=4))
        assert (face.state, face.n_done) == ("stopped", 0)
        assert "key refused" in face.reason
        assert len(server.requests) <= 4
        assert rows(any_workspace, "select count(*) from call") == [(0,)]
        is_wrong = False
        [resumed] = drive(any_workspace, resume_run(any_workspace, face.id))
    assert (resumed.state, resumed.counts.ok) == ("done", 20)


def test_twenty_five_failures_in_a_row_stop_a_run_and_burn_nothing(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=60, systems=("alder",))
    failing = True

    def said(_request: object) -> Reply:
        if failing:
            raise ProviderError("server error", "500: down", is_transient=True)
        return Reply(json.dumps(GOOD))

    client = Parrot(said)
    judge = a_judge(any_workspace, built, "")
    [face] = drive(any_workspace, begin(any_workspace, judge, tries=1, concurrency=3), client=lambda _settings: client)
    assert face.state == "stopped"
    assert "25 calls in a row failed" in face.reason
    assert "500: down" in face.reason
    assert len(client.asked) <= 28
    failing = False
    [resumed] = drive(any_workspace, resume_run(any_workspace, face.id), client=lambda _settings: client)
    assert (resumed.state, resumed.counts.ok, resumed.counts.error) == ("done", 60, 0)


def test_fewer_failures_than_that_are_rows_of_a_run_that_is_done(workspace: Workspace) -> None:
    built = judged_study(workspace.database, items=5, systems=("alder",))
    with LlmServer(fails(500)) as server:
        judge = a_judge(workspace, built, server.api_base)
        [face] = drive(workspace, begin(workspace, judge, tries=1))
    assert (face.state, face.counts.error, face.n_done) == ("done", 5, 5)


# Own answers --------------------------------------------------------------------------------------------------------


def test_the_own_answer_is_asked_once_for_an_item_and_stands_in_every_verdict(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=2, systems=SYSTEMS)

    def script(body: Body, _before: int) -> ScriptedReply:
        if "Answer to" in prompt(body):
            assert "My own answer" in prompt(body)
            return says(GOOD)
        return slow(says("My own answer"), 0.2)

    with LlmServer(script) as server:
        judge = a_judge(any_workspace, built, server.api_base, protocol="reference", reference_mode=ReferenceMode.SELF,
                        repetitions=2)  # fmt: skip
        [face] = drive(any_workspace, begin(any_workspace, judge))
        # 2 own answers; 2 items x 2 outputs x 2 repetitions verdicts
        assert len(server.requests) == 10, [prompt(one.body)[:80] for one in server.requests]
    assert (face.n_planned, face.n_done, face.counts.ok) == (8, 8, 8)
    assert rows(any_workspace, "select kind, count(*) from call group by kind order by 1") == [
        ("answer", 2), ("verdict", 8)
    ]  # fmt: skip


def test_where_the_own_answer_fails_its_verdicts_are_failures_and_a_retry_asks_both(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=2, systems=SYSTEMS)
    is_broken = True

    def script(body: Body, _before: int) -> ScriptedReply:
        if "Answer to" in prompt(body):
            return says(GOOD)
        return fails(400, "no") if is_broken and "Question q0" in prompt(body) else says("Mine")

    with LlmServer(script) as server:
        judge = a_judge(any_workspace, built, server.api_base, protocol="reference", reference_mode=ReferenceMode.SELF)
        [face] = drive(any_workspace, begin(any_workspace, judge))
        assert (face.counts.ok, face.counts.error, face.n_done) == (2, 2, 4)
        is_broken = False
        any_workspace.clock.advance(seconds=60)  # type: ignore[attr-defined]
        [again] = drive(any_workspace, retry_run(any_workspace, ANN, face.id))
    assert again.counts.ok == 2
    places = standing(any_workspace, judge.rater_id)
    assert (len(places), set(places.values())) == (8, {1})
