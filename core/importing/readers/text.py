"""Text files: which encoding, and lines with their problems named by line number."""

import codecs
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from charset_normalizer import from_bytes

from core.errors import FileProblem
from core.importing.readers.format import LINE_LIMIT

_CHUNK = 1 << 20
_WINDOW = 1 << 18
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Legacy encodings that tables are met in. Without this list a short Western text is taken for something exotic.
_LEGACY = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256",
    "koi8_r", "mac_roman", "cp932", "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip


def shown_name(path: Path, name: str | None = None) -> str:
    """The file's name as it may stand in a message: no folder, no control characters, at most 120 characters."""
    last = (name or path.name).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:120] or "file"


def require_file(path: Path, file: str) -> int:
    """The size in bytes of an ordinary, readable, non-empty file.

    Raises:
        FileProblem: There is none, it is a folder or a device, it is empty, it may not be read.
    """
    if path.is_dir():
        raise FileProblem(file=file, found="a folder", expected="a file")
    if not path.is_file():
        raise FileProblem(file=file, found="no such file", expected="an existing file")
    try:
        with path.open("rb"):
            size = path.stat().st_size
    except OSError as error:
        raise FileProblem(file=file, found=error.strerror or "a read error", expected="a readable file") from error
    if size == 0:
        raise FileProblem(file=file, found="an empty file", expected="a file with records")
    return size


def head_of(path: Path, size: int = 1 << 16) -> bytes:
    """The first bytes."""
    with path.open("rb") as stream:
        return stream.read(size)


def text_head(path: Path, encoding: str, size: int = 1 << 18) -> str:
    """The first characters, cut after the last whole line unless the file ends before; undecodable bytes replaced."""
    raw = head_of(path, size)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(raw)
    if len(raw) < size:
        return text
    end = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[:end] if end else text


def detect_encoding(path: Path, file: str) -> str:
    """The text encoding: by its mark, else UTF-8 if the whole file is valid UTF-8, else the likeliest legacy one.

    Raises:
        FileProblem: UTF-8 with some broken bytes, or no encoding fits; names the line of the first bad byte.
    """
    head = head_of(path)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if (wide := _utf16_without_mark(head)) is not None:
        return wide
    bad = first_undecodable(path, "utf-8")
    return "utf-8" if bad is None else _legacy_encoding(path, file, bad)


def _utf16_without_mark(head: bytes) -> str | None:
    """Mostly Latin text in UTF-16 has a zero in every second byte, and hardly any in the others."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half >= 2 and odd > 0.6 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if half >= 2 and even > 0.6 * half and odd < 0.05 * half else None


def _legacy_encoding(path: Path, file: str, bad: "BadBytes") -> str:
    with path.open("rb") as stream:
        stream.seek(max(0, bad.offset - _WINDOW))
        sample = stream.read(2 * _WINDOW)
    if bad.offset > _WINDOW:
        sample = sample.lstrip(bytes(range(0x80, 0xC0)))  # the tail of a character cut in two
    as_utf8 = sample.decode("utf-8", "replace")
    broken = as_utf8.count("\ufffd")
    if sum(not char.isascii() for char in as_utf8) - broken >= broken:
        raise bad.problem(file, "utf-8")  # a damaged UTF-8 file; any other reading would garble the sound part
    likeliest = _likeliest(sample)
    if likeliest is None:
        raise bad.problem(file, "utf-8")
    if (worse := first_undecodable(path, likeliest)) is not None:
        raise worse.problem(file, likeliest)
    return likeliest


def _likeliest(sample: bytes) -> str | None:
    """The encoding that makes most sense of the sample; Western (cp1252) where another is no better."""
    matches = from_bytes(sample, cp_isolation=_LEGACY, threshold=0.5)
    best = matches.best()
    if best is None:
        return None
    western = [match for match in matches if "cp1252" in match.could_be_from_charset]
    as_good = western and (western[0].chaos, -western[0].coherence) <= (best.chaos, -best.coherence)
    return "cp1252" if as_good else best.encoding


class BadBytes:
    """Where a file stops being text: line counted from 1, byte offset, and the byte."""

    def __init__(self, line: int, offset: int, byte: int) -> None:
        self.line, self.offset, self.byte = line, offset, byte

    def problem(self, file: str, encoding: str) -> FileProblem:
        """The same as an error."""
        expected = f"text in {encoding} (or the right encoding, declared)"
        return FileProblem(file=file, line=self.line, found=f"byte 0x{self.byte:02x}", expected=expected)


def first_undecodable(path: Path, encoding: str) -> BadBytes | None:
    """The first byte that is not text in this encoding, reading the whole file in pieces; None if all is text."""
    line, offset = 1, 0
    with path.open("rb") as stream:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        while True:
            chunk = stream.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(error.encoding, "ignore")
                position = offset + len(chunk) - len(error.object) + error.start
                return BadBytes(line + _line_ends(before), max(position, 0), error.object[error.start])
            if not chunk:
                return None
            line += _line_ends(text)
            offset += len(chunk)


def _line_ends(text: str) -> int:
    """Line ends of all three kinds; a file mixes them rarely."""
    return max(text.count("\n"), text.count("\r"))


def numbered_lines(path: Path, encoding: str, file: str, *, newline: str | None = "") -> Iterator[str]:
    r"""The lines with their ends, in bounded memory.

    Args:
        path: The file.
        encoding: Its encoding; a byte order mark is dropped for UTF-8 as well.
        file: Its name in messages.
        newline: As for `open`: "" also ends lines at \r and \r\n (tables), "\n" only there (JSON lines).

    Raises:
        FileProblem: A NUL, a line above the limit, an unknown encoding, bytes that are not text; each with its line.
    """
    encoding = "utf-8-sig" if encoding.replace("_", "-").lower() in {"utf-8", "utf8"} else encoding
    line = 0
    try:
        with path.open(encoding=encoding, newline=newline) as stream:
            for text in iter(partial(stream.readline, LINE_LIMIT), ""):
                line += 1
                if "\0" in text:
                    raise FileProblem(file=file, line=line, found="a NUL character", expected="text")
                if len(text) >= LINE_LIMIT:
                    expected = f"lines below {LINE_LIMIT:,} characters"
                    raise FileProblem(file=file, line=line, found="a longer line", expected=expected)
                yield text
    except LookupError as error:
        raise FileProblem(file=file, found=f"the encoding {encoding}", expected="one that Python knows") from error
    except UnicodeError as error:
        bad = first_undecodable(path, encoding)
        if bad is None:  # e.g. UTF-16 declared, and no mark at the start
            raise FileProblem(file=file, line=line + 1, found=str(error), expected=f"text in {encoding}") from error
        raise bad.problem(file, encoding) from error
