"""One coefficient on several rating tables of the same units, on the same resamples, so that differences are paired.

The tables differ in whose ratings they hold, or of which units: without one rater, with a judge in a person's place, a
slice and the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.scales import DeclaredScale
from core.stats.applying import count_layout, looked_at, reason_against
from core.stats.arrays import BoolArray, FloatArray, IntArray
from core.stats.coefficients import COEFFICIENTS, Coefficient
from core.stats.estimates import Reason
from core.stats.estimating import Basis, resampled_groups
from core.stats.icc import CompleteSums, CompleteUnits
from core.stats.moments import NumberSums, number_rows
from core.stats.ratings import RatingTable
from core.stats.resampling import Replicates, Statistics, replicate
from core.stats.samples import OptionUnits, number_levels, rating_numbers
from core.stats.weights import Spacing


@dataclass(frozen=True, slots=True)
class Together:
    """A coefficient on K tables.

    Attributes:
        replicates: Its K values, on the sample, on resamples, and without each group.
        bases: What each value rests on.
        reason: Why there is none at all; the replicates are empty then.
    """

    replicates: Replicates
    bases: tuple[Basis, ...]
    reason: Reason | None = None

    def with_rows(self, rows: FloatArray) -> Replicates:
        """Replicates of other numbers: each row of weights (M x K) makes one, a weighted sum of the K values."""
        now = self.replicates
        draws = None if now.draws is None else rows @ now.draws
        return Replicates(rows @ now.point, draws, rows @ now.left_out, now.frequency)


def replicable(key: str, scale: DeclaredScale) -> bool:
    """Whether a coefficient has moments of units: means over pairs and ratio alpha of free numbers have none."""
    row = COEFFICIENTS[key]
    return row.on_pairs is None and (row.on_every_number is None or not scale.is_numeric)


def together(
    tables: Sequence[RatingTable],
    key: str,
    *,
    rng: np.random.Generator,
    resamples: int,
    spacing: Spacing = "values",
) -> Together:
    """A coefficient on several tables of the same units and clusters.

    Args:
        tables: The tables, all with the same units (in the same places), clusters and scale.
        key: Key of a coefficient that is `replicable`.
        rng: Source of the resamples.
        resamples: Bootstrap resamples; 0 for none.
        spacing: What weights are measured on.

    Raises:
        BadInput: The coefficient is not replicable.
    """
    joint = side_by_side(tables, key, spacing=spacing)
    if isinstance(joint, Reason):
        nothing = Replicates(np.full(len(tables), np.nan), None, np.zeros((len(tables), 0)), np.zeros(0, np.int64))
        return Together(nothing, tuple(Basis(0, 0, 0) for _ in tables), joint)
    frequency = np.bincount(joint.of_unit, minlength=len(joint.rows))
    groups, n = resampled_groups(joint.rows, frequency, joint.of_unit, tables[0].clusters, joint.rated)
    replicates = replicate(groups, n, joint.statistics, rng=rng, resamples=resamples)
    bases = tuple(_basis(table, compared) for table, compared in zip(tables, joint.compared, strict=True))
    return Together(replicates, bases)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Several tables of the same units as one set of different rows of moments.

    Attributes:
        rows: Different rows x moments of all tables.
        of_unit: Row of every unit.
        rated: Which rows have a rating in one of the tables.
        statistics: From sums of rows to the coefficient on each of the K tables.
        compared: For each table, which units enter the comparison.
    """

    rows: FloatArray
    of_unit: IntArray
    rated: BoolArray
    statistics: Statistics
    compared: tuple[BoolArray, ...]


