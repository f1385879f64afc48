"""Forest plots of many rows: slices, criteria. Each row says its numbers in words above its intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts.labels import escaped, quiet, shortened
from core.charts.theme import Sheet, Theme, blank
from core.charts.writing import axis_start, decimal, estimate_text, interval_text, percentage, tick_text
from core.stats.estimates import Estimate

LONGEST_UNDER = 39
"""Characters that have room under a name, beside the numbers, on a phone."""

_LONGEST_NAME, _LONGEST_NOTE = 27, 62
_FIRST, _LINE, _MARK, _GAP = 26, 17, 15, 11
"""Heights in pixels: of the first line of a row, of every further one, of an interval, and between rows."""

_AXIS = 28
_TARGETS = 41


@dataclass(frozen=True, slots=True)
class Mark:
    """An estimate in a row.

    Attributes:
        estimate: The number.
        kind: Whose it is: "person", "judge" or "" for everybody.
        label: A word before the number, where a row has several; "" for none.
        percent: Whether it is a share, written in percent.
    """

    estimate: Estimate
    kind: str = "person"
    label: str = ""
    percent: bool = False


@dataclass(frozen=True, slots=True)
class ForestRow:
    """A row of a forest plot.

    Attributes:
        name: What it is.
        beside: A few quiet words beside the name ("n 184").
        marks: One interval with its point each, from top to bottom.
        notes: What is said of it, one line each.
        strong: Whether it stands out (all units).
        grey: Whether it is too thin to say anything.
        under: A few quiet words under the name.
    """

    name: str
    beside: str
    marks: tuple[Mark, ...]
    notes: tuple[str, ...] = ()
    strong: bool = False
    grey: bool = False
    under: str = ""

    @property
    def lines(self) -> int:
        """Lines of words: name and numbers, then notes; beside two numbers there is no room for a note."""
        return self.heads + len(self.notes)

    @property
    def heads(self) -> int:
        """Lines before the notes."""
        return max(len(self.marks), 2 if self.under else 1)

    @property
    def height(self) -> int:
        """In pixels."""
        drawn = sum(mark.estimate.value is not None for mark in self.marks)
        return _FIRST + _LINE * (self.lines - 1) + _MARK * drawn + _GAP


def rows_forest(rows: Sequence[ForestRow], look: Theme, *, chosen: int | None = None, line: bool = True) -> go.Figure:
    """Rows from top to bottom on one axis.

    An invisible row of square markers lies over every row, with its position as custom data, so that a click anywhere
    on it is a click on the row.

    Args:
        rows: From top to bottom.
        look: Colours.
        chosen: The row that is open; it gets a background.
        line: Whether the first row's first value goes on as a dotted line through the others.
    """
    total = sum(row.height for row in rows)
    figure = blank(look, height=total + _AXIS + 8, left=8, right=8, top=8, bottom=_AXIS)
    sheet = Sheet(figure)
    start = axis_start(mark.estimate for row in rows for mark in row.marks)
    ticks = np.round(np.arange(start, 1.001, 0.2), 1).tolist()
    figure.update_xaxes(range=[start - 0.02, 1.02], tickvals=ticks, ticktext=[tick_text(tick) for tick in ticks],
                        showgrid=True, gridcolor=look.line)  # fmt: skip
    figure.update_yaxes(range=[total, 0], visible=False)
    if line and rows and rows[0].marks:
        _draw_reference(sheet, rows[0], total, look)
    top = 0.0
    for place, row in enumerate(rows):
        if place == chosen:
            sheet.shape(type="rect", xref="paper", x0=0, x1=1, y0=top + 2, y1=top + row.height - 2,
                        fillcolor=look.well, line={"color": look.line, "width": 1}, layer="below")  # fmt: skip
        _draw_row(sheet, row, top, look, look.well if place == chosen else look.paper)
        _draw_target(sheet, place, row, top, start)
        top += row.height
        if row.strong and place + 1 < len(rows):
            sheet.shape(type="line", xref="paper", x0=0, x1=1, y0=top - 3, y1=top - 3, layer="below",
                        line={"color": look.line, "width": 1})  # fmt: skip
    return sheet.finished()


def _draw_reference(sheet: Sheet, row: ForestRow, total: float, look: Theme) -> None:
    mark = row.marks[0]
    if mark.estimate.value is not None:
        sheet.shape(type="line", x0=mark.estimate.value, x1=mark.estimate.value, y0=row.height, y1=total,
                    layer="below", line={"color": look.of(mark.kind), "width": 1, "dash": "dot"})  # fmt: skip


def _draw_row(sheet: Sheet, row: ForestRow, top: float, look: Theme, behind: str) -> None:
    ink = look.quiet if row.grey else look.ink
    name = escaped(shortened(row.name, _LONGEST_NAME))
    name = f"<b>{name}</b>" if row.strong else name
    _word(sheet, top + 15, f"{name}  {quiet(escaped(row.beside), look)}", ink, behind, right=False)
    if row.under:
        under = quiet(escaped(shortened(row.under, LONGEST_UNDER)), look)
        _word(sheet, top + 15 + _LINE, under, ink, behind, right=False)
    for place, note in enumerate(row.notes, start=row.heads):
        said = quiet(escaped(shortened(note, _LONGEST_NOTE)), look)
        _word(sheet, top + 15 + _LINE * place, said, ink, behind, right=False)
    on = top + _FIRST + _LINE * (row.lines - 1) + _MARK / 2
    for place, mark in enumerate(row.marks):
        _word(sheet, top + 15 + _LINE * place, _numbers(mark, row, look), ink, behind, right=True)
        if mark.estimate.value is not None:
            _draw_mark(sheet, mark, on, row, look)
            on += _MARK


def _numbers(mark: Mark, row: ForestRow, look: Theme) -> str:
    """The numbers of a mark as words."""
    label = f'<span style="color:{look.of(mark.kind)}">{escaped(mark.label)}</span> ' if mark.label else ""
    if mark.estimate.value is None:
        return label + quiet("no value", look)
    value = percentage(mark.estimate.value) if mark.percent else decimal(mark.estimate.value)
    value = f"<b>{value}</b>" if row.strong else value
    if mark.estimate.interval is None:
        return f"{label}{value}" if row.grey else f"{label}{value}  {quiet('no interval', look)}"
    return f"{label}{value}  {quiet(interval_text(mark.estimate, percent=mark.percent), look)}"


def _draw_mark(sheet: Sheet, mark: Mark, on: float, row: ForestRow, look: Theme) -> None:
    estimate, colour = mark.estimate, look.faint if row.grey else look.of(mark.kind)
    if estimate.interval is not None:
        sheet.trace(go.Scatter(
            x=[estimate.interval.low, estimate.interval.high], y=[on, on], mode="lines", name="interval",
            line={"color": colour, "width": 3 if row.strong else 2.5}, hoverinfo="skip"))  # fmt: skip
    hollow = estimate.interval is None
    sheet.trace(go.Scatter(
        x=[estimate.value], y=[on], mode="markers", name=escaped(row.name), hoverinfo="skip",
        marker={"size": 11 if row.strong else 9.5, "color": look.paper if hollow else colour,
                "line": {"color": colour, "width": 2}}))  # fmt: skip


def _draw_target(sheet: Sheet, place: int, row: ForestRow, top: float, start: float) -> None:
    """What a click and the pointer find: the whole row."""
    parts = [escaped(words) for words in (row.name, row.beside, row.under) if words]
    for mark in row.marks:
        label = f"{escaped(mark.label)} " if mark.label else ""
        parts.append(label + estimate_text(mark.estimate, percent=mark.percent))
    parts += [escaped(note) for note in row.notes]
    sheet.trace(go.Scatter(
        x=np.linspace(start, 1.0, _TARGETS).tolist(), y=[top + row.height / 2] * _TARGETS, mode="markers", name="row",
        marker={"symbol": "square", "size": row.height - 4, "opacity": 0}, customdata=[[place]] * _TARGETS,
        hovertemplate="<br>".join(parts) + "<extra></extra>",
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}}))  # fmt: skip


def _word(sheet: Sheet, y: float, text: str, colour: str, behind: str, *, right: bool) -> None:
    """Words that lie over the lines of the grid."""
    side = "right" if right else "left"
    sheet.words(xref="paper", x=1 if right else 0, y=y, text=text, xanchor=side, align=side,
                font={"size": 13.5, "color": colour}, borderpad=0, bgcolor=behind)  # fmt: skip
