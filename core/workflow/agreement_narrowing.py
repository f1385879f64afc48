"""What somebody wants to see of a study's agreement, and which ratings a filter leaves."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.store.current import AskedPhase, CurrentRatings
from core.store.slice_facts import SliceColumn


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A filter on the ratings in force; everything that is computed obeys it.

    Attributes:
        kinds: Kinds of raters (see `core.models.ratings.RaterKind`); empty for all.
        slices: Key and name of slices: of the names of one key any, of different keys all.
        split: Only items of this split; "" for all.
        since, until: First and last day (UTC, both included) on which the rating in force was written.
    """

    kinds: tuple[str, ...] = ()
    slices: tuple[tuple[str, str], ...] = ()
    split: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it leaves everything."""
        return self == Narrowing()

    @property
    def n_active(self) -> int:
        """How many filters are set; several names of one key are one."""
        dates = int(self.since is not None or self.until is not None)
        return bool(self.kinds) + len({key for key, _ in self.slices}) + bool(self.split) + dates


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see.

    Attributes:
        question: Key of the question; "" for the first one.
        phase: Which answers.
        raters: Rater ids, empty for all.
        coefficient: The kappa of pairs and judges; "" for what fits the scale.
        narrowing: Which of the ratings.
    """

    question: str = ""
    phase: AskedPhase = "blind"
    raters: tuple[int, ...] = ()
    coefficient: str = ""
    narrowing: Narrowing = field(default_factory=Narrowing)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a filter leaves out of the ratings in force, and of the units they are about."""

    n_ratings: int = 0
    n_units: int = 0
    of_ratings: int = 0
    of_units: int = 0


@dataclass(frozen=True, slots=True)
class SliceKey:
    """One way to part the units of a view.

    Attributes:
        key: As addresses and commands name it ("system", "split", "length", or a key of the items' metadata).
        title: As people read it.
        names: The slices with a unit.
        n_units: Units in each.
    """

    key: str
    title: str
    names: tuple[str, ...]
    n_units: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class UnitSlices:
    """The slice of every unit of a view.

    Attributes:
        names: The slices with a unit.
        codes: Position in `names` for every unit of `view.cells`, -1 for those in no slice, int32.
    """

    key: str
    title: str
    names: tuple[str, ...]
    codes: NDArray[np.int32]


def units_in(column: SliceColumn, places: NDArray[np.int64]) -> UnitSlices:
    """The slices of some subjects.

    Args:
        column: One way to part the subjects of the study.
        places: Position of each subject in its codes, -1 for one that is not known.
    """
    codes = np.where(places < 0, -1, column.codes[places]) if len(column.codes) else np.full(len(places), -1)
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(column.names)))
    place = np.full(len(column.names) + 1, -1, np.int32)
    place[used] = np.arange(len(used))
    return UnitSlices(column.key, column.title, tuple(column.names[found] for found in used), place[codes])


def in_slices(narrowing: Narrowing, columns: tuple[SliceColumn, ...], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which subjects lie in the wanted slices and split.

    Args:
        narrowing: The filter.
        columns: Every way to part the subjects.
        places: Position of each subject in the codes of the columns.
    """
    wanted: dict[str, set[str]] = {}
    for key, name in narrowing.slices:
        wanted.setdefault(key, set()).add(name)
    kept = np.ones(len(places), np.bool_)
    if narrowing.split:
        wanted.setdefault("split", set()).add(narrowing.split)
        if "split" in dict(narrowing.slices):
            wanted["split"] &= {narrowing.split}
    known = {column.key: column for column in columns}
    for key, names in wanted.items():
        column = known.get(key)
        if column is None or not len(column.codes):
            return np.zeros(len(places), np.bool_)
        chosen = np.array([*(name in names for name in column.names), False], np.bool_)
        kept &= chosen[np.where(places < 0, -1, column.codes[places])]
    return kept


def in_dates(narrowing: Narrowing, at: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which times (seconds since 1970) lie on the wanted days."""
    kept = np.ones(len(at), np.bool_)
    if narrowing.since is not None:
        kept &= at >= _begin(narrowing.since)
    if narrowing.until is not None:
        kept &= at < _begin(narrowing.until + timedelta(days=1))
    return kept


def _begin(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def by_kind(current: CurrentRatings, kinds: tuple[str, ...], kind_of: dict[int, str]) -> NDArray[np.bool_]:
    """Which ratings are by raters of these kinds."""
    ids = np.array([found for found, kind in kind_of.items() if kind in kinds], np.int64)
    return np.isin(current.rater, ids)
