"""Sums of moments slice by slice: what a statistic says in each slice and in the rest, on the same resamples.

Units (or clusters) of the whole table are drawn once a resample, and every slice and its rest are summed from that one
draw, so that a slice minus the rest is paired, and fifty slices cost hardly more than one.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.stats.arrays import BoolArray, FloatArray, IntArray
from core.stats.estimating import Basis
from core.stats.resampling import Replicates, Statistics, can_bootstrap, resample_weights

_CHUNK_CELLS = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Slicing:
    """Which slice each unit is in.

    Attributes:
        names: Names of the slices.
        codes: Position in `names` of the slice of each unit; -1 for a unit in no slice.
    """

    names: tuple[str, ...]
    codes: IntArray

    @classmethod
    def of(cls, names: Sequence[Hashable | None]) -> "Slicing":
        """From the name of every unit's slice, None or "" for none; the slices in the order of their names."""
        labels = ["" if name is None else str(name) for name in names]
        different = sorted(set(labels) - {""})
        place = {name: position for position, name in enumerate(different)} | {"": -1}
        return cls(tuple(different), np.array([place[label] for label in labels], np.int64))

    def checked(self, n_units: int) -> "Slicing":
        """The same, if it is about so many units.

        Raises:
            BadInput: It is about another number of units, or a code names no slice.
        """
        if len(self.codes) != n_units:
            found = f"{len(self.codes)} names"
            raise BadInput(where="slices", found=found, expected=f"one for each of {n_units} units")
        low, high = int(self.codes.min(initial=-1)), int(self.codes.max(initial=-1))
        if low < -1 or high >= len(self.names):
            raise BadInput(where="slices", found=f"codes {low} to {high}", expected=f"-1 to {len(self.names) - 1}")
        return self

    def of_units(self, chosen: BoolArray) -> "Slicing":
        """The slices of some units."""
        return Slicing(self.names, self.codes[chosen])

    def bases(self, compared: BoolArray, ratings: IntArray | FloatArray, clusters: IntArray | None) -> "SliceBases":
        """What estimates in each slice, in each rest and on all units rest on.

        Args:
            compared: Which units enter the comparison.
            ratings: Ratings of each unit that count.
            clusters: Cluster of each unit; None where each stands alone.
        """
        size = len(self.names) + 1
        code = self.codes[compared] + 1
        n_units = np.bincount(code, minlength=size)
        n_ratings = np.bincount(code, ratings[compared], minlength=size)
        inside, alone, n_groups = n_units, n_units, len(code)
        if clusters is not None:
            inside, alone, n_groups = _clusters_of(code, clusters[compared], size)

        def basis(units: int, counted: float, groups: int) -> Basis:
            return Basis(int(units), round(float(counted)), int(groups), clustered=clusters is not None)

        all_units, all_ratings = len(code), n_ratings.sum()
        here = (basis(n_units[k], n_ratings[k], inside[k]) for k in range(1, size))
        rest = (basis(all_units - n_units[k], all_ratings - n_ratings[k], n_groups - alone[k]) for k in range(1, size))
        return SliceBases(basis(all_units, all_ratings, n_groups), tuple(here), tuple(rest))


def _clusters_of(code: IntArray, clusters: IntArray, size: int) -> tuple[IntArray, IntArray, int]:
    """How many clusters each slice has, how many of them have nothing outside it, and how many there are in all."""
    width = int(clusters.max(initial=0)) + 1
    slices, cluster = np.divmod(np.unique(code * width + clusters), width)
    in_slices = np.bincount(cluster, minlength=width)
    alone = np.bincount(slices[in_slices[cluster] == 1], minlength=size)
    return np.bincount(slices, minlength=size), alone, int(np.sum(in_slices > 0))


@dataclass(frozen=True, slots=True)
class SliceBases:
    """What estimates rest on: on all units, in each slice, and in the rest of each slice."""

    whole: Basis
    inside: tuple[Basis, ...]
    rest: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class SliceReplicates:
    """K statistics on all units; and of each slice 2 K: in the slice, then in the rest."""

    whole: Replicates
    slices: tuple[Replicates, ...]


