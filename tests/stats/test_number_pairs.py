import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, pearsonr, spearmanr

from core.errors import BadInput
from core.stats.estimates import IntervalMethod, Reason
from core.stats.number_pairs import MAX_PAIRS, compare_numbers


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.integers(5, 40), st.sampled_from([0, 1, 8]))
def test_every_metric_is_what_scipy_computes(seed: int, n: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(0, 2, n), decimals)
    y = np.round(x + rng.normal(0, 2, n), decimals)
    found = compare_numbers(x, y, seed=0, resamples=0)
    assert found["mae"].value == pytest.approx(np.mean(np.abs(y - x)))
    assert found["rmse"].value == pytest.approx(np.sqrt(np.mean((y - x) ** 2)))
    assert found["bias"].value == pytest.approx(np.mean(y - x), abs=1e-12)
    if np.ptp(x) and np.ptp(y):
        assert found["pearson"].value == pytest.approx(pearsonr(x, y).statistic)
        assert found["spearman"].value == pytest.approx(spearmanr(x, y).statistic)
        assert found["kendall_tau_b"].value == pytest.approx(kendalltau(x, y).statistic)
    else:
        assert found["pearson"].reason is found["kendall_tau_b"].reason is Reason.ZERO_VARIANCE


def test_the_jackknife_is_the_value_without_each_unit_or_cluster_in_turn() -> None:
    rng = np.random.default_rng(1)
    x = np.round(rng.normal(size=60), 1)
    y, clusters = np.round(x + rng.normal(size=60), 1), np.repeat(np.arange(20), 3)
    for groups in (np.arange(60), clusters):
        n = len(np.unique(groups))
        found = compare_numbers(x, y, seed=0, resamples=0, clusters=groups)
        for key in ("pearson", "spearman", "kendall_tau_b", "rmse"):
            without = np.array(
                [compare_numbers(x[groups != g], y[groups != g], seed=0, resamples=0)[key].value for g in range(n)],
                dtype=float,
            )
            expected = np.sqrt((n - 1) / n * np.sum((without - without.mean()) ** 2))
            assert found[key].standard_error == pytest.approx(expected), key


def test_units_without_one_of_the_numbers_are_left_out_and_counted() -> None:
    found = compare_numbers([1, 2, np.nan, 4], [1, np.nan, 3, 5], seed=0)
    assert (found.n, found.n_left_out, found["mae"].value) == (2, 2, 0.5)
    assert compare_numbers([], [], seed=0)["pearson"].reason is Reason.NO_PAIRABLE_ITEMS
    with pytest.raises(BadInput, match="numbers"):
        compare_numbers([1.0], [1.0, 2.0], seed=0)


def test_many_pairs_are_jackknifed() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=3_200)
    found = compare_numbers(x, x + rng.normal(size=3_200), seed=0)
    for key in ("spearman", "kendall_tau_b"):
        interval = found[key].interval
        assert interval is not None
        assert interval.method is IntervalMethod.JACKKNIFE
    huge = rng.normal(size=MAX_PAIRS + 1)
    found = compare_numbers(huge, huge + rng.normal(size=len(huge)), seed=0, resamples=0)
    assert found["kendall_tau_b"].reason is Reason.TOO_MANY_VALUES
    assert (found["spearman"].interval, found["spearman"].interval_reason) == (None, Reason.TOO_MANY_VALUES)
    assert found["spearman"].value == pytest.approx(spearmanr(huge, huge).statistic / np.sqrt(2), abs=0.05)


def test_a_common_factor_or_shift_leaves_the_correlations() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=40)
    y = x + rng.normal(size=40)
    before, after = (compare_numbers(x, z, seed=0, resamples=0) for z in (y, 1e6 + 1e-3 * y))
    for key in ("pearson", "spearman", "kendall_tau_b"):
        assert after[key].value == pytest.approx(before[key].value, abs=1e-6)
