"""Words on a chart: names come from files, and plotly reads a little HTML."""

from core.charts.theme import Theme
from core.rendering.characters import marked


def escaped(text: str) -> str:
    """Text as text; characters that show nothing or turn the line round stand as their code points."""
    return marked(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(text: str, limit: int) -> str:
    """A text of at most `limit` characters, cut with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def coloured(text: str, colour: str, *, size: float = 12) -> str:
    """Words in a colour, in plotly's HTML; the text must be escaped."""
    return f'<span style="color:{colour};font-size:{size:g}px">{text}</span>'


def quiet(text: str, look: Theme) -> str:
    """Words beside what carries the message."""
    return coloured(text, look.quiet)
