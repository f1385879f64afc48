"""JSON Lines: one object a row, values that are not there are null."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from json import dumps

from core.exporting.formats.face import Cell, ColumnType, Format


def write(columns: Mapping[str, ColumnType], batches: Iterable[Sequence[Sequence[Cell]]]) -> Iterator[bytes]:
    """The file, a batch at a time."""
    names = tuple(columns)
    for batch in batches:
        yield "".join(dumps(dict(zip(names, row, strict=True)), allow_nan=False) + "\n" for row in batch).encode()


FORMAT = Format(key="jsonl", title="JSON Lines", media_type="application/x-ndjson", write=write)
