r"""LaTeX formulas: where they stand in a Markdown text, and their MathML.

Inline `$..$` and `\(..\)`; displayed `$$..$$`, `\[..\]` and the amsmath environments. What latex2mathml cannot read
stays as it was written, in `<code class="formula">`. latex2mathml does not escape what it prints and knows spaces
of negative width, paddings and phantoms, by which a formula could cover or hide other text; so its element tree is
written out here, by allowed names and values only.
"""

import re
from html import escape, unescape
from typing import Final
from unicodedata import normalize
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from core.rendering.allowed import MATHEMATICAL_ATTRIBUTES, MATHEMATICS

LONGEST_FORMULA: Final = 2_000
DEEPEST_FORMULA: Final = 40
_MOST_LINES = 40

_COLOUR = r"\{(?:black|blue|brown|cyan|gray|green|magenta|orange|purple|red|teal|violet)\}"
# Definitions can be expanded without bound, and change formulas after them. Comments, and words where a length or a
# colour should stand, are read by judges and not by people.
_REFUSED = re.compile(
    r"\\(?:newcommand|renewcommand|providecommand|def|let|edef|gdef|xdef)\b"
    r"|(?<!\\)%"
    r"|\\hspace\*?(?!\{-?[\d.]{1,6} ?(?:em|ex|pt|px|mu|cm|mm|in)\})"
    rf"|\\(?:text)?color(?!{_COLOUR})"
)
# Where letters stand that a formula does not show: commands, environments, columns, colours.
_UNSPOKEN = re.compile(
    r"\\(?:begin|end)\{[a-zA-Z]{1,12}\*?\}(?:\{[clr| ]{1,20}\})?" + rf"|\\(?:text)?color{_COLOUR}" + r"|\\[a-zA-Z]+"
)
_SPOKEN = re.compile(r"[^\W\d_]{3,}")
_VALUE = re.compile(r"[a-z-]+(?: [a-z-]+){0,20}|[0-3]?(?:\.\d{1,3})?(?:em|ex|pt|px)?")
_INVISIBLE_OPERATORS = dict.fromkeys(range(0x2061, 0x2065))
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:equation|multline|gather|align|alignat|flalign|eqnarray|[pbBvV]?matrix|cases)\*?)\}"
)


def _written(element: Element) -> str:
    children = "".join(_written(child) for child in element)
    text = escape(unescape(element.text or "").translate(_INVISIBLE_OPERATORS))
    tail = escape(unescape(element.tail or "").translate(_INVISIBLE_OPERATORS))
    if element.tag not in MATHEMATICS:
        return f"<mrow>{text}{children}</mrow>{tail}"
    attributes = "".join(
        f' {name}="{escape(value)}"'
        for name, value in element.attrib.items()
        if name in MATHEMATICAL_ATTRIBUTES and _VALUE.fullmatch(value)
    )
    return f"<{element.tag}{attributes}>{text}{children}</{element.tag}>{tail}"


def mathml(latex: str, *, display: bool) -> str | None:
    """The formula as MathML; None if it is too long, too deep, defines commands, hides words, or cannot be read."""
    if len(latex) > LONGEST_FORMULA or latex.count("{") > 4 * DEEPEST_FORMULA or _depth(latex) > DEEPEST_FORMULA:
        return None
    if not latex.strip() or _REFUSED.search(latex):
        return None
    try:
        element = convert_to_element(latex, display="block" if display else "inline")
        return None if _swallowed(latex, element) else _written(element)
    except Exception:  # latex2mathml answers bad LaTeX with IndexError, StopIteration, TypeError and its own kinds
        return None


def _swallowed(latex: str, element: Element) -> bool:
    r"""Whether a word of the formula is not in what would be drawn: `\hspace{words}` and the like show none of them."""
    drawn = normalize("NFKC", "".join(unescape(text) for text in element.itertext()))
    drawn = "".join(drawn.split())
    return any(normalize("NFKC", word) not in drawn for word in _SPOKEN.findall(_UNSPOKEN.sub(" ", unescape(latex))))


def _depth(latex: str) -> int:
    depth = deepest = 0
    for character in latex:
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
    return deepest


def formula(latex: str, *, source: str, display: bool, readable: bool = True) -> str:
    """The formula as HTML; as it was written, delimiters included, if it is not `readable` or cannot be read."""
    drawn = mathml(latex, display=display) if readable else None
    if drawn is None:
        written = f'<code class="formula">{escape(source)}</code>'
        return f"<p>{written}</p>\n" if display else written
    return f'<div class="formula">{drawn}</div>\n' if display else f'<span class="formula">{drawn}</span>'


def _closing(source: str, start: int, delimiter: str) -> int:
    """Where the delimiter next stands unescaped, within the longest formula; -1 if nowhere."""
    end = source.find(delimiter, start, start + LONGEST_FORMULA)
    while end > start and _is_escaped(source, end):
        end = source.find(delimiter, end + 1, start + LONGEST_FORMULA)
    return end if end > start else -1


def _is_escaped(source: str, position: int) -> bool:
    before = source[max(0, position - 50) : position]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _inline_formula(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the signature of a markdown-it rule
    source, start = state.src, state.pos
    if source.startswith(("\\(", "\\["), start):
        opening, closing = source[start : start + 2], "\\)" if source[start + 1] == "(" else "\\]"
    elif source.startswith("$", start):
        opening = closing = "$$" if source.startswith("$$", start) else "$"
    else:
        return False
    inside = start + len(opening)
    end = _closing(source, inside, closing)
    if end < 0 or (opening == "$" and not _reads_as_formula(source, start, end)):
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content = source[inside:end]
        token.markup = source[start : end + len(closing)]
        token.meta = {"display": False}
    state.pos = end + len(closing)
    return True


def _reads_as_formula(source: str, start: int, end: int) -> bool:
    """Whether `$..$` is a formula, not two prices: no space inside the signs, no letter or digit outside them."""
    outside = source[max(0, start - 1) : start] + source[end + 1 : end + 2]
    return not (source[start + 1].isspace() or source[end - 1].isspace() or any(c.isalnum() for c in outside))


def _block_formula(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001
    if state.sCount[start_line] - state.blkIndent >= 4:
        return False
    line = _line(state, start_line)
    environment = _ENVIRONMENT.match(line)
    if environment:
        opening, closing = "", f"\\end{{{environment[1]}}}"
    elif line.startswith(("$$", "\\[")):
        opening, closing = line[:2], "$$" if line.startswith("$$") else "\\]"
    else:
        return False
    lines = [line[len(opening) :]]
    while not lines[-1].endswith(closing):
        following = start_line + len(lines)
        if following >= min(end_line, start_line + _MOST_LINES) or state.sCount[following] < state.blkIndent:
            return False
        lines.append(_line(state, following))
        if not lines[-1] or closing in lines[-2]:
            return False
    if silent:
        return True
    state.line = start_line + len(lines)
    token = state.push("formula", "", 0)
    token.block = True
    token.map = [start_line, state.line]
    written = "\n".join(lines)
    token.content = written if environment else written[: -len(closing)]
    token.markup = opening + written
    token.meta = {"display": True}
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def add_formulas(markdown: MarkdownIt) -> None:
    """Teach the parser both rules; each pushes a token `formula` (content, markup as written, meta `display`)."""
    markdown.inline.ruler.before("escape", "formula", _inline_formula)
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("fence", "formula", _block_formula, interrupts)
