"""Text cells that a spreadsheet would take for a formula, made harmless on export and restored on import."""

import re

# Already quoted ones are quoted once more, so that the inverse is exact.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED = re.compile(r"'+[=+\-@\t\r]")


def spreadsheet_safe(text: str) -> str:
    """The text with `'` before it if it starts, after any `'`, with `= + - @`, tab or carriage return.

    For text cells only: a number keeps its sign.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def spreadsheet_unsafe(text: str) -> str:
    """Exactly the text that `spreadsheet_safe` was given."""
    return text[1:] if _QUOTED.match(text) else text
