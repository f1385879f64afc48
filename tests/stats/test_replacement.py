import numpy as np
import pytest

from core.errors import BadInput
from core.stats.agreement import agreement
from core.stats.estimates import Reason
from core.stats.ratings import RatingTable
from core.stats.replacement import replace_one
from tests.stats.builders import noisy_codes, nominal

PEOPLE = ["ann", "bob", "cy"]


def table_of(codes: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> RatingTable:
    return RatingTable.from_codes(codes, nominal(3), rater_ids=[*PEOPLE, "judge"])


def alpha(codes: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> float:
    table = RatingTable.from_codes(codes, nominal(3))
    value = agreement(table, seed=0, resamples=0, only=["alpha_nominal"])["alpha_nominal"].value
    assert value is not None
    return value


def test_the_judge_sits_in_each_persons_place_on_that_persons_units() -> None:
    codes = noisy_codes(50, 4, 3, missing=0.2, seed=4)
    found = replace_one(table_of(codes), "judge", PEOPLE, "alpha_nominal", seed=0, resamples=0)
    judged = codes[codes[:, 3] >= 0]
    values = []
    for index in range(3):
        swapped = judged[:, :3].copy()
        swapped[:, index] = np.where(judged[:, index] >= 0, judged[:, 3], -1)
        values.append(alpha(swapped))
    before = alpha(judged[:, :3])
    assert [each.estimate.value for each in found.by_person] == pytest.approx(values)
    assert [each.difference.value for each in found.by_person] == pytest.approx([value - before for value in values])
    assert (found.people.value, found.replaced.value) == pytest.approx((before, np.mean(values)))
    assert found.difference.value == pytest.approx(np.mean(values) - before)


def test_a_judge_like_the_people_changes_nothing_and_a_random_one_does() -> None:
    codes = noisy_codes(400, 4, 3, right=0.8, seed=1)
    alike = replace_one(table_of(codes), "judge", PEOPLE, "alpha_nominal", seed=0, resamples=300).difference
    codes[:, 3] = np.random.default_rng(0).integers(0, 3, 400)
    random = replace_one(table_of(codes), "judge", PEOPLE, "alpha_nominal", seed=0, resamples=300).difference
    assert alike.interval is not None
    assert random.interval is not None
    assert alike.interval.low < 0 < alike.interval.high
    assert random.interval.high < -0.2


def test_wrong_people_are_refused_and_what_cannot_be_had_says_why() -> None:
    table = table_of(noisy_codes(30, 4, 3))
    for people in (["ann"], ["ann", "judge"]):
        with pytest.raises(BadInput, match="people"):
            replace_one(table, "judge", people, "alpha_nominal", seed=0)
    assert replace_one(table, "judge", PEOPLE, "alpha_ordinal", seed=0).difference.reason is Reason.NEEDS_ORDER


def test_no_unit_in_common_is_undefined() -> None:
    codes = np.array([[0, 1, 1, -1], [-1, -1, -1, 0]], dtype=np.int8)
    found = replace_one(table_of(codes), "judge", PEOPLE, "alpha_nominal", seed=0)
    assert found.people.reason is Reason.NO_PAIRABLE_ITEMS
