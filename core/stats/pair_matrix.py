"""Who agrees with whom: percent and Cohen's kappa for every pair of raters, and the table of one pair."""

from dataclasses import dataclass

import numpy as np

from core.scales import DeclaredScale
from core.stats.applying import pair_statistic, reason_against
from core.stats.arrays import FloatArray, IntArray, ratio
from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Reason
from core.stats.pairs import pair_tables
from core.stats.ratings import RaterId, RatingTable
from core.stats.weights import Spacing


@dataclass(frozen=True, slots=True, eq=False)
class PairMatrix:
    """Agreement of every pair of raters on the units they share.

    Attributes:
        rater_ids: Names of the raters, in the order of rows and columns.
        n: raters x raters, shared units.
        percent: raters x raters, share of the same answers; NaN where no unit is shared.
        kappa: raters x raters, Cohen's kappa; NaN where undefined (see `reason_at`), 1.0 is never assumed.
        coefficient: Key of the kappa ("cohen", "cohen_linear", "cohen_quadratic").
        reason: Why there is no matrix at all; the arrays are empty then.
    """

    rater_ids: tuple[RaterId, ...]
    n: IntArray
    percent: FloatArray
    kappa: FloatArray
    coefficient: str
    reason: Reason | None = None

    def reason_at(self, row: int, column: int) -> Reason | None:
        """Why the kappa of two raters is undefined; None where it is defined."""
        if not np.isnan(self.kappa[row, column]):
            return None
        return Reason.NO_VARIATION if self.n[row, column] else Reason.NO_PAIRABLE_ITEMS


def pair_matrix(table: RatingTable, *, coefficient: str = "cohen", spacing: Spacing = "values") -> PairMatrix:
    """Percent agreement and kappa of every pair of raters.

    Args:
        table: The ratings.
        coefficient: "cohen", "cohen_linear" or "cohen_quadratic".
        spacing: What weights are measured on.
    """
    row = COEFFICIENTS[coefficient]
    reason = reason_against(row, table)
    size = 0 if reason else table.n_raters
    n = np.zeros((size, size), dtype=np.int64)
    percent, kappa = np.full((size, size), np.nan), np.full((size, size), np.nan)
    if reason:
        return PairMatrix((), n, percent, kappa, coefficient, reason)
    found = pair_tables(table)
    first, second = found.pairs.T
    same = np.asarray(np.trace(found.tables, axis1=1, axis2=2), dtype=np.float64)
    columns: list[tuple[IntArray | FloatArray, IntArray | FloatArray]] = [
        (n, found.n.astype(np.int64)),
        (percent, ratio(same, found.n)),
        (kappa, pair_statistic(row, table.scale, spacing)(found.tables)),
    ]
    for matrix, values in columns:
        matrix[first, second] = matrix[second, first] = values
    np.fill_diagonal(n, table.ratings_per_rater())
    return PairMatrix(table.rater_ids, n, percent, kappa, coefficient)


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """How two raters answered the units both rated.

    Attributes:
        scale: The declared scale; its options are rows and columns.
        first, second: The raters of rows and of columns.
        counts: q x q units.
    """

    scale: DeclaredScale
    first: RaterId
    second: RaterId
    counts: IntArray

    @property
    def n(self) -> int:
        """Units both rated."""
        return int(self.counts.sum())


def confusion(table: RatingTable, first: RaterId, second: RaterId) -> Confusion:
    """The table of two named raters.

    Raises:
        BadInput: Nobody has one of these names.
        ValueError: The raters are anonymous, the scale has no options, or both are the same rater.
    """
    if first == second:
        raise ValueError("A rater is not compared with itself.")
    two = table.of_raters([first, second])
    q = len(table.scale.options)
    found = pair_tables(two)
    counts = found.tables[0] if len(found.tables) else np.zeros((q, q))
    return Confusion(table.scale, first, second, counts.astype(np.int64))
