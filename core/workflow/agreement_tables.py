"""From the ratings in force to rating tables: units, clusters, and who takes part in what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.models.ratings import RaterKind
from core.scales import MISSING, DeclaredScale
from core.stats.ratings import RatingTable
from core.store.agreement import SubjectPlaces
from core.store.current import CurrentRatings
from core.store.questions import RaterRow
from core.workflow.agreement_questions import Question

PEOPLE = (RaterKind.PERSON.value, RaterKind.SEAT.value)
JUDGES = (RaterKind.JUDGE.value, RaterKind.JURY.value, RaterKind.BASELINE.value)
SHOWN_ORDER = (*PEOPLE, *JUDGES, RaterKind.SIMULATED.value, RaterKind.SOURCE.value)
"""Order in which kinds of raters are listed."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The ratings in force of one question, one row a rater and unit, and the units they are about.

    Attributes:
        question: What was asked.
        current: The ratings in force.
        unit: Position in `subject` and `standing` of each rating.
        subject, standing: Subject and standing criterion id of each unit.
        cluster: Cluster of each unit; None where every unit is alone in its own.
        values: Code of each rating on the scale (`MISSING` for none), or its number (NaN for none).
        raters: Those with a rating, people first.
        rater: Position in `raters` of each rating.
    """

    question: Question
    current: CurrentRatings
    unit: NDArray[np.int64]
    subject: NDArray[np.int64]
    standing: NDArray[np.int64]
    cluster: NDArray[np.int64] | None
    values: NDArray[np.int16] | NDArray[np.float64]
    raters: tuple[RaterRow, ...]
    rater: NDArray[np.int64]

    @property
    def n_units(self) -> int:
        """Units with at least one rating, or the absence of one."""
        return len(self.subject)

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which ratings have a value on the scale."""
        numeric = self.question.scale.is_numeric
        present: NDArray[np.bool_] = ~np.isnan(self.values) if numeric else self.values != MISSING
        return present

    def table(self, rater_ids: Sequence[int], *, named: bool) -> RatingTable:
        """The ratings of some raters as a table over all units.

        Args:
            rater_ids: Keys of the raters, in the order wanted.
            named: Whether it is known who is who; False makes a table of anonymous seats.
        """
        place = {row.id: position for position, row in enumerate(self.raters)}
        wanted = np.full(len(self.raters) + 1, -1, np.int64)
        wanted[[place[found] for found in rater_ids]] = np.arange(len(rater_ids))
        index = wanted[self.rater]
        kept = index >= 0
        return RatingTable.from_triples(
            self.unit[kept],
            index[kept] if named else None,
            self.values[kept],
            self.question.scale,
            n_units=self.n_units,
            rater_ids=tuple(rater_ids) if named else (),
            clusters=self.cluster,
            n_invalid=self._off_scale(kept),
        )

    def _off_scale(self, kept: NDArray[np.bool_]) -> int:
        return int(np.sum(kept & ~self.present & (self.current.absence == 0)))


def cells_of(
    question: Question, current: CurrentRatings, raters: Mapping[int, RaterRow], places: SubjectPlaces
) -> Cells:
    """Units, clusters and codes of the ratings in force."""
    width = int(current.question.max(initial=0)) + 1
    keys, unit = _distinct(current.subject * width + current.question)
    subject, standing = keys // width, keys % width
    present = np.flatnonzero(np.bincount(current.rater))
    rows = sorted((raters[int(found)] for found in present), key=shown_order)
    position = np.empty(len(rows), np.int64)
    position[np.searchsorted(present, [row.id for row in rows])] = np.arange(len(rows))
    return Cells(
        question=question,
        current=current,
        unit=unit,
        subject=subject,
        standing=standing,
        cluster=_clusters(subject, places),
        values=_values(question.scale, current),
        raters=tuple(rows),
        rater=position[np.searchsorted(present, current.rater)],
    )


def shown_order(row: RaterRow) -> tuple[int, str, int]:
    """Sorts raters: people first, then by name."""
    return SHOWN_ORDER.index(row.kind), row.name.casefold(), row.id


def _clusters(subject: NDArray[np.int64], places: SubjectPlaces) -> NDArray[np.int64] | None:
    if not len(subject):
        return None
    cluster = places.cluster[places.at(subject)]
    return None if np.bincount(cluster).max() == 1 else cluster


def _distinct(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different keys, rising, and the place of every key among them; quick where keys already rise."""
    steps = np.diff(keys, prepend=-1)
    if np.all(steps >= 0):
        return keys[steps > 0], np.cumsum(steps > 0) - 1
    different, place = np.unique(keys, return_inverse=True)
    return different, place.reshape(-1).astype(np.int64)


def _values(scale: DeclaredScale, current: CurrentRatings) -> NDArray[np.int16] | NDArray[np.float64]:
    if scale.is_numeric:
        return np.where(current.absence == 0, current.number, np.nan)
    codes = np.array([*(scale.code(key) for key in current.options), MISSING], np.int16)
    found: NDArray[np.int16] = codes[current.option]
    return found
