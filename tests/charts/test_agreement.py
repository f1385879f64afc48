"""Charts of agreement, held by the data of their figures."""

import numpy as np
import plotly.graph_objects as go
import pytest

from core.charts.agreement import (
    MOST_NUMBERS,
    MOST_RATERS,
    Named,
    confusion_matrix,
    rater_matrix,
    strength,
)
from core.charts.theme import DARK, LIGHT, Theme, theme
from core.charts.writing import decimal, estimate_text, interval_text, percentage
from core.scales import pass_fail
from core.stats.estimates import Estimate, Interval, IntervalMethod, Reason
from core.stats.pair_matrix import Confusion, pair_matrix
from core.stats.ratings import RatingTable

SURE = Estimate("cohen", 0.61, 184, 552, 184, Interval(0.52, 0.69, 0.95, IntervalMethod.BCA))
FEW = Estimate("cohen", 0.40, 12, 24, 12, interval_reason=Reason.TOO_FEW_ITEMS)
NONE = Estimate("cohen", None, 0, 0, reason=Reason.NO_VARIATION)
PEOPLE = [Named("Ana", "person"), Named("Bruno", "person"), Named("Fir <b>", "judge")]


def texts(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


@pytest.fixture
def three() -> RatingTable:
    # Ana p p f f, Bruno p p f p, Fir p p p p
    return RatingTable.from_codes([[0, 0, 0], [0, 0, 0], [1, 1, 0], [1, 0, 0]], pass_fail(), rater_ids=[1, 2, 3])


def test_a_matrix_colours_people_blue_and_judges_violet(three: RatingTable) -> None:
    figure = rater_matrix(pair_matrix(three), PEOPLE, LIGHT)
    people, judge, empty, _ = figure.data
    # Ana and Bruno: po 3/4, pe (2*3 + 2*1)/16 = 1/2, kappa 1/2; Fir is constant: kappa 0
    assert drawn(people) == {(0, 1): 0.5, (1, 0): 0.5}
    assert drawn(judge) == {(0, 2): 0.0, (1, 2): 0.0, (2, 0): 0.0, (2, 1): 0.0}
    assert people.text[0][1] == ".50"
    assert people.colorscale[1][1] == LIGHT.mixed(LIGHT.person, strength(1.0))
    assert judge.colorscale[1][1] == LIGHT.mixed(LIGHT.judge, strength(1.0))
    assert set(drawn(empty)) == {(0, 0), (1, 1), (2, 2)}


def drawn(trace: go.Heatmap) -> dict[tuple[int, int], float]:
    return {
        (row, column): float(value)
        for row, values in enumerate(trace.z)
        for column, value in enumerate(values)
        if value is not None
    }


def test_what_is_undefined_between_two_raters_is_a_dash() -> None:
    table = RatingTable.from_codes([[0, -1], [-1, 1]], pass_fail(), rater_ids=[1, 2])
    (empty, _) = rater_matrix(pair_matrix(table), PEOPLE[:2], LIGHT).data
    assert [list(row) for row in empty.text] == [["", "–"], ["–", ""]]


def test_clicks_are_carried_by_invisible_markers_that_name_their_cell(three: RatingTable) -> None:
    figure = rater_matrix(pair_matrix(three), PEOPLE, LIGHT, chosen=(0, 1))
    cells = figure.data[-1]
    assert cells.marker.opacity == 0
    assert [list(place) for place in cells.customdata] == [[0, 1], [0, 2], [1, 0], [1, 2], [2, 0], [2, 1]]
    assert list(zip(cells.y, cells.x, strict=True)) == [tuple(place) for place in cells.customdata]
    assert figure.layout.shapes[-1].line.color == LIGHT.ink, "the open cell is framed"


def test_names_from_files_are_text(three: RatingTable) -> None:
    figure = rater_matrix(pair_matrix(three), PEOPLE, LIGHT)
    assert "<b>" not in "".join([*figure.layout.yaxis.ticktext, *figure.layout.xaxis.ticktext, *figure.data[-1].text])


def test_a_crowd_is_cut_to_what_can_be_read() -> None:
    codes = np.random.default_rng(1).integers(0, 2, (5, MOST_RATERS + 6))
    table = RatingTable.from_codes(codes, pass_fail())
    figure = rater_matrix(pair_matrix(table), [Named(f"r{n}", "person") for n in range(MOST_RATERS + 6)], LIGHT)
    assert len(figure.data[-1].x) == MOST_RATERS * (MOST_RATERS - 1)


def test_a_confusion_has_the_first_rater_in_rows() -> None:
    table = Confusion(pass_fail(), 1, 2, np.array([[7, 3], [0, 5]]))
    figure = confusion_matrix(table, PEOPLE[0], PEOPLE[2], LIGHT)
    same, different, empty, cells = figure.data
    assert drawn(same) == {(0, 0): 1.0, (1, 1): 5 / 7}
    assert drawn(different) == {(0, 1): 3 / 7}
    assert different.colorscale[1][1] == LIGHT.mixed(LIGHT.differ, 0.46)
    assert (list(drawn(empty)), empty.text[1][0]) == ([(1, 0)], "0")
    by_place = dict(zip(map(tuple, cells.customdata), cells.text, strict=True))
    assert by_place[0, 1] == "Ana: Pass<br>Fir &lt;b&gt;: Fail<br>3 of 10 units in this row"
    assert sorted(texts(figure)) == ["10", "15", "5", "7", "8"], "the sums of rows and columns, and of all"
    assert figure.layout.yaxis.title.text == "Ana"
    assert figure.layout.xaxis.title.font.color == LIGHT.judge
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1], "the first option is on top"


