"""The headline picture, held by the data of its figure."""

import plotly.graph_objects as go
import pytest

from core.charts.headline import HeadlineRow, headline
from core.charts.labels import escaped, shortened
from core.charts.theme import LIGHT
from core.stats.estimates import Estimate, Interval, IntervalMethod, Reason

PEOPLE = Estimate("ceiling_kappa", 0.63, 184, 552, 184, Interval(0.55, 0.70, 0.95, IntervalMethod.BCA))
JUDGE = Estimate("judge_kappa", 0.48, 184, 552, 184, Interval(0.40, 0.56, 0.95, IntervalMethod.BCA))
FEW = Estimate("judge_kappa", 0.40, 12, 24, 12, interval_reason=Reason.TOO_FEW_ITEMS)
NONE = Estimate("judge_kappa", None, 0, 0, reason=Reason.NO_REFERENCE)


def texts(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def drawn(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.name != "rows"]


def shapes(figure: go.Figure) -> list[go.layout.Shape]:
    return [shape for shape in figure.layout.shapes if shape.name != "grid"]


def test_a_judge_is_drawn_before_the_band_of_people_on_its_own_units() -> None:
    rows = [HeadlineRow("People with each other", PEOPLE), HeadlineRow("Fir", JUDGE, "judge", PEOPLE)]
    figure = headline(rows, LIGHT)
    band, dotted = shapes(figure)
    assert (band.x0, band.x1, band.layer) == (0.55, 0.70, "below")
    assert (dotted.x0, dotted.x1, dotted.line.dash, dotted.line.color) == (0.63, 0.63, "dot", LIGHT.person)
    # the band lies in the judge's row alone, the lower of the two
    assert -0.5 < band.y0 < band.y1 < 0.5
    _, _, interval, point = drawn(figure)
    assert (interval.mode, list(interval.x), list(point.x)) == ("lines", [0.40, 0.56], [0.48])
    assert interval.line.color == point.marker.color == LIGHT.judge
    assert figure.layout.showlegend is False


def test_value_interval_ceiling_and_units_stand_in_words() -> None:
    found = texts(headline([HeadlineRow("Fir", JUDGE, "judge", PEOPLE)], LIGHT))
    assert any(text.startswith(".48") and ".40 to .56" in text for text in found)
    assert any("people .63 (.55 to .70)" in text and LIGHT.person in text for text in found)
    assert any("184 units" in text for text in found)


def test_in_percent_axis_and_words_are_percent() -> None:
    figure = headline([HeadlineRow("Fir", JUDGE, "judge", PEOPLE, percent=True)], LIGHT)
    assert list(figure.layout.xaxis.ticktext) == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
    assert any(text.startswith("48 %") for text in texts(figure))
    assert any("people 63 % (55 to 70 %)" in text for text in texts(figure))


def test_few_units_are_greyed_hollow_and_say_so() -> None:
    figure = headline([HeadlineRow("Fir", FEW, "judge")], LIGHT)
    (point,) = drawn(figure)
    assert (point.marker.color, point.marker.line.color) == (LIGHT.paper, LIGHT.quiet)
    assert any("fewer than 20 units: no interval" in text for text in texts(figure))
    name = next(one for one in figure.layout.annotations if one.text == "Fir")
    assert name.font.color == LIGHT.quiet


@pytest.mark.parametrize(
    ("reason", "said"), [(Reason.NOT_RESAMPLED, "no interval yet"), (Reason.ONE_SIDED_RESAMPLES, "no interval")]
)
def test_other_reasons_for_no_interval_are_not_called_few_units(reason: Reason, said: str) -> None:
    estimate = Estimate("judge_kappa", 0.4, 60, 120, 60, interval_reason=reason)
    found = texts(headline([HeadlineRow("Fir", estimate, "judge")], LIGHT))
    assert any(f">{said}<" in text for text in found)


def test_what_is_undefined_is_a_reason_and_no_point() -> None:
    figure = headline([HeadlineRow("Fir", NONE, "judge", NONE)], LIGHT)
    assert not drawn(figure)
    assert not shapes(figure)
    assert any("No unit has a majority" in text for text in texts(figure))


def test_a_click_anywhere_in_a_row_names_it() -> None:
    figure = headline([HeadlineRow("A", PEOPLE), HeadlineRow("B", JUDGE, "judge", PEOPLE)], LIGHT)
    rows = figure.data[-1]
    assert (rows.name, rows.marker.opacity) == ("rows", 0)
    places = {(round(y), place[0]) for y, place in zip(rows.y, rows.customdata, strict=True)}
    assert places == {(1, 0), (0, 1)}, "the first row is on top"
    assert (min(rows.x), max(rows.x)) == (0.0, 1.0)
    assert "people on the same units .63 (.55 to .70)" in rows.text[-1]


def test_values_below_zero_are_in_sight() -> None:
    low = Estimate("judge_kappa", -0.13, 30, 60, 30, Interval(-0.35, 0.1, 0.95, IntervalMethod.BCA))
    figure = headline([HeadlineRow("Fir", low, "judge", PEOPLE)], LIGHT)
    assert figure.layout.xaxis.range[0] < -0.35
    assert min(figure.data[-1].x) == -0.4


def test_names_and_reasons_are_text() -> None:
    figure = headline([HeadlineRow("<b>x</b> & y", JUDGE, "judge", note="<i>n</i>")], LIGHT)
    assert "&lt;b&gt;x&lt;/b&gt; &amp; y" in texts(figure)
    everything = "".join([*texts(figure), *figure.data[-1].text])
    assert "<b>" not in everything
    assert "<i>" not in everything


def test_long_names_are_cut_and_words_escaped() -> None:
    assert shortened("abcdefgh", 8) == "abcdefgh"
    assert shortened("abcdefghi", 8) == "abcdefg…"
    assert escaped("a<b & c>") == "a&lt;b &amp; c&gt;"
    assert escaped("Ana\u202e") == "Ana⟦U+202E⟧"