@dataclass(frozen=True, slots=True)
class _Entries:
    """Sums of moments by group and slice, in the order of the slices; first what is in no slice.

    Attributes:
        rows: Entries x moments.
        group: Group of each entry.
        bounds: Where the entries of each slice begin, and the end.
        frequency: How many groups each group stands for (units with the same moments in the same slice).
        own: Whether every entry is a group of its own, in the same place.
    """

    rows: FloatArray
    group: IntArray
    bounds: IntArray
    frequency: IntArray
    own: bool

    def part(self, k: int) -> slice:
        """The entries of a slice."""
        return slice(int(self.bounds[k]), int(self.bounds[k + 1]))

    def summed(self, weights: FloatArray) -> FloatArray:
        """Slices x draws x moments of some draws (draws x groups)."""
        size = len(self.bounds) - 1
        sums = np.empty((size, len(weights), self.rows.shape[1]))
        for k in range(size):
            here = self.part(k)
            drawn = weights[:, here] if self.own else weights[:, self.group[here]]
            np.matmul(drawn, self.rows[here], out=sums[k])
        return sums


def replicate_slices(
    rows: FloatArray, of_unit: IntArray, taking_part: BoolArray, slicing: Slicing, clusters: IntArray | None,
    statistics: Statistics, *, rng: np.random.Generator, resamples: int,
) -> SliceReplicates:  # fmt: skip
    """Statistics of sums of moments on all units, in each slice and in its rest, of the same resamples.

    Args:
        rows: Different rows of moments, rows x columns.
        of_unit: Row of each unit.
        taking_part: Which rows take part in a comparison; the others are all 0.
        slicing: Slice of each unit.
        clusters: Cluster of each unit; None where each stands alone.
        statistics: What to compute from sums.
        rng: Source of the resamples.
        resamples: Bootstrap resamples; 0 for none.
    """
    entries = _entries(rows, of_unit, taking_part, slicing, clusters)
    inside = entries.summed(entries.frequency.astype(np.float64)[None, :])
    rest, total = _others(inside), inside.sum(axis=0)
    whole, k = statistics(total), len(slicing.names)
    points = [np.concatenate([statistics(inside[s]), statistics(rest[s])]) for s in range(1, k + 1)]
    draws = _draws(entries, statistics, rng, resamples)
    by_group = _by_group(entries)
    left_whole = _in_chunks(lambda some: statistics(total - some), by_group)
    slices = []
    for s in range(1, k + 1):
        left = np.vstack([
            _left_inside(entries, s, inside[s], points[s - 1][: len(whole)], statistics),
            _left_rest(entries, s, rest[s], points[s - 1][len(whole) :], by_group, statistics),
        ])  # fmt: skip
        drawn = None if draws is None else draws[s]
        slices.append(Replicates(points[s - 1][:, 0], drawn, left, entries.frequency))
    all_draws = None if draws is None else draws[0]
    return SliceReplicates(Replicates(whole[:, 0], all_draws, left_whole, entries.frequency), tuple(slices))


def _entries(
    rows: FloatArray, of_unit: IntArray, taking_part: BoolArray, slicing: Slicing, clusters: IntArray | None
) -> _Entries:
    used = taking_part[of_unit]
    row, code = of_unit[used], slicing.codes[used].astype(np.int64) + 1
    size = len(slicing.names) + 1
    if clusters is None:
        keys, frequency = np.unique(code * len(rows) + row, return_counts=True)
        bounds = np.searchsorted(keys, np.arange(size + 1) * len(rows))
        return _Entries(rows[keys % max(len(rows), 1)], np.arange(len(keys)), bounds, frequency, own=True)
    cluster = clusters[used]
    width = int(cluster.max(initial=-1)) + 1
    keys, place = np.unique(code * width + cluster, return_inverse=True)
    place = place.reshape(-1)
    columns = [np.bincount(place, column[row], minlength=len(keys)) for column in rows.T]
    present, group = np.unique(keys % max(width, 1), return_inverse=True)
    bounds = np.searchsorted(keys, np.arange(size + 1) * width)
    summed: FloatArray = np.column_stack(columns).astype(np.float64)
    return _Entries(summed, group.reshape(-1), bounds, np.ones(len(present), np.int64), own=False)