def test_a_confusion_can_be_written_in_percent_of_each_row() -> None:
    table = Confusion(pass_fail(), 1, 2, np.array([[7, 3], [0, 0]]))
    same, different, empty, _ = confusion_matrix(table, PEOPLE[0], PEOPLE[1], LIGHT, shares=True).data
    assert (same.text[0][0], different.text[0][1]) == ("70 %", "30 %")
    assert drawn(different) == {(0, 1): 0.3}
    assert set(drawn(empty)) == {(1, 0), (1, 1)}


def test_cells_too_narrow_for_a_number_have_colour_and_hover_alone() -> None:
    codes = np.random.default_rng(1).integers(0, 2, (30, MOST_NUMBERS + 1))
    for raters, written in ((MOST_NUMBERS, True), (MOST_NUMBERS + 1, False)):
        table = RatingTable.from_codes(codes[:, :raters], pass_fail())
        figure = rater_matrix(pair_matrix(table), [Named(f"r{n}", "person") for n in range(raters)], LIGHT)
        assert any(word for row in figure.data[0].text for word in row) is written
        assert all("<br>n 30" in text for text in figure.data[-1].text)


def test_pairs_with_few_units_are_grey_and_keep_their_number(three: RatingTable) -> None:
    figure = rater_matrix(pair_matrix(three), PEOPLE, LIGHT, few=20)
    (empty, cells) = figure.data
    assert list(empty.text[0]) == ["", ".50", ".00"]
    assert cells.text[0] == (
        "Ana and Bruno<br>kappa .50<br>same answer 75 % of 4 units<br>n 4<br>fewer than 20 units: too few to say much"
    )


def test_shares_are_written_in_percent_and_every_hover_says_n(three: RatingTable) -> None:
    figure = rater_matrix(pair_matrix(three, coefficient="percent"), PEOPLE, LIGHT, title="Percent agreement",
                          percent=True)  # fmt: skip
    assert figure.data[0].text[0][1] == "75"
    assert figure.data[-1].text[0] == "Ana and Bruno<br>Percent agreement 75 %<br>n 4"


def test_some_raters_are_drawn_and_their_cells_keep_their_positions_among_all(three: RatingTable) -> None:
    figure = rater_matrix(pair_matrix(three), PEOPLE, LIGHT, drawn=(0, 2), chosen=(2, 0))
    assert [list(place) for place in figure.data[-1].customdata] == [[0, 2], [2, 0]]
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.y0) == (pytest.approx(-0.47), pytest.approx(0.53))


@pytest.mark.parametrize("look", [LIGHT, DARK])
def test_every_number_on_a_cell_can_be_read(look: Theme) -> None:
    # WCAG AA asks 4.5 for text
    for colour in (look.person, look.judge, look.quiet, look.differ):
        for kappa in (-1.0, 0.0, 0.5, 1.0):
            assert contrast(look.ink, look.mixed(colour, strength(kappa))) >= 4.5
    for colour in (look.ink, look.quiet, look.person, look.judge, look.gold, look.differ):
        assert contrast(colour, look.paper) >= 4.5


def contrast(first: str, second: str) -> float:
    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_theme_follows_the_mode() -> None:
    assert theme("dark") is DARK
    assert theme("light") is theme(None) is LIGHT


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.614, ".61"), (-0.12, "−.12"), (1.0, "1.00"), (-0.001, ".00"), (-1.0, "−1.00"), (0.0, ".00")],
)
def test_numbers_are_written_without_a_zero_before_the_point(value: float, written: str) -> None:
    assert decimal(value) == written


@pytest.mark.parametrize(
    ("share", "written"), [(0.79, "79 %"), (1.0, "100 %"), (0.996, "99.6 %"), (0.0, "0 %"), (0.004, "0.4 %")]
)
def test_a_share_is_all_or_nothing_only_if_it_is(share: float, written: str) -> None:
    assert percentage(share) == written


def test_an_estimate_is_written_with_its_interval_or_a_dash() -> None:
    assert estimate_text(SURE) == ".61 (.52 to .69)"
    assert estimate_text(SURE, percent=True) == "61 % (52 to 69 %)"
    assert (estimate_text(FEW), interval_text(FEW), estimate_text(NONE)) == (".40", "–", "–")
