"""The current rating of every rater and unit, computed here and nowhere else.

Person: the newest row of repetition 0 in the asked phase that nothing supersedes. Judge: both orders agree, else a tie
and "unstable"; an unreadable order leaves none; of repetitions the first. Withdrawn answers are no ratings.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.models.ratings import Absence, Order, Phase
from core.store.following import ABSENCES, NO_OPTION, ORDERS, PHASES, RatingLog

TIE = "tie"
"""The option key that stands for two presentation orders that disagree."""

_CELL_COLUMNS = ("subject", "question", "rater", "rating", "option", "number", "absence", "unstable")

AskedPhase = Literal["blind", "exposed", "revised", "latest"]
"""`latest`: the revised answer where there is one, else the blind or exposed one."""


@dataclass(frozen=True, slots=True)
class CurrentRatings:
    """One row per rater and unit that has a rating in force.

    Attributes:
        options: Option keys; `option` holds positions in it, -1 for none.
        subject, question, rater, rating: Keys, int64; `question` is the criterion id that stands for its lineage and
            meaning, `rating` the row that holds the value (the last one, where several were reduced).
        option, number: The value: one of them, or neither where `absence` says why.
        absence: Position in `following.ABSENCES`, 0 where there is a value.
        unstable: Whether two presentation orders gave different answers.
    """

    options: tuple[str, ...]
    subject: NDArray[np.int64]
    question: NDArray[np.int64]
    rater: NDArray[np.int64]
    rating: NDArray[np.int64]
    option: NDArray[np.int16]
    number: NDArray[np.float64]
    absence: NDArray[np.int8]
    unstable: NDArray[np.bool_]

    def __len__(self) -> int:
        """How many rater-unit cells are filled."""
        return len(self.subject)

    def where(self, kept: NDArray[np.bool_]) -> "CurrentRatings":
        """Only the cells marked true."""
        columns = (getattr(self, name)[kept] for name in _CELL_COLUMNS)
        return CurrentRatings(self.options, *columns)


def current_ratings(
    log: RatingLog,
    *,
    questions: Mapping[int, int],
    ties: Collection[int],
    phase: AskedPhase = "blind",
    raters: NDArray[np.int64] | None = None,
    subjects: NDArray[np.int64] | None = None,
) -> CurrentRatings:
    """The ratings in force.

    Args:
        log: Every rating of the study.
        questions: Criterion id -> the id that stands for its lineage and meaning; others are left out.
        ties: Questions (as `questions` names them) whose scale has the option "tie": two orders that differ give it.
        phase: The asked phase; rows of judges and sources are blind by nature.
        raters: Only these, where given.
        subjects: Only these, where given.
    """
    wanted = log.standing & (log.repetition == 0) & np.isin(log.criterion, np.array(list(questions), np.int64))
    if raters is not None:
        wanted &= np.isin(log.rater, raters)
    if subjects is not None:
        wanted &= np.isin(log.subject, subjects)
    if phase != "latest":
        wanted &= log.phase == PHASES.index(phase)
    rows = np.flatnonzero(wanted)
    question = _mapped(log.criterion[rows], questions)
    later = (log.phase[rows] == PHASES.index(Phase.REVISED.value)).astype(np.int8)
    sequence = np.lexsort((log.id[rows], later, log.rater[rows], question, log.subject[rows]))
    rows, question = rows[sequence], question[sequence]
    return _reduced(log, rows, question, ties)


def _reduced(
    log: RatingLog, rows: NDArray[np.int64], question: NDArray[np.int64], ties: Collection[int]
) -> CurrentRatings:
    subject, rater = log.subject[rows], log.rater[rows]
    last = np.ones(len(rows), np.bool_)
    if len(rows):
        last[:-1] = (subject[1:] != subject[:-1]) | (question[1:] != question[:-1]) | (rater[1:] != rater[:-1])
    group = np.cumsum(np.concatenate([[False], last[:-1]])) if len(rows) else np.empty(0, np.int64)
    ends = np.flatnonzero(last)
    option, number, absence = log.option[rows[ends]], log.number[rows[ends]], log.absence[rows[ends]]
    unstable = np.zeros(len(ends), np.bool_)
    if ties and TIE not in log.options:
        log.options.append(TIE)  # for good: codes of ratings held elsewhere must not move when new options come
    has_tie = np.isin(question[ends], np.array(sorted(ties), np.int64))
    tie = np.where(has_tie, log.options.index(TIE) if ties else NO_OPTION, NO_OPTION).astype(np.int16)
    _reduce_orders(log, rows, group, tie, option, number, absence, unstable)
    found = CurrentRatings(
        options=tuple(log.options),
        subject=subject[ends],
        question=question[ends],
        rater=rater[ends],
        rating=log.id[rows[ends]],
        option=option,
        number=number,
        absence=absence,
        unstable=unstable,
    )
    return found.where(absence != ABSENCES.index(Absence.WITHDRAWN.value))


def _reduce_orders(
    log: RatingLog, rows: NDArray[np.int64], group: NDArray[np.int64], tie: NDArray[np.int16],
    option: NDArray[np.int16], number: NDArray[np.float64], absence: NDArray[np.int8], unstable: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Where a rater answered in both orders: same value, else a tie where the scale has one, else none."""
    last_in = {order.value: _last_row_in(log, rows, group, len(tie), order) for order in Order}
    both = np.flatnonzero((last_in["AB"] >= 0) & (last_in["BA"] >= 0))
    if not len(both):
        return
    first, second = rows[last_in["AB"][both]], rows[last_in["BA"][both]]
    missing = np.maximum(log.absence[first], log.absence[second])
    differ = (missing == 0) & (
        (log.option[first] != log.option[second]) | ~_same(log.number[first], log.number[second])
    )
    option[both] = np.where(missing > 0, NO_OPTION, np.where(differ, tie[both], log.option[first])).astype(np.int16)
    number[both] = np.where((missing > 0) | differ, np.nan, log.number[first])
    no_tie = differ & (option[both] == NO_OPTION)
    absence[both] = np.where(no_tie, ABSENCES.index(Absence.UNREADABLE.value), missing).astype(np.int8)
    unstable[both] = differ


def _last_row_in(
    log: RatingLog, rows: NDArray[np.int64], group: NDArray[np.int64], groups: int, order: Order
) -> NDArray[np.int64]:
    found = np.full(groups, -1, np.int64)
    here = np.flatnonzero(log.order[rows] == ORDERS.index(order.value))
    found[group[here]] = here
    return found


def _same(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (left == right) | (np.isnan(left) & np.isnan(right))
    return same


def _mapped(criterion: NDArray[np.int64], questions: Mapping[int, int]) -> NDArray[np.int64]:
    known = np.array(sorted(questions), np.int64)
    stands = np.array([questions[found] for found in sorted(questions)], np.int64)
    return stands[np.searchsorted(known, criterion)] if len(known) else criterion
