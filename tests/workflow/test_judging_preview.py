"""What a judge will be asked, word for word, before anything is sent."""

from typing import Any

import pytest

from core.errors import BadInput, NotFound
from core.judging.asked import Reply, Request
from core.judging.pace import RunSettings
from core.judging.spec import JudgeSpec, ReferenceMode
from core.models.items import Reference
from core.scales import pass_fail, preference
from core.workflow.judging import add_judge, draft
from core.workflow.judging_preview import GAP, OWN_ANSWER, find_subject, preview, preview_subject_at, preview_subjects
from core.workflow.judging_runs import start_run
from core.workflow.judging_selection import Selection
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, build_study
from tests.workflow.answering import Answering, drive, saying

ANA = Visitor("Ana")
MODEL = "openai/gpt-4o-mini"


def built_in(workspace: Workspace, **rest: Any) -> Built:
    criteria = {
        "acceptable": ("output", pass_fail()),
        "clear": ("output", pass_fail()),
        "better": ("pair", preference()),
    }
    return build_study(workspace.database, systems=("alder", "yew"), criteria=criteria, **rest)


def spec_in(workspace: Workspace, built: Built, protocol: str = "direct", **changes: Any) -> JudgeSpec:
    return draft(workspace, built.study, protocol, model=MODEL).changed(**changes)


def test_a_preview_is_exactly_what_a_run_then_sends(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    spec = spec_in(any_workspace, built)
    subject = built.subjects["q2/yew"]
    shown = preview(any_workspace, built.study, spec, subject)
    assert [step.title for step in shown.steps] == ["Acceptable", "Clear"]
    assert (shown.n_calls, shown.missing) == (2, "")
    judge = add_judge(any_workspace, ANA, built.study, "grader", spec).id
    client = Answering(saying("pass"))
    run = start_run(
        any_workspace, ANA, judge, Selection(kind="output", which="listed", subjects=(subject,)), RunSettings()
    )
    drive(any_workspace, client, run.id)
    assert {request.hash() for request in client.asked} == {step.hash for step in shown.steps}
    sent = {request.hash(): request for request in client.asked}
    for step in shown.steps:
        assert step.messages == sent[step.hash].messages
        assert dict(step.parameters) == dict(sent[step.hash].parameters)
        assert step.characters == sent[step.hash].characters


def test_all_criteria_in_one_call_and_repetitions(workspace: Workspace) -> None:
    built = built_in(workspace)
    shown = preview(workspace, built.study, spec_in(workspace, built, together=True, repetitions=3),
                    built.subjects["q1/alder"])  # fmt: skip
    assert [step.title for step in shown.steps] == ["Acceptable, Clear"]
    assert (shown.repetitions, shown.n_calls) == (3, 3)
    assert [warning.setting for warning in shown.warnings] == ["repetitions"]


def test_a_pair_is_shown_in_both_orders(workspace: Workspace) -> None:
    built = built_in(workspace)
    shown = preview(workspace, built.study, spec_in(workspace, built, "pairwise"), built.subjects["q1/alder|yew"])
    assert [(step.title, step.order) for step in shown.steps] == [("Better, A first", "AB"), ("Better, B first", "BA")]
    assert shown.steps[0].hash != shown.steps[1].hash


def test_an_own_answer_that_is_not_known_is_a_gap_and_later_stands_there(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    spec = spec_in(any_workspace, built, "reference", reference_mode=ReferenceMode.SELF, criteria=("clear",))
    subject = built.subjects["q1/yew"]
    shown = preview(any_workspace, built.study, spec, subject)
    answer, verdict = shown.steps
    assert (answer.title, bool(answer.hash), verdict.has_gap, verdict.hash) == (OWN_ANSWER, True, True, "")
    assert any(GAP in message["content"] for message in verdict.messages)
    assert shown.n_calls == 2

    def rule(request: Request) -> Reply:
        return Reply("It is 42.") if request.hash() == answer.hash else saying("pass")(request)

    judge = add_judge(any_workspace, ANA, built.study, "self", spec).id
    client = Answering(rule)
    run = start_run(
        any_workspace, ANA, judge, Selection(kind="output", which="listed", subjects=(subject,)), RunSettings()
    )
    drive(any_workspace, client, run.id)
    now = preview(any_workspace, built.study, spec, subject).steps[1]
    assert not now.has_gap
    assert any("It is 42." in message["content"] for message in now.messages)
    assert now.hash == client.asked[1].hash()


def test_what_cannot_be_asked_says_why(workspace: Workspace) -> None:
    built = built_in(workspace)
    spec = spec_in(workspace, built, "reference", reference_mode=ReferenceMode.HUMAN)
    shown = preview(workspace, built.study, spec, built.subjects["q1/yew"])
    assert "reference" in shown.missing
    assert shown.n_calls == 0
    with workspace.database.writing() as session:
        session.add(Reference(item_id=built.items["q1"], text="forty-two", created_at=AT))
    shown = preview(workspace, built.study, spec, built.subjects["q1/yew"])
    assert any("forty-two" in message["content"] for message in shown.steps[0].messages)
    pair = preview(workspace, built.study, spec_in(workspace, built), built.subjects["q1/alder|yew"])
    assert pair.missing == "judges no pairs"
    assert pair.n_calls == 0


def test_a_draft_without_a_model_can_be_looked_at_and_a_broken_prompt_cannot(workspace: Workspace) -> None:
    built = built_in(workspace)
    subject = built.subjects["q1/yew"]
    assert preview(workspace, built.study, spec_in(workspace, built, model=""), subject).steps[0].model == ""
    with pytest.raises(BadInput, match="prompt, line 1"):
        preview(workspace, built.study, spec_in(workspace, built, prompt="{{input"), subject)
    with pytest.raises(BadInput, match="subject"):
        preview(workspace, built.study, spec_in(workspace, built), 9_999)


def test_subjects_are_paged_through_in_order(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    spec = spec_in(any_workspace, built)
    ids = sorted(key for name, key in built.subjects.items() if "|" not in name)
    first = preview_subjects(any_workspace, built.study, spec)
    assert (first.subject, first.first, first.previous, first.place, first.total) == (ids[0], ids[0], None, 1, 6)
    seen = [first.subject]
    here = first
    while here.next is not None:
        here = preview_subjects(any_workspace, built.study, spec, near=here.next)
        assert here.previous == seen[-1]
        seen.append(here.subject)
    assert seen == ids
    assert here.place == 6
    assert first.name == "q1 · alder"
    at = [preview_subject_at(any_workspace, built.study, spec, place) for place in range(8)]
    assert at == [None, *ids, None]
    # A pair is nothing that this judge can judge: the first of its own is shown
    assert preview_subjects(any_workspace, built.study, spec, near=built.subjects["q1/alder|yew"]).subject == ids[0]
    empty = build_study(any_workspace.database, name="Empty", items=())
    none = preview_subjects(any_workspace, empty.study, draft(any_workspace, empty.study, "direct", model=MODEL))
    assert (none.subject, none.place, none.total) == (None, 0, 0)


def test_a_subject_is_found_by_its_key_or_number(workspace: Workspace) -> None:
    built = built_in(workspace)
    key = built.subjects["q3/yew"]
    assert find_subject(workspace, built.study, " q3/yew ") == key == find_subject(workspace, built.study, str(key))
    with pytest.raises(NotFound, match="q1/alder"):
        find_subject(workspace, built.study, "q9")
