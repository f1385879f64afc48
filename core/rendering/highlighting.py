"""Fenced code, coloured by class names; an unknown or very long listing stays plain."""

import re
from functools import cache
from html import escape
from typing import Final

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

#: Lexers may take quadratic time, in a line or in a run of blank lines. Listings beyond any of these stay plain.
LONGEST_LISTING: Final = 8_000
LONGEST_LINE: Final = 400
#: Characters coloured in one text; listings after that stay plain.
MOST_COLOURED: Final = 24_000

_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){11}")

# Only lexers that model outputs need: the author of a text may not choose among all, slow ones included.
_LANGUAGES = {
    name: lexer
    for lexer, names in {
        "bash": "bash sh shell zsh",
        "c": "c h",
        "cpp": "cpp c++ cc hpp",
        "csharp": "csharp cs c#",
        "css": "css",
        "diff": "diff patch",
        "docker": "docker dockerfile",
        "go": "go golang",
        "haskell": "haskell hs",
        "html": "html",
        "ini": "ini cfg",
        "java": "java",
        "javascript": "javascript js",
        "json": "json jsonc",
        "julia": "julia jl",
        "kotlin": "kotlin kt",
        "latex": "latex tex",
        "lua": "lua",
        "perl": "perl",
        "php": "php",
        "python": "python py python3",
        "pycon": "pycon",
        "r": "r",
        "ruby": "ruby rb",
        "rust": "rust rs",
        "sql": "sql",
        "swift": "swift",
        "toml": "toml",
        "typescript": "typescript ts tsx",
        "xml": "xml svg",
        "yaml": "yaml yml",
    }.items()
    for name in names.split()
}
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


def highlighted(source: str, language: str) -> str:
    """The source as HTML for inside `<code>`: escaped, with pygments' short class names where the language is known."""
    lexer = _LANGUAGES.get(language.lower())
    if lexer is None or not colourable(source):
        return escape(source)
    return highlight(source, _lexer(lexer), _FORMATTER)


def colourable(source: str) -> bool:
    """Whether every lexer is quick on the source: it is short, and so are its lines and its runs of blank ones."""
    if len(source) > LONGEST_LISTING or _BLANK_LINES.search(source):
        return False
    return max(map(len, source.split("\n"))) <= LONGEST_LINE


def listing(source: str, info: str, *, coloured: bool = True) -> str:
    """A fenced block.

    Args:
        source: The code.
        info: What stood after the fence; its first word names the language. All of it is shown, so that none is hidden.
        coloured: Colour it, if its language is known.
    """
    words = info.split()
    label = f'<span class="language">{escape(" ".join(words))}</span>' if words else ""
    code = highlighted(source, words[0] if words and coloured else "")
    return f'<div class="code">{label}<pre><code>{code}</code></pre></div>\n'
