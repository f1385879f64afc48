import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail
from core.stats.ratings import RatingTable
from tests.stats.builders import code_arrays, table_of


@given(code_arrays())
def test_a_matrix_comes_back_as_it_went_in(drawn: tuple[NDArray[np.int8], int]) -> None:
    codes, q = drawn
    table = table_of(codes, q)
    assert np.array_equal(table.matrix(), codes)
    assert table.ratings_per_unit().tolist() == (codes >= 0).sum(axis=1).tolist()
    assert table.ratings_per_rater().tolist() == (codes >= 0).sum(axis=0).tolist()
    assert table.counts().tolist() == [[int(np.sum(row == code)) for code in range(q)] for row in codes]


def test_triples_may_come_in_any_order() -> None:
    table = RatingTable.from_triples([2, 0, 2], [1, 0, 0], [1, 0, -1], pass_fail(), n_units=3, rater_ids=["ann", "bob"])
    assert table.matrix().tolist() == [[0, -1], [-1, -1], [-1, 1]]
    assert (table.n_ratings, table.rater_ids) == (2, ("ann", "bob"))


def test_counts_make_anonymous_seats() -> None:
    table = RatingTable.from_counts([[2, 0], [1, 3]], pass_fail(), unit_ids=["x", "y"])
    assert table.anonymous
    assert table.n_raters == 0
    assert table.counts().tolist() == [[2, 0], [1, 3]]
    with pytest.raises(ValueError, match="anonymous"):
        table.matrix()


def test_raw_values_are_read_by_the_scale_and_strangers_are_counted() -> None:
    table = RatingTable.from_raw([["pass", "FAIL"], [None, "maybe"], ["", 1]], pass_fail(), rater_ids=["a", "b"])
    assert table.matrix().tolist() == [[0, 1], [-1, -1], [-1, 0]]
    assert table.n_invalid == 2


def test_a_rater_cannot_rate_a_unit_twice() -> None:
    with pytest.raises(BadInput, match="unit 1 twice by rater 0"):
        RatingTable.from_triples([1, 0, 1], [0, 0, 0], [0, 1, 1], pass_fail(), n_units=2)


def test_anonymous_seats_may_rate_a_unit_many_times() -> None:
    assert RatingTable.from_triples([1, 0, 1], None, [0, 1, 1], pass_fail(), n_units=2).n_ratings == 3


@pytest.mark.parametrize(
    ("units", "raters", "values", "complaint"),
    [
        ([0, 3], [0, 0], [0, 0], "unit index: found 0 to 3; expected 0 to 2"),
        ([0, 1], [0, 2], [0, 0], "rater index: found 0 to 2; expected 0 to 1"),
        ([0, 1], [0, 0], [0, 2], "codes: found code 2; expected codes below 2"),
        ([0, 1], [0, 0], [0, 0.5], "expected whole numbers"),
        ([0, 1], [0], [0, 0], "expected one length"),
    ],
)
def test_a_wrong_call_is_refused(units: list[int], raters: list[int], values: list[float], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        RatingTable.from_triples(units, raters, values, pass_fail(), n_units=3, rater_ids=["a", "b"])


def test_clusters_may_be_named_and_must_fit_the_units() -> None:
    table = table_of(np.zeros((3, 2), dtype=int), 2, clusters=["p2", "p1", "p2"])
    assert table.clusters is not None
    assert table.clusters.tolist() == [1, 0, 1]
    with pytest.raises(BadInput, match="one for each of 3 units"):
        table_of(np.zeros((3, 2), dtype=int), 2, clusters=[0, 1])


def test_choosing_raters_and_units_keeps_their_answers_and_names() -> None:
    codes = np.array([[0, 1, -1], [1, -1, 0], [0, 0, 1]])
    table = RatingTable.from_codes(
        codes, pass_fail(), rater_ids=["a", "b", "c"], unit_ids=["x", "y", "z"], clusters=[7, 8, 8]
    )
    two = table.of_raters(["c", "a"])
    assert two.matrix().tolist() == [[-1, 0], [0, 1], [1, 0]]
    assert two.rater_ids == ("c", "a")
    some = table.of_units(np.array([False, True, True]))
    assert some.matrix().tolist() == codes[1:].tolist()
    assert some.unit_ids is not None
    assert some.clusters is not None
    assert (some.unit_ids.tolist(), some.clusters.tolist()) == (["y", "z"], [0, 0])


def test_an_unknown_rater_is_refused_with_the_known_ones() -> None:
    table = RatingTable.from_codes([[0, 1]], pass_fail(), rater_ids=["a", "b"])
    with pytest.raises(BadInput, match="found zoe; expected one of a, b"):
        table.of_raters(["a", "zoe"])


def test_codes_and_numbers_are_not_mixed_up() -> None:
    slider = DeclaredScale(ScaleKind.INTERVAL, low=0, high=1)
    numbers = RatingTable.from_numbers([[0.5, np.nan]], slider)
    assert numbers.numbers.tolist() == [0.5]
    with pytest.raises(ValueError, match="has no codes"):
        numbers.codes  # noqa: B018 - the property itself refuses
    with pytest.raises(ValueError, match="not numbers"):
        table_of(np.array([[0, 1]]), 2).numbers  # noqa: B018
    with pytest.raises(BadInput, match="expected units x raters on a scale of free numbers"):
        RatingTable.from_numbers([[1.0, 2.0]], likert(1, 3))
