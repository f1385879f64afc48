"""Alpha by a second program: the same on any table, and honest where it was not asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.agreement import agreement
from core.stats.ratings import RatingTable
from core.workflow.agreement_recomputed import SAME, Recomputed, recompute

NUMBERS = DeclaredScale(ScaleKind.RATIO, low=0.0, high=100.0)


@given(data=st.data(), scale=st.sampled_from([pass_fail(), likert(1, 5), preference(both_bad=True), NUMBERS]))
def test_both_programs_find_the_same_alpha_on_any_table(data: st.DataObject, scale: DeclaredScale) -> None:
    n_units, n_raters = data.draw(st.integers(2, 12)), data.draw(st.integers(2, 5))
    size = n_units * n_raters
    if scale.is_numeric:
        answers = data.draw(
            st.lists(st.sampled_from([np.nan, 0.0, 1.0, 2.5, 40.0, 99.0]), min_size=size, max_size=size)
        )
        table = RatingTable.from_numbers(np.reshape(answers, (n_units, n_raters)), scale)
    else:
        codes = data.draw(st.lists(st.integers(-1, len(scale.options) - 1), min_size=size, max_size=size))
        table = RatingTable.from_codes(np.reshape(codes, (n_units, n_raters)), scale)
    report = agreement(table, seed=1, resamples=0)
    found = recompute(report, table)
    assert {one.key for one in found} == {
        key for key, estimate in report.estimates.items() if key.startswith("alpha") and estimate.value is not None
    }
    for one in found:
        assert one.difference is not None
        assert one.difference <= SAME, one


def test_values_that_stand_in_no_order_are_read_in_their_own() -> None:
    # "both bad" is outside the order: on A, tie, B alone the three units below are (A, A), (B, tie); the third is alone
    scale = preference(both_bad=True)
    codes = [[scale.code("A"), scale.code("A")], [scale.code("B"), scale.code("tie")],
             [scale.code("both_bad"), scale.code("B")]]  # fmt: skip
    table = RatingTable.from_codes(codes, scale)
    report = agreement(table, seed=1, resamples=0)
    found = {one.key: one for one in recompute(report, table)}
    # interval on 1, 1, -1, 0: observed 2 * 1 / 4; expected: sum of squared differences of ordered pairs / 12
    # = 2 * (0 + 4 + 1 + 4 + 1 + 1) / 12 = 22 / 12; alpha = 1 - .5 / (22 / 12) = .727273
    assert found["alpha_interval"].theirs == pytest.approx(1 - 0.5 / (22 / 12))
    assert found["alpha_nominal"].difference == pytest.approx(0, abs=SAME)


def test_too_many_different_numbers_are_left_to_one_program() -> None:
    rng = np.random.default_rng(1)
    table = RatingTable.from_numbers(rng.uniform(0, 100, (4000, 2)), NUMBERS)
    found = recompute(agreement(table, seed=1, resamples=0), table)
    assert "alpha_interval" in {one.key for one in found}
    for one in found:
        assert (one.theirs, one.difference) == (None, None)
        assert one.reason == "4,000 units with 8,000 different values would take that package minutes"


def test_a_difference_has_no_sign() -> None:
    assert (
        Recomputed("alpha_nominal", 0.25, 0.5).difference == Recomputed("alpha_nominal", 0.5, 0.25).difference == 0.25
    )
