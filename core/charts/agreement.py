"""Charts of agreement: results in, figures out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.charts.labels import escaped, shortened
from core.charts.theme import Theme, blank
from core.charts.writing import decimal, percentage
from core.stats.arrays import BoolArray, FloatArray
from core.stats.pair_matrix import Confusion, PairMatrix

MOST_RATERS = 24
"""Raters drawn in a matrix; the caller says how many are left out."""

MOST_NUMBERS = 12
"""Up to this many raters the cells have room for their numbers; beyond, colour and hover say them."""

_LONGEST_NAME = 22
_CELL = 46


@dataclass(frozen=True, slots=True)
class Named:
    """A rater as a chart shows it."""

    name: str
    kind: str


def rater_matrix(
    pairs: PairMatrix, raters: Sequence[Named], look: Theme, *, title: str = "kappa", percent: bool = False,
    drawn: Sequence[int] | None = None, few: int = 0, chosen: tuple[int, int] | None = None,
) -> go.Figure:  # fmt: skip
    """Raters x raters: the value in every cell, blue between people, violet where a judge takes part.

    A heat map reports no click on a cell, so an invisible square marker lies over each, with the two positions in
    `raters` as its custom data.

    Args:
        pairs: Who agrees with whom.
        raters: In the order of `pairs`.
        look: Colours.
        title: What the values are, as the hover says it.
        percent: Whether they are shares, written in percent.
        drawn: Positions of the raters to draw; the first `MOST_RATERS` where None.
        few: Pairs with fewer units than this are greyed.
        chosen: Positions of the cell that is open, framed.
    """
    places = np.array(list(range(min(len(raters), MOST_RATERS))) if drawn is None else list(drawn), dtype=np.int64)
    shown = [raters[place] for place in places]
    size = len(shown)
    names = [_wrapped(rater.name, 20) for rater in shown]
    left = 16 + round(6.8 * max((len(line) for name in names for line in name.split("<br>")), default=0))
    cell = _CELL if size <= 8 else 36 if size <= MOST_NUMBERS else 20
    longest = max((len(rater.name) for rater in shown), default=0)
    tilted = size > 8 or (size > 4 and longest > 7)
    bottom = 24 + round(4.6 * min(longest, _LONGEST_NAME)) if tilted else 58
    figure = blank(look, height=cell * size + bottom + 4, left=left, right=8, top=4, bottom=bottom)
    values, used = pairs.values[np.ix_(places, places)], pairs.used[np.ix_(places, places)]
    off = ~np.eye(size, dtype=bool)
    thin = off & (used < few) & ~np.isnan(values)
    for name, colour in (("people", look.person), ("with a judge", look.judge), ("with others", look.quiet)):
        here = np.array([[_pair_colour(one.kind, other.kind, look) == colour for other in shown] for one in shown])
        kept = here.reshape(size, size) & off & ~thin
        _draw_cells(figure, name, np.where(kept, values, np.nan), colour, look, percent=percent, size=size)
    words = np.array([[_written(float(value), percent=percent) for value in row] for row in values]).reshape(size, size)
    words = np.where(off & (size <= MOST_NUMBERS), np.where(thin, words, "–"), "")
    _draw_empty(figure, ~off | thin | np.isnan(values), words, look)
    rows, columns = (axis[off.ravel()] for axis in np.divmod(np.arange(size * size), max(size, 1)))
    about = _About(pairs, raters, title, few, percent=percent)
    figure.add_trace(go.Scatter(
        x=columns, y=rows, mode="markers", name="cells",
        marker={"symbol": "square", "size": cell - 6, "opacity": 0},
        customdata=np.column_stack([places[rows], places[columns]]).tolist(),
        text=[about.text(int(places[row]), int(places[column])) for row, column in zip(rows, columns, strict=True)],
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}}))  # fmt: skip
    if chosen is not None and chosen[0] in places and chosen[1] in places:
        _frame(figure, int(np.flatnonzero(places == chosen[0])[0]), int(np.flatnonzero(places == chosen[1])[0]), look)
    figure.update_xaxes(range=[-0.5, size - 0.5], tickvals=list(range(size)),
                        tickangle=0 if not tilted else -40 if size <= MOST_NUMBERS else -90,
                        ticktext=[escaped(shortened(rater.name, _LONGEST_NAME)) if tilted
                                  else _wrapped(rater.name, 10) for rater in shown])  # fmt: skip
    figure.update_yaxes(range=[size - 0.5, -0.5], tickvals=list(range(size)), ticktext=names,
                        tickfont={"color": look.ink, "size": 13})  # fmt: skip
    return figure


def _frame(figure: go.Figure, row: int, column: int, look: Theme) -> None:
    figure.add_shape(type="rect", x0=column - 0.47, x1=column + 0.47, y0=row - 0.47, y1=row + 0.47,
                     line={"color": look.ink, "width": 2})  # fmt: skip


def _written(value: float, *, percent: bool) -> str:
    if np.isnan(value):
        return "–"
    return percentage(value).replace(" %", "") if percent else decimal(value)


def _draw_cells(
    figure: go.Figure, name: str, values: FloatArray, colour: str, look: Theme, *, percent: bool, size: int
) -> None:
    """Cells of one colour, the stronger the larger the value (0 to 1); NaN for the cells of other colours."""
    if np.isnan(values).all():
        return
    shown = ~np.isnan(values) & (size <= MOST_NUMBERS)
    text = [
        [_written(float(value), percent=percent) if here else "" for value, here in zip(row, mask, strict=True)]
        for row, mask in zip(values, shown, strict=True)
    ]
    _draw_map(figure, name, np.clip(values, 0.0, 1.0), text, [strength(0.0), strength(1.0)], colour, look,
              font=13.5 if size <= 8 else 11)  # fmt: skip


def _draw_map(
    figure: go.Figure,
    name: str,
    z: FloatArray,
    text: list[list[str]],
    ends: list[float],
    colour: str,
    look: Theme,
    *,
    font: float = 13.5,
) -> None:
    scale = [[0, look.mixed(colour, ends[0])], [1, look.mixed(colour, ends[1])]]
    figure.add_trace(go.Heatmap(
        z=_gaps(z), zmin=0, zmax=1, colorscale=scale, showscale=False, xgap=3, ygap=3, name=name,
        text=text, texttemplate="%{text}", textfont={"size": font, "color": look.ink}, hoverinfo="skip",
        hoverongaps=False))  # fmt: skip


def _gaps(values: FloatArray) -> list[list[float | None]]:
    """NaN as None, which leaves the cell open."""
    return [[None if np.isnan(value) else float(value) for value in row] for row in values]


def _draw_empty(figure: go.Figure, where: BoolArray, words: NDArray[np.str_], look: Theme) -> None:
    """Cells without a number, in the colour of the well."""
    if not where.any():
        return
    text, scale = np.where(where, words, "").tolist(), [[0, look.well], [1, look.well]]
    figure.add_trace(go.Heatmap(
        z=_gaps(np.where(where, 0.0, np.nan)), zmin=0, zmax=1, colorscale=scale, showscale=False,
        xgap=3, ygap=3, name="empty", text=text, texttemplate="%{text}", textfont={"size": 13, "color": look.faint},
        hoverinfo="skip", hoverongaps=False))  # fmt: skip


def _pair_colour(first: str, second: str, look: Theme) -> str:
    colours = {look.of(first), look.of(second)}
    if look.judge in colours:
        return look.judge
    return look.person if colours == {look.person} else look.quiet


def strength(kappa: float) -> float:
    """How strongly a cell is coloured: faint at and below 0, never so strong that the number is hard to read."""
    return 0.06 + 0.44 * min(max(kappa, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class _About:
    """What is said of a pair of raters."""

    pairs: PairMatrix
    raters: Sequence[Named]
    title: str
    few: int
    percent: bool

    def text(self, row: int, column: int) -> str:
        """Names, value, share of the same answers, and on how many units."""
        names = f"{escaped(self.raters[row].name)} and {escaped(self.raters[column].name)}"
        n, used = int(self.pairs.n[row, column]), int(self.pairs.used[row, column])
        if not n:
            return f"{names}<br>no unit in common"
        lines = [names, self._value(row, column)]
        if self.pairs.coefficient != "percent":
            lines.append(f"same answer {percentage(float(self.pairs.percent[row, column]))} of {n:,} units")
        lines.append(f"n {used:,}" + (f" of {n:,} units: the others have no place in the order" if used < n else ""))
        if used < self.few:
            lines.append(f"fewer than {self.few} units: too few to say much")
        return "<br>".join(lines)

    def _value(self, row: int, column: int) -> str:
        reason, value = self.pairs.reason_at(row, column), float(self.pairs.values[row, column])
        if reason is not None:
            return reason.sentence
        return f"{escaped(self.title)} {percentage(value) if self.percent else decimal(value)}"


def confusion_matrix(
    table: Confusion, first: Named, second: Named, look: Theme, *, chosen: tuple[int, int] | None = None,
    shares: bool = False,
) -> go.Figure:  # fmt: skip
    """Units by the two raters' answers, with their sums: rows the first, columns the second; the diagonal is agreement.

    Cells carry invisible markers with (row, column) as custom data, as in `rater_matrix`.

    Args:
        table: The counts.
        first: Whose answers are the rows.
        second: Whose answers are the columns.
        look: Colours.
        chosen: The cell that is open, framed.
        shares: Write each cell as its share of its row, not as a count.
    """
    labels = [escaped(shortened(option.label, 18)) for option in table.scale.options]
    size = len(labels)
    left = 16 + round(6.8 * max((len(label) for label in labels), default=0)) + 22
    bottom = 92 if size > 5 else 52
    figure = blank(look, height=_CELL * (size + 1) + bottom + 4, left=left, right=8, top=4, bottom=bottom)
    rows_n, columns_n = table.counts.sum(axis=1), table.counts.sum(axis=0)
    written, strong = _cells_of(table, shares=shares)
    same = np.eye(size, dtype=bool)
    agree = _pair_colour(first.kind, second.kind, look)
    for name, here, colour in (("same", same, agree), ("different", ~same, look.differ)):
        cells = here & (table.counts > 0)
        text = [[word if cells[i, j] else "" for j, word in enumerate(row)] for i, row in enumerate(written)]
        if cells.any():
            _draw_map(figure, name, np.where(cells, strong, np.nan), text, [0.06, 0.46], colour, look)
    _draw_empty(figure, table.counts == 0, np.full((size, size), "0"), look)
    rows, columns = np.divmod(np.arange(size * size), size)
    figure.add_trace(go.Scatter(
        x=columns, y=rows, mode="markers", name="cells",
        marker={"symbol": "square", "size": _CELL - 6, "opacity": 0},
        customdata=np.column_stack([rows, columns]).tolist(),
        text=[f"{escaped(first.name)}: {labels[row]}<br>{escaped(second.name)}: {labels[column]}"
              f"<br>{int(table.counts[row, column]):,} of {int(rows_n[row]):,} units in this row"
              for row, column in zip(rows, columns, strict=True)],
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}}))  # fmt: skip
    for place in range(size):
        _sum(figure, size, place, int(rows_n[place]), look)
        _sum(figure, place, size, int(columns_n[place]), look)
    _sum(figure, size, size, table.n, look)
    if chosen is not None:
        _frame(figure, *chosen, look)
    places = list(range(size + 1))
    figure.update_xaxes(range=[-0.5, size + 0.5], tickvals=places, ticktext=[*labels, "all"],
                        tickangle=0 if size <= 5 else -40,
                        title={"text": escaped(shortened(second.name, 50)), "standoff": 8,
                               "font": {"color": look.of(second.kind), "size": 13}})  # fmt: skip
    figure.update_yaxes(range=[size + 0.5, -0.5], tickvals=places, ticktext=[*labels, "all"],
                        tickfont={"color": look.ink, "size": 13},
                        title={"text": escaped(shortened(first.name, 40)), "standoff": 6,
                               "font": {"color": look.of(first.kind), "size": 13}})  # fmt: skip
    return figure


def _cells_of(table: Confusion, *, shares: bool) -> tuple[list[list[str]], FloatArray]:
    """What is written in every cell, and how strong its colour is (0 to 1)."""
    if not shares:
        strong = table.counts / max(int(table.counts.max(initial=0)), 1)
        return [[f"{count:,}" for count in row] for row in table.counts.tolist()], strong
    share = table.counts / np.maximum(table.counts.sum(axis=1, keepdims=True), 1)
    return [[percentage(one) for one in row] for row in share.tolist()], share


def _sum(figure: go.Figure, x: int, y: int, n: int, look: Theme) -> None:
    figure.add_annotation(x=x, y=y, text=f"{n:,}", showarrow=False, font={"size": 13, "color": look.quiet})


def _wrapped(name: str, width: int) -> str:
    """A name beside its row or column: broken at blank space into at most two lines, or three short ones."""
    lines: list[str] = []
    for word in name.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    most = 2 if width > 10 else 3
    kept = lines[:most]
    if len(lines) > most:
        kept[-1] += "…"
    return "<br>".join(escaped(shortened(line, width + 4)) for line in kept)
