"""Who agrees with whom in free numbers: sums over the units each pair of raters shares, for all pairs at once."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from core.stats.arrays import NOTHING, FloatArray, IntArray, ratio
from core.stats.ratings import RatingTable

NUMBER_KEYS = ("percent", "alpha_interval", "pearson", "spearman")
"""The coefficients of pairs that free numbers allow."""


@dataclass(frozen=True, slots=True)
class NumberPairs:
    """Every pair of raters: shared units, share of exactly the same numbers, and a coefficient; all R x R."""

    n: IntArray
    percent: FloatArray
    values: FloatArray


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the units that the raters of row and column share: of 1, x, y, x^2, y^2, x y; all R x R."""

    n: FloatArray
    x: FloatArray
    y: FloatArray
    xx: FloatArray
    yy: FloatArray
    xy: FloatArray


def number_pairs(table: RatingTable, coefficient: str) -> NumberPairs:
    """One of `NUMBER_KEYS` for every pair of named raters; NaN on the diagonal and where undefined.

    Memory grows with the ratings, not with units x raters. Spearman's correlation ranks each pair's shared units anew,
    one rater after the other.
    """
    sums = _sums(table)
    n = np.rint(sums.n).astype(np.int64)
    off = np.where(np.eye(len(n), dtype=bool), np.nan, 1.0)
    percent = ratio(_same(table), sums.n) * off
    of = {"percent": lambda: percent, "alpha_interval": lambda: _alpha(sums), "pearson": lambda: _pearson(sums),
          "spearman": lambda: _spearman(table)}  # fmt: skip
    return NumberPairs(n, percent, of[coefficient]() * off)


def _by_unit(table: RatingTable, values: FloatArray) -> sparse.csr_array:
    shape = (table.n_units, table.n_raters)
    return sparse.csr_array((values, (table.units, table.known_raters())), shape=shape)


def _sums(table: RatingTable) -> _Sums:
    """The sums, of numbers measured from their mean in units of their spread, so that nothing cancels."""
    numbers = table.numbers
    spread = numbers.std() if len(numbers) else 1.0
    z = (numbers - (numbers.mean() if len(numbers) else 0.0)) / (spread if spread > 0 else 1.0)
    rated, x, xx = _by_unit(table, np.ones(len(z))), _by_unit(table, z), _by_unit(table, z * z)
    sum_x, sum_xx = (x.T @ rated).toarray(), (xx.T @ rated).toarray()
    return _Sums((rated.T @ rated).toarray(), sum_x, sum_x.T, sum_xx, sum_xx.T, (x.T @ x).toarray())


def _same(table: RatingTable) -> FloatArray:
    """How often two raters gave exactly the same number to the same unit."""
    _, level = np.unique(table.numbers, return_inverse=True)
    width = int(level.max(initial=-1)) + 1
    _, place = np.unique(table.units.astype(np.int64) * width + level.reshape(-1), return_inverse=True)
    shape = (int(place.max(initial=-1)) + 1, table.n_raters)
    here = sparse.csr_array((np.ones(len(place)), (place.reshape(-1), table.known_raters())), shape=shape)
    return np.asarray((here.T @ here).toarray(), dtype=np.float64)


def _pearson(sums: _Sums) -> FloatArray:
    """(sum xy - sum x sum y / n) / sqrt((sum x^2 - (sum x)^2 / n) (sum y^2 - (sum y)^2 / n))."""
    of_x, of_y = _spread(sums.xx, sums.x, sums.n), _spread(sums.yy, sums.y, sums.n)
    return ratio(sums.xy - ratio(sums.x * sums.y, sums.n), np.sqrt(of_x * of_y))


def _spread(squares: FloatArray, total: FloatArray, n: FloatArray) -> FloatArray:
    spread = squares - ratio(total * total, n)
    return np.where(spread <= NOTHING * np.maximum(squares, 1.0), 0.0, spread)


def _alpha(sums: _Sums) -> FloatArray:
    """Interval alpha of two raters: 1 - (N - 1) sum 2 (x - y)^2 / (2 (N sum (x^2 + y^2) - (sum x + y)^2)), N = 2 n."""
    ratings, squares = 2 * sums.n, sums.xx + sums.yy
    within = 2 * (squares - 2 * sums.xy)
    expected = 2 * (ratings * squares - (sums.x + sums.y) ** 2)
    expected = np.where(expected <= NOTHING * ratings * np.maximum(squares, 1.0), 0.0, expected)
    return 1 - ratio((ratings - 1) * within, expected)


def _spearman(table: RatingTable) -> FloatArray:
    """Pearson's correlation of mid-ranks among the units each pair shares."""
    raters, size = table.known_raters(), table.n_raters
    units = [table.units[raters == rater] for rater in range(size)]
    numbers = [table.numbers[raters == rater] for rater in range(size)]
    values = np.full((size, size), np.nan)
    for first in range(size):
        for second in range(first + 1, size):
            _, a, b = np.intersect1d(units[first], units[second], assume_unique=True, return_indices=True)
            found = _correlation(_midranks(numbers[first][a]), _midranks(numbers[second][b]))
            values[first, second] = values[second, first] = found
    return values


def _midranks(numbers: FloatArray) -> FloatArray:
    _, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place.reshape(-1)], dtype=np.float64)


def _correlation(x: FloatArray, y: FloatArray) -> float:
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    x, y = x - x.mean(), y - y.mean()
    return float((x @ y) / np.sqrt((x @ x) * (y @ y)))
