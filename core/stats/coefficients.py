"""The agreement coefficients: one row of `COEFFICIENTS` each, over one function in `core.stats.formulas`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

from core.scales import AlphaLevel
from core.stats.arrays import FloatArray
from core.stats.formulas import (
    alpha,
    alpha_interval_of_numbers,
    alpha_ordinal,
    brennan_prediger,
    cohen,
    fleiss,
    gwet,
    percent,
    percent_of_numbers,
    scott,
)
from core.stats.icc import CompleteSums, icc
from core.stats.moments import CountSums, NumberSums
from core.stats.ratings import RatingTable
from core.stats.ratio_alpha import alpha_ratio_of_numbers
from core.stats.resampling import Replicates


class Needs(StrEnum):
    """What a coefficient asks of the scale."""

    OPTIONS = "options"
    ORDER = "order"
    NUMBERS = "numbers"
    RATIOS = "ratios"


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
        on_complete: The function of units that every rater rated, on options and free numbers alike; None where it has
            none.
        on_every_number: Replicates from all free numbers at once, where sums of moments do not do; it returns None
            for too many different numbers. None where it has none.
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
    on_complete: Callable[[CompleteSums], FloatArray] | None = None
    on_every_number: Callable[[RatingTable, np.random.Generator, int], Replicates | None] | None = None


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


_ICC_RATERS = {
    1: ("every unit has raters of its own", "(MSR - MSW) / (MSR + (k - 1) MSW)", "(MSR - MSW) / MSR"),
    2: (
        "the raters are a sample of all who might rate, so habits of a rater count as error",
        "(MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n)",
        "(MSR - MSE) / (MSR + (MSC - MSE) / n)",
    ),
    3: ("only these raters matter, so habits of a rater do not count", "(MSR - MSE) / (MSR + (k - 1) MSE)",
        "(MSR - MSE) / MSR"),
}  # fmt: skip


def _icc_row(model: int, *, average: bool) -> Coefficient:
    raters, single, mean = _ICC_RATERS[model]
    return Coefficient(
        key=f"icc_{model}_{'k' if average else '1'}",
        title=f"ICC({model},{'k' if average else '1'})",
        definition=f"Share of the variance of {'the mean of all ratings of a unit' if average else 'single ratings'}"
        f" that lies between units; {raters}. Units that every rater rated only.",
        formula=f"{mean if average else single}, mean squares of units R, raters C, within W, error E",
        source="Shrout and Fleiss (1979), Psychological Bulletin 86",
        needs=Needs.NUMBERS,
        needs_identities=model > 1,
        on_complete=partial(icc, model=model, average=average),
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
        needs=Needs.RATIOS,
        on_counts=partial(alpha, distances="ratio"),
        on_every_number=alpha_ratio_of_numbers,
    ),
    *(
        row(weights)
        for row in (_percent_row, _cohen_row, _fleiss_row, _gwet_row, _brennan_prediger_row)
        for weights in ("linear", "quadratic")
    ),
    *(_icc_row(model, average=average) for average in (False, True) for model in (1, 2, 3)),
)

COEFFICIENTS: dict[str, Coefficient] = {row.key: row for row in _ROWS}
"""Every agreement coefficient by its key."""


def alpha_key(level: AlphaLevel) -> str:
    """Key of Krippendorff's alpha at a level of measurement."""
    return f"alpha_{level}"