def _others(sums: FloatArray) -> FloatArray:
    """For each slice the sum of all others, added up and never subtracted: what is 0 stays 0."""
    before, after = np.zeros_like(sums), np.zeros_like(sums)
    np.cumsum(sums[:-1], axis=0, out=before[1:])
    after[:-1] = np.cumsum(sums[:0:-1], axis=0)[::-1]
    return before + after


def _draws(
    entries: _Entries, statistics: Statistics, rng: np.random.Generator, resamples: int
) -> list[FloatArray] | None:
    """Draws of all units, then of each slice and its rest; None where there are too many groups to resample."""
    size = len(entries.bounds) - 1
    if not len(entries.rows) or not can_bootstrap(len(entries.rows), entries.rows.shape[1], resamples):
        return None
    at_once = max(1, _CHUNK_CELLS // (size * entries.rows.shape[1]))
    parts: list[list[FloatArray]] = [[] for _ in range(size)]
    for weights in resample_weights(entries.frequency, rng=rng, resamples=resamples):
        for start in range(0, len(weights), at_once):
            inside = entries.summed(weights[start : start + at_once])
            rest = _others(inside)
            parts[0].append(statistics(inside.sum(axis=0)))
            for s in range(1, size):
                parts[s].append(np.concatenate([statistics(inside[s]), statistics(rest[s])]))
    if parts[0]:
        return [np.concatenate(each, axis=1) for each in parts]
    point = statistics(np.zeros((1, entries.rows.shape[1])))
    return [np.zeros((len(point) * (2 if s else 1), 0)) for s in range(size)]


def _by_group(entries: _Entries) -> FloatArray:
    """Moments of each group over all slices."""
    if entries.own:
        return entries.rows
    n = len(entries.frequency)
    columns = [np.bincount(entries.group, column, minlength=n) for column in entries.rows.T]
    summed: FloatArray = np.column_stack(columns).astype(np.float64)
    return summed


def _left_inside(entries: _Entries, s: int, sums: FloatArray, point: FloatArray, statistics: Statistics) -> FloatArray:
    """The statistics in a slice without each group; what has nothing in it changes nothing."""
    left = np.repeat(point, len(entries.frequency), axis=1)
    here = entries.part(s)
    left[:, entries.group[here]] = _in_chunks(lambda some: statistics(sums - some), entries.rows[here])
    return left


def _left_rest(
    entries: _Entries, s: int, sums: FloatArray, point: FloatArray, by_group: FloatArray, statistics: Statistics
) -> FloatArray:
    """The statistics in the rest of a slice without each group."""
    here, n = entries.part(s), len(entries.frequency)
    inside = entries.group[here]
    changed = np.ones(n, np.bool_)
    changed[inside] = np.bincount(entries.group, minlength=n)[inside] > 1
    outside = by_group
    if changed[inside].any():
        outside = by_group.copy()
        outside[inside] -= entries.rows[here]
    left = np.repeat(point, n, axis=1)
    left[:, changed] = _in_chunks(lambda some: statistics(sums - some), outside[changed])
    return left


def _in_chunks(statistics: Statistics, rows: FloatArray) -> FloatArray:
    step = max(1, _CHUNK_CELLS // max(rows.shape[1], 1))
    parts = [statistics(rows[start : start + step]) for start in range(0, len(rows), step)]
    if parts:
        return np.concatenate(parts, axis=1)
    return np.zeros((len(statistics(np.zeros((1, rows.shape[1])))), 0))
