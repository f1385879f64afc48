"""Baselines run like any judge: nothing is sent, nothing is paid, and only what changed is decided again."""

from typing import Any

import pytest

from core.errors import BadInput
from core.models.items import Reference
from core.models.ratings import RaterKind
from core.scales import likert, pass_fail, preference
from core.workflow.judging import JudgeFace, add_judge, check_judge, draft
from core.workflow.judging_majorities import majorities_behind, majorities_for
from core.workflow.judging_runs import RunFace
from core.workflow.workspace import Workspace
from tests.builders import AT, Built, add_rating, build_study
from tests.workflow.judged import ANN, begin, drive, rows

ANSWERS = {("q1", "alder"): ["Paris"], ("q1", "yew"): ["It is paris."], ("q2", "alder"): ["Rome"],
           ("q2", "yew"): ["I don't know."], ("q3", "alder"): ["Oslo"], ("q3", "yew"): ["Bergen"]}  # fmt: skip
PASS_FAIL = {"right": ("output", pass_fail())}


def study(workspace: Workspace, **more: Any) -> Built:
    """Capitals: q1 and q2 have a reference, q3 none."""
    built = build_study(
        workspace.database, **{"criteria": PASS_FAIL, "systems": ("alder", "yew"), "answers": ANSWERS} | more
    )
    for item, text in (("q1", "Paris"), ("q2", "Roma")):
        add_reference(workspace, built, item, text)
    return built


def add_reference(workspace: Workspace, built: Built, item: str, text: str) -> None:
    with workspace.database.writing() as session:
        session.add(Reference(item_id=built.items[item], text=text, status="verified", created_at=AT))


def baseline(workspace: Workspace, built: Built, protocol: str, *, kind: str = "output", **options: Any) -> JudgeFace:
    spec = draft(workspace, built.study, protocol, kind=kind)
    return add_judge(workspace, ANN, built.study, protocol, spec.changed(options=options))


def ran(workspace: Workspace, judge: JudgeFace, kind: str = "output") -> RunFace:
    def no_client(_settings: object) -> Any:
        raise AssertionError("a baseline asks nobody")

    return drive(workspace, begin(workspace, judge, kind=kind), client=no_client)[0]


def verdicts(workspace: Workspace, judge: JudgeFace) -> dict[str, str]:
    """Subject -> option that stands."""
    found = rows(
        workspace,
        "select s.key, r.option from rating r join subject s on s.id = r.subject_id where r.rater_id = :rater"
        " and not exists (select 1 from rating n where n.supersedes_id = r.id)",
        rater=judge.rater_id,
    )
    return dict(found)


def test_exact_match_and_contains_run_on_every_output_with_a_reference(any_workspace: Workspace) -> None:
    built = study(any_workspace)
    exact, contains = (
        baseline(any_workspace, built, "exact match"),
        baseline(any_workspace, built, "contains", case="uncased"),
    )
    assert exact.kind == RaterKind.BASELINE.value
    for judge in (exact, contains):
        run = ran(any_workspace, judge)
        assert (run.state, run.counts.ok, run.counts.skipped, run.sent, run.spent) == ("done", 4, 2, 0, 0.0)
    assert verdicts(any_workspace, exact) == {
        "q1/alder": "pass",
        "q1/yew": "fail",
        "q2/alder": "fail",
        "q2/yew": "fail",
    }
    assert verdicts(any_workspace, contains)["q1/yew"] == "pass"
    reasons = rows(any_workspace, "select distinct cause from call where status = 'skipped'")
    assert [tuple(row) for row in reasons] == [("no reference",)]
    rationales = rows(any_workspace, "select rationale from rating where rater_id = :r", r=exact.rater_id)
    assert {row.rationale for row in rationales} == {"equals reference 1", "equals no reference"}


def test_a_new_reference_decides_again_about_its_item_alone(any_workspace: Workspace) -> None:
    built = study(any_workspace)
    judge = baseline(any_workspace, built, "exact match")
    ran(any_workspace, judge)
    calls = len(rows(any_workspace, "select id from call"))
    add_reference(any_workspace, built, "q2", "Rome")
    again = ran(any_workspace, judge)
    assert len(rows(any_workspace, "select id from call")) == calls + 2  # both outputs of q2
    assert again.counts.ok == 2
    assert verdicts(any_workspace, judge)["q2/alder"] == "pass"
    add_reference(any_workspace, built, "q3", "Oslo")
    ran(any_workspace, judge)
    assert verdicts(any_workspace, judge)["q3/alder"] == "pass"


