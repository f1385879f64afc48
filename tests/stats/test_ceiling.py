import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.ceiling import human_ceiling, leave_one_out_majorities
from core.stats.estimates import Flag, Reason
from core.stats.ratings import RatingTable
from tests.stats.builders import nominal

PEOPLE = ["ann", "bob", "cy"]


def table_of(codes: object, q: int = 2, clusters: NDArray[np.int64] | None = None) -> RatingTable:
    return RatingTable.from_codes(np.array(codes), nominal(q), rater_ids=["judge", *PEOPLE], clusters=clusters)


def test_leave_one_out_majorities_by_hand() -> None:
    # Two chose 0, one chose 1. Without a 0: one each, a tie. Without the 1: both say 0.
    assert leave_one_out_majorities(np.array([[2, 1]])).tolist() == [[-1, 0]]
    assert leave_one_out_majorities(np.array([[3, 1]])).tolist() == [[0, 0]]
    assert leave_one_out_majorities(np.array([[1, 0]])).tolist()[0][0] == -1


def test_judge_and_people_face_the_same_majorities() -> None:
    # Unit 1, people 0 0 1, judge 0: only the third person has a majority (0): person wrong, judge right.
    # Unit 2, people 1 1 1, judge 0: three majorities (1): people right, judge wrong three times.
    # A majority of a unit with three people weighs 1/3: people are right in 3/3 of 4/3, the judge in 1/3 of 4/3.
    # Unit 3: the judge did not rate it. Unit 4: one person only.
    found = human_ceiling(
        table_of([[0, 0, 0, 1], [0, 1, 1, 1], [-1, 0, 0, 0], [1, 1, -1, -1]]), "judge", PEOPLE, seed=0, resamples=0
    )
    assert (found.people_percent.value, found.judge_percent.value) == pytest.approx((0.75, 0.25))
    assert found.difference_percent.value == pytest.approx(-0.5)
    assert (found.n_references, found.n_tied, found.n_alone) == (4, 2, 1)
    assert (found.people_percent.n_units, found.judge_percent.n_ratings) == (2, 6)
    assert Flag.TIES_LEFT_OUT in found.people_percent.flags
    # The third person: wrong on unit 1, right on unit 2; the judge the other way round.
    third = found.by_person[2]
    assert (third.rater_id, third.person.value, third.judge.value, third.difference.value) == ("cy", 0.5, 0.5, 0.0)
    assert (found.by_person[0].person.value, found.by_person[0].judge.value) == (1.0, 0.0)


def test_close_answers_get_the_credit_of_the_kappa_that_is_asked_for() -> None:
    # Four units, people 0 0, 2 2, 2 2, 0 0 on 1..3; the judge 0, 1, 2, 0. Everybody's majority is the other person.
    # Majority x judge: (0,0) twice, (2,1), (2,2). Quadratic credit w = 1 - d^2/4: (2,1) counts 3/4.
    # po = (1 + 1 + 3/4 + 1)/4 = 15/16. Majority 1/2 0 1/2; judge 1/2 1/4 1/4.
    # pe = 1/2 (1/2 + 1/4 3/4) + 1/2 (1/4 3/4 + 1/4) = 11/32 + 7/32 = 18/32; kappa = (30/32 - 18/32)/(14/32) = 12/14.
    scale = likert(1, 3)
    table = RatingTable.from_codes(np.array([[0, 0, 0], [1, 2, 2], [2, 2, 2], [0, 0, 0]]), scale,
                                   rater_ids=["judge", "ann", "bob"])  # fmt: skip
    weighted = human_ceiling(table, "judge", ["ann", "bob"], seed=0, coefficient="cohen_quadratic", resamples=0)
    exact = human_ceiling(table, "judge", ["ann", "bob"], seed=0, resamples=0)
    assert weighted.judge_kappa.value == pytest.approx(12 / 14)
    assert (weighted.people_kappa.value, weighted.difference_kappa.value) == pytest.approx((1.0, -2 / 14))
    # Exact: po = 3/4, pe = 1/2 1/2 + 1/2 1/4 = 3/8, kappa = (6/8 - 3/8)/(5/8) = 3/5; percent is the same in both.
    assert exact.judge_kappa.value == pytest.approx(3 / 5)
    assert weighted.judge_percent.value == exact.judge_percent.value == 0.75


def test_answers_outside_the_order_are_left_out_of_a_weighted_kappa_and_that_is_said() -> None:
    # A preference with "both bad": the fourth unit's majority and answers are outside the order.
    codes = np.array([[0, 0, 0], [1, 2, 2], [2, 2, 2], [3, 3, 3], [0, 0, 0]])
    table = RatingTable.from_codes(codes, preference(both_bad=True), rater_ids=["judge", "ann", "bob"])
    found = human_ceiling(table, "judge", ["ann", "bob"], seed=0, coefficient="cohen_linear", resamples=0)
    inside = RatingTable.from_codes(np.delete(codes, 3, axis=0), preference(both_bad=True),
                                    rater_ids=["judge", "ann", "bob"])  # fmt: skip
    again = human_ceiling(inside, "judge", ["ann", "bob"], seed=0, coefficient="cohen_linear", resamples=0)
    assert found.judge_kappa.value == pytest.approx(again.judge_kappa.value)
    assert Flag.OUTSIDE_ORDER_LEFT_OUT in found.judge_kappa.flags
    assert Flag.OUTSIDE_ORDER_LEFT_OUT not in found.judge_percent.flags
    assert Flag.OUTSIDE_ORDER_LEFT_OUT not in again.judge_kappa.flags


