"""The current rating of every rater and unit, computed here and nowhere else.

Person: the newest row of repetition 0 in the asked phase that nothing supersedes. Judge: in every repetition both
orders agree, else a tie and "unstable", and an unreadable order leaves none; then repetitions by the rule in its
identity. Juries are computed from these (`core.store.juries`). Withdrawn answers are no ratings.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.models.ratings import Absence, Order, Phase
from core.store.following import ABSENCES, NO_OPTION, ORDERS, PHASES, RatingLog
from core.store.votes import Votes, counted

TIE = "tie"
"""The option key that stands for two presentation orders that disagree."""

CELL_COLUMNS = (
    "subject", "question", "rater", "rating", "option", "number", "absence", "unstable", "confidence",
)  # fmt: skip
"""The columns of `CurrentRatings`."""

AskedPhase = Literal["blind", "exposed", "revised", "latest"]
"""`latest`: the revised answer where there is one, else the blind or exposed one."""

MAJORITY, MEAN = "majority", "mean"
"""Repetition rules that look at all repetitions; whoever has neither is known by repetition 0 alone."""


@dataclass(frozen=True, slots=True)
class CurrentRatings:
    """One row per rater and unit that has a rating in force, by rising subject, question and rater.

    Attributes:
        options: Option keys; `option` holds positions in it, -1 for none.
        subject, question, rater, rating: Keys, int64; `question` is the criterion id that stands for its lineage and
            meaning, `rating` the row that holds the value (where several were reduced, one of them).
        option, number: The value: one of them, or neither where `absence` says why.
        absence: Position in `following.ABSENCES`, 0 where there is a value.
        unstable: Whether the value comes of two presentation orders that gave different answers, or values tie among
            repetitions or members of a jury.
        confidence: Share in [0, 1], NaN for none: where repetitions voted the share of those with an answer that gave
            the value, else what came with the row (with two orders that agree: their mean).
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
    confidence: NDArray[np.float64]

    def __len__(self) -> int:
        """How many rater-unit cells are filled."""
        return len(self.subject)

    def where(self, kept: NDArray[np.bool_]) -> "CurrentRatings":
        """Only the cells marked true."""
        if kept.all():
            return self
        return self.at(np.flatnonzero(kept))

    def at(self, rows: NDArray[np.int64]) -> "CurrentRatings":
        """Only the cells at these places, in this order."""
        return CurrentRatings(self.options, *(getattr(self, name)[rows] for name in CELL_COLUMNS))


def current_ratings(
    log: RatingLog,
    *,
    questions: Mapping[int, int],
    ties: Collection[int],
    phase: AskedPhase = "blind",
    raters: NDArray[np.int64] | None = None,
    subjects: NDArray[np.int64] | None = None,
    rules: Mapping[int, str] | None = None,
) -> CurrentRatings:
    """The ratings in force of everybody who is no jury.

    Args:
        log: Every rating of the study.
        questions: Criterion id -> the id that stands for its lineage and meaning; others are left out.
        ties: Questions (as `questions` names them) whose scale has the option "tie": two orders that differ give it.
        phase: The asked phase; rows of judges and sources are blind by nature.
        raters: Only these, where given.
        subjects: Only these, where given.
        rules: Rater id -> how its repetitions are reduced: "first" (as for everybody not named), "majority" (the most
            frequent value; values that tie are the scale's tie, else none: abstained) or "mean" (of numbers; of
            options, which have none, the majority). Repetitions without a value are left out.
    """
    repeating = np.array([rater for rater, rule in (rules or {}).items() if rule in (MAJORITY, MEAN)], np.int64)
    first = log.repetition == 0
    if len(repeating):
        first |= np.isin(log.rater, repeating)
    wanted = log.standing & first & np.isin(log.criterion, np.array(list(questions), np.int64))
    if raters is not None:
        wanted &= np.isin(log.rater, raters)
    if subjects is not None:
        wanted &= np.isin(log.subject, subjects)
    if phase != "latest":
        wanted &= log.phase == PHASES.index(phase)
    rows = np.flatnonzero(wanted)
    rows, question, begins = _sequence(
        log, rows, _mapped(log.criterion[rows], questions), has_repeats=len(repeating) > 0
    )
    if ties and TIE not in log.options:
        log.options.append(TIE)  # for good: codes of ratings held elsewhere must not move when new options come
    answers = _reduced(log, rows, question, begins, ties)
    return _over_repetitions(answers, rules or {}, ties) if len(repeating) else answers


