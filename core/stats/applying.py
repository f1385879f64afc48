"""What a coefficient needs of a scale and a table, and how it is applied to them."""

from collections.abc import Sequence

import numpy as np

from core.errors import BadInput
from core.scales import DeclaredScale
from core.stats.arrays import FloatArray
from core.stats.coefficients import Coefficient, Needs
from core.stats.estimates import Reason
from core.stats.moments import CountLayout
from core.stats.pairs import PairStatistic
from core.stats.ratings import RatingTable
from core.stats.weights import (
    Spacing,
    agreement_weights,
    identity_weights,
    interval_distances,
    option_values,
    ordered_options,
    ratio_distances,
)


def looked_at(row: Coefficient, scale: DeclaredScale) -> tuple[int, ...]:
    """The codes a coefficient looks at: all options, or those in the order."""
    return tuple(range(len(scale.options))) if row.needs is Needs.OPTIONS else ordered_options(scale)


def reason_against(row: Coefficient, table: RatingTable) -> Reason | None:
    """Why a coefficient cannot be had from a table, whatever its ratings say; None if it may be."""
    reasons = [
        (_not_on(row, table.scale), True),
        (Reason.ANONYMOUS_RATERS, row.needs_identities and table.anonymous),
        (Reason.NO_RATINGS, not table.n_ratings),
        (Reason.NEGATIVE_VALUES, _has_negative_ratios(row, table)),
        (Reason.NEEDS_TWO_RATERS, row.two_raters and table.ratings_per_unit().max(initial=0) > 2),
    ]
    return next((reason for reason, holds in reasons if holds and reason), None)


def _has_negative_ratios(row: Coefficient, table: RatingTable) -> bool:
    return row.needs is Needs.RATIOS and table.scale.is_numeric and bool(np.any(table.numbers < 0))


def _not_on(row: Coefficient, scale: DeclaredScale) -> Reason | None:
    """Why a coefficient cannot be had on a scale."""
    if scale.is_numeric:
        has_one = row.on_numbers or row.on_every_number or row.on_complete
        return None if has_one else Reason.NEEDS_OPTIONS
    if row.needs is not Needs.OPTIONS and not ordered_options(scale):
        return Reason.NEEDS_ORDER
    if row.needs not in (Needs.NUMBERS, Needs.RATIOS):
        return None
    if any(scale.options[code].value is None for code in ordered_options(scale)):
        return Reason.NEEDS_NUMBERS
    return Reason.NEGATIVE_VALUES if row.needs is Needs.RATIOS and min(option_values(scale)) < 0 else None


def count_layout(rows: Sequence[Coefficient], scale: DeclaredScale, spacing: Spacing) -> CountLayout:
    """The moments that coefficients which look at the same options read."""
    q = len(looked_at(rows[0], scale))
    keys = {row.key for row in rows}
    weights: dict[str, FloatArray] = {}
    distances: dict[str, FloatArray] = {}
    if any(row.needs is Needs.OPTIONS for row in rows):
        weights["identity"] = identity_weights(q)
        distances |= {"nominal": 1 - identity_weights(q)} if "alpha_nominal" in keys else {}
    if any(row.needs is not Needs.OPTIONS for row in rows):
        values = option_values(scale, spacing)
        used = {row.weights for row in rows} & {"linear", "quadratic"}
        weights |= {name: agreement_weights(name, values) for name in sorted(used)}
        distances |= {"interval": interval_distances(values)} if "alpha_interval" in keys else {}
        distances |= {"ratio": ratio_distances(option_values(scale))} if "alpha_ratio" in keys else {}
    return CountLayout(q, weights, distances, coincidences="alpha_ordinal" in keys)


def pair_statistic(row: Coefficient, scale: DeclaredScale, spacing: Spacing = "values") -> PairStatistic:
    """The pair function of a coefficient on the options of a scale that it is about.

    Raises:
        BadInput: The coefficient has no pair function.
    """
    if row.on_pairs is None:
        raise BadInput(where="pair statistic", found=row.key, expected="a coefficient of pairs of raters")
    options = looked_at(row, scale)
    if row.needs is Needs.OPTIONS:
        return PairStatistic(row.on_pairs, options, identity_weights(len(options)))
    return PairStatistic(row.on_pairs, options, agreement_weights(row.weights, option_values(scale, spacing)))
