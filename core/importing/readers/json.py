"""JSON documents: a list of objects, an object that holds one, or an object of id -> object."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from core.errors import FileProblem, shortened
from core.importing.readers.format import CELL_LIMIT, DEPTH_LIMIT, WHOLE_FILE_LIMIT, FileFormat
from core.importing.readers.text import require_file, shown_name
from core.importing.rows import SourceRow

KEY_COLUMN = "_key"
"""The column that holds the id when a document is an object of id -> object."""

_SEARCH_DEPTH = 4
_IN_WORDS = {
    "Expecting value": "a value that is missing or misspelt",
    "Expecting property name enclosed in double quotes": "a key without double quotes, or a comma too many",
    "Expecting ',' delimiter": "no comma, or a list or object that is not closed",
    "Expecting ':' delimiter": "a key without a colon after it",
    "Unterminated string starting at": "a text without its closing quote",
    "Invalid control character at": "a line break or control character inside a text",
    "Invalid \\escape": "a backslash that escapes nothing",
    "Invalid \\uXXXX escape": "a \\u without four hexadecimal digits",
    "Extra data": "more text after the end",
}


class _DoubledKeyError(Exception):
    """An object with the same key twice."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) != len(pairs):
        seen: set[str] = set()
        raise _DoubledKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value] # add gives None on purpose
    return built


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def read(path: Path, file_format: FileFormat, *, name: str | None = None) -> Iterator[SourceRow]:
    """The records of a document; an object of id -> object gives its ids as the column `_key`.

    Raises:
        FileProblem: Wrong JSON (with line and column), a doubled key, no list of objects, a record that is no object,
            nesting or size above the limit.
    """
    file = shown_name(path, name)
    document = load(path, file_format.encoding, file)
    records = file_format.records if file_format.records is not None else find_records(document, file)
    for position, record in enumerate(_records_at(document, records, file), start=1):
        if not isinstance(record, dict):
            raise FileProblem(file=file, line=position, found=kind_of(record), expected="an object: {…}")
        if not record:
            raise FileProblem(file=file, line=position, found="an empty object", expected="an object with keys")
        yield SourceRow(position, cast("dict[str, object]", record))


def load(path: Path, encoding: str, file: str) -> object:
    """The whole document.

    Raises:
        FileProblem: As `read`.
    """
    size = require_file(path, file)
    if size > WHOLE_FILE_LIMIT:
        raise too_large(file, size, "JSON")
    try:
        text = path.read_bytes().decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        found = f"byte 0x{error.object[error.start]:02x}"
        raise FileProblem(file=file, line=line, found=found, expected=f"text in {encoding}") from error
    except (LookupError, UnicodeError) as error:
        raise FileProblem(file=file, found=f"the encoding {encoding}", expected="the encoding of the file") from error
    return parse(text, file)


def too_large(file: str, size: int, what: str) -> FileProblem:
    """What to do with a file that would have to be held in memory as a whole."""
    way = "convert it to JSON Lines, CSV or Parquet, which are read in pieces, or import it from the command line"
    found = f"{size:,} bytes of {what}"
    return FileProblem(file=file, found=found, expected=f"at most {WHOLE_FILE_LIMIT:,}; {way}")


def parse(text: str, file: str, *, line: int | None = None) -> object:
    """One JSON value, checked.

    Args:
        text: The value, with or without space around.
        file: The file's name in messages.
        line: The line it stands in; None: the text is the whole file, and messages count lines in it.

    Raises:
        FileProblem: Wrong JSON, a key twice in one object, too deep, too long a text, NUL or half a surrogate pair.
    """
    try:
        value: object = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        found = f"{_IN_WORDS.get(error.msg, error.msg)} at character {error.colno}"
        at = line if line is not None else error.lineno
        raise FileProblem(file=file, line=at, found=found, expected="valid JSON") from error
    except _DoubledKeyError as error:
        found = f"the key {shortened(str(error))} twice in one object"
        raise FileProblem(file=file, line=line, found=found, expected="every key once") from error
    except RecursionError as error:
        raise _too_deep(file, line) from error
    except ValueError as error:  # a whole number of thousands of digits
        raise FileProblem(file=file, line=line, found=shortened(str(error)), expected="a shorter number") from error
    if _suspicious(text):
        check_value(value, file, line)
    return value


def _suspicious(text: str) -> bool:
    """Whether a full look at the value is due: a cheap test that never misses."""
    return (
        len(text) > CELL_LIMIT
        or "\\u0000" in text
        or "\\ud" in text
        or "\\uD" in text
        or text.count("[") + text.count("{") > DEPTH_LIMIT
    )


