"""One text as HTML, laid out or raw, and as a line for a table. None of these raises, whatever the text."""

import re
from html import escape
from typing import Final

from core.rendering.characters import marked, with_marks
from core.rendering.kept import Kept
from core.rendering.prose import laid_out

#: Longer texts are shown plain, with a note that says so.
LONGEST: Final = 100_000
#: Layouts that grow beyond this are shown plain: a browser would stall.
LARGEST_PAGE: Final = 1_500_000

_WORD = re.compile(r"\S+")


def rendered(text: str) -> str:
    """Markdown (tables, code, LaTeX) as sanitised HTML for inside an element of class `prose`.

    No HTML of the text gets through, nothing loads, unseen characters are shown as code points, and an image is its
    alternative text and address. A text that is too long, nests too deeply or grows too large is shown as `plain`
    below a note (`<p class="note">`) that says why. Latest results are kept.
    """
    return _kept(text)


def plain(text: str) -> str:
    """The text as it came, in `<pre class="raw">`: escaped, blank space kept, unseen characters as code points."""
    # A newline right after <pre> is dropped by HTML parsers; a first one keeps the text's own.
    return f'<pre class="raw">\n{with_marks(escape(marked(text)))}</pre>'


def word_count(text: str) -> int:
    """Words, as parted by blank space."""
    return sum(1 for _ in _WORD.finditer(text))


def snippet(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters, as plain text (neither HTML nor Markdown; escape it).

    Blank space is joined, unseen characters are shown as code points, and a text cut short ends in `…`.

    Raises:
        ValueError: `limit` is below 1.
    """
    if limit < 1:
        raise ValueError(f"A snippet has at least 1 character, not {limit}.")
    # Only the beginning can be shown; a mark is at most 10 characters for one.
    beginning = text.lstrip()[: 20 * limit + 20]
    line = " ".join(marked(beginning).split())
    whole = len(beginning) == len(text.lstrip()) and len(line) <= limit
    return line if whole else line[: limit - 1].rstrip() + "…"


def _render(text: str) -> str:
    if not text.strip():
        return _noted("" if not text else plain(text), "The text is empty." if not text else "Only blank space.")
    if len(text) > LONGEST:
        return _noted(plain(text), f"Shown as plain text: {len(text):,} characters, laid out are up to {LONGEST:,}.")
    try:
        html = with_marks(marked(laid_out(marked(text))))
    except Exception:  # third-party parsers on hostile text: whatever goes wrong, the reader still sees all of it
        return _noted(plain(text), "Shown as plain text: its structure is too deep or too tangled to lay out.")
    if len(html) > LARGEST_PAGE:
        return _noted(plain(text), f"Shown as plain text: laid out it would have {len(html):,} characters.")
    return html


def _noted(html: str, note: str) -> str:
    return f'<p class="note">{escape(note)}</p>\n{html}'


_kept = Kept(_render, most=2_000, room=32_000_000)
