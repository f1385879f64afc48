"""What raters answered on every unit of a view, and what most people answered."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.stats.arrays import BoolArray, FloatArray, IntArray
from core.workflow.agreement_view import AgreementView


@dataclass(frozen=True, slots=True, eq=False)
class PeoplesAnswer:
    """What most of some people answered, for each unit.

    Attributes:
        value: Code of the most frequent answer, the mean of free numbers; NaN where nobody answered or answers tie.
        share: Share of their ratings on the most frequent answer; on free numbers 1; NaN where nobody answered.
        n: Their ratings.
        tied: Whether the most frequent answers tie, so that there is no majority.
    """

    value: FloatArray
    share: FloatArray
    n: IntArray
    tied: BoolArray


def shown_rows(view: AgreementView, rater_ids: Collection[int] | None = None) -> NDArray[np.int64]:
    """Rows of the view's cells that hold a value of one of the raters; of the chosen raters where None."""
    wanted = {line.id for line in view.raters} if rater_ids is None else set(rater_ids)
    known = np.array([row.id in wanted for row in view.cells.raters], np.bool_)
    if known.all():
        return np.flatnonzero(view.cells.present)
    return np.flatnonzero(known[view.cells.rater] & view.cells.present)


def answers_of(view: AgreementView, rater_id: int) -> FloatArray:
    """The value of one rater on every unit, NaN where there is none."""
    rows = shown_rows(view, [rater_id])
    answers = np.full(view.cells.n_units, np.nan)
    answers[view.cells.unit[rows]] = view.cells.values[rows]
    return answers


def peoples_answer(view: AgreementView, *, without: int | None = None) -> PeoplesAnswer:
    """What most of the chosen people answered on every unit.

    Args:
        view: The agreement.
        without: A rater who is left out.
    """
    rows = shown_rows(view, [line.id for line in view.raters if line.is_person and line.id != without])
    units, values, many = view.cells.unit[rows], view.cells.values[rows], view.cells.n_units
    n = np.bincount(units, minlength=many)
    if view.question.scale.is_numeric:
        total = np.bincount(units, weights=values, minlength=many)
        value = np.where(n > 0, total / np.maximum(n, 1), np.nan)
        return PeoplesAnswer(value, np.where(n > 0, 1.0, np.nan), n, np.zeros(many, np.bool_))
    counts = answer_counts(view, rows)
    top = counts.max(axis=1, initial=0)
    tied = (np.sum(counts == top[:, None], axis=1) > 1) & (n > 0)
    value = np.where(tied | (n == 0), np.nan, counts.argmax(axis=1).astype(np.float64))
    return PeoplesAnswer(value, np.where(n > 0, top / np.maximum(n, 1), np.nan), n, tied)


def answer_counts(view: AgreementView, rows: NDArray[np.int64]) -> IntArray:
    """Units x options: how often some rows of the cells hold each option; only on a scale of options."""
    q, many = len(view.question.scale.options), view.cells.n_units
    cells = view.cells.unit[rows] * q + view.cells.values[rows].astype(np.int64)
    return np.bincount(cells, minlength=many * q).reshape(many, q)
