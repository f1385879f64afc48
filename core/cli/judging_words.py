"""Tables, amounts and texts of others as the commands of judges print them."""

from collections.abc import Collection, Sequence
from math import ceil

import typer


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Collection[int] = ()) -> list[str]:
    """Rows as lines of equal columns, a heading first.

    Args:
        heads: Titles of the columns.
        rows: Cells.
        numbers: Columns that are set to the right.
    """
    table = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(heads))]
    lines = []
    for row in table:
        cells = (
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return lines


def say(text: str) -> None:
    """Print a text that others wrote: what a terminal would obey stands as a code point, as on the pages."""
    from core.rendering.characters import marked

    typer.echo(marked(text))


def dollars(amount: float | None) -> str:
    """US dollars, with as many digits as it takes to see something."""
    if amount is None:
        return "unknown"
    return f"${amount:,.2f}" if amount == 0 or amount >= 1 else f"${amount:.4f}"


def duration(seconds: float | None) -> str:
    """A time as a person says it ("2 min 5 s"); "" where it is not known."""
    if seconds is None:
        return ""
    whole = ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
