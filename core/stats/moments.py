"""Additive moments of units: every chance-corrected coefficient is a function of their sum.

A row of moments belongs to a unit (or to all units with the same counts, or to a cluster). Adding rows, with whatever
weights, gives the moments of that set of units: the sample itself, a bootstrap resample, the sample without one unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.stats.arrays import BoolArray, FloatArray
from core.stats.ratings import RatingTable


@dataclass(frozen=True, slots=True)
class CountSums:
    """Summed moments of S sets of units rated on q options; coefficients read these.

    Attributes:
        q: Options.
        weights: Agreement weights (q x q) by name.
        distances: Squared differences (q x q) by name.
        rated: Units with a rating, shape S.
        pairable: Units with two ratings or more, shape S.
        shares: Sum over rated units of the share of their ratings on each option, S x q.
        paired: Ratings on each option in pairable units, S x q.
        agreement: By weights: sum over pairable units of their pairwise agreement, shape S.
        disagreement: By distances: sum over pairable units of sum_kl r_k r_l d_kl / (r - 1), shape S.
        coincidences: S x q x q, Krippendorff's coincidence matrix; None where it was left out.
    """

    q: int
    weights: Mapping[str, FloatArray]
    distances: Mapping[str, FloatArray]
    rated: FloatArray
    pairable: FloatArray
    shares: FloatArray
    paired: FloatArray
    agreement: Mapping[str, FloatArray]
    disagreement: Mapping[str, FloatArray]
    coincidences: FloatArray | None

    @property
    def varied(self) -> BoolArray:
        """Whether pairable units hold more than one option, shape S."""
        varied: BoolArray = self.paired.max(axis=1, initial=0.0) < self.paired.sum(axis=1) * (1 - 1e-12)
        return varied


@dataclass(frozen=True, slots=True)
class CountLayout:
    """Which moments are kept for q options, and in which column.

    Attributes:
        q: Options.
        weights: Agreement weights (q x q) by name.
        distances: Squared differences (q x q) by name.
        coincidences: Whether the q(q+1)/2 coincidences are kept (ordinal alpha needs them).
    """

    q: int
    weights: Mapping[str, FloatArray]
    distances: Mapping[str, FloatArray]
    coincidences: bool = False

    @property
    def n_columns(self) -> int:
        """Columns of a row of moments."""
        triangle = self.q * (self.q + 1) // 2 if self.coincidences else 0
        return 2 + 2 * self.q + len(self.weights) + len(self.distances) + triangle

    def rows(self, counts: NDArray[np.integer]) -> FloatArray:
        """Moments of each row of counts (rows x q)."""
        r = counts.astype(np.float64)
        total = r.sum(axis=1)
        rated, pairable = total > 0, total > 1
        pairs = np.where(pairable, total * (total - 1), 1.0)
        others = np.where(pairable, total - 1, 1.0)
        columns = [rated.astype(np.float64)[:, None], pairable.astype(np.float64)[:, None]]
        columns += [r / np.where(rated, total, 1.0)[:, None], r * pairable[:, None]]
        columns += [(_ordered_pairs(r, w) * pairable / pairs)[:, None] for w in self.weights.values()]
        columns += [(_ordered_pairs(r, d) * pairable / others)[:, None] for d in self.distances.values()]
        if self.coincidences:
            first, second = np.triu_indices(self.q)
            cells = r[:, first] * (r[:, second] - (first == second))
            columns.append(cells * (pairable / others)[:, None])
        return np.hstack(columns)

    def sums(self, summed: FloatArray) -> CountSums:
        """Read S summed rows (S x columns)."""
        q, n_weights = self.q, len(self.weights)
        after = 2 + 2 * q
        agreement = {name: summed[:, after + i] for i, name in enumerate(self.weights)}
        disagreement = {name: summed[:, after + n_weights + i] for i, name in enumerate(self.distances)}
        return CountSums(
            q=q,
            weights=self.weights,
            distances=self.distances,
            rated=summed[:, 0],
            pairable=summed[:, 1],
            shares=summed[:, 2 : 2 + q],
            paired=summed[:, 2 + q : after],
            agreement=agreement,
            disagreement=disagreement,
            coincidences=self._square(summed[:, after + n_weights + len(self.distances) :]),
        )

    def _square(self, triangle: FloatArray) -> FloatArray | None:
        if not self.coincidences:
            return None
        first, second = np.triu_indices(self.q)
        square = np.empty((len(triangle), self.q, self.q))
        square[:, first, second] = triangle
        square[:, second, first] = triangle
        return square


def _ordered_pairs(r: FloatArray, matrix: FloatArray) -> FloatArray:
    """For each row: the sum of `matrix` over all ordered pairs of two of its ratings."""
    pairs: FloatArray = np.sum(r * (r @ matrix), axis=1) - r @ np.diag(matrix)
    return pairs


@dataclass(frozen=True, slots=True)
class NumberSums:
    """Summed moments of S sets of units rated with free numbers (each attribute of shape S).

    Attributes:
        pairable: Units with two ratings or more.
        ratings: Ratings in pairable units.
        total, squares: Sum and sum of squares of these ratings, measured from the grand mean.
        within: Sum over units of (sum over ordered pairs of (x - y)^2) / (m - 1).
        exact: Sum over units of the share of pairs that are exactly equal.
    """

    pairable: FloatArray
    ratings: FloatArray
    total: FloatArray
    squares: FloatArray
    within: FloatArray
    exact: FloatArray

    @classmethod
    def read(cls, summed: FloatArray) -> "NumberSums":
        """Read S summed rows (S x 6)."""
        return cls(*(summed[:, column] for column in range(6)))


def number_rows(table: RatingTable) -> FloatArray:
    """Moments of every unit rated with free numbers, units x 6 (see `NumberSums`)."""
    m = table.ratings_per_unit().astype(np.float64)
    pairable = m > 1
    kept = pairable[table.units]
    units, numbers = table.units[kept], table.numbers[kept]
    numbers = numbers - (numbers.mean() if len(numbers) else 0.0)
    m = m * pairable
    total = np.bincount(units, weights=numbers, minlength=table.n_units)
    squares = np.bincount(units, weights=numbers**2, minlength=table.n_units)
    # Measured from the unit's own mean: 2 (m Q - S^2) would cancel for close numbers far from the grand mean.
    own = numbers - (total / np.maximum(m, 1))[units]
    spread = np.bincount(units, weights=own**2, minlength=table.n_units)
    within = 2 * m * spread / np.maximum(m - 1, 1)
    exact = equal_pairs(units, numbers, table.n_units) / np.maximum(m * (m - 1), 1)
    return np.column_stack([pairable.astype(np.float64), m, total, squares, within, exact])


def equal_pairs(units: NDArray[np.integer], numbers: FloatArray, n_units: int) -> FloatArray:
    """Ordered pairs of exactly equal numbers in every unit."""
    order = np.lexsort((numbers, units))
    unit, number = units[order], numbers[order]
    new = np.ones(len(unit), dtype=bool)
    new[1:] = (unit[1:] != unit[:-1]) | (number[1:] != number[:-1])
    starts = np.flatnonzero(new)
    lengths = np.diff(np.append(starts, len(unit))).astype(np.float64)
    pairs = np.bincount(unit[starts], weights=lengths * (lengths - 1), minlength=n_units)
    return pairs.astype(np.float64)
