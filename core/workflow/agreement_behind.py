"""Which units are behind a number, those where raters differ most first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.scales import DeclaredScale, ScaleKind
from core.stats.arrays import BoolArray, FloatArray
from core.workflow.agreement_answers import answers_of, peoples_answer, shown_rows
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_view import AgreementView


@dataclass(frozen=True, slots=True)
class Behind:
    """A cell whose units are wanted.

    Attributes:
        first, second: Two raters: units that both rated. The first alone: units it rated. None: units on which the
            chosen raters split.
        answers: Option keys of the first and the second: only units they answered so.
        majority: With the first alone: units that other people rated too; first those where it differs from what most
            of them chose, those they agree on most before others; last those where they tie.
        slice: Key and name of a slice: only units in it.
        unit: Subject and criterion of a single unit, whatever else is said; the criterion 0 for any.
    """

    first: int | None = None
    second: int | None = None
    answers: tuple[str, str] | None = None
    majority: bool = False
    slice: tuple[str, str] | None = None
    unit: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class CountBehind:
    """How many units are behind a cell.

    Attributes:
        total: Units.
        apart: Those where the raters differ: the two, the one from the majority, any of all.
        tied: Those where other people tie, so that there is no majority to differ from.
    """

    total: int
    apart: int
    tied: int = 0


def units_behind(live: LiveAgreement, view: AgreementView, cell: Behind) -> NDArray[np.int64]:
    """Positions of the units behind a cell, those where raters differ most first.

    A slice that does not exist holds no unit.
    """
    if cell.unit is not None:
        return _single(view, cell.unit)
    units = _ordered_units(view, cell)
    return units if cell.slice is None else units[_inside(live, view, cell.slice)[units]]


def count_behind(live: LiveAgreement, view: AgreementView, cell: Behind) -> CountBehind:
    """How many units are behind a cell, and on how many of them the raters differ."""
    units = units_behind(live, view, cell)
    if cell.first is None or cell.unit is not None:
        return CountBehind(len(units), int(np.sum(view.splits[units] > 0)))
    first = answers_of(view, cell.first)
    if cell.second is not None:
        return CountBehind(len(units), int(np.sum((first != answers_of(view, cell.second))[units])))
    if cell.majority:
        others = peoples_answer(view, without=cell.first)
        apart = (first != others.value) & ~others.tied
        return CountBehind(len(units), int(apart[units].sum()), int(others.tied[units].sum()))
    return CountBehind(len(units), int(np.sum(view.splits[units] > 0)))


def has_slice(live: LiveAgreement, view: AgreementView, named: tuple[str, str]) -> bool:
    """Whether a slice of this key and name exists in a view."""
    known = {key.key: key.names for key in live.slice_keys(view)}
    return named[1] in known.get(named[0], ())


def most_split_first(view: AgreementView) -> NDArray[np.int64]:
    """Positions of the units on which the chosen raters split, the most split first."""
    split = np.where(np.isnan(view.splits), -1.0, view.splits)
    order = np.argsort(-split, kind="stable")
    return order[split[order] > 0].astype(np.int64)


def _ordered_units(view: AgreementView, cell: Behind) -> NDArray[np.int64]:
    if cell.first is None:
        return most_split_first(view)
    if cell.second is not None:
        return _both(view, cell.first, cell.second, cell.answers)
    return _against_majority(view, cell.first) if cell.majority else _rated(view, cell.first)


def _both(view: AgreementView, a: int, b: int, answers: tuple[str, str] | None) -> NDArray[np.int64]:
    """Units that both rated, the farther apart the earlier."""
    first, second = answers_of(view, a), answers_of(view, b)
    shared = ~np.isnan(first) & ~np.isnan(second)
    if answers is not None:
        scale = view.question.scale
        shared &= (first == scale.code(answers[0])) & (second == scale.code(answers[1]))
    units = np.flatnonzero(shared)
    return _largest_first(units, _apart(view.question.scale, first, second)[units])


def _against_majority(view: AgreementView, rater: int) -> NDArray[np.int64]:
    """Units of one rater that other people rated: differing, then alike, then those where the others tie."""
    first, others = answers_of(view, rater), peoples_answer(view, without=rater)
    units = np.flatnonzero(~np.isnan(first) & (others.n > 0))
    if view.question.scale.is_numeric:
        return _largest_first(units, np.abs(first - others.value)[units])
    differs = (first != others.value) & ~others.tied
    rank = np.where(others.tied, -1.0, np.where(differs, 1.0 + others.share, 0.0))
    return _largest_first(units, rank[units])


def _rated(view: AgreementView, rater: int) -> NDArray[np.int64]:
    units = np.sort(view.cells.unit[shown_rows(view, [rater])])
    return _largest_first(units, np.nan_to_num(view.splits, nan=-1.0)[units])


def _single(view: AgreementView, unit: tuple[int, int]) -> NDArray[np.int64]:
    """The unit of a subject and a standing criterion; nothing where the view does not have it."""
    subject, criterion = unit
    here = view.cells.subject == subject
    if criterion:  # an earlier version of the question names the same unit
        here &= view.cells.standing == view.question.criteria.get(criterion, criterion)
    return np.flatnonzero(here)[:1].astype(np.int64)


def _inside(live: LiveAgreement, view: AgreementView, named: tuple[str, str]) -> BoolArray:
    """Which units are in a slice."""
    if not has_slice(live, view, named):
        return np.zeros(view.cells.n_units, np.bool_)
    slices = live.slice_of(view, named[0])
    inside: BoolArray = slices.codes == slices.names.index(named[1])
    return inside


def _apart(scale: DeclaredScale, first: FloatArray, second: FloatArray) -> FloatArray:
    """How far answers are from each other: in steps where the scale has an order, else 0 or 1."""
    if scale.kind in (ScaleKind.ORDINAL, ScaleKind.INTERVAL, ScaleKind.RATIO):
        return np.asarray(np.abs(first - second), np.float64)
    return np.asarray(first != second, np.float64)


def _largest_first(units: NDArray[np.int64], rank: FloatArray) -> NDArray[np.int64]:
    return units[np.argsort(-rank, kind="stable")].astype(np.int64)
