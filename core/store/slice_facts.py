"""The slices that the items, outputs and subjects of a study fall into, as columns in memory.

Read when slices are first wanted, all subjects of the study at once; later only subjects that were not met yet. Rows
brought by an import that is not done are not seen before it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import loads
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, text
from sqlmodel import Session

from core.models.items import Split
from core.store.plain_rows import plain_rows

MOST_NAMES = 50
"""A key of the items' metadata with more different values is no slice; numbers are then put in quarters."""

_FEW = 400
"""Up to this many missing subjects are asked for by id; more by reading all."""

BUILT_IN = {"system": "System", "split": "Split", "length": "Output length"}
"""Key -> title of the slices that every study can have."""


@dataclass(frozen=True, slots=True, eq=False)
class SliceColumn:
    """One way to part the subjects of a study.

    Attributes:
        key: How addresses and commands name it.
        title: How people read it.
        names: The slices, in the order they are listed.
        codes: Position in `names` for every subject, -1 for those in no slice, int32.
    """

    key: str
    title: str
    names: tuple[str, ...]
    codes: NDArray[np.int32]


_DONE = "(i.import_id is null or i.import_id in (select id from import where study_id = :study and state = 'done'))"
_SUBJECTS = (
    "select id, item_id, coalesce(output_a_id, 0), coalesce(output_b_id, 0) from subject where study_id = :study"
)
_ITEMS = f"select i.id, cast(i.slices as text), i.split from item i where i.study_id = :study and {_DONE}"  # noqa: S608
_LENGTH = {
    # Most outputs are one message, which is read twice as quickly so.
    "sqlite": (
        "case when json_array_length(o.messages) = 1 then length(json_extract(o.messages, '$[0].content'))"
        " else (select sum(length(json_extract(m.value, '$.content'))) from json_each(o.messages) m) end"
    ),
    "postgresql": "(select sum(length(m.value ->> 'content')) from json_array_elements(o.messages) m)",
}
_OUTPUTS = (
    "select o.id, s.name, {length} from output o join item i on i.id = o.item_id join system s on s.id = o.system_id"
    " where i.study_id = :study and {done}"
)


