"""Counts per option: n anonymous raters chose it."""

from collections.abc import Iterator

from core.errors import shortened
from core.importing.mapping import RatingsEntry
from core.importing.shapes.cell import Cell, Cells, RowProblem, Shape, given, is_empty
from core.importing.templates import Values, getter, plain

MOST = 10_000
"""Votes for one option of one item."""


def prepare(entry: RatingsEntry) -> Cells:
    """`columns` maps each count to its option; seats are numbered through (`@key`). No count is a count of 0."""
    counts = [(column, option, getter(column)) for column, option in entry.column_names.items()]

    def cells(values: Values) -> Iterator[Cell]:
        seat = 0
        for column, option, get in counts:
            for _ in range(_count(get(values), column)):
                seat += 1
                yield Cell(given(values, key=seat, column=column), option, column=column)

    return cells


def _count(value: object, column: str) -> int:
    if is_empty(value):
        return 0
    text = plain(value).strip()
    if not text.isascii() or not text.removesuffix(".0").isdigit() or float(text) > MOST:
        raise RowProblem(found=shortened(value), expected=f"a count from 0 to {MOST:,}", column=column)
    return int(float(text))


def columns(entry: RatingsEntry) -> tuple[str, ...]:  # noqa: ARG001 - every shape is asked
    """None that must exist: an option nobody chose may be left out."""
    return ()


SHAPE = Shape(
    "counts", "How many anonymous raters chose each option.", ("columns",), prepare, columns,
    rater="seat {@key}", kind="seat",
)  # fmt: skip
