"""One rater beside the others, unit by unit: what they gave where it gave its own answer.

Everything is pooled over pairs of ratings, so that it stands in a crowd too, where two raters share hardly a unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.scales import DeclaredScale, ScaleKind
from core.stats.arrays import FloatArray, IntArray
from core.stats.estimates import Reason
from core.stats.patterns import unique_rows
from core.stats.ratings import RaterId, RatingTable
from core.stats.weights import option_values, ordered_options


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """The units of one rater that somebody else rated too, one row each.

    Attributes:
        rater_id: The rater.
        place: Which of the rater's ratings (by rising unit) each row is.
        clusters: Cluster of each row, 0, 1, ... without gaps; None where units stand alone.
        pairs: Others who rated the unit.
        same: Those of them with the same answer.
        difference: The rater's number minus the mean number of the others; NaN where one of them has none.
        own: Code of the rater's answer, or its number.
        others: Rows x options: how many others chose what; rows x 3 on free numbers: how many, sum, sum of squares.
        kind: Equal rows have equal numbers, 0, 1, ... without gaps.
    """

    rater_id: RaterId
    place: IntArray
    clusters: IntArray | None
    pairs: FloatArray
    same: FloatArray
    difference: FloatArray
    own: IntArray | FloatArray
    others: FloatArray
    kind: IntArray

    def __len__(self) -> int:
        """How many units are shared."""
        return len(self.place)


@dataclass(frozen=True, slots=True, eq=False)
class Others:
    """What a group answered, unit by unit; a rater of the group is compared with the rest of it.

    Attributes:
        table: Ratings by named raters, those who are compared with the group among them.
        members: The group.
        answers: Units x options counts of the group's answers; units x 3 on free numbers: how many, sum, squares.
        pattern: Equal rows of `answers` have equal numbers.
        shared: On free numbers the group's (unit, value) cells, sorted, and how many gave each; else empty.
    """

    table: RatingTable
    members: frozenset[RaterId]
    answers: FloatArray
    pattern: IntArray
    shared: tuple[IntArray, IntArray]

    @classmethod
    def of(cls, table: RatingTable, members: Sequence[RaterId]) -> "Others":
        """Count what the group answered.

        Raises:
            BadInput: Nobody has one of these names.
        """
        group, nothing = table.of_raters(members), np.zeros(0, dtype=np.int64)
        if not table.scale.is_numeric:
            base = int(group.ratings_per_unit().max(initial=0)) + 1
            found = unique_rows(
                group.units, group.codes, None, base=base, n_positions=len(table.scale.options), n_units=table.n_units
            )
            answers = found.rows[found.of_unit].astype(np.float64)
            return cls(table, frozenset(members), answers, found.of_unit, (nothing, nothing))
        columns = [np.ones(group.n_ratings), group.numbers, group.numbers**2]
        answers = np.column_stack([np.bincount(group.units, column, minlength=table.n_units) for column in columns])
        cells, counts = np.unique(_cells(table, group.units.astype(np.int64), group.numbers), return_counts=True)
        every = np.arange(table.n_units, dtype=np.int64)
        return cls(table, frozenset(members), answers, every, (cells, counts.astype(np.int64)))

    def beside(self, rater_id: RaterId) -> Beside:
        """One rater beside the group, or beside the rest of it.

        Raises:
            BadInput: Nobody has this name.
        """
        table = self.table
        mine = table.known_raters() == table.rater_index(rater_id)
        units, own = table.units[mine].astype(np.int64), table.values[mine]
        others = self.answers[units]
        inside = rater_id in self.members
        same = self._same(units, own) - inside
        if inside:
            others = others - _alone(own, table.scale)
        pairs = others.sum(axis=1) if not table.scale.is_numeric else others[:, 0]
        kept = pairs > 0
        units, own, others = units[kept], own[kept], others[kept]
        clusters = None if table.clusters is None else np.unique(table.clusters[units], return_inverse=True)[1]
        return Beside(
            rater_id=rater_id,
            place=np.flatnonzero(kept),
            clusters=None if clusters is None else clusters.reshape(-1).astype(np.int64),
            pairs=pairs[kept],
            same=same[kept],
            difference=_differences(own, others, table.scale),
            own=own,
            others=others,
            kind=self._kinds(units, own),
        )

    def _same(self, units: IntArray, own: IntArray | FloatArray) -> FloatArray:
        """How many of the group gave the same answer."""
        if not self.table.scale.is_numeric:
            return np.asarray(self.answers[units, own.astype(np.int64)], dtype=np.float64)
        cells, counts = self.shared
        wanted = _cells(self.table, units, own)
        place = np.minimum(np.searchsorted(cells, wanted), max(len(cells) - 1, 0))
        if not len(cells):
            return np.zeros(len(units))
        return np.where(cells[place] == wanted, counts[place], 0).astype(np.float64)

    def _kinds(self, units: IntArray, own: IntArray | FloatArray) -> IntArray:
        if self.table.scale.is_numeric:
            return np.arange(len(units), dtype=np.int64)
        key = self.pattern[units] * len(self.table.scale.options) + own.astype(np.int64)
        return np.unique(key, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _cells(table: RatingTable, units: IntArray, numbers: IntArray | FloatArray) -> IntArray:
    """One number for each unit and value."""
    values = np.unique(table.numbers)
    return np.asarray(units * (len(values) + 1) + np.searchsorted(values, numbers), dtype=np.int64)


def _alone(own: IntArray | FloatArray, scale: DeclaredScale) -> FloatArray:
    """The rater's own part of the group's answers."""
    if scale.is_numeric:
        return np.column_stack([np.ones(len(own)), own, own**2])
    return np.eye(len(scale.options))[own.astype(np.int64)]


def answer_numbers(scale: DeclaredScale) -> FloatArray | None:
    """The number of each option for leniency, NaN outside the order; None where no answer is above another.

    The positive option of two counts 1, the other 0. A preference has no leniency: neither output is the better answer.
    """
    if scale.is_numeric or scale.kind is ScaleKind.PREFERENCE:
        return None
    ordered = ordered_options(scale)
    if ordered:
        numbers = np.full(len(scale.options), np.nan)
        numbers[list(ordered)] = option_values(scale)
        return numbers
    if scale.positive is not None and len(scale.options) == 2:
        return np.array([float(option.key == scale.positive) for option in scale.options])
    return None


def leniency_reason(scale: DeclaredScale) -> Reason | None:
    """Why a scale has no leniency; None where it has."""
    return None if scale.is_numeric or answer_numbers(scale) is not None else Reason.NEEDS_ORDER


def _differences(own: IntArray | FloatArray, others: FloatArray, scale: DeclaredScale) -> FloatArray:
    if scale.is_numeric:
        return np.asarray(own - others[:, 1] / others[:, 0], dtype=np.float64)
    numbers = answer_numbers(scale)
    if numbers is None:
        return np.full(len(own), np.nan)
    known = np.isfinite(numbers)
    n = others[:, known].sum(axis=1)
    mean = np.divide(others[:, known] @ numbers[known], n, out=np.full(len(n), np.nan), where=n > 0)
    return np.asarray(numbers[own.astype(np.int64)] - mean, dtype=np.float64)
