"""The agreement coefficients: one function of summed moments and one row of `COEFFICIENTS` each.

Notation: q options of the declared scale; W agreement weights with 1 on the diagonal; r_ik raters who chose option k
on unit i, r_i their number; pa mean pairwise agreement over units with two ratings or more; pi_k mean share of option
k over rated units; pe agreement expected by chance. All but Krippendorff's are (pa - pe) / (1 - pe).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

from core.scales import AlphaLevel
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
    # Centred, so that the sums of squares below do not cancel on a million units.
    midrank = np.cumsum(n_k, axis=1) - n_k / 2 - (n / 2)[:, None]
    observed = 2 * (np.sum(n_k * midrank**2, axis=1) - _chance(midrank, sums.coincidences, midrank))
    expected = 2 * (n * np.sum(n_k * midrank**2, axis=1) - np.sum(n_k * midrank, axis=1) ** 2)
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


class Needs(StrEnum):
    """What a coefficient asks of the scale."""

    OPTIONS = "options"
    ORDER = "order"
    NUMBERS = "numbers"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One row of the table of coefficients.

    Attributes:
        key: Name in results and exports.
        title: Name for people.
        definition: What it says, in one plain sentence.
        formula: In plain text.
        source: Where it was defined.
        needs: What it asks of the scale.
        needs_identities: Whether it must know who gave which rating.
        two_raters: Whether it is defined only where no unit has more than two ratings.
        proportion: Whether it is a mean of shares within 0..1.
        chance_corrected: Whether chance agreement is taken out.
        weights: Agreement weights of the pair function ("identity", "linear", "quadratic").
        on_counts: The function of counts per option; None where it has none.
        on_pairs: The function of tables of two raters (averaged over pairs); None where it has none.
        on_numbers: The function of free numbers; None where it has none.
    """

    key: str
    title: str
    definition: str
    formula: str
    source: str
    needs: Needs = Needs.OPTIONS
    needs_identities: bool = False
    two_raters: bool = False
    proportion: bool = False
    chance_corrected: bool = True
    weights: str = "identity"
    on_counts: Callable[[CountSums], FloatArray] | None = None
    on_pairs: Callable[[FloatArray, FloatArray], FloatArray] | None = None
    on_numbers: Callable[[NumberSums], FloatArray] | None = None


_WEIGHTED = {"linear": "w = 1 - |x - y| / range", "quadratic": "w = 1 - (x - y)^2 / range^2"}


def _percent_row(weights: str) -> Coefficient:
    return Coefficient(
        key=f"percent_{weights}",
        title=f"Agreement, {weights} credit",
        definition=f"Share of agreeing pairs of ratings, with {weights} credit for close ones (a tie against a"
        " preference counts half with linear credit).",
        formula=f"mean_i sum_k r_ik (sum_l w_kl r_il - 1) / (r_i (r_i - 1)), {_WEIGHTED[weights]}",
        source="Gwet (2014), Handbook of Inter-Rater Reliability",
        needs=Needs.ORDER,
        proportion=True,
        chance_corrected=False,
        weights=weights,
        on_counts=partial(percent, weights=weights),
    )


def _cohen_row(weights: str) -> Coefficient:
    return Coefficient(
        key=f"cohen_{weights}",
        title=f"Cohen's kappa, {weights} weights",
        definition=f"Cohen's kappa with {weights} credit for close answers; the mean over pairs of raters where there"
        " are more than two.",
        formula=f"(po - pe) / (1 - pe), pe = sum_kl w_kl p_k. p_.l, {_WEIGHTED[weights]}",
        source="Cohen (1968), Psychological Bulletin 70",
        needs=Needs.ORDER,
        needs_identities=True,
        weights=weights,
        on_pairs=cohen,
    )


def _fleiss_row(weights: str) -> Coefficient:
    return Coefficient(
        key=f"fleiss_{weights}",
        title=f"Fleiss' kappa, {weights} weights",
        definition=f"Fleiss' kappa with {weights} credit for close answers.",
        formula=f"(pa - pe) / (1 - pe), pe = sum_kl w_kl pi_k pi_l, {_WEIGHTED[weights]}",
        source="Gwet (2014), Handbook of Inter-Rater Reliability",
        needs=Needs.ORDER,
        weights=weights,
        on_counts=partial(fleiss, weights=weights),
    )


def _gwet_row(weights: str) -> Coefficient:
    return Coefficient(
        key=f"ac2_{weights}",
        title=f"Gwet's AC2, {weights} weights",
        definition=f"Gwet's AC1 with {weights} credit for close answers.",
        formula=f"(pa - pe) / (1 - pe), pe = (sum W) sum_k pi_k (1 - pi_k) / (q (q - 1)), {_WEIGHTED[weights]}",
        source="Gwet (2014), Handbook of Inter-Rater Reliability",
        needs=Needs.ORDER,
        weights=weights,
        on_counts=partial(gwet, weights=weights),
    )


def _brennan_prediger_row(weights: str) -> Coefficient:
    return Coefficient(
        key=f"brennan_prediger_{weights}",
        title=f"Brennan-Prediger, {weights} weights",
        definition=f"Brennan-Prediger with {weights} credit for close answers.",
        formula=f"(pa - pe) / (1 - pe), pe = (sum W) / q^2, {_WEIGHTED[weights]}",
        source="Gwet (2014), Handbook of Inter-Rater Reliability",
        needs=Needs.ORDER,
        weights=weights,
        on_counts=partial(brennan_prediger, weights=weights),
    )


