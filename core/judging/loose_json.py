"""Finds JSON objects in a model's reply, with the liberties models take.

Read besides JSON: text around it, trailing commas, comments, single and typographic quotes, bare keys, Python's True,
False and None, line breaks and unescaped quotes inside texts, and an end that never came. Everything read keeps its
place in the text. On well-formed JSON the result is that of `json.loads`.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

_DEEPEST = 24
_MOST_FAILURES = 40

_BLANK: Final = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/|#[^\n]*)*", re.DOTALL)
_BARE: Final = re.compile(r"[A-Za-z_$][\w$ -]{0,60}?(?=\s*:)")
_ONE_WORD = r"(?!//|/\*|#)[^\s,:{}\[\]\"']{1,80}"
_WORD: Final = re.compile(rf"{_ONE_WORD}(?: {_ONE_WORD}){{0,3}}")
_QUOTES: Final = {'"': '"', "'": "'", "“": "”", "‘": "’", "`": "`"}
_CLOSINGS: Final = {sign: re.compile(rf"\\.|{re.escape(end)}", re.DOTALL) for sign, end in _QUOTES.items()}
_KEY_AHEAD = r"\s*(?:[\"'“‘`][^\"'“”‘’`\n]{1,80}[\"'”’`]|[A-Za-z_$][\w$ -]{0,60})\s*:"
_AFTER_KEY: Final = re.compile(r"\s*:")
_AFTER_VALUE: Final = re.compile(rf"\s*(?:$|[}}\]]|//|/\*|,\s*(?:$|[}}\]]|//|/\*)|,{_KEY_AHEAD}|\n{_KEY_AHEAD})")
_AFTER_ENTRY: Final = re.compile(r"\s*(?:$|[,\]])")
_LOOKS_LIKE_ONE: Final = re.compile(rf"\{{{_KEY_AHEAD}")
_SPACE: Final = re.compile(r"\s*")
_LINE_AND_KEY: Final = re.compile(rf"[ \t]*\n{_KEY_AHEAD}")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_INTEGER: Final = re.compile(r"[-+]?\d+")
_ESCAPED_OR_QUOTE: Final = re.compile(r"\\.|\"", re.DOTALL)
_ESCAPES: Final = {'"': '\\"', "\\'": "'"}
_DECODER: Final = json.JSONDecoder()
_CONSTANTS: Final[dict[str, bool | float | None]] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
    "NaN": float("nan"),
}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number, boolean or null. `start` and `end` enclose it without quotes; a text cut off is not complete."""

    value: str | float | bool | None
    start: int
    end: int
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `entries` in order."""

    entries: "tuple[Node, ...]"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Members:
    """An object. A key that stands twice is there twice.

    `is_closed` is False where the text ended first. If it ended inside a text, `end` is where that text began: what
    follows may be more than that text.
    """

    pairs: "tuple[tuple[str, Node], ...]"
    start: int
    end: int
    is_closed: bool = True


Node = Scalar | Listing | Members


@dataclass(frozen=True, slots=True)
class FoundObjects:
    """The objects of a text that stand in no other.

    Attributes:
        objects: In order.
        has_broken: Something began like an object and could not be read, or not to its end.
        is_loose: Not all of it is well-formed JSON: a quotation inside a text may have been taken for a member.
        open_at: Where a text of an object begins that has no end; None: there is none.
    """

    objects: tuple[Members, ...]
    has_broken: bool
    is_loose: bool = False
    open_at: int | None = None


class _Broken(Exception):
    """This is no JSON, however loosely read."""


def find_objects(text: str) -> FoundObjects:
    """Every `{...}` of the text that can be read, outermost ones only."""
    found: list[Members] = []
    failures, has_broken, is_loose = 0, False, False
    open_at: int | None = None
    position = text.find("{")
    while position >= 0:
        if failures > _MOST_FAILURES:
            return FoundObjects((), has_broken=True, is_loose=True)
        try:
            is_strict = _is_well_formed(text, position)
            node = _Parser(text, is_strict=is_strict).members(position, depth=0)
        except _Broken:
            has_broken = has_broken or bool(_LOOKS_LIKE_ONE.match(text, position))
            failures += 1
            position = text.find("{", position + 1)
        else:
            found.append(node)
            is_loose = is_loose or not is_strict
            if open_at is None and not node.is_closed and node.end < len(text):
                open_at = node.end
            failures += not node.is_closed
            has_broken = has_broken or (not node.is_closed and node.end < len(text))
            position = text.find("{", node.end)
    return FoundObjects(tuple(found), has_broken, is_loose=is_loose or has_broken, open_at=open_at)


class _Parser:
    """Reads one value after the other. Every method takes a position and returns a node and the position behind it.

    Args:
        text: The whole reply.
        is_strict: The object at hand is well-formed JSON, so that every quote that is not escaped ends its text.
    """

    def __init__(self, text: str, *, is_strict: bool) -> None:
        self._text = text
        self._is_strict = is_strict

    def members(self, start: int, *, depth: int) -> Members:
        """The object that begins at `start`."""
        pairs: list[tuple[str, Node]] = []
        position = self._after_blank(start + 1)
        while position < len(self._text):
            if self._text[position] == "}":
                return Members(tuple(pairs), start, position + 1)
            key, position = self._key(position)
            position = self._after_blank(position)
            if position >= len(self._text):
                break
            if self._text[position] != ":":
                raise _Broken
            position = self._after_blank(position + 1)
            if position >= len(self._text):
                break
            node, position = self._value(position, depth=depth, ending=_AFTER_VALUE)
            pairs.append((key, node))
            if (begun := _open_text(node)) is not None:
                return Members(tuple(pairs), start, begun, is_closed=False)
            position = self._after_comma(position, "}")
        return Members(tuple(pairs), start, len(self._text), is_closed=False)

    def _listing(self, start: int, *, depth: int) -> Listing:
        entries: list[Node] = []
        position = self._after_blank(start + 1)
        while position < len(self._text) and self._text[position] != "]":
            node, position = self._value(position, depth=depth, ending=_AFTER_ENTRY)
            entries.append(node)
            position = self._after_comma(position, "]")
        return Listing(tuple(entries), start, min(position + 1, len(self._text)))

    def _value(self, position: int, *, depth: int, ending: re.Pattern[str]) -> tuple[Node, int]:
        if depth >= _DEEPEST:
            raise _Broken
        sign = self._text[position]
        if sign == "{":
            members = self.members(position, depth=depth + 1)
            return members, members.end
        if sign == "[":
            listing = self._listing(position, depth=depth + 1)
            return listing, listing.end
        return self._quoted(position, ending) if sign in _QUOTES else self._word(position)

    def _quoted(self, position: int, ending: re.Pattern[str]) -> tuple[Scalar, int]:
        end = self._closing(position, ending)
        if end < 0:
            whole = Scalar(_unescaped(self._text[position + 1 :]), position + 1, len(self._text), is_complete=False)
            return whole, len(self._text)
        return Scalar(_unescaped(self._text[position + 1 : end]), position + 1, end), end + 1

    def _closing(self, position: int, ending: re.Pattern[str]) -> int:
        """Where the quote stands that ends the text begun at `position`; -1 for nowhere."""
        for found in _CLOSINGS[self._text[position]].finditer(self._text, position + 1):
            if found.group()[0] != "\\" and (self._is_strict or ending.match(self._text, found.end())):
                return found.start()
        return -1

    def _word(self, position: int) -> tuple[Scalar, int]:
        found = _WORD.match(self._text, position)
        if found is None:
            raise _Broken
        word = found.group()
        value = _CONSTANTS[word] if word in _CONSTANTS else _as_number(word)
        is_complete = found.end() < len(self._text)
        return Scalar(value, position, found.end(), is_complete=is_complete), found.end()

    def _key(self, position: int) -> tuple[str, int]:
        if self._text[position] in _QUOTES:
            end = self._closing(position, _AFTER_KEY)
            if end < 0 and self._text.count(":", position):
                raise _Broken
            return (_unescaped(self._text[position + 1 : end]), end + 1) if end >= 0 else ("", len(self._text))
        bare = _BARE.match(self._text, position)
        if bare is None:
            raise _Broken
        return bare.group(), bare.end()

    def _after_blank(self, position: int) -> int:
        found = (_SPACE if self._is_strict else _BLANK).match(self._text, position)
        return found.end() if found else position

    def _after_comma(self, position: int, closer: str) -> int:
        following = self._after_blank(position)
        sign = self._text[following : following + 1]
        if sign == ",":
            return self._after_blank(following + 1)
        if sign in ("", closer) or (closer == "}" and _LINE_AND_KEY.match(self._text, position)):
            return following
        raise _Broken


def _open_text(node: Node) -> int | None:
    """Where in the node a text begins that has no end; None for nowhere."""
    if isinstance(node, Scalar):
        return node.start if isinstance(node.value, str) and not node.is_complete else None
    if isinstance(node, Listing):
        return _open_text(node.entries[-1]) if node.entries else None
    return _open_text(node.pairs[-1][1]) if node.pairs else None


def _is_well_formed(text: str, position: int) -> bool:
    try:
        _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError):
        return False
    return True


def _as_number(word: str) -> str | float:
    """A number where the word is one as JSON writes it, else the word."""
    if not _NUMBER.fullmatch(word):
        return word
    return float(word) if not _INTEGER.fullmatch(word) or len(word) > 300 else int(word)


def _unescaped(raw: str) -> str:
    quoted = _ESCAPED_OR_QUOTE.sub(lambda found: _ESCAPES.get(found.group(), found.group()), raw)
    try:
        text = json.loads(f'"{quoted}"', strict=False)
    except ValueError:
        return raw
    return str(text)
