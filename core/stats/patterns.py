"""Units with the same ratings are the same row: find the different rows once, and how often each occurs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.stats.arrays import FloatArray, IntArray

_EXACT = 2**53
COUNTABLE = 2**22
"""Keys below this are counted, not sorted."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """The different rows among many units.

    Attributes:
        rows: patterns x positions, small whole numbers.
        frequency: How many units have each pattern.
        of_unit: The pattern of every unit.
    """

    rows: NDArray[np.int32]
    frequency: IntArray
    of_unit: IntArray


def unique_rows(
    units: NDArray[np.integer],
    positions: NDArray[np.integer],
    digits: NDArray[np.integer] | None,
    *,
    base: int,
    n_positions: int,
    n_units: int,
) -> Patterns:
    """The different rows of a sparse units x positions array of digits below `base`.

    Every unit's digits are packed into whole numbers small enough to be exact, so that neither the array itself nor a
    sort of its rows is needed.

    Args:
        units: Row of each entry.
        positions: Column of each entry; entries of one cell are added up.
        digits: Entry of each cell; None means 1 everywhere.
        base: Larger than the largest sum of a cell.
        n_positions: Positions of a row.
        n_units: Number of rows, empty ones included.
    """
    per_key = max(1, int(np.floor(np.log(_EXACT) / np.log(max(base, 2)))))
    labels = np.zeros(n_units, dtype=np.int64)
    parts: list[NDArray[np.int32]] = []
    for start in range(0, n_positions, per_key):
        stop = min(start + per_key, n_positions)
        keys = _keys(units, positions, digits, base=base, start=start, stop=stop, n_units=n_units)
        different, inverse = _unique(keys)
        joint = labels * len(different) + inverse
        joined, labels = _unique(joint) if parts else (different, inverse)
        places = base ** np.arange(stop - start, dtype=np.int64)
        new = joined % len(different) if parts else np.arange(len(different))
        old = joined // len(different)
        parts = [part[old] for part in parts] if parts else []
        parts.append(((different[new][:, None] // places) % base).astype(np.int32))
    rows = np.concatenate(parts, axis=1) if parts else np.zeros((1, 0), dtype=np.int32)
    return Patterns(rows, np.bincount(labels, minlength=len(rows)), labels)


def _keys(
    units: NDArray[np.integer],
    positions: NDArray[np.integer],
    digits: NDArray[np.integer] | None,
    *,
    base: int,
    start: int,
    stop: int,
    n_units: int,
) -> IntArray:
    worth: FloatArray = np.zeros(max(int(positions.max(initial=0)) + 1, stop), dtype=np.float64)
    worth[start:stop] = float(base) ** np.arange(stop - start)
    weights = worth[positions] if digits is None else worth[positions] * digits
    return np.bincount(units, weights=weights, minlength=n_units).astype(np.int64)


def _unique(keys: IntArray) -> tuple[IntArray, IntArray]:
    """Different keys in rising order, and the place of every key among them; counting instead of sorting if small."""
    top = int(keys.max(initial=0))
    if top >= COUNTABLE:
        different, inverse = np.unique(keys, return_inverse=True)
        return different, inverse.astype(np.int64).reshape(-1)
    present = np.bincount(keys, minlength=top + 1) > 0
    return np.flatnonzero(present), (np.cumsum(present) - 1)[keys]
