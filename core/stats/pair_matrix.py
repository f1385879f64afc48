"""Who agrees with whom: any coefficient for every pair of raters at once, and the table of one pair."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.scales import DeclaredScale
from core.stats.applying import count_layout, looked_at, pair_statistic, reason_against
from core.stats.arrays import FloatArray, IntArray, ratio
from core.stats.coefficients import COEFFICIENTS, Coefficient
from core.stats.estimates import Reason
from core.stats.pair_numbers import NUMBER_KEYS, number_pairs
from core.stats.pairs import pair_tables
from core.stats.ratings import RaterId, RatingTable
from core.stats.table_correlations import kendall_tau_b, pearson, spearman
from core.stats.weights import Spacing, option_values, ordered_options

CORRELATIONS = ("spearman", "kendall_tau_b", "pearson")

PAIR_KEYS = (*(key for key, row in COEFFICIENTS.items() if row.on_counts or row.on_pairs), *CORRELATIONS)
"""What can be had for every pair of raters; `reason_for_no_matrix` says what a scale does not allow."""


@dataclass(frozen=True, slots=True, eq=False)
class PairMatrix:
    """Agreement of every pair of raters on the units they share.

    Attributes:
        rater_ids: Names of the raters, in the order of rows and columns.
        n: raters x raters, shared units.
        used: raters x raters, those of them that the coefficient looks at: on an ordered scale, where both answers
            have a place in the order.
        percent: raters x raters, share of the same answers; NaN where no unit is shared.
        values: raters x raters, the coefficient; NaN where undefined (see `reason_at`), 1.0 is never assumed.
        coefficient: Its key, one of `PAIR_KEYS`.
        reason: Why there is no matrix at all; the arrays are empty then.
    """

    rater_ids: tuple[RaterId, ...]
    n: IntArray
    used: IntArray
    percent: FloatArray
    values: FloatArray
    coefficient: str
    reason: Reason | None = None

    @property
    def kappa(self) -> FloatArray:
        """The values, by the name they have where the coefficient is a kappa."""
        return self.values

    def reason_at(self, row: int, column: int) -> Reason | None:
        """Why the value of two raters is undefined; None where it is defined."""
        if not np.isnan(self.values[row, column]):
            return None
        if not self.used[row, column]:
            return Reason.NO_PAIRABLE_ITEMS
        return Reason.ZERO_VARIANCE if self.coefficient in CORRELATIONS else Reason.NO_VARIATION


def pair_matrix(table: RatingTable, *, coefficient: str = "cohen", spacing: Spacing = "values") -> PairMatrix:
    """Percent agreement and one coefficient of every pair of raters.

    On a scale of options every coefficient is a function of the pairs' q x q tables, all of them at once; on free
    numbers there are "percent", "alpha_interval", "pearson" and "spearman".

    Args:
        table: The ratings.
        coefficient: One of `PAIR_KEYS`.
        spacing: What weights are measured on.

    Raises:
        BadInput: There is no such coefficient of pairs.
    """
    reason = reason_for_no_matrix(table, coefficient)
    if reason:
        nothing, none = np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0))
        return PairMatrix((), nothing, nothing, none, none, coefficient, reason)
    if table.scale.is_numeric:
        found = number_pairs(table, coefficient)
        return PairMatrix(table.rater_ids, found.n, found.n, found.percent, found.values, coefficient)
    size, tables = table.n_raters, pair_tables(table)
    n, used = np.zeros((2, size, size), dtype=np.int64)
    percent, values = np.full((2, size, size), np.nan)
    first, second = tables.pairs.T
    same = np.asarray(np.trace(tables.tables, axis1=1, axis2=2), dtype=np.float64)
    of_tables = _of_tables(coefficient, table.scale, spacing)
    seen = np.array(of_tables.options)
    columns: list[tuple[IntArray | FloatArray, IntArray | FloatArray]] = [
        (n, tables.n.astype(np.int64)),
        (used, tables.tables[:, seen[:, None], seen].sum(axis=(1, 2)).astype(np.int64)),
        (percent, ratio(same, tables.n)),
        (values, of_tables(tables.tables)),
    ]
    for matrix, of_pairs in columns:
        matrix[first, second] = matrix[second, first] = of_pairs
    np.fill_diagonal(n, table.ratings_per_rater())
    return PairMatrix(table.rater_ids, n, used, percent, values, coefficient)


def reason_for_no_matrix(table: RatingTable, coefficient: str) -> Reason | None:
    """Why a coefficient cannot be had for the pairs of a table, whatever its ratings say; None if it may be.

    Raises:
        BadInput: There is no such coefficient of pairs.
    """
    if coefficient not in PAIR_KEYS:
        raise BadInput(where="coefficient of pairs", found=coefficient, expected="one of " + ", ".join(PAIR_KEYS))
    if table.anonymous:
        return Reason.ANONYMOUS_RATERS
    if table.scale.is_numeric:
        if coefficient not in NUMBER_KEYS:
            return Reason.NEEDS_OPTIONS
        return None if table.n_ratings else Reason.NO_RATINGS
    if coefficient in CORRELATIONS:
        if not ordered_options(table.scale):
            return Reason.NEEDS_ORDER
        return None if table.n_ratings else Reason.NO_RATINGS
    reason = reason_against(COEFFICIENTS[coefficient], table)
    return None if reason is Reason.NEEDS_TWO_RATERS else reason  # of a pair there are never more


@dataclass(frozen=True, slots=True)
class _OfTables:
    """A coefficient as a function of tables over all options (P x q x q), and the options it looks at."""

    options: tuple[int, ...]
    function: Callable[[FloatArray], FloatArray]

    def __call__(self, tables: FloatArray) -> FloatArray:
        seen = np.array(self.options)
        return self.function(tables[:, seen[:, None], seen])


def _of_tables(coefficient: str, scale: DeclaredScale, spacing: Spacing) -> _OfTables:
    if coefficient in CORRELATIONS:
        values = option_values(scale, spacing)
        by_key = {"spearman": spearman, "kendall_tau_b": kendall_tau_b,
                  "pearson": lambda tables: pearson(tables, values)}  # fmt: skip
        return _OfTables(ordered_options(scale), by_key[coefficient])
    row = COEFFICIENTS[coefficient]
    if row.on_pairs is not None:
        statistic = pair_statistic(row, scale, spacing)
        return _OfTables(statistic.options, lambda tables: statistic.function(tables, statistic.weights))
    return _OfTables(looked_at(row, scale), lambda tables: _by_moments(row, scale, spacing, tables))


def _by_moments(row: Coefficient, scale: DeclaredScale, spacing: Spacing, tables: FloatArray) -> FloatArray:
    """A coefficient of counts for many tables: each of their k x k cells is a kind of unit with two ratings."""
    if row.on_counts is None:
        raise BadInput(where="coefficient of pairs", found=row.key, expected="a coefficient of counts or of pairs")
    k = tables.shape[1]
    layout = count_layout([row], scale, spacing)
    one = np.eye(k, dtype=np.int64)
    cells = (one[:, None, :] + one[None, :, :]).reshape(k * k, k)
    return row.on_counts(layout.sums(tables.reshape(len(tables), k * k) @ layout.rows(cells)))


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
