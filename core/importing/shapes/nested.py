"""Nested objects: rater -> item -> value, item -> rater -> value, or rater -> criterion -> value inside a row."""

from collections.abc import Iterator, Mapping

from core.errors import shortened
from core.importing.mapping import RatingsEntry
from core.importing.shapes.cell import Cell, Cells, RowProblem, Shape, given, is_empty
from core.importing.templates import ABSENT, Template, Values, at_path, getter

_ROW_KEY = "_key"


def prepare(entry: RatingsEntry) -> Cells:
    """`path` leads to an object (the whole row where unset); each of its keys is `@key`, each value `@value`.

    `columns` maps keys inside `@value` to criteria; without them `value` (or `@value` itself) is the value.
    """
    find = getter(entry.path) if entry.path else _whole
    criteria = list(entry.column_names.items())
    value = Template(entry.value).value if entry.value else None

    def cells(values: Values) -> Iterator[Cell]:
        found = find(values)
        if is_empty(found):
            return
        if not isinstance(found, Mapping):
            raise RowProblem(found=shortened(found), expected="an object", column=entry.path)
        for key, inner in found.items():
            row = given(values, key=key, value=inner)
            column = f"{entry.path}.{key}" if entry.path else str(key)
            for name, criterion in criteria:
                yield Cell(row, at_path(inner, name), criterion=criterion, column=f"{column}.{name}")
            if not criteria:
                yield Cell(row, value(row) if value else inner, column=column)

    return cells


def _whole(values: Values) -> object:
    return {key: value for key, value in values.items() if key != _ROW_KEY} or ABSENT


def columns(entry: RatingsEntry) -> tuple[str, ...]:
    """The object's path."""
    return (entry.path,) if entry.path else ()


SHAPE = Shape("nested", "Objects inside each other: rater, item and value by their keys.", ("rater",), prepare, columns)
