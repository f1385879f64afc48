"""From replicates to an `Estimate`: one place where value, interval, counts, reasons and flags come together."""

from dataclasses import dataclass

import numpy as np

from core.stats.arrays import BoolArray, FloatArray, IntArray
from core.stats.estimates import Estimate, Flag, Reason
from core.stats.resampling import SMALL_SAMPLE, Replicates, spread


@dataclass(frozen=True, slots=True)
class Basis:
    """What an estimate rests on.

    Attributes:
        n_units: Units that enter the comparison.
        n_ratings: Ratings on these units.
        n_groups: Independent groups that are resampled: clusters where declared, else units.
        clustered: Whether the groups are clusters.
    """

    n_units: int
    n_ratings: int
    n_groups: int
    clustered: bool = False


def estimated(
    name: str,
    replicates: Replicates,
    which: int,
    basis: Basis,
    *,
    level: float,
    undefined: Reason,
    proportion: bool = False,
    flags: tuple[Flag, ...] = (),
) -> Estimate:
    """The estimate of one replicated statistic.

    Args:
        name: Key of the statistic.
        replicates: What was computed.
        which: Index of the statistic.
        basis: What it rests on.
        level: Nominal coverage.
        undefined: The reason where there is no value though something was compared.
        proportion: Whether the statistic is a mean of shares within 0..1.
        flags: What a reader must know besides.
    """
    value = float(replicates.point[which])
    n_units, n_ratings, n_groups = basis.n_units, basis.n_ratings, basis.n_groups
    if np.isnan(value):
        reason = undefined if n_units else Reason.NO_PAIRABLE_ITEMS
        return Estimate(name, None, n_units, n_ratings, n_groups=n_groups, reason=reason)
    found = spread(replicates, which, level=level, n_groups=n_groups, proportion=proportion)
    standing = [
        (Flag.SMALL_SAMPLE, n_groups < SMALL_SAMPLE),
        (Flag.CLUSTERED, basis.clustered),
        (Flag.UNDEFINED_RESAMPLES, found.undefined > 0),
    ]
    return Estimate(
        name=name,
        value=value,
        n_units=n_units,
        n_ratings=n_ratings,
        n_groups=n_groups,
        interval=found.interval,
        standard_error=found.standard_error,
        interval_reason=found.reason,
        flags=tuple(flag for flag, raised in standing if raised) + flags,
        resamples=found.resamples,
        undefined_resamples=found.undefined,
    )


def undefined_estimate(name: str, reason: Reason) -> Estimate:
    """The estimate of a statistic that cannot be had at all."""
    return Estimate(name, None, 0, 0, reason=reason)


def resampled_groups(
    rows: FloatArray, frequency: IntArray, row_of_unit: IntArray, clusters: IntArray | None, taking_part: BoolArray
) -> tuple[FloatArray, IntArray]:
    """The rows that are resampled and how many groups each stands for.

    Args:
        rows: Moments of the different rows of units, rows x columns.
        frequency: Units of each row.
        row_of_unit: Row of every unit.
        clusters: Cluster of every unit; None where each stands alone.
        taking_part: Which rows take part in a comparison; groups without one are dropped.
    """
    if clusters is None:
        kept = taking_part & (frequency > 0)
        return rows[kept], frequency[kept]
    n_clusters = int(clusters.max(initial=-1)) + 1
    used = np.bincount(clusters[taking_part[row_of_unit]], minlength=n_clusters) > 0
    columns = [np.bincount(clusters, column[row_of_unit], minlength=n_clusters) for column in rows.T]
    summed: FloatArray = np.column_stack(columns).astype(np.float64)
    return summed[used], np.ones(int(used.sum()), dtype=np.int64)
