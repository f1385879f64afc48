"""How the verdicts of judges become ratings in force: repetitions by each judge's rule, and juries of several judges.

A jury is a rater whose cells are computed from those of its members wherever ratings in force are read; nothing of it
is ever stored, and nothing is paid for it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from core.models.judging import Judge
from core.models.ratings import Absence, Rater, RaterKind
from core.store.current import (
    CELL_COLUMNS,
    MAJORITY,
    MEAN,
    AskedPhase,
    CurrentRatings,
    current_ratings,
    tie_codes,
)
from core.store.following import ABSENCES, NO_OPTION, RatingLog
from core.store.votes import Votes, counted

JURY_PROTOCOL = "jury"
WEIGHTS = "weights"


@dataclass(frozen=True, slots=True)
class Jury:
    """Several judges as one rater.

    Attributes:
        rater: Its own rater id.
        members: Rater ids of its members, rising.
        weights: One for each member, above 0; all 1 unless the rule is "weights".
        rule: "majority" (the most frequent value), "mean" (of numbers: it says nothing on a scale of options) or
            "weights" (the value with most weight; of numbers the weighted mean).
    """

    rater: int
    members: tuple[int, ...]
    weights: tuple[float, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Reductions:
    """How the verdicts of a study's judges are reduced.

    Attributes:
        rules: Rater id -> "majority" or "mean"; of all others repetition 0 counts.
        juries: The juries with a member.
    """

    rules: Mapping[int, str] = field(default_factory=dict)
    juries: tuple[Jury, ...] = ()

    def jury(self, rater_id: int) -> Jury | None:
        """The jury that is this rater; None for everybody else."""
        return next((jury for jury in self.juries if jury.rater == rater_id), None)


def read_repetition_rules(study_id: int, *, session: Session) -> Mapping[int, str]:
    """Rater id -> "majority" or "mean", of the judges whose identity says so."""
    query = (
        select(Rater.id, Judge.repetition_rule)
        .join(Judge, col(Judge.id) == Rater.judge_id)
        .where(Rater.study_id == study_id, col(Judge.repetition_rule).in_((MAJORITY, MEAN)))
    )
    return {rater or 0: rule for rater, rule in session.exec(query)}


def read_juries(study_id: int, *, session: Session) -> tuple[Jury, ...]:
    """The juries of a study, by rater id; members that are no raters (any more), or juries themselves, are left out."""
    query = (
        select(Rater.id, Judge.parameters)
        .join(Judge, col(Judge.id) == Rater.judge_id)
        .where(Rater.study_id == study_id, Rater.kind == RaterKind.JURY.value, Judge.protocol == JURY_PROTOCOL)
        .order_by(col(Rater.id))
    )
    defined = session.exec(query).all()
    if not defined:
        return ()
    judges = select(Rater.judge_id, Rater.id).where(
        Rater.study_id == study_id, Rater.kind != RaterKind.JURY.value, col(Rater.judge_id).is_not(None)
    )
    raters = {judge or 0: rater or 0 for judge, rater in session.exec(judges)}
    found = [read_jury(rater or 0, parameters.get("options", {}), raters) for rater, parameters in defined]
    return tuple(jury for jury in found if jury.members)


def read_jury(rater_id: int, options: Mapping[str, Any], raters: Mapping[int, int]) -> Jury:
    """What a jury is made of.

    Args:
        rater_id: The jury's rater.
        options: `{"members": [judge ids], "rule": ..., "weights": [...]}`, as its identity holds them.
        raters: Judge id -> rater id of whoever can be a member.
    """
    members, rule = [int(judge) for judge in options.get("members", ())], str(options.get("rule", MAJORITY))
    weights = [float(weight) for weight in options.get("weights", ())] if rule == WEIGHTS else []
    weighed = dict(zip(members, weights, strict=True)) if weights else dict.fromkeys(members, 1.0)
    known = sorted((raters[judge], weight) for judge, weight in weighed.items() if judge in raters and weight > 0)
    return Jury(rater_id, tuple(rater for rater, _ in known), tuple(weight for _, weight in known), rule)


def read_reductions(study_id: int, *, session: Session) -> Reductions:
    """How the verdicts of a study's judges are reduced, as their identities say."""
    return Reductions(
        read_repetition_rules(study_id, session=session), read_juries(study_id, session=session)
    )  # fmt: skip


