r"""Texts made from columns: `"{instruction}\n\n{input}"`, `"{annotations.grammar.mean}"`, `"{instruction|hash}"`.

A name in braces is a column, or a path into nested values (keys and list positions joined by dots; a column whose own
name has dots wins). `{{` and `}}` are braces. What is missing or null becomes "". `|hash` gives a short fingerprint.
Names that begin with @ are given by the shape: `@column`, `@key`, `@value`, `@line`.
"""

import json
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from hashlib import blake2b
from math import isfinite
from operator import itemgetter

from core.errors import BadInput, shortened

ABSENT = object()
"""What a path that leads nowhere gives, unlike one that leads to null."""

Values = Mapping[str, object]

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def at_path(values: object, path: str) -> object:
    """The value at a path; `ABSENT` where there is none."""
    if isinstance(values, Mapping):
        if path in values:
            return values[path]
        for end in (position for position, sign in enumerate(path) if sign == "."):
            if path[:end] in values and (found := at_path(values[path[:end]], path[end + 1 :])) is not ABSENT:
                return found
    elif isinstance(values, Sequence) and not isinstance(values, str):
        head, _, rest = path.partition(".")
        if head.isascii() and head.isdigit() and int(head) < len(values):
            return at_path(values[int(head)], rest) if rest else values[int(head)]
    return ABSENT


def plain(value: object) -> str:
    """A value as text: null and NaN as "", 3.0 as "3", true as "true", lists and objects as JSON."""
    if isinstance(value, str):
        return value
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not isfinite(value):
            return "" if value != value else str(value)  # noqa: PLR0124 - NaN alone is unlike itself
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def getter(path: str) -> Callable[[Values], object]:
    """A function from a row to the value at a path, `ABSENT` included."""

    def get(values: Values) -> object:
        value = values.get(path, ABSENT)
        return at_path(values, path) if value is ABSENT else value

    return get


def key_of(names: Sequence[str], *, texts_only: bool) -> Callable[[Values], Hashable]:
    """A function from a row to something that is the same for rows with the same texts at these names.

    Args:
        names: Columns, paths, and names that a shape gives.
        texts_only: Whether every value of a row is text (CSV): then the values themselves serve.
    """
    gets = [getter(name) for name in names]

    def as_texts(values: Values) -> Hashable:
        return tuple(plain(get(values)) for get in gets)

    if not texts_only or not names:
        return as_texts
    pick = itemgetter(*names)

    def as_they_are(values: Values) -> Hashable:
        try:
            found: Hashable = pick(values)
        except KeyError:
            return as_texts(values)
        return found

    return as_they_are


class Template:
    """A compiled template.

    Attributes:
        source: As it was written.
        names: Everything it reads.
        paths: The columns and paths it reads, without the names a shape gives.
        constant: The text, if it reads nothing; else None.
    """

    __slots__ = ("constant", "fill", "names", "paths", "source", "value")

    def __init__(self, source: str, *, where: str = "template") -> None:
        self.source = source
        literals, names = _parts(source, where)
        self.names = tuple(dict.fromkeys(name for name, _ in names))
        self.paths = tuple(name for name in self.names if not name.startswith("@"))
        self.constant = literals[0] if not names else None
        self.fill: Callable[[Values], str] = _filler(literals, names)
        """The text for a row."""
        alone = len(names) == 1 and literals == ["", ""] and not names[0][1]
        self.value: Callable[[Values], object] = getter(names[0][0]) if alone else self.fill
        """The untouched value, where the template is a single name; else the text."""


def _parts(source: str, where: str) -> tuple[list[str], list[tuple[str, bool]]]:
    literals, names, last = [""], list[tuple[str, bool]](), 0
    for match in _PART.finditer(source):
        literals[-1] += source[last : match.start()]
        last = match.end()
        if match[0] in ("{{", "}}"):
            literals[-1] += match[0][0]
            continue
        name, _, filtered = (match[1] or "").partition("|")
        if not name.strip() or filtered.strip() not in ("", "hash"):
            raise BadInput(
                where=where,
                found=shortened(source),
                expected='column names in braces, as in "{question}" or "{id|hash}"',
            )
        names.append((name.strip(), bool(filtered.strip())))
        literals.append("")
    literals[-1] += source[last:]
    return literals, names


def _filler(literals: list[str], names: list[tuple[str, bool]]) -> Callable[[Values], str]:
    if not names:
        constant = literals[0]
        return lambda _values: constant
    getters = [_text(name, hashed=hashed) for name, hashed in names]
    if len(getters) == 1 and literals == ["", ""]:
        return getters[0]
    first, rest = literals[0], literals[1:]

    def fill(values: Values) -> str:
        pieces = [first]
        for get, literal in zip(getters, rest, strict=True):
            pieces += (get(values), literal)
        return "".join(pieces)

    return fill


def _text(path: str, *, hashed: bool) -> Callable[[Values], str]:
    get = getter(path)
    if hashed:
        return lambda values: blake2b(plain(get(values)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def text(values: Values) -> str:
        value = values.get(path, ABSENT)
        return value if isinstance(value, str) else plain(get(values) if value is ABSENT else value)

    return text
