from dataclasses import replace

import pytest

from core.models.grading_rules import Asked, GradingRules
from core.scales import DeclaredScale, ScaleKind, likert, preference, yes_no
from core.store.studies import AskedCriterion
from core.workflow.grading_answers import (
    Answer,
    AnswerProblem,
    check_fields,
    checked_answers,
    shown_label,
    shown_option,
    stored_option,
)


def criterion(scale: DeclaredScale, *, applies_to: str = "pair", required: bool = True, key: int = 5) -> AskedCriterion:
    return AskedCriterion(
        id=key, lineage="c", version=1, meaning=1, name="Better", question="Which?", guidance="", applies_to=applies_to,
        scale=scale, item_id=None, position=0, required=required, weight=1.0, critical=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("order", "side", "output"), [("AB", "left", "A"), ("AB", "right", "B"), ("BA", "left", "B"), ("BA", "right", "A")]
)
def test_a_side_is_stored_as_the_output_that_stood_there(order: str, side: str, output: str) -> None:
    asked = criterion(preference(both_bad=True))
    assert checked_answers([asked], {"5": Answer(option=side)}, order) == {5: Answer(option=output)}


@pytest.mark.parametrize("order", ["AB", "BA"])
@pytest.mark.parametrize("key", ["A", "tie", "B", "both_bad"])
def test_what_is_shown_of_a_stored_option_is_stored_as_the_same(order: str, key: str) -> None:
    asked = criterion(preference(both_bad=True))
    assert stored_option(asked, shown_option(asked, key, order), order) == key


def test_the_letters_of_the_record_mean_nothing_on_the_card() -> None:
    with pytest.raises(AnswerProblem, match="left, tie, right"):
        checked_answers([criterion(preference())], {"5": Answer(option="A")}, "AB")


def test_a_side_that_the_scale_does_not_have_is_refused() -> None:
    with pytest.raises(AnswerProblem):
        checked_answers([criterion(preference(tie=False))], {"5": Answer(option="tie")}, "AB")


def test_a_question_about_a_pair_without_sides_keeps_its_options() -> None:
    asked = criterion(yes_no())
    assert checked_answers([asked], {"5": Answer(option="yes")}, "BA") == {5: Answer(option="yes")}
    assert shown_label(asked, Answer(option="no"), "BA") == "No"


def test_a_missing_required_answer_names_its_question() -> None:
    with pytest.raises(AnswerProblem) as caught:
        checked_answers([criterion(yes_no(), key=8), criterion(yes_no(), key=9)], {"8": Answer(option="yes")}, None)
    assert (caught.value.criterion, caught.value.where) == (9, "Better")


def test_an_optional_answer_may_be_left_out_but_not_all_of_them() -> None:
    asked = [criterion(yes_no(), key=8, required=False), criterion(yes_no(), key=9, required=False)]
    assert checked_answers(asked, {"9": Answer(option="no")}, None) == {9: Answer(option="no")}
    with pytest.raises(AnswerProblem, match="at least one"):
        checked_answers(asked, {}, None)


@pytest.mark.parametrize(
    "given",
    [
        Answer(),
        Answer(option="yes", absence="abstained"),
        Answer(option="YES"),
        Answer(option=""),
        Answer(number=1.0),
        Answer(absence="withdrawn"),
        Answer(absence="unreadable"),
    ],
)
def test_what_is_no_value_of_the_scale_is_refused(given: Answer) -> None:
    with pytest.raises(AnswerProblem) as caught:
        checked_answers([criterion(yes_no())], {"5": given}, None)
    assert caught.value.criterion == 5


def test_an_answer_to_a_question_that_is_not_asked_is_refused() -> None:
    with pytest.raises(AnswerProblem, match="criterion"):
        checked_answers([criterion(yes_no())], {"5": Answer(option="yes"), "6": Answer(option="yes")}, None)


def test_abstaining_answers_a_required_question() -> None:
    assert checked_answers([criterion(yes_no())], {"5": Answer(absence="abstained")}, None) == {
        5: Answer(absence="abstained")
    }


@pytest.mark.parametrize("number", [0.0, 0.5, 10.0, 2.5])
def test_a_number_on_the_steps_of_its_range_is_kept(number: float) -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=10.0, step=0.5)
    assert checked_answers([criterion(scale)], {"5": Answer(number=number)}, None) == {5: Answer(number=number)}


@pytest.mark.parametrize("number", [-0.5, 10.5, 0.3, float("nan"), float("inf")])
def test_a_number_outside_its_range_or_between_its_steps_is_refused(number: float) -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=10.0, step=0.5)
    with pytest.raises(AnswerProblem, match=r"a number from 0 to 10 in steps of 0\.5"):
        checked_answers([criterion(scale)], {"5": Answer(number=number)}, None)


def test_a_number_is_no_option_and_an_option_no_number() -> None:
    with pytest.raises(AnswerProblem):
        checked_answers([criterion(likert(1, 5))], {"5": Answer(number=3.0)}, None)
    with pytest.raises(AnswerProblem, match="a number"):
        checked_answers([criterion(DeclaredScale(ScaleKind.RATIO))], {"5": Answer(option="3")}, None)


def test_fields_that_the_study_requires_are_required() -> None:
    rules = replace(GradingRules(), comment=Asked.REQUIRED, confidence=Asked.REQUIRED)
    check_fields(rules, comment="so", confidence=0.0)
    with pytest.raises(AnswerProblem, match="comment"):
        check_fields(rules, comment="", confidence=1.0)
    with pytest.raises(AnswerProblem, match="confidence"):
        check_fields(rules, comment="so", confidence=None)
    with pytest.raises(AnswerProblem, match="from 0 to 1"):
        check_fields(GradingRules(), comment="", confidence=1.01)