def _sequence(
    log: RatingLog, rows: NDArray[np.int64], question: NDArray[np.int64], *, has_repeats: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Rows by unit, rater, repetition, and the newest last; their questions; and where an answer begins."""
    keys: list[NDArray[Any]] = [question, log.subject[rows]]
    if len(rows) and (question == question[0]).all():
        keys = keys[1:]
    keys = [log.rater[rows], *keys]
    if has_repeats:
        keys = [log.repetition[rows], *keys]
    later = log.phase[rows] == PHASES.index(Phase.REVISED.value)
    newest = [later] if later.any() else []
    if (np.diff(log.id[rows]) < 0).any():
        newest = [log.id[rows], *newest]
    # A key that changes nothing is left out: each costs a tenth of a second for a million ratings.
    sequence = np.lexsort((*newest, *keys))
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = False
    for column in keys:
        ordered = column[sequence]
        begins[1:] |= ordered[1:] != ordered[:-1]
    return rows[sequence], question[sequence], begins


def _reduced(
    log: RatingLog, rows: NDArray[np.int64], question: NDArray[np.int64], begins: NDArray[np.bool_],
    ties: Collection[int],
) -> CurrentRatings:  # fmt: skip
    """One answer for every stretch of rows that begins where `begins` says."""
    last = np.flatnonzero(np.append(begins[1:], True)) if len(rows) else np.empty(0, np.int64)
    ends = rows[last]
    answers = CurrentRatings(
        options=tuple(log.options),
        subject=log.subject[ends],
        question=question[last],
        rater=log.rater[ends],
        rating=log.id[ends],
        option=log.option[ends],
        number=log.number[ends],
        absence=log.absence[ends],
        unstable=np.zeros(len(ends), np.bool_),
        confidence=log.confidence[ends],
    )
    if log.order[rows].any():
        _reduce_orders(log, rows, np.cumsum(begins) - 1, answers, tie_codes(answers, ties))
    return answers.where(answers.absence != ABSENCES.index(Absence.WITHDRAWN.value))


def tie_codes(found: CurrentRatings, ties: Collection[int]) -> NDArray[np.int16]:
    """The option that stands for answers that differ, for every cell; `NO_OPTION` where the scale has none."""
    if not ties:
        return np.full(len(found), NO_OPTION, np.int16)
    has_tie = np.isin(found.question, np.array(sorted(ties), np.int64))
    return np.where(has_tie, found.options.index(TIE), NO_OPTION).astype(np.int16)


def _reduce_orders(
    log: RatingLog, rows: NDArray[np.int64], group: NDArray[np.int64], answers: CurrentRatings, tie: NDArray[np.int16]
) -> None:
    """Where a rater answered in both orders: same value, else a tie where the scale has one, else none."""
    last_in = {order.value: _last_row_in(log, rows, group, len(answers), order) for order in Order}
    both = np.flatnonzero((last_in["AB"] >= 0) & (last_in["BA"] >= 0))
    if not len(both):
        return
    first, second = rows[last_in["AB"][both]], rows[last_in["BA"][both]]
    missing = np.maximum(log.absence[first], log.absence[second])
    differ = (missing == 0) & (
        (log.option[first] != log.option[second]) | ~_same(log.number[first], log.number[second])
    )
    option = np.where(missing > 0, NO_OPTION, np.where(differ, tie[both], log.option[first])).astype(np.int16)
    no_tie = differ & (option == NO_OPTION)
    answers.option[both] = option
    answers.number[both] = np.where((missing > 0) | differ, np.nan, log.number[first])
    answers.absence[both] = np.where(no_tie, ABSENCES.index(Absence.UNREADABLE.value), missing).astype(np.int8)
    answers.unstable[both] = differ
    if not np.isnan(answers.confidence[both]).all():
        sure = (log.confidence[first] + log.confidence[second]) / 2  # none where either has none
        answers.confidence[both] = np.where((missing > 0) | differ, np.nan, sure)


def _over_repetitions(answers: CurrentRatings, rules: Mapping[int, str], ties: Collection[int]) -> CurrentRatings:
    """One answer a unit and rater of those in its repetitions, by the rater's rule."""
    if not len(answers):
        return answers
    begins = np.ones(len(answers), np.bool_)
    begins[1:] = False
    for column in (answers.subject, answers.question, answers.rater):
        begins[1:] |= column[1:] != column[:-1]
    last = np.append(begins[1:], True)
    group = np.cumsum(begins) - 1
    votes = Votes(
        group, int(group[-1]) + 1, answers.option, answers.number, np.ones(len(answers)), answers.unstable
    )  # fmt: skip
    found, result = counted(votes), answers.where(last)
    by_mean = np.isin(result.rater, [rater for rater, rule in rules.items() if rule == MEAN]) & ~np.isnan(found.mean)
    voted, row = found.answered > 1, np.maximum(found.row, 0)
    tied = found.tied & ~by_mean
    option = np.where(tied, np.where(answers.option[row] >= 0, tie_codes(result, ties), NO_OPTION), answers.option[row])
    number = np.where(by_mean, found.mean, np.where(tied, np.nan, answers.number[row]))
    nothing = tied & (option == NO_OPTION)
    own = answers.confidence[row]
    changed: dict[str, Any] = {
        "rating": answers.rating[row],
        "option": option.astype(np.int16),
        "number": number,
        "absence": np.where(nothing, ABSENCES.index(Absence.ABSTAINED.value), 0).astype(np.int8),
        "unstable": np.where(by_mean, found.any_unstable, found.unstable),
        "confidence": np.where(by_mean | ~voted, own, found.share),
    }
    # Where no repetition has a value, the last one says why.
    columns = {name: np.where(found.answered > 0, column, getattr(result, name)) for name, column in changed.items()}
    return replace(result, **columns)


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
