"""One column per rater."""

from collections.abc import Iterator

from core.importing.mapping import RatingsEntry
from core.importing.shapes.cell import Cell, Cells, Shape, given
from core.importing.templates import Values, getter


def prepare(entry: RatingsEntry) -> Cells:
    """`columns` maps each column to its rater, who is `@column` in templates."""
    raters = [(column, rater, getter(column)) for column, rater in entry.column_names.items()]

    def cells(values: Values) -> Iterator[Cell]:
        for column, rater, value in raters:
            yield Cell(given(values, column=rater), value(values), column=column)

    return cells


def columns(entry: RatingsEntry) -> tuple[str, ...]:
    """Every rater's column."""
    return tuple(entry.column_names)


SHAPE = Shape("columns", "One row per item, one column per rater.", ("columns",), prepare, columns, rater="{@column}")