_ROWS = (
    Coefficient(
        key="percent",
        title="Percent agreement",
        definition="Share of pairs of ratings of the same unit that are the same.",
        formula="pa = mean_i sum_k r_ik (r_ik - 1) / (r_i (r_i - 1))",
        source="Fleiss (1971), Psychological Bulletin 76",
        proportion=True,
        chance_corrected=False,
        on_counts=partial(percent, weights="identity"),
        on_numbers=percent_of_numbers,
    ),
    Coefficient(
        key="cohen",
        title="Cohen's kappa",
        definition="Agreement of two raters beyond what their own habits would give by chance; the mean over pairs of"
        " raters where there are more than two.",
        formula="(po - pe) / (1 - pe), pe = sum_k p_k. p_.k",
        source="Cohen (1960), Educational and Psychological Measurement 20; mean of pairs: Light (1971)",
        needs_identities=True,
        on_pairs=cohen,
    ),
    Coefficient(
        key="scott",
        title="Scott's pi",
        definition="Agreement of two raters beyond what their pooled habits would give by chance.",
        formula="(pa - pe) / (1 - pe), pe = sum_k pi_k^2",
        source="Scott (1955), Public Opinion Quarterly 19",
        two_raters=True,
        on_counts=partial(scott, weights="identity"),
    ),
    Coefficient(
        key="fleiss",
        title="Fleiss' kappa",
        definition="Agreement of any number of raters beyond what the pooled use of the options would give by chance.",
        formula="(pa - pe) / (1 - pe), pe = sum_k pi_k^2",
        source="Fleiss (1971), Psychological Bulletin 76; missing ratings as in Gwet (2014)",
        on_counts=partial(fleiss, weights="identity"),
    ),
    Coefficient(
        key="ac1",
        title="Gwet's AC1",
        definition="Agreement beyond chance where only hard units are guessed; steady when one option is very common.",
        formula="(pa - pe) / (1 - pe), pe = sum_k pi_k (1 - pi_k) / (q - 1)",
        source="Gwet (2008), British Journal of Mathematical and Statistical Psychology 61",
        on_counts=partial(gwet, weights="identity"),
    ),
    Coefficient(
        key="brennan_prediger",
        title="Brennan-Prediger",
        definition="Agreement beyond what blind picking among all options would give (two options: PABAK).",
        formula="(pa - pe) / (1 - pe), pe = 1 / q",
        source="Brennan and Prediger (1981), Educational and Psychological Measurement 41",
        on_counts=partial(brennan_prediger, weights="identity"),
    ),
    Coefficient(
        key="alpha_nominal",
        title="Krippendorff's alpha, nominal",
        definition="1 minus observed over expected disagreement, every two different answers equally different.",
        formula="1 - (n - 1) sum_ck o_ck d2_ck / sum_ck n_c n_k d2_ck, d2 = 1 for c != k",
        source="Krippendorff (2011), Computing Krippendorff's Alpha-Reliability",
        on_counts=partial(alpha, distances="nominal"),
    ),
    Coefficient(
        key="alpha_ordinal",
        title="Krippendorff's alpha, ordinal",
        definition="1 minus observed over expected disagreement, answers as different as the ranks between them.",
        formula="1 - (n - 1) sum o_ck d2_ck / sum n_c n_k d2_ck, d_ck = n_c/2 + n_{c+1} + ... + n_k/2",
        source="Krippendorff (2011), Computing Krippendorff's Alpha-Reliability",
        needs=Needs.ORDER,
        on_counts=alpha_ordinal,
    ),
    Coefficient(
        key="alpha_interval",
        title="Krippendorff's alpha, interval",
        definition="1 minus observed over expected disagreement, answers as different as their distance squared.",
        formula="1 - (n - 1) sum o_ck d2_ck / sum n_c n_k d2_ck, d2 = (c - k)^2",
        source="Krippendorff (2011), Computing Krippendorff's Alpha-Reliability",
        needs=Needs.ORDER,
        on_counts=partial(alpha, distances="interval"),
        on_numbers=alpha_interval_of_numbers,
    ),
    Coefficient(
        key="alpha_ratio",
        title="Krippendorff's alpha, ratio",
        definition="1 minus observed over expected disagreement, answers as different as their distance relative to"
        " their size.",
        formula="1 - (n - 1) sum o_ck d2_ck / sum n_c n_k d2_ck, d2 = ((c - k) / (c + k))^2",
        source="Krippendorff (2011), Computing Krippendorff's Alpha-Reliability",
        needs=Needs.NUMBERS,
        on_counts=partial(alpha, distances="ratio"),
    ),
    *(
        row(weights)
        for row in (_percent_row, _cohen_row, _fleiss_row, _gwet_row, _brennan_prediger_row)
        for weights in ("linear", "quadratic")
    ),
)

COEFFICIENTS: dict[str, Coefficient] = {row.key: row for row in _ROWS}
"""Every agreement coefficient by its key."""


def alpha_key(level: AlphaLevel) -> str:
    """Key of Krippendorff's alpha at a level of measurement."""
    return f"alpha_{level}"
