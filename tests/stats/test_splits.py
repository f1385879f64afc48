import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.agreement import agreement
from core.stats.ratings import RatingTable
from core.stats.splits import unit_splits
from tests.stats.builders import code_arrays, table_of


def test_a_unit_is_as_split_as_its_pairs_of_raters() -> None:
    # 3 of 4 alike: pairs 3 alike of 6, so 1 - 3/6. One rating: nothing to compare.
    counts = [[3, 1], [4, 0], [2, 2], [1, 0], [0, 0]]
    splits = unit_splits(RatingTable.from_counts(counts, pass_fail()))
    assert splits == pytest.approx([0.5, 0.0, 2 / 3, np.nan, np.nan], nan_ok=True)


def test_close_answers_may_have_credit() -> None:
    table = RatingTable.from_codes([[0, 1], [0, 4]], likert(1, 5))
    assert unit_splits(table, weights="linear").tolist() == [0.25, 1.0]
    with pytest.raises(BadInput, match="an order"):
        unit_splits(RatingTable.from_codes([[0, 1]], pass_fail()), weights="linear")


def test_both_bad_is_left_out_of_credit() -> None:
    table = RatingTable.from_codes([[0, 1, 3], [0, 3, -1]], preference(both_bad=True))
    assert unit_splits(table, weights="linear") == pytest.approx([0.5, np.nan], nan_ok=True)


@settings(deadline=None)
@given(code_arrays())
def test_the_mean_split_is_what_percent_agreement_lacks(drawn: tuple[NDArray[np.int8], int]) -> None:
    table = table_of(*drawn)
    splits = unit_splits(table)
    percent = agreement(table, seed=0, resamples=0, only=["percent"])["percent"].value
    if percent is None:
        assert np.isnan(splits).all()
    else:
        assert np.nanmean(splits) == pytest.approx(1 - percent)


def test_free_numbers_are_as_split_as_their_standard_deviation() -> None:
    slider = DeclaredScale(ScaleKind.INTERVAL, low=0, high=100)
    table = RatingTable.from_numbers([[10, 20, 60], [5, 5, np.nan], [7, np.nan, np.nan]], slider)
    assert unit_splits(table) == pytest.approx([np.std([10, 20, 60], ddof=1), 0.0, np.nan], nan_ok=True)
