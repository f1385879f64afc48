"""A plan says what a run then does: no more is asked, and what is there costs nothing."""

from typing import Any

import pytest

from core.errors import BadInput, Cancelled, NotFound
from core.judging.asked import Reply, Request
from core.judging.pace import RunSettings
from core.judging.spec import JudgeSpec, ReferenceMode
from core.models.items import Reference
from core.scales import pass_fail, preference
from core.workflow.judging import add_judge, draft
from core.workflow.judging_planning import RunPlan, plan_run
from core.workflow.judging_runs import RunFace, run_status, start_run
from core.workflow.judging_selection import Selection
from core.workflow.study_changes import write_guideline
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, build_study
from tests.workflow.answering import Answering, drive, saying

ANA = Visitor("Ana")
MODEL = "openai/gpt-4o-mini"
OUTPUTS = Selection(kind="output")
SETTINGS = RunSettings()


def study_in(workspace: Workspace, **rest: Any) -> Built:
    """A study whose outputs all read differently."""
    return build_study(workspace.database, systems=("alder", "yew"), **rest)


def judge_in(
    workspace: Workspace, built: Built, name: str = "grader", protocol: str = "direct", **changes: object
) -> int:
    spec: JudgeSpec = draft(workspace, built.study, protocol, model=MODEL).changed(**changes)
    return add_judge(workspace, ANA, built.study, name, spec).id


def ran(workspace: Workspace, judge: int, selection: Selection, rule: object = None) -> tuple[RunFace, Answering]:
    client = Answering(rule or saying("pass"))  # type: ignore[arg-type]
    run = start_run(workspace, ANA, judge, selection, SETTINGS)
    drive(workspace, client, run.id)
    return run_status(workspace, run.id), client


def planned(workspace: Workspace, judge: int, selection: Selection = OUTPUTS) -> RunPlan:
    return plan_run(workspace, judge, selection, SETTINGS)


