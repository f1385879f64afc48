"""Bootstrap and jackknife of the mean of a statistic over pairs of raters.

Few raters: units with the same answers by everybody are one row, rows (or clusters) are resampled, and every pair's
table is rebuilt from them. A crowd: the exact delete-one jackknife alone, from the pairs that each unit belongs to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.stats.arrays import BoolArray, FloatArray, IntArray
from core.stats.pairs import FEW_RATERS, PairStatistic, PairTables, pair_entries
from core.stats.patterns import Patterns, unique_rows
from core.stats.ratings import RatingTable
from core.stats.resampling import Replicates, can_bootstrap, resample_weights

_CHUNK_TABLES = 200_000


def replicate_mean_of_pairs(
    table: RatingTable,
    tables: PairTables,
    statistics: Sequence[PairStatistic],
    *,
    rng: np.random.Generator,
    resamples: int,
) -> Replicates:
    """Replicates of the mean over pairs of each statistic.

    The pairs are chosen once, on the full table (`PairTables.chosen`, value defined); where one of them becomes
    undefined in a replicate, the mean is over the others.

    Few raters: bootstrap over units (clusters) and exact jackknife. A crowd, or too many different units: exact
    delete-one jackknife only.

    Args:
        table: Ratings by named raters.
        tables: Its pair tables.
        statistics: What to average.
        rng: Source of the resamples.
        resamples: Bootstrap resamples.
    """
    kept = tables.chosen(table.n_raters)
    pairs = PairTables(tables.pairs[kept], tables.tables[kept])
    values = np.array([statistic(pairs.tables) for statistic in statistics]).reshape(len(statistics), len(pairs.pairs))
    point = _mean(values)
    if table.n_raters > FEW_RATERS:
        left_out = _left_out_in_a_crowd(table, pairs, statistics, values)
        return Replicates(point, None, left_out, np.ones(left_out.shape[1], dtype=np.int64))
    units = _Units.of(table)
    left_out = _left_out(table, units, pairs, statistics, values)
    draws = None
    columns = len(pairs.pairs) * units.q**2
    if columns and can_bootstrap(len(units.frequency), columns, resamples):
        draws = _draws(units, pairs, statistics, ~np.isnan(values), rng=rng, resamples=resamples)
    return Replicates(point, draws, left_out, units.frequency)


@dataclass(frozen=True, slots=True)
class _Units:
    """Rated units as joint patterns of all raters, and the groups (patterns or clusters) to resample."""

    q: int
    patterns: Patterns
    clusters: IntArray | None
    frequency: IntArray

    @classmethod
    def of(cls, table: RatingTable) -> "_Units":
        q = len(table.scale.options)
        patterns = unique_rows(
            table.units,
            table.known_raters(),
            table.codes.astype(np.int32) + 1,
            base=q + 1,
            n_positions=table.n_raters,
            n_units=table.n_units,
        )
        rated: BoolArray = np.any(patterns.rows > 0, axis=1)
        if table.clusters is None:
            return cls(q, patterns, None, np.where(rated, patterns.frequency, 0))
        with_ratings = np.bincount(table.clusters, weights=rated[patterns.of_unit])
        return cls(q, patterns, table.clusters, (with_ratings > 0).astype(np.int64))

    def cells(self, pair: IntArray) -> IntArray:
        """For each pattern the cell of the pair's table, -1 where one of the two did not rate."""
        first, second = self.patterns.rows[:, pair[0]] - 1, self.patterns.rows[:, pair[1]] - 1
        return np.where((first >= 0) & (second >= 0), first * self.q + second, -1).astype(np.int64)

    def rows(self, pair: IntArray) -> FloatArray:
        """For each group its part of the pair's table, groups x q*q."""
        cells, size = self.cells(pair), self.q**2
        if self.clusters is None:
            rows = np.zeros((len(cells), size))
            rows[np.flatnonzero(cells >= 0), cells[cells >= 0]] = 1.0
            return rows
        of_unit = cells[self.patterns.of_unit]
        shared = of_unit >= 0
        flat = np.bincount(self.clusters[shared] * size + of_unit[shared], minlength=len(self.frequency) * size)
        return flat.reshape(-1, size).astype(np.float64)


