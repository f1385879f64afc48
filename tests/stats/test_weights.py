import numpy as np
import pytest

from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail, preference
from core.stats.weights import (
    agreement_weights,
    interval_distances,
    option_values,
    ordered_options,
    ratio_distances,
)


def test_linear_and_quadratic_credit_follow_the_distance_over_the_range() -> None:
    values = np.array([0.0, 1.0, 4.0])
    assert agreement_weights("linear", values).tolist() == [[1, 0.75, 0], [0.75, 1, 0.25], [0, 0.25, 1]]
    assert agreement_weights("quadratic", values)[0].tolist() == [1, 1 - 1 / 16, 0]
    with pytest.raises(ValueError, match="cubic"):
        agreement_weights("cubic", values)


def test_ratio_differences_of_two_zeros_are_nothing() -> None:
    assert ratio_distances(np.array([0.0, 1.0, 3.0])).tolist() == [[0, 1, 1], [1, 0, 0.25], [1, 0.25, 0]]
    assert interval_distances(np.array([0.0, 3.0])).tolist() == [[0, 9], [9, 0]]


def test_only_scales_with_an_order_have_ordered_options() -> None:
    assert ordered_options(likert(1, 3)) == (0, 1, 2)
    assert ordered_options(pass_fail()) == ()
    assert ordered_options(DeclaredScale(ScaleKind.INTERVAL, low=0, high=1)) == ()


def test_a_preference_is_ordered_from_b_to_a_without_both_bad() -> None:
    assert ordered_options(preference(both_bad=True)) == (2, 1, 0)
    assert option_values(preference(both_bad=True)).tolist() == [-1, 0, 1]


def test_values_are_declared_numbers_or_positions() -> None:
    scale = DeclaredScale(ScaleKind.ORDINAL, (Option("a", "a", 1.0), Option("b", "b", 2.0), Option("c", "c", 9.0)))
    assert option_values(scale).tolist() == [1, 2, 9]
    assert option_values(scale, "positions").tolist() == [0, 1, 2]