def side_by_side(tables: Sequence[RatingTable], key: str, *, spacing: Spacing = "values") -> SideBySide | Reason:
    """The moments of a coefficient on several tables of the same units; or why it cannot be had.

    Args:
        tables: The tables, all with the same units (in the same places), clusters and scale.
        key: Key of a coefficient that is `replicable`.
        spacing: What weights are measured on.

    Raises:
        BadInput: The coefficient is not replicable.
    """
    row = COEFFICIENTS[key]
    if not replicable(key, tables[0].scale):
        raise BadInput(where="coefficient", found=key, expected="one that has moments of units, like alpha or Fleiss")
    reason = next((reason for table in tables if (reason := _reason_against(row, table))), None)
    if reason is not None:
        return reason
    parts = [_part(table, row, spacing) for table in tables]
    first, of_unit = _joint_rows([part.row_of_unit for part in parts])
    rows = np.hstack([part.rows[part.row_of_unit[first]] for part in parts])
    rated = np.any([part.rated[part.row_of_unit[first]] for part in parts], axis=0)
    bounds = np.cumsum([0] + [part.rows.shape[1] for part in parts])

    def statistics(summed: FloatArray) -> FloatArray:
        pieces = (summed[:, bounds[k] : bounds[k + 1]] for k in range(len(parts)))
        return np.array([part.value(piece) for part, piece in zip(parts, pieces, strict=True)])

    compared = tuple(part.compared[part.row_of_unit] for part in parts)
    return SideBySide(rows, of_unit, np.asarray(rated, np.bool_), statistics, compared)


@dataclass(frozen=True, slots=True)
class _Part:
    """One table as different rows of moments, the row of each unit, and the function of their sum."""

    rows: FloatArray
    row_of_unit: IntArray
    rated: BoolArray
    compared: BoolArray
    value: Callable[[FloatArray], FloatArray]


def _joint_rows(rows_of_unit: Sequence[IntArray]) -> tuple[IntArray, IntArray]:
    """A unit with each combination of rows, and the combination of every unit."""
    first, joint = np.zeros(0, dtype=np.int64), np.zeros(len(rows_of_unit[0]), dtype=np.int64)
    for rows in rows_of_unit:
        key = joint * (int(rows.max(initial=0)) + 1) + rows
        _, first, joint = np.unique(key, return_index=True, return_inverse=True)
        joint = joint.reshape(-1).astype(np.int64)
    return first, joint


def _reason_against(row: Coefficient, table: RatingTable) -> Reason | None:
    """Why a table has no value whatever it says; an empty one may stand beside others."""
    reason = reason_against(row, table)
    return None if reason is Reason.NO_RATINGS else reason


def _part(table: RatingTable, row: Coefficient, spacing: Spacing) -> _Part:
    if row.on_complete is not None:
        return _complete_part(table, row.on_complete, spacing)
    every = np.arange(table.n_units)
    if row.on_numbers is not None and table.scale.is_numeric:
        on_numbers, rows = row.on_numbers, number_rows(table)
        return _Part(rows, every, rows[:, 0] > 0, rows[:, 0] > 0, lambda summed: on_numbers(NumberSums.read(summed)))
    units = OptionUnits.of(table, looked_at(row, table.scale))
    layout = count_layout([row], table.scale, spacing)
    on_counts = row.on_counts
    if on_counts is None:
        raise ValueError(f"{row.key} is not a function of counts.")
    counted = units.patterns.rows.sum(axis=1)
    return _Part(
        layout.rows(units.patterns.rows),
        units.patterns.of_unit,
        counted > 0,
        counted > 1,
        lambda summed: on_counts(layout.sums(summed)),
    )


def _complete_part(table: RatingTable, on_complete: Callable[[CompleteSums], FloatArray], spacing: Spacing) -> _Part:
    levels = number_levels(table.scale, spacing)
    units = CompleteUnits.of(table, rating_numbers(table, spacing), levels=levels)
    rows = np.vstack([units.rows, np.zeros((1, units.rows.shape[1]))])
    row_of_unit = np.full(table.n_units, len(units.rows), dtype=np.int64)
    row_of_unit[units.complete] = units.of_unit
    taking_part = np.arange(len(rows)) < len(units.rows)
    return _Part(rows, row_of_unit, taking_part, taking_part, lambda summed: on_complete(CompleteSums.read(summed)))


def _basis(table: RatingTable, compared: BoolArray) -> Basis:
    n_units, clusters = int(compared.sum()), table.clusters
    groups = n_units if clusters is None else len(np.unique(clusters[compared]))
    return Basis(n_units, int(table.ratings_per_unit()[compared].sum()), groups, clustered=clusters is not None)