def _draws(
    units: _Units,
    pairs: PairTables,
    statistics: Sequence[PairStatistic],
    defined: BoolArray,
    *,
    rng: np.random.Generator,
    resamples: int,
) -> FloatArray:
    """Means over the defined pairs on every resample, statistics x resamples."""
    drawn = []
    for weights in resample_weights(units.frequency, rng=rng, resamples=resamples):
        total, count = np.zeros((2, len(statistics), len(weights)))
        for p, pair in enumerate(pairs.pairs):
            resampled = (weights @ units.rows(pair)).reshape(-1, units.q, units.q)
            for k in np.flatnonzero(defined[:, p]).tolist():
                value = statistics[k](resampled)
                total[k] += np.nan_to_num(value, nan=0.0)
                count[k] += ~np.isnan(value)
        drawn.append(_quotient(total, count))
    return np.concatenate(drawn, axis=1) if drawn else np.zeros((len(statistics), 0))


def _left_out(
    table: RatingTable, units: _Units, pairs: PairTables, statistics: Sequence[PairStatistic], values: FloatArray
) -> FloatArray:
    """Means over the defined pairs without one unit of each pattern, or without each cluster, statistics x groups."""
    if units.clusters is not None:
        return _mean_without(_changes_of_clusters(table, pairs, statistics), values, len(units.frequency))
    total, count = np.zeros((2, len(statistics), len(units.frequency)))
    for k, statistic in enumerate(statistics):
        for p in np.flatnonzero(~np.isnan(values[k])):
            without = np.append(_without_one(pairs.tables[p : p + 1], statistic)[0], values[k, p])
            value = without[units.cells(pairs.pairs[p])]
            total[k] += np.nan_to_num(value, nan=0.0)
            count[k] += ~np.isnan(value)
    return _quotient(total, count)


def _without_one(tables: FloatArray, statistic: PairStatistic) -> FloatArray:
    """The statistic of P tables without one unit of each cell, P x q*q (NaN for an empty cell)."""
    flat = tables.reshape(len(tables), -1)
    without = np.full(flat.shape, np.nan)
    for cell in range(flat.shape[1]):
        occupied = flat[:, cell] > 0
        rest = flat[occupied]
        rest[:, cell] -= 1
        without[occupied, cell] = statistic(rest.reshape(-1, *tables.shape[1:]))
    return without


def _left_out_in_a_crowd(
    table: RatingTable, pairs: PairTables, statistics: Sequence[PairStatistic], values: FloatArray
) -> FloatArray:
    """Mean over the defined pairs without each rated unit (cluster), from its own pairs of ratings alone."""
    rated = table.ratings_per_unit() > 0
    if table.clusters is not None:
        rated = np.bincount(table.clusters, weights=rated) > 0
    changes = _changes_of_units if table.clusters is None else _changes_of_clusters
    return _mean_without(changes(table, pairs, statistics), values, len(rated))[:, rated]


def _mean_without(changes: "_Changes", values: FloatArray, groups: int) -> FloatArray:
    """Means over the defined pairs without each group, from the pairs that the group changes."""
    total = np.nan_to_num(values, nan=0.0).sum(axis=1)[:, None] + np.zeros(groups)
    count = (~np.isnan(values)).sum(axis=1)[:, None] + np.zeros(groups)
    for group, pair, without in changes:
        for k, new in enumerate(without):
            old = values[k, pair]
            used = ~np.isnan(old)
            lost = used & np.isnan(new)
            total[k] += np.bincount(group[used], np.nan_to_num(new - old, nan=0.0)[used], minlength=groups)
            total[k] -= np.bincount(group[lost], old[lost], minlength=groups)
            count[k] -= np.bincount(group[lost], minlength=groups)
    return _quotient(total, count)


_Changes = Iterator[tuple[IntArray, IntArray, FloatArray]]
"""Group, pair, and the statistics (K x entries) of the pair without the group, in chunks."""