class SliceFacts:
    """What slices are made of, for the subjects of one study."""

    def __init__(self, study_id: int) -> None:
        self.study_id = study_id
        self.subject: NDArray[np.int64] = np.empty(0, np.int64)
        """Subject ids, rising."""
        self._rows: dict[int, tuple[int, int, int]] = {}
        self._items: dict[int, tuple[str, str | None]] = {}
        self._outputs: dict[int, tuple[str, int]] = {}
        self._columns: tuple[SliceColumn, ...] | None = None

    def learn(self, subjects: NDArray[np.int64], *, session: Session) -> int:
        """Read what is not known yet of some subjects (at the first time, and for very many: of all the study has).

        Returns:
            How many subjects were read.
        """
        missing = np.setdiff1d(subjects, self.subject)
        if not len(missing) and self._columns is not None:
            return 0
        before = len(self._rows)
        if not before or len(missing) > _FEW:
            self._read_all(session)
        elif len(missing):
            self._read_some(missing.tolist(), session)
        self.subject = np.array(sorted(self._rows), np.int64)
        self._columns = None
        return len(self._rows) - before

    def columns(self) -> tuple[SliceColumn, ...]:
        """Every way to part the subjects: system, split and length, then the items' metadata; none without a slice."""
        if self._columns is None:
            self._columns = tuple(self._found())
        return self._columns

    def places(self, subjects: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions in `subject` (and in the codes of columns) of subjects that were learned; -1 for others."""
        if not len(self.subject):
            return np.full(len(subjects), -1, np.int64)
        place = np.minimum(np.searchsorted(self.subject, subjects), len(self.subject) - 1)
        return np.where(self.subject[place] == subjects, place, -1).astype(np.int64)

    def _read_all(self, session: Session) -> None:
        asked = {"study": self.study_id}
        dialect = session.get_bind().dialect.name
        self._rows = {row[0]: (row[1], row[2], row[3]) for row in plain_rows(text(_SUBJECTS), asked, session=session)}
        self._items = {row[0]: (row[1], row[2]) for row in plain_rows(text(_ITEMS), asked, session=session)}
        query = text(_OUTPUTS.format(length=_LENGTH[dialect], done=_DONE))
        self._outputs = {row[0]: (row[1], int(row[2] or 0)) for row in plain_rows(query, asked, session=session)}

    def _read_some(self, subjects: Sequence[int], session: Session) -> None:
        dialect = session.get_bind().dialect.name
        fresh = _by_ids(_SUBJECTS + " and id in :ids", self.study_id, subjects, session)
        self._rows |= {row[0]: (row[1], row[2], row[3]) for row in fresh}
        items = sorted({row[1] for row in fresh} - self._items.keys())
        self._items |= {
            row[0]: (row[1], row[2]) for row in _by_ids(_ITEMS + " and i.id in :ids", self.study_id, items, session)
        }
        outputs = sorted({found for row in fresh for found in row[2:4] if found} - self._outputs.keys())
        query = _OUTPUTS.format(length=_LENGTH[dialect], done=_DONE) + " and o.id in :ids"
        self._outputs |= {row[0]: (row[1], int(row[2] or 0)) for row in _by_ids(query, self.study_id, outputs, session)}

    def _found(self) -> Sequence[SliceColumn]:
        rows = np.array([self._rows[found] for found in self.subject.tolist()], np.int64).reshape(-1, 3)
        item_ids = np.array(sorted(self._items), np.int64)
        item = _place(item_ids, rows[:, 0])
        items = [self._items[found] for found in item_ids.tolist()]
        output_ids = np.array(sorted(self._outputs), np.int64)
        first, second = _place(output_ids, rows[:, 1]), _place(output_ids, rows[:, 2])
        outputs = [self._outputs[found] for found in output_ids.tolist()]
        built_in = [
            ("system", *_systems([name for name, _ in outputs], first, second)),
            ("split", *_named([split for _, split in items], item, order=[split.value for split in Split])),
            ("length", *_lengths(np.array([length for _, length in outputs], np.int64), first, second)),
        ]
        found = [SliceColumn(key, BUILT_IN[key], names, codes) for key, names, codes in built_in if names]
        taken = set(BUILT_IN)
        for name, values in _metadata([slices for slices, _ in items]).items():
            names, codes = _named(values, item) if isinstance(values, list) else (values.names, _at(values.codes, item))
            key, title = name, name
            if name in BUILT_IN:
                key, title = f"item:{name}", f"{name} (of the item)"
            while key in taken:
                key += "'"
            taken.add(key)
            if len(names) > 1:
                found.append(SliceColumn(key, title, names, codes))
        return found


def _by_ids(query: str, study_id: int, ids: Sequence[int], session: Session) -> Sequence[Any]:
    if not ids:
        return ()
    bound = text(query).bindparams(bindparam("ids", expanding=True))
    return plain_rows(bound, {"study": study_id, "ids": list(ids)}, session=session)


def _place(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position of every wanted id, -1 where it is not there."""
    if not len(ids):
        return np.full(len(wanted), -1, np.int64)
    place = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[place] == wanted, place, -1).astype(np.int64)


def _at(codes: NDArray[np.int32], place: NDArray[np.int64]) -> NDArray[np.int32]:
    """Codes by position; -1 where there is no position."""
    return np.append(codes, np.int32(-1))[place].astype(np.int32)


