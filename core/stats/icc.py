"""Intraclass correlations: the share of the variance of ratings that lies between units.

From the mean squares of units x raters, on complete units only (rated by every rater of the table). Sums of squares are
functions of additive moments, so units and clusters are resampled like everywhere else.
"""

from dataclasses import dataclass

import numpy as np

from core.stats.arrays import NOTHING, BoolArray, FloatArray, IntArray, ratio
from core.stats.estimates import Reason
from core.stats.ratings import RatingTable


@dataclass(frozen=True, slots=True)
class CompleteSums:
    """Summed moments of S sets of complete units, rated by k raters each.

    Attributes:
        n: Units, shape S.
        between: Sum over units of the square of their total, shape S.
        squares: Sum of the squares of all ratings, shape S.
        raters: Total of each rater, S x k.
    """

    n: FloatArray
    between: FloatArray
    squares: FloatArray
    raters: FloatArray

    @classmethod
    def read(cls, summed: FloatArray) -> "CompleteSums":
        """Read S summed rows (S x (3 + k))."""
        return cls(summed[:, 0], summed[:, 1], summed[:, 2], summed[:, 3:])


@dataclass(frozen=True, slots=True, eq=False)
class CompleteUnits:
    """The units that every rater rated, as different rows of moments.

    Attributes:
        rows: Moments (see `CompleteSums`) of units that differ.
        frequency: Units of each row.
        of_unit: Row of each complete unit.
        complete: Which units of the table are complete.
        n_raters: Raters of each.
        n_left_out: Units with two ratings or more that are not complete.
        one_value: Whether all their ratings are the same.
    """

    rows: FloatArray
    frequency: IntArray
    of_unit: IntArray
    complete: BoolArray
    n_raters: int
    n_left_out: int
    one_value: bool

    @classmethod
    def of(cls, table: RatingTable, values: FloatArray, *, levels: FloatArray | None = None) -> "CompleteUnits":
        """Find the complete units of a table.

        Args:
            table: The ratings; where raters are anonymous, a unit is complete with as many ratings as any unit has.
            values: The number of each rating of the table; NaN for one that counts as missing.
            levels: All numbers there can be, rising, where these are few: equal units are then one row.
        """
        kept = ~np.isnan(values)
        units, values = table.units[kept], values[kept]
        per_unit = np.bincount(units, minlength=table.n_units)
        k = int(per_unit.max(initial=0)) if table.anonymous else table.n_raters
        complete: BoolArray = (per_unit == k) & (k > 1)
        chosen = values[complete[units]].reshape(-1, max(k, 1))
        of_unit, first = _alike(chosen, levels)
        varies = bool(chosen.size and np.ptp(chosen) > 0)
        # Centred and in units of their spread: the result is the same, and nothing cancels or vanishes.
        scaled = (chosen[first] - chosen.mean()) / chosen.std() if varies else np.zeros((len(first), max(k, 1)))
        columns = [np.ones(len(first)), scaled.sum(axis=1) ** 2, (scaled**2).sum(axis=1), scaled]
        left_out = int(np.sum((per_unit > 1) & ~complete))
        frequency = np.bincount(of_unit, minlength=len(first))
        return cls(np.column_stack(columns), frequency, of_unit, complete, k, left_out, one_value=not varies)

    @property
    def n_units(self) -> int:
        """Complete units."""
        return len(self.of_unit)

    @property
    def reason(self) -> Reason:
        """Why an intraclass correlation that is undefined on these units is."""
        if self.n_units < 2:
            return Reason.NO_COMPLETE_UNITS if self.n_units or self.n_left_out else Reason.NO_PAIRABLE_ITEMS
        return Reason.NO_VARIATION if self.one_value else Reason.NO_BETWEEN_ITEM_VARIANCE


def _alike(chosen: FloatArray, levels: FloatArray | None) -> tuple[IntArray, IntArray]:
    """Row of each unit among different ones, and a unit of each row."""
    k = chosen.shape[1]
    if levels is None or len(levels) ** k >= 2**53:
        return np.arange(len(chosen)), np.arange(len(chosen))
    key = np.searchsorted(levels, chosen) @ len(levels) ** np.arange(k, dtype=np.int64)
    _, first, of_unit = np.unique(key, return_index=True, return_inverse=True)
    return of_unit.reshape(-1).astype(np.int64), first


def icc(sums: CompleteSums, *, model: int, average: bool) -> FloatArray:
    """Intraclass correlation of Shrout and Fleiss (1979); undefined (NaN) without variance between units.

    A value outside -1..1 means that units differ less than ratings within a unit do, and is undefined too.

    Args:
        sums: Moments of complete units.
        model: 1 each unit has raters of its own; 2 raters are a sample of many; 3 these raters only.
        average: Of the mean of all k raters instead of a single one.
    """
    n, k = sums.n, sums.raters.shape[1]
    mean_square = ratio(sums.raters.sum(axis=1) ** 2, n * k)
    units = sums.between / max(k, 1) - mean_square
    within = sums.squares - sums.between / max(k, 1)
    raters = ratio((sums.raters**2).sum(axis=1), n) - mean_square
    msr = np.where(units > NOTHING * sums.squares, ratio(units, n - 1), np.nan)
    msw = ratio(within, n * (k - 1))
    msc, mse = raters / max(k - 1, 1), ratio(within - raters, (n - 1) * (k - 1))
    error = msw if model == 1 else mse
    habits = (msc - mse) / n if model == 2 else np.zeros_like(n)
    spread = msr + habits if average else msr + (k - 1) * error + k * habits
    value = ratio(msr - error, spread)
    return np.where(np.abs(value) <= 1 + NOTHING, value, np.nan)
