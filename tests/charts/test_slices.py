"""The forest of slices: rows, words, colours, and what a click finds."""

from typing import Any

import plotly.graph_objects as go
import pytest

from core.charts.slices import ForestRow, Mark, rows_forest
from core.charts.theme import DARK, LIGHT
from core.stats.estimates import Estimate, Interval, IntervalMethod, Reason


def estimate(value: float | None, low: float = 0.0, high: float = 0.0) -> Estimate:
    interval = Interval(low, high, 0.95, IntervalMethod.BCA) if high else None
    return Estimate("alpha", value, 50, 100, 50, interval, reason=None if value is not None else Reason.NO_VARIATION)


ROWS = (
    ForestRow("All units", "n 90", (Mark(estimate(0.6, 0.5, 0.7)),), strong=True),
    ForestRow("art", "n 60", (Mark(estimate(0.2, -0.1, 0.4)),), notes=("differs from the rest, adjusted p .01",)),
    ForestRow("tea", "n 9", (Mark(estimate(0.9)),), grey=True, under="only 9 units: no interval"),
    ForestRow("none", "n 0", (Mark(estimate(None)),), notes=("All compared ratings are the same.",)),
)


def words(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def traces(figure: go.Figure, name: str) -> list[Any]:
    return [trace for trace in figure.data if trace.name == name]


def test_every_row_says_its_name_its_n_its_numbers_and_what_is_said_of_it() -> None:
    text = " | ".join(words(rows_forest(ROWS, LIGHT)))
    for said in ("<b>All units</b>", "n 90", "<b>.60</b>", ".50 to .70", "differs from the rest, adjusted p .01",
                 "only 9 units: no interval", "no value", "All compared ratings are the same."):  # fmt: skip
        assert said in text


def test_intervals_have_the_colour_of_whose_they_are_and_thin_rows_are_grey_without_one() -> None:
    row = ForestRow("a", "n 9", (Mark(estimate(0.5, 0.4, 0.6), "judge", "judge"), Mark(estimate(0.7, 0.6, 0.8))))
    for look in (LIGHT, DARK):
        figure = rows_forest([row], look)
        assert [trace.line.color for trace in traces(figure, "interval")] == [look.judge, look.person]
    grey = rows_forest([ROWS[2]], LIGHT)
    assert traces(grey, "interval") == []
    (point,) = traces(grey, "tea")
    assert (point.marker.color, point.marker.line.color) == (LIGHT.paper, LIGHT.faint)


def test_the_axis_holds_every_interval_and_begins_at_0_where_nothing_is_below() -> None:
    low, high = rows_forest(ROWS, LIGHT).layout.xaxis.range
    assert low == pytest.approx(-0.22)
    assert high == pytest.approx(1.02)
    assert rows_forest(ROWS[:1], LIGHT).layout.xaxis.range[0] == pytest.approx(-0.02)


def test_a_click_anywhere_on_a_row_finds_its_position() -> None:
    figure = rows_forest(ROWS, LIGHT)
    targets = traces(figure, "row")
    assert [trace.customdata[0][0] for trace in targets] == [0, 1, 2, 3]
    assert all(trace.marker.opacity == 0 and len(trace.x) > 20 for trace in targets)
    # Rows lie below each other without overlap: the middle of each is farther down than that of the one before.
    middles = [trace.y[0] for trace in targets]
    assert middles == sorted(middles)
    assert figure.layout.yaxis.range == (sum(row.height for row in ROWS), 0)


def test_the_first_value_goes_on_through_the_others_and_the_open_row_has_a_background() -> None:
    shapes = rows_forest(ROWS, LIGHT, chosen=1).layout.shapes
    (dotted,) = [shape for shape in shapes if shape.type == "line" and shape.line.dash == "dot"]
    assert (dotted.x0, dotted.x1, dotted.line.color) == (0.6, 0.6, LIGHT.person)
    (behind,) = [shape for shape in shapes if shape.type == "rect"]
    assert ROWS[0].height < behind.y0 < behind.y1 < ROWS[0].height + ROWS[1].height
    assert not [s for s in rows_forest(ROWS, LIGHT, line=False).layout.shapes if s.line.dash == "dot"]


def test_names_are_text_and_long_ones_are_cut() -> None:
    hostile = "<img src=x onerror=alert(1)> & " + "x" * 60
    row = ForestRow(hostile, "n 1", (Mark(estimate(0.5), label="<b>j</b>"),), notes=("<i>",), under="<u>")
    figure = rows_forest([row], LIGHT)
    text = " ".join(words(figure))
    for raw in ("<img", "<b>j", "<i>", "<u>"):
        assert raw not in text
    assert "&lt;img src=x" in text
    assert "x" * 60 not in text
    assert "x" * 60 in traces(figure, "row")[0].hovertemplate
    assert "<img" not in traces(figure, "row")[0].hovertemplate


def test_no_rows_make_an_empty_figure() -> None:
    assert len(rows_forest([], LIGHT).data) == 0
