import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.scales import DeclaredScale, ScaleKind
from core.stats.agreement import agreement
from core.stats.estimates import Estimate, IntervalMethod, Reason
from core.stats.ratings import RatingTable
from core.stats.ratio_alpha import MAX_VALUES

AMOUNTS = DeclaredScale(ScaleKind.RATIO, low=0.0, high=1e6)


def ratio_alpha(
    numbers: NDArray[np.float64], *, resamples: int = 0, clusters: NDArray[np.int64] | None = None
) -> Estimate:
    table = RatingTable.from_numbers(numbers, AMOUNTS, clusters=clusters)
    return agreement(table, seed=0, resamples=resamples, only=["alpha_ratio"])["alpha_ratio"]


def amounts(n: int, raters: int, seed: int = 0, decimals: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return np.round(rng.lognormal(2, 1, (n, 1)) * rng.lognormal(0, 0.3, (n, raters)), decimals)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.sampled_from([0, 3]))
def test_it_is_what_krippendorff_computes(seed: int, raters: int, decimals: int) -> None:
    numbers = amounts(15, raters, seed, decimals)
    numbers[np.random.default_rng(seed).random(numbers.shape) < 0.2] = np.nan
    estimate = ratio_alpha(numbers)
    assume(estimate.value is not None)
    reference = krippendorff.alpha(reliability_data=numbers.T, level_of_measurement="ratio")
    assert estimate.value == pytest.approx(float(reference), abs=1e-9)


def test_the_jackknife_is_the_value_without_each_unit_in_turn() -> None:
    numbers = amounts(25, 3, decimals=2)
    without = np.array([ratio_alpha(np.delete(numbers, i, axis=0)).value for i in range(25)], dtype=float)
    expected = np.sqrt(24 / 25 * np.sum((without - without.mean()) ** 2))
    assert ratio_alpha(numbers).standard_error == pytest.approx(expected)


def test_the_jackknife_over_clusters_is_the_value_without_each_cluster_in_turn() -> None:
    numbers, clusters = amounts(60, 3, decimals=1), np.repeat(np.arange(20), 3)
    without = np.array([ratio_alpha(numbers[clusters != c]).value for c in range(20)], dtype=float)
    expected = np.sqrt(19 / 20 * np.sum((without - without.mean()) ** 2))
    assert ratio_alpha(numbers, clusters=clusters).standard_error == pytest.approx(expected)


def test_few_numbers_are_resampled_and_many_are_jackknifed() -> None:
    few, many = ratio_alpha(amounts(80, 3), resamples=300), ratio_alpha(amounts(20_000, 3, decimals=1), resamples=300)
    assert few.interval is not None
    assert many.interval is not None
    assert (few.interval.method, many.interval.method) == (IntervalMethod.BCA, IntervalMethod.JACKKNIFE)


def test_negative_numbers_and_too_many_different_ones_are_undefined() -> None:
    below = RatingTable.from_numbers(np.array([[1.0, -2.0]]), DeclaredScale(ScaleKind.INTERVAL, low=-5.0, high=5.0))
    assert agreement(below, seed=0, only=["alpha_ratio"])["alpha_ratio"].reason is Reason.NEGATIVE_VALUES
    wide = np.arange(MAX_VALUES + 2, dtype=float).reshape(-1, 2)
    assert ratio_alpha(wide).reason is Reason.TOO_MANY_VALUES


def test_equal_amounts_are_no_variation_and_zero_agrees_with_zero() -> None:
    assert ratio_alpha(np.full((5, 2), 7.0)).reason is Reason.NO_VARIATION
    assert ratio_alpha(np.array([[0.0, 0.0], [3.0, 3.0]])).value == pytest.approx(1.0)
