"""JSON Lines: one object a line."""

from collections.abc import Iterator
from pathlib import Path

from core.errors import FileProblem
from core.importing.readers.format import FileFormat
from core.importing.readers.json import kind_of, parse
from core.importing.readers.text import numbered_lines, require_file, shown_name
from core.importing.rows import SourceRow


def read(path: Path, file_format: FileFormat, *, name: str | None = None) -> Iterator[SourceRow]:
    """The objects, streamed; blank lines are skipped. NaN and Infinity, which Python's json writes, stay floats.

    Raises:
        FileProblem: A line that is not JSON or not an object, a key given twice, text above the limit, a NUL,
            undecodable bytes, no object at all; each with its line.
    """
    file = shown_name(path, name)
    require_file(path, file)
    empty = True
    for line, text in enumerate(numbered_lines(path, file_format.encoding, file, newline="\n"), start=1):
        if text.isspace():
            continue
        value = parse(text, file, line=line)
        if not isinstance(value, dict):
            raise FileProblem(file=file, line=line, found=kind_of(value), expected="an object: {…}")
        if not value:
            raise FileProblem(file=file, line=line, found="an empty object", expected="an object with keys")
        empty = False
        yield SourceRow(line, value)
    if empty:
        raise FileProblem(file=file, found="blank lines only", expected="one object a line")
