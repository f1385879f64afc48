"""How split raters are on each unit, so that a page can list the most split ones."""

import numpy as np

from core.errors import BadInput
from core.stats.arrays import FloatArray
from core.stats.ratings import RatingTable
from core.stats.weights import Spacing, agreement_weights, option_values, ordered_options


def unit_splits(table: RatingTable, *, weights: str = "identity", spacing: Spacing = "values") -> FloatArray:
    """1 minus the pairwise agreement on every unit: 0 all alike, 1 all different; NaN with fewer than two ratings.

    Its mean over units with two ratings or more is 1 - percent agreement. With free numbers it is the standard
    deviation of the unit's numbers (n - 1 below), in units of the scale.

    Args:
        table: The ratings.
        weights: "identity", "linear" or "quadratic" credit for close answers.
        spacing: What linear and quadratic credit is measured on.

    Raises:
        BadInput: Credit for close answers on a scale without order.
    """
    if table.scale.is_numeric:
        return _standard_deviations(table)
    counts = table.counts().astype(np.float64)
    matrix = np.eye(counts.shape[1])
    if weights != "identity":
        ordered = list(ordered_options(table.scale))
        if not ordered:
            raise BadInput(where="weights", found=f"{weights} on a {table.scale.kind} scale", expected="an order")
        counts = counts[:, ordered]
        matrix = agreement_weights(weights, option_values(table.scale, spacing))
    r = counts.sum(axis=1)
    agreeing = np.sum(counts * (counts @ matrix), axis=1) - r
    return np.where(r > 1, 1 - agreeing / np.maximum(r * (r - 1), 1), np.nan)


def _standard_deviations(table: RatingTable) -> FloatArray:
    m = table.ratings_per_unit()
    total = np.bincount(table.units, weights=table.numbers, minlength=table.n_units)
    own = table.numbers - (total / np.maximum(m, 1))[table.units]
    squares = np.bincount(table.units, weights=own**2, minlength=table.n_units)
    return np.where(m > 1, np.sqrt(squares / np.maximum(m - 1, 1)), np.nan)