def check_value(value: object, file: str, line: int | None, column: str | None = None) -> None:
    """Nothing below a value that storage or a page could not take.

    Raises:
        FileProblem: Too deep, a text above the limit, a NUL, half a surrogate pair.
    """
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        current, depth = waiting.pop()
        if depth > DEPTH_LIMIT:
            raise _too_deep(file, line)
        if isinstance(current, str):
            _check_text(current, file, line, column)
        elif isinstance(current, dict):
            for key, inner in current.items():
                _check_text(key, file, line, column)
                waiting.append((inner, depth + 1))
        elif isinstance(current, list):
            waiting.extend((inner, depth + 1) for inner in current)


def _check_text(text: str, file: str, line: int | None, column: str | None) -> None:
    if len(text) > CELL_LIMIT:
        found, expected = f"a text of {len(text):,} characters", f"at most {CELL_LIMIT:,}"
        raise FileProblem(file=file, line=line, column=column, found=found, expected=expected)
    if "\0" in text:
        raise FileProblem(file=file, line=line, column=column, found="a NUL character", expected="text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        found = "half a surrogate pair (\\ud800 to \\udfff)"
        raise FileProblem(file=file, line=line, column=column, found=found, expected="whole characters") from error


def _too_deep(file: str, line: int | None) -> FileProblem:
    found, expected = "lists and objects nested too deep", f"at most {DEPTH_LIMIT} inside each other"
    return FileProblem(file=file, line=line, found=found, expected=expected)


def find_records(document: object, file: str) -> str:
    """Where the records are: "" for the document itself, else keys joined by a dot.

    A list at the top; else the longest list of objects, nearest to the top first; else an object of objects.

    Raises:
        FileProblem: There is none, or two are equally long.
    """
    if isinstance(document, list):
        return ""
    if not isinstance(document, dict):
        raise FileProblem(file=file, found=kind_of(document), expected="a list of objects")
    level: list[tuple[str, Mapping[str, object]]] = [("", document)]
    for depth in range(_SEARCH_DEPTH):
        lists = {path: count for path, value in _below(level) if (count := _objects_in(value))}
        if lists:
            return _longest(lists, file)
        if depth == 0 and len(document) > 1 and all(isinstance(value, dict) for value in document.values()):
            return ""
        level = [(path, value) for path, value in _below(level) if isinstance(value, dict)]
    if document and all(isinstance(value, dict) for value in document.values()):
        return ""
    raise FileProblem(file=file, found="an object without a list of objects", expected="a list of objects: [{…}, …]")


def _below(level: list[tuple[str, Mapping[str, object]]]) -> Iterator[tuple[str, object]]:
    for prefix, parent in level:
        for key, value in parent.items():
            yield (f"{prefix}.{key}" if prefix else key), value


def _objects_in(value: object) -> int:
    """How many objects a list of nothing but objects has; 0 for anything else."""
    return len(value) if isinstance(value, list) and all(isinstance(entry, dict) for entry in value) else 0


def _longest(lists: Mapping[str, int], file: str) -> str:
    most = max(lists.values())
    best = [path for path, length in lists.items() if length == most]
    if len(best) > 1:
        found = f"{len(best)} lists of {most} objects ({', '.join(best[:5])})"
        raise FileProblem(file=file, found=found, expected="one list of objects, or a word on which of them is meant")
    return best[0]


def _records_at(document: object, records: str, file: str) -> Iterator[object]:
    place = _follow(document, records)
    if isinstance(place, list) and place:
        yield from place
    elif isinstance(place, dict) and place:
        yield from (_keyed(key, value, file) for key, value in place.items())
    else:
        found = "an empty list" if place == [] else "an empty object" if place == {} else kind_of(place)
        raise FileProblem(file=file, column=records or None, found=found, expected="a list of objects")


def _follow(place: object, records: str) -> object:
    """What stands at a path; None if nothing does. A key may itself have a dot."""
    if not records:
        return place
    if isinstance(place, dict):
        for key, inner in place.items():
            if records == key or records.startswith(f"{key}."):
                return _follow(inner, records[len(key) + 1 :])
    return None


def _keyed(key: str, value: object, file: str) -> object:
    if isinstance(value, dict) and KEY_COLUMN in value:
        found = f'a record {shortened(key)} with a key "{KEY_COLUMN}"'
        raise FileProblem(file=file, found=found, expected=f'no such key: "{KEY_COLUMN}" holds the record\'s own id')
    return {KEY_COLUMN: key} | value if isinstance(value, dict) else value


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {shortened(value)}"
    if isinstance(value, str):
        return f"the text {shortened(value)}"
    if value is None:
        return "null"
    return "a list" if isinstance(value, list) else "an object"
