"""The ratings in force of one question, brought up to date where new rows touch it."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.store.current import CELL_COLUMNS, TIE, AskedPhase, CurrentRatings
from core.store.following import RatingLog
from core.store.juries import Reductions, ratings_in_force
from core.store.questions import RaterRow
from core.workflow.agreement_questions import Question
from core.workflow.agreement_tables import PEOPLE


def in_force(
    log: RatingLog, question: Question, phase: AskedPhase, raters: Iterable[RaterRow], reductions: Reductions,
    subjects: NDArray[np.int64] | None = None,
) -> CurrentRatings:  # fmt: skip
    """The ratings in force; whoever is not a person answers once, blind, and stands beside every phase.

    Args:
        log: Every rating of the study.
        question: What was asked.
        phase: Which answers of people.
        raters: All raters of the study.
        reductions: How the verdicts of its judges are reduced.
        subjects: Only these, where given.
    """
    standing = set(question.criteria.values())
    ties = standing if TIE in question.scale.keys else set()
    numeric = standing if question.scale.is_numeric else set()

    def given(phase: AskedPhase, raters: NDArray[np.int64] | None) -> CurrentRatings:
        return ratings_in_force(
            log, reductions, questions=question.criteria, ties=ties, numeric=numeric, phase=phase, raters=raters,
            subjects=subjects,
        )  # fmt: skip

    if phase in ("blind", "latest"):
        return given(phase, None)
    ids = {row.id: row.kind in PEOPLE for row in raters}
    people = np.array([found for found, person in ids.items() if person], np.int64)
    others = np.array([found for found, person in ids.items() if not person], np.int64)
    return _joined(given(phase, people), given("blind", others))


def replaced(old: CurrentRatings, fresh: CurrentRatings, subjects: NDArray[np.int64]) -> CurrentRatings:
    """The old ratings with those of some subjects taken anew; both rise by subject and question, and so does this."""
    kept = ~np.isin(old.subject, subjects)
    left = {name: getattr(old, name)[kept] for name in CELL_COLUMNS}
    place = np.searchsorted(left["subject"], fresh.subject)
    columns = {name: np.insert(left[name], place, getattr(fresh, name)) for name in CELL_COLUMNS}
    return CurrentRatings(options=fresh.options, **columns)


def _joined(first: CurrentRatings, second: CurrentRatings) -> CurrentRatings:
    columns = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in CELL_COLUMNS}
    order = np.lexsort((columns["rater"], columns["question"], columns["subject"]))
    return CurrentRatings(options=second.options, **{name: column[order] for name, column in columns.items()})


_FEW_SUBJECTS = 5_000
_KEPT_QUESTIONS = 6


@dataclass(frozen=True, slots=True)
class _Held:
    """Ratings in force, and how many rows of the log they are made of."""

    current: CurrentRatings
    seen: int


class InForce:
    """The ratings in force of the questions asked for last, brought up to date as the log grows.

    Args:
        log: Every rating of the study, followed elsewhere.
    """

    def __init__(self, log: RatingLog) -> None:
        self._log = log
        self._held: OrderedDict[tuple[str, AskedPhase], _Held] = OrderedDict()

    def of(
        self, question: Question, phase: AskedPhase, raters: Iterable[RaterRow], reductions: Reductions
    ) -> CurrentRatings:
        """The ratings in force; of those already known only the units that new rows touch are looked at again."""
        key, seen, raters = (question.key, phase), len(self._log), list(raters)
        held = self._held.get(key)
        if held is None:
            current = in_force(self._log, question, phase, raters, reductions)
        else:
            asked = np.isin(self._log.criterion[held.seen :], np.array(list(question.criteria), np.int64))
            touched = np.unique(self._log.subject[held.seen :][asked])
            if len(touched) > _FEW_SUBJECTS:
                current = in_force(self._log, question, phase, raters, reductions)
            elif len(touched):
                fresh = in_force(self._log, question, phase, raters, reductions, touched)
                current = replaced(held.current, fresh, touched)
            else:
                current = held.current
        self._held[key] = _Held(current, seen)
        self._held.move_to_end(key)
        while len(self._held) > _KEPT_QUESTIONS:
            self._held.popitem(last=False)
        return current

    def forget(self) -> None:
        """Look at everything again: the questions, or what judges are made of, changed."""
        self._held.clear()
