"""What was published, what the app finds, and whether both are the same to the digits that were printed."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = "published_figures.csv"
ROUNDED = 9
"""Figures printed with up to so many decimals are compared rounded to them; longer ones are whole floating-point
numbers, printed by other programs: they are compared to `CLOSE` of their size."""
CLOSE = 1e-12


@dataclass(frozen=True)
class Figure:
    """One published number, named as in the list of them."""

    dataset: str
    figure: str
    metric: str


Found = Mapping[Figure, float | None]
"""What the app finds; None where it says that a number is undefined."""


@dataclass(frozen=True)
class Match:
    """A published number beside ours.

    Attributes:
        published: As it stands in the list.
        ours: What the app finds; None where it finds none.
        miss: Why they are not the same; "" where they are.
    """

    figure: Figure
    published: str
    ours: float | None
    miss: str

    @property
    def holds(self) -> bool:
        return not self.miss

    @property
    def shown(self) -> str:
        """Ours with the digits of the published one, and with all of them where they miss."""
        if self.ours is None:
            return "none"
        decimals = len(self.published.partition(".")[2])
        return f"{self.ours:.{decimals}f}" if self.holds and decimals <= ROUNDED else repr(self.ours)


def read_published(folder: Path) -> Mapping[Figure, str]:
    """The published figures, in the order of the list."""
    with (folder / FILE).open(encoding="utf-8", newline="") as file:
        return {
            Figure(row["dataset"], row["figure"], row["metric"]): row["published"].strip()
            for row in csv.DictReader(file)
        }


def compared(published: Mapping[Figure, str], found: Found) -> Sequence[Match]:
    """Every published figure with ours."""
    return [
        Match(figure, text, found.get(figure), _miss(text, found.get(figure), named=figure in found))
        for figure, text in published.items()
    ]


def _miss(text: str, ours: float | None, *, named: bool) -> str:
    if ours is None:
        return "the app says that it is undefined" if named else "nothing in the app computes it"
    decimals, wanted = len(text.partition(".")[2]), float(text)
    if decimals > ROUNDED:
        apart = abs(ours - wanted)
        return "" if apart <= CLOSE * abs(wanted) else f"apart by {apart:.3g}, more than {CLOSE:g} of the published one"
    shown = f"{ours:.{decimals}f}"
    return "" if float(shown) == wanted else f"ours is {shown} with {decimals} decimals"
