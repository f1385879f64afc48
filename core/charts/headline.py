"""Judges against people, with the people's ceiling on each judge's own units; results in, figure out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts.labels import coloured, escaped, quiet, shortened
from core.charts.theme import Sheet, Theme, blank
from core.charts.writing import decimal, estimate_text, interval_text, percentage, tick_text
from core.stats.estimates import Estimate, Reason

_ROW = 76
_LONGEST = 36
_BOTTOM = 28
_LOW, _HIGH = -0.43, -0.05
"""Where in a row, of height 1, the line lies; words stand above it."""

_CLICKS = 25
"""Invisible markers along a row, so that a click anywhere in it counts."""


@dataclass(frozen=True, slots=True)
class HeadlineRow:
    """A row of the picture.

    Attributes:
        label: Whose number, or which.
        estimate: The number.
        kind: Whose it is (see `core.models.ratings.RaterKind`).
        people: The people's ceiling on the same units, drawn as a band behind; None where there is none.
        percent: Whether it is a share, written in percent.
        note: Said under the label beside the count of units.
    """

    label: str
    estimate: Estimate
    kind: str = "person"
    people: Estimate | None = None
    percent: bool = False
    note: str = ""


def headline(rows: Sequence[HeadlineRow], look: Theme) -> go.Figure:
    """Two lines of words a row and, below them, the interval with its point before the band of the people. No legend.

    Every row carries invisible markers with its position as custom data: a click anywhere in it counts.

    Args:
        rows: From top to bottom.
        look: Colours.
    """
    figure = blank(look, height=_ROW * len(rows) + 6 + _BOTTOM, left=8, right=8, top=6, bottom=_BOTTOM)
    sheet = Sheet(figure)
    shown = [one for row in rows for one in (row.estimate, row.people) if one is not None and one.value is not None]
    low = min([0.0, *(_low(one) for one in shown)])
    start = float(np.floor(low * 5) / 5) if low < 0 else 0.0
    ticks = np.round(np.arange(start, 1.001, 0.2), 1).tolist()
    for place, row in enumerate(rows):
        _draw_grid(sheet, len(rows) - 1 - place, ticks, look)
        _draw(sheet, len(rows) - 1 - place, row, look)
    _take_clicks(sheet, rows, start)
    shares = bool(rows) and all(row.percent for row in rows)
    words = [percentage(tick) if shares else tick_text(tick) for tick in ticks]
    figure.update_xaxes(range=[start - 0.015, 1.015], tickvals=ticks, ticktext=words)
    figure.update_yaxes(range=[-0.5, len(rows) - 0.5], visible=False)
    return sheet.finished()


def _low(estimate: Estimate) -> float:
    value = 0.0 if estimate.value is None else estimate.value
    return estimate.interval.low if estimate.interval else value


def _draw_grid(sheet: Sheet, y: int, ticks: Sequence[float], look: Theme) -> None:
    """Hairlines under a row's line alone, so that none crosses its words."""
    for tick in ticks:
        sheet.shape(type="line", x0=tick, x1=tick, y0=y + _LOW, y1=y + _HIGH, layer="below", name="grid",
                    line={"color": look.line, "width": 1})  # fmt: skip


def _draw(sheet: Sheet, y: int, row: HeadlineRow, look: Theme) -> None:
    estimate, on = row.estimate, y - 0.24
    unsure = estimate.interval is None
    name = escaped(shortened(row.label, _LONGEST))
    _words(sheet, y + 0.36, name, look.quiet if unsure else look.ink)
    _words(sheet, y + 0.12, quiet(_units(row), look), look.quiet)
    if row.people is not None and row.people.value is not None:
        _draw_ceiling(sheet, y, row.people, look, percent=row.percent)
    if estimate.value is None:
        reason = estimate.reason.sentence if estimate.reason else "Not known."
        sheet.words(xref="paper", x=0, y=on, text=quiet(escaped(shortened(reason, 64)), look),
                    xanchor="left")  # fmt: skip
        return
    colour = look.quiet if unsure else look.of(row.kind)
    if estimate.interval is not None:
        sheet.trace(go.Scatter(
            x=[estimate.interval.low, estimate.interval.high], y=[on, on], mode="lines",
            line={"color": colour, "width": 2.5}, hoverinfo="skip", name="interval"))  # fmt: skip
    sheet.trace(go.Scatter(
        x=[estimate.value], y=[on], mode="markers", name="value", hoverinfo="skip",
        marker={"size": 10, "color": look.paper if unsure else colour, "line": {"color": colour, "width": 2},
                "opacity": 1}))  # fmt: skip
    value = percentage(estimate.value) if row.percent else decimal(estimate.value)
    beside = _why_no_interval(estimate) if unsure else interval_text(estimate, percent=row.percent)
    _words(sheet, y + 0.36, f"{value}  {quiet(beside, look)}", look.ink, right=True)


def _units(row: HeadlineRow) -> str:
    n = row.estimate.n_units
    units = "1 unit" if n == 1 else f"{n:,} units"
    return f"{units} · {escaped(row.note)}" if row.note else units


def _why_no_interval(estimate: Estimate) -> str:
    if estimate.interval_reason is Reason.TOO_FEW_ITEMS:
        return "fewer than 20 units: no interval"
    return "no interval yet" if estimate.interval_reason is Reason.NOT_RESAMPLED else "no interval"


def _draw_ceiling(sheet: Sheet, y: int, people: Estimate, look: Theme, *, percent: bool) -> None:
    """The people on the same units: a band, a dotted line, and words in their colour."""
    low, high = y + _LOW, y + _HIGH
    if people.interval is not None:
        sheet.shape(type="rect", x0=people.interval.low, x1=people.interval.high, y0=low, y1=high,
                    layer="below", fillcolor=look.mixed(look.person, 0.14), line={"width": 0})  # fmt: skip
    sheet.shape(type="line", x0=people.value, x1=people.value, y0=low, y1=high, layer="below",
                line={"color": look.person, "width": 1.5, "dash": "dot"})  # fmt: skip
    words = f"people {estimate_text(people, percent=percent)}"
    _words(sheet, y + 0.12, coloured(words, look.person), look.person, right=True)


def _words(sheet: Sheet, y: float, text: str, colour: str, *, right: bool = False) -> None:
    side = "right" if right else "left"
    sheet.words(xref="paper", x=1 if right else 0, y=y, text=text, xanchor=side, align=side,
                font={"size": 13.5, "color": colour})  # fmt: skip


def _take_clicks(sheet: Sheet, rows: Sequence[HeadlineRow], start: float) -> None:
    x = np.tile(np.linspace(start, 1.0, _CLICKS), len(rows))
    row = np.repeat(np.arange(len(rows)), _CLICKS)
    sheet.trace(go.Scatter(
        x=x, y=len(rows) - 1 - row, mode="markers", name="rows",
        marker={"symbol": "square", "size": _ROW - 30, "opacity": 0}, customdata=row[:, None].tolist(),
        text=[_hover(rows[one]) for one in row.tolist()], hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}}))  # fmt: skip


def _hover(row: HeadlineRow) -> str:
    estimate = row.estimate
    said = estimate.reason.sentence if estimate.reason else estimate_text(estimate, percent=row.percent)
    lines = [escaped(row.label), escaped(said), _units(row)]
    if row.people is not None and row.people.value is not None:
        lines.insert(2, f"people on the same units {estimate_text(row.people, percent=row.percent)}")
    return "<br>".join(lines)
