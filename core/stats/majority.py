"""The reference label of each unit: what most people chose. A tie is no reference, whatever the order of options."""

from dataclasses import dataclass

import numpy as np

from core.stats.arrays import FloatArray, IntArray
from core.stats.ratings import RatingTable


@dataclass(frozen=True, slots=True, eq=False)
class Majority:
    """The majority of each unit's ratings.

    Attributes:
        codes: Code of each unit's most frequent option; -1 where the unit is unrated or options tie.
        share: Share of the unit's ratings on it (of the most frequent, if several); NaN where unrated.
        n_tied: Units without a reference because options tie.
        n_unrated: Units without a rating.
    """

    codes: IntArray
    share: FloatArray
    n_tied: int
    n_unrated: int

    def how_many(self, n_options: int) -> IntArray:
        """Units whose reference is each option."""
        return np.bincount(self.codes[self.codes >= 0], minlength=n_options)


def majority(table: RatingTable) -> Majority:
    """The majority of every unit, on a scale of options; of whoever rated (`of_raters` chooses)."""
    counts = table.counts()
    top, total = counts.max(axis=1), counts.sum(axis=1)
    tied = (np.sum(counts == top[:, None], axis=1) > 1) & (total > 0)
    codes = np.where(tied | (total == 0), -1, counts.argmax(axis=1)).astype(np.int64)
    share = np.where(total > 0, top / np.maximum(total, 1), np.nan)
    return Majority(codes, share, int(tied.sum()), int(np.sum(total == 0)))
