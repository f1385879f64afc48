"""Markdown to sanitised HTML in which nothing loads and nothing of the text is lost.

What Markdown would swallow is written out: link and image titles, the host behind a link, reference definitions (a
place for hidden comments), table cells beyond the header, the words after a code fence. What it would drop for its
depth raises `TooDeep`, and what would take more than linear time is left as written.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from core.rendering.allowed import cleaned
from core.rendering.formulas import add_formulas, formula
from core.rendering.highlighting import MOST_COLOURED, listing

#: Blocks inside blocks; deeper ones Markdown parsers drop without a word.
DEEPEST: Final = 40
#: In one paragraph; the parser's search for closing brackets is quadratic in their number.
MOST_BRACKETS: Final = 200
LONGEST_PARAGRAPH: Final = 30_000
#: LaTeX characters drawn in one text; what comes after stays as written.
MOST_LATEX: Final = 30_000
_LONGEST_ADDRESS: Final = 300

# Strict, so that a browser and this code can't read different hosts out of one address: no user names, no percent signs
# or backslashes before the path.
_WEB = re.compile(r"https?://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:[/?#][!-~]*)?", re.IGNORECASE)
_MAIL = re.compile(r"mailto:(?P<address>[\w.+-]+@[a-z0-9.-]+)", re.IGNORECASE | re.ASCII)
_TASK = re.compile(r"\[([ xX])\] ")
_CELL_EDGE = re.compile(r"(?<!\\)\|")


class TooDeep(Exception):
    """The text nests blocks deeper than `DEEPEST`; a parser would drop the innermost."""


def laid_out(text: str) -> str:
    """The Markdown text as sanitised HTML.

    Args:
        text: With unseen characters already marked.

    Raises:
        TooDeep: Blocks nest deeper than `DEEPEST`.
    """
    env: dict[str, Any] = {}
    html = _MARKDOWN.render(text, env)
    return cleaned(html + _definitions(text, env))


def address_shown(address: str) -> str:
    """The address as text of bounded length; what is cut off is counted."""
    if len(address) <= _LONGEST_ADDRESS:
        return address
    return f"{address[:_LONGEST_ADDRESS]}… ({len(address):,} characters)"


def _definitions(text: str, env: EnvType) -> str:
    """The lines that define references, as written: Markdown shows none of them."""
    references = [*env.get("references", {}).values(), *env.get("duplicate_refs", [])]
    if not references:
        return ""
    lines = text.split("\n")
    written = ("\n".join(lines[slice(*place)]).strip() for place in sorted(each["map"] for each in references))
    return f'<div class="definitions">{"<br>".join(escape(each) for each in written)}</div>'


def _inline(state: StateCore) -> None:
    """Parse the text of each block, unless that would take too long; then settle its links."""
    for index, token in enumerate(state.tokens):
        if token.type != "inline":
            continue
        if token.content.count("[") > MOST_BRACKETS or len(token.content) > LONGEST_PARAGRAPH:
            token.children = _as_written(token.content)
            continue
        if state.tokens[index - 2].type == "list_item_open" and (task := _TASK.match(token.content)):
            token.content = ("☐ " if task[1] == " " else "☑ ") + token.content[task.end() :]
        token.children = []
        state.md.inline.parse(token.content, state.md, state.env, token.children)
        _settle_links(token.children)


def _as_written(content: str) -> list[Token]:
    tokens: list[Token] = []
    for number, line in enumerate(content.split("\n")):
        if number:
            tokens.append(Token("softbreak", "br", 0))
        tokens.append(Token("text", "", 0, content=line))
    return tokens


def _settle_links(children: Sequence[Token]) -> None:
    """Decide for each link whether it can be followed, and which address must be shown behind its text."""
    opened: Token | None = None
    text = ""
    for token in children:
        if token.type == "link_open":
            opened, text = token, ""
        elif token.type == "link_close" and opened is not None:
            _settle_link(opened, token, text)
            opened = None
        else:
            text += token.content


def _settle_link(opening: Token, closing: Token, text: str) -> None:
    address = str(opening.attrs.get("href", ""))
    title = str(opening.attrs.get("title", ""))
    opening.attrs = {"href": address}
    if found := _WEB.fullmatch(address):
        target, plain = urlsplit(address).hostname or found["host"].lower(), address.removesuffix("/")
    elif found := _MAIL.fullmatch(address):
        target = plain = found["address"]
    else:
        opening.hidden = closing.hidden = True
        target, plain = "", ""
    said = f" “{title}”" if title else ""
    if not target:
        closing.meta = {"class": "address", "text": f"[link not followed: {address_shown(address)}{said}]"}
    elif said or text.removesuffix("/") not in {plain, address}:
        closing.meta = {"class": "host", "text": f"({target}{said})"}


def _adapt_blocks(state: StateCore) -> None:
    """Refuse what is too deep; lower headings below the page's own; name alignments by class; keep surplus cells."""
    lines: list[str] | None = None
    row: list[str] = []
    columns = 0
    for index, token in enumerate(state.tokens):
        if token.nesting == 1 and token.level + 1 >= DEEPEST:
            raise TooDeep
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        elif token.type in {"th_open", "td_open"} and "style" in token.attrs:
            token.attrs = {"class": str(token.attrs["style"]).removeprefix("text-align:")}
        if token.type == "tr_open" and token.map:
            lines = lines or state.src.split("\n")
            row, columns = _cells(lines[token.map[0]]), 0
        elif token.type in {"th_open", "td_open"}:
            columns += 1
        elif token.type == "tr_close" and len(row) > columns > 0:
            state.tokens[index - 2].content += " | " + " | ".join(row[columns:])


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in _CELL_EDGE.split(line.lstrip("> \t").rstrip())]
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return cells


