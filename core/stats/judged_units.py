"""Units as patterns of what people answered and what one judge answered: many units, few different patterns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.stats.arrays import BoolArray, FloatArray, IntArray
from core.stats.estimating import Basis, resampled_groups
from core.stats.patterns import Patterns, unique_rows
from core.stats.ratings import RaterId, RatingTable


@dataclass(frozen=True, slots=True)
class JudgedUnits:
    """The units that a judge rated (all units where there is no judge) as different patterns.

    Attributes:
        table: The ratings of the people on these units, on all options.
        people: Patterns x options: how many people chose what.
        judge: The judge's code in each pattern; -1 where there is no judge.
        frequency: Units of each pattern.
        of_unit: Pattern of every unit of `table`.
    """

    table: RatingTable
    people: IntArray
    judge: IntArray
    frequency: IntArray
    of_unit: IntArray

    @classmethod
    def of(cls, table: RatingTable, judge: RaterId | None, people: Sequence[RaterId] | None) -> "JudgedUnits":
        """Count the answers of people beside the judge's.

        Args:
            table: Ratings on a scale of options.
            judge: Who is compared with the people; None for the people alone, who may then be anonymous.
            people: The people; None for everybody but the judge.

        Raises:
            BadInput: Nobody has one of these names, or the judge is one of the people.
        """
        if judge is None:
            some = table if people is None else table.of_raters(people)
            return cls._from(some, np.full(table.n_units, -1, dtype=np.int64))
        chosen = [name for name in table.rater_ids if name != judge] if people is None else list(people)
        if judge in chosen:
            raise BadInput(where="people", found=f"the judge {judge}", expected="others than the judge")
        alone = table.of_raters([judge])
        rated = np.zeros(table.n_units, dtype=np.bool_)
        rated[alone.units] = True
        verdicts = alone.codes.astype(np.int64)
        return cls._from(table.of_raters(chosen).of_units(rated), verdicts)

    @classmethod
    def _from(cls, people: RatingTable, verdicts: IntArray) -> "JudgedUnits":
        q, n = len(people.scale.options), people.n_units
        most = int(people.ratings_per_unit().max(initial=0))
        units = np.concatenate([people.units, np.arange(n, dtype=np.int32)])
        positions = np.concatenate([people.codes, np.full(n, q, dtype=np.int16)])
        digits = np.concatenate([np.ones(people.n_ratings, dtype=np.int64), verdicts + 1])
        found: Patterns = unique_rows(units, positions, digits, base=max(most, q) + 2, n_positions=q + 1, n_units=n)
        rows = found.rows.astype(np.int64)
        return cls(people, rows[:, :q], rows[:, q] - 1, found.frequency, found.of_unit)

    def groups(self, rows: FloatArray, taking_part: BoolArray) -> tuple[FloatArray, IntArray]:
        """Moments (patterns x columns) as rows to resample, and how many groups each stands for."""
        return resampled_groups(rows, self.frequency, self.of_unit, self.table.clusters, taking_part)

    def basis(self, taking_part: BoolArray, ratings: IntArray | FloatArray | None = None) -> Basis:
        """What an estimate over some patterns rests on.

        Args:
            taking_part: Which patterns take part.
            ratings: Ratings of each pattern that count; default all, the judge's included.
        """
        counted = self.people.sum(axis=1) + (self.judge >= 0) if ratings is None else ratings
        used = self.frequency * taking_part
        n_units, clusters = int(used.sum()), self.table.clusters
        n_groups = n_units if clusters is None else len(np.unique(clusters[taking_part[self.of_unit]]))
        return Basis(n_units, round(float(used @ counted)), n_groups, clustered=clusters is not None)
