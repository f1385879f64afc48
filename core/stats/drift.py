"""Does a rater change over time? Agreement with the others and leniency, part by part of the rater's own time.

Raters who change are known as differential rater functioning over time (Wolfe, Moulder and Myford 2001; Myford and
Wolfe 2009, who tell a change of accuracy from one of severity). They fit Rasch models; here are plain differences with
intervals: the rater's units in the order of its own ratings, and the last half minus the first half of

    agreement = pairs of its rating and another's of the same unit with the same answer / all such pairs
    leniency  = mean over units of (its number - mean number of the others)

A rater can only be seen to change against the others: where these change too, or later units are harder, the numbers
move without the rater. They say where to look, not why.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from core.errors import BadInput
from core.stats.arrays import BoolArray, FloatArray, IntArray, ratio
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import Basis, estimated, undefined_estimate
from core.stats.others import Beside, Others, leniency_reason
from core.stats.ratings import RaterId
from core.stats.resampling import MIN_GROUPS, Replicates
from core.stats.with_others import leniency_columns, replicated

PARTS = 4
"""Parts of a rater's time, where each has 20 units (clusters) or more; else fewer."""


@dataclass(frozen=True, slots=True)
class DriftPart:
    """One part of a rater's time.

    Attributes:
        start, end: The first and the last time in it.
        agreement: Share of pairs with the same answer.
        leniency: Mean difference from the others; undefined where no answer is above another.
    """

    start: float
    end: float
    agreement: Estimate
    leniency: Estimate


@dataclass(frozen=True, slots=True)
class Drift:
    """How a rater changes over time.

    Attributes:
        rater_id: The rater.
        parts: From first to last; empty where `reason` says why.
        agreement_change, leniency_change: The last half minus the first half. The unit in the middle is in neither.
        agreement_p, leniency_p: Of no change, two-sided, from the t statistic of the jackknife error; None where there
            is none.
        n_units: Units with a time that somebody else rated too.
        n_untimed: Such units without a time; they are left out.
        reason: Why nothing can be said.
    """

    rater_id: RaterId
    parts: tuple[DriftPart, ...]
    agreement_change: Estimate
    leniency_change: Estimate
    agreement_p: float | None
    leniency_p: float | None
    n_units: int
    n_untimed: int
    reason: Reason | None = None


def drift(
    others: Others,
    rater_id: RaterId,
    times: FloatArray,
    *,
    seed: int,
    most_parts: int = PARTS,
    level: float = 0.95,
    resamples: int = 1000,
) -> Drift:
    """How one rater changes, beside a group or the rest of its group.

    Ratings of the same time stay together, so parts may differ in size. Resampled are units, or clusters, with their
    times as they are.

    Args:
        others: The group.
        rater_id: The rater.
        times: A time for each rating of the rater, by rising unit, in any unit that grows; NaN where none is known.
        seed: Seed of the bootstrap.
        most_parts: Parts wanted, 2 or more.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.

    Raises:
        BadInput: `times` has not one entry a rating, parts are fewer than 2, or nobody has this name.
    """
    beside, n_ratings = others.beside(rater_id), int(np.sum(_mine(others, rater_id)))
    if len(times) != n_ratings or most_parts < 2:
        found, expected = f"{len(times)} times, {most_parts} parts", f"{n_ratings} times, 2 parts or more"
        raise BadInput(where="drift", found=found, expected=expected)
    at = np.asarray(times, dtype=np.float64)[beside.place]
    timed = np.isfinite(at)
    n_untimed = int(np.sum(~timed))
    place = np.full(len(at), np.nan)
    place[timed] = middle_ranks(at[timed])
    split = _split(beside, place, most_parts)
    if isinstance(split, Reason):
        reason = split if len(beside) else Reason.NO_PAIRABLE_ITEMS
        agreement, leniency = (undefined_estimate(f"{name}_change", reason) for name in ("agreement", "leniency"))
        return Drift(rater_id, (), agreement, leniency, None, None, int(timed.sum()), n_untimed, reason)
    estimates = _Found(beside, split, leniency_reason(others.table.scale), level, seed, resamples)
    parts = tuple(
        DriftPart(float(at[inside].min()), float(at[inside].max()), *estimates.of_part(part))
        for part, inside in enumerate(split[2:])
    )
    agreement, leniency = estimates.changes()
    degrees = min(_groups(beside, half) for half in split[:2]) - 1
    p_values = (p_of(agreement, degrees), p_of(leniency, degrees))
    return Drift(rater_id, parts, agreement, leniency, *p_values, int(timed.sum()), n_untimed)


