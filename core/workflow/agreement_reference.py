"""What a judge is held against: the majority of people, their mean, or one rater; as a table of two raters."""

from dataclasses import dataclass

import numpy as np

from core.stats.arrays import FloatArray, IntArray
from core.stats.majority import majority
from core.stats.ratings import RatingTable
from core.workflow.agreement_view import AgreementView

MAJORITY = "majority of people"
MEAN = "mean of people"
"""The names of the reference in a table of two."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A judge beside what it is held against.

    Attributes:
        table: Two raters, the reference first, on all units of the view.
        reference, judge: Their names in it.
        n_judged: Units that the judge rated.
        n_compared: Those that have a reference too.
        n_tied: Of the others, those where people tie.
    """

    table: RatingTable
    reference: str | int
    judge: int
    n_judged: int
    n_compared: int
    n_tied: int = 0

    @property
    def left_out(self) -> tuple[str, ...]:
        """Which of the judge's units are left out, and why."""
        said = [f"{self.n_tied:,} of {self.n_judged:,} units where people tie: no reference."] if self.n_tied else []
        return (*said, *self.unshared)

    @property
    def unshared(self) -> tuple[str, ...]:
        """How many of the judge's units nobody else rated."""
        rest = self.n_judged - self.n_compared - self.n_tied
        who = "rated by no person" if isinstance(self.reference, str) else "not rated by the reference"
        return (f"{rest:,} of {self.n_judged:,} units {who}.",) if rest else ()


def people_table(view: AgreementView) -> RatingTable:
    """The ratings of the chosen people, anonymous as soon as one of them is a seat."""
    people = [line for line in view.raters if line.is_person]
    return view.cells.table([line.id for line in people], named=all(line.kind != "seat" for line in people))


def held_against_people(view: AgreementView, judge: int) -> Held:
    """A judge beside the majority of the people, or beside the mean of their numbers."""
    people, alone = people_table(view), view.cells.table([judge], named=True)
    if view.question.scale.is_numeric:
        reference = _means(people)
        return _held(view, MEAN, judge, alone, np.flatnonzero(~np.isnan(reference)), reference)
    codes = majority(people).codes
    found = _held(view, MAJORITY, judge, alone, np.flatnonzero(codes >= 0), codes)
    rated = people.ratings_per_unit() > 0
    n_tied = int(np.sum((codes < 0) & rated & (alone.ratings_per_unit() > 0)))
    return Held(found.table, found.reference, judge, found.n_judged, found.n_compared, n_tied)


def held_against_rater(view: AgreementView, judge: int, reference: int) -> Held:
    """A judge beside one named rater."""
    table = view.cells.table([reference, judge], named=True)
    per_rater, both = table.ratings_per_rater(), int(np.sum(table.ratings_per_unit() == 2))
    return Held(table, reference, judge, int(per_rater[1]), both)


def numbers_of(held: Held) -> tuple[FloatArray, FloatArray]:
    """On a scale of free numbers: the reference's and the judge's number of every unit, NaN where there is none."""
    dense = np.asarray(held.table.matrix(), dtype=np.float64)
    return dense[:, 0], dense[:, 1]


def _means(people: RatingTable) -> FloatArray:
    n = people.ratings_per_unit()
    total = np.bincount(people.units, weights=people.numbers, minlength=people.n_units)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _held(
    view: AgreementView, name: str, judge: int, alone: RatingTable, units: IntArray, values: FloatArray | IntArray
) -> Held:
    table = RatingTable.from_triples(
        np.concatenate([units, alone.units]),
        np.repeat([0, 1], [len(units), alone.n_ratings]),
        np.concatenate([values[units], alone.values]),
        view.question.scale,
        n_units=alone.n_units,
        rater_ids=(name, judge),
        clusters=alone.clusters,
    )
    both = int(np.sum(table.ratings_per_unit() == 2))
    return Held(table, name, judge, alone.n_ratings, both)
