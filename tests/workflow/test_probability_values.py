"""A judge's probabilities as numbers beside what people said."""

import pytest

from core.errors import BadInput
from core.scales import likert, pass_fail
from core.stats.number_pairs import compare_numbers
from core.workflow.agreement import Asked, LiveStudies
from core.workflow.probability_values import ProbabilityValues, compare_probabilities
from core.workflow.workspace import Workspace
from tests.builders import Built, add_rating, build_study


def compared(workspace: Workspace, built: Built) -> ProbabilityValues:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    view = live.view(Asked())
    judge = next(line.id for line in view.raters if line.is_judge)
    return compare_probabilities(workspace, live, view, judge, seed=0, resamples=0)


def graded(workspace: Workspace) -> Built:
    items = ("q1", "q2", "q3", "q4", "q5")
    return build_study(workspace.database, criteria={"fine": ("item", likert(1, 3))}, items=items)


def test_expected_and_likeliest_values_meet_the_mean_of_people(any_workspace: Workspace) -> None:
    built = graded(any_workspace)
    shares = {
        "q1": {"1": 0.2, "2": 0.3, "3": 0.5},  # expected 2.3, likeliest 3; people 1 and 2: 1.5
        "q2": {"1": 0.6, "2": 0.4},  # expected 1.4, likeliest 1; one person: 3
        "q3": {"1": 0.5, "2": 0.0, "3": 0.5},  # expected 2, two are likeliest; one person: 2
        "q4": {"1": 0.0, "2": 0.1, "3": 0.9},  # expected 2.9, likeliest 3; nobody
    }
    with any_workspace.database.writing() as session:
        for item, given in shares.items():
            add_rating(session, built, item, "fine", "J", "3", kind="judge", probabilities=given)
        add_rating(session, built, "q5", "fine", "J", "3", kind="judge")
        for item, rater, value in (("q1", "Ana", "1"), ("q1", "Bo", "2"), ("q2", "Bo", "3"), ("q3", "Cy", "2"),
                                   ("q5", "Cy", "1")):  # fmt: skip
            add_rating(session, built, item, "fine", rater, value)
    found = compared(any_workspace, built)
    expected = compare_numbers([1.5, 3, 2], [2.3, 1.4, 2.0], seed=0, resamples=0)
    likeliest = compare_numbers([1.5, 3], [3, 1], seed=0, resamples=0)
    assert (found.rater.name, found.n_units, found.expected.n, found.likeliest.n) == ("J", 4, 3, 2)
    for key in ("rmse", "pearson", "spearman", "kendall_tau_b", "mae", "bias"):
        assert found.expected[key].value == pytest.approx(expected[key].value)
        assert found.likeliest[key].value == pytest.approx(likeliest[key].value)


def test_probabilities_of_a_row_that_was_superseded_or_repeated_do_not_count(workspace: Workspace) -> None:
    built = graded(workspace)
    with workspace.database.writing() as session:
        old = add_rating(session, built, "q1", "fine", "J", "1", kind="judge", probabilities={"1": 1.0})
        add_rating(session, built, "q1", "fine", "J", "3", kind="judge", probabilities={"3": 1.0}, supersedes=old)
        add_rating(
            session, built, "q1", "fine", "J", "1", kind="judge", probabilities={"1": 1.0}, repetition=1
        )  # fmt: skip
        add_rating(session, built, "q1", "fine", "Ana", "3")
    found = compared(workspace, built)
    assert (found.expected.n, found.expected["bias"].value) == (1, 0.0)


def test_options_without_an_order_have_no_expected_value(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"ok": ("item", pass_fail())})
    with workspace.database.writing() as session:
        add_rating(session, built, "q1", "ok", "J", "pass", kind="judge", probabilities={"pass": 1.0})
    with pytest.raises(BadInput, match="options in an order"):
        compared(workspace, built)
