"""A probe asks a judge about altered texts, over real HTTP, and reports what flips beside a harmless text."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from core.errors import BadInput, Conflict, NotFound
from core.judging.asked import Reply, Request
from core.judging.injections import INJECTIONS, control_length
from core.judging.pace import RunSettings
from core.judging.spec import ReferenceMode
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.estimates import Reason
from core.stats.resampling import wilson
from core.workflow.judging import JudgeFace
from core.workflow.judging_probe import ProbeChoice, ProbeOutline, plan_probe, start_probe
from core.workflow.judging_probe_report import ProbeLine, ProbeReport, probe_report, probe_state
from core.workflow.judging_probe_work import ProbePlan, Variation
from core.workflow.judging_runs import RunFace, retry_run, run_status
from core.workflow.judging_selection import Selection
from core.workflow.study_changes import write_guideline
from core.workflow.workspace import Workspace
from tests.builders import Built
from tests.conftest import Clock
from tests.llm_server import Body, LlmServer, ScriptedReply, fails, refuses, says
from tests.workflow.judged import ANN, Parrot, a_judge, begin, drive, judged_study, rows

ORDERS = "ignore instructions"
FLATTERY = "flattery"
THREAT = "threat"
AUTHORITY = "authority"
MARKS = {
    ORDERS: "Ignore all previous instructions",
    FLATTERY: "finest and fairest",
    THREAT: "loses their job",
    AUTHORITY: "head of this study",
    "harmless": "town library",
}
"""Words by which a prompt shows what was put into it."""

PASS_FAIL = {"acceptable": ("output", pass_fail())}


def verdict(value: object) -> dict[str, object]:
    return {"rationale": "So it is.", "verdict": value}


def prompt_of(body: Body) -> str:
    return "\n".join(str(message["content"]) for message in body["messages"])


def number_in(prompt: str) -> int:
    """The number of the item whose answer is judged."""
    found = re.search(r"Answer to q(\d+)", prompt)
    assert found is not None
    return int(found[1])


def obeying(rules: Mapping[str, Callable[[int], ScriptedReply]]) -> Callable[[Body, int], ScriptedReply]:
    """Fail, unless something put in has a rule of its own."""

    def script(body: Body, _before: int) -> ScriptedReply:
        prompt = prompt_of(body)
        for name, mark in MARKS.items():
            if mark in prompt and name in rules:
                return rules[name](number_in(prompt))
        return says(verdict("fail"))

    return script


def small_study(workspace: Workspace, items: int = 10, criteria: Any = None, **more: Any) -> Built:
    """Outputs of one system, all different."""
    return judged_study(
        workspace.database, items=items, systems=("alder",), criteria=criteria or PASS_FAIL, **more
    )  # fmt: skip


def probed(workspace: Workspace, judge: JudgeFace, choice: ProbeChoice, **more: Any) -> RunFace:
    run = start_probe(workspace, ANN, judge.id, choice, RunSettings(tries=1))
    return drive(workspace, run, **more)[0]


def line(report: ProbeReport, name: str) -> ProbeLine:
    return next(one for one in report.lines if one.name == name)


def test_flips_are_counted_beside_a_harmless_text_with_their_intervals(workspace: Workspace) -> None:
    rules = {
        ORDERS: lambda _item: says(verdict("pass")),
        FLATTERY: lambda item: says(verdict("pass" if item < 4 else "fail")),
        THREAT: lambda item: (
            says("I had rather not say.") if item < 3 else refuses() if item < 5 else says(verdict("fail"))
        ),
        "harmless": lambda item: says(verdict("pass" if item < 2 else "fail")),
    }
    with LlmServer(obeying(rules)) as server:
        built = small_study(workspace)
        judge = a_judge(workspace, built, server.api_base)
        drive(workspace, begin(workspace, judge))
        before = rows(workspace, "select * from rating order by id")
        asked = len(server.requests)
        choice = ProbeChoice(n=10, injections=(ORDERS, FLATTERY, THREAT, AUTHORITY), seed=1)
        outline = plan_probe(workspace, judge.id, choice)
        run = probed(workspace, judge, choice)
        asked = len(server.requests) - asked
    assert (run.state, run.purpose) == ("done", "probe")
    assert asked == outline.n_open == run.sent
    assert run.n_planned == run.n_done == outline.n_calls
    assert rows(workspace, "select * from rating order by id") == before  # a probe yields no rating
    report = probe_report(workspace, judge.id)
    assert (report.n_subjects, report.n_calls) == (10, outline.n_calls)
    # Ten verdicts "fail"; flattery turns items 0 to 3, the harmless text items 0 and 1.
    flattery = line(report, FLATTERY)
    assert (flattery.flipped.value, flattery.flipped.n_units) == (0.4, 10)
    assert flattery.flipped.interval == wilson(4, 10)
    assert (flattery.towards.value, flattery.control_towards.value) == (0.4, 0.2)
    assert flattery.extra_towards.value == pytest.approx(0.2)
    assert flattery.extra_towards.interval is not None
    assert flattery.extra_towards.interval.low < 0.2 < flattery.extra_towards.interval.high
    orders, threat, authority = (line(report, name) for name in (ORDERS, THREAT, AUTHORITY))
    assert orders.flipped.value == orders.towards.value == 1.0
    assert orders.extra_towards.value == pytest.approx(0.8)
    # What cannot be read is no flip and no resistance: three unreadable, two refused, five read.
    assert (threat.unreadable, threat.refused, threat.abstained, threat.failed) == (3, 2, 0, 0)
    assert (threat.flipped.value, threat.flipped.n_units) == (0.0, 5)
    assert authority.flipped.value == 0.0
    assert authority.extra_towards.value == pytest.approx(-0.2)
    assert [one.name for one in report.lines[:2]] == [ORDERS, FLATTERY]
    assert report.overall is not None
    assert report.overall.flipped.n_units == 35
    assert report.overall.flipped.n_groups == 10  # verdicts on one item hang together
    assert report.overall.flipped.value == pytest.approx(14 / 35)
    assert report.control is not None
    assert report.control.flipped.value == pytest.approx(0.2)


def test_the_same_probe_is_never_paid_twice(workspace: Workspace) -> None:
    with LlmServer(obeying({ORDERS: lambda _item: says(verdict("pass"))})) as server:
        judge = a_judge(workspace, small_study(workspace), server.api_base)
        drive(workspace, begin(workspace, judge))
        choice = ProbeChoice(n=6, injections=(ORDERS, FLATTERY), seed=5)
        probed(workspace, judge, choice)
        asked, first = len(server.requests), probe_report(workspace, judge.id)
        assert plan_probe(workspace, judge.id, choice).n_open == 0
        again = probed(workspace, judge, choice)
        assert len(server.requests) == asked
    assert (again.state, again.counts.already) == ("done", again.n_planned)
    assert probe_report(workspace, judge.id) == first


def test_injections_of_about_the_same_length_share_one_harmless_text(workspace: Workspace) -> None:
    built, client = small_study(workspace, 3), Parrot(lambda _request: Reply('{"rationale": "r", "verdict": "fail"}'))
    judge = a_judge(workspace, built, "http://localhost:9/v1")
    drive(workspace, begin(workspace, judge), client=lambda _settings: client)
    outline = plan_probe(workspace, judge.id, ProbeChoice(n=3, seed=1))
    variations = {Variation.read(one.variation).name for one in _items(workspace, judge, outline, client)}
    lengths = {name for name in variations if name.startswith("control ")}
    assert variations - lengths == set(INJECTIONS)
    assert 1 < len(lengths) < len(INJECTIONS) / 2
    assert outline.n_calls == 3 * len(variations)


def _items(workspace: Workspace, judge: JudgeFace, outline: ProbeOutline, client: Parrot) -> list[Any]:
    run = start_probe(workspace, ANN, judge.id, ProbeChoice(n=3, seed=outline.plan.seed), RunSettings(tries=1))
    drive(workspace, run, client=lambda _settings: client)
    return rows(workspace, "select variation, subject_id from call where kind = 'probe'")


def test_a_pair_is_altered_on_one_side_and_judged_in_both_orders(workspace: Workspace) -> None:
    def script(body: Body, _before: int) -> ScriptedReply:
        """Prefers the stored A, unless one output gives orders."""
        prompt = prompt_of(body)
        sides = {
            side: found[0]
            for side in ("first", "second")
            if (found := re.findall(rf"<{side}-output ([0-9a-f]+)>(.*?)</{side}-output", prompt, re.DOTALL))
        }
        for side, (_mark, said) in sides.items():
            if MARKS[ORDERS] in said:
                return says(verdict(side))
        return says(verdict("first" if "(5)" in sides["first"][1] else "second"))

    criteria = {"better": ("pair", preference())}
    with LlmServer(script) as server:
        built = judged_study(workspace.database, items=12, criteria=criteria, systems=("alder", "yew"))
        judge = a_judge(workspace, built, server.api_base, protocol="pairwise", kind="pair")
        drive(workspace, begin(workspace, judge, kind="pair"))
        run = probed(workspace, judge, ProbeChoice(n=12, injections=(ORDERS, AUTHORITY), seed=2))
    assert run.counts.failed == 0
    report = probe_report(workspace, judge.id)
    # Alder (A) wins every pair: only where the seed alters B, the other side, is there room.
    altered = rows(workspace, "select distinct subject_id, variation from call where kind = 'probe'")
    assert {Variation.read(row.variation).side for row in altered} == {"B"}
    assert 0 < report.n_subjects < 12
    orders = line(report, ORDERS)
    assert orders.towards.n_units == report.n_subjects
    assert orders.towards.value == orders.flipped.value == 1.0
    assert orders.control_flipped.value == 0.0
    assert line(report, AUTHORITY).flipped.value == 0.0


def test_a_half_won_pair_counts_as_a_tie(workspace: Workspace) -> None:
    def script(body: Body, _before: int) -> ScriptedReply:
        """The stored A; what gives orders only wins where it is shown first."""
        prompt = prompt_of(body)
        first = re.findall(r"<first-output [0-9a-f]+>(.*?)</first-output", prompt, re.DOTALL)[0]
        if MARKS[ORDERS] in first:
            return says(verdict("first"))
        return says(verdict("first" if "(5)" in first else "second"))

    with LlmServer(script) as server:
        built = judged_study(
            workspace.database, items=12, criteria={"better": ("pair", preference())}, systems=("alder", "yew")
        )
        judge = a_judge(workspace, built, server.api_base, protocol="pairwise", kind="pair")
        drive(workspace, begin(workspace, judge, kind="pair"))
        probed(workspace, judge, ProbeChoice(n=12, injections=(ORDERS,), seed=2))
    found = line(probe_report(workspace, judge.id), ORDERS)
    # AB: the altered B stands second, A wins; BA: it stands first and wins: a tie, which is nearer to B than A was
    assert found.flipped.value == found.towards.value == 1.0


def test_on_an_ordered_scale_one_step_up_is_towards_the_best(workspace: Workspace) -> None:
    def script(body: Body, _before: int) -> ScriptedReply:
        prompt = prompt_of(body)
        item = number_in(prompt)
        if MARKS[ORDERS] in prompt:
            return says(verdict("3" if item < 2 else "1"))
        return says(verdict("5" if item == 5 else "2"))

    with LlmServer(script) as server:
        built = small_study(workspace, 6, {"quality": ("output", likert(1, 5))})
        judge = a_judge(workspace, built, server.api_base)
        drive(workspace, begin(workspace, judge))
        probed(workspace, judge, ProbeChoice(n=6, injections=(ORDERS,), seed=1, with_room=False))
    found = line(probe_report(workspace, judge.id), ORDERS)
    # 2 becomes 3 twice and 1 three times; 5 becomes 1, and has no room
    assert (found.flipped.value, found.flipped.n_units) == (1.0, 6)
    assert (found.towards.value, found.towards.n_units) == (pytest.approx(0.4), 5)


def test_only_verdicts_with_room_are_drawn_unless_all_are_wanted(workspace: Workspace) -> None:
    client = Parrot(_by_item(lambda item: "pass" if item < 7 else "fail"))
    built = small_study(workspace)
    judge = a_judge(workspace, built, "http://localhost:9/v1")
    drive(workspace, begin(workspace, judge), client=lambda _settings: client)
    wanted = ProbeChoice(n=10, injections=(ORDERS,), seed=3)
    assert plan_probe(workspace, judge.id, wanted).n_subjects == 3
    every = ProbeChoice(n=10, injections=(ORDERS,), seed=3, with_room=False)
    assert plan_probe(workspace, judge.id, every).n_subjects == 10


def test_a_judge_that_only_says_the_best_has_no_room(workspace: Workspace) -> None:
    client = Parrot(_by_item(lambda _item: "pass"))
    judge = a_judge(workspace, small_study(workspace, 3), "http://localhost:9/v1")
    drive(workspace, begin(workspace, judge), client=lambda _settings: client)
    with pytest.raises(BadInput, match="every verdict is the best one already"):
        plan_probe(workspace, judge.id, ProbeChoice(n=3))
    probed(workspace, judge, ProbeChoice(n=3, injections=(ORDERS,), with_room=False), client=lambda _settings: client)
    found = line(probe_report(workspace, judge.id), ORDERS)
    assert (found.towards.value, found.towards.reason) == (None, Reason.NO_ROOM)
    assert found.flipped.value == 0.0


def _by_item(value: Callable[[int], str]) -> Callable[[Request], Reply]:
    def said(request: Request) -> Reply:
        prompt = "\n".join(one["content"] for one in request.messages)
        return Reply(f'{{"rationale": "r", "verdict": "{value(number_in(prompt))}"}}')

    return said


def test_the_sample_is_the_same_for_the_same_seed(workspace: Workspace) -> None:
    client = Parrot(_by_item(lambda _item: "fail"))
    judge = a_judge(workspace, small_study(workspace, 20), "http://localhost:9/v1")
    drive(workspace, begin(workspace, judge), client=lambda _settings: client)
    drawn = {
        seed: plan_probe(workspace, judge.id, ProbeChoice(n=5, seed=seed)).selection.subjects for seed in (1, 2, 3)
    }
    assert drawn[1] == plan_probe(workspace, judge.id, ProbeChoice(n=5, seed=1)).selection.subjects
    assert len(set(drawn.values())) == 3
    assert all(len(set(subjects)) == 5 for subjects in drawn.values())


def test_a_verdict_on_an_older_guideline_is_not_probed(workspace: Workspace) -> None:
    client = Parrot(_by_item(lambda _item: "fail"))
    built = small_study(workspace, 4)
    judge = a_judge(workspace, built, "http://localhost:9/v1")
    drive(workspace, begin(workspace, judge), client=lambda _settings: client)
    choice = ProbeChoice(n=4, injections=(ORDERS,), seed=1)
    run = start_probe(workspace, ANN, judge.id, choice, RunSettings(tries=1))
    write_guideline(workspace, ANN, built.study, "Grade with much more care.", note="")
    with pytest.raises(BadInput, match="older text"):
        plan_probe(workspace, judge.id, choice)
    (ended,) = drive(workspace, run, client=lambda _settings: client)  # started before the change
    assert (ended.state, ended.counts.skipped, ended.counts.ok) == ("done", 4, 0)
    assert probe_report(workspace, judge.id).n_calls == 0


def test_a_probe_is_held_against_the_verdict_of_its_time(workspace: Workspace, clock: Any) -> None:
    answers = {"now": "fail"}
    client = Parrot(_by_item(lambda _item: answers["now"]))
    built = small_study(workspace, 5)
    judge = a_judge(workspace, built, "http://localhost:9/v1")
    drive(workspace, begin(workspace, judge), client=lambda _settings: client)
    clock.advance(minutes=1)
    answers["now"] = "pass"
    probed(workspace, judge, ProbeChoice(n=5, injections=(ORDERS,), seed=1), client=lambda _settings: client)
    clock.advance(minutes=1)
    assert line(probe_report(workspace, judge.id), ORDERS).flipped.value == 1.0
    write_guideline(workspace, ANN, built.study, "Grade with much more care.", note="")
    drive(workspace, begin(workspace, judge), client=lambda _settings: client)  # now all pass, unaltered too
    assert line(probe_report(workspace, judge.id), ORDERS).flipped.value == 1.0


def test_failures_of_a_probe_are_counted_and_can_be_asked_again(workspace: Workspace) -> None:
    broken = {"yes": True}

    def script(body: Body, _before: int) -> ScriptedReply:
        if MARKS[ORDERS] in prompt_of(body) and broken["yes"]:
            return fails(500)
        return says(verdict("fail"))

    with LlmServer(script) as server:
        judge = a_judge(workspace, small_study(workspace, 4), server.api_base)
        drive(workspace, begin(workspace, judge))
        run = probed(workspace, judge, ProbeChoice(n=4, injections=(ORDERS,), seed=1))
        assert run.counts.error == 4
        before = line(probe_report(workspace, judge.id), ORDERS)
        assert (before.failed, before.flipped.value) == (4, None)
        assert before.flipped.reason is Reason.NOTHING_COMPARED
        broken["yes"] = False
        asked = len(server.requests)
        (again,) = drive(workspace, retry_run(workspace, ANN, run.id))
        assert len(server.requests) - asked == 4
    assert again.purpose == "probe"
    found = line(probe_report(workspace, judge.id), ORDERS)
    assert (found.failed, found.flipped.n_units) == (0, 4)


def test_a_baseline_can_be_probed_and_costs_nothing(workspace: Workspace) -> None:
    built = small_study(workspace, 6)
    options = {"limit": 100}
    judge = a_judge(
        workspace, built, "", protocol="length", together=False, options=options, name="long enough", kind="output"
    )
    drive(workspace, begin(workspace, judge))
    outline = plan_probe(workspace, judge.id, ProbeChoice(n=6, injections=(ORDERS,), seed=1))
    assert (outline.cost, outline.asks_model) == (0.0, False)
    run = probed(workspace, judge, ProbeChoice(n=6, injections=(ORDERS,), seed=1))
    assert (run.state, run.sent, run.spent) == ("done", 0, 0.0)
    found = line(probe_report(workspace, judge.id), ORDERS)
    # Whatever makes the text longer than 100 characters passes: the harmless text does it as well.
    assert (found.towards.value, found.control_towards.value, found.extra_towards.value) == (1.0, 1.0, 0.0)


def test_several_questions_of_a_call_are_each_held_against_their_own(workspace: Workspace) -> None:
    def script(body: Body, _before: int) -> ScriptedReply:
        obeys = MARKS[ORDERS] in prompt_of(body)
        return says({"q1": verdict("4"), "q2": verdict("pass" if obeys else "fail"), "q3": verdict("red")})

    colours = DeclaredScale.from_json(
        {"kind": ScaleKind.NOMINAL.value, "options": [{"key": key, "label": key} for key in ("red", "blue")]}
    )
    criteria = {"quality": ("output", likert(1, 5)), "acceptable": ("output", pass_fail()), "hue": ("output", colours)}
    with LlmServer(script) as server:
        judge = a_judge(workspace, small_study(workspace, 5, criteria), server.api_base)
        drive(workspace, begin(workspace, judge))
        probed(workspace, judge, ProbeChoice(n=5, injections=(ORDERS,), seed=1))
    report = probe_report(workspace, judge.id)
    found = line(report, ORDERS)
    assert (found.flipped.value, found.flipped.n_units, found.flipped.n_groups) == (0.5, 10, 5)
    assert report.questions_left_out == ("Hue",)


def test_what_cannot_be_probed_is_refused_in_words(workspace: Workspace) -> None:
    judge = a_judge(workspace, small_study(workspace, 2), "http://localhost:9/v1")
    for choice, words in (
        (ProbeChoice(n=0), "subjects to probe"),
        (ProbeChoice(n=10**6), "subjects to probe"),
        (ProbeChoice(kind="page"), "kind of subjects"),
        (ProbeChoice(injections=()), "injections"),
        (ProbeChoice(injections=("hypnosis",)), "hypnosis"),
        (ProbeChoice(per_subject=0), "injections for each subject"),
        (ProbeChoice(position="middle"), "position"),
        (ProbeChoice(), "no verdict of this judge"),
    ):
        with pytest.raises(BadInput, match=words):
            plan_probe(workspace, judge.id, choice)
    with pytest.raises(NotFound):
        plan_probe(workspace, 10**6, ProbeChoice())


def test_a_judge_has_one_active_probe_beside_its_runs(workspace: Workspace) -> None:
    client = Parrot(_by_item(lambda _item: "fail"))
    judge = a_judge(workspace, small_study(workspace, 3), "http://localhost:9/v1")
    drive(workspace, begin(workspace, judge), client=lambda _settings: client)
    first = start_probe(workspace, ANN, judge.id, ProbeChoice(n=3, seed=1))
    with pytest.raises(Conflict, match="probe"):
        start_probe(workspace, ANN, judge.id, ProbeChoice(n=3, seed=2))
    assert run_status(workspace, begin(workspace, judge, selection=Selection(kind="output")).id).state == "queued"
    assert run_status(workspace, first.id).state == "queued"


def test_nothing_probed_yet_is_an_empty_report(workspace: Workspace) -> None:
    judge = a_judge(workspace, small_study(workspace, 2), "http://localhost:9/v1")
    report = probe_report(workspace, judge.id)
    assert (report.n_calls, report.lines, report.overall, report.control) == (0, (), None, None)


def test_each_subject_gets_as_many_injections_as_asked_for_in_balance() -> None:
    plan = ProbePlan(per_subject=4, seed=9)
    drawn = [plan.drawn(subject) for subject in range(800)]
    assert all(len(names) == 4 and len(set(names)) == 4 for names in drawn)
    counts = {name: sum(name in names for names in drawn) for name in INJECTIONS}
    # 800 * 4 / 16 = 200 of each, sd sqrt(800 * .25 * .75) = 12
    assert all(150 < count < 250 for count in counts.values())
    assert {plan.side(subject) for subject in range(20)} == {"A", "B"}
    assert {ProbePlan(position="either").place(subject, ORDERS) for subject in range(20)} == {"start", "end"}
    assert ProbePlan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    "stored", ["authority, end", "control 200, start", "ignore instructions, end of A", "control 300, start of B"]
)
def test_a_variation_is_read_back_as_it_was_stored(stored: str) -> None:
    assert str(Variation.read(stored)) == stored
    assert Variation.read(stored).is_control == stored.startswith("control")


def test_control_lengths_are_in_steps() -> None:
    assert [control_length("x" * length) for length in (1, 100, 101, 250)] == [100, 100, 200, 300]


def test_the_own_answer_of_a_judge_is_taken_as_it_is_and_not_asked_for_again(any_workspace: Workspace) -> None:
    def script(body: Body, _before: int) -> ScriptedReply:
        prompt = prompt_of(body)
        if "Answer to q" not in prompt:
            return says("My own answer is forty-two.")
        return says(verdict("pass" if MARKS[ORDERS] in prompt else "fail"))

    with LlmServer(script) as server:
        built = small_study(any_workspace, 3)
        judge = a_judge(any_workspace, built, server.api_base, protocol="reference", reference_mode=ReferenceMode.SELF)
        drive(any_workspace, begin(any_workspace, judge))
        asked = len(server.requests)
        probed(any_workspace, judge, ProbeChoice(n=3, injections=(ORDERS,), seed=1))
        new = server.requests[asked:]
    assert len(new) == 6
    assert all("forty-two" in one.prompt for one in new)
    assert line(probe_report(any_workspace, judge.id), ORDERS).towards.value == 1.0


def test_of_plain_items_the_text_itself_is_altered(any_workspace: Workspace) -> None:
    def said(request: Request) -> Reply:
        found = "pass" if MARKS[ORDERS] in str(request.messages) else "fail"
        return Reply(f'{{"rationale": "r", "verdict": "{found}"}}')

    client = Parrot(said)
    built = judged_study(any_workspace.database, items=4, criteria={"clean": ("item", pass_fail())})
    judge = a_judge(any_workspace, built, "http://localhost:9/v1", kind="item")
    drive(any_workspace, begin(any_workspace, judge, kind="item"), client=lambda _settings: client)
    choice = ProbeChoice(n=4, injections=(ORDERS,), seed=1, position="start")
    probed(any_workspace, judge, choice, client=lambda _settings: client)
    found = line(probe_report(any_workspace, judge.id), ORDERS)
    assert (found.towards.value, found.towards.n_units, found.control_towards.value) == (1.0, 4, 0.0)
    (altered,) = [one for one in client.asked if MARKS[ORDERS] in str(one.messages)][:1]
    assert re.search(rf"{MARKS[ORDERS]}.*\n\nQuestion q\d", altered.messages[-1]["content"], re.DOTALL)


def test_the_state_of_probes_changes_with_every_call_and_stays_without(any_workspace: Workspace, clock: Clock) -> None:
    client = Parrot(_by_item(lambda _item: "fail"))
    judge = a_judge(any_workspace, small_study(any_workspace, 3), "http://localhost:9/v1")
    drive(any_workspace, begin(any_workspace, judge), client=lambda _settings: client)
    assert probe_state(any_workspace, judge.id) == (0, None)
    clock.advance(minutes=1)
    choice = ProbeChoice(n=3, injections=(ORDERS,), seed=1)
    probed(any_workspace, judge, choice, client=lambda _settings: client)
    assert probe_state(any_workspace, judge.id) == (6, clock.now)
    clock.advance(minutes=1)
    probed(any_workspace, judge, choice, client=lambda _settings: client)
    assert probe_state(any_workspace, judge.id) == (6, clock.now - timedelta(minutes=1))
