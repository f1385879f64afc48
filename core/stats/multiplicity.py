"""Many comparisons at once: which p-values stand when the share of false ones among them is to stay small."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from core.errors import BadInput
from core.stats.arrays import BoolArray, FloatArray

Method = Literal["bh", "by"]


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """P-values after adjustment.

    Attributes:
        p: Adjusted p-values in the order given; NaN where none was given.
        rejected: Whether each is at most the level.
        q: The level: expected share of false ones among those rejected.
    """

    p: FloatArray
    rejected: BoolArray
    q: float


def adjusted(p_values: ArrayLike, *, q: float = 0.05, method: Method = "bh") -> Adjusted:
    """Adjust p-values for the false discovery rate.

    Args:
        p_values: P-values; NaN (no test) stays NaN and is not counted.
        q: Level.
        method: "bh" Benjamini and Hochberg (1995), for independent or positively dependent tests; "by" Benjamini and
            Yekutieli (2001), for any dependence.

    Raises:
        BadInput: A p-value is outside 0..1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    given = ~np.isnan(p)
    if np.any((p[given] < 0) | (p[given] > 1)):
        raise BadInput(where="p-values", found=f"{p[given].min():g} to {p[given].max():g}", expected="0 to 1")
    m = int(given.sum())
    result = np.full(p.shape, np.nan)
    if m:
        order = np.argsort(p[given])
        steps = m / np.arange(1, m + 1) * (np.sum(1 / np.arange(1, m + 1)) if method == "by" else 1.0)
        stepped = np.minimum.accumulate((p[given][order] * steps)[::-1])[::-1]
        back = np.empty(m)
        back[order] = np.minimum(stepped, 1.0)
        result[given] = back
    return Adjusted(result, np.nan_to_num(result, nan=2.0) <= q, q)
