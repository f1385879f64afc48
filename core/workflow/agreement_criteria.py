"""Every question of a study side by side: how far people agree on it, and how judges stand beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.stats.agreement import agreement
from core.stats.coefficients import alpha_key
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import undefined_estimate
from core.stats.judge_slices import JudgeEstimates, judge_in_a_place, judge_with_majorities
from core.stats.ratings import RatingTable
from core.stats.slicing import Slicing
from core.store.questions import RaterRow
from core.workflow.agreement_definitions import majority_key
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_narrowing import Asked
from core.workflow.agreement_questions import Question
from core.workflow.agreement_tables import JUDGES, PEOPLE, Cells
from core.workflow.agreement_view import MOST_PEOPLE, RESAMPLES, Progress, default_coefficient

MOST_JUDGES = 3
"""Judges that are compared with people on every question; of more, one is chosen."""


@dataclass(frozen=True, slots=True)
class CriterionJudge:
    """A judge on one question.

    Attributes:
        rater_id, name: The judge.
        measure: Key of the judge's number in `core.workflow.agreement_definitions.DEFINITIONS`: "majority_kappa", or
            alpha with the judge in a person's place where answers are free numbers.
        people, judge, gap: What people and the judge reach on its units, and the judge's minus the people's.
    """

    rater_id: int
    name: str
    measure: str
    people: Estimate
    judge: Estimate
    gap: Estimate


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One question.

    Attributes:
        question: The question; checklists are one.
        n_units: Units that one of the chosen raters has looked at.
        n_people: People with a rating.
        measure: Key of alpha at the level of the scale.
        alpha: Among people.
        judges: The wanted judges that rated it.
    """

    question: Question
    n_units: int
    n_people: int
    measure: str
    alpha: Estimate
    judges: tuple[CriterionJudge, ...]

    @property
    def level(self) -> str:
        """The level of alpha: "nominal", "ordinal", "interval" or "ratio"."""
        return self.measure.removeprefix("alpha_")


@dataclass(frozen=True, slots=True)
class Criteria:
    """Every question of a study.

    Attributes:
        rows: In the order of the study.
        judges: Every judge of the study among the chosen raters that rated something, the wanted ones first.
        n_wanted: How many of them were compared with people.
    """

    rows: tuple[CriterionRow, ...]
    judges: tuple[RaterRow, ...]
    n_wanted: int


def criteria(
    live: LiveAgreement, asked: Asked, *, judge: int | None = None, progress: Progress | None = None
) -> Criteria:
    """Agreement on every question; a new rating computes its question anew and no other.

    Args:
        live: The study, refreshed.
        asked: Phase, raters and filters; its question and kappa are of no account.
        judge: Which judge where there are more than `MOST_JUDGES`; None for the first.
        progress: Told which question is being computed.
    """
    rated_by = {question.key: live.raters_of(question.key) for question in live.questions}
    judges = _judges(rated_by.values(), asked)
    wanted = judges
    if len(judges) > MOST_JUDGES:
        wanted = tuple(row for row in judges if row.id == judge) or judges[:1]
    rows = []
    for place, question in enumerate(live.questions):
        if progress is not None:
            doing = f"Question {place + 1} of {len(live.questions)}: {question.title}"
            progress(place / len(live.questions), doing)
        here = [row for row in wanted if row in rated_by[question.key]]
        rows.append(_row(live, replace(asked, question=question.key, coefficient=""), question, here))
    left = tuple(row for row in judges if row not in wanted)
    return Criteria(tuple(rows), (*wanted, *left), len(wanted))


def _judges(rated_by: Iterable[Sequence[RaterRow]], asked: Asked) -> tuple[RaterRow, ...]:
    """The judges with a rating of some question, as filters leave them."""
    found: dict[int, RaterRow] = {}
    for row in (row for rows in rated_by for row in rows):
        left = not asked.narrowing.kinds or row.kind in asked.narrowing.kinds
        if row.kind in JUDGES and left and (not asked.raters or row.id in asked.raters):
            found[row.id] = row
    return tuple(sorted(found.values(), key=lambda row: (row.name.casefold(), row.id)))


