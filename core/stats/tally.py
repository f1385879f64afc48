"""What a report counts beside its coefficients: units, clusters, ratings of each rater, base rates.

Where the units are at hand as patterns of counts, everything about units is counted from these: they are few.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.scales import DeclaredScale
from core.stats.arrays import IntArray
from core.stats.patterns import Patterns
from core.stats.ratings import RatingTable
from core.stats.samples import OptionUnits
from core.stats.weights import ordered_options


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a rating table.

    Attributes:
        n_rated: Units with a rating.
        n_pairable: Units with two ratings or more.
        n_clusters: Clusters with a rating; None where units stand alone.
        base_rates: By option key the mean over rated units of the share of their ratings on it; empty for free numbers
            or without ratings.
        per_rater: Ratings of each named rater.
        n_outside_order: Ratings on options outside the order of the scale.
        constant_rater: Whether a named rater of two units or more gave all the same value while others differ.
    """

    n_rated: int
    n_pairable: int
    n_clusters: int | None
    base_rates: Mapping[str, float]
    per_rater: IntArray
    n_outside_order: int
    constant_rater: bool


def tallied(table: RatingTable, units: Mapping[tuple[int, ...], OptionUnits]) -> Tally:
    """Count a table.

    Args:
        table: The ratings.
        units: The units as patterns of counts, by the options that are looked at; those of all options save a pass.
    """
    every = units.get(tuple(range(len(table.scale.options))))
    if every is None:
        per_unit = table.ratings_per_unit()
        n_rated, n_pairable = int(np.sum(per_unit > 0)), int(np.sum(per_unit > 1))
        rates, rated = base_rates(table), per_unit > 0
    else:
        total, frequency = every.patterns.rows.sum(axis=1), every.patterns.frequency
        n_rated, n_pairable = int(frequency[total > 0].sum()), int(frequency[total > 1].sum())
        rates, rated = _rates_of_patterns(table.scale, every.patterns), (total > 0)[every.patterns.of_unit]
    n_clusters = None if table.clusters is None else len(np.unique(table.clusters[rated]))
    if table.scale.is_numeric:
        per_rater = np.zeros(0, dtype=np.int64) if table.anonymous else table.ratings_per_rater()
        return Tally(n_rated, n_pairable, n_clusters, rates, per_rater, 0, _gave_one_number(table))
    answers, ordered = table.answers(), list(ordered_options(table.scale))
    outside = int(answers.sum() - answers[:, ordered].sum()) if ordered else 0
    per_rater = answers.sum(axis=1)
    return Tally(n_rated, n_pairable, n_clusters, rates, per_rater, outside,
                 not table.anonymous and _gave_one_option(answers))  # fmt: skip


def base_rates(table: RatingTable) -> dict[str, float]:
    """By option key: the mean over rated units of the share of their ratings on it; empty where there is none."""
    if table.scale.is_numeric or not table.n_ratings:
        return {}
    per_unit = table.ratings_per_unit()
    shares = (1 / np.maximum(per_unit, 1))[table.units]
    rates = np.bincount(table.codes, weights=shares, minlength=len(table.scale.options)) / np.sum(per_unit > 0)
    return dict(zip(table.scale.keys, rates.tolist(), strict=True))


def _rates_of_patterns(scale: DeclaredScale, patterns: Patterns) -> dict[str, float]:
    rated = patterns.rows.sum(axis=1) > 0
    rows, frequency = patterns.rows[rated], patterns.frequency[rated]
    if not len(rows):
        return {}
    rates = frequency @ (rows / rows.sum(axis=1, keepdims=True)) / frequency.sum()
    return dict(zip(scale.keys, rates.tolist(), strict=True))


def _gave_one_option(answers: IntArray) -> bool:
    """Whether one of the raters (rows) gave the same option twice or more and no other, while others differ."""
    one_only = (np.count_nonzero(answers, axis=1) == 1) & (answers.sum(axis=1) > 1)
    return bool(one_only.any() and np.count_nonzero(answers.sum(axis=0)) > 1)


def _gave_one_number(table: RatingTable) -> bool:
    if table.anonymous or table.n_ratings == 0 or np.ptp(table.values) == 0:
        return False
    raters, per_rater = table.known_raters(), table.ratings_per_rater()
    different = np.unique(np.column_stack([raters, table.values]), axis=0)[:, 0].astype(np.int64)
    return bool(np.any((np.bincount(different, minlength=table.n_raters) == 1) & (per_rater > 1)))