def test_the_majority_is_one_call_for_all_and_follows_what_people_say(any_workspace: Workspace) -> None:
    built = study(any_workspace)
    with any_workspace.database.writing() as session:
        for subject, value in (("q1/alder", "pass"), ("q1/yew", "pass"), ("q2/alder", "fail")):
            add_rating(session, built, subject, "right", "Ana", value)
    judge = baseline(any_workspace, built, "majority")
    run = ran(any_workspace, judge)
    assert (run.state, run.sent) == ("done", 0)
    assert set(verdicts(any_workspace, judge).values()) == {"pass"}
    assert len(verdicts(any_workspace, judge)) == 6
    assert len(rows(any_workspace, "select id from call")) == 1
    with any_workspace.database.writing() as session:
        for subject in ("q2/yew", "q3/alder", "q3/yew"):
            add_rating(session, built, subject, "right", "Ana", "fail")
    ran(any_workspace, judge)
    assert set(verdicts(any_workspace, judge).values()) == {"fail"}
    assert len(rows(any_workspace, "select id from call")) == 2


def test_the_majority_never_learns_from_the_test_split(workspace: Workspace) -> None:
    splits = {"q1": {"split": "train"}, "q2": {"split": "test"}, "q3": {"split": "test"}}
    built = study(workspace, described=splits)
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "right", "Ana", "fail")
        for subject in ("q2/alder", "q2/yew", "q3/alder"):
            add_rating(session, built, subject, "right", "Ana", "pass")
    judge = baseline(workspace, built, "majority")
    ran(workspace, judge)
    assert set(verdicts(workspace, judge).values()) == {"fail"}
    with workspace.database.reading() as session:
        behind = majorities_behind(built.study, judge.spec, session)
        assert (behind.split, behind.by_lineage["right"].n) == ("train", 1)
        assert majorities_for(built.study, draft(workspace, built.study, "random"), session) == {}


def test_without_a_majority_everything_is_skipped_with_the_reason(workspace: Workspace) -> None:
    built = study(workspace)
    run = ran(workspace, baseline(workspace, built, "majority"))
    assert (run.state, run.counts.skipped, run.counts.ok) == ("done", 6, 0)
    assert {row.cause for row in rows(workspace, "select cause from call")} == {"no majority"}


def test_random_says_the_same_in_every_run(workspace: Workspace) -> None:
    built = study(workspace)
    judge = baseline(workspace, built, "random", seed=4)
    ran(workspace, judge)
    first = verdicts(workspace, judge)
    again = ran(workspace, judge)
    assert (again.counts.already, again.counts.ok) == (6, 0)
    assert verdicts(workspace, judge) == first


def test_length_compares_the_sides_of_a_pair_once(workspace: Workspace) -> None:
    built = study(workspace, criteria={"better": ("pair", preference())})
    judge = baseline(workspace, built, "length", kind="pair")
    run = ran(workspace, judge, "pair")
    assert run.counts.ok == 3
    # Paris < It is paris.; Rome < I don't know.; Oslo < Bergen
    assert set(verdicts(workspace, judge).values()) == {"B"}
    assert {row.order_shown for row in rows(workspace, "select order_shown from rating")} == {None}


def test_a_baseline_whose_settings_do_not_fit_is_never_saved(workspace: Workspace) -> None:
    built = study(workspace, criteria={"quality": ("output", likert(1, 5))})
    with pytest.raises(BadInput, match='"hit" and "miss"'):
        baseline(workspace, built, "exact match")
    with pytest.raises(BadInput, match="thresholds"):
        baseline(workspace, built, "length")
    judge = baseline(workspace, built, "exact match", hit="5", miss="1")
    ran(workspace, judge)
    assert verdicts(workspace, judge)["q1/alder"] == "5"


def test_a_baseline_that_looks_for_references_warns_where_they_are_missing_or_unverified(workspace: Workspace) -> None:
    built = study(workspace)
    with workspace.database.writing() as session:
        session.add(Reference(item_id=built.items["q3"], text="Oslo", status="unverified", created_at=AT))
    (warning,) = check_judge(workspace, built.study, draft(workspace, built.study, "contains"))
    assert warning.text.startswith("The references of 1 item were verified by nobody")
    assert check_judge(workspace, built.study, draft(workspace, built.study, "random")) == ()
    bare = build_study(workspace.database, name="Bare")
    (warning,) = check_judge(workspace, bare.study, draft(workspace, bare.study, "exact match"))
    assert warning.text == "No item has a reference: every subject would be skipped."
