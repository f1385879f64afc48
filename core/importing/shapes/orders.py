"""One column per presentation order of a pair."""

from collections.abc import Iterator

from core.errors import BadInput, shortened
from core.importing.mapping import RatingsEntry
from core.importing.shapes.cell import Cell, Cells, Shape, given
from core.importing.templates import Values, getter


def prepare(entry: RatingsEntry) -> Cells:
    """`columns` maps each column to the order in which the pair was shown: AB or BA.

    Raises:
        BadInput: Another order.
    """
    for column, order in entry.column_names.items():
        if order not in ("AB", "BA"):
            raise BadInput(where=f'ratings, column "{column}"', found=shortened(order), expected="the order AB or BA")
    orders = [(column, order, getter(column)) for column, order in entry.column_names.items()]

    def cells(values: Values) -> Iterator[Cell]:
        for column, order, value in orders:
            yield Cell(given(values, column=column), value(values), order=order, column=column)

    return cells


def columns(entry: RatingsEntry) -> tuple[str, ...]:
    """Every order's column."""
    return tuple(entry.column_names)


SHAPE = Shape(
    "orders", "One row per pair and rater, one column per presentation order.", ("columns", "rater"), prepare, columns,
    kind="judge",
)  # fmt: skip
