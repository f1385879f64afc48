"""Nested: a list of scores per item, without rater ids; the n-th score is the n-th anonymous seat's."""

from collections.abc import Iterator

from core.errors import shortened
from core.importing.mapping import RatingsEntry
from core.importing.shapes.cell import Cell, Cells, RowProblem, Shape, given, is_empty
from core.importing.templates import Template, Values, getter


def prepare(entry: RatingsEntry) -> Cells:
    """`path` leads to the list; `@column` in it stands for each of `columns`, which map to criteria.

    A position is `@key` (from 1), a score `@value`; `value` says where in a score that is an object the value stands.
    """
    columns_ = entry.column_names
    lists: list[tuple[str | None, str]] = [
        (criterion, entry.path.replace("@column", column)) for column, criterion in columns_.items()
    ] or [(None, entry.path)]
    gets = [(criterion, path, getter(path)) for criterion, path in lists]
    value = Template(entry.value).value if entry.value else None

    def cells(values: Values) -> Iterator[Cell]:
        for criterion, path, get in gets:
            scores = get(values)
            if is_empty(scores):
                continue
            if not isinstance(scores, list):
                raise RowProblem(found=shortened(scores), expected="a list of scores", column=path)
            for seat, score in enumerate(scores, start=1):
                row = given(values, key=seat, value=score)
                yield Cell(row, value(row) if value else score, criterion=criterion, column=f"{path}.{seat - 1}")

    return cells


def columns(entry: RatingsEntry) -> tuple[str, ...]:
    """Every list."""
    return tuple(entry.path.replace("@column", column) for column in entry.column_names) or (entry.path,)


SHAPE = Shape(
    "scores", "A list of scores per item, without rater ids.", ("path",), prepare, columns,
    rater="seat {@key}", kind="seat",
)  # fmt: skip
