"""Shares with Wilson's interval, and the difference of two shares on the same units with Newcombe's.

Units that hang together count for less: an interval is that of as many independent units as would have the standard
error between the groups (Kish's effective size), never fewer than there are groups and never more than units. With few
groups that error is not known well enough; then groups are counted, which is at worst too wide.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from core.stats.arrays import FloatArray, IntArray
from core.stats.estimates import Estimate, Flag, Interval, IntervalMethod, Reason
from core.stats.resampling import MIN_GROUPS, SMALL_SAMPLE, wilson

UNKNOWN = -1
"""Of a unit about which nothing is known."""


@dataclass(frozen=True, slots=True)
class PairedShares:
    """Two shares and their difference, on the same units.

    Attributes:
        first, second: The shares.
        difference: First minus second.
    """

    first: Estimate
    second: Estimate
    difference: Estimate


def share(name: str, marks: ArrayLike, groups: ArrayLike, *, undefined: Reason, level: float = 0.95) -> Estimate:
    """The share of marked units.

    Args:
        name: Key of the estimate.
        marks: 1 (marked), 0 or `UNKNOWN` for each unit; unknown ones are left out.
        groups: What each unit hangs together with.
        undefined: The reason where no unit is known.
        level: Nominal coverage.
    """
    marked, group = _known(marks, groups)
    n, n_groups = len(marked), len(np.unique(group))
    if not n:
        return Estimate(name, None, 0, 0, reason=undefined)
    value = float(marked.mean())
    size = effective_size(marked.astype(np.float64), group)
    interval = wilson(value * size, size, level=level)
    return Estimate(name, value, n, n, n_groups=n_groups, interval=interval, flags=_flags(n, n_groups))


def paired_shares(
    name: str, first: ArrayLike, second: ArrayLike, groups: ArrayLike, *, undefined: Reason, level: float = 0.95
) -> PairedShares:
    """Two shares of the same units and their difference (Newcombe 1998, method 10).

    Args:
        name: Key of the estimates.
        first: 1, 0 or `UNKNOWN` for each unit; only units known in both count.
        second: The same for the other share.
        groups: What each unit hangs together with.
        undefined: The reason where no unit is known in both.
        level: Nominal coverage.
    """
    left, right = np.asarray(first, np.int64), np.asarray(second, np.int64)
    both = (left != UNKNOWN) & (right != UNKNOWN)
    left, right, group = left[both], right[both], np.asarray(groups)[both]
    one, other = (share(name, marks, group, undefined=undefined, level=level) for marks in (left, right))
    n, n_groups = len(left), len(np.unique(group))
    if not n:
        return PairedShares(one, other, Estimate(name, None, 0, 0, reason=undefined))
    counts = np.array([np.sum((left == a) & (right == b)) for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))])
    size = effective_size((left - right).astype(np.float64), group)
    interval = newcombe(*(counts * (size / n)), level=level)
    value = float(left.mean() - right.mean())
    difference = Estimate(name, value, n, 2 * n, n_groups=n_groups, interval=interval, flags=_flags(n, n_groups))
    return PairedShares(one, other, difference)


def effective_size(values: FloatArray, groups: ArrayLike) -> float:
    """How many independent units would have the standard error of the mean that these units in groups have.

    The variance of the mean between groups is G/(G-1) sum over groups of (sum of deviations)^2 / n^2; that of n
    independent units is their variance / n. Their ratio is the design effect.

    Args:
        values: One for each unit.
        groups: What each unit hangs together with.

    Returns:
        Between the number of groups and that of units; the number of groups where there are fewer than `MIN_GROUPS`
        or all values are the same.
    """
    group = np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
    n, n_groups = len(values), int(group.max(initial=-1)) + 1
    spread = float(np.var(values))
    if n_groups == n or n_groups < MIN_GROUPS or spread == 0:
        return float(n_groups)
    sums = np.bincount(group, weights=values - values.mean())
    between = n_groups / (n_groups - 1) * float(sums @ sums) / n**2
    return float(np.clip(spread / between, n_groups, n)) if between > 0 else float(n)


def newcombe(both: float, first: float, second: float, neither: float, *, level: float = 0.95) -> Interval:
    """The interval of the difference of two paired proportions, (both + first) / n - (both + second) / n.

    Wilson's limits of each proportion, put together by their correlation phi with a continuity correction (Newcombe
    1998, Statistics in Medicine 17, method 10).

    Args:
        both: Units marked in both.
        first: In the first only.
        second: In the second only.
        neither: In none.
        level: Nominal coverage.

    Raises:
        ValueError: There is no unit.
    """
    n = both + first + second + neither
    p, q = (both + first) / n if n else 0.0, (both + second) / n if n else 0.0
    one, other = wilson(both + first, n, level=level), wilson(both + second, n, level=level)
    product = (both + first) * (second + neither) * (both + second) * (first + neither)
    surplus = both * neither - first * second
    corrected = max(surplus - n / 2, 0.0) if surplus > 0 else surplus
    phi = corrected / sqrt(product) if product > 0 else 0.0

    def reach(here: float, there: float) -> float:
        return sqrt(max(here**2 - 2 * phi * here * there + there**2, 0.0))

    low = p - q - reach(p - one.low, other.high - q)
    high = p - q + reach(one.high - p, q - other.low)
    return Interval(max(-1.0, low), min(1.0, high), level=level, method=IntervalMethod.NEWCOMBE)


def _known(marks: ArrayLike, groups: ArrayLike) -> tuple[IntArray, IntArray]:
    marked = np.asarray(marks, np.int64)
    known = marked != UNKNOWN
    return marked[known], np.asarray(groups)[known]


def _flags(n: int, n_groups: int) -> tuple[Flag, ...]:
    raised = ((Flag.SMALL_SAMPLE, n_groups < SMALL_SAMPLE), (Flag.CLUSTERED, n_groups < n))
    return tuple(flag for flag, is_raised in raised if is_raised)