def _named(
    values: Sequence[str | None], place: NDArray[np.int64], order: Sequence[str] = ()
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Names in this order, else as they are listed, and the code of each place."""
    used = {found for found in values if found}
    names = tuple(name for name in order if name in used) or _listed(used)
    code: dict[str | None, int] = {name: position for position, name in enumerate(names)}
    return names, _at(np.array([code.get(found, -1) for found in values], np.int32), place)


def _listed(names: set[str]) -> tuple[str, ...]:
    """Numbers by size, before words by name."""
    return tuple(sorted(names, key=lambda name: (_number(name) is None, _number(name) or 0.0, name.casefold(), name)))


def _number(name: str) -> float | None:
    try:
        found = float(name)
    except ValueError:
        return None
    return found if isfinite(found) else None


def _systems(
    names: Sequence[str], first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Who made the output; for pairs both, in stored order."""
    known = _listed(set(names))
    code = {name: position for position, name in enumerate(known)}
    system = np.array([*(code[name] for name in names), -1], np.int64)
    a, b = system[first], system[second]
    pair = np.where(a < 0, -1, a * (len(known) + 1) + b + 1)
    keys = np.unique(pair[pair >= 0])
    titles = []
    for key in keys.tolist():
        one, two = divmod(key, len(known) + 1)
        titles.append(known[one] if not two else f"{known[one]} vs {known[two - 1]}")
    codes = np.where(pair < 0, -1, np.searchsorted(keys, pair))
    return tuple(titles), codes.astype(np.int32)


def _lengths(
    lengths: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Thirds of the outputs by characters; of pairs by the mean of the two, rounded down."""
    codes = np.full(len(first), -1, np.int32)
    titles: list[str] = []
    padded = np.append(lengths, 0)
    for kind in (np.flatnonzero((first >= 0) & (second < 0)), np.flatnonzero((first >= 0) & (second >= 0))):
        if not len(kind):
            continue
        long = (padded[first[kind]] + padded[second[kind]]) // 2 if second[kind[0]] >= 0 else padded[first[kind]]
        low, high = (int(found) for found in np.quantile(long, [1 / 3, 2 / 3], method="lower"))
        third = (long > low).astype(np.int64) + (long > high)
        named = (
            f"short (up to {low:,} characters)",
            f"medium ({low + 1:,} to {high:,} characters)",
            f"long (over {high:,} characters)",
        )
        for place, name in enumerate(named):
            here = kind[third == place]
            if len(here) and name not in titles:
                titles.append(name)
            if len(here):
                codes[here] = titles.index(name)
    return tuple(titles), codes


@dataclass(frozen=True, slots=True, eq=False)
class _Quarters:
    names: tuple[str, ...]
    codes: NDArray[np.int32]


def _metadata(texts: Sequence[str | None]) -> Mapping[str, list[str | None] | _Quarters]:
    """Metadata key -> the name of every item's slice (None for none), or quarters of numbers; only keys that part."""
    different = list({found for found in texts if found})
    place = {found: position for position, found in enumerate(different)}
    # One text for all: a parser that starts once is four times as quick.
    objects = [found if isinstance(found, dict) else {} for found in loads(f"[{','.join(different)}]")]
    items = [len(different) if found is None else place.get(found, len(different)) for found in texts]
    columns: dict[str, list[str | None] | _Quarters] = {}
    for key in dict.fromkeys(key for one in objects for key in one):
        names = _names([one.get(key) for one in objects])
        if names is None:
            continue
        used = {name for name in names if name}
        if 2 <= len(used) <= MOST_NAMES:
            columns[key] = _picked(names, items)
        elif len(used) > MOST_NAMES and all(_number(name) is not None for name in used):
            columns[key] = _quarters(_picked(names, items))
    return columns


def _picked(names: Sequence[str | None], places: Sequence[int]) -> list[str | None]:
    padded = [*names, None]
    return [padded[place] for place in places]


def _names(values: Sequence[object]) -> list[str | None] | None:
    """Values of the metadata as names; None where one of them is a list or an object, and so no name."""
    kinds = set(map(type, values))
    if kinds & {list, dict}:
        return None
    if bool in kinds and kinds & {int, float}:
        return [_written(value) for value in values]  # True and 1 are the same key of a dictionary
    known = {value: _written(value) for value in set(values)}
    return [known[value] for value in values]


def _written(value: object) -> str | None:
    """A value of the metadata as a name; None for no value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}" if isfinite(value) else None
    return str(value).strip() or None if isinstance(value, str | int) else None


def _quarters(values: Sequence[str | None]) -> _Quarters:
    """Four parts of about the same size, named by what is in them; equal numbers stay together."""
    numbers = np.array([np.nan if found is None else float(found) for found in values])
    there = ~np.isnan(numbers)
    edges = np.unique(np.quantile(numbers[there], [0.25, 0.5, 0.75], method="lower"))
    part = np.where(there, np.searchsorted(edges, numbers), -1)
    used = [found for found in range(len(edges) + 1) if np.any(part == found)]
    names = tuple(_range(numbers[part == found]) for found in used)
    return _Quarters(names, np.where(part < 0, -1, np.searchsorted(used, part)).astype(np.int32))


def _range(numbers: NDArray[np.float64]) -> str:
    low, high = f"{numbers.min():.6g}", f"{numbers.max():.6g}"
    return low if low == high else f"{low} to {high}"
