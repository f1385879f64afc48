"""The work list: every call a judge makes about a subject, and what is there of it already."""

from typing import Any

import pytest

from core.judging.asked import Reply, Request
from core.judging.protocols import PROTOCOLS
from core.judging.provider_errors import ProviderError
from core.judging.spec import ReferenceMode
from core.models.items import Reference
from core.models.study import Guideline
from core.scales import preference
from core.store.judging import rater_of
from core.store.runs import read_run
from core.workflow.judging import JudgeFace
from core.workflow.judging_material import read_judged_study
from core.workflow.judging_worklist import JudgeAtWork, WorkItem, read_work
from core.workflow.workspace import Workspace
from tests.builders import AT, Built
from tests.conftest import Clock
from tests.workflow.judged import GOOD, Parrot, a_judge, begin, drive, judged_study, parrot

SYSTEMS = ("alder", "cedarwood")


def work(workspace: Workspace, built: Built, judge: JudgeFace, run_id: int | None = None) -> list[WorkItem]:
    assert judge.id is not None
    with workspace.database.reading() as session:
        at_work = JudgeAtWork(judge.id, built.study, rater_of(judge.id, session=session), judge.spec)
        judged = read_judged_study(built.study, judge.spec.rubric_id, session=session)
        run = read_run(run_id, session=session) if run_id is not None else None
        subjects = sorted(built.subjects.values())
        return read_work(judged, at_work, PROTOCOLS[judge.spec.protocol], run, subjects, session=session)


def states(workspace: Workspace, built: Built, judge: JudgeFace) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in work(workspace, built, judge):
        found[item.state] = found.get(item.state, 0) + 1
    return found


def run_it(workspace: Workspace, judge: JudgeFace, answer: object = GOOD, **settings: Any) -> None:
    drive(workspace, begin(workspace, judge, **settings), client=lambda _settings: parrot(answer))


@pytest.mark.parametrize(("together", "repetitions", "calls"), [(True, 1, 1), (False, 1, 2), (False, 3, 6)])
def test_a_subject_takes_a_call_for_each_ask_and_repetition(
    any_workspace: Workspace, together: bool, repetitions: int, calls: int
) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    judge = a_judge(any_workspace, built, "", together=together, repetitions=repetitions)
    found = work(any_workspace, built, judge)
    assert len(found) == 6 * calls
    assert {item.state for item in found} == {"open"}
    assert len({item.key for item in found}) == len(found)
    assert all(item.request is not None and item.request.hash() == item.request_hash for item in found)
    assert [item.material.subject_id for item in found] == sorted(item.material.subject_id for item in found)


def test_a_pair_takes_a_call_for_each_order(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, criteria={"better": ("pair", preference())}, systems=SYSTEMS)
    judge = a_judge(any_workspace, built, "", protocol="pairwise", kind="pair")
    found = work(any_workspace, built, judge)
    assert [item.ask.order for item in found] == ["AB", "BA"] * 3


def test_what_is_judged_is_settled_and_knows_the_ratings_that_stand(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    judge = a_judge(any_workspace, built, "")
    run_it(any_workspace, judge)
    found = work(any_workspace, built, judge)
    assert {item.state for item in found} == {"settled"}
    for item in found:
        assert set(item.standing) == set(built.criteria.values())
        assert {one.call_id for one in item.standing.values()} == {item.call}


def test_a_changed_reference_opens_the_calls_of_its_item_and_no_others(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    with any_workspace.database.writing() as session:
        session.add_all(Reference(item_id=item, text="42", created_at=AT) for item in built.items.values())
    judge = a_judge(any_workspace, built, "", protocol="reference", reference_mode=ReferenceMode.HUMAN)
    run_it(any_workspace, judge)
    assert states(any_workspace, built, judge) == {"settled": 6}
    with any_workspace.database.writing() as session:
        session.add(Reference(item_id=built.items["q1"], text="43", created_at=AT))
    opened = {item.material.item_id for item in work(any_workspace, built, judge) if item.state == "open"}
    assert opened == {built.items["q1"]}
    assert states(any_workspace, built, judge) == {"settled": 4, "open": 2}


def test_a_subject_that_lacks_its_reference_is_skipped_with_the_reason(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    judge = a_judge(any_workspace, built, "", protocol="reference", reference_mode=ReferenceMode.HUMAN)
    found = work(any_workspace, built, judge)
    assert {(item.state, item.request, item.skip) for item in found} == {("open", None, "no reference")}
    run_it(any_workspace, judge)
    assert states(any_workspace, built, judge) == {"settled": 6}
    with any_workspace.database.writing() as session:
        session.add(Reference(item_id=built.items["q1"], text="42", created_at=AT))
    assert states(any_workspace, built, judge) == {"settled": 4, "open": 2}


def test_a_changed_guideline_opens_everything(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    judge = a_judge(any_workspace, built, "")
    run_it(any_workspace, judge)
    with any_workspace.database.writing() as session:
        session.add(Guideline(study_id=built.study, version=2, text="Other words.", created_at=AT))
    found = work(any_workspace, built, judge)
    assert {item.state for item in found} == {"open"}
    assert all(len(item.standing) == 2 for item in found)  # the old verdicts stand until others come


def test_another_judge_that_would_ask_the_same_copies_and_a_different_one_asks(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    run_it(any_workspace, a_judge(any_workspace, built, ""))
    twin = a_judge(any_workspace, built, "", name="twin", repetitions=2)
    assert states(any_workspace, built, twin) == {"copy": 6, "open": 6}
    other = a_judge(any_workspace, built, "", name="other", temperature=0.5)
    assert states(any_workspace, built, other) == {"open": 6}


def test_judges_of_other_studies_copy_nothing(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, systems=SYSTEMS)
    run_it(any_workspace, a_judge(any_workspace, built, ""))
    elsewhere = judged_study(any_workspace.database, systems=SYSTEMS, name="Elsewhere")
    judge = a_judge(any_workspace, elsewhere, "")
    assert states(any_workspace, elsewhere, judge) == {"open": 6}


def test_failures_of_a_provider_are_open_for_the_next_run_and_unreadable_replies_are_not(
    any_workspace: Workspace, clock: Clock
) -> None:
    built = judged_study(any_workspace.database, items=1, systems=SYSTEMS)
    judge = a_judge(any_workspace, built, "")

    def said(request: Request) -> Reply:
        if "(5)" in request.messages[-1]["content"]:
            raise ProviderError("bad request", "400: too strange")
        return Reply("I like it")

    first = begin(any_workspace, judge)
    drive(any_workspace, first, client=lambda _settings: Parrot(said))
    assert states(any_workspace, built, judge) == {"settled": 1, "open": 1}
    assert {item.state for item in work(any_workspace, built, judge, first.id)} == {"settled"}  # it tried
    clock.advance(seconds=1)
    second = begin(any_workspace, judge)
    assert {item.state for item in work(any_workspace, built, judge, second.id)} == {"settled", "open"}


def test_an_own_answer_comes_before_the_request_that_shows_it(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=1, systems=SYSTEMS)
    judge = a_judge(any_workspace, built, "", protocol="reference", reference_mode=ReferenceMode.SELF)
    before = work(any_workspace, built, judge)
    assert {(item.request, item.request_hash) for item in before} == {(None, "")}
    assert len({item.own_answer.key for item in before if item.own_answer}) == 1
    run_it(any_workspace, judge)
    after = work(any_workspace, built, judge)
    assert {item.state for item in after} == {"settled"}
    assert all(item.own_answer and item.own_answer.text and item.request for item in after)
