"""A judge against a reference in free numbers: correlations and distances of paired values, with intervals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from core.errors import BadInput
from core.stats.arrays import FloatArray, IntArray, ratio
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import Basis, estimated
from core.stats.resampling import Replicates, replicate, resample_weights
from core.stats.samples import resampled_units

MAX_PAIRS = 10_000
"""More pairs than this have no Kendall's tau-b, and Spearman's correlation no interval: both compare every two."""

_MAX_RESAMPLED = 3_000
_CHUNK_CELLS = 4_000_000
_MOMENT_KEYS = ("pearson", "mae", "rmse", "bias")
_RANK_KEYS = ("spearman", "kendall_tau_b")


@dataclass(frozen=True, slots=True)
class NumberComparison:
    """A judge against a reference.

    Attributes:
        n: Pairs of numbers.
        n_left_out: Units where one of the two has none.
        estimates: By key: "pearson", "spearman", "kendall_tau_b", "mae", "rmse" (root of the mean squared difference),
            "bias" (mean of judge - reference).
    """

    n: int
    n_left_out: int
    estimates: Mapping[str, Estimate]

    def __getitem__(self, key: str) -> Estimate:
        """The estimate of a metric by its key."""
        return self.estimates[key]


def compare_numbers(
    reference: ArrayLike,
    judge: ArrayLike,
    *,
    seed: int,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = 1000,
) -> NumberComparison:
    """Correlations and distances of a judge's numbers and a reference's.

    Rank correlations of up to 3,000 pairs are resampled; above, their intervals come from the jackknife.

    Args:
        reference: One number a unit; NaN where there is none.
        judge: One number a unit; NaN where there is none.
        seed: Seed of the bootstrap.
        clusters: Cluster of each unit.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.

    Raises:
        BadInput: Lengths differ.
    """
    x, y = np.asarray(reference, dtype=np.float64), np.asarray(judge, dtype=np.float64)
    named = None if clusters is None else np.asarray(clusters)
    if x.shape != y.shape or x.ndim != 1 or (named is not None and named.shape != x.shape):
        raise BadInput(where="numbers", found=f"shapes {x.shape} and {y.shape}", expected="one pair a unit")
    both = ~(np.isnan(x) | np.isnan(y))
    x, y, n = x[both], y[both], int(both.sum())
    group = np.arange(n) if named is None else np.unique(named[both], return_inverse=True)[1].reshape(-1)
    basis = Basis(n, 2 * n, int(group.max(initial=-1)) + 1, clustered=named is not None)
    moment_rng, rank_rng = np.random.default_rng(seed).spawn(2)
    rows, frequency = resampled_units(_moments(x, y), group if named is not None else None)
    by_moments = replicate(rows, frequency, _of_moments, rng=moment_rng, resamples=resamples)
    by_ranks = _rank_replicates(_Ranked.of(x, y), group, rank_rng, resamples)
    estimates = {
        key: estimated(key, replicates, k, basis, level=level, undefined=_reason(key, n))
        for keys, replicates in ((_MOMENT_KEYS, by_moments), (_RANK_KEYS, by_ranks))
        for k, key in enumerate(keys)
    }
    if n > MAX_PAIRS and estimates["spearman"].value is not None:
        estimates["spearman"] = replace(estimates["spearman"], interval_reason=Reason.TOO_MANY_VALUES)
    return NumberComparison(n, len(both) - n, estimates)


def _reason(key: str, n: int) -> Reason:
    return Reason.TOO_MANY_VALUES if key == "kendall_tau_b" and n > MAX_PAIRS else Reason.ZERO_VARIANCE


def _moments(x: FloatArray, y: FloatArray) -> FloatArray:
    """Rows to add up: 1, the numbers in units of their spread and their products, and the differences."""
    a, b = (_standardised(numbers) for numbers in (x, y))
    return np.column_stack([np.ones(len(x)), a, b, a * a, b * b, a * b, np.abs(y - x), (y - x) ** 2, y - x])


def _standardised(numbers: FloatArray) -> FloatArray:
    if not len(numbers) or np.ptp(numbers) == 0:
        return np.zeros(len(numbers))
    return np.asarray((numbers - numbers.mean()) / numbers.std(), dtype=np.float64)


def _of_moments(summed: FloatArray) -> FloatArray:
    n, a, b, aa, bb, ab, absolute, squared, signed = summed.T
    spread = (aa - ratio(a * a, n)) * (bb - ratio(b * b, n))
    pearson = ratio(ab - ratio(a * b, n), np.sqrt(np.maximum(spread, 0.0)))
    return np.array([pearson, ratio(absolute, n), np.sqrt(ratio(squared, n)), ratio(signed, n)])


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Where each number of a pair stands among the different ones."""

    x: IntArray
    y: IntArray

    @classmethod
    def of(cls, x: FloatArray, y: FloatArray) -> "_Ranked":
        x_place, y_place = (np.unique(numbers, return_inverse=True)[1].reshape(-1) for numbers in (x, y))
        return cls(x_place.astype(np.int64), y_place.astype(np.int64))

    def spearman(self, weights: FloatArray) -> FloatArray:
        """Correlation of the mid-ranks of weighted pairs, S x n weights."""
        x, y = _midranks(self.x, weights), _midranks(self.y, weights)
        spread = np.sqrt(np.sum(weights * x**2, axis=1) * np.sum(weights * y**2, axis=1))
        return ratio(np.sum(weights * x * y, axis=1), spread)

    def signs(self) -> Iterator[tuple[slice, FloatArray]]:
        """For some pairs at a time: 3 x some x n of concordance with each pair, untied in x, untied in y."""
        n = len(self.x)
        step = max(1, _CHUNK_CELLS // max(n, 1))
        for start in range(0, n, step):
            here = slice(start, start + step)
            x, y = (np.sign(place[here, None] - place[None, :]).astype(np.float64) for place in (self.x, self.y))
            yield here, np.array([x * y, x**2, y**2])


def _midranks(place: IntArray, weights: FloatArray) -> FloatArray:
    """Mid-ranks of weighted numbers from their weighted mean, S x n."""
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    by_value = np.add.reduceat(weights[:, order], starts, axis=1) if len(place) else weights
    ranks = np.cumsum(by_value, axis=1) - by_value / 2 - by_value.sum(axis=1, keepdims=True) / 2
    return np.asarray(ranks[:, place], dtype=np.float64)


def _tau(sums: FloatArray) -> FloatArray:
    """Tau-b of the summed signs (3 x S)."""
    return ratio(sums[0], np.sqrt(sums[1] * sums[2]))


def _rank_replicates(ranked: _Ranked, group: IntArray, rng: np.random.Generator, resamples: int) -> Replicates:
    n, n_groups = len(ranked.x), int(group.max(initial=-1)) + 1
    frequency = np.ones(n_groups, dtype=np.int64)
    point, left_out = np.full(2, np.nan), np.full((2, n_groups), np.nan)
    if not n:
        return Replicates(point, None, left_out, frequency)
    point[0] = ranked.spearman(np.ones((1, n)))[0]
    if n > MAX_PAIRS:
        return Replicates(point, None, left_out, frequency)
    # Tau without a group: all pairs, less those with one side in it (counted from both sides), plus those within it.
    towards, within = np.zeros((2, 3, n))
    for here, signs in ranked.signs():
        towards[:, here] = signs.sum(axis=2)
        within[:, here] = (signs * (group[here, None] == group[None, :])).sum(axis=2)
    total = towards.sum(axis=1)
    by_group = np.array([np.bincount(group, row, minlength=n_groups) for row in within - 2 * towards])
    point[1] = _tau(total[:, None])[0]
    left_out[1] = _tau(total[:, None] + by_group)
    step = max(1, _CHUNK_CELLS // n)
    for start in range(0, n_groups, step):
        some = np.arange(start, min(start + step, n_groups))
        left_out[0, some] = ranked.spearman((some[:, None] != group[None, :]).astype(np.float64))
    return Replicates(point, _rank_draws(ranked, group, frequency, rng, resamples), left_out, frequency)


def _rank_draws(
    ranked: _Ranked, group: IntArray, frequency: IntArray, rng: np.random.Generator, resamples: int
) -> FloatArray | None:
    if len(ranked.x) > _MAX_RESAMPLED:
        return None
    drawn = [np.zeros((2, 0))]
    for chunk in resample_weights(frequency, rng=rng, resamples=resamples):
        step = max(1, _CHUNK_CELLS // len(ranked.x))
        for start in range(0, len(chunk), step):
            weights = chunk[start : start + step][:, group]
            sums = np.zeros((3, len(weights)))
            for here, signs in ranked.signs():
                sums += np.array([np.sum((weights[:, here] @ sign) * weights, axis=1) for sign in signs])
            drawn.append(np.array([ranked.spearman(weights), _tau(sums)]))
    return np.concatenate(drawn, axis=1)
