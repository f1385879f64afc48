import numpy as np
import pytest

from core.scales import preference
from core.stats.agreement import agreement
from core.stats.arrays import FloatArray
from core.stats.formulas import alpha_ordinal, fleiss
from core.stats.moments import CountLayout
from core.stats.ratings import RatingTable
from core.stats.resampling import replicate, resample_weights
from core.stats.samples import OptionUnits
from tests.stats.builders import noisy_codes, table_of

LAYOUT = CountLayout(3, {"identity": np.eye(3)}, {}, coincidences=True)


def statistics(summed: FloatArray) -> FloatArray:
    sums = LAYOUT.sums(summed)
    return np.array([fleiss(sums, weights="identity"), alpha_ordinal(sums)])


def test_a_resampled_coefficient_is_the_value_of_the_resampled_units() -> None:
    codes = noisy_codes(30, 3, 3, missing=0.2)
    codes[:, 0] = np.maximum(codes[:, 0], 0)
    units = OptionUnits.of(table_of(codes, 3, clusters=np.arange(30)), (0, 1, 2))
    rows, frequency = units.rows([LAYOUT])
    found = replicate(rows, frequency, statistics, rng=np.random.default_rng(5), resamples=40)
    weights = np.concatenate(list(resample_weights(frequency, rng=np.random.default_rng(5), resamples=40)))
    assert found.draws is not None
    for drawn, fleiss_drawn, alpha_drawn in zip(weights, *found.draws, strict=True):
        again = agreement(table_of(np.repeat(codes, drawn.astype(int), axis=0), 3), seed=0, resamples=0)
        assert (fleiss_drawn, alpha_drawn) == pytest.approx((again["fleiss"].value, again["alpha_ordinal"].value))


def test_units_alike_are_one_row() -> None:
    codes = np.array([[0, 1], [1, 0], [0, 1], [2, 2], [-1, -1]])
    units = OptionUnits.of(table_of(codes, 3), (0, 1, 2))
    _, frequency = units.rows([LAYOUT])
    assert frequency.tolist() == [3, 1]
    assert (units.compared.n_units, units.compared.n_ratings, units.compared.n_groups) == (4, 8, 4)


def test_options_that_are_not_looked_at_leave_their_unit_with_fewer_ratings() -> None:
    table = RatingTable.from_codes([[0, 3], [0, 1], [3, 3]], preference(both_bad=True))
    compared = OptionUnits.of(table, (2, 1, 0)).compared
    assert (compared.n_units, compared.n_ratings, compared.n_left_out) == (1, 2, 3)
