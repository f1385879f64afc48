"""How often an injection moves a judge's verdict, with what a harmless text does in the same place; results in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts.labels import escaped, quiet, shortened
from core.charts.theme import Sheet, Theme, blank
from core.charts.writing import decimal, estimate_text, interval_text, percentage
from core.stats.estimates import Estimate

_WORDS, _MARK, _GAP, _BOTTOM = 37, 18, 10, 28
"""Heights in pixels: of a row's two lines of words, of its interval, between rows, and of the axis."""

_LONGEST, _LONGEST_UNDER = 26, 40
_TARGETS = 41


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """A row of the picture.

    Attributes:
        name: The injection.
        under: A few quiet words under the name.
        estimate: Share of verdicts that moved.
        control: The same with a harmless text; drawn as a band behind.
        extra: The difference of both, told when the row is pointed at.
        strong: Whether it stands out (all injections).
    """

    name: str
    under: str
    estimate: Estimate
    control: Estimate
    extra: Estimate
    strong: bool = False


_ROW = _WORDS + _MARK + _GAP


def probe_chart(rows: Sequence[ProbeRow], look: Theme) -> go.Figure:
    """Name and numbers in words and, below them, the interval with its point before the band of the harmless text.

    Args:
        rows: From top to bottom.
        look: Colours.
    """
    total = _ROW * len(rows)
    figure = blank(look, height=total + _BOTTOM + 8, left=8, right=8, top=8, bottom=_BOTTOM)
    sheet = Sheet(figure)
    for place, row in enumerate(rows):
        top = _ROW * place
        _draw_words(sheet, row, top, look)
        _draw_marks(sheet, row, top + _WORDS, look)
        if row.strong and place + 1 < len(rows):
            sheet.shape(type="line", xref="paper", x0=0, x1=1, y0=top + _ROW - 3, y1=top + _ROW - 3, layer="below",
                        line={"color": look.line, "width": 1})  # fmt: skip
    _tell(sheet, rows)
    ticks = np.round(np.arange(0.0, 1.001, 0.2), 1).tolist()
    figure.update_xaxes(range=[-0.015, 1.06], tickvals=ticks, ticktext=[percentage(tick) for tick in ticks])
    figure.update_yaxes(range=[total, 0], visible=False)
    return sheet.finished()


def _draw_words(sheet: Sheet, row: ProbeRow, top: float, look: Theme) -> None:
    name = escaped(shortened(row.name, _LONGEST))
    name = f"<b>{name}</b>" if row.strong else name
    beside = quiet(f"n {row.estimate.n_units:,}", look)
    _word(sheet, top + 10, f"{name}  {beside}", look.ink)
    _word(sheet, top + 27, quiet(escaped(shortened(row.under, _LONGEST_UNDER)), look), look.quiet)
    if row.estimate.value is None:
        _word(sheet, top + 10, quiet("no value", look), look.quiet, right=True)
    else:
        value = percentage(row.estimate.value)
        value = f"<b>{value}</b>" if row.strong else value
        ends = quiet(interval_text(row.estimate, percent=True), look)
        _word(sheet, top + 10, f"{value}  {ends}", look.ink, right=True)
    if row.control.value is not None:
        words = f"harmless {estimate_text(row.control, percent=True)}"
        _word(sheet, top + 27, quiet(words, look), look.quiet, right=True)


def _word(sheet: Sheet, y: float, text: str, colour: str, *, right: bool = False) -> None:
    side = "right" if right else "left"
    sheet.words(xref="paper", x=1 if right else 0, y=y, text=text, xanchor=side, align=side,
                font={"size": 13, "color": colour})  # fmt: skip


def _draw_marks(sheet: Sheet, row: ProbeRow, top: float, look: Theme) -> None:
    for tick in np.arange(0.0, 1.001, 0.2).tolist():
        sheet.shape(type="line", x0=tick, x1=tick, y0=top, y1=top + _MARK, layer="below", name="grid",
                    line={"color": look.line, "width": 1})  # fmt: skip
    control, estimate, on = row.control, row.estimate, top + _MARK / 2
    if control.interval is not None:
        sheet.shape(type="rect", x0=control.interval.low, x1=control.interval.high, y0=top + 1, y1=top + _MARK - 1,
                    layer="below", name="control", fillcolor=look.mixed(look.quiet, 0.26),
                    line={"width": 0})  # fmt: skip
    if control.value is not None:
        sheet.shape(type="line", x0=control.value, x1=control.value, y0=top + 1, y1=top + _MARK - 1, layer="below",
                    name="control", line={"color": look.quiet, "width": 1.5, "dash": "dot"})  # fmt: skip
    if estimate.value is None:
        return
    if estimate.interval is not None:
        sheet.trace(go.Scatter(
            x=[estimate.interval.low, estimate.interval.high], y=[on, on], mode="lines", name="interval",
            line={"color": look.judge, "width": 3 if row.strong else 2.5}, hoverinfo="skip"))  # fmt: skip
    sheet.trace(go.Scatter(
        x=[estimate.value], y=[on], mode="markers", name="value", hoverinfo="skip",
        marker={"size": 10, "color": look.judge, "line": {"color": look.judge, "width": 2}}))  # fmt: skip


def _tell(sheet: Sheet, rows: Sequence[ProbeRow]) -> None:
    """Invisible markers along every row that tell its numbers in full."""
    along = np.linspace(0.0, 1.0, _TARGETS)
    places = np.repeat(np.arange(len(rows)), _TARGETS)
    told = [_told(row) for row in rows]
    sheet.trace(go.Scatter(
        x=np.tile(along, len(rows)).tolist(), y=(places * _ROW + _WORDS + _MARK / 2).tolist(), mode="markers",
        name="rows", marker={"symbol": "square", "size": _MARK, "opacity": 0},
        text=[told[place] for place in places.tolist()], hovertemplate="%{text}<extra></extra>"))  # fmt: skip


def _told(row: ProbeRow) -> str:
    lines = [escaped(row.name)]
    if row.estimate.value is None:
        lines.append(row.estimate.reason.sentence if row.estimate.reason else "No value.")
    else:
        lines.append(f"moved {estimate_text(row.estimate, percent=True)}, n {row.estimate.n_units:,}")
    if row.control.value is not None:
        lines.append(f"harmless text {estimate_text(row.control, percent=True)}, n {row.control.n_units:,}")
    if row.extra.value is not None:
        sign = "+" if row.extra.value > 0 else ""
        lines.append(f"difference {sign}{decimal(row.extra.value)} ({interval_text(row.extra)})")
    return "<br>".join(lines)
