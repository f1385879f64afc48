from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import bootstrap
from statsmodels.stats.proportion import proportion_confint

from core.stats.arrays import FloatArray
from core.stats.estimates import IntervalMethod, Reason
from core.stats.resampling import bca, can_bootstrap, jackknife_error, replicate, resample_weights, spread, wilson


def mean(summed: FloatArray) -> FloatArray:
    return (summed[:, 0] / summed[:, 1])[None, :]


def rows_of(values: FloatArray) -> FloatArray:
    return np.column_stack([values, np.ones(len(values))])


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 10), (10, 10), (81, 263)])
def test_wilson_is_what_statsmodels_computes(successes: int, n: int) -> None:
    interval = wilson(successes, n)
    assert (interval.low, interval.high) == pytest.approx(proportion_confint(successes, n, method="wilson"))
    assert interval.method is IntervalMethod.WILSON


def test_a_proportion_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        wilson(0, 0)


def test_the_jackknife_error_of_a_mean_is_its_textbook_error() -> None:
    values = np.random.default_rng(0).normal(size=40)
    replicates = replicate(
        rows_of(values), np.ones(40, dtype=np.int64), mean, rng=np.random.default_rng(0), resamples=0
    )
    error = jackknife_error(replicates.left_out[0], replicates.frequency)
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(40))


def test_equal_rows_counted_once_have_the_error_of_rows_written_out() -> None:
    values, frequency = np.array([1.0, 4.0, 9.0]), np.array([5, 20, 3])
    short = replicate(rows_of(values), frequency, mean, rng=np.random.default_rng(0), resamples=0)
    long = np.repeat(values, frequency)
    full = replicate(rows_of(long), np.ones(28, dtype=np.int64), mean, rng=np.random.default_rng(0), resamples=0)
    assert jackknife_error(short.left_out[0], frequency) == pytest.approx(
        jackknife_error(full.left_out[0], full.frequency)
    )


def test_an_undefined_value_without_a_group_leaves_no_error() -> None:
    assert jackknife_error(np.array([0.1, np.nan]), np.array([3, 1])) is None
    assert jackknife_error(np.array([0.1]), np.array([1])) is None


@pytest.mark.parametrize("frequency", [[1] * 30, [400, 3, 97], [5, 0, 5]])
def test_every_resample_draws_as_many_groups_as_there_are(frequency: list[int]) -> None:
    counts = np.array(frequency)
    drawn = np.concatenate(list(resample_weights(counts, rng=np.random.default_rng(0), resamples=3000)))
    assert drawn.shape == (3000, len(counts))
    assert set(drawn.sum(axis=1)) == {counts.sum()}
    # A count is binomial: mean n p, standard deviation of the mean of 3000 below sqrt(n / 4 / 3000).
    assert drawn.mean(axis=0) == pytest.approx(counts, abs=5 * np.sqrt(counts.sum() / 4 / 3000))


def test_bca_is_what_scipy_computes() -> None:
    values = np.random.default_rng(3).exponential(size=60)
    replicates = replicate(
        rows_of(values), np.ones(60, dtype=np.int64), mean, rng=np.random.default_rng(1), resamples=20_000
    )
    assert replicates.draws is not None
    ours = bca(float(replicates.point[0]), replicates.draws[0], replicates.left_out[0], replicates.frequency, level=0.9)
    assert ours is not None
    theirs = bootstrap(
        (values,), np.mean, confidence_level=0.9, n_resamples=20_000, method="BCa", rng=np.random.default_rng(2)
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


@pytest.mark.parametrize(
    ("draws", "left_out"),
    [
        ([0.5, 0.5], [0.4, 0.6]),
        ([0.1, 0.2], [0.4, 0.6]),
        ([0.1, 0.9], [0.5, 0.5]),
        ([0.1, 0.9], [0.5, np.nan]),
        ([], [0.4, 0.6]),
    ],
)
def test_bca_is_undefined_when_resamples_or_left_out_values_do_not_spread(
    draws: list[float], left_out: list[float]
) -> None:
    assert bca(0.5, np.array(draws), np.array(left_out), np.array([1, 1]), level=0.95) is None


def test_too_many_groups_get_a_jackknife_interval() -> None:
    assert not can_bootstrap(60_000, 3, 1000)
    values = np.random.default_rng(0).normal(size=60_000)
    replicates = replicate(
        rows_of(values), np.ones(60_000, dtype=np.int64), mean, rng=np.random.default_rng(0), resamples=1000
    )
    assert replicates.draws is None
    found = spread(replicates, 0, level=0.95, n_groups=60_000)
    assert found.interval is not None
    assert found.interval.method is IntervalMethod.JACKKNIFE
    # Half the width is the t quantile, here 1.960, times the error.
    assert (found.interval.high - found.interval.low) / 2 == pytest.approx(
        1.96 * values.std() / np.sqrt(60_000), rel=1e-3
    )
    assert found.resamples == 0


def test_no_resamples_asked_leaves_an_error_and_no_interval() -> None:
    replicates = replicate(
        rows_of(np.arange(30.0)), np.ones(30, dtype=np.int64), mean, rng=np.random.default_rng(0), resamples=0
    )
    found = spread(replicates, 0, level=0.95, n_groups=30)
    assert (found.interval, found.reason) == (None, Reason.NOT_RESAMPLED)
    assert found.standard_error is not None


def test_resamples_that_equal_the_value_count_half_on_each_side() -> None:
    # 40 resamples at 0.4, 40 at 0.5 (the value), 20 at 0.6: 0.4 + 0.2 = 60 % lie below; no acceleration.
    draws = np.repeat([0.4, 0.5, 0.6], [40, 40, 20])
    found = bca(0.5, draws, np.array([0.4, 0.6]), np.array([1, 1]), level=0.5)
    assert found is not None
    bias = ndtri(0.6)
    ends = np.quantile(draws, ndtr(2 * bias + ndtri(np.array([0.25, 0.75]))))
    assert (found.low, found.high) == pytest.approx(tuple(ends))
    assert (found.low, found.high) == (0.5, 0.6)


def test_a_rare_proportion_has_wilsons_interval_at_the_size_that_has_its_error() -> None:
    values = np.zeros(30)
    values[0] = 1.0
    point = replicate(rows_of(values), np.ones(30, dtype=np.int64), mean, rng=np.random.default_rng(0), resamples=200)
    found = spread(point, 0, level=0.95, n_groups=30, proportion=True)
    assert found.interval is not None
    assert found.interval.method is IntervalMethod.WILSON
    # The jackknife error of a mean is that of n - 1: p (1 - p) / 29, so the size is 29 (and 29 / 30 of a success).
    low, high = proportion_confint(29 / 30, 29, method="wilson")
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))


def test_a_jackknife_interval_of_a_proportion_stays_within_0_and_1() -> None:
    # 12 clusters of 40 hold all successes, each with up to 30: the error is large beside the value.
    rows = np.column_stack([np.r_[30.0, np.ones(11), np.zeros(28)], np.ones(40)])
    point = replicate(rows, np.ones(40, dtype=np.int64), mean, rng=np.random.default_rng(0), resamples=0)
    assert point.point[0] == pytest.approx(41 / 40)
    found = spread(replace(point, draws=None, point=np.array([0.5])), 0, level=0.95, n_groups=40, proportion=True)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (0.0, 1.0)
    assert found.interval.method is IntervalMethod.JACKKNIFE
