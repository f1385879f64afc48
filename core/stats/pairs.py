"""Pairs of raters: their q x q tables, the mean of a statistic over pairs, and its replicates."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.stats.arrays import BoolArray, FloatArray, IntArray
from core.stats.patterns import Patterns, unique_rows
from core.stats.ratings import RatingTable
from core.stats.resampling import Replicates, can_bootstrap, resample_weights

FEW_RATERS = 12
"""Up to this many raters every pair enters the mean; in a larger crowd only pairs with `MIN_OVERLAP` shared units."""

MIN_OVERLAP = 10

_CHUNK_ENTRIES = 2_000_000
_CHUNK_TABLES = 200_000


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
    q, n_raters = len(table.scale.options), table.n_raters
    sums: dict[int, IntArray] = {}
    dense = n_raters**2 * q * q <= 50_000_000
    total = np.zeros(n_raters**2 * q * q if dense else 0, dtype=np.int64)
    for entries in _pair_entries(table):
        cells = entries.pair * (q * q) + entries.cell
        if dense:
            total += np.bincount(cells, minlength=len(total))
            continue
        different, counts = np.unique(cells, return_counts=True)
        for pair in np.unique(different // (q * q)):
            here = different // (q * q) == pair
            sums.setdefault(int(pair), np.zeros(q * q, dtype=np.int64))[different[here] % (q * q)] += counts[here]
    if dense:
        tables = total.reshape(n_raters**2, q, q)
        keys = np.flatnonzero(tables.any(axis=(1, 2)))
        tables = tables[keys]
    else:
        keys = np.array(sorted(sums), dtype=np.int64)
        tables = np.array([sums[int(key)] for key in keys]).reshape(len(keys), q, q)
    pairs = np.column_stack([keys // max(n_raters, 1), keys % max(n_raters, 1)])
    return PairTables(pairs, tables.astype(np.float64))


@dataclass(frozen=True, slots=True)
class _Entries:
    """Pairs of ratings of one unit: the unit, the pair of raters, the cell of the pair's table."""

    unit: IntArray
    pair: IntArray
    cell: IntArray


def _pair_entries(table: RatingTable) -> Iterator[_Entries]:
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
            yield _Entries(np.repeat(chunk, len(first)), pair.ravel(), cell.ravel())


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
    left_out = np.array(
        [_left_out(units, pairs, statistic, row) for statistic, row in zip(statistics, values, strict=True)]
    )
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


def _left_out(units: _Units, pairs: PairTables, statistic: PairStatistic, values: FloatArray) -> FloatArray:
    """Mean over the defined pairs without one unit of each pattern, or without each cluster."""
    total, count = np.zeros((2, len(units.frequency)))
    for p in np.flatnonzero(~np.isnan(values)):
        if units.clusters is None:
            without = np.append(_without_one(pairs.tables[p], statistic), values[p])
            value = without[units.cells(pairs.pairs[p])]
        else:
            rest = pairs.tables[p].reshape(1, -1) - units.rows(pairs.pairs[p])
            value = statistic(rest.reshape(-1, units.q, units.q))
        total += np.nan_to_num(value, nan=0.0)
        count += ~np.isnan(value)
    return _quotient(total, count)


def _without_one(table: FloatArray, statistic: PairStatistic) -> FloatArray:
    """The statistic of a table without one unit of each cell, q*q values (NaN for an empty cell)."""
    size = table.size
    occupied = np.flatnonzero(table.ravel())
    rest = np.repeat(table.reshape(1, size), len(occupied), axis=0)
    rest[np.arange(len(occupied)), occupied] -= 1
    without = np.full(size, np.nan)
    without[occupied] = statistic(rest.reshape(-1, *table.shape))
    return without


def _left_out_in_a_crowd(
    table: RatingTable, pairs: PairTables, statistics: Sequence[PairStatistic], values: FloatArray
) -> FloatArray:
    """Mean over the defined pairs without each rated unit (cluster), from its own pairs of ratings alone."""
    q, groups = len(table.scale.options), table.clusters
    rated = table.ratings_per_unit() > 0
    if groups is not None:
        rated = np.bincount(groups, weights=rated) > 0
    place = np.full(table.n_raters**2, -1, dtype=np.int64)
    place[pairs.pairs[:, 0] * table.n_raters + pairs.pairs[:, 1]] = np.arange(len(pairs.pairs))
    total = np.where(np.isnan(values), 0.0, values).sum(axis=1)[:, None] + np.zeros(len(rated))
    count = (~np.isnan(values)).sum(axis=1)[:, None] + np.zeros(len(rated))
    for group, pair, rest in _tables_without(table, pairs, place, q):
        for k, statistic in enumerate(statistics):
            old, new = values[k, pair], statistic(rest)
            used = ~np.isnan(old)
            lost = used & np.isnan(new)
            total[k] += np.bincount(group[used], np.nan_to_num(new - old, nan=0.0)[used], minlength=len(rated))
            total[k] -= np.bincount(group[lost], old[lost], minlength=len(rated))
            count[k] -= np.bincount(group[lost], minlength=len(rated))
    return _quotient(total, count)[:, rated]


def _tables_without(
    table: RatingTable, pairs: PairTables, place: IntArray, q: int
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """For each (group, pair) with shared units: group, pair, and the pair's table without the group; in chunks."""
    groups: NDArray[np.integer] = np.arange(table.n_units) if table.clusters is None else table.clusters
    parts = [(groups[e.unit], place[e.pair], e.cell) for e in _pair_entries(table)]
    if not parts or not len(pairs.pairs):
        return
    group, pair, cell = (np.concatenate([part[i] for part in parts]) for i in range(3))
    known = pair >= 0
    key, cell = group[known].astype(np.int64) * len(pairs.pairs) + pair[known], cell[known]
    order = np.argsort(key, kind="stable")
    key, cell = key[order], cell[order]
    bounds = np.append(np.flatnonzero(np.diff(key, prepend=-1)), len(key))
    for start in range(0, len(bounds) - 1, _CHUNK_TABLES):
        stop = min(start + _CHUNK_TABLES, len(bounds) - 1)
        here = slice(bounds[start], bounds[stop])
        chunk_keys = key[bounds[start:stop]]
        row = np.repeat(np.arange(stop - start), np.diff(bounds[start : stop + 1]))
        part = np.bincount(row * (q * q) + cell[here], minlength=(stop - start) * q * q).reshape(-1, q, q)
        which = chunk_keys % len(pairs.pairs)
        yield chunk_keys // len(pairs.pairs), which, pairs.tables[which] - part


def _mean(values: FloatArray) -> FloatArray:
    """Mean of the defined values of each row; NaN where there is none."""
    count = (~np.isnan(values)).sum(axis=1)
    total = np.nan_to_num(values, nan=0.0).sum(axis=1)
    return _quotient(total, count.astype(np.float64))


def _quotient(total: FloatArray, count: FloatArray) -> FloatArray:
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