def _row(live: LiveAgreement, asked: Asked, question: Question, judges: Sequence[RaterRow]) -> CriterionRow:
    alpha, n_units, n_people = live.found_in(asked, "alpha", lambda cells, seed: _among_people(cells, asked, seed))
    beside = tuple(_judge(live, asked, row) for row in judges)
    return CriterionRow(question, n_units, n_people, alpha_key(question.scale.alpha_level), alpha, beside)


def _judge(live: LiveAgreement, asked: Asked, judge: RaterRow) -> CriterionJudge:
    measure, found = live.found_in(
        asked, ("judge", judge.id), lambda cells, seed: _beside(cells, asked, judge.id, seed)
    )  # fmt: skip
    return CriterionJudge(judge.id, judge.name, measure, found.people, found.judge, found.gap)


def _among_people(cells: Cells, asked: Asked, seed: int) -> tuple[Estimate, int, int]:
    """Alpha among people, units that somebody chosen looked at, and people who rated."""
    chosen = np.array([not asked.raters or row.id in asked.raters for row in cells.raters], np.bool_)
    here = np.ones(len(cells.rater), np.bool_) if chosen.all() else chosen[cells.rater]
    n_units = int(np.sum(np.bincount(cells.unit[here], minlength=1) > 0))
    people = [row for row in cells.raters if row.kind in PEOPLE and (not asked.raters or row.id in asked.raters)]
    key = alpha_key(cells.question.scale.alpha_level)
    if not people:
        return undefined_estimate(key, Reason.NO_RATINGS), n_units, 0
    table = cells.table([row.id for row in people], named=all(row.kind != "seat" for row in people))
    report = agreement(table, seed=seed, resamples=RESAMPLES, only=[key])
    rated = np.bincount(cells.rater[cells.present], minlength=len(cells.raters)) > 0
    n_people = sum(bool(rated[place]) for place, row in enumerate(cells.raters) if row in people)
    return report[key], n_units, n_people


def _beside(cells: Cells, asked: Asked, judge: int, seed: int) -> tuple[str, JudgeEstimates]:
    """A judge beside the named people on its units: the same majorities, or a person's place for free numbers."""
    numeric, alpha = cells.question.scale.is_numeric, alpha_key(cells.question.scale.alpha_level)
    coefficient = default_coefficient(cells.question.scale)
    measure = f"{alpha}_in_place" if numeric else majority_key(coefficient)
    known = {row.id for row in cells.raters}
    people = [
        row.id for row in cells.raters if row.kind == PEOPLE[0] and (not asked.raters or row.id in asked.raters)
    ]  # fmt: skip
    if judge not in known or len(people) < 2:
        none = undefined_estimate(measure, Reason.NO_PAIRABLE_ITEMS if judge in known else Reason.NO_RATINGS)
        return measure, JudgeEstimates(none, none, none)
    table = cells.table([*people, judge], named=True)
    nowhere = Slicing((), np.full(table.n_units, -1, np.int64))
    if not numeric:
        found = judge_with_majorities(
            table, nowhere, judge, people, seed=seed, coefficient=coefficient, resamples=RESAMPLES
        )
        return measure, found.whole
    shared = _who_share_most(table, judge, people)
    return measure, judge_in_a_place(table, nowhere, judge, shared, alpha, seed=seed, resamples=RESAMPLES).whole


def _who_share_most(table: RatingTable, judge: int, people: Sequence[int]) -> list[int]:
    """The people who share most units with the judge, at most `MOST_PEOPLE`."""
    raters = table.known_raters()
    judged = np.zeros(table.n_units, np.bool_)
    judged[table.units[raters == table.rater_index(judge)]] = True
    shared = np.bincount(raters[judged[table.units]], minlength=table.n_raters)
    order = sorted(people, key=lambda one: -shared[table.rater_index(one)])
    return order[:MOST_PEOPLE]
