"""A coefficient slice by slice, and whether a slice differs from the rest.

A slice and the rest get the same resamples of units (clusters), so that a cluster with units in both stays together.
P-values come from the t statistic of the jackknife error and are adjusted across slices (Benjamini and Hochberg).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from core.stats.estimates import Estimate, Flag, Reason
from core.stats.estimating import Basis, estimated, undefined_estimate
from core.stats.multiplicity import adjusted
from core.stats.ratings import RatingTable
from core.stats.resampling import MIN_GROUPS, Replicates
from core.stats.slicing import Slicing, replicate_slices
from core.stats.together import side_by_side
from core.stats.weights import Spacing


@dataclass(frozen=True, slots=True)
class SliceEstimate:
    """One slice.

    Attributes:
        name: The slice.
        estimate: The coefficient on its units; flagged `small_slice` below 20 units (clusters).
        difference: Slice minus rest.
        p_value: Of no difference; None where the slice or the rest is too small, or an error does not exist.
        adjusted_p: The same, adjusted for the number of slices.
        differs: Whether it differs from the rest at the stated false discovery rate, and the interval of the difference
            leaves out 0.
    """

    name: str
    estimate: Estimate
    difference: Estimate
    p_value: float | None
    adjusted_p: float | None
    differs: bool

    @property
    def too_small(self) -> bool:
        """Whether the slice is to be shown in grey."""
        return Flag.SMALL_SLICE in self.estimate.flags


@dataclass(frozen=True, slots=True)
class Slices:
    """A coefficient slice by slice.

    Attributes:
        key: Key of the coefficient.
        whole: The coefficient on all units, those in no slice included.
        slices: One a slice, by name.
        n_without: Units in no slice; they belong to the rest of every slice.
        q: False discovery rate of `differs`.
    """

    key: str
    whole: Estimate
    slices: tuple[SliceEstimate, ...]
    n_without: int
    q: float


def by_slice(
    table: RatingTable,
    names: Sequence[Hashable | None] | Slicing,
    key: str,
    *,
    seed: int,
    level: float = 0.95,
    resamples: int = 1000,
    q: float = 0.05,
    spacing: Spacing = "values",
) -> Slices:
    """A coefficient on each slice, and each slice against the rest.

    Args:
        table: The ratings.
        names: Slice of each unit; None or "" for a unit in no slice.
        key: Key of the coefficient; not one of pairs of raters (Cohen's kappas).
        seed: Seed of the bootstrap.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
        q: False discovery rate.
        spacing: What weights are measured on.

    Raises:
        BadInput: `names` has not one entry a unit, or the coefficient is one of pairs of raters.
    """
    slicing = (names if isinstance(names, Slicing) else Slicing.of(names)).checked(table.n_units)
    n_without = int(np.sum(slicing.codes < 0))
    joint = side_by_side([table], key, spacing=spacing)
    if isinstance(joint, Reason):
        nothing = undefined_estimate(key, joint)
        empty = tuple(SliceEstimate(name, nothing, nothing, None, None, differs=False) for name in slicing.names)
        return Slices(key, nothing, empty, n_without, q)
    bases = slicing.bases(joint.compared[0], table.ratings_per_unit(), table.clusters)
    found = replicate_slices(
        joint.rows, joint.of_unit, joint.rated, slicing, table.clusters, joint.statistics,
        rng=np.random.default_rng(seed), resamples=resamples,
    )  # fmt: skip
    whole = estimated(key, found.whole, 0, bases.whole, level=level, undefined=Reason.NO_VARIATION)
    slices = tuple(
        _slice(name, key, replicates, here, rest, level)
        for name, replicates, here, rest in zip(slicing.names, found.slices, bases.inside, bases.rest, strict=True)
    )
    p_values = adjusted([np.nan if each.p_value is None else each.p_value for each in slices], q=q)
    slices = tuple(
        replace(
            each,
            adjusted_p=None if np.isnan(p) else float(p),
            differs=bool(rejected) and leaves_out_zero(each.difference),
        )
        for each, p, rejected in zip(slices, p_values.p, p_values.rejected, strict=True)
    )
    return Slices(key, whole, slices, n_without, q)


def _slice(name: str, key: str, replicates: Replicates, here: Basis, rest: Basis, level: float) -> SliceEstimate:
    """One slice from the replicates of the coefficient in it and in the rest."""
    flags = small_slice(here)
    estimate = estimated(key, replicates, 0, here, level=level, undefined=Reason.NO_VARIATION, flags=flags)
    difference = estimated(
        f"{key}_difference", weighted(replicates, [1.0, -1.0]), 0, smaller_side(here, rest), level=level,
        undefined=Reason.NO_VARIATION if rest.n_units else Reason.NO_PAIRABLE_ITEMS, flags=flags,
    )  # fmt: skip
    return SliceEstimate(name, estimate, difference, p_value(difference), None, differs=False)


def weighted(replicates: Replicates, weights: Sequence[float]) -> Replicates:
    """Replicates of one weighted sum of the statistics."""
    row = np.array([weights])
    draws = None if replicates.draws is None else row @ replicates.draws
    return Replicates(row @ replicates.point, draws, row @ replicates.left_out, replicates.frequency)


def small_slice(here: Basis) -> tuple[Flag, ...]:
    """The flag of a slice that is to be shown in grey."""
    return (Flag.SMALL_SLICE,) if here.n_groups < MIN_GROUPS else ()


def smaller_side(here: Basis, rest: Basis) -> Basis:
    """What a difference between a slice and the rest rests on: all their units, the groups of the smaller side."""
    smaller = here if here.n_groups < rest.n_groups else rest
    return replace(smaller, n_units=here.n_units + rest.n_units, n_ratings=here.n_ratings + rest.n_ratings)


def leaves_out_zero(difference: Estimate) -> bool:
    """Whether an interval does not contradict a small p-value; where none was asked for there is nothing to say so.

    In small slices the t statistic of the jackknife error can be far surer than the bootstrap is.
    """
    if difference.interval is None:
        return difference.interval_reason is Reason.NOT_RESAMPLED
    return difference.interval.low > 0 or difference.interval.high < 0


def p_value(difference: Estimate) -> float | None:
    """Two-sided p-value of no difference, from the t statistic with as many degrees as the smaller side allows."""
    if difference.value is None or not difference.standard_error:
        return None
    t = abs(difference.value) / difference.standard_error
    return float(2 * stdtr(difference.n_groups - 1, -t))
