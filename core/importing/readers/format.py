"""What a file is, and the limits every reader keeps."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["csv", "jsonl", "json", "parquet", "xlsx", "npy"]

CELL_LIMIT = 1_000_000
"""Characters in one cell or text: more is a broken file or a quote that was never closed, not something to grade."""

LINE_LIMIT = 16_000_000
"""Characters in one line: what a reader holds at most, whatever the file's size."""

COLUMN_LIMIT = 10_000
"""Columns of a table."""

DEPTH_LIMIT = 100
"""Lists and objects inside each other."""

WHOLE_FILE_LIMIT = 200_000_000
"""Bytes of a file that has to be read as a whole (JSON, XLSX)."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A file's format, detected or declared.

    Attributes:
        kind: Which reader reads it. TSV is `csv` with a tab as delimiter.
        encoding: Python's name of the text encoding (csv, jsonl, json).
        delimiter: What separates two cells (csv).
        sheet: Name of the sheet (xlsx); None: the first.
        records: Where in a JSON document the records are, keys joined by a dot ("data.instances"); None: found by
            looking for the longest list of objects.
    """

    kind: Kind
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str | None = None
    records: str | None = None
