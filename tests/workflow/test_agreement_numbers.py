"""All coefficients: whom a rater is held against, what has no value, and preferences with ties in three ways."""

from collections.abc import Mapping

import pytest

from core.scales import DeclaredScale, ScaleKind, preference
from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Reason
from core.workflow.agreement import Asked, LiveAgreement, LiveStudies
from core.workflow.agreement_numbers import (
    Numbers,
    every_coefficient,
    held_against,
    preference_numbers,
    preferences_beside_people,
    references_for,
    who_can_be_held,
)
from core.workflow.agreement_view import AgreementView
from core.workflow.workspace import Workspace
from tests.builders import add_rating, build_study

OPTIONS = {"p": "pass", "f": "fail", "A": "A", "B": "B", "t": "tie", "x": "both_bad"}


def shown(
    workspace: Workspace,
    rows: Mapping[str, str | list[float]],
    scale: DeclaredScale | None = None,
    kind: str = "person",
) -> tuple[LiveAgreement, AgreementView]:
    """Answers to the items in order, a dot for none; whose name begins with J is a judge."""
    items = tuple(f"q{k:03}" for k in range(max(len(answers) for answers in rows.values())))
    criteria = None if scale is None else {"acceptable": ("output", scale)}
    built = build_study(workspace.database, items=items, systems=("a",), criteria=criteria)
    with workspace.database.writing() as session:
        for name, answers in rows.items():
            for subject, answer in zip(built.subjects, answers, strict=False):
                value = OPTIONS.get(answer) if isinstance(answer, str) else answer
                if value is not None:
                    who = "judge" if name.startswith("J") else kind
                    add_rating(session, built, subject, "acceptable", name, value, kind=who)
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live, live.view(Asked())


def values(numbers: Numbers) -> dict[str, float | None]:
    return {line.key: line.estimates[0].value for line in numbers.lines}


def rater(view: AgreementView, name: str) -> int:
    return next(line.id for line in view.raters if line.name == name)


FOUR = {"Ana": "ppfp", "Bruno": "ppff", "Chioma": "pfff", "Jo": "pppf"}


def test_every_coefficient_has_a_value_or_a_reason(workspace: Workspace) -> None:
    _, view = shown(workspace, FOUR)
    numbers = every_coefficient(view)
    titles = [title for names in numbers.undefined.values() for title in names]
    assert len(numbers.lines) + len(titles) == len(COEFFICIENTS)
    assert "Scott's pi" in numbers.undefined[Reason.NEEDS_TWO_RATERS.sentence]
    # A-B 3/4, A-C 2/4, B-C 3/4, and Jo with them 2/4, 3/4, 2/4
    (percent,) = [line for line in numbers.lines if line.key == "percent"]
    assert [one.value for one in percent.estimates] == pytest.approx([8 / 12, 15 / 24])


