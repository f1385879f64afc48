"""CSV and TSV: a header, then one record a row; every cell is text."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice
from pathlib import Path

from core.errors import FileProblem, shortened
from core.importing.readers.format import CELL_LIMIT, COLUMN_LIMIT, FileFormat
from core.importing.readers.text import numbered_lines, require_file, shown_name
from core.importing.rows import SourceRow

DELIMITERS = (",", ";", "\t", "|")


def read(path: Path, file_format: FileFormat, *, name: str | None = None) -> Iterator[SourceRow]:
    """The records, streamed; blank lines are skipped, empty cells are "".

    Quoting is strict: a quote inside a quoted cell is doubled. Line breaks inside quotes belong to the cell.

    Raises:
        FileProblem: No header, no rows, an empty or doubled column name, a row with another number of fields, a quote
            that is never closed, a cell or line above the limit, a NUL, undecodable bytes.
    """
    file = shown_name(path, name)
    require_file(path, file)
    csv.field_size_limit(CELL_LIMIT)
    lines = numbered_lines(path, file_format.encoding, file)
    records = csv.reader(lines, delimiter=file_format.delimiter, strict=True)
    start = 1
    header: list[str] = []
    width, rows = -1, 0
    try:
        for cells in records:
            if len(cells) == width:
                rows += 1
                yield SourceRow(start, dict(zip(header, cells, strict=True)))
            elif cells and not header:
                header = check_header([cell.strip() for cell in cells], file, start)
                width = len(header)
            elif cells:
                raise _wrong_width(file, start, cells, header)
            start = records.line_num + 1
    except csv.Error as error:
        raise _plain(error, path, file_format, file, start) from error
    if not header:
        raise FileProblem(file=file, found="blank lines only", expected="a header and rows")
    if rows == 0:
        raise FileProblem(file=file, found="a header and no rows", expected="at least one row below the header")


def count_records(text: str, delimiter: str) -> int:
    """Records below the header in a piece of a table; what stands after a broken one isn't counted."""
    csv.field_size_limit(CELL_LIMIT)
    count = -1
    try:
        for cells in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            count += bool(cells)
    except csv.Error:
        pass
    return max(count, 0)


def check_header(header: Sequence[str], file: str, line: int | None) -> list[str]:
    """The column names, if each is there and stands once.

    Raises:
        FileProblem: An empty name, a doubled one, or too many columns.
    """
    if len(header) > COLUMN_LIMIT:
        found, expected = f"{len(header):,} columns", f"at most {COLUMN_LIMIT:,}"
        raise FileProblem(file=file, line=line, found=found, expected=expected)
    for position, column in enumerate(header, start=1):
        if not column:
            found = f"an empty name for column {position}"
            raise FileProblem(file=file, line=line, found=found, expected="a name for every column")
    column, times = Counter(header).most_common(1)[0]
    if times > 1:
        found = f"{times} columns of this name"
        raise FileProblem(file=file, line=line, column=column, found=found, expected="every column name once")
    return list(header)


def _wrong_width(file: str, line: int, cells: Sequence[str], header: Sequence[str]) -> FileProblem:
    fields = f"{len(cells)} field{'' if len(cells) == 1 else 's'}"
    return FileProblem(file=file, line=line, found=fields, expected=f"{len(header)}, as in the header")


def _plain(error: csv.Error, path: Path, file_format: FileFormat, file: str, start: int) -> FileProblem:
    """What the csv module says, in plain words, with the line on which the trouble begins."""
    message = str(error)
    quote = _open_quote(path, file_format, file, start)
    if "unexpected end" in message:
        return FileProblem(
            file=file, line=quote or start, found="a quote that is never closed", expected='a closing " before the end'
        )
    if "field limit" in message:
        found = f"a cell of more than {CELL_LIMIT:,} characters"
        hint = f" (is the quote opened in line {quote} ever closed?)" if quote else ""
        return FileProblem(file=file, line=start, found=found, expected=f"at most {CELL_LIMIT:,}{hint}")
    if "expected after" in message:
        found = "text after a closing quote"
        return FileProblem(
            file=file, line=start, found=found, expected='the delimiter, or every " inside a quoted cell doubled'
        )
    return FileProblem(file=file, line=start, found=shortened(message), expected="a CSV record")


def _open_quote(path: Path, file_format: FileFormat, file: str, start: int) -> int | None:
    """The line with the quote that opens a cell and isn't closed, reading on from the record that failed."""
    state, opened, seen = "before", start, 0
    for number, line in enumerate(islice(numbered_lines(path, file_format.encoding, file), start - 1, None), start):
        for char in line:
            if state == "quoted":
                state = "closing" if char == '"' else "quoted"
            elif char == '"' and state in ("before", "closing"):
                opened = number if state == "before" else opened
                state = "quoted"
            else:
                state = "before" if char in (file_format.delimiter, "\n", "\r") else "inside"
        seen += len(line)
        if seen > 2 * CELL_LIMIT:
            break
    return opened if state == "quoted" else None
