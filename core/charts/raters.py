"""Each rater's agreement with the others, a line a rater, made to stand many; and small columns of change over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts.labels import escaped, quiet, shortened
from core.charts.theme import Sheet, Theme, blank
from core.charts.writing import axis_start, decimal, estimate_text, tick_text
from core.stats.estimates import Estimate

MOST_LINES = 24
"""Raters drawn; the caller says how many are left out."""

_ROW, _TOP, _BOTTOM = 27, 8, 28
_LONGEST = 22
_SPARK = 18
_CLICKS = 25
"""Invisible markers along a row, so that a click anywhere in it counts."""


@dataclass(frozen=True, slots=True)
class RaterPoint:
    """A rater in the picture.

    Attributes:
        name: Who.
        kind: See `core.models.ratings.RaterKind`.
        estimate: Agreement with the others.
        chosen: Whether its items are open.
    """

    name: str
    kind: str
    estimate: Estimate
    chosen: bool = False


def raters_forest(raters: Sequence[RaterPoint], look: Theme) -> go.Figure:
    """Name, interval with its point, and value, one narrow row each.

    Every row carries invisible markers with its position as custom data: a click anywhere in it counts.

    Args:
        raters: From top to bottom; the first `MOST_LINES` are drawn.
        look: Colours.
    """
    shown = list(raters)[:MOST_LINES]
    left = 14 + round(6.9 * max((min(len(rater.name), _LONGEST) for rater in shown), default=0))
    figure = blank(look, height=_ROW * len(shown) + _TOP + _BOTTOM, left=left, right=44, top=_TOP, bottom=_BOTTOM)
    sheet = Sheet(figure)
    start = axis_start([rater.estimate for rater in shown])
    for place, rater in enumerate(shown):
        _draw_rater(sheet, place, rater, look)
    _take_clicks(sheet, shown, start)
    ticks = np.round(np.arange(start, 1.001, 0.2), 1).tolist()
    words = [tick_text(tick) for tick in ticks]
    figure.update_xaxes(range=[start - 0.02, 1.02], tickvals=ticks, ticktext=words, showgrid=True, gridcolor=look.line)
    figure.update_yaxes(range=[len(shown) - 0.5, -0.5], visible=False)
    return sheet.finished()


def _draw_rater(sheet: Sheet, place: int, rater: RaterPoint, look: Theme) -> None:
    estimate, colour = rater.estimate, look.of(rater.kind)
    unsure = estimate.interval is None
    if rater.chosen:
        sheet.shape(type="rect", xref="paper", x0=0, x1=1, y0=place - 0.46, y1=place + 0.46, layer="below",
                    fillcolor=look.well, line={"color": look.line, "width": 1})  # fmt: skip
    sheet.words(xref="paper", x=0, xshift=-8, y=place, text=escaped(shortened(rater.name, _LONGEST)),
                xanchor="right", font={"size": 13, "color": colour})  # fmt: skip
    if estimate.value is None:
        sheet.words(xref="paper", x=0, xshift=4, y=place, text=quiet("no value", look),
                    xanchor="left")  # fmt: skip
        return
    if estimate.interval is not None:
        sheet.trace(go.Scatter(
            x=[estimate.interval.low, estimate.interval.high], y=[place, place], mode="lines", name="interval",
            line={"color": colour, "width": 2.5}, hoverinfo="skip"))  # fmt: skip
    marker = {"size": 9, "color": look.paper if unsure else colour, "line": {"color": colour, "width": 2}}
    sheet.trace(go.Scatter(
        x=[estimate.value], y=[place], mode="markers", name=escaped(rater.name), hoverinfo="skip",
        marker=marker))  # fmt: skip
    sheet.words(xref="paper", x=1, xshift=40, y=place, text=decimal(estimate.value),
                xanchor="right", font={"size": 13, "color": look.quiet if unsure else look.ink})  # fmt: skip


def _take_clicks(sheet: Sheet, raters: Sequence[RaterPoint], start: float) -> None:
    if not raters:
        return
    along = np.linspace(start, 1.0, _CLICKS)
    rows = np.repeat(np.arange(len(raters)), _CLICKS)
    words = [_words(rater) for rater in raters]
    sheet.trace(go.Scatter(
        x=np.tile(along, len(raters)).tolist(), y=rows.tolist(), mode="markers", name="rows",
        marker={"symbol": "square", "size": _ROW - 3, "opacity": 0}, customdata=rows[:, None].tolist(),
        text=[words[row] for row in rows], hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}}))  # fmt: skip


def _words(rater: RaterPoint) -> str:
    estimate = rater.estimate
    if estimate.value is None:
        return f"{escaped(rater.name)}<br>{estimate.reason.sentence if estimate.reason else ''}"
    text = estimate_text(estimate)
    return f"{escaped(rater.name)}<br>{text}{'' if estimate.interval else ', no interval'}<br>n {estimate.n_units:,}"


def spark(values: Sequence[float | None]) -> str:
    """Small columns for shares over equal parts of time, as HTML in the colour of the text; "" with fewer than two.

    A column as high as the line stands for 1, whatever the others, so that columns of several raters can be compared.
    """
    if sum(value is not None for value in values) < 2:
        return ""
    bars = "".join(
        '<span style="width:7px;margin-right:2px;background:currentColor;'
        f'opacity:.55;height:{max(1, round(_SPARK * (value or 0.0)))}px"></span>'
        for value in values
    )
    said = " ".join("–" if value is None else f"{round(100 * value)} %" for value in values)
    return (
        f'<span role="img" aria-label="{said}" title="{said}" style="display:inline-flex;align-items:flex-end;'
        f'height:{_SPARK}px;border-bottom:1px solid currentColor;margin-right:6px">{bars}</span>'
    )