def test_a_judge_is_held_against_the_majority_of_people(workspace: Workspace) -> None:
    live, view = shown(workspace, FOUR)
    held = held_against(live, view, rater(view, "Jo"), None)
    found = values(held.numbers)
    # majorities p p f f, Jo p p p f: tp 2, fp 1, tn 1
    assert (held.n_compared, held.positive) == (4, "Pass")
    assert (found["tpr"], found["tnr"], found["ppv"], found["npv"]) == pytest.approx((1, 1 / 2, 2 / 3, 1))
    assert (found["accuracy"], found["balanced_accuracy"], found["f1"]) == pytest.approx((3 / 4, 3 / 4, 4 / 5))
    # macro F1: (4/5 + 2/3)/2; MCC (2*1 - 1*0)/sqrt(3*2*2*1); prevalence |2-1|/4, bias |0-1|/4
    assert found["macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert found["mcc"] == pytest.approx(2 / 12**0.5)
    assert (found["prevalence_index"], found["bias_index"]) == (0.25, 0.25)
    assert found["majority_kappa"] == pytest.approx(1 / 4)
    assert "Spearman's rank correlation" in held.numbers.undefined[Reason.NEEDS_ORDER.sentence]
    assert held_against(live, view, rater(view, "Jo"), None) is held


def test_any_rater_can_be_the_reference_and_a_person_is_not_held_against_people_at_large(workspace: Workspace) -> None:
    live, view = shown(workspace, FOUR)
    ana, bruno, jo = (rater(view, name) for name in ("Ana", "Bruno", "Jo"))
    assert who_can_be_held(view)[0].name == "Jo"
    assert references_for(view, jo)[None] == "Majority of people"
    assert None not in references_for(view, ana)
    assert ana not in references_for(view, ana)
    # Bruno p p f f as the reference of Ana p p f p
    found = values(held_against(live, view, ana, bruno).numbers)
    assert (found["tpr"], found["tnr"]) == (1.0, 0.5)
    assert "majority_kappa" not in found


def test_units_without_a_reference_are_left_out_and_counted(workspace: Workspace) -> None:
    live, view = shown(workspace, {"Ana": "ppf.", "Bruno": "pff.", "Jo": "pppp"})
    held = held_against(live, view, rater(view, "Jo"), None)
    assert held.n_compared == 2
    assert held.left_out == (
        "1 of 4 units where people tie: no reference.",
        "1 of 4 units rated by no person.",
    )
    alone = held_against(live, view, rater(view, "Jo"), rater(view, "Ana"))
    assert (alone.n_compared, alone.left_out) == (3, ("1 of 4 units not rated by the reference.",))


def test_on_free_numbers_the_mean_of_people_is_the_reference(workspace: Workspace) -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)
    rows = {"Ana": [10.0, 30.0, 50.0], "Bruno": [20.0, 40.0, 60.0], "Jo": [15.0, 35.0, 58.0]}
    live, view = shown(workspace, rows, scale)
    jo = rater(view, "Jo")
    assert references_for(view, jo)[None] == "Mean of people"
    # means 15 35 55: apart 0, 0, 3
    found = values(held_against(live, view, jo, None).numbers)
    assert (found["mae"], found["bias"], found["rmse"]) == pytest.approx((1, 1, 3**0.5))
    # against Ana: 5, 5, 8
    assert values(held_against(live, view, jo, rater(view, "Ana")).numbers)["mae"] == pytest.approx(6)


def test_preferences_stand_with_ties_in_three_ways_beside_people(workspace: Workspace) -> None:
    scale = preference(both_bad=True)
    live, view = shown(workspace, {"Ana": "AAtB", "Bruno": "AttB", "Jo": "AtBx"}, scale)
    people = {line.key: line.estimates[0].value for line in preference_numbers(live, view)}
    # pairs A-A, A-t, t-t, B-B: alike 3 of 4; without ties A-A, B-B: 2 of 2, half of the pairs; half credit 3.5 of 4
    assert people == pytest.approx({"exact": 3 / 4, "decisive": 1, "coverage": 1 / 2, "half_credit": 7 / 8})
    cells = {cell.measure: cell for cell in preferences_beside_people(live, view, rater(view, "Jo"))}
    # Jo with each, "both bad" left out: unit 1 alike twice, 2 tie with A and tie: 1/2 alike, 3/4 credit, 3 none, 1/2
    assert cells["exact"].judge.value == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert cells["half_credit"].judge.value == pytest.approx((1 + 3 / 4 + 1 / 2) / 3)
    assert cells["exact"].left_out == ("1 answer “both bad”, outside the order.",)
    assert cells["coverage"].difference is None


def test_seats_cannot_be_held_against_anybody(workspace: Workspace) -> None:
    live, view = shown(workspace, {"s1": "ppf", "s2": "pff"}, kind="seat")
    assert who_can_be_held(view) == ()
    assert {line.key for line in every_coefficient(view).lines} >= {"percent", "fleiss"}
    assert live.questions
