"""The formulas of the agreement coefficients: functions of summed moments, one value for each of S sums.

Notation: q options of the declared scale; W agreement weights with 1 on the diagonal; r_ik raters who chose option k
on unit i, r_i their number; pa mean pairwise agreement over units with two ratings or more; pi_k mean share of option
k over rated units; pe agreement expected by chance. All but Krippendorff's are (pa - pe) / (1 - pe). NaN is undefined.
"""

import numpy as np

from core.stats.arrays import NOTHING, FloatArray, ratio
from core.stats.moments import CountSums, NumberSums


def percent(sums: CountSums, *, weights: str) -> FloatArray:
    """The mean over pairable units of sum_k r_ik (sum_l w_kl r_il - 1) / (r_i (r_i - 1))."""
    return ratio(sums.agreement[weights], sums.pairable)


def fleiss(sums: CountSums, *, weights: str) -> FloatArray:
    """Chance: pe = sum_kl w_kl pi_k pi_l, with pi from all rated units."""
    pi = ratio(sums.shares, sums.rated[:, None])
    return _beyond_chance(sums, weights, _chance(pi, sums.weights[weights], pi), only_varied=True)


def scott(sums: CountSums, *, weights: str) -> FloatArray:
    """Chance: pe = sum_kl w_kl pi_k pi_l, with pi from the units that both rated."""
    pi = ratio(sums.paired, sums.paired.sum(axis=1, keepdims=True))
    return _beyond_chance(sums, weights, _chance(pi, sums.weights[weights], pi), only_varied=True)


def gwet(sums: CountSums, *, weights: str) -> FloatArray:
    """Chance: pe = (sum of W) * sum_k pi_k (1 - pi_k) / (q (q - 1))."""
    if sums.q < 2:
        return np.full(len(sums.rated), np.nan)
    pi = ratio(sums.shares, sums.rated[:, None])
    pe = sums.weights[weights].sum() * np.sum(pi * (1 - pi), axis=1) / (sums.q * (sums.q - 1))
    return _beyond_chance(sums, weights, pe)


def brennan_prediger(sums: CountSums, *, weights: str) -> FloatArray:
    """Chance: pe = (sum of W) / q^2."""
    return _beyond_chance(sums, weights, np.full(len(sums.rated), sums.weights[weights].sum() / sums.q**2))


def alpha(sums: CountSums, *, distances: str) -> FloatArray:
    """Krippendorff's 1 - (n - 1) sum_ck o_ck d2_ck / sum_ck n_c n_k d2_ck over pairable units."""
    n = sums.paired.sum(axis=1)
    expected = _chance(sums.paired, sums.distances[distances], sums.paired)
    return _where_varied(sums, 1 - ratio((n - 1) * sums.disagreement[distances], expected))


def alpha_ordinal(sums: CountSums) -> FloatArray:
    """Alpha with d_ck = n_c/2 + n_{c+1} + ... + n_k/2, which is the difference of the mid-ranks of c and k."""
    if sums.coincidences is None:
        raise ValueError("Ordinal alpha needs the coincidences.")
    n_k, n = sums.paired, sums.paired.sum(axis=1)
    # Measured from n / 2, their mean, so that nothing cancels when one option is very common.
    midrank = np.cumsum(n_k, axis=1) - n_k / 2 - (n / 2)[:, None]
    observed = 2 * (np.sum(n_k * midrank**2, axis=1) - _chance(midrank, sums.coincidences, midrank))
    expected = 2 * n * np.sum(n_k * midrank**2, axis=1)
    return _where_varied(sums, 1 - ratio((n - 1) * observed, expected))


def percent_of_numbers(sums: NumberSums) -> FloatArray:
    """The mean over pairable units of the share of pairs with exactly the same number."""
    return ratio(sums.exact, sums.pairable)


def alpha_interval_of_numbers(sums: NumberSums) -> FloatArray:
    """Interval alpha: sum_ck n_c n_k (c - k)^2 = 2 (n * sum of squares - sum^2)."""
    expected = 2 * (sums.ratings * sums.squares - sums.total**2)
    expected = np.where(expected <= NOTHING * sums.ratings * sums.squares, 0.0, expected)
    return 1 - ratio((sums.ratings - 1) * sums.within, expected)


def cohen(tables: FloatArray, weights: FloatArray) -> FloatArray:
    """Cohen's kappa of one or many tables of two raters.

    pe = sum_kl w_kl p_k. p_.l over the units both rated. Where one rater is constant (and the two are not the same
    constant) kappa is exactly 0.

    Args:
        tables: Counts, ... x q x q (first rater x second rater).
        weights: Agreement weights, q x q.
    """
    n = tables.sum(axis=(-2, -1))
    first, second = ratio(tables.sum(axis=-1), n[..., None]), ratio(tables.sum(axis=-2), n[..., None])
    po = ratio(np.sum(tables * weights, axis=(-2, -1)), n)
    pe = np.sum((first @ weights) * second, axis=-1)
    kappa = ratio(po - pe, 1 - pe)
    constant = (first.max(axis=-1) >= 1 - NOTHING) | (second.max(axis=-1) >= 1 - NOTHING)
    return np.where(constant & ~np.isnan(kappa), 0.0, kappa)


def _chance(left: FloatArray, matrix: FloatArray, right: FloatArray) -> FloatArray:
    """For each sample s: sum_kl left_sk matrix_(s)kl right_sl."""
    product = left @ matrix if matrix.ndim == 2 else (left[:, None, :] @ matrix)[:, 0, :]
    return np.asarray(np.sum(product * right, axis=1), dtype=np.float64)


def _beyond_chance(sums: CountSums, weights: str, pe: FloatArray, *, only_varied: bool = False) -> FloatArray:
    value = ratio(percent(sums, weights=weights) - pe, 1 - pe)
    return _where_varied(sums, value) if only_varied else value


def _where_varied(sums: CountSums, value: FloatArray) -> FloatArray:
    return np.where(sums.varied, value, np.nan)
