"""Making and changing studies: every change is a version, nothing is lost silently."""

from dataclasses import replace

import pytest

from core.errors import BadInput, Conflict, NotFound
from core.models.grading_rules import Asked, GradingRules, Reveal
from core.models.study import Target
from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail
from core.workflow.studies import StudySummary, close_study, create_study, find_study, list_studies
from core.workflow.study_changes import (
    RubricPlace,
    StaleAnswers,
    add_criterion,
    change_criteria,
    change_settings,
    edit_criterion,
    stale_answers,
    why_meaning_changes,
    write_guideline,
)
from core.workflow.study_detail import study_detail
from core.workflow.study_history import study_history
from core.workflow.templates import FACES, CriterionDraft, Template
from core.workflow.workspace import Visitor, Workspace
from tests.builders import add_rating, build_study
from tests.conftest import Clock

ANN = Visitor("Ann")


def quality(**changes: object) -> CriterionDraft:
    fields: dict[str, object] = {
        "name": "Quality",
        "question": "How good is it?",
        "applies_to": Target.OUTPUT,
        "scale": likert(1, 5),
    }
    return CriterionDraft(**(fields | changes))  # type: ignore[arg-type] # the fields above


def direct(workspace: Workspace) -> StudySummary:
    return create_study(workspace, ANN, "Travel", "Answers about travel", Template.DIRECT)


@pytest.mark.parametrize("template", list(Template))
def test_every_template_makes_a_study_that_asks_what_it_promises(any_workspace: Workspace, template: Template) -> None:
    made = create_study(any_workspace, ANN, "Study", "", template, labels=["ham", "spam"])
    asked = [(one.newest.name, one.newest.applies_to, one.newest.scale.kind) for one in
             study_detail(any_workspace, made.id).asked]  # fmt: skip
    assert FACES[template].sentence.endswith(".")
    ordinal, output = ScaleKind.ORDINAL, "output"
    assert asked == {
        Template.DIRECT: [("Quality", output, ordinal), ("Acceptable", output, ScaleKind.BINARY)],
        Template.PAIRWISE: [("Preference", "pair", ScaleKind.PREFERENCE)],
        Template.RUBRIC: [(name, output, ordinal) for name in
                          ("Correctness", "Completeness", "Clarity", "Relevance", "Overall")],
        Template.LABEL_AUDIT: [("Label", "item", ScaleKind.NOMINAL)],
        Template.EMPTY: [],
    }[template]  # fmt: skip


@pytest.mark.parametrize("labels", [[], ["one"], ["", " "], ["a", "A"]])
def test_a_label_audit_needs_two_different_labels_and_makes_nothing_without(
    workspace: Workspace, labels: list[str]
) -> None:
    with pytest.raises(BadInput):
        create_study(workspace, ANN, "Labels", "", Template.LABEL_AUDIT, labels=labels)
    assert list_studies(workspace) == ()


def test_studies_are_listed_newest_first_with_what_they_hold(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database, name="Old")
    with any_workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ann", "pass")
    new = direct(any_workspace)
    listed = list_studies(any_workspace)
    assert [study.name for study in listed] == ["Travel", "Old"]
    assert listed[0] == new
    old = listed[1]
    assert (old.n_items, old.n_outputs, dict(old.n_subjects), old.n_ratings, old.n_people) == (
        3,
        6,
        {"output": 6},
        1,
        1,
    )
    assert find_study(any_workspace, "old") == old


def test_closing_and_opening_again_stands_in_the_history_with_who_did_it(workspace: Workspace, clock: Clock) -> None:
    study = direct(workspace)
    clock.advance(hours=1)
    close_study(workspace, Visitor("Bob"), study.id, closed=True)
    close_study(workspace, Visitor("Cleo"), study.id, closed=True)  # it is closed already: nothing happens
    assert find_study(workspace, study.id).closed
    clock.advance(hours=1)
    close_study(workspace, ANN, study.id, closed=False)
    detail = study_detail(workspace, study.id)
    assert not detail.summary.closed
    titles = [(change.title, change.by) for change in study_history(detail) if "grading" in change.title]
    assert titles == [("Opened for grading, version 3", "Ann"), ("Closed for grading, version 2", "Bob")]
    with pytest.raises(NotFound):
        close_study(workspace, ANN, 999, closed=True)


