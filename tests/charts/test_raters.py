"""Charts of the rater table and of a judge as one rater more, held by the data of their figures."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest

from core.charts.place import extra_rater_chart
from core.charts.raters import MOST_LINES, RaterPoint, raters_forest, spark
from core.charts.theme import DARK, LIGHT
from core.scales import pass_fail
from core.stats.estimates import Estimate, Interval, IntervalMethod, Reason
from core.stats.extra_rater import ExtraRaterCurve, extra_rater_curve
from core.stats.ratings import RatingTable
from tests.stats.builders import noisy_codes

SURE = Estimate("cohen", 0.61, 184, 552, 184, Interval(0.52, 0.69, 0.95, IntervalMethod.BCA))
FEW = Estimate("cohen", -0.3, 12, 24, 12, interval_reason=Reason.TOO_FEW_ITEMS)
NONE = Estimate("cohen", None, 0, 0, reason=Reason.NO_PAIRABLE_ITEMS)


def texts(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_people_are_blue_judges_violet_and_the_interval_comes_before_the_point() -> None:
    figure = raters_forest([RaterPoint("Ana", "person", SURE), RaterPoint("Fir", "judge", SURE)], LIGHT)
    first, point, second, other, _ = figure.data
    assert (first.mode, list(first.x), first.line.color) == ("lines", [0.52, 0.69], LIGHT.person)
    assert (point.mode, list(point.x), list(point.y)) == ("markers", [0.61], [0])
    assert second.line.color == other.marker.color == LIGHT.judge
    assert texts(figure) == ["Ana", ".61", "Fir", ".61"]


def test_a_click_anywhere_in_a_row_is_a_click_on_its_rater() -> None:
    figure = raters_forest([RaterPoint("Ana", "person", SURE), RaterPoint("Bo", "person", NONE)], LIGHT)
    rows = figure.data[-1]
    assert rows.marker.opacity == rows.unselected.marker.opacity == 0
    assert {tuple(one) for one in rows.customdata} == {(0,), (1,)}
    assert all(one[0] == y for one, y in zip(rows.customdata, rows.y, strict=True))


def test_without_interval_the_point_is_hollow_and_without_value_there_is_none() -> None:
    figure = raters_forest([RaterPoint("Ana", "person", FEW), RaterPoint("Bo", "person", NONE)], DARK)
    point, _ = figure.data
    assert point.marker.color == DARK.paper
    assert figure.layout.xaxis.range[0] == pytest.approx(-0.42)
    assert any("no value" in text for text in texts(figure))


def test_names_are_text_and_many_raters_are_cut() -> None:
    many = [RaterPoint(f"<b>{n}</b> & co", "person", SURE) for n in range(MOST_LINES + 5)]
    figure = raters_forest(many, LIGHT)
    assert len([text for text in texts(figure) if text.startswith("&lt;b&gt;")]) == MOST_LINES
    assert "<b>" not in str(texts(figure))
    assert "<b>" not in figure.data[-1].text[0]


def test_the_rater_that_is_open_is_framed() -> None:
    figure = raters_forest([RaterPoint("Ana", "person", SURE, chosen=True)], LIGHT)
    assert figure.layout.shapes[0].fillcolor == LIGHT.well


def test_small_columns_stand_for_shares_of_one() -> None:
    drawn = spark([0.5, None, 1.0])
    assert [int(px) for px in re.findall(r"opacity:\.55;height:(\d+)px", drawn)] == [9, 1, 18]
    assert 'aria-label="50 % – 100 %"' in drawn
    assert spark([0.5, None]) == spark([]) == ""


@pytest.fixture
def curve() -> ExtraRaterCurve:
    codes = noisy_codes(60, 5, 2, seed=3)
    table = RatingTable.from_codes(codes, pass_fail(), rater_ids=("a", "b", "c", "d", "j"))
    return extra_rater_curve(table, "j", ("a", "b", "c", "d"), seed=0, most=3, orders=3, resamples=60)


def test_votes_with_and_without_the_judge_are_two_lines(curve: ExtraRaterCurve) -> None:
    figure = extra_rater_chart(curve, "J <i>", LIGHT)
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert [trace.name for trace in lines] == ["people alone", "with J &lt;i&gt;"]
    assert [list(trace.y) for trace in lines] == [
        [point.without.value for point in curve.points],
        [point.with_judge.value for point in curve.points],
    ]
    assert np.allclose([trace.x for trace in lines], [[0.97, 1.97, 2.97], [1.03, 2.03, 3.03]])
    assert [one[0] for one in lines[0].customdata] == [1, 2, 3]
    assert "<i>" not in str(texts(figure))
    assert all(text.endswith("%") for text in figure.layout.yaxis.ticktext)


def test_the_axis_begins_at_an_even_tenth_below_everything(curve: ExtraRaterCurve) -> None:
    figure = extra_rater_chart(curve, "J", LIGHT)
    low = min(min(trace.y) for trace in figure.data)
    start = figure.layout.yaxis.range[0] + 0.02
    assert start <= low
    assert round(start * 10) % 2 == 0
    assert figure.layout.yaxis.tickvals[-1] == 1.0
