"""How much agreement hangs on who happened to rate: a coefficient without each rater in turn.

Intervals over units say nothing about other raters; this does.
"""

from dataclasses import dataclass, replace

import numpy as np

from core.stats.agreement import agreement
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import estimated
from core.stats.ratings import RaterId, RatingTable
from core.stats.together import replicable, together
from core.stats.weights import Spacing


@dataclass(frozen=True, slots=True)
class WithoutRater:
    """What agreement would be without one rater.

    Attributes:
        rater_id: Who is left out.
        estimate: The coefficient on the other raters' ratings.
        difference: That minus the coefficient of all; above 0 the others agree better without this rater.
    """

    rater_id: RaterId
    estimate: Estimate
    difference: Estimate


def without_each_rater(
    table: RatingTable,
    key: str,
    *,
    spacing: Spacing = "values",
    seed: int = 0,
    level: float = 0.95,
    resamples: int = 0,
) -> tuple[WithoutRater, ...]:
    """A coefficient without each named rater in turn.

    Means over pairs of raters (Cohen's kappas) and ratio alpha of free numbers have values without intervals here.

    Args:
        table: Ratings by named raters; empty result for anonymous ones.
        key: Key of the coefficient.
        spacing: What weights are measured on.
        seed: Seed of the bootstrap.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
    """
    others = [
        table.of_raters([other for other in table.rater_ids if other != rater_id]) for rater_id in table.rater_ids
    ]
    if not others:
        return ()
    if not replicable(key, table.scale):
        return _one_by_one(table, others, key, spacing)
    rng = np.random.default_rng(seed)
    found = together([table, *others], key, rng=rng, resamples=resamples, spacing=spacing)
    if found.reason is not None:
        return _one_by_one(table, others, key, spacing)
    k = len(others)
    rows = np.eye(k + 1)[1:]
    replicates = found.with_rows(np.vstack([rows, rows - np.eye(k + 1)[0]]))
    results = []
    for index, rater_id in enumerate(table.rater_ids):
        estimate, difference = (
            estimated(name, replicates, which, found.bases[1 + index], level=level, undefined=Reason.NO_VARIATION)
            for name, which in ((key, index), (f"{key}_difference", k + index))
        )
        results.append(WithoutRater(rater_id, estimate, difference))
    return tuple(results)


def _one_by_one(table: RatingTable, others: list[RatingTable], key: str, spacing: Spacing) -> tuple[WithoutRater, ...]:
    """Values alone."""
    every, *rest = (agreement(some, seed=0, resamples=0, spacing=spacing, only=[key])[key] for some in (table, *others))
    return tuple(
        WithoutRater(rater_id, estimate, _difference(estimate, every))
        for rater_id, estimate in zip(table.rater_ids, rest, strict=True)
    )


def _difference(without: Estimate, every: Estimate) -> Estimate:
    name = f"{every.name}_difference"
    bare = replace(without, name=name, interval=None, standard_error=None, resamples=0, undefined_resamples=0)
    if without.value is None or every.value is None:
        return replace(bare, value=None, reason=without.reason or every.reason, interval_reason=None)
    return replace(bare, value=without.value - every.value, interval_reason=Reason.NOT_RESAMPLED)
