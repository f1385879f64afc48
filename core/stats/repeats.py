"""How far raters agree with themselves when they rate the same unit again.

The runs of one rater are the raters of a table; agreement among them is self-consistency, and 1 minus the percent is
the flip noise: no rater can agree with others more than it agrees with itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from core.scales import DeclaredScale
from core.stats.agreement import agreement
from core.stats.coefficients import alpha_key
from core.stats.estimates import Estimate, Interval, Reason
from core.stats.ratings import RaterId, RatingTable


@dataclass(frozen=True, slots=True)
class SelfConsistency:
    """One rater against itself.

    Attributes:
        rater_id: The rater.
        percent: Share of pairs of runs of a unit with the same answer.
        kappa: Fleiss' kappa over runs; undefined for free numbers.
        alpha: Krippendorff's alpha at the level of the scale.
        flip_noise: `1 - percent`: the share of pairs of runs with different answers.
        n_runs: Largest number of runs of a unit.
    """

    rater_id: RaterId
    percent: Estimate
    kappa: Estimate
    alpha: Estimate
    flip_noise: Estimate
    n_runs: int


def self_consistency(
    runs: RatingTable, rater_id: RaterId, *, seed: int, level: float = 0.95, resamples: int = 1000
) -> SelfConsistency:
    """How far the runs of one rater agree.

    Args:
        runs: Units x runs; a unit rated once counts for nothing.
        rater_id: Whose runs.
        seed: Seed of the bootstrap.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
    """
    alpha = alpha_key(runs.scale.alpha_level)
    report = agreement(runs, seed=seed, level=level, resamples=resamples, only=["percent", "fleiss", alpha])
    percent, kappa, of_scale = (_of_repeats(report[key]) for key in ("percent", "fleiss", alpha))
    n_runs = int(runs.ratings_per_unit().max(initial=0))
    return SelfConsistency(rater_id, percent, kappa, of_scale, _turned(percent), n_runs)


def self_consistencies(  # noqa: PLR0913 - each names one column of the ratings
    units: ArrayLike,
    raters: ArrayLike,
    values: ArrayLike,
    scale: DeclaredScale,
    *,
    n_units: int,
    rater_ids: Sequence[RaterId],
    seed: int,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = 1000,
) -> Mapping[RaterId, SelfConsistency]:
    """How far each rater agrees with itself.

    Args:
        units: Unit of each rating, repeats included.
        raters: Rater index of each rating.
        values: Code (or free number) of each rating.
        scale: The declared scale.
        n_units: Units.
        rater_ids: Names of the raters.
        seed: Seed of the bootstrap.
        clusters: Cluster of each unit.
        level: Nominal coverage.
        resamples: Bootstrap resamples.
    """
    unit, rater, value = np.asarray(units), np.asarray(raters), np.asarray(values)
    found = {}
    for index, rater_id in enumerate(rater_ids):
        mine = rater == index
        runs = RatingTable.from_triples(unit[mine], None, value[mine], scale, n_units=n_units, clusters=clusters)
        found[rater_id] = self_consistency(runs, rater_id, seed=seed + index, level=level, resamples=resamples)
    return found


def _of_repeats(estimate: Estimate) -> Estimate:
    nothing = estimate.reason in (Reason.NO_PAIRABLE_ITEMS, Reason.NO_RATINGS)
    return replace(estimate, reason=Reason.NO_REPEATS) if nothing else estimate


def _turned(percent: Estimate) -> Estimate:
    """1 minus an estimate."""
    interval = percent.interval
    if interval is not None:
        interval = Interval(1 - interval.high, 1 - interval.low, level=interval.level, method=interval.method)
    value = None if percent.value is None else 1 - percent.value
    return replace(percent, name="flip_noise", value=value, interval=interval)