def _mine(others: Others, rater_id: RaterId) -> BoolArray:
    return np.asarray(others.table.known_raters() == others.table.rater_index(rater_id), dtype=np.bool_)


def middle_ranks(times: FloatArray) -> FloatArray:
    """Where each time stands among all, 0 to 1, equal times at the middle of their places.

    Turning the order of time around turns p into 1 - p; any rising function of times changes nothing.
    """
    _, place, counts = np.unique(times, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray(((ends - counts / 2) / max(len(times), 1))[place.reshape(-1)], dtype=np.float64)


def _split(beside: Beside, place: FloatArray, most_parts: int) -> tuple[BoolArray, ...] | Reason:
    """First half, last half, then the parts; or why there are none."""
    known = place[np.isfinite(place)]
    if not len(known) or np.ptp(known) == 0:
        return Reason.NO_TIMES
    halves = (place < 0.5, place > 0.5)
    for k in range(most_parts, 1, -1):
        part = np.floor(np.nan_to_num(place, nan=-1.0) * k)
        chosen = (*halves, *(part == index for index in range(k)))
        if min(_groups(beside, inside) for inside in chosen) >= MIN_GROUPS:
            return chosen
    return Reason.TOO_FEW_ITEMS


def _groups(beside: Beside, inside: BoolArray) -> int:
    return int(inside.sum()) if beside.clusters is None else len(np.unique(beside.clusters[inside]))


def p_of(change: Estimate, degrees: int) -> float | None:
    """Two-sided p-value of no change, from the t statistic with as many degrees as the smaller half allows."""
    if change.value is None or not change.standard_error:
        return None
    return float(2 * stdtr(degrees, -abs(change.value) / change.standard_error))


class _Found:
    """Everything of one rater on the same resamples."""

    def __init__(
        self, beside: Beside, split: Sequence[BoolArray], no_leniency: Reason | None, level: float, seed: int,
        resamples: int,
    ) -> None:  # fmt: skip
        self._beside, self._split, self._no_leniency, self._level = beside, split, no_leniency, level
        self._replicates = _replicates(beside, split, seed, resamples)

    def of_part(self, part: int) -> tuple[Estimate, Estimate]:
        """Agreement and leniency of a part."""
        basis, n = self._basis(self._split[2 + part]), len(self._split)
        return self._estimate("agreement", 2 + part, basis), self._estimate("leniency", n + 2 + part, basis)

    def changes(self) -> tuple[Estimate, Estimate]:
        """Last half minus first half."""
        basis = self._basis(self._split[0] | self._split[1])
        n = len(self._split)
        return self._estimate("agreement_change", 2 * n, basis), self._estimate("leniency_change", 2 * n + 1, basis)

    def _basis(self, inside: BoolArray) -> Basis:
        n, pairs = int(inside.sum()), float(self._beside.pairs[inside].sum())
        return Basis(n, n + round(pairs), _groups(self._beside, inside), clustered=self._beside.clusters is not None)

    def _estimate(self, name: str, which: int, basis: Basis) -> Estimate:
        if self._no_leniency is not None and name.startswith("leniency"):
            return undefined_estimate(name, self._no_leniency)
        return estimated(
            name, self._replicates, which, basis, level=self._level, undefined=Reason.NO_PAIRABLE_ITEMS,
            proportion=name == "agreement",
        )  # fmt: skip


def _replicates(beside: Beside, split: Sequence[BoolArray], seed: int, resamples: int) -> Replicates:
    """Agreement of each of `split`, leniency of each, and both changes."""
    moments = np.column_stack([beside.same, beside.pairs, leniency_columns(beside)])
    rows = np.hstack([moments * inside[:, None] for inside in split])
    n = len(split)

    def statistics(summed: FloatArray) -> FloatArray:
        parts = summed.reshape(-1, n, 4)
        agreement, leniency = ratio(parts[:, :, 0], parts[:, :, 1]).T, ratio(parts[:, :, 2], parts[:, :, 3]).T
        changes = np.stack([agreement[1] - agreement[0], leniency[1] - leniency[0]])
        return np.concatenate([agreement, leniency, changes])

    return replicated(beside, rows, statistics, seed=seed, resamples=resamples, kinds=_kinds(beside, split))


def _kinds(beside: Beside, split: Sequence[BoolArray]) -> IntArray:
    """Units with the same answers in the same part and half, as numbers without gaps."""
    where = np.zeros(len(beside), dtype=np.int64)
    for inside in split:
        where = 2 * where + inside
    key = beside.kind * (1 << len(split)) + where
    _, place = np.unique(key, return_inverse=True)
    kinds: IntArray = place.reshape(-1).astype(np.int64)
    return kinds