def _link_open(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    token = tokens[index]
    return "" if token.hidden else f'<a href="{escape(str(token.attrs["href"]))}">'


def _link_close(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    token = tokens[index]
    after = f' <span class="{token.meta["class"]}">{escape(token.meta["text"])}</span>' if token.meta else ""
    return after if token.hidden else f"</a>{after}"


def _image(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    token = tokens[index]
    title = f" “{token.attrs['title']}”" if token.attrs.get("title") else ""
    address = address_shown(str(token.attrs.get("src", "")))
    parts = [part for part in (token.content, f"{address}{title}") if part]
    return f'<span class="image">[image: {escape(" — ".join(parts))}]</span>'


def _listing(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    env["coloured"] = env.get("coloured", 0) + len(token.content) * bool(token.info)
    return listing(token.content, token.info, coloured=env["coloured"] <= MOST_COLOURED)


def _formula(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    env["latex"] = env.get("latex", 0) + len(token.content)
    readable = env["latex"] <= MOST_LATEX
    return formula(token.content, source=token.markup, display=token.meta["display"], readable=readable)


def _table_open(_: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType) -> str:
    return '<div class="wide"><table>\n'


def _table_close(_: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType) -> str:
    return "</table></div>\n"


def _parser() -> MarkdownIt:
    # A line end of the text is one on the page: answers are often no Markdown at all.
    options = {"html": False, "breaks": True, "maxNesting": DEEPEST}
    markdown = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    add_formulas(markdown)
    markdown.core.ruler.at("inline", _inline)
    markdown.core.ruler.before("inline", "adapt_blocks", _adapt_blocks)
    rules = {
        "link_open": _link_open,
        "link_close": _link_close,
        "image": _image,
        "fence": _listing,
        "code_block": _listing,
        "formula": _formula,
        "table_open": _table_open,
        "table_close": _table_close,
    }
    for name, rule in rules.items():
        markdown.add_render_rule(name, rule)
    return markdown


_MARKDOWN = _parser()
