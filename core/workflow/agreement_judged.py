"""One judge with people, on the judge's units: each number beside the people's there, with the paired difference."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from core.stats.agreement import agreement
from core.stats.ceiling import Ceiling, human_ceiling
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import undefined_estimate
from core.stats.number_pairs import NumberComparison, compare_numbers
from core.stats.replacement import Replacement, replace_one
from core.stats.together import replicable
from core.stats.two_raters import Comparison, compare
from core.workflow.agreement_definitions import majority_key
from core.workflow.agreement_explained import pairs_left_out
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_reference import Held, held_against_people, numbers_of
from core.workflow.agreement_view import MOST_PEOPLE, RESAMPLES, AgreementView


@dataclass(frozen=True, slots=True)
class Cell:
    """A measure of one judge.

    Attributes:
        measure: Key of the judge's number in `DEFINITIONS`.
        judge: The number.
        people: The people's on the units of the judge; None where the measure is not one of people.
        people_measure: Key of the people's number.
        difference: Judge minus people, paired; None where it is not computed.
        left_out: What does not count, in sentences.
    """

    measure: str
    judge: Estimate
    people: Estimate | None = None
    people_measure: str = ""
    difference: Estimate | None = None
    left_out: tuple[str, ...] = ()


def named_people(view: AgreementView) -> tuple[RaterLine, ...]:
    """People who are known by name and have rated."""
    return tuple(line for line in view.raters if line.is_person and line.kind != "seat" and line.n)


def resamples_of(view: AgreementView) -> int:
    """How many resamples a number of this view gets: none while it is provisional."""
    return 0 if view.provisional else RESAMPLES


def named(view: AgreementView, *name: Hashable) -> Hashable:
    """What a finding is remembered under.

    That of a provisional view stands apart: it may be asked for while the findings of its successor are prepared.
    """
    return (*name, view.provisional)


def ceiling_of(live: LiveAgreement, view: AgreementView, judge: int) -> Ceiling:
    """A judge and the people against the same leave-one-out majorities, computed once."""
    people = [line.id for line in named_people(view)]
    return live.remembered(
        view,
        named(view, "ceiling", judge),
        lambda: human_ceiling(
            view.table, judge, people, seed=view.seed, coefficient=view.coefficient, resamples=resamples_of(view)
        ),
    )


def replaceable(view: AgreementView, judge: int) -> tuple[int, ...]:
    """The named people whose place a judge can take: those who share most units with it, at most `MOST_PEOPLE`."""
    table = view.table
    raters, place = table.known_raters(), table.rater_index(judge)
    judged = np.zeros(table.n_units, np.bool_)
    judged[table.units[raters == place]] = True
    shared = np.bincount(raters[judged[table.units]], minlength=table.n_raters)
    n_shared = {int(one): int(n) for one, n in zip(table.rater_ids, shared, strict=True)}
    people = [line.id for line in named_people(view) if n_shared[line.id]]
    most = sorted(people, key=lambda one: -n_shared[one])[:MOST_PEOPLE]
    return tuple(one for one in people if one in most)


def replacement_of(live: LiveAgreement, view: AgreementView, judge: int, key: str) -> Replacement:
    """A coefficient with the judge in each person's place (of `replaceable`), computed once.

    Raises:
        BadInput: There are not two people, or the coefficient is one of pairs of raters.
    """
    people = replaceable(view, judge)
    return live.remembered(
        view,
        named(view, "replacement", judge, key),
        lambda: replace_one(view.table, judge, people, key, seed=view.seed, resamples=resamples_of(view)),
    )


def held_of(live: LiveAgreement, view: AgreementView, judge: int) -> Held:
    """A judge beside the majority (the mean, for free numbers) of people, built once."""
    return live.remembered(view, named(view, "held", judge), lambda: held_against_people(view, judge))


def percent_with_people(live: LiveAgreement, view: AgreementView, judge: int) -> Cell:
    """Percent agreement with each person; on free numbers with the judge in a person's place."""
    if view.question.scale.is_numeric:
        return in_a_persons_place(live, view, judge, "percent")
    found = next((one for one in view.judges if one.rater_id == judge), None)
    if found is None:
        return _unknown_people("percent_against", "percent")
    left_out = held_of(live, view, judge).unshared
    return Cell("percent_against", found.percent, found.ceiling_percent, "percent", found.percent_difference, left_out)


