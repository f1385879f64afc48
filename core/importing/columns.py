"""What a sample of cells says about a column: type, range, different values."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

VALUES_KEPT = 50
_VALUE_LENGTH = 80

ValueType = Literal["integer", "number", "boolean", "text", "list", "object", "empty"]
ColumnType = Literal["integer", "number", "boolean", "text", "list", "object", "empty", "mixed"]


@dataclass(frozen=True, slots=True)
class DetectedColumn:
    """What the sampled rows hold in one column.

    Attributes:
        name: The column or top-level key.
        type: What all its filled cells are; "7" in a text table is an integer; "mixed" for lists beside text and the
            like; "empty" if no cell is filled.
        empty_share: Share of rows (0..1) where it is missing, None or "".
        values: Different filled values as text, in the order first seen, at most 50, each cut to 80 characters.
        more_values: Whether there are more different values than `values` has.
        mean_length: Mean characters of a filled cell; 0 if there is none.
        low: Smallest number, if all filled cells are numbers.
        high: Largest number, likewise.
        keys: Keys of its objects (or of the objects in its lists) in the order first seen, at most 50.
        holds_counts: Whether every filled cell is an object of whole numbers from 0.
    """

    name: str
    type: ColumnType
    empty_share: float
    values: tuple[str, ...]
    more_values: bool
    mean_length: float
    low: float | None = None
    high: float | None = None
    keys: tuple[str, ...] = ()
    holds_counts: bool = False


_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


def type_of(value: object) -> ValueType:
    """What a cell holds; text that spells a number or a boolean counts as that."""
    kinds: tuple[tuple[type | tuple[type, ...], ValueType], ...] = (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (list, "list"),
        (dict, "object"),
    )
    for python_type, kind in kinds:
        if isinstance(value, python_type):
            return kind
    text = "" if value is None else str(value).strip()
    if not text:
        return "empty"
    if _INTEGER.fullmatch(text):
        return "integer"
    if _NUMBER.fullmatch(text):
        return "number"
    return "boolean" if text.casefold() in ("true", "false") else "text"


def described(name: str, cells: Sequence[object]) -> DetectedColumn:
    """The column these cells are from; at least one cell."""
    kinds = [type_of(cell) for cell in cells]
    filled = [cell for cell, kind in zip(cells, kinds, strict=True) if kind != "empty"]
    kind = _common(Counter(kinds))
    different = dict.fromkeys(str(cell)[:_VALUE_LENGTH] for cell in filled)
    numbers = [float(str(cell)) for cell in filled] if kind in ("integer", "number") else []
    return DetectedColumn(
        name=name,
        type=kind,
        empty_share=1 - len(filled) / len(cells),
        values=tuple(islice(different, VALUES_KEPT)),
        more_values=len(different) > VALUES_KEPT,
        mean_length=sum(len(str(cell)) for cell in filled) / len(filled) if filled else 0.0,
        low=min(numbers, default=None),
        high=max(numbers, default=None),
        keys=tuple(islice(dict.fromkeys(key for cell in filled for key in _keys(cell)), VALUES_KEPT)),
        holds_counts=bool(filled) and all(_is_counts(cell) for cell in filled),
    )


def _common(kinds: Counter[ValueType]) -> ColumnType:
    found = set(kinds) - {"empty"}
    if not found:
        return "empty"
    if found <= {"integer", "number"}:
        return "number" if "number" in found else "integer"
    if len(found) == 1:
        return next(iter(found))
    return "mixed" if found & {"list", "object"} else "text"


def _keys(cell: object) -> Iterable[str]:
    if isinstance(cell, dict):
        return cell
    return (key for entry in cell if isinstance(entry, dict) for key in entry) if isinstance(cell, list) else ()


def _is_counts(cell: object) -> bool:
    return isinstance(cell, dict) and bool(cell) and all(type(value) is int and value >= 0 for value in cell.values())
