"""A judge that gives each option a probability, as one number a unit: the expected value, or the likeliest option."""

import numpy as np

from core.stats.arrays import FloatArray, ratio


def expected_values(shares: FloatArray, values: FloatArray) -> FloatArray:
    """The mean of the options' values, weighted by their probabilities.

    Args:
        shares: Units x options, NaN (in any place of a unit) where nothing is known; a sum beside 1 is rounding.
        values: A number for each option; NaN for one without: the mean is then of the others.

    Returns:
        One number a unit; NaN where nothing is known.
    """
    known = ~np.isnan(values)
    return ratio(shares[:, known] @ values[known], shares[:, known].sum(axis=1))


def likeliest_values(shares: FloatArray, values: FloatArray) -> FloatArray:
    """The value of the likeliest option; NaN where several are, where it has no value, and where nothing is known.

    Args:
        shares: Units x options, NaN where nothing is known.
        values: A number for each option, NaN for one without.
    """
    highest = shares.max(axis=1, keepdims=True)
    one = np.sum(shares == highest, axis=1) == 1
    return np.where(one, values[np.argmax(shares == highest, axis=1)], np.nan)
