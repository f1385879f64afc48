"""XLSX: the first or a named sheet, first row with anything in it as header; stored values, never recomputed ones."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice, repeat
from pathlib import Path
from typing import BinaryIO, Protocol
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from core.errors import FileProblem, shortened
from core.importing.readers.csv import check_header
from core.importing.readers.format import WHOLE_FILE_LIMIT, FileFormat
from core.importing.readers.json import check_value, too_large
from core.importing.readers.text import require_file, shown_name
from core.importing.rows import SourceRow

UNPACKED_LIMIT = 500_000_000
"""Bytes of all parts of the file, unpacked: a few kilobytes of zip can hold gigabytes."""

ROW_LIMIT = 1_048_576
"""Rows of a sheet, by the format's own rule; a damaged row number would otherwise mean endless empty rows."""

_PIECE = 1 << 20
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_TYPE_DEFINITION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, ParseError, KeyError, IndexError, ValueError, TypeError, AttributeError, EOFError,
    OSError, NotImplementedError, RuntimeError,
)  # fmt: skip


class _Cell(Protocol):
    """What is used of openpyxl's read-only cells."""

    @property
    def value(self) -> object: ...
    @property
    def data_type(self) -> str: ...


def read(path: Path, file_format: FileFormat, *, name: str | None = None) -> Iterator[SourceRow]:
    """The rows of a sheet; empty cells are None, dates ISO text, empty rows are left out.

    A formula counts with the value stored beside it by the program that saved the file.

    Raises:
        FileProblem: A formula without a stored value, an error cell (#N/A), an empty or doubled column name, a value
            beyond the header, no rows, no such sheet, a damaged file, a file above the limits.
    """
    file = shown_name(path, name)
    size = require_file(path, file)
    if size > WHOLE_FILE_LIMIT:
        raise too_large(file, size, "XLSX")
    header: list[str] | None = None
    rows = 0
    with path.open("rb") as stream:
        for line, cells in _checked(stream, file_format.sheet, file):
            if header is None:
                header = check_header(["" if cell is None else str(cell).strip() for cell in cells], file, line)
                continue
            if len(cells) > len(header):
                found = f"a value in column {get_column_letter(len(cells))}"
                expected = f"{len(header)} columns, as in the header"
                raise FileProblem(file=file, line=line, found=found, expected=expected)
            rows += 1
            yield SourceRow(line, dict(zip(header, [*cells, *repeat(None, len(header) - len(cells))], strict=True)))
    if rows == 0:
        found = "an empty sheet" if header is None else "a header and no rows"
        raise FileProblem(file=file, found=found, expected="a header and at least one row")


def _checked(stream: BinaryIO, sheet: str | None, file: str) -> Iterator[tuple[int, Sequence[object]]]:
    """Row number and plain values of every row that isn't empty, without the empty cells at its end."""
    try:
        passes = [_cells(stream, sheet, file, stored_values=True)]
        if _has_formulas(stream, file):
            passes.append(_cells(stream, sheet, file, stored_values=False))
        for line, row in enumerate(zip(*passes, strict=True), start=1):
            if line > ROW_LIMIT:
                raise FileProblem(file=file, line=line, found="a further row", expected=f"at most {ROW_LIMIT:,} rows")
            formulas = row[1] if len(row) > 1 else repeat(None)
            cells = [
                _plain(cell, formula, file, line, column)
                for column, (cell, formula) in enumerate(zip(row[0], formulas, strict=False), start=1)
            ]
            while cells and cells[-1] in (None, ""):
                cells.pop()
            if cells:
                yield line, cells
    except _DAMAGE as error:
        found = f"a damaged XLSX file ({shortened(str(error))})"
        raise FileProblem(file=file, found=found, expected="a whole one: open it and save it again") from error


def _has_formulas(stream: BinaryIO, file: str) -> bool:
    """Whether any sheet has formulas; refuses what could grow without limit while it is parsed."""
    found = False
    with zipfile.ZipFile(stream) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > UNPACKED_LIMIT:
            text = f"{unpacked:,} bytes when unpacked"
            raise FileProblem(file=file, found=text, expected=f"at most {UNPACKED_LIMIT:,}; convert it to CSV")
        for part in archive.infolist():
            if not part.filename.endswith((".xml", ".rels")):
                continue
            with archive.open(part) as content:
                before = b""
                while piece := content.read(_PIECE):
                    window = before[-32:] + piece
                    if _TYPE_DEFINITION.search(window):
                        text = "a document type definition inside the XLSX file"
                        raise FileProblem(file=file, found=text, expected="a file saved by a spreadsheet program")
                    if part.filename.startswith("xl/worksheets/"):
                        found = found or _FORMULA.search(window) is not None
                    before = piece
    return found


def _cells(stream: BinaryIO, sheet: str | None, file: str, *, stored_values: bool) -> Iterator[Sequence[_Cell]]:
    book = load_workbook(stream, read_only=True, data_only=stored_values, keep_links=False)
    sheets = {tab.title: tab for tab in book.worksheets}
    if not sheets or (sheet is not None and sheet not in sheets):
        found = "no sheet" if not sheets else f"no sheet {shortened(sheet)}"
        raise FileProblem(file=file, found=found, expected=f"one of {', '.join(sheets)}" if sheets else "a sheet")
    chosen = sheets[sheet] if sheet is not None else next(iter(sheets.values()))
    chosen.reset_dimensions()  # the size a file claims may be wrong
    return islice(chosen.iter_rows(), ROW_LIMIT + 1)


def _plain(cell: _Cell, formula: _Cell | None, file: str, line: int, column: int) -> object:
    value = cell.value
    place = f"{get_column_letter(column)}{line}"
    if cell.data_type == "e":
        raise FileProblem(
            file=file, line=line, column=place, found=f"the error {value}", expected="a value or an empty cell"
        )
    if value is None:
        # A stored empty text has the type "str"; nothing stored at all has none.
        if formula is not None and formula.data_type == "f" and cell.data_type != "str":
            raise _no_stored_value(formula.value, file, line, place)
        return "" if cell.data_type == "str" else None
    if isinstance(value, str):
        check_value(value, file, line, place)
        return value
    return _written_out(value)


def _no_stored_value(formula: object, file: str, line: int, place: str) -> FileProblem:
    text = formula if isinstance(formula, str) else getattr(formula, "text", None) or "="
    return FileProblem(
        file=file,
        line=line,
        column=place,
        found=f"the formula {shortened(text)} without a stored value",
        expected="a value: open and save the file in a spreadsheet program, or paste the cells as values",
    )


def _written_out(value: object) -> object:
    """Numbers and booleans as they are; a day as 2025-01-31, other times in ISO form."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else value