def test_settings_keep_their_versions_and_closing_survives_a_change_of_them(workspace: Workspace) -> None:
    study = direct(workspace)
    close_study(workspace, ANN, study.id, closed=True)
    rules = GradingRules(reveal=Reveal.AFTER, comment=Asked.REQUIRED)
    assert change_settings(workspace, ANN, study.id, rules, based_on=2) == 3
    assert change_settings(workspace, ANN, study.id, rules) == 3, "the same rules make no version"
    detail = study_detail(workspace, study.id)
    assert detail.rules == rules
    assert [(row.version, row.closed) for row in detail.settings] == [(1, False), (2, True), (3, True)]


def test_a_guideline_keeps_every_version_with_its_note(workspace: Workspace, clock: Clock) -> None:
    study = direct(workspace)
    clock.advance(minutes=1)
    assert write_guideline(workspace, ANN, study.id, "Be fair.", based_on=0) == 1
    assert write_guideline(workspace, ANN, study.id, " Be fair. \n") == 1, "the same text makes no version"
    clock.advance(minutes=1)
    assert write_guideline(workspace, ANN, study.id, "Be fair and quick.", note="pace", based_on=1) == 2
    detail = study_detail(workspace, study.id)
    assert detail.guideline == "Be fair and quick."
    assert [(row.text, row.note, row.by) for row in detail.guidelines] == [
        ("Be fair.", "", "Ann"),
        ("Be fair and quick.", "pace", "Ann"),
    ]
    change = study_history(detail)[0]
    assert (change.before, change.after) == ("Be fair.", "Be fair and quick.")


def test_nobody_s_words_are_lost_under_somebody_else_s(workspace: Workspace) -> None:
    study = direct(workspace)
    write_guideline(workspace, ANN, study.id, "Ann's", based_on=0)
    with pytest.raises(Conflict, match="saved as version 1 meanwhile"):
        write_guideline(workspace, Visitor("Bob"), study.id, "Bob's", based_on=0)
    change_settings(workspace, ANN, study.id, GradingRules(reveal=Reveal.AFTER), based_on=1)
    with pytest.raises(Conflict):
        change_settings(workspace, ANN, study.id, GradingRules(comment=Asked.OFF), based_on=1)
    edit_criterion(workspace, ANN, study.id, "quality", quality(), same_meaning=True, based_on=1)
    with pytest.raises(Conflict):
        edit_criterion(workspace, ANN, study.id, "quality", quality(name="Q"), same_meaning=True, based_on=1)
    with pytest.raises(Conflict):
        change_criteria(workspace, ANN, study.id, [RubricPlace("quality")], based_on=1)
    assert study_detail(workspace, study.id).guideline == "Ann's"


def test_a_better_wording_keeps_the_meaning_and_every_answer(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database)
    with any_workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ann", "pass")
    reworded = CriterionDraft(
        name="Acceptable", question="Would you send it?", applies_to=Target.OUTPUT, scale=pass_fail()
    )
    version = edit_criterion(
        any_workspace, ANN, built.study, "acceptable", reworded, same_meaning=True, note="clearer", based_on=1
    )
    detail = study_detail(any_workspace, built.study)
    (criterion,) = detail.asked
    assert version == 2
    assert [(row.version, row.meaning, row.question) for row in criterion.versions] == [
        (1, 1, "acceptable?"),
        (2, 1, "Would you send it?"),
    ]
    assert criterion.asked is not None
    assert criterion.asked.version == 2
    assert [row.version for row in detail.rubrics] == [1, 2]
    assert stale_answers(any_workspace, built.study, "acceptable").n_ratings == 1


