"""One row per rating: item, rater, value."""

from collections.abc import Iterator

from core.importing.mapping import RatingsEntry
from core.importing.shapes.cell import Cell, Cells, Shape
from core.importing.templates import Template, Values


def prepare(entry: RatingsEntry) -> Cells:
    """The value stands where the template `value` says."""
    template = Template(entry.value or "")
    value, column = template.value, entry.value.strip("{}") if entry.value and len(template.paths) == 1 else ""

    def cells(values: Values) -> Iterator[Cell]:
        yield Cell(values, value(values), column=column)

    return cells


def columns(entry: RatingsEntry) -> tuple[str, ...]:
    """What the value template reads."""
    return Template(entry.value or "").paths


SHAPE = Shape("rows", "One row per rating: item, rater, value.", ("value", "rater"), prepare, columns)
