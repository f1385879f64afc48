"""A probability per option, as columns, as a list, or in an array file beside (read as columns p0, p1, ...)."""

from collections.abc import Callable, Iterator, Mapping
from math import isfinite

from core.errors import BadInput, shortened
from core.importing.mapping import RatingsEntry
from core.importing.shapes.cell import Cell, Cells, RowProblem, Shape, is_empty
from core.importing.templates import Template, Values, getter

_Shares = Callable[[Values], Mapping[str, float] | None]

TOLERANCE = 0.01
"""How far the sum may be from 1: arrays are kept with few digits."""

TIED = "@tied"
"""The raw value where the highest probability is shared and the mapping names no value: no option is made up."""


def prepare(entry: RatingsEntry) -> Cells:
    """`columns` maps columns to options; with `path`, a list whose places are the options in the order of `columns`.

    The value is what `value` says, else the option of the highest probability.

    Raises:
        BadInput: An option stands twice.
    """
    names = entry.column_names
    options = list(names.values())
    if len(set(options)) < len(options):
        raise BadInput(where="ratings, columns", found=f"options {shortened(options)}", expected="every option once")
    shares = _from_list(entry.path, options) if entry.path else _from_columns(names)
    value = Template(entry.value).value if entry.value else None

    def cells(values: Values) -> Iterator[Cell]:
        found = shares(values)
        if found is None:
            return
        raw = value(values) if value else _highest(found)
        yield Cell(values, raw, probabilities=found, column=entry.path or next(iter(names)))

    return cells


def _from_columns(names: Mapping[str, str]) -> _Shares:
    gets = [(column, option, getter(column)) for column, option in names.items()]

    def read(values: Values) -> Mapping[str, float] | None:
        raw = [(column, option, get(values)) for column, option, get in gets]
        if all(is_empty(value) for _, _, value in raw):
            return None
        return _checked({option: _share(value, column) for column, option, value in raw}, raw[0][0])

    return read


def _from_list(path: str, options: list[str]) -> _Shares:
    get = getter(path)

    def read(values: Values) -> Mapping[str, float] | None:
        found = get(values)
        if is_empty(found):
            return None
        if not isinstance(found, list) or len(found) != len(options):
            n = f"{len(found)} numbers" if isinstance(found, list) else shortened(found)
            raise RowProblem(found=n, expected=f"a list of {len(options)} probabilities", column=path)
        pairs = zip(options, found, strict=True)
        return _checked({option: _share(share, path) for option, share in pairs}, path)

    return read


def _share(value: object, column: str) -> float:
    try:
        share = float(value)  # type: ignore[arg-type] # what is no number is refused below
    except (TypeError, ValueError):
        share = -1.0
    if not isfinite(share) or not 0 <= share <= 1 + TOLERANCE:
        raise RowProblem(found=shortened(value), expected="a probability from 0 to 1", column=column)
    return share


def _checked(shares: dict[str, float], column: str) -> Mapping[str, float]:
    total = sum(shares.values())
    if abs(total - 1) > TOLERANCE:
        raise RowProblem(found=f"probabilities with the sum {total:.4g}", expected="the sum 1", column=column)
    return shares


def _highest(shares: Mapping[str, float]) -> object:
    top = max(shares.values())
    tops = [option for option, share in shares.items() if share == top]
    return tops[0] if len(tops) == 1 else TIED


def columns(entry: RatingsEntry) -> tuple[str, ...]:
    """Every option's column, or the list."""
    return (entry.path,) if entry.path else tuple(entry.column_names)


SHAPE = Shape("probabilities", "A probability for every option.", ("columns", "rater"), prepare, columns, kind="judge")