def test_a_new_meaning_is_counted_before_it_is_saved_and_leaves_the_old_answers_behind(
    any_workspace: Workspace,
) -> None:
    built = build_study(any_workspace.database)
    with any_workspace.database.writing() as session:
        for subject in ("q1/alder", "q2/alder", "q3/alder"):
            add_rating(session, built, subject, "acceptable", "Ann", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Bob", "fail")
        add_rating(session, built, "q1/alder", "acceptable", "Fir", "pass", kind="judge")
        add_rating(session, built, "q1/alder", "acceptable", "given", "pass", kind="source")
    # Ann 3, Bob 1, one judge 1, one source 1
    assert stale_answers(any_workspace, built.study, "acceptable") == StaleAnswers(6, 2, 1, 1)
    other = CriterionDraft(name="Safe", question="Is it safe?", applies_to=Target.OUTPUT, scale=pass_fail())
    edit_criterion(any_workspace, ANN, built.study, "acceptable", other, same_meaning=False)
    (criterion,) = study_detail(any_workspace, built.study).asked
    assert (criterion.newest.version, criterion.newest.meaning) == (2, 2)
    assert stale_answers(any_workspace, built.study, "acceptable") == StaleAnswers(0, 0, 0, 0)
    with pytest.raises(NotFound, match="Known: acceptable"):
        stale_answers(any_workspace, built.study, "nothing")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "Goodness", "question": "?", "guidance": "Read it."}, ""),
        ({"scale": likert(1, 5, {1: "Awful"})}, ""),
        ({"scale": replace(likert(1, 5), positive="5")}, ""),
        ({"applies_to": Target.PAIR}, "about the pair"),
        ({"scale": likert(1, 6)}, "options are other ones"),
        ({"scale": likert(1, 5, kind=ScaleKind.INTERVAL)}, "scale is interval"),
        ({"scale": DeclaredScale(ScaleKind.ORDINAL, tuple(Option(str(n), str(n), 2.0 * n) for n in range(1, 6)))},
         "other numbers"),
    ],
)  # fmt: skip
def test_what_changes_the_values_or_the_subject_changes_the_meaning(changes: dict[str, object], reason: str) -> None:
    found = why_meaning_changes("output", likert(1, 5), quality(**changes))
    assert reason in found
    assert bool(reason) == bool(found)


def test_a_range_of_numbers_is_part_of_the_meaning() -> None:
    before = DeclaredScale(ScaleKind.RATIO, low=0, high=10)
    assert why_meaning_changes("output", before, quality(scale=before)) == ""
    wider = DeclaredScale(ScaleKind.RATIO, low=0, high=100)
    assert "range" in why_meaning_changes("output", before, quality(scale=wider))


def test_the_same_meaning_cannot_be_claimed_for_another_scale(workspace: Workspace) -> None:
    study = direct(workspace)
    with pytest.raises(BadInput, match="same meaning"):
        edit_criterion(workspace, ANN, study.id, "quality", quality(scale=likert(1, 9)), same_meaning=True)
    detail = study_detail(workspace, study.id)
    assert len(detail.asked[0].versions) == 1
    assert len(detail.rubrics) == 1


def test_an_edit_that_changes_nothing_makes_no_version(workspace: Workspace) -> None:
    study = direct(workspace)
    newest = study_detail(workspace, study.id).asked[0].newest
    same = quality(name=f" {newest.name} ", question=newest.question, scale=newest.scale)
    assert edit_criterion(workspace, ANN, study.id, "quality", same, same_meaning=False) == 1
    only_place = replace(same, required=False)
    assert edit_criterion(workspace, ANN, study.id, "quality", only_place, same_meaning=True) == 1
    detail = study_detail(workspace, study.id)
    assert len(detail.rubrics) == 2
    assert detail.asked[0].asked is not None
    assert not detail.asked[0].asked.required


def test_a_criterion_is_added_after_the_others_under_a_name_of_its_own(workspace: Workspace) -> None:
    study = direct(workspace)
    lineage = add_criterion(workspace, ANN, study.id, quality(name="Tone"), note="asked for by Bob")
    detail = study_detail(workspace, study.id)
    assert lineage == "tone"
    assert [one.lineage for one in detail.asked] == ["quality", "acceptable", "tone"]
    assert detail.rubrics[-1].note == "asked for by Bob"
    with pytest.raises(Conflict, match="choose another name"):
        add_criterion(workspace, ANN, study.id, quality(name="TONE"))
    with pytest.raises(Conflict, match="choose another name"):
        edit_criterion(workspace, ANN, study.id, "tone", quality(name="quality"), same_meaning=True)
    with pytest.raises(BadInput, match="name of the criterion"):
        add_criterion(workspace, ANN, study.id, quality(name=" "))


def test_order_weight_and_retirement_change_the_rubric_and_no_answer_goes_stale(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database, criteria={"a": ("output", pass_fail()), "b": ("output", pass_fail())})
    with any_workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "a", "Ann", "pass")
    change_criteria(any_workspace, ANN, built.study, [RubricPlace("b", required=False, weight=2.0)], note="fewer")
    detail = study_detail(any_workspace, built.study)
    assert [one.lineage for one in detail.asked] == ["b"]
    assert [one.lineage for one in detail.criteria] == ["b", "a"], "retired ones stay at the end"
    assert stale_answers(any_workspace, built.study, "a").n_ratings == 1
    places = [RubricPlace("a"), RubricPlace("b", required=False, weight=2.0)]
    assert change_criteria(any_workspace, ANN, built.study, places) == 3
    assert change_criteria(any_workspace, ANN, built.study, places) == 3, "the same list makes no version"
    assert [one.lineage for one in study_detail(any_workspace, built.study).asked] == ["a", "b"]


