import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from core.scales import DeclaredScale, ScaleKind, preference
from core.stats.ratings import RatingTable
from core.stats.samples import OptionUnits
from core.stats.tally import base_rates, tallied
from tests.stats.builders import code_arrays, nominal, table_of


def with_patterns(table: RatingTable) -> dict[tuple[int, ...], OptionUnits]:
    every = tuple(range(len(table.scale.options)))
    return {every: OptionUnits.of(table, every)}


@settings(max_examples=60, deadline=None)
@given(code_arrays())
def test_patterns_and_ratings_are_counted_alike(drawn: tuple[NDArray[np.int8], int]) -> None:
    codes, q = drawn
    table = table_of(codes, q, clusters=np.arange(len(codes)) // 2)
    slow, quick = tallied(table, {}), tallied(table, with_patterns(table))
    assert quick.base_rates == pytest.approx(slow.base_rates)
    for name in ("n_rated", "n_pairable", "n_clusters", "n_outside_order", "constant_rater"):
        assert getattr(quick, name) == getattr(slow, name)
    assert quick.n_rated == int(np.sum((codes >= 0).any(axis=1)))
    assert quick.n_pairable == int(np.sum((codes >= 0).sum(axis=1) > 1))
    assert quick.per_rater.tolist() == (codes >= 0).sum(axis=0).tolist()


def test_base_rates_are_means_over_rated_units_not_over_ratings() -> None:
    # Shares of option 0: 1 of 2, 1 of 1, nothing rated -> (1/2 + 1) / 2 = 3/4; of all three ratings it has 2/3.
    table = RatingTable.from_codes([[0, 1], [0, -1], [-1, -1]], nominal(3))
    for found in (base_rates(table), tallied(table, with_patterns(table)).base_rates):
        assert found == pytest.approx({"k0": 0.75, "k1": 0.25, "k2": 0.0})


def test_both_bad_is_outside_the_order_and_counted() -> None:
    scale = preference(both_bad=True)
    table = RatingTable.from_codes([[0, 3], [3, 2]], scale)
    assert tallied(table, with_patterns(table)).n_outside_order == 2


@pytest.mark.parametrize(
    ("numbers", "constant"),
    [
        ([[1.0, 2.0], [1.0, 3.0]], True),
        ([[1.0, 2.0], [2.0, 3.0]], False),
        ([[1.0, 1.0], [1.0, 1.0]], False),  # nobody differs
        ([[1.0, 2.0], [np.nan, 3.0]], False),  # one rating is no habit
    ],
)
def test_a_rater_with_one_answer_only_is_told(numbers: list[list[float]], constant: bool) -> None:
    table = RatingTable.from_numbers(numbers, DeclaredScale(ScaleKind.INTERVAL))
    assert tallied(table, {}).constant_rater is constant
    codes = np.nan_to_num(np.array(numbers), nan=0).astype(int) - 1
    options = RatingTable.from_codes(codes, nominal(3))
    assert tallied(options, with_patterns(options)).constant_rater is constant


def test_seats_have_no_habits() -> None:
    table = RatingTable.from_codes([[0, 1], [0, 2]], nominal(3), anonymous=True)
    found = tallied(table, with_patterns(table))
    assert not found.constant_rater
    assert table.answers().tolist() == [[2, 1, 1]]
