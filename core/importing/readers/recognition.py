"""Which format a file has: by what it contains first, by its name second."""

import csv
import json
import re
import zipfile
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from core.errors import FileProblem
from core.importing.readers.csv import DELIMITERS
from core.importing.readers.format import CELL_LIMIT, FileFormat
from core.importing.readers.json import find_records, load
from core.importing.readers.text import detect_encoding, head_of, require_file, shown_name, text_head

_SUPPORTED = "CSV, TSV, JSON, JSON Lines, Parquet, XLSX or NPY"
_FOREIGN = (
    (b"\x1f\x8b", "a gzip archive", "the file unpacked"),
    (b"BZh", "a bzip2 archive", "the file unpacked"),
    (b"\xfd7zXZ", "an xz archive", "the file unpacked"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "the file unpacked"),
    (b"7z\xbc\xaf", "a 7-zip archive", "the file unpacked"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "an .xlsx file: save it again in that format"),
    (b"%PDF", "a PDF", _SUPPORTED),
    (b"SQLite format 3", "an SQLite database", _SUPPORTED),
    (b"\x89PNG", "an image", _SUPPORTED),
    (b"\xff\xd8\xff", "an image", _SUPPORTED),
)
_RECORDS_SAMPLED = 200
_SURELY_JSON = re.compile(r'\[\s*\{|\{\s*"')


def detect_format(path: Path, name: str | None = None) -> FileFormat:
    """The format of a file.

    Args:
        path: The file.
        name: The name it was handed in under (an upload has another path); None: the path's own.

    Raises:
        FileProblem: Empty, a folder, not one of the supported formats, bytes that are not text, wrong JSON.
    """
    file = shown_name(path, name)
    require_file(path, file)
    head = head_of(path)
    if head.startswith(b"PAR1"):
        return FileFormat("parquet")
    if head.startswith(b"\x93NUMPY"):
        return FileFormat("npy")
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path, file)
    for mark, found, expected in _FOREIGN:
        if head.startswith(mark):
            raise FileProblem(file=file, found=found, expected=expected)
    return _text(path, file, head)


def _zipped(path: Path, file: str) -> FileFormat:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileProblem(file=file, found="a damaged zip archive or XLSX file", expected="a whole file") from error
    if "xl/workbook.xml" in names:
        return FileFormat("xlsx")
    raise FileProblem(file=file, found="a zip archive", expected=f"the files in it, unpacked: {_SUPPORTED}")


def _text(path: Path, file: str, head: bytes) -> FileFormat:
    encoding = detect_encoding_of_text(path, file, head)
    text = text_head(path, encoding).lstrip("\ufeff")
    start = text.lstrip()
    if not start:
        raise FileProblem(file=file, found="white space only", expected="a file with records")
    if start.startswith("<"):
        raise FileProblem(file=file, found="an HTML or XML page", expected=_SUPPORTED)
    suffix = Path(file).suffix.lower()
    if start[0] in "[{" and (suffix not in {".csv", ".tsv"} or _SURELY_JSON.match(start)):
        return _json_or_lines(path, file, encoding, start, suffix)
    delimiter = detect_delimiter(text, tab_first=suffix in {".tsv", ".tab"})
    if delimiter is None and suffix in {".json", ".jsonl", ".ndjson"}:
        return FileFormat("json" if suffix == ".json" else "jsonl", encoding)
    return FileFormat("csv", encoding, delimiter or ",")


def detect_encoding_of_text(path: Path, file: str, head: bytes) -> str:
    """The encoding of what should be text.

    Raises:
        FileProblem: It is binary, or text in no known encoding.
    """
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b\0" for byte in head)
    if not wide and controls > 0.02 * len(head) + 1:
        raise FileProblem(file=file, found="binary data", expected=_SUPPORTED)
    encoding = detect_encoding(path, file)
    if b"\0" in head and not encoding.startswith("utf-16"):
        line = head[: head.index(0)].count(b"\n") + 1
        raise FileProblem(file=file, line=line, found="a NUL byte", expected=f"text without NUL, or {_SUPPORTED}")
    return encoding


def _is_json_line(text: str) -> bool:
    try:
        return isinstance(json.loads(text.splitlines()[0]), dict | list)
    except (ValueError, RecursionError):
        return False


def _json_or_lines(path: Path, file: str, encoding: str, start: str, suffix: str) -> FileFormat:
    if _is_jsonl(start, suffix):
        return FileFormat("jsonl", encoding)
    if start.startswith("["):
        return FileFormat("json", encoding)
    return FileFormat("json", encoding, records=find_records(load(path, encoding, file), file) or None)


def _is_jsonl(start: str, suffix: str) -> bool:
    """One object a line, rather than one document."""
    lines = [line for line in start.split("\n")[:_RECORDS_SAMPLED] if line.strip()]
    if start.startswith("["):
        return suffix in {".jsonl", ".ndjson"} and len(lines) > 1 and _is_json_line(start)
    if len(lines) == 1:
        return suffix in {".jsonl", ".ndjson"} or (suffix != ".json" and _is_json_line(start))
    objects = sum(line.startswith("{") and line.rstrip().endswith("}") for line in lines)
    return objects > len(lines) / 2 or (suffix in {".jsonl", ".ndjson"} and lines[0].rstrip().endswith("}"))


def detect_delimiter(text: str, *, tab_first: bool = False) -> str | None:
    """What separates the cells: the one that gives most records as many fields as the header, then most fields.

    Args:
        text: The first whole lines.
        tab_first: Whether a tab wins over a comma that is as good.

    Returns:
        None if no delimiter splits the header.
    """
    best: tuple[float, int] = (0.0, 0)
    chosen = None
    for delimiter in ("\t", *DELIMITERS) if tab_first else DELIMITERS:
        widths = _widths(text, delimiter)
        if not widths or widths[0] < 2:
            continue
        score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
        if score > best:
            best, chosen = score, delimiter
    return chosen


def _widths(text: str, delimiter: str) -> Sequence[int]:
    """Fields of each of the first records; quoted line breaks stay in their cell."""
    csv.field_size_limit(CELL_LIMIT)
    widths: list[int] = []
    try:
        for cells in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            if cells:
                widths.append(len(cells))
            if len(widths) == _RECORDS_SAMPLED:
                break
    except csv.Error:
        return widths
    return widths