@pytest.mark.parametrize(
    "places",
    [
        [RubricPlace("quality"), RubricPlace("quality")],
        [RubricPlace("quality", weight=0.0)],
        [RubricPlace("quality", weight=float("nan"))],
    ],
)
def test_a_list_of_criteria_that_makes_no_sense_is_refused(workspace: Workspace, places: list[RubricPlace]) -> None:
    study = direct(workspace)
    with pytest.raises(BadInput):
        change_criteria(workspace, ANN, study.id, places)
    with pytest.raises(NotFound):
        change_criteria(workspace, ANN, study.id, [RubricPlace("nothing")])


def test_hostile_words_are_kept_as_they_are(any_workspace: Workspace) -> None:
    hostile = "<img src=x onerror=alert(1)> ![](http://example.org/p) '; drop table study; -- :red[x]"
    study = create_study(any_workspace, Visitor(hostile), hostile, hostile, Template.LABEL_AUDIT, labels=[hostile, "b"])
    write_guideline(any_workspace, ANN, study.id, hostile, note=hostile)
    detail = study_detail(any_workspace, study.id)
    assert (detail.summary.name, detail.summary.description, detail.guideline) == (hostile, hostile, hostile)
    assert detail.asked[0].newest.scale.options[0].label == hostile


@pytest.mark.parametrize("wrong", ["\ud800", "nul\0", "\ud83d \ude00"])
def test_texts_that_no_database_keeps_are_refused_by_their_name_and_leave_nothing(
    any_workspace: Workspace, wrong: str
) -> None:
    study = direct(any_workspace)
    before = study_detail(any_workspace, study.id)
    scale = DeclaredScale(ScaleKind.NOMINAL, (Option("a", "A"), Option("b", "B")))
    wrong_label = replace(scale, options=(Option("a", "A"), Option("b", wrong)))
    wrong_definition = replace(scale, options=(Option("a", "A", definition=wrong), Option("b", "B")))
    quality_now = before.asked[0].newest
    acts = {
        "name of the study": lambda: create_study(any_workspace, ANN, wrong, "", Template.EMPTY),
        "description of the study": lambda: create_study(any_workspace, ANN, "New", wrong, Template.EMPTY),
        "guideline": lambda: write_guideline(any_workspace, ANN, study.id, wrong),
        "note on the change": lambda: write_guideline(any_workspace, ANN, study.id, "New words", note=wrong),
        "name of the criterion": lambda: add_criterion(any_workspace, ANN, study.id, quality(name=wrong)),
        '"Fit", question': lambda: add_criterion(any_workspace, ANN, study.id, quality(name="Fit", question=wrong)),
        '"Fit", guidance': lambda: add_criterion(any_workspace, ANN, study.id, quality(name="Fit", guidance=wrong)),
        '"Fit", note': lambda: add_criterion(any_workspace, ANN, study.id, quality(name="Fit"), note=wrong),
        "option 2, label": lambda: add_criterion(
            any_workspace, ANN, study.id, quality(name="Fit", scale=wrong_label)
        ),
        "option 1, definition": lambda: add_criterion(
            any_workspace, ANN, study.id, quality(name="Fit", scale=wrong_definition)
        ),
        "note on the change:": lambda: edit_criterion(  # only its place in the rubric changes
            any_workspace, ANN, study.id, quality_now.lineage, same_meaning=True, note=wrong,
            draft=CriterionDraft(
                name=quality_now.name, question=quality_now.question, guidance=quality_now.guidance,
                applies_to=Target.OUTPUT, scale=quality_now.scale, required=False,
            ),
        ),
        "note on the change: ": lambda: change_criteria(any_workspace, ANN, study.id, [], note=wrong),
    }  # fmt: skip
    for where, act in acts.items():
        with pytest.raises(BadInput, match=where.strip()):
            act()
    assert study_detail(any_workspace, study.id) == before
    assert [one.name for one in list_studies(any_workspace)] == ["Travel"]