def _changes_of_units(table: RatingTable, pairs: PairTables, statistics: Sequence[PairStatistic]) -> _Changes:
    """A unit fills one cell of a pair's table, so what is left without it hangs on that cell alone."""
    if not len(pairs.pairs):
        return
    without = np.array([_without_one(pairs.tables, statistic) for statistic in statistics])
    for entries in pair_entries(table):
        place, known = _find(pairs, entries.pair, table.n_raters)
        yield entries.unit[known], place[known], without[:, place[known], entries.cell[known]]


def _changes_of_clusters(table: RatingTable, pairs: PairTables, statistics: Sequence[PairStatistic]) -> _Changes:
    """A cluster takes a table of its own away from each of its pairs; equal ones of a pair are computed once."""
    if not len(pairs.pairs):
        return
    key, cell = _cells_by_cluster(table, pairs)
    size = len(table.scale.options) ** 2
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    lengths = np.diff(np.append(starts, len(key)))
    for m in np.unique(lengths).tolist():
        first = starts[lengths == m]
        cells = cell[first[:, None] + np.arange(m)]
        cluster, pair = np.divmod(key[first], len(pairs.pairs))
        chosen, place = _different(pair, cells, size)
        yield cluster, pair, _without_tables(pairs, pair[chosen], cells[chosen], statistics)[:, place]


def _different(pair: IntArray, cells: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """The first of each different (pair, cells), and for every row which of them it equals."""
    if (int(pair.max()) + 1) * size ** cells.shape[1] >= 2**62:
        return np.arange(len(pair)), np.arange(len(pair))
    packed = pair.copy()
    for column in cells.T:
        packed = packed * size + column
    _, chosen, place = np.unique(packed, return_index=True, return_inverse=True)
    return chosen, place


def _without_tables(
    pairs: PairTables, pair: IntArray, cells: IntArray, statistics: Sequence[PairStatistic]
) -> FloatArray:
    """The statistics of each pair's table without these cells, statistics x rows."""
    q = pairs.tables.shape[-1]
    found = np.empty((len(statistics), len(pair)))
    for start in range(0, len(pair), _CHUNK_TABLES):
        here, taken = pair[start : start + _CHUNK_TABLES], cells[start : start + _CHUNK_TABLES]
        flat = np.repeat(np.arange(len(here)), cells.shape[1]) * (q * q) + taken.ravel()
        rest = pairs.tables[here] - np.bincount(flat, minlength=len(here) * q * q).reshape(-1, q, q)
        for k, statistic in enumerate(statistics):
            found[k, start : start + _CHUNK_TABLES] = statistic(rest)
    return found


def _cells_by_cluster(table: RatingTable, pairs: PairTables) -> tuple[IntArray, IntArray]:
    """Every pair of ratings as cluster * P + pair, rising, and its cell, rising within it."""
    keys, cells = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    clusters = np.arange(table.n_units) if table.clusters is None else table.clusters
    for entries in pair_entries(table):
        place, known = _find(pairs, entries.pair, table.n_raters)
        keys.append(clusters[entries.unit[known]] * len(pairs.pairs) + place[known])
        cells.append(entries.cell[known])
    key, cell = np.concatenate(keys), np.concatenate(cells)
    order = np.lexsort((cell, key))
    return key[order], cell[order]


def _find(pairs: PairTables, pair: IntArray, n_raters: int) -> tuple[IntArray, BoolArray]:
    """The place of each pair among the chosen ones, and whether it is one of them."""
    known = pairs.pairs[:, 0] * n_raters + pairs.pairs[:, 1]
    place = np.minimum(np.searchsorted(known, pair), len(known) - 1)
    return place, known[place] == pair


def _mean(values: FloatArray) -> FloatArray:
    """Mean of the defined values of each row; NaN where there is none."""
    count = (~np.isnan(values)).sum(axis=1)
    total = np.nan_to_num(values, nan=0.0).sum(axis=1)
    return _quotient(total, count.astype(np.float64))


def _quotient(total: FloatArray, count: FloatArray) -> FloatArray:
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
