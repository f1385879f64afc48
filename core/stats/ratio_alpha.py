"""Krippendorff's ratio alpha of free numbers: every two numbers have a distance of their own, so moments do not do.

With counts n_c of D different numbers and M the squared differences ((c - k) / (c + k))^2, expected disagreement is the
quadratic form n M n. Leaving a group out changes it by -2 r M n + r M r, so the jackknife is exact and cheap; the
bootstrap needs the counts of every group and is drawn while these stay small.
"""

import numpy as np
from scipy import sparse

from core.stats.arrays import FloatArray, IntArray, ratio
from core.stats.ratings import RatingTable
from core.stats.resampling import Replicates, can_bootstrap, resample_weights

MAX_VALUES = 5_000
"""More different numbers than this have no ratio alpha: their D x D differences would not fit."""

_MAX_DENSE = 30_000_000


def alpha_ratio_of_numbers(table: RatingTable, rng: np.random.Generator, resamples: int) -> Replicates | None:
    """Ratio alpha with its replicates; None with more than `MAX_VALUES` different numbers.

    Args:
        table: Free numbers of 0 or more.
        rng: Source of the resamples.
        resamples: Bootstrap resamples; 0 for none.
    """
    per_unit = table.ratings_per_unit()
    kept = per_unit[table.units] > 1
    units, numbers = table.units[kept].astype(np.int64), table.numbers[kept]
    different, place = np.unique(numbers, return_inverse=True)
    if len(different) > MAX_VALUES:
        return None
    distances = _ratio_distances(different)
    within = _within(units, place, distances, table.n_units) / np.maximum(per_unit - 1, 1)
    groups = units if table.clusters is None else table.clusters[units]
    of_unit = np.arange(table.n_units) if table.clusters is None else table.clusters
    n_groups = int(of_unit.max(initial=-1)) + 1
    observed = np.bincount(of_unit, within, minlength=n_groups).astype(np.float64)
    counts = sparse.csr_array((np.ones(len(groups)), (groups, place)), shape=(n_groups, len(different)))
    used = np.bincount(groups, minlength=n_groups) > 0
    return _replicates(counts[used], observed[used], distances, rng, resamples)


def _replicates(
    counts: sparse.csr_array, observed: FloatArray, distances: FloatArray, rng: np.random.Generator, resamples: int
) -> Replicates:
    """Values on the sample, on resamples and without each group."""
    frequency = np.ones(len(observed), dtype=np.int64)
    size = np.asarray(counts.sum(axis=1), dtype=np.float64).reshape(-1)
    total = np.asarray(counts.sum(axis=0), dtype=np.float64).reshape(-1)
    towards_all = distances @ total
    own = _own_form(counts, distances)
    expected = float(total @ towards_all)
    without = expected - 2 * (counts @ towards_all) + own
    point = _alpha(total.sum(keepdims=True), observed.sum(keepdims=True), np.array([expected]))
    left_out = _alpha(total.sum() - size, observed.sum() - observed, without)
    draws = None
    rows, columns = counts.shape
    if rows and rows * columns <= _MAX_DENSE and can_bootstrap(rows, columns, resamples):
        dense = counts.toarray()
        drawn = []
        for weights in resample_weights(frequency, rng=rng, resamples=resamples):
            n_c = weights @ dense
            drawn.append(_alpha(n_c.sum(axis=1), weights @ observed, np.sum((n_c @ distances) * n_c, axis=1)))
        draws = np.concatenate(drawn)[None, :] if drawn else np.zeros((1, 0))
    return Replicates(point, draws, left_out[None, :], frequency)


def _alpha(n: FloatArray, observed: FloatArray, expected: FloatArray) -> FloatArray:
    return 1 - ratio((n - 1) * observed, expected)


def _ratio_distances(numbers: FloatArray) -> FloatArray:
    sums = numbers[:, None] + numbers[None, :]
    apart = np.divide(numbers[:, None] - numbers[None, :], sums, out=np.zeros_like(sums), where=sums > 0)
    return apart**2


def _within(units: IntArray, place: IntArray, distances: FloatArray, n_units: int) -> FloatArray:
    """Sum of the squared differences over all ordered pairs of ratings of each unit."""
    per_unit = np.bincount(units, minlength=n_units)
    starts = np.cumsum(per_unit) - per_unit
    total = np.zeros(n_units)
    for m in np.unique(per_unit[per_unit > 1]):
        chosen = np.flatnonzero(per_unit == m)
        for step in range(1, int(m)):  # every rating with the one `step` places on
            first = starts[chosen][:, None] + np.arange(m - step)
            total[chosen] += 2 * distances[place[first], place[first + step]].sum(axis=1)
    return total


def _own_form(counts: sparse.csr_array, distances: FloatArray) -> FloatArray:
    """The quadratic form r M r of each group's counts r, in chunks that stay small."""
    step = max(1, _MAX_DENSE // max(counts.shape[1], 1))
    parts = [
        np.asarray(counts[start : start + step].multiply(counts[start : start + step] @ distances).sum(axis=1))
        for start in range(0, counts.shape[0], step)
    ]
    return np.concatenate([part.reshape(-1) for part in parts]) if parts else np.zeros(0)
