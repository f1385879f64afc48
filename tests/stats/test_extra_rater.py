from itertools import combinations

import numpy as np
import pytest
from scipy.stats import spearmanr

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, likert
from core.stats.extra_rater import extra_rater_curve
from core.stats.ratings import RatingTable
from tests.stats.builders import noisy_codes, nominal

PEOPLE = ["a", "b", "c"]


def test_majorities_by_hand() -> None:
    # People 0 0 1, judge 0; everyone's majority is 0. One person: right 2 times of 3; with the judge: (0, 0) right,
    # (1, 0) a tie, credit 1/2: 2/3 + 1/6. Two people: (0,0) right, (0,1) twice a tie: 1/3 + 2/3 * 1/2;
    # with the judge all right. Second unit: all say 1, judge 1: all right.
    table = RatingTable.from_codes([[0, 0, 1, 0], [1, 1, 1, 1]], nominal(2), rater_ids=[*PEOPLE, "judge"])
    found = extra_rater_curve(table, "judge", PEOPLE, seed=0, orders=4000, resamples=0)
    one, two = found.points
    assert (found.measure, found.n_units, [one.k, two.k]) == ("majority", 2, [1, 2])
    assert one.without.value == pytest.approx((2 / 3 + 1) / 2, abs=0.01)
    assert one.with_judge.value == pytest.approx((5 / 6 + 1) / 2, abs=0.01)
    assert two.without.value == pytest.approx((2 / 3 + 1) / 2, abs=0.01)
    assert two.with_judge.value == 1.0
    assert (two.tied_without, two.tied_with) == pytest.approx((1 / 3, 0.0), abs=0.01)
    assert one.gain.value == pytest.approx(one.with_judge.value - one.without.value)


def test_medians_are_correlated_over_all_orders_together() -> None:
    codes = noisy_codes(60, 4, 5, seed=3).astype(int)
    table = RatingTable.from_codes(codes, likert(1, 5), rater_ids=[*PEOPLE, "judge"])
    point = extra_rater_curve(table, "judge", PEOPLE, seed=0, orders=600, resamples=0).points[1]
    gold = np.tile(np.median(codes[:, :3], axis=1), 3)
    pairs = list(combinations(range(3), 2))
    few = np.concatenate([np.median(codes[:, list(pair)], axis=1) for pair in pairs])
    more = np.concatenate([np.median(codes[:, [*pair, 3]], axis=1) for pair in pairs])
    assert point.without.value == pytest.approx(spearmanr(few, gold).statistic, abs=0.01)
    assert point.with_judge.value == pytest.approx(spearmanr(more, gold).statistic, abs=0.01)


def test_a_good_judge_helps_one_person_and_a_random_one_hurts() -> None:
    codes = noisy_codes(500, 6, 3, right=0.6, seed=0)
    people = ["a", "b", "c", "d", "e"]
    gains = []
    for judge in (noisy_codes(500, 6, 3, right=0.97, seed=0)[:, 0], np.random.default_rng(1).integers(0, 3, 500)):
        codes[:, 5] = judge
        table = RatingTable.from_codes(codes, nominal(3), rater_ids=[*people, "judge"])
        curve = extra_rater_curve(table, "judge", people, seed=0, resamples=200, reference="others", orders=10)
        gains.append([point.gain for point in curve.points])
    good, bad = gains
    assert [len(gain) for gain in gains] == [4, 4]
    assert good[1].interval is not None
    assert good[1].interval.low > 0
    assert bad[0].interval is not None
    assert bad[0].interval.high < 0


def test_a_tied_reference_is_left_out_and_counted_and_a_seed_fixes_all() -> None:
    codes = np.vstack([noisy_codes(30, 5, 2), np.array([[0, 0, 1, 1, 0]], dtype=np.int8)])
    table = RatingTable.from_codes(codes, nominal(2), rater_ids=["a", "b", "c", "d", "judge"])
    curve = extra_rater_curve(table, "judge", ["a", "b", "c", "d"], seed=5, resamples=50)
    assert curve.n_tied >= 1
    assert curve.n_units + curve.n_tied == 31
    assert curve == extra_rater_curve(table, "judge", ["a", "b", "c", "d"], seed=5, resamples=50)


def test_no_people_beside_the_judge_is_an_empty_curve_and_numbers_are_refused() -> None:
    table = RatingTable.from_codes([[0, -1, 1], [-1, 0, 1]], nominal(2), rater_ids=["a", "b", "judge"])
    assert extra_rater_curve(table, "judge", ["a", "b"], seed=0).points == ()
    numbers = RatingTable.from_numbers([[1.0, 2.0]], DeclaredScale(ScaleKind.INTERVAL), rater_ids=["a", "judge"])
    with pytest.raises(BadInput, match="extra rater"):
        extra_rater_curve(numbers, "judge", ["a"], seed=0)
