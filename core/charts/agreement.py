"""Charts of agreement: results in, figures out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts.theme import Theme, blank
from core.charts.writing import decimal, estimate_text, interval_text, percentage
from core.stats.estimates import Estimate
from core.stats.pair_matrix import Confusion, PairMatrix

MOST_RATERS = 24
"""Raters drawn in a matrix; the caller says how many are left out."""

_LONGEST_NAME = 22
_CELL = 46


@dataclass(frozen=True, slots=True)
class Named:
    """A rater as a chart shows it."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a forest plot.

    Attributes:
        label: What it is.
        estimate: The number.
        kind: Whose it is: "person", "judge" or "" for everybody.
        percent: Whether it is a share, written in percent.
    """

    label: str
    estimate: Estimate
    kind: str = "person"
    percent: bool = False


def forest(lines: Sequence[Line], look: Theme, *, band: Estimate | None = None, band_label: str = "") -> go.Figure:
    """Intervals first, then points, one row each; n beside the name, the value at the right, no legend.

    Args:
        lines: From top to bottom.
        look: Colours.
        band: What stands behind as a band with a dashed line (how people agree among themselves).
        band_label: Its name, above it.
    """
    height = 40 * len(lines) + 66
    figure = blank(look, height=height, top=30, bottom=26)
    low = min([0.0, *(_low(line.estimate) for line in lines)])
    start = np.floor(low * 5) / 5 if low < 0 else 0.0
    ticks = np.round(np.arange(start, 1.001, 0.2), 1)
    rows = [len(lines) - 1 - place for place in range(len(lines))]
    if band is not None and band.value is not None:
        _draw_band(figure, band, band_label, look, top=len(lines) - 0.45)
    for row, line in zip(rows, lines, strict=True):
        _draw_line(figure, row, line, look)
    figure.update_xaxes(
        range=[start - 0.02, 1.02], domain=[0.4, 0.86], tickvals=ticks, ticktext=[decimal(tick, 1) for tick in ticks],
        showgrid=True, gridcolor=look.line,
    )  # fmt: skip
    figure.update_yaxes(range=[-0.6, len(lines) - 0.4], visible=False)
    return figure


def _low(estimate: Estimate) -> float:
    if estimate.value is None:
        return 0.0
    return estimate.interval.low if estimate.interval else estimate.value


def _draw_band(figure: go.Figure, band: Estimate, label: str, look: Theme, *, top: float) -> None:
    if band.interval is not None:
        figure.add_shape(type="rect", x0=band.interval.low, x1=band.interval.high, y0=-0.5, y1=top, layer="below",
                         fillcolor=look.mixed(look.person, 0.1), line_width=0)  # fmt: skip
    figure.add_shape(type="line", x0=band.value, x1=band.value, y0=-0.5, y1=top, layer="below",
                     line={"color": look.person, "width": 1, "dash": "dot"})  # fmt: skip
    figure.add_annotation(x=band.value, y=1, yref="paper", yanchor="bottom", yshift=2, text=label, showarrow=False,
                          font={"size": 12, "color": look.quiet})  # fmt: skip


def _draw_line(figure: go.Figure, row: int, line: Line, look: Theme) -> None:
    estimate, colour = line.estimate, look.of(line.kind)
    unsure = estimate.interval is None
    text = look.quiet if unsure else look.ink
    _beside(figure, row, 0.0, _escaped(line.label), text)
    _beside(figure, row, 0.385, f"n {estimate.n_units:,}", look.quiet, size=12, right=True)
    if estimate.value is None:
        reason = estimate.reason.sentence if estimate.reason else "Not known."
        _beside(figure, row, 0.41, _shortened(reason, 60), look.quiet, size=12)
        return
    if estimate.interval is not None:
        ends = [estimate.interval.low, estimate.interval.high]
        figure.add_trace(go.Scatter(x=ends, y=[row, row], mode="lines", line={"color": colour, "width": 2.5},
                                    hoverinfo="skip", name=f"interval of {line.label}"))  # fmt: skip
    hover = f"{_escaped(line.label)}<br>{estimate_text(estimate, percent=line.percent)}<br>n {estimate.n_units:,}"
    figure.add_trace(go.Scatter(
        x=[estimate.value], y=[row], mode="markers", name=line.label,
        marker={"size": 10, "color": look.paper if unsure else colour, "line": {"color": colour, "width": 2}},
        hovertemplate=hover + "<extra></extra>"))  # fmt: skip
    value = percentage(estimate.value) if line.percent else decimal(estimate.value)
    _beside(figure, row, 0.875, value, text)
    if not unsure:
        _beside(figure, row, 1.0, interval_text(estimate, percent=line.percent), look.quiet, size=12, right=True)


def _beside(
    figure: go.Figure, row: int, x: float, text: str, colour: str, *, size: float = 13.5, right: bool = False
) -> None:
    figure.add_annotation(xref="paper", x=x, y=row, text=text, showarrow=False, xanchor="right" if right else "left",
                          align="left", font={"size": size, "color": colour})  # fmt: skip


def rater_matrix(
    pairs: PairMatrix, raters: Sequence[Named], look: Theme, *, chosen: tuple[int, int] | None = None
) -> go.Figure:
    """Raters x raters: the kappa in every cell, blue between people, violet where a judge takes part.

    A heat map reports no click on a cell, so an invisible square marker lies over each, with (row, column) as its
    custom data.

    Args:
        pairs: Who agrees with whom.
        raters: In the order of `pairs`; the first `MOST_RATERS` are drawn.
        look: Colours.
        chosen: The cell that is open, framed.
    """
    shown = list(raters)[:MOST_RATERS]
    size = len(shown)
    names = [_escaped(_shortened(rater.name, _LONGEST_NAME)) for rater in shown]
    left = 14 + round(6.6 * max((len(rater.name) for rater in shown[:size]), default=0))
    left = min(left, 14 + round(6.6 * _LONGEST_NAME))
    cell = max(26, min(_CELL, 900 // max(size, 1)))
    figure = blank(look, height=cell * size + 70, left=left, right=8, top=4, bottom=66)
    for row in range(size):
        for column in range(size):
            _draw_pair(figure, pairs, shown, look, row, column)
    rows, columns = np.divmod(np.arange(size * size), max(size, 1))
    off = rows != columns
    figure.add_trace(go.Scatter(
        x=columns[off], y=rows[off], mode="markers", name="cells",
        marker={"symbol": "square", "size": cell - 6, "opacity": 0},
        customdata=np.column_stack([rows[off], columns[off]]).tolist(),
        text=[_pair_text(pairs, shown, row, column) for row, column in zip(rows[off], columns[off], strict=True)],
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}}))  # fmt: skip
    if chosen is not None and chosen[0] < size and chosen[1] < size:
        row, column = chosen
        figure.add_shape(type="rect", x0=column - 0.47, x1=column + 0.47, y0=row - 0.47, y1=row + 0.47,
                         line={"color": look.ink, "width": 2})  # fmt: skip
    places = list(range(size))
    figure.update_xaxes(range=[-0.5, size - 0.5], tickvals=places, ticktext=[_wrapped(rater.name) for rater in shown],
                        tickangle=0 if size <= 6 else -40)  # fmt: skip
    figure.update_yaxes(range=[size - 0.5, -0.5], tickvals=places, ticktext=names,
                        tickfont={"color": look.ink, "size": 13})  # fmt: skip
    return figure


def _draw_pair(
    figure: go.Figure, pairs: PairMatrix, raters: Sequence[Named], look: Theme, row: int, column: int
) -> None:
    same = row == column
    kappa = pairs.kappa[row, column]
    fill, text = look.well, ""
    if not same:
        colour = _pair_colour(raters[row].kind, raters[column].kind, look)
        fill = look.mixed(colour, strength(float(kappa))) if not np.isnan(kappa) else look.well
        text = decimal(float(kappa)) if not np.isnan(kappa) else "–"
    figure.add_shape(type="rect", x0=column - 0.475, x1=column + 0.475, y0=row - 0.46, y1=row + 0.46, fillcolor=fill,
                     line_width=0, layer="below")  # fmt: skip
    if text:
        figure.add_annotation(x=column, y=row, text=text, showarrow=False, font={"size": 13.5, "color": look.ink})


def _pair_colour(first: str, second: str, look: Theme) -> str:
    colours = {look.of(first), look.of(second)}
    if look.judge in colours:
        return look.judge
    return look.person if colours == {look.person} else look.quiet


def strength(kappa: float) -> float:
    """How strongly a cell is coloured: faint at and below 0, never so strong that the number is hard to read."""
    return 0.06 + 0.44 * min(max(kappa, 0.0), 1.0)


def _pair_text(pairs: PairMatrix, raters: Sequence[Named], row: int, column: int) -> str:
    names = f"{_escaped(raters[row].name)} and {_escaped(raters[column].name)}"
    n = int(pairs.n[row, column])
    if not n:
        return f"{names}<br>no unit in common"
    reason = pairs.reason_at(row, column)
    kappa = reason.sentence if reason else f"kappa {decimal(float(pairs.kappa[row, column]))}"
    return f"{names}<br>{kappa}<br>same answer {percentage(float(pairs.percent[row, column]))} of {n:,} units"


def confusion_matrix(
    table: Confusion, first: Named, second: Named, look: Theme, *, chosen: tuple[int, int] | None = None
) -> go.Figure:
    """Counts of units by the two raters' answers: rows the first, columns the second; the diagonal is agreement.

    Cells carry invisible markers with (row, column) as custom data, as in `rater_matrix`.
    """
    labels = [_escaped(_shortened(option.label, 18)) for option in table.scale.options]
    size = len(labels)
    left = 16 + round(6.8 * max((len(label) for label in labels), default=0)) + 22
    figure = blank(look, height=_CELL * size + 92, left=left, right=8, top=4, bottom=88 if size > 5 else 66)
    top = max(int(table.counts.max(initial=0)), 1)
    agree, apart = _pair_colour(first.kind, second.kind, look), look.differ
    for row in range(size):
        for column in range(size):
            count = int(table.counts[row, column])
            colour = look.mixed(agree if row == column else apart, 0.06 + 0.4 * count / top) if count else look.well
            figure.add_shape(type="rect", x0=column - 0.475, x1=column + 0.475, y0=row - 0.46, y1=row + 0.46,
                             fillcolor=colour, line_width=0, layer="below")  # fmt: skip
            figure.add_annotation(x=column, y=row, text=f"{count:,}", showarrow=False,
                                  font={"size": 13.5, "color": look.ink if count else look.faint})  # fmt: skip
    rows, columns = np.divmod(np.arange(size * size), size)
    figure.add_trace(go.Scatter(
        x=columns, y=rows, mode="markers", name="cells",
        marker={"symbol": "square", "size": _CELL - 6, "opacity": 0},
        customdata=np.column_stack([rows, columns]).tolist(),
        text=[f"{_escaped(first.name)}: {labels[row]}<br>{_escaped(second.name)}: {labels[column]}"
              f"<br>{int(table.counts[row, column]):,} units" for row, column in zip(rows, columns, strict=True)],
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}}))  # fmt: skip
    if chosen is not None:
        row, column = chosen
        figure.add_shape(type="rect", x0=column - 0.47, x1=column + 0.47, y0=row - 0.47, y1=row + 0.47,
                         line={"color": look.ink, "width": 2})  # fmt: skip
    places = list(range(size))
    figure.update_xaxes(range=[-0.5, size - 0.5], tickvals=places, ticktext=labels, tickangle=0 if size <= 5 else -40,
                        title={"text": _escaped(_shortened(second.name, 50)), "standoff": 8,
                               "font": {"color": look.of(second.kind), "size": 13}})  # fmt: skip
    figure.update_yaxes(range=[size - 0.5, -0.5], tickvals=places, ticktext=labels,
                        tickfont={"color": look.ink, "size": 13},
                        title={"text": _escaped(_shortened(first.name, 40)), "standoff": 6,
                               "font": {"color": look.of(first.kind), "size": 13}})  # fmt: skip
    return figure


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _wrapped(name: str) -> str:
    """A name under its column: broken at blank space into short lines, at most three."""
    lines: list[str] = []
    for word in _shortened(name, 2 * _LONGEST_NAME).split():
        if lines and len(lines[-1]) + len(word) < 11:
            lines[-1] += " " + word
        elif len(lines) < 3:
            lines.append(word)
    return "<br>".join(_escaped(line) for line in lines)


def _escaped(text: str) -> str:
    """Text as text: plotly reads a little HTML, names come from files."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
