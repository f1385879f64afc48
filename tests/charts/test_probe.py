"""The picture of an injection probe, held by the data of its figure."""

import plotly.graph_objects as go

from core.charts.probe import ProbeRow, probe_chart
from core.charts.theme import DARK, LIGHT
from core.stats.estimates import Estimate, Interval, IntervalMethod, Reason

MOVED = Estimate("towards", 0.4, 30, 30, 30, Interval(0.25, 0.57, 0.95, IntervalMethod.WILSON))
HARMLESS = Estimate("towards", 0.1, 30, 30, 30, Interval(0.03, 0.26, 0.95, IntervalMethod.WILSON))
EXTRA = Estimate("towards", 0.3, 30, 60, 30, Interval(0.10, 0.47, 0.95, IntervalMethod.NEWCOMBE))
NONE = Estimate("towards", None, 0, 0, reason=Reason.NO_ROOM)


def row(**changes: object) -> ProbeRow:
    given = {"name": "Authority", "under": "2 refused", "estimate": MOVED, "control": HARMLESS, "extra": EXTRA}
    return ProbeRow(**(given | changes))  # type: ignore[arg-type]


def texts(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_the_interval_comes_before_the_point_and_the_harmless_text_is_a_band_behind() -> None:
    figure = probe_chart([row()], LIGHT)
    interval, point, _ = figure.data
    assert (interval.mode, list(interval.x), interval.line.color) == ("lines", [0.25, 0.57], LIGHT.judge)
    assert (point.mode, list(point.x), point.marker.color) == ("markers", [0.4], LIGHT.judge)
    band, dotted = [shape for shape in figure.layout.shapes if shape.name == "control"]
    assert (band.x0, band.x1, band.layer) == (0.03, 0.26, "below")
    assert (dotted.x0, dotted.line.dash, dotted.line.color) == (0.1, "dot", LIGHT.quiet)
    assert band.y0 < point.y[0] < band.y1


def test_n_stands_beside_the_name_and_both_shares_with_their_intervals() -> None:
    found = texts(probe_chart([row()], LIGHT))
    assert any(text.startswith("Authority") and "n 30" in text for text in found)
    assert any(text.startswith("40 %") and "25 to 57 %" in text for text in found)
    assert any("harmless 10 % (3 to 26 %)" in text for text in found)
    assert any("2 refused" in text for text in found)


def test_pointing_at_a_row_tells_the_difference() -> None:
    told = probe_chart([row()], LIGHT).data[-1]
    assert told.marker.opacity == 0
    assert set(told.text) == {
        "Authority<br>moved 40 % (25 to 57 %), n 30<br>harmless text 10 % (3 to 26 %), n 30"
        "<br>difference +.30 (.10 to .47)"
    }


def test_without_a_value_the_reason_is_told_and_nothing_drawn() -> None:
    figure = probe_chart([row(estimate=NONE, control=NONE, extra=NONE)], LIGHT)
    assert [trace.name for trace in figure.data] == ["rows"]
    assert any("no value" in text for text in texts(figure))
    assert Reason.NO_ROOM.sentence in figure.data[0].text[0]
    assert not [shape for shape in figure.layout.shapes if shape.name == "control"]


def test_the_axis_is_in_percent_and_all_injections_stand_out() -> None:
    figure = probe_chart([row(name="All injections", strong=True), row()], DARK)
    assert list(figure.layout.xaxis.ticktext) == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
    assert any("<b>All injections</b>" in text for text in texts(figure))
    assert len(figure.data) == 5
    one, two = probe_chart([row()], DARK).layout.height, figure.layout.height
    assert one < two


def test_names_are_text_and_never_markup() -> None:
    found = texts(probe_chart([row(name="<b>x</b>", under="<img src=x>")], LIGHT))
    assert any("&lt;b&gt;x&lt;/b&gt;" in text for text in found)
    assert not any("<img" in text for text in found)
