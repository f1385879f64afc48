import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.scales import pass_fail, preference
from core.stats.agreement import agreement
from core.stats.estimates import Flag, Reason
from core.stats.preference import preferences_against, preferences_among
from core.stats.ratings import RatingTable

WITH_BAD = preference(both_bad=True)
WORDS = {"A": 0, "tie": 1, "B": 2, "bad": 3}


def table_of(*rows: str) -> RatingTable:
    """One word a rater: "A tie B" is a unit of three raters."""
    codes = [[WORDS[word] for word in row.split()] for row in rows]
    return RatingTable.from_codes(codes, WITH_BAD)


def test_three_conventions_by_hand_for_two_raters() -> None:
    # Pairs: A/A, A/B, A/tie, tie/tie, bad/A (left out). Exact 2 of 4; decisive 1 of 2, coverage 2 of 4;
    # half credit (1 + 0 + 1/2 + 1) / 4.
    found = preferences_among(table_of("A A", "A B", "A tie", "tie tie", "bad A"), seed=0, resamples=0)
    assert found.exact.value == pytest.approx(0.5)
    assert found.decisive.value == pytest.approx(0.5)
    assert found.coverage.value == pytest.approx(0.5)
    assert found.half_credit.value == pytest.approx(0.625)
    assert (found.exact.n_units, found.decisive.n_units, found.n_both_bad) == (4, 2, 1)
    assert Flag.OUTSIDE_ORDER_LEFT_OUT in found.exact.flags


def test_the_judge_meets_every_person_and_people_meet_each_other_on_the_same_units() -> None:
    # Judge first. Unit 1: A against A, tie: exact 1/2, half credit (1 + 1/2) / 2; people A/tie: 0 and 1/2.
    # Unit 2: tie against tie, B: exact 1/2, half credit 3/4; people tie/B: 0 and 1/2.
    # Unit 3: B against B, B: 1; people 1. Unit 4: the judge did not rate it.
    table = RatingTable.from_codes(
        [[0, 0, 1], [1, 1, 2], [2, 2, 2], [-1, 0, 2]], preference(), rater_ids=["judge", "ann", "bob"]
    )
    found = preferences_against(table, "judge", ["ann", "bob"], seed=0, resamples=0)
    assert found.judge.exact.value == pytest.approx(2 / 3)
    assert found.people.exact.value == pytest.approx(1 / 3)
    assert found.difference["exact"].value == pytest.approx(1 / 3)
    assert found.judge.half_credit.value == pytest.approx(5 / 6)
    assert found.people.half_credit.value == pytest.approx(2 / 3)
    # Decisive: unit 1 A/A, unit 3 B/B twice; coverage (1/2 + 0 + 1) / 3.
    assert (found.judge.decisive.value, found.judge.coverage.value) == pytest.approx((1.0, 0.5))
    assert found.people.exact.n_units == 3


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_conventions_are_those_of_the_agreement_coefficients(seed: int, raters: int) -> None:
    codes = np.random.default_rng(seed).integers(-1, 3, (15, raters))
    table = RatingTable.from_codes(codes, preference())
    found = preferences_among(table, seed=0, resamples=0)
    report = agreement(table, seed=0, resamples=0, only=["percent", "percent_linear"])
    assert found.exact.value == pytest.approx(report["percent"].value)
    assert found.half_credit.value == pytest.approx(report["percent_linear"].value)


def test_two_raters_or_a_judge_and_a_person_are_the_same() -> None:
    codes = np.random.default_rng(3).integers(0, 3, (60, 2))
    table = RatingTable.from_codes(codes, preference(), rater_ids=["judge", "ann"])
    among, against = preferences_among(table, seed=1), preferences_against(table, "judge", ["ann"], seed=1).judge
    for name in ("exact", "decisive", "coverage", "half_credit"):
        first, second = getattr(among, name), getattr(against, name)
        assert first.value == pytest.approx(second.value)
        assert (first.n_units, first.n_ratings) == (second.n_units, second.n_ratings)
        assert first.interval is not None


def test_anonymous_people_are_enough_among_themselves() -> None:
    table = RatingTable.from_counts([[2, 1, 0], [0, 0, 3]], preference())
    # Unit 1: A A tie: 1 of 3 pairs; unit 2: all alike.
    assert preferences_among(table, seed=0).exact.value == pytest.approx(2 / 3)


def test_only_ties_have_no_decisive_agreement() -> None:
    found = preferences_among(table_of("tie tie", "tie tie"), seed=0)
    assert (found.decisive.value, found.decisive.reason) == (None, Reason.NO_DECISIVE_PAIRS)
    assert found.coverage.value == 0.0
    assert found.exact.value == 1.0


def test_nothing_shared_and_other_scales_are_undefined() -> None:
    assert preferences_among(table_of("A", "B"), seed=0).exact.reason is Reason.NO_PAIRABLE_ITEMS
    other = RatingTable.from_codes([[0, 1]], pass_fail(), rater_ids=["judge", "ann"])
    assert preferences_among(other, seed=0).exact.reason is Reason.NEEDS_PREFERENCE
    assert preferences_against(other, "judge", ["ann"], seed=0).difference["exact"].reason is Reason.NEEDS_PREFERENCE


def test_clusters_are_resampled_whole() -> None:
    rng = np.random.default_rng(0)
    prompt = np.repeat(np.arange(40), 5)
    codes = np.where(rng.random((200, 3)) < 0.9, rng.integers(0, 3, 40)[prompt][:, None], 1)
    hard = rng.random(40)[prompt] < 0.5
    codes[hard] = rng.integers(0, 3, (int(hard.sum()), 3))
    alone = RatingTable.from_codes(codes, preference(), rater_ids=["judge", "ann", "bob"])
    together = RatingTable.from_codes(codes, preference(), rater_ids=["judge", "ann", "bob"], clusters=prompt)
    narrow = preferences_against(alone, "judge", ["ann", "bob"], seed=0).judge.exact
    wide = preferences_against(together, "judge", ["ann", "bob"], seed=0).judge.exact
    assert wide.value == pytest.approx(narrow.value)
    assert (wide.n_groups, narrow.n_groups) == (40, 200)
    assert wide.standard_error is not None
    assert narrow.standard_error is not None
    assert wide.standard_error > 1.2 * narrow.standard_error


def test_a_judge_like_the_people_has_their_agreement_in_all_conventions() -> None:
    # Four raters who all answer alike at random around a unit's own leaning: nobody is nearer to anybody.
    rng = np.random.default_rng(5)
    leaning = rng.normal(0, 1.2, 20_000)[:, None] + rng.normal(size=(20_000, 4))
    codes = np.where(leaning > 0.4, 0, np.where(leaning < -0.4, 2, 1))
    table = RatingTable.from_codes(codes, preference(), rater_ids=["judge", "ann", "bob", "cy"])
    found = preferences_against(table, "judge", ["ann", "bob", "cy"], seed=0, resamples=0)
    for name, difference in found.difference.items():
        assert difference.value == pytest.approx(0.0, abs=3.5 * (difference.standard_error or 0)), name
