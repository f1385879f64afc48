import numpy as np
import pytest

from core.scales import DeclaredScale, ScaleKind
from core.stats.agreement import agreement
from core.stats.estimates import Reason
from core.stats.ratings import RatingTable
from core.stats.without_rater import without_each_rater
from tests.stats.builders import noisy_codes, table_of


def odd_one_out() -> RatingTable:
    codes = noisy_codes(80, 4, 3, right=0.9)
    codes[:, 2] = noisy_codes(80, 1, 3, right=0.0, seed=9)[:, 0]
    return table_of(codes, 3)


@pytest.mark.parametrize("key", ["alpha_nominal", "cohen", "icc_2_1"])
def test_leaving_out_the_odd_rater_raises_agreement(key: str) -> None:
    table = odd_one_out()
    found = {each.rater_id: each for each in without_each_rater(table, key)}
    everybody = agreement(table, seed=0, resamples=0)[key].value
    assert everybody is not None
    assert max(found, key=lambda rater: found[rater].estimate.value or 0.0) == 2
    for rater, each in found.items():
        others = table.of_raters([other for other in range(4) if other != rater])
        expected = agreement(others, seed=0, resamples=0)[key].value
        assert each.estimate.value == pytest.approx(expected)
        assert each.difference.value == pytest.approx((expected or 0.0) - everybody)


def test_the_difference_is_paired() -> None:
    table = odd_one_out()
    odd = without_each_rater(table, "alpha_nominal", resamples=400)[2]
    assert odd.difference.interval is not None
    assert odd.difference.interval.low > 0
    apart = np.hypot(odd.estimate.standard_error or 0, agreement(table, seed=0)["alpha_nominal"].standard_error or 0)
    assert (odd.difference.standard_error or 1) < apart


def test_pairs_of_raters_have_differences_without_intervals() -> None:
    difference = without_each_rater(odd_one_out(), "cohen", resamples=100)[0].difference
    assert (difference.interval, difference.interval_reason) == (None, Reason.NOT_RESAMPLED)


def test_anonymous_and_two_raters_and_amounts() -> None:
    assert without_each_rater(table_of(noisy_codes(20, 3, 3), 3, anonymous=True), "fleiss") == ()
    two = without_each_rater(table_of(noisy_codes(20, 2, 3), 3), "fleiss")
    assert {each.estimate.reason for each in two} == {Reason.NO_PAIRABLE_ITEMS}
    amounts = RatingTable.from_numbers(
        np.random.default_rng(0).uniform(1, 9, (30, 3)), DeclaredScale(ScaleKind.RATIO, low=0.0, high=9.0)
    )
    for key in ("alpha_ratio", "alpha_interval"):
        assert [each.difference.reason for each in without_each_rater(amounts, key)] == [None] * 3
