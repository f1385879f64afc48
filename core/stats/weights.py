"""How much credit two different options give: agreement weights, and Krippendorff's squared differences."""

from typing import Literal

import numpy as np

from core.scales import DeclaredScale, ScaleKind
from core.stats.arrays import FloatArray

Spacing = Literal["values", "positions"]
"""What weights measure distance on: the declared numbers of the options, or their rank positions."""

_ORDERED = {ScaleKind.ORDINAL, ScaleKind.INTERVAL, ScaleKind.RATIO, ScaleKind.PREFERENCE}


def ordered_options(scale: DeclaredScale) -> tuple[int, ...]:
    """Codes of the options that have a place in the order, in this order; none for a scale without order.

    "Both bad" of a preference is outside the order.
    """
    if scale.kind not in _ORDERED or scale.is_numeric:
        return ()
    if scale.kind is not ScaleKind.PREFERENCE:
        return tuple(range(len(scale.options)))
    values = scale.values()
    return tuple(sorted((code for code, value in enumerate(values) if np.isfinite(value)), key=values.__getitem__))


def option_values(scale: DeclaredScale, spacing: Spacing = "values") -> FloatArray:
    """A number for each ordered option: as declared (positions where nothing is declared), or its rank position."""
    codes = ordered_options(scale)
    if spacing == "positions":
        return np.arange(len(codes), dtype=np.float64)
    return np.array(scale.values(), dtype=np.float64)[list(codes)]


def identity_weights(q: int) -> FloatArray:
    """Credit 1 for the same option, else 0."""
    return np.eye(q)


def agreement_weights(name: str, values: FloatArray) -> FloatArray:
    """Credit of two different options: linear 1 - |x - y| / range, or quadratic 1 - (x - y)^2 / range^2.

    Raises:
        ValueError: The name is neither "linear" nor "quadratic".
    """
    apart = np.abs(values[:, None] - values[None, :]) / np.ptp(values)
    if name == "linear":
        return 1.0 - apart
    if name == "quadratic":
        return 1.0 - apart**2
    raise ValueError(f'Weights are "linear" or "quadratic", not "{name}".')


def interval_distances(values: FloatArray) -> FloatArray:
    """Squared difference d = (x - y)^2."""
    return (values[:, None] - values[None, :]) ** 2


def ratio_distances(values: FloatArray) -> FloatArray:
    """Squared difference d = ((x - y) / (x + y))^2, 0 where both are 0; not for negative values."""
    sums = values[:, None] + values[None, :]
    parts = np.divide(values[:, None] - values[None, :], sums, out=np.zeros_like(sums), where=sums > 0)
    return parts**2
