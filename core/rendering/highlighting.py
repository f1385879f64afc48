"""Fenced code, coloured by class names; an unknown or very long listing stays plain."""

from functools import cache
from html import escape
from typing import Final

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

#: Longer listings are shown without colours: a lexer's patterns may take more than linear time.
LONGEST_LISTING: Final = 20_000

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
        "make": "make makefile",
        "matlab": "matlab",
        "perl": "perl",
        "php": "php",
        "python": "python py python3",
        "pycon": "pycon",
        "r": "r",
        "ruby": "ruby rb",
        "rust": "rust rs",
        "scala": "scala",
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
    if lexer is None or len(source) > LONGEST_LISTING:
        return escape(source)
    return highlight(source, _lexer(lexer), _FORMATTER)


def listing(source: str, info: str) -> str:
    """A fenced block.

    Args:
        source: The code.
        info: What stood after the fence; its first word names the language. All of it is shown, so that none is hidden.
    """
    words = info.split()
    label = f'<span class="language">{escape(" ".join(words))}</span>' if words else ""
    code = highlighted(source, words[0] if words else "")
    return f'<div class="code">{label}<pre><code>{code}</code></pre></div>\n'
