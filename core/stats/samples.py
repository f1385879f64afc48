"""From a rating table to rows of moments and the groups (units, or clusters) that are resampled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.scales import DeclaredScale
from core.stats.arrays import FloatArray, IntArray
from core.stats.moments import CountLayout, number_rows
from core.stats.patterns import COUNTABLE, Patterns, unique_rows
from core.stats.ratings import RatingTable
from core.stats.weights import Spacing, option_values, ordered_options

_MANY_COLUMNS = 24
"""Units with more moments than this are hardly ever alike, and looking for it would take long."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What an estimate compares.

    Attributes:
        n_units: Units with two ratings or more.
        n_ratings: Ratings on these units.
        n_groups: Clusters (units where there are none) with such a unit.
        one_option: Whether all these ratings are the same.
        n_left_out: Ratings on options that are not looked at.
    """

    n_units: int
    n_ratings: int
    n_groups: int
    one_option: bool
    n_left_out: int = 0


@dataclass(frozen=True, slots=True)
class OptionUnits:
    """The units as patterns of counts on some options; other ratings count as missing.

    Attributes:
        options: Codes of the options, in order.
        patterns: Rows of counts per option.
        clusters: Cluster of each unit, or None.
        compared: What there is to compare.
    """

    options: tuple[int, ...]
    patterns: Patterns
    clusters: IntArray | None
    compared: Compared

    @classmethod
    def of(cls, table: RatingTable, options: tuple[int, ...]) -> "OptionUnits":
        """Count the ratings of a table on some options."""
        units, codes = table.units, table.codes
        if options != tuple(range(len(table.scale.options))):
            place = np.full(len(table.scale.options), -1, dtype=np.int16)
            place[list(options)] = np.arange(len(options))
            codes = place[codes]
            units, codes = units[codes >= 0], codes[codes >= 0]
        base = _above_counts(table, units, len(options))
        patterns = unique_rows(units, codes, None, base=base, n_positions=len(options), n_units=table.n_units)
        pairable = patterns.rows.sum(axis=1) > 1
        paired = (patterns.frequency * pairable) @ patterns.rows
        n_units = int(patterns.frequency @ pairable)
        compared = Compared(
            n_units=n_units,
            n_ratings=int(paired.sum()),
            n_groups=n_units if table.clusters is None else len(np.unique(table.clusters[pairable[patterns.of_unit]])),
            one_option=int(np.sum(paired > 0)) == 1,
            n_left_out=table.n_ratings - len(units),
        )
        return cls(options, patterns, table.clusters, compared)

    def rows(self, layouts: Sequence[CountLayout]) -> tuple[FloatArray, IntArray]:
        """Moments side by side for each layout, and how many groups each row stands for."""
        rows = np.hstack([layout.rows(self.patterns.rows) for layout in layouts])
        return _grouped(rows, self.patterns.frequency, self.patterns.of_unit, self.clusters)


def _above_counts(table: RatingTable, units: IntArray | NDArray[np.int32], n_options: int) -> int:
    """A number above every count of an option in a unit: from the raters where they are few, else counted."""
    if not table.anonymous and (table.n_raters + 1) ** n_options <= COUNTABLE:
        return table.n_raters + 1
    return int(np.bincount(units, minlength=1).max()) + 1


def number_units(table: RatingTable) -> tuple[FloatArray, IntArray, Compared]:
    """Moments of free numbers on pairable units, how many groups each row stands for, and what is compared."""
    by_unit = number_rows(table)
    pairable = by_unit[:, 0] > 0
    every = np.arange(table.n_units)
    rows, frequency = _grouped(by_unit, np.ones(table.n_units, dtype=np.int64), every, table.clusters)
    numbers = table.numbers[pairable[table.units]]
    one = bool(len(numbers) and np.ptp(numbers) == 0)
    return rows, frequency, Compared(int(pairable.sum()), len(numbers), n_groups=len(rows), one_option=one)


def rating_numbers(table: RatingTable, spacing: Spacing = "values") -> FloatArray:
    """The number of each rating; NaN for an option outside the order.

    Args:
        table: The ratings; on a scale of options these must have an order.
        spacing: Declared numbers of the options, or their rank positions.
    """
    if table.scale.is_numeric:
        return table.numbers
    of_option = np.full(len(table.scale.options), np.nan)
    of_option[list(ordered_options(table.scale))] = option_values(table.scale, spacing)
    return of_option[table.codes]


def number_levels(scale: DeclaredScale, spacing: Spacing = "values") -> FloatArray | None:
    """All numbers that options in an order stand for, rising; None for free numbers."""
    return None if scale.is_numeric else np.sort(option_values(scale, spacing))


def resampled_units(rows: FloatArray, clusters: IntArray | None) -> tuple[FloatArray, IntArray]:
    """Moments of units as rows to resample (equal ones once, or summed by cluster), and the groups each stands for."""
    if clusters is not None:
        names, place = np.unique(clusters, return_inverse=True)
        columns = [np.bincount(place, column, minlength=len(names)) for column in rows.T]
        return np.column_stack(columns).astype(np.float64), np.ones(len(names), dtype=np.int64)
    if rows.shape[1] > _MANY_COLUMNS or not len(rows):
        return rows, np.ones(len(rows), dtype=np.int64)
    different, frequency = np.unique(rows, axis=0, return_counts=True)
    return different, frequency.astype(np.int64)


def _grouped(
    rows: FloatArray, frequency: IntArray, row_of_unit: IntArray, clusters: IntArray | None
) -> tuple[FloatArray, IntArray]:
    """Rows to resample: the patterns, the most frequent first, or the sums of the clusters; empty ones dropped."""
    if clusters is not None:
        n_clusters = int(clusters.max(initial=-1)) + 1
        rows = np.column_stack([np.bincount(clusters, column[row_of_unit], minlength=n_clusters) for column in rows.T])
        frequency = np.ones(n_clusters, dtype=np.int64)
    rated = (rows[:, 0] > 0) & (frequency > 0)
    rows, frequency = rows[rated], frequency[rated]
    order = np.argsort(-frequency, kind="stable")
    return rows[order], frequency[order]