def kappa_with_people(live: LiveAgreement, view: AgreementView, judge: int) -> Cell:
    """The view's kappa with each person."""
    key = view.coefficient
    found = next((one for one in view.judges if one.rater_id == judge), None)
    if found is None:
        return _unknown_people(f"{key}_against", key)
    people = [line.id for line in named_people(view)]
    left_out = (*held_of(live, view, judge).unshared, *pairs_left_out(view, [judge], people))
    return Cell(f"{key}_against", found.kappa, found.ceiling, key, found.difference, left_out)


def in_a_persons_place(live: LiveAgreement, view: AgreementView, judge: int, key: str) -> Cell:
    """A coefficient with the judge in a person's place; of the judge and the one person where there is only one."""
    people, known = replaceable(view, judge), len(named_people(view))
    if not known:
        return _unknown_people(f"{key}_in_place", key)
    if not replicable(key, view.question.scale):
        nothing = undefined_estimate(key, Reason.NEEDS_OPTIONS)
        return Cell(f"{key}_in_place", nothing, nothing, key)
    unshared = held_of(live, view, judge).unshared
    if not people:
        nothing = undefined_estimate(key, Reason.NO_PAIRABLE_ITEMS)
        return Cell(f"{key}_in_place", nothing, nothing, key)
    if len(people) == 1:
        two = view.table.of_raters([people[0], judge])
        found = agreement(two, seed=view.seed, resamples=resamples_of(view), only=[key])[key]
        said = "Only one person shares units with the judge: this is the agreement of the two."
        return Cell(key, found, undefined_estimate(key, Reason.NO_PAIRABLE_ITEMS), key, left_out=(said, *unshared))
    swapped = replacement_of(live, view, judge, key)
    left = known - len(people)
    said = f"{left:,} of {known:,} people: only the {len(people)} who share most units with the judge are replaced."
    left_out = (*((said,) if left else ()), *unshared)
    return Cell(f"{key}_in_place", swapped.replaced, swapped.people, key, swapped.difference, left_out)


def rates(live: LiveAgreement, view: AgreementView, judge: int) -> tuple[Cell, Cell]:
    """TPR and TNR against the majority of people."""
    if view.question.scale.is_numeric:
        nothing = (undefined_estimate(key, Reason.NEEDS_OPTIONS) for key in ("tpr", "tnr"))
        return Cell("tpr", next(nothing)), Cell("tnr", next(nothing))
    held = held_of(live, view, judge)
    found: Comparison = live.remembered(
        view,
        named(view, "rates", judge),
        lambda: compare(held.table, held.reference, judge, seed=view.seed, resamples=resamples_of(view)),
    )
    return Cell("tpr", found["tpr"], left_out=held.left_out), Cell("tnr", found["tnr"], left_out=held.left_out)


def with_the_majority(live: LiveAgreement, view: AgreementView, judge: int) -> tuple[Cell, Cell]:
    """Kappa and percent with the leave-one-out majorities, beside people with the same."""
    kappa, percent = majority_key(view.coefficient), "majority_percent"
    if not named_people(view):
        return _unknown_people(kappa, kappa), _unknown_people(percent, percent)
    found = ceiling_of(live, view, judge)
    said = ceiling_counts(found)
    return (
        Cell(kappa, found.judge_kappa, found.people_kappa, kappa, found.difference_kappa, said),
        Cell(percent, found.judge_percent, found.people_percent, percent, found.difference_percent, said),
    )


def ceiling_counts(found: Ceiling) -> tuple[str, ...]:
    """How many majorities were compared with, and which do not exist."""
    said = [f"{found.n_references:,} majorities of the others are compared with."] if found.n_references else []
    if found.n_tied:
        said.append(f"{found.n_tied:,} majorities do not exist because the others tie.")
    if found.n_alone:
        said.append(f"{found.n_alone:,} units of the judge that fewer than two people rated.")
    return tuple(said)


def with_the_mean(live: LiveAgreement, view: AgreementView, judge: int) -> NumberComparison:
    """On free numbers: the judge against the mean of people, computed once."""
    held = held_of(live, view, judge)

    def find() -> NumberComparison:
        reference, numbers = numbers_of(held)
        clusters = held.table.clusters
        return compare_numbers(reference, numbers, seed=view.seed, clusters=clusters, resamples=resamples_of(view))

    return live.remembered(view, named(view, "means", judge), find)


def _unknown_people(measure: str, people_measure: str) -> Cell:
    """Where nobody knows who gave which rating."""
    nothing = undefined_estimate(measure, Reason.ANONYMOUS_RATERS)
    return Cell(measure, nothing, nothing, people_measure)