def brute_force(codes: NDArray[np.int64]) -> tuple[float, float]:
    people_scores, judge_scores = [], []
    for judge, *people in codes:
        if judge < 0:
            continue
        mine, theirs = [], []
        given_ = [code for code in people if code >= 0]
        for index, code in enumerate(given_):
            others = given_[:index] + given_[index + 1 :]
            counts = np.bincount(others, minlength=3) if others else np.zeros(3)
            if counts.max() and np.sum(counts == counts.max()) == 1:
                mine.append(code == counts.argmax())
                theirs.append(judge == counts.argmax())
        people_scores += [(right, 1 / len(given_)) for right in mine]
        judge_scores += [(right, 1 / len(given_)) for right in theirs]
    if not people_scores:
        return np.nan, np.nan
    (people_right, weight), (judge_right, _) = np.transpose(people_scores), np.transpose(judge_scores)
    return float(people_right @ weight / weight.sum()), float(judge_right @ weight / weight.sum())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_it_is_what_one_unit_after_the_other_gives(seed: int) -> None:
    codes = np.random.default_rng(seed).integers(-1, 3, (12, 4))
    found = human_ceiling(table_of(codes, 3), "judge", PEOPLE, seed=0, resamples=0)
    expected = brute_force(codes)
    values = (found.people_percent.value, found.judge_percent.value)
    assert tuple(np.nan if value is None else value for value in values) == pytest.approx(expected, nan_ok=True)


def test_a_judge_that_is_one_of_the_people_again_has_their_ceiling() -> None:
    rng = np.random.default_rng(1)
    true = rng.integers(0, 2, 4000)
    codes = np.where(rng.random((4000, 4)) < 0.8, true[:, None], 1 - true[:, None])
    found = human_ceiling(table_of(codes), "judge", PEOPLE, seed=0, resamples=200)
    interval = found.difference_percent.interval
    assert interval is not None
    assert interval.low < 0 < interval.high
    assert found.difference_kappa.value == pytest.approx(0.0, abs=0.03)
    # Two of three that agree are right with .64 / (.64 + .04) = 16/17; the third agrees with .8 16/17 + .2 1/17.
    assert found.people_percent.value == pytest.approx(0.8 * 16 / 17 + 0.2 / 17, abs=0.02)


def test_the_difference_is_paired_and_so_narrower_than_both_intervals_together() -> None:
    rng = np.random.default_rng(2)
    hard = rng.random(400) < 0.5
    true = rng.integers(0, 2, 400)
    right = rng.random((400, 4)) < np.where(hard, 0.55, 0.98)[:, None]
    codes = np.where(right, true[:, None], 1 - true[:, None])
    found = human_ceiling(table_of(codes), "judge", PEOPLE, seed=0)
    errors = [found.people_percent.standard_error, found.judge_percent.standard_error]
    assert found.difference_percent.standard_error is not None
    assert found.difference_percent.standard_error < np.hypot(*[error or 0.0 for error in errors])


def test_the_jackknife_over_clusters_is_the_value_without_each_cluster_in_turn() -> None:
    rng = np.random.default_rng(3)
    codes, clusters = rng.integers(0, 2, (60, 4)), np.repeat(np.arange(20), 3)
    codes[:, 2] = codes[:, 1]
    error = human_ceiling(
        table_of(codes, clusters=clusters), "judge", PEOPLE, seed=0, resamples=0
    ).difference_percent.standard_error
    without = np.array(
        [
            human_ceiling(table_of(codes[clusters != c]), "judge", PEOPLE, seed=0, resamples=0).difference_percent.value
            for c in range(20)
        ],
        dtype=float,
    )
    assert error == pytest.approx(np.sqrt(19 / 20 * np.sum((without - without.mean()) ** 2)))


def test_ties_everywhere_leave_no_reference() -> None:
    found = human_ceiling(table_of([[0, 0, 1, 2]], 3), "judge", PEOPLE, seed=0)
    assert found.people_percent.reason is Reason.NO_REFERENCE
    assert found.n_tied == 3


def test_one_person_alone_numbers_and_a_judge_among_the_people_have_no_ceiling() -> None:
    alone = human_ceiling(table_of([[0, 0, -1, -1]]), "judge", PEOPLE, seed=0)
    assert (alone.people_percent.reason, alone.n_alone) == (Reason.NO_PAIRABLE_ITEMS, 1)
    numbers = RatingTable.from_numbers([[1.0, 2.0]], DeclaredScale(ScaleKind.INTERVAL), rater_ids=["judge", "ann"])
    assert human_ceiling(numbers, "judge", ["ann"], seed=0).judge_kappa.reason is Reason.NEEDS_OPTIONS
    table = RatingTable.from_codes([[0, 1]], pass_fail(), rater_ids=["judge", "ann"])
    with pytest.raises(BadInput, match="judge"):
        human_ceiling(table, "judge", ["judge", "ann"], seed=0)
