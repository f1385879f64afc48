"""What a format is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.models.exchange import ColumnType

__all__ = ["Cell", "ColumnType", "Format", "Write"]

Cell = str | int | float | None
"""One value of an export; None is "not there"."""

Write = Callable[[Mapping[str, ColumnType], Iterable[Sequence[Sequence[Cell]]]], Iterator[bytes]]
"""Columns with their types, and batches of rows -> the file, a piece at a time."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write rows to a file.

    Attributes:
        key: Its name on the command line and in addresses; also the file's ending.
        title: Its name for people.
        media_type: For the browser.
        write: See `Write`.
    """

    key: str
    title: str
    media_type: str
    write: Write
