"""Names of the array types the statistics speak."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

NOTHING = 1e-12
"""A spread at or below this is float noise and counts as none."""


def ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """`above / below`, NaN (undefined) where `below` is nothing but float noise."""
    result = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    np.divide(above, below, out=result, where=np.abs(below) > NOTHING)
    return result
