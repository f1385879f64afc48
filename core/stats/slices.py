"""A coefficient slice by slice, and whether a slice differs from the rest.

A slice and the rest get the same resamples of units (clusters), so that a cluster with units in both stays together.
P-values come from the t statistic of the jackknife error and are adjusted across slices (Benjamini and Hochberg).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from core.errors import BadInput
from core.stats.arrays import BoolArray
from core.stats.estimates import Estimate, Flag, Reason
from core.stats.estimating import estimated, undefined_estimate
from core.stats.multiplicity import adjusted
from core.stats.ratings import RatingTable
from core.stats.resampling import MIN_GROUPS
from core.stats.together import Together, together
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
        differs: Whether it differs from the rest at the stated false discovery rate.
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
        slices: One a slice, by name.
        n_without: Units in no slice; they belong to the rest of every slice.
        q: False discovery rate of `differs`.
    """

    key: str
    slices: tuple[SliceEstimate, ...]
    n_without: int
    q: float


def by_slice(
    table: RatingTable,
    names: Sequence[Hashable | None],
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
    if len(names) != table.n_units:
        raise BadInput(where="slices", found=f"{len(names)} names", expected=f"one for each of {table.n_units} units")
    labels = np.array(["" if name is None else str(name) for name in names], dtype=object)
    different = sorted(set(labels.tolist()) - {""})
    found = []
    for index, name in enumerate(different):
        inside = labels == name
        rng = np.random.default_rng([seed, index])
        both = together(
            [only_units(table, inside), only_units(table, ~inside)], key, rng=rng, resamples=resamples, spacing=spacing
        )
        found.append(_slice(name, both, key, level))
    p_values = adjusted([np.nan if each.p_value is None else each.p_value for each in found], q=q)
    slices = tuple(
        replace(each, adjusted_p=None if np.isnan(p) else float(p), differs=bool(rejected))
        for each, p, rejected in zip(found, p_values.p, p_values.rejected, strict=True)
    )
    return Slices(key, slices, int(np.sum(labels == "")), q)


def only_units(table: RatingTable, chosen: BoolArray) -> RatingTable:
    """The ratings of some units, with all units and clusters in their places."""
    kept = chosen[table.units]
    raters = None if table.raters is None else table.raters[kept]
    return replace(table, units=table.units[kept], raters=raters, values=table.values[kept], n_invalid=0)


def _slice(name: str, both: Together, key: str, level: float) -> SliceEstimate:
    if both.reason is not None:
        nothing = undefined_estimate(key, both.reason)
        return SliceEstimate(name, nothing, nothing, None, None, differs=False)
    here, rest = both.bases
    small = (Flag.SMALL_SLICE,) if here.n_groups < MIN_GROUPS else ()
    estimate = estimated(key, both.replicates, 0, here, level=level, undefined=Reason.NO_VARIATION, flags=small)
    smaller = here if here.n_groups < rest.n_groups else rest
    basis = replace(smaller, n_units=here.n_units + rest.n_units, n_ratings=here.n_ratings + rest.n_ratings)
    difference = estimated(
        f"{key}_difference", both.with_rows(np.array([[1.0, -1.0]])), 0, basis, level=level,
        undefined=Reason.NO_VARIATION, flags=small,
    )  # fmt: skip
    return SliceEstimate(name, estimate, difference, _p_value(difference), None, differs=False)


def _p_value(difference: Estimate) -> float | None:
    """Two-sided p-value of no difference, from the t statistic with as many degrees as the smaller side allows."""
    if difference.value is None or not difference.standard_error:
        return None
    t = abs(difference.value) / difference.standard_error
    return float(2 * stdtr(difference.n_groups - 1, -t))
