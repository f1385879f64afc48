"""One row per item and rater, one column per criterion."""

from collections.abc import Iterator

from core.importing.mapping import RatingsEntry
from core.importing.shapes.cell import Cell, Cells, Shape, given
from core.importing.templates import Values, getter


def prepare(entry: RatingsEntry) -> Cells:
    """`columns` maps each column to its criterion."""
    criteria = [(column, criterion, getter(column)) for column, criterion in entry.column_names.items()]

    def cells(values: Values) -> Iterator[Cell]:
        for column, criterion, value in criteria:
            yield Cell(given(values, column=column), value(values), criterion=criterion, column=column)

    return cells


def columns(entry: RatingsEntry) -> tuple[str, ...]:
    """Every criterion's column."""
    return tuple(entry.column_names)


SHAPE = Shape(
    "criteria", "One row per item and rater, one column per criterion.", ("columns", "rater"), prepare, columns
)
