"""Who gave what: a line for every rater, and what most people chose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.models.ratings import TRUTH, RaterKind
from core.stats.arrays import IntArray
from core.stats.ratings import RatingTable
from core.store.following import ABSENCES
from core.workflow.agreement_tables import JUDGES, PEOPLE, Cells


@dataclass(frozen=True, slots=True)
class RaterLine:
    """A rater with what they gave.

    Attributes:
        kind: See `core.models.ratings.RaterKind`.
        n: Ratings in force with a value on the scale.
        counts: Option key -> how often; empty on a scale of free numbers.
        absences: Why there is no value ("abstained", "unreadable", "refused") -> how often.
        n_invalid: Values that are not on the scale.
        n_unstable: Units where two presentation orders gave different answers.
        first, last: When their first and last of these ratings were written.
    """

    id: int
    kind: str
    name: str
    n: int
    counts: Mapping[str, int]
    absences: Mapping[str, int]
    n_invalid: int
    n_unstable: int
    first: datetime | None = None
    last: datetime | None = None

    @property
    def is_person(self) -> bool:
        """Whether it is a person, known or anonymous."""
        return self.kind in PEOPLE

    @property
    def is_judge(self) -> bool:
        """Whether it is a judge, a jury or a baseline."""
        return self.kind in JUDGES

    @property
    def is_truth(self) -> bool:
        """Whether it stands for the known truth of a simulated study; compared only where it is chosen."""
        return self.kind == RaterKind.SIMULATED.value and self.name == TRUTH


@dataclass(frozen=True, slots=True)
class Majority:
    """What most people chose, unit by unit.

    Attributes:
        counts: Option key -> units where more people chose it than any other; empty on a scale of free numbers.
        n_tied: Units where the most frequent answers tie: these have no majority.
        n_single: Units that one person rated; counted in `counts` as they are.
    """

    counts: Mapping[str, int]
    n_tied: int
    n_single: int


@dataclass(frozen=True, slots=True)
class Times:
    """When ratings were written: by rater id the first and the last one, and the newest of all."""

    first: Mapping[int, datetime]
    last: Mapping[int, datetime]
    newest: datetime | None


def rater_lines(cells: Cells, times: Times) -> tuple[RaterLine, ...]:
    """Every rater with what they gave, in the order of `cells.raters`."""
    many, present = len(cells.raters), cells.present
    absences = _counted(cells.rater, cells.current.absence.astype(np.int64), many, len(ABSENCES))
    values = np.bincount(cells.rater[present], minlength=many)
    off_scale = np.bincount(cells.rater[~present & (cells.current.absence == 0)], minlength=many)
    unstable = np.bincount(cells.rater[cells.current.unstable], minlength=many)
    keys = cells.question.scale.keys
    codes = cells.values[present].astype(np.int64) if keys else np.empty(0, np.int64)
    counts = _counted(cells.rater[present], codes, many, len(keys)) if keys else np.empty((many, 0), np.int64)
    return tuple(
        RaterLine(
            id=row.id,
            kind=row.kind,
            name=row.name,
            n=int(values[place]),
            counts=dict(zip(keys, counts[place].tolist(), strict=True)),
            absences={name: int(n) for name, n in zip(ABSENCES[1:], absences[place, 1:], strict=True) if n},
            n_invalid=int(off_scale[place]),
            n_unstable=int(unstable[place]),
            first=times.first.get(row.id),
            last=times.last.get(row.id),
        )
        for place, row in enumerate(cells.raters)
    )


def _counted(rows: IntArray, columns: IntArray, n_rows: int, n_columns: int) -> IntArray:
    cells = np.bincount(rows * n_columns + columns, minlength=n_rows * n_columns)
    return cells.reshape(n_rows, n_columns).astype(np.int64)


def majority_of(people: RatingTable) -> Majority:
    """What most people chose on each unit; ties of the most frequent answers are no majority."""
    if people.scale.is_numeric:
        return Majority({}, 0, 0)
    counts = people.counts()
    counts = counts[counts.sum(axis=1) > 0]
    top = counts.max(axis=1, initial=0)
    tied: NDArray[np.bool_] = np.sum(counts == top[:, None], axis=1) > 1
    winners = np.bincount(counts[~tied].argmax(axis=1), minlength=counts.shape[1])
    return Majority(
        dict(zip(people.scale.keys, winners.tolist(), strict=True)),
        int(tied.sum()),
        int(np.sum(counts.sum(axis=1) == 1)),
    )
