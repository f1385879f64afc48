"""One module a format; a format turns batches of rows into bytes, a piece at a time."""

from core.exporting.formats import csv_format, jsonl_format, parquet_format
from core.exporting.formats.face import Cell, Format

FORMATS: dict[str, Format] = {
    found.key: found for found in (csv_format.FORMAT, jsonl_format.FORMAT, parquet_format.FORMAT)
}
"""Every export format by its key."""

__all__ = ["FORMATS", "Cell", "Format"]
