"""Readers: a file in, records out, the same for every format.

One module a format. Every reader streams in bounded memory except JSON and XLSX, which are read whole and therefore
limited in size. What is wrong with a file is a `FileProblem` that says where, what was found and what was expected.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Protocol

from core.importing.readers import csv, json, jsonl
from core.importing.readers.format import FileFormat, Kind
from core.importing.readers.recognition import detect_format
from core.importing.rows import SourceRow

__all__ = ["READERS", "FileFormat", "Kind", "columns", "detect_format", "read_rows"]


class Reader(Protocol):
    """Reads one format."""

    def __call__(self, path: Path, file_format: FileFormat, *, name: str | None = None) -> Iterator[SourceRow]:
        """The records of a file."""


READERS: Mapping[Kind, Reader] = {"csv": csv.read, "jsonl": jsonl.read, "json": json.read}


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
