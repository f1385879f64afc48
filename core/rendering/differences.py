"""Two texts side by side with their differing words marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from typing import Final

from core.rendering.characters import marked, with_marks

#: Words (of both texts, multiplied) compared with each other in one changed passage: difflib is quadratic and worse.
MOST_COMPARISONS: Final = 1_000_000
#: Lines of one text beyond which only the common beginning and end are taken as equal.
MOST_LINES: Final = 4_000

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# Blank space belongs to the word after it, so that a change in it is seen and it never joins unrelated words.
_TOKEN = re.compile(r"\s*(?:⟦U\+[0-9A-F]{4,6}⟧|\w+|[^\w\s])|\s+")

_Change = tuple[bool, Sequence[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class WordDiff:
    """Both texts in `<pre class="diff">`; unmarked words are equal on both sides.

    Attributes:
        left_html: The left text; what the right one lacks is in `<del>`.
        right_html: The right text; what the left one lacks is in `<ins>`.
        coarse: Some passage was too long to compare word by word and is marked as a whole.
    """

    left_html: str
    right_html: str
    coarse: bool


def word_diff(left: str, right: str) -> WordDiff:
    """Compare by lines, then changed passages by words, in bounded time.

    Passages above `MOST_COMPARISONS` are marked as a whole (`coarse`), so time is bounded by the texts' length.
    """
    coarse = False
    lefts: list[str] = []
    rights: list[str] = []
    for equal, ours, theirs in _by_lines(left, right):
        fine = None if equal else _by_words("".join(ours), "".join(theirs))
        coarse = coarse or (not equal and fine is None)
        for same, old, new in fine or [(equal, ours, theirs)]:
            lefts.append(_passage(old, "" if same else "del"))
            rights.append(_passage(new, "" if same else "ins"))
    return WordDiff(_page(lefts), _page(rights), coarse)


def _by_lines(left: str, right: str) -> Iterator[_Change]:
    old, new = (_LINE.findall(marked(text)) for text in (left, right))
    start, end = _common_ends(old, new)
    yield True, old[:start], new[:start]
    yield from _changes(old[start : len(old) - end], new[start : len(new) - end], MOST_LINES**2)
    yield True, old[len(old) - end :], new[len(new) - end :]


def _by_words(left: str, right: str) -> list[_Change] | None:
    old, new = _TOKEN.findall(left), _TOKEN.findall(right)
    start, end = _common_ends(old, new)
    old_middle, new_middle = old[start : len(old) - end], new[start : len(new) - end]
    if len(old_middle) * len(new_middle) > MOST_COMPARISONS:
        return None
    middle = _changes(old_middle, new_middle, MOST_COMPARISONS)
    return [(True, old[:start], new[:start]), *middle, (True, old[len(old) - end :], new[len(new) - end :])]


def _changes(old: Sequence[str], new: Sequence[str], most: int) -> Iterator[_Change]:
    if not old or not new or len(old) * len(new) > most:
        yield False, old, new
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=True).get_opcodes():
        yield tag == "equal", old[a:b], new[c:d]


def _common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many tokens are equal at the beginning, and, of the rest, at the end."""
    shortest = min(len(old), len(new))
    start = 0
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, end


def _passage(tokens: Sequence[str], tag: str) -> str:
    text = escape("".join(tokens))
    return f"<{tag}>{text}</{tag}>" if text and tag else text


def _page(passages: Sequence[str]) -> str:
    return with_marks('<pre class="diff">\n' + "".join(passages) + "</pre>")
