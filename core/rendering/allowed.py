"""The allow-list that all laid-out text passes through: what is not named here does not reach a page.

The layout writes only allowed markup already; this is the second lock, an HTML parser that knows nothing of the first.
"""

from typing import Final

import nh3
from pygments.token import STANDARD_TYPES

SCHEMES: Final = frozenset({"http", "https", "mailto"})

_PROSE = frozenset(
    [
        "a",
        "blockquote",
        "br",
        "code",
        "div",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
#: MathML that draws a formula in its own place; without links, actions, styles, paddings and phantoms.
MATHEMATICS: Final = frozenset(
    [
        "math",
        "mfrac",
        "menclose",
        "mi",
        "mmultiscripts",
        "mn",
        "mo",
        "mover",
        "mprescripts",
        "mroot",
        "mrow",
        "mspace",
        "msqrt",
        "mstyle",
        "msub",
        "msubsup",
        "msup",
        "mtable",
        "mtd",
        "mtext",
        "mtr",
        "munder",
        "munderover",
        "none",
    ]
)
#: Attributes of MathML; `formulas` also checks their values.
MATHEMATICAL_ATTRIBUTES: Final = frozenset(
    [
        "accent",
        "accentunder",
        "columnalign",
        "columnlines",
        "columnspacing",
        "display",
        "displaystyle",
        "fence",
        "form",
        "largeop",
        "linethickness",
        "lspace",
        "mathvariant",
        "maxsize",
        "minsize",
        "movablelimits",
        "notation",
        "rowlines",
        "rowspacing",
        "rspace",
        "scriptlevel",
        "separator",
        "stretchy",
        "symmetric",
        "width",
    ]
)
_HIGHLIGHTS = frozenset(name for name in STANDARD_TYPES.values() if name)
_ALIGNED = {"left", "center", "right"}

_CLEANER = nh3.Cleaner(
    tags=set(_PROSE | MATHEMATICS),
    clean_content_tags={"script", "style"},
    attributes={"a": {"href"}, "ol": {"start"}} | {tag: set(MATHEMATICAL_ATTRIBUTES) for tag in MATHEMATICS},
    allowed_classes={
        "span": {"address", "formula", "host", "image", "language", *_HIGHLIGHTS},
        "div": {"code", "definitions", "formula", "wide"},
        "code": {"formula"},
        "td": _ALIGNED,
        "th": _ALIGNED,
    },
    set_tag_attribute_values={"a": {"target": "_blank"}},
    link_rel="noopener noreferrer nofollow",
    url_schemes=set(SCHEMES),
    url_relative="deny",
    strip_comments=True,
)


def cleaned(html: str) -> str:
    """The HTML reduced to allowed tags, attributes, classes and schemes."""
    return _CLEANER.clean(html)