def test_a_plan_equals_what_the_run_then_does(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    judge = judge_in(any_workspace, built, repetitions=2, temperature=1.0)
    plan = planned(any_workspace, judge)
    # 3 items x 2 systems = 6 outputs, 1 criterion, 2 repetitions
    assert (plan.n_subjects, plan.n_calls, plan.n_open, plan.n_already) == (6, 12, 12, 0)
    run, client = ran(any_workspace, judge, OUTPUTS)
    assert run.state == "done"
    assert len(client.asked) == run.sent == plan.n_open == plan.n_requests
    assert (run.n_planned, run.n_done, run.counts.ok, run.share) == (12, 12, 12, 1.0)
    # The client tells as many tokens as are estimated from the messages; the form of the answer comes on top of those.
    assert plan.tokens_in > run.tokens_in > 0.4 * plan.tokens_in


def test_what_is_there_costs_nothing_the_second_time(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    judge = judge_in(any_workspace, built)
    ran(any_workspace, judge, OUTPUTS)
    plan = planned(any_workspace, judge)
    assert (plan.n_open, plan.n_already, plan.tokens_in, plan.cost) == (0, 6, 0, 0.0)
    run, client = ran(any_workspace, judge, OUTPUTS)
    assert (run.state, client.asked, run.counts.already, run.counts.ok) == ("done", [], 6, 0)


def test_another_judge_that_asks_the_very_same_copies_and_pays_nothing(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    ran(any_workspace, judge_in(any_workspace, built), Selection(kind="output", which="listed",
        subjects=(built.subjects["q1/alder"], built.subjects["q2/yew"])))  # fmt: skip
    other = judge_in(any_workspace, built, "same request", variant="only the label differs")
    plan = planned(any_workspace, other)
    assert (plan.n_calls, plan.n_copied, plan.n_open) == (6, 2, 4)
    run, client = ran(any_workspace, other, OUTPUTS)
    assert (len(client.asked), run.counts.copied, run.counts.ok) == (4, 2, 6)


def test_a_changed_guideline_opens_exactly_what_shows_it(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    showing = judge_in(any_workspace, built)
    prompt = draft(any_workspace, built.study, "direct").prompt.replace("{{guideline}}", "")
    hiding = judge_in(any_workspace, built, "without", prompt=prompt)
    for judge in (showing, hiding):
        ran(any_workspace, judge, OUTPUTS)
    write_guideline(any_workspace, ANA, built.study, "Grade with more care.")
    assert (planned(any_workspace, showing).n_open, planned(any_workspace, hiding).n_open) == (6, 0)


def test_two_subjects_with_the_same_request_are_asked_about_once(any_workspace: Workspace) -> None:
    same = {(item, system): ["the same"] for item in ("q1", "q2", "q3") for system in ("alder", "yew")}
    built = study_in(any_workspace, answers=same)
    judge = judge_in(any_workspace, built)
    plan = planned(any_workspace, judge)
    # Each item's two outputs read the same: 3 requests for 6 calls
    assert (plan.n_calls, plan.n_open, plan.n_already) == (6, 3, 3)
    run, client = ran(any_workspace, judge, OUTPUTS)
    assert (len(client.asked), run.counts.ok, run.counts.already, run.n_done) == (3, 3, 3, 6)


def test_pairs_are_asked_in_both_orders(workspace: Workspace) -> None:
    built = study_in(workspace, criteria={"better": ("pair", preference())})
    plan = planned(workspace, judge_in(workspace, built, protocol="pairwise"), Selection(kind="pair"))
    assert (plan.n_subjects, plan.n_calls) == (3, 6)


def test_own_answers_are_counted_once_an_item(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    judge = judge_in(any_workspace, built, protocol="reference", reference_mode=ReferenceMode.SELF)
    plan = planned(any_workspace, judge)
    assert (plan.n_calls, plan.n_open, plan.n_answers, plan.n_requests) == (6, 6, 3, 9)

    def rule(request: Request) -> Reply:
        is_answer = "response_format" not in request.parameters
        return Reply("It is 42.", cost=0.0) if is_answer else saying("pass")(request)

    run, client = ran(any_workspace, judge, OUTPUTS, rule)
    assert (len(client.asked), run.counts.ok) == (9, 6)
    again = planned(any_workspace, judge)
    assert (again.n_open, again.n_answers, again.n_already) == (0, 0, 6)


def test_what_cannot_be_asked_is_counted_with_its_reason(any_workspace: Workspace) -> None:
    built = study_in(any_workspace)
    with any_workspace.database.writing() as session:
        session.add(Reference(item_id=built.items["q1"], text="42", created_at=AT))
    judge = judge_in(any_workspace, built, protocol="reference", reference_mode=ReferenceMode.HUMAN)
    plan = planned(any_workspace, judge)
    assert plan.n_open == 2
    ((reason, n),) = plan.skipped.items()
    assert n == 4
    run, _ = ran(any_workspace, judge, OUTPUTS)
    assert (run.counts.skipped, run.counts.ok, run.n_done) == (4, 2, 6)
    again = planned(any_workspace, judge)
    assert (again.n_open, dict(again.skipped)) == (0, {reason: 4})


def test_cost_follows_the_price_and_says_where_there_is_none(workspace: Workspace) -> None:
    built = study_in(workspace)
    judge = judge_in(workspace, built, max_tokens=100)
    known = planned(workspace, judge)
    assert known.price is not None
    assert known.cost == pytest.approx(known.price.cost(known.tokens_in, known.tokens_out))
    assert known.tokens_out_most == 600
    assert known.cost_most == pytest.approx(known.price.cost(known.tokens_in, 600))
    given = plan_run(workspace, judge, OUTPUTS, RunSettings(price_in=1_000_000.0, price_out=0.0))
    assert given.cost == pytest.approx(given.tokens_in)  # a dollar a token read
    unknown = planned(workspace, judge_in(workspace, built, "other", model="openai/nobody-knows-it"))
    assert (unknown.price, unknown.cost, unknown.cost_most) == (None, None, None)
    free = planned(workspace, judge_in(workspace, built, "any", protocol="random", model="", prompt=""))
    assert (free.cost, free.asks_model, free.n_open) == (0.0, False, 6)


def test_tokens_are_told_by_the_judges_own_calls_once_there_are_enough(workspace: Workspace) -> None:
    items = [f"q{number}" for number in range(1, 21)]
    built = study_in(workspace, items=items)
    judge = judge_in(workspace, built)

    def rule(request: Request) -> Reply:
        return Reply(saying("pass")(request).text, tokens_in=1_000, tokens_out=50, cost=0.0)

    some = Selection(kind="output", which="random", n=19, seed=1)
    ran(workspace, judge, some, rule)
    assert not planned(workspace, judge).is_calibrated
    ran(workspace, judge, Selection(kind="output", which="random", n=30, seed=2), rule)
    plan = planned(workspace, judge)
    assert plan.is_calibrated
    assert 0 < plan.n_open < 21
    # Every request is told to take 1,000 tokens in and 50 out, and all are about equally long
    assert plan.tokens_in == pytest.approx(1_000 * plan.n_open, rel=0.02)
    assert plan.tokens_out == 50 * plan.n_open


def test_of_very_many_subjects_a_part_is_looked_at_and_the_plan_says_so(any_workspace: Workspace) -> None:
    workspace = any_workspace
    built = study_in(workspace, items=[f"q{number}" for number in range(1, 51)])
    judge = judge_in(workspace, built)

    def sampled_plan(selection: Selection = OUTPUTS) -> RunPlan:
        return plan_run(workspace, judge, selection, SETTINGS, exact_up_to=50, sample=40)

    plan = sampled_plan()
    assert (plan.is_sampled, plan.n_looked_at, plan.n_subjects, plan.n_calls) == (True, 40, 100, 100)
    assert (plan.n_open, plan.n_already) == (100, 0)
    ran(workspace, judge, Selection(kind="output", which="random", n=15, seed=5))
    again = sampled_plan()
    # What is there is counted, not estimated
    assert (again.n_already, again.n_open) == (15, 85)
    assert again.tokens_in == pytest.approx(plan.tokens_in * 0.85, rel=0.05)
    assert not sampled_plan(Selection(kind="output", which="random", n=50, seed=5)).is_sampled
    write_guideline(workspace, ANA, built.study, "Grade otherwise.")
    assert sampled_plan().n_open == 100  # none of those that are there stands any more


def test_a_random_plan_names_its_seed_so_that_the_run_takes_the_same(workspace: Workspace) -> None:
    built = study_in(workspace, items=[f"q{number}" for number in range(1, 21)])
    judge = judge_in(workspace, built)
    plan = planned(workspace, judge, Selection(kind="output", which="random", n=10))
    assert plan.selection.seed is not None
    run, _ = ran(workspace, judge, plan.selection)
    assert run.counts.ok == 10
    assert planned(workspace, judge, plan.selection).n_already == 10


def test_a_plan_tells_how_far_it_is_and_can_be_stopped(workspace: Workspace) -> None:
    built = study_in(workspace)
    judge = judge_in(workspace, built)
    told: list[tuple[int, int]] = []
    plan_run(workspace, judge, OUTPUTS, SETTINGS, progress=lambda done, total: told.append((done, total)))
    assert told == [(6, 6)]
    with pytest.raises(Cancelled):
        plan_run(workspace, judge, OUTPUTS, SETTINGS, cancelled=lambda: True)


def test_what_cannot_be_planned_is_refused(workspace: Workspace) -> None:
    built = study_in(workspace, criteria={"ok": ("output", pass_fail())})
    judge = judge_in(workspace, built)
    with pytest.raises(NotFound):
        planned(workspace, 99)
    with pytest.raises(BadInput, match="split"):
        planned(workspace, judge, Selection(kind="output", splits=("final",)))
    none = planned(workspace, judge, Selection(kind="pair"))
    assert (none.n_subjects, none.n_calls, none.cost) == (0, 0, 0.0)
