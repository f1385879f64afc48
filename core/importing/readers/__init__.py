"""Readers: a file in, records out, the same for every format.

One module a format. Every reader streams in bounded memory except JSON and XLSX, which are read whole and therefore
limited in size. What is wrong with a file is a `FileProblem` that says where, what was found and what was expected.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Protocol

from core.importing.readers import csv, json, jsonl, npy, parquet, xlsx
from core.importing.readers.format import FileFormat, Kind
from core.importing.readers.recognition import detect_format
from core.importing.readers.text import text_head
from core.importing.rows import SourceRow

__all__ = ["READERS", "FileFormat", "Kind", "columns", "count_hint", "detect_format", "read_rows"]


class Reader(Protocol):
    """Reads one format."""

    def __call__(self, path: Path, file_format: FileFormat, *, name: str | None = None) -> Iterator[SourceRow]:
        """The records of a file."""


READERS: Mapping[Kind, Reader] = {
    "csv": csv.read,
    "jsonl": jsonl.read,
    "json": json.read,
    "parquet": parquet.read,
    "xlsx": xlsx.read,
    "npy": npy.read,
}


def read_rows(path: Path, format: FileFormat, *, name: str | None = None) -> Iterator[SourceRow]:  # noqa: A002 - the word everybody uses
    """The records of a file, one after the other.

    Args:
        path: The file.
        format: What `detect_format` said, or what a person declared.
        name: The file's name in messages; None: the path's own.

    Raises:
        FileProblem: While reading, at the first thing that is wrong.
    """
    return READERS[format.kind](path, format, name=name)


def columns(path: Path, format: FileFormat, *, name: str | None = None, sample: int = 200) -> tuple[str, ...]:  # noqa: A002 - as above
    """The columns or keys of the first `sample` records, in the order first seen.

    Raises:
        FileProblem: As `read_rows`.
    """
    seen: dict[str, None] = {}
    for row in islice(read_rows(path, format, name=name), sample):
        seen.update(dict.fromkeys(row.values))
    return tuple(seen)


def count_hint(path: Path, format: FileFormat) -> int | None:  # noqa: A002 - as above
    """About how many records, without reading them all: for a progress bar, never for a number that is shown as one.

    Returns:
        Exact for Parquet and NPY; from the first records' length for CSV and JSON Lines; None for JSON and XLSX.
    """
    if format.kind == "parquet":
        return parquet.count_rows(path)
    if format.kind == "npy":
        return npy.count_rows(path)
    if format.kind in ("json", "xlsx"):
        return None
    head = text_head(path, format.encoding)
    size, seen = path.stat().st_size, len(head.encode(format.encoding, "replace"))
    records = csv.count_records(head, format.delimiter) if format.kind == "csv" else _filled_lines(head)
    return round(records * size / seen) if seen else 0


def _filled_lines(text: str) -> int:
    return sum(not line.isspace() and bool(line) for line in text.split("\n"))
