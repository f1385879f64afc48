"""One rater against a group: how well they agree with its members, beside how well these agree with each other.

Both on the same units (those the one rater rated) and on the same resamples, so that their difference has an interval
of its own; two intervals that overlap, or do not, say nothing about a difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.stats.applying import pair_statistic
from core.stats.arrays import BoolArray, FloatArray, ratio
from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import Basis, estimated
from core.stats.pair_replicates import replicate_mean_of_pairs
from core.stats.pairs import PairStatistic, PairTables, pair_tables
from core.stats.ratings import RaterId, RatingTable
from core.stats.resampling import Replicates
from core.stats.weights import identity_weights


@dataclass(frozen=True, slots=True)
class Against:
    """One rater against a group.

    Attributes:
        rater_id: The one.
        coefficient: Which kappa ("cohen", "cohen_linear", "cohen_quadratic").
        percent, kappa: Mean over the members of percent agreement and Cohen's kappa with each.
        ceiling_percent, ceiling: The same among the members, on the units that the one rated.
        difference: `kappa - ceiling`; below 0 the one agrees less with the members than they do with each other.
        percent_difference: `percent - ceiling_percent`.
    """

    rater_id: RaterId
    coefficient: str
    percent: Estimate
    kappa: Estimate
    ceiling_percent: Estimate
    ceiling: Estimate
    difference: Estimate
    percent_difference: Estimate


def against(
    table: RatingTable, rater_id: RaterId, members: Sequence[RaterId], *, seed: int, coefficient: str = "cohen",
    level: float = 0.95, resamples: int = 1000,
) -> Against:  # fmt: skip
    """How one rater agrees with each member of a group, on average, and how the members agree with each other.

    Args:
        table: Ratings by named raters, on a scale of options.
        rater_id: The one.
        members: The group; the one is not part of it.
        seed: Seed of the bootstrap.
        coefficient: Which kappa.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.

    Raises:
        BadInput: Nobody has one of these names.
        ValueError: The raters are anonymous.
    """
    names = (
        "against_percent", "against_kappa", "ceiling_percent", "ceiling_kappa", "against_difference",
        "against_percent_difference",
    )  # fmt: skip
    if table.scale.is_numeric:
        return Against(
            rater_id, coefficient, *(Estimate(name, None, 0, 0, reason=Reason.NEEDS_OPTIONS) for name in names)
        )
    both = _rated_by_the_one(table.of_raters([*members, rater_id]))
    one = both.n_raters - 1
    tables = pair_tables(both)
    statistics = _statistics(table, coefficient)
    with_one = np.any(tables.pairs == one, axis=1)
    sides = []
    for kept in (with_one, ~with_one):
        chosen = PairTables(tables.pairs[kept], tables.tables[kept])
        rng = np.random.default_rng(seed)  # the same resamples on both sides
        sides.append(replicate_mean_of_pairs(both, chosen, statistics, rng=rng, resamples=resamples))
    members_on = both.ratings_per_unit() - 1
    shared, compared = members_on >= 1, members_on >= 2
    difference = _difference(*sides)
    return Against(
        rater_id,
        coefficient,
        _estimate(names[0], both, sides[0], 0, shared, level),
        _estimate(names[1], both, sides[0], 1, shared, level),
        _estimate(names[2], both, sides[1], 0, compared, level),
        _estimate(names[3], both, sides[1], 1, compared, level),
        _estimate(names[4], both, difference, 1, compared, level),
        _estimate(names[5], both, difference, 0, compared, level),
    )


def _rated_by_the_one(table: RatingTable) -> RatingTable:
    rated = np.zeros(table.n_units, np.bool_)
    rated[table.units[table.known_raters() == table.n_raters - 1]] = True
    return table.of_units(rated)


def _statistics(table: RatingTable, coefficient: str) -> tuple[PairStatistic, PairStatistic]:
    every = tuple(range(len(table.scale.options)))
    same = PairStatistic(_same_answers, every, identity_weights(len(every)))
    return same, pair_statistic(COEFFICIENTS[coefficient], table.scale)


def _same_answers(tables: FloatArray, weights: FloatArray) -> FloatArray:
    """sum_kl w_kl n_kl / n of one or many tables of two raters."""
    return ratio(np.sum(tables * weights, axis=(-2, -1)), tables.sum(axis=(-2, -1)))


def _difference(first: Replicates, second: Replicates) -> Replicates:
    draws = None if first.draws is None or second.draws is None else first.draws - second.draws
    return Replicates(first.point - second.point, draws, first.left_out - second.left_out, first.frequency)


def _estimate(
    name: str, table: RatingTable, replicates: Replicates, which: int, compared: BoolArray, level: float
) -> Estimate:
    n_units, n_ratings = int(compared.sum()), int(table.ratings_per_unit()[compared].sum())
    groups = n_units if table.clusters is None else len(np.unique(table.clusters[compared]))
    basis = Basis(n_units, n_ratings, groups, clustered=table.clusters is not None)
    if not len(replicates.point):
        replicates = replace(replicates, point=np.full(2, np.nan))
    percent = name.endswith("percent")
    return estimated(name, replicates, which, basis, level=level, undefined=Reason.NO_VARIATION, proportion=percent)
