from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from core.scales import DeclaredScale, ScaleKind, likert, pass_fail
from core.stats.agreement import agreement
from core.stats.estimates import Estimate, Flag, Reason
from core.stats.ratings import RatingTable
from tests.stats.builders import further_cases, scale_of, table_of

FREE = DeclaredScale(ScaleKind.INTERVAL, low=-1000.0, high=1000.0)
KEYS = ("icc_1_1", "icc_2_1", "icc_3_1", "icc_1_k", "icc_2_k", "icc_3_k")


def estimates(table: RatingTable, **rest: Any) -> dict[str, Estimate]:
    report = agreement(table, seed=0, only=KEYS, **{"resamples": 0} | rest)
    return dict(report.estimates)


@pytest.mark.parametrize("case", further_cases("icc"), ids=lambda case: case["name"])
def test_shrout_and_fleiss_are_reproduced_on_options_and_on_free_numbers(case: dict[str, Any]) -> None:
    key = "icc_" + case["level_or_weights"][4:-1].replace(",", "_")
    options = RatingTable.from_raw(case["ratings"], scale_of(case["categories"]))
    numbers = RatingTable.from_numbers(case["ratings"], FREE)
    assert estimates(options)[key].value == pytest.approx(case["expected"], abs=case["tol"])
    assert estimates(numbers)[key].value == pytest.approx(case["expected"], abs=case["tol"])
    assert round(estimates(options)[key].value or 0, 2) == case["published_value"]


def noisy(n: int, k: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1)) + 0.5 * rng.normal(size=(1, k)) + rng.normal(size=(n, k))


def test_mean_squares_are_those_of_a_two_way_anova() -> None:
    numbers = noisy(25, 4, seed=1)
    n, k = numbers.shape
    unit, rater = np.divmod(np.arange(n * k), k)
    frame = pd.DataFrame({"y": numbers.ravel(), "unit": unit, "rater": rater})
    table = anova_lm(ols("y ~ C(unit) + C(rater)", frame).fit())
    msr, msc, mse = table["mean_sq"].to_numpy()
    found = estimates(RatingTable.from_numbers(numbers, FREE))
    assert found["icc_3_1"].value == pytest.approx((msr - mse) / (msr + (k - 1) * mse))
    assert found["icc_2_1"].value == pytest.approx((msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n))
    assert found["icc_2_k"].value == pytest.approx((msr - mse) / (msr + (msc - mse) / n))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-500, 500), st.floats(0.01, 50))
def test_origin_unit_and_order_do_not_matter(seed: int, origin: float, unit: float) -> None:
    numbers = noisy(12, 3, seed)
    before = {key: e.value for key, e in estimates(RatingTable.from_numbers(numbers, FREE)).items()}
    moved = RatingTable.from_numbers((origin + unit * numbers / 10)[::-1, [2, 0, 1]], FREE)
    assume(np.abs(origin + unit * numbers / 10).max() < 1000)
    after = {key: e.value for key, e in estimates(moved).items()}
    for key in KEYS:
        assert after[key] == pytest.approx(before[key], abs=1e-7), key


def test_only_units_rated_by_everybody_count_and_the_others_are_counted() -> None:
    numbers = noisy(40, 3, seed=3)
    ragged = numbers.copy()
    ragged[:7, 1] = np.nan
    found = estimates(RatingTable.from_numbers(ragged, FREE))
    alone = estimates(RatingTable.from_numbers(numbers[7:], FREE))
    for key in KEYS:
        assert found[key].value == pytest.approx(alone[key].value)
        assert (found[key].n_units, found[key].n_ratings) == (33, 99)
        assert Flag.INCOMPLETE_UNITS_LEFT_OUT in found[key].flags
        assert Flag.INCOMPLETE_UNITS_LEFT_OUT not in alone[key].flags


def test_no_complete_unit_is_undefined() -> None:
    numbers = np.where(np.eye(3) > 0, np.nan, noisy(3, 3, seed=0))
    assert {e.reason for e in estimates(RatingTable.from_numbers(numbers, FREE)).values()} == {Reason.NO_COMPLETE_UNITS}


def test_perfect_disagreement_is_undefined_where_libraries_answer_minus_two_or_infinity() -> None:
    # Every unit has the mean 2: nothing lies between units.
    table = RatingTable.from_raw([[1, 3], [3, 1], [1, 3], [3, 1]], likert(1, 3))
    assert {e.reason for e in estimates(table).values()} == {Reason.NO_BETWEEN_ITEM_VARIANCE}
    assert {e.value for e in estimates(table).values()} == {None}


def test_all_the_same_ratings_are_no_variation() -> None:
    table = RatingTable.from_raw([[2, 2]] * 5, likert(1, 3))
    assert {e.reason for e in estimates(table).values()} == {Reason.NO_VARIATION}


def test_perfect_agreement_is_one() -> None:
    table = RatingTable.from_raw([[1, 1], [2, 2], [3, 3]], likert(1, 3))
    for estimate in estimates(table).values():
        assert estimate.value == pytest.approx(1.0)


def test_options_without_numbers_or_order_have_none() -> None:
    assert estimates(RatingTable.from_codes([[0, 1], [1, 1]], pass_fail()))["icc_2_1"].reason is Reason.NEEDS_ORDER


def test_anonymous_seats_have_the_first_kind_only() -> None:
    numbers = noisy(30, 3, seed=5)
    found = estimates(RatingTable.from_numbers(numbers, FREE, anonymous=True))
    named = estimates(RatingTable.from_numbers(numbers, FREE))
    assert found["icc_1_1"].value == pytest.approx(named["icc_1_1"].value)
    assert found["icc_2_1"].reason is Reason.ANONYMOUS_RATERS


def test_the_jackknife_over_clusters_is_the_value_without_each_cluster_in_turn() -> None:
    numbers, clusters = noisy(60, 3, seed=6), np.repeat(np.arange(20), 3)
    error = estimates(RatingTable.from_numbers(numbers, FREE, clusters=clusters))["icc_2_1"].standard_error
    without = np.array(
        [estimates(RatingTable.from_numbers(numbers[clusters != c], FREE))["icc_2_1"].value for c in range(20)],
        dtype=float,
    )
    assert error == pytest.approx(np.sqrt(19 / 20 * np.sum((without - without.mean()) ** 2)))


def test_anything_with_an_interval_says_how_it_was_made() -> None:
    found = estimates(RatingTable.from_numbers(noisy(80, 3, seed=7), FREE), resamples=300)
    for estimate in found.values():
        assert estimate.interval is not None
        assert estimate.value is not None
        assert estimate.interval.low < estimate.value < estimate.interval.high


def test_codes_and_their_numbers_say_the_same() -> None:
    codes = np.random.default_rng(0).integers(0, 4, (20, 3)).astype(np.int8)
    by_option = estimates(table_of(codes, 4))
    by_number = estimates(RatingTable.from_numbers(codes + 1.0, FREE))
    for key in KEYS:
        assert by_option[key].value == pytest.approx(by_number[key].value)
        assert by_option[key].reason is by_number[key].reason
