"""What every shape yields for a row, and what it raises for a row it cannot read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.importing.mapping import RatingsEntry
from core.importing.templates import ABSENT, Values


class RowProblem(Exception):
    """A row that cannot be read; the import goes on to collect others.

    Args:
        found: What stood there, shortened.
        expected: What would have been accepted.
        column: Where in the row; "" for the whole of it.
    """

    def __init__(self, *, found: str, expected: str, column: str = "") -> None:
        self.found, self.expected, self.column = found, expected, column
        super().__init__(f"{column}: {found}; {expected}")


class Cell(NamedTuple):
    """One rating, before its value is understood.

    Attributes:
        values: The row, with the names that the shape gives (`@column`, `@key`, `@value`).
        raw: What the file writes; `ABSENT` where the row has nothing there.
        criterion, order: Where the shape knows them; else the mapping's templates say.
        probabilities: Option key -> probability.
        column: Where the value stands, for messages.
    """

    values: Values
    raw: object
    criterion: str | None = None
    order: str | None = None
    probabilities: Mapping[str, float] | None = None
    column: str = ""


Cells = Callable[[Values], Iterator[Cell]]
"""From a row to its ratings."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A registered shape.

    Attributes:
        name: What a mapping calls it.
        sentence: What it is, for the wizard.
        needs: Entries of the mapping's `[[ratings]]` that it cannot do without; "a|b" is one of them.
        prepare: Compiles an entry.
        columns: The columns an entry reads, where they must exist.
        rater, kind: Templates where the mapping names none; rater None: it has to.
    """

    name: str
    sentence: str
    needs: tuple[str, ...]
    prepare: Callable[[RatingsEntry], Cells]
    columns: Callable[[RatingsEntry], tuple[str, ...]]
    rater: str | None = None
    kind: str = "person"


def given(values: Values, **names: object) -> Values:
    """The row with names that a shape gives."""
    return {**values, **{f"@{name}": value for name, value in names.items()}}


def is_empty(value: object) -> bool:
    """Whether there is nothing: no such path, null, or an empty cell."""
    return value is ABSENT or value is None or value == ""
