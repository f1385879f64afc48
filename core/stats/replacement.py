"""A judge among people: in a person's place, or as one rater more.

Replace one: each person's ratings are swapped for the judge's on the same units, and the agreement of the group is
compared with what it was (ACORN, Brassard et al. 2024). Extra rater: the majority of k people, with and without the
judge, against a reference; where people are few a judge may help, where they are many it may hurt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import BadInput
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import estimated, undefined_estimate
from core.stats.ratings import RaterId, RatingTable
from core.stats.together import together
from core.stats.weights import Spacing


@dataclass(frozen=True, slots=True)
class Replaced:
    """The group with the judge in one person's place.

    Attributes:
        rater_id: The person.
        estimate: Agreement of the group with the judge instead.
        difference: That minus the agreement of the people.
    """

    rater_id: RaterId
    estimate: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a judge does to the agreement of a group, on the units that the judge rated.

    Attributes:
        judge_id: The judge.
        key: Key of the coefficient.
        people: Agreement of the people.
        replaced: Mean over people of the agreement with the judge in their place.
        difference: `replaced - people`; below 0 the judge agrees less with them than a person does.
        by_person: One a person.
    """

    judge_id: RaterId
    key: str
    people: Estimate
    replaced: Estimate
    difference: Estimate
    by_person: tuple[Replaced, ...]


def replace_one(
    table: RatingTable,
    judge: RaterId,
    people: Sequence[RaterId],
    key: str,
    *,
    seed: int,
    level: float = 0.95,
    resamples: int = 1000,
    spacing: Spacing = "values",
) -> Replacement:
    """Agreement of a group with a judge in each person's place in turn, beside its agreement as it is.

    Everything is on the units that the judge rated; in a person's place the judge rates only that person's units.

    Args:
        table: Ratings by named raters.
        judge: The judge.
        people: The group; two or more.
        key: Key of the coefficient ("alpha_nominal"); not one of pairs of raters (Cohen's kappas).
        seed: Seed of the bootstrap.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
        spacing: What weights are measured on.

    Raises:
        BadInput: Nobody has one of these names, the judge is one of the people, or these are fewer than two.
    """
    tables = in_each_place(table, judge, people)
    rng = np.random.default_rng(seed)
    found = together(tables, key, rng=rng, resamples=resamples, spacing=spacing)
    if found.reason is not None:
        nothing = undefined_estimate(key, found.reason)
        return Replacement(judge, key, nothing, nothing, nothing, ())
    k = len(people)
    one, mean = np.eye(k + 1), np.r_[0.0, np.full(k, 1 / k)]
    weights = np.vstack([one, mean, one[1:] - one[0], mean - one[0]])
    replicates = found.with_rows(weights)

    def estimate(which: int, place: int) -> Estimate:
        basis = found.bases[place]
        return estimated(key, replicates, which, basis, level=level, undefined=Reason.NO_VARIATION)

    by_person = tuple(
        Replaced(rater_id, estimate(1 + i, 1 + i), estimate(k + 2 + i, 1 + i)) for i, rater_id in enumerate(people)
    )
    return Replacement(judge, key, estimate(0, 0), estimate(k + 1, 0), estimate(2 * k + 2, 0), by_person)


def in_each_place(table: RatingTable, judge: RaterId, people: Sequence[RaterId]) -> list[RatingTable]:
    """The group on the units that the judge rated, then the same with the judge in each person's place.

    Raises:
        BadInput: Nobody has one of these names, the judge is one of the people, or these are fewer than two.
    """
    if judge in people or len(people) < 2:
        raise BadInput(where="people", found=", ".join(map(str, people)), expected="two or more others than the judge")
    both = table.of_raters([*people, judge])
    rated = np.zeros(both.n_units, dtype=np.bool_)
    rated[both.units[both.known_raters() == len(people)]] = True
    both = both.of_units(rated)
    group = both.of_raters(people)
    return [group, *(_in_the_place_of(both, group, index) for index in range(len(people)))]


def _in_the_place_of(both: RatingTable, group: RatingTable, index: int) -> RatingTable:
    """The group with the judge's ratings (the last rater of `both`) on the units of one person."""
    judge = both.n_raters - 1
    raters = both.known_raters()
    theirs = np.zeros(both.n_units, dtype=np.bool_)
    theirs[both.units[raters == index]] = True
    kept = (raters != index) & ((raters != judge) | theirs[both.units])
    place = np.where(raters == judge, index, raters)[kept]
    order = np.lexsort((place, both.units[kept]))
    units, values = both.units[kept][order], both.values[kept][order]
    return replace(group, units=units, raters=place[order].astype(np.int32), values=values)
