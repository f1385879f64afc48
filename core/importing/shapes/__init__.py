"""Shapes: how ratings stand in a file. One module a shape; `SHAPES` is the table of them."""

from core.errors import BadInput, shortened
from core.importing.mapping import RatingsEntry
from core.importing.shapes import columns, counts, criteria, nested, orders, probabilities, rows, scores
from core.importing.shapes.cell import Cell, Cells, RowProblem, Shape

__all__ = ["SHAPES", "Cell", "Cells", "RowProblem", "Shape", "shape_of"]

SHAPES: dict[str, Shape] = {
    module.SHAPE.name: module.SHAPE
    for module in (rows, columns, criteria, orders, scores, nested, counts, probabilities)
}
"""Every shape by its name, in the order in which the wizard offers them."""


def shape_of(entry: RatingsEntry, *, where: str = "ratings") -> Shape:
    """The shape an entry names, if the entry has what it needs.

    Raises:
        BadInput: No such shape, or something it needs is not there.
    """
    shape = SHAPES.get(entry.shape)
    if shape is None:
        raise BadInput(where=f"{where}.shape", found=shortened(entry.shape), expected=f"one of {', '.join(SHAPES)}")
    for need in shape.needs:
        if not getattr(entry, need):
            raise BadInput(where=f"{where}.{need}", found="nothing", expected=f'it, for the shape "{shape.name}"')
    return shape
