"""CSV in UTF-8 with a byte order mark (spreadsheet programs need it), text cells that start a formula neutralised."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO

from core.exporting.formats.face import Cell, ColumnType, Format
from core.rendering import spreadsheet_safe


def write(columns: Mapping[str, ColumnType], batches: Iterable[Sequence[Sequence[Cell]]]) -> Iterator[bytes]:
    """The file, a batch at a time; numbers are written as numbers and never neutralised."""
    page = StringIO(newline="")
    lines = csv.writer(page, lineterminator="\r\n")
    lines.writerow(columns)
    yield b"\xef\xbb\xbf" + page.getvalue().encode()
    for batch in batches:
        page.seek(0)
        page.truncate()
        lines.writerows([[_shown(cell) for cell in row] for row in batch])
        yield page.getvalue().encode("utf-8", errors="surrogatepass")


def _shown(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    return spreadsheet_safe(cell.replace("\x00", "\ufffd")) if isinstance(cell, str) else cell


FORMAT = Format(key="csv", title="CSV (spreadsheets)", media_type="text/csv; charset=utf-8", write=write)
