"""Pairs of raters: the q x q table of every pair that shares a unit."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from core.stats.arrays import BoolArray, FloatArray, IntArray
from core.stats.ratings import RatingTable

FEW_RATERS = 12
"""Up to this many raters every pair enters the mean; in a larger crowd only pairs with `MIN_OVERLAP` shared units."""

MIN_OVERLAP = 10

_CHUNK_ENTRIES = 2_000_000
_DENSE_CELLS = 20_000_000


@dataclass(frozen=True, slots=True)
class PairTables:
    """The tables of all pairs of raters that share a unit.

    Attributes:
        pairs: P x 2 rater indices, the smaller first.
        tables: P x q x q counts of units (first rater x second rater).
    """

    pairs: IntArray
    tables: FloatArray

    @property
    def n(self) -> FloatArray:
        """Shared units of each pair."""
        return np.asarray(self.tables.sum(axis=(1, 2)), dtype=np.float64)

    def chosen(self, n_raters: int) -> BoolArray:
        """The pairs that enter a mean over pairs."""
        return self.n >= (1 if n_raters <= FEW_RATERS else MIN_OVERLAP)


@dataclass(frozen=True, slots=True)
class PairStatistic:
    """A statistic of a q x q table, on some options, with agreement weights.

    Attributes:
        function: From tables (... x k x k) and weights (k x k) to values (...), NaN where undefined.
        options: Codes of the k options it is about.
        weights: Agreement weights, k x k.
    """

    function: Callable[[FloatArray, FloatArray], FloatArray]
    options: tuple[int, ...]
    weights: FloatArray

    def __call__(self, tables: FloatArray) -> FloatArray:
        """Values of tables over all options (... x q x q)."""
        chosen = np.array(self.options)
        return self.function(tables[..., chosen[:, None], chosen[None, :]], self.weights)


def pair_tables(table: RatingTable) -> PairTables:
    """The q x q tables of all pairs that share a unit; never builds a units x raters array."""
    size, n_raters = len(table.scale.options) ** 2, table.n_raters
    chunks = (entries.pair * size + entries.cell for entries in pair_entries(table))
    cells, counts = _counted(chunks, n_raters**2 * size)
    keys, row = np.unique(cells // size, return_inverse=True)
    tables = np.zeros((len(keys), size))
    tables[row, cells % size] = counts
    pairs = np.column_stack([keys // max(n_raters, 1), keys % max(n_raters, 1)])
    return PairTables(pairs, tables.reshape(len(keys), *[len(table.scale.options)] * 2))


def _counted(chunks: Iterable[IntArray], n_cells: int) -> tuple[IntArray, IntArray]:
    """The different numbers below `n_cells` in rising order, and how often each occurs in all chunks together."""
    if n_cells <= _DENSE_CELLS:
        total = np.zeros(n_cells, dtype=np.int64)
        for chunk in chunks:
            total += np.bincount(chunk, minlength=n_cells)
        cells = np.flatnonzero(total)
        return cells, total[cells]
    cells, counts = np.zeros((2, 0), dtype=np.int64)
    for chunk in chunks:
        new, how_often = np.unique(chunk, return_counts=True)
        cells, place = np.unique(np.concatenate([cells, new]), return_inverse=True)
        counts = np.bincount(place, np.concatenate([counts, how_often]), minlength=len(cells)).astype(np.int64)
    return cells, counts


@dataclass(frozen=True, slots=True)
class PairEntries:
    """Pairs of ratings of one unit: the unit, the pair of raters, the cell of the pair's table."""

    unit: IntArray
    pair: IntArray
    cell: IntArray


def pair_entries(table: RatingTable) -> Iterator[PairEntries]:
    """All pairs of ratings of the same unit, in chunks of whole units."""
    raters, codes, q = table.known_raters(), table.codes, len(table.scale.options)
    per_unit = table.ratings_per_unit()
    starts = np.cumsum(per_unit) - per_unit
    for m in np.unique(per_unit[per_unit > 1]):
        first, second = np.triu_indices(int(m), k=1)
        units = np.flatnonzero(per_unit == m)
        step = max(1, _CHUNK_ENTRIES // len(first))
        for start in range(0, len(units), step):
            chunk = units[start : start + step]
            a, b = starts[chunk][:, None] + first, starts[chunk][:, None] + second
            pair = raters[a].astype(np.int64) * table.n_raters + raters[b]
            cell = codes[a].astype(np.int64) * q + codes[b]
            yield PairEntries(np.repeat(chunk, len(first)), pair.ravel(), cell.ravel())
