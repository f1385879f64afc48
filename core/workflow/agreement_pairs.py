"""Pairs of raters on the agreement page: who stands in the matrix, and by which coefficient."""

from collections.abc import Sequence

import numpy as np

from core.stats.coefficients import alpha_key
from core.stats.pair_matrix import PairMatrix, pair_matrix, reason_for_no_matrix
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_view import AgreementView

FEW_UNITS = 20
"""Pairs that share fewer units are greyed: their number says little."""

_OFFERED = ("percent", "cohen", "cohen_linear", "cohen_quadratic", "scott", "ac1", "ac2_quadratic", "brennan_prediger")
_ORDERED = ("spearman", "kendall_tau_b", "pearson")


def pair_raters(view: AgreementView) -> tuple[RaterLine, ...]:
    """The named raters, in the order of rows and columns."""
    by_id = {line.id: line for line in view.raters}
    return tuple(by_id[int(found)] for found in view.table.rater_ids)


def pair_measures(view: AgreementView) -> tuple[str, ...]:
    """Keys of the coefficients of pairs that the scale allows, the default first."""
    alpha = alpha_key(view.question.scale.alpha_level)
    known = [key for key in (*_OFFERED, alpha, *_ORDERED) if reason_for_no_matrix(view.table, key) is None]
    default = alpha if view.question.scale.is_numeric else view.coefficient
    return tuple(sorted(known, key=lambda key: key != default))


def pairs_by(live: LiveAgreement, view: AgreementView, measure: str) -> PairMatrix:
    """Every pair of named raters by one coefficient."""
    if measure == view.pairs.coefficient:
        return view.pairs
    return live.remembered(view, ("pairs", measure), lambda: pair_matrix(view.table, coefficient=measure))


FEW_DRAWN = 10
"""Raters drawn of a crowd unless others are wished for."""


def drawn_raters(view: AgreementView, wanted: Sequence[int], most: int) -> tuple[int, ...]:
    """Positions of the raters to draw: all, those wanted, or of a crowd the judges and then whoever rated most.

    Args:
        view: The agreement.
        wanted: Rater ids; empty for no wish.
        most: How many can be read; more are a crowd.
    """
    lines = pair_raters(view)
    if len(lines) <= most and not wanted:
        return tuple(range(len(lines)))
    chosen = [place for place, line in enumerate(lines) if line.id in set(wanted)]
    if len(chosen) < 2:
        ratings = np.array([line.n for line in lines])
        judges = np.array([line.is_judge for line in lines])
        chosen = sorted(np.lexsort((-ratings, ~judges))[: min(most, FEW_DRAWN)].tolist())
    return tuple(chosen[:most])