def ratings_in_force(
    log: RatingLog,
    reductions: Reductions,
    *,
    questions: Mapping[int, int],
    ties: Collection[int],
    numeric: Collection[int],
    phase: AskedPhase = "blind",
    raters: NDArray[np.int64] | None = None,
    subjects: NDArray[np.int64] | None = None,
) -> CurrentRatings:
    """The ratings in force of everybody, juries among them.

    Args:
        log: Every rating of the study.
        reductions: How verdicts are reduced.
        questions: Criterion id -> the id that stands for its lineage and meaning; others are left out.
        ties: Questions (as `questions` names them) whose scale has the option "tie".
        numeric: Questions whose scale is one of free numbers.
        phase: The asked phase; verdicts are blind by nature, so juries say nothing in "exposed" and "revised".
        raters: Only these, where given; the members of a jury need not be among them.
        subjects: Only these, where given.
    """
    juries = [
        jury
        for jury in reductions.juries
        if phase in ("blind", "latest") and (raters is None or jury.rater in raters)
    ]  # fmt: skip
    read = raters
    if raters is not None and juries:
        read = np.union1d(raters, [member for jury in juries for member in jury.members])
    found = current_ratings(
        log, questions=questions, ties=ties, phase=phase, raters=read, subjects=subjects, rules=reductions.rules
    )
    if not juries:
        return found
    found = with_juries(found, juries, ties=ties, numeric=numeric)
    return found if raters is None else found.where(np.isin(found.rater, raters))


def with_juries(
    found: CurrentRatings, juries: Sequence[Jury], *, ties: Collection[int], numeric: Collection[int]
) -> CurrentRatings:
    """The same with a cell of each jury wherever one of its members has one.

    Values that tie are the scale's tie, else none (abstained), and unstable both times. Where no member has a value
    the jury has none either, for the mildest of their reasons. Its confidence is the share of its members' weight, of
    those with a value, that gave the value; a mean has none. Its `rating` is the newest of its members'.
    """
    found = found.where(~np.isin(found.rater, [jury.rater for jury in juries]))
    numbers = np.array(sorted(numeric), np.int64)
    for cells in [_cells(found, jury, ties, numbers) for jury in juries]:
        place = np.searchsorted(_keys(found, found, cells), _keys(cells, found, cells))
        columns: dict[str, Any] = {
            name: np.insert(getattr(found, name), place, getattr(cells, name)) for name in CELL_COLUMNS
        }
        found = CurrentRatings(options=found.options, **columns)
    return found


def _keys(wanted: CurrentRatings, found: CurrentRatings, cells: CurrentRatings) -> NDArray[np.int64]:
    """A number for every cell that rises by subject, question and rater."""
    questions = max(int(one.question.max(initial=0)) for one in (found, cells)) + 1
    raters = max(int(one.rater.max(initial=0)) for one in (found, cells)) + 1
    return (wanted.subject * questions + wanted.question) * raters + wanted.rater


def _cells(
    found: CurrentRatings, jury: Jury, ties: Collection[int], numbers: NDArray[np.int64]
) -> CurrentRatings:  # fmt: skip
    own = np.isin(found.rater, np.array(jury.members, np.int64))
    if jury.rule == MEAN:
        own &= np.isin(found.question, numbers)
    told = found.at(np.flatnonzero(own))
    begins = np.ones(len(told), np.bool_)
    begins[1:] = (told.subject[1:] != told.subject[:-1]) | (told.question[1:] != told.question[:-1])
    starts = np.flatnonzero(begins)
    weight = np.array(jury.weights)[np.searchsorted(np.array(jury.members, np.int64), told.rater)]
    votes = Votes(np.cumsum(begins) - 1, len(starts), told.option, told.number, weight, told.unstable)
    return _verdicts(told, starts, jury, votes, ties, numbers) if len(starts) else told


def _verdicts(
    told: CurrentRatings, starts: NDArray[np.int64], jury: Jury, votes: Votes, ties: Collection[int],
    numbers: NDArray[np.int64],
) -> CurrentRatings:  # fmt: skip
    count, first = counted(votes), told.at(starts)
    by_mean = (jury.rule in (MEAN, WEIGHTS)) & np.isin(first.question, numbers)
    answered, row = count.answered > 0, np.maximum(count.row, 0)
    tied = count.tied & ~by_mean
    tie = np.where(told.option[row] != NO_OPTION, tie_codes(first, ties), NO_OPTION)
    option = np.where(answered & ~by_mean, np.where(tied, tie, told.option[row]), NO_OPTION)
    number = np.where(by_mean, count.mean, np.where(answered & ~tied, told.number[row], np.nan))
    undecided = np.where(tied & (option == NO_OPTION), ABSENCES.index(Absence.ABSTAINED.value), 0)
    return CurrentRatings(
        options=told.options,
        subject=first.subject,
        question=first.question,
        rater=np.full(len(starts), jury.rater, np.int64),
        rating=np.maximum.reduceat(told.rating, starts),
        option=option.astype(np.int16),
        number=number,
        absence=np.where(answered, undecided, np.minimum.reduceat(told.absence, starts)).astype(np.int8),
        unstable=np.where(by_mean, count.any_unstable, count.unstable),
        confidence=np.where(by_mean, np.nan, count.share),
    )


def member_rows(found: CurrentRatings, jury: Jury, subject: int, question: int) -> Sequence[int]:
    """Rows of what the members of a jury said of a unit."""
    here = (found.subject == subject) & (found.question == question)
    here &= np.isin(found.rater, np.array(jury.members, np.int64))
    return [int(row) for row in np.flatnonzero(here)]
