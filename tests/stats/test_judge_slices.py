import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, likert
from core.stats.ceiling import human_ceiling
from core.stats.estimates import Flag, Reason
from core.stats.judge_slices import JudgeSlices, judge_in_a_place, judge_with_majorities
from core.stats.multiplicity import adjusted
from core.stats.ratings import RatingTable
from core.stats.replacement import replace_one
from core.stats.slicing import Slicing
from tests.stats.builders import nominal

PEOPLE = ["ann", "bob", "cy"]


def table_of(codes: object, q: int = 2, clusters: NDArray[np.int64] | None = None) -> RatingTable:
    return RatingTable.from_codes(np.array(codes), nominal(q), rater_ids=["judge", *PEOPLE], clusters=clusters)


def study(seed: int, *, judge_in_c: float = 0.8, n: int = 80) -> tuple[RatingTable, list[str | None]]:
    """Slices a, b, c of `n` units, d of 10, 5 units in none; people are right with .8, the judge too but in c."""
    rng = np.random.default_rng(seed)
    names: list[str | None] = ["a"] * n + ["b"] * n + ["c"] * n + ["d"] * 10 + [None] * 5
    true = rng.integers(0, 2, len(names))
    chance = np.full((len(names), 4), 0.8)
    chance[2 * n : 3 * n, 0] = judge_in_c
    codes = np.where(rng.random(chance.shape) < chance, true[:, None], 1 - true[:, None])
    return table_of(codes), names


def test_a_slice_by_hand() -> None:
    # Slice x: people 0 0 1, judge 0: only the third faces a majority (0): person wrong, judge right, weight 1/3.
    #          people 1 1 1, judge 0: three majorities (1): people right, judge wrong, weight 3/3.
    #          So people 3/3 of 4/3 = .75, judge 1/3 of 4/3 = .25.
    # Slice y: people 1 1 -, judge 1: two majorities of one other, all right: people 1, judge 1.
    # The last unit was not rated by the judge and is nowhere.
    codes = [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, -1], [1, 0, 0, 0], [-1, 0, 0, 0]]
    found = judge_with_majorities(
        table_of(codes), ["x", "x", "y", None, "y"], "judge", PEOPLE, seed=0, measure="percent", resamples=0
    )
    x, y = found.slices
    assert (x.here.people.value, x.here.judge.value, x.here.gap.value) == pytest.approx((0.75, 0.25, -0.5))
    assert (y.here.people.value, y.here.judge.value) == (1.0, 1.0)
    assert (x.here.judge.n_units, y.here.judge.n_units, found.n_without) == (2, 1, 1)
    # The rest of x: y (weight 1, right) and the unit in no slice (weight 1, wrong): .5.
    assert x.difference.value == pytest.approx(0.25 - 0.5)
    assert found.whole.judge.value == pytest.approx((1 / 3 + 1) / (4 / 3 + 2))


def values_of(found: JudgeSlices) -> list[list[float | None]]:
    return [[each.here.people.value, each.here.judge.value, each.here.gap.value] for each in found.slices]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000), st.booleans())
def test_a_slice_says_what_the_ceiling_of_its_units_says(seed: int, clustered: bool) -> None:
    rng = np.random.default_rng(seed)
    codes, code = rng.integers(-1, 3, (40, 4)), rng.integers(-1, 3, 40)
    table = table_of(codes, 3, rng.integers(0, 15, 40) if clustered else None)
    slicing = Slicing(("a", "b", "c"), code)
    found = judge_with_majorities(table, slicing, "judge", PEOPLE, seed=0, resamples=0)
    for k, each in enumerate(found.slices):
        alone = human_ceiling(table.of_units(code == k), "judge", PEOPLE, seed=0, resamples=0)
        expected = (alone.people_kappa.value, alone.judge_kappa.value, alone.difference_kappa.value)
        got = (each.here.people.value, each.here.judge.value, each.here.gap.value)
        for one, other in zip(got, expected, strict=True):
            assert one == (None if other is None else pytest.approx(other))
        assert (each.here.judge.n_units, each.here.judge.n_groups) == (
            alone.judge_kappa.n_units, alone.judge_kappa.n_groups
        )  # fmt: skip
    whole = human_ceiling(table, "judge", PEOPLE, seed=0, resamples=0)
    assert found.whole.judge.value == pytest.approx(whole.judge_kappa.value)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 100_000))
def test_a_slice_says_what_replacing_on_its_units_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes, code = rng.integers(-1, 3, (40, 4)), rng.integers(0, 2, 40)
    table = RatingTable.from_codes(codes, likert(1, 3), rater_ids=["judge", *PEOPLE])
    found = judge_in_a_place(table, Slicing(("a", "b"), code), "judge", PEOPLE, "alpha_ordinal", seed=0, resamples=0)
    for k, each in enumerate(found.slices):
        alone = replace_one(table.of_units(code == k), "judge", PEOPLE, "alpha_ordinal", seed=0, resamples=0)
        assert each.here.people.value == pytest.approx(alone.people.value)
        assert each.here.judge.value == pytest.approx(alone.replaced.value)
        assert each.here.gap.value == pytest.approx(alone.difference.value)


def test_the_order_of_units_and_people_does_not_matter() -> None:
    table, names = study(3)
    order = np.random.default_rng(0).permutation(table.n_units)
    mixed = table_of(np.asarray(table.matrix())[order])
    first = judge_with_majorities(table, names, "judge", PEOPLE, seed=0, resamples=0)
    second = judge_with_majorities(mixed, [names[k] for k in order], "judge", PEOPLE[::-1], seed=0, resamples=0)
    for one, other in zip(values_of(first), values_of(second), strict=True):
        assert one == pytest.approx(other)
    assert [each.p_value for each in first.slices[:3]] == pytest.approx([each.p_value for each in second.slices[:3]])


def test_a_slice_where_the_judge_is_worse_is_found_and_one_below_20_units_is_not_tested() -> None:
    table, names = study(1, judge_in_c=0.3)
    found = judge_with_majorities(table, names, "judge", PEOPLE, seed=0, measure="percent", resamples=300)
    a, b, c, d = found.slices
    assert (a.apart, b.apart, c.apart, c.differs) == (False, False, True, True)
    for estimate in (c.difference, c.here.gap):
        assert estimate.interval is not None
        assert estimate.interval.high < 0
    assert d.too_small
    assert (d.p_value, d.gap_p, d.differs, d.apart) == (None, None, False, False)
    assert d.here.judge.interval_reason is Reason.TOO_FEW_ITEMS
    tested = [each.p_value for each in found.slices[:3]]
    assert [each.adjusted_p for each in found.slices[:3]] == pytest.approx(adjusted(tested).p)  # type: ignore[arg-type]


def test_a_judge_like_people_is_called_different_as_rarely_as_said() -> None:
    # A false discovery rate of 5 % with nothing to find: a study errs with probability 5 %, in each of two families.
    rest = gap = 0
    for run in range(80):
        table, names = study(1000 + run, n=60)
        found = judge_with_majorities(table, names, "judge", PEOPLE, seed=run, measure="percent", resamples=0)
        rest += any(each.differs for each in found.slices)
        gap += any(each.apart for each in found.slices)
    assert max(rest, gap) <= 11  # binomial(80, .05): more than 11 with probability .0008


def test_the_gap_is_paired_on_the_units_of_the_slice() -> None:
    # Hard units are hard for everybody: the error of the difference is below that of two independent samples.
    rng = np.random.default_rng(2)
    true = rng.integers(0, 2, 400)
    right = rng.random((400, 4)) < np.where(rng.random(400) < 0.5, 0.55, 0.98)[:, None]
    codes = np.where(right, true[:, None], 1 - true[:, None])
    here = judge_with_majorities(
        table_of(codes), ["a", "b"] * 200, "judge", PEOPLE, seed=0, measure="percent"
    ).slices[0].here  # fmt: skip
    assert here.gap.standard_error is not None
    assert here.gap.standard_error < np.hypot(here.people.standard_error or 0, here.judge.standard_error or 0)
    assert here.gap.interval is not None


def test_numbers_have_no_majority_but_a_place_among_people() -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)
    rng = np.random.default_rng(0)
    true = rng.normal(50, 15, 60)
    numbers = np.clip(true[:, None] + rng.normal(0, 5, (60, 4)), 0, 100)
    table = RatingTable.from_numbers(numbers, scale, rater_ids=["judge", *PEOPLE])
    names = ["a"] * 30 + ["b"] * 30
    majorities = judge_with_majorities(table, names, "judge", PEOPLE, seed=0)
    assert [each.here.judge.reason for each in majorities.slices] == [Reason.NEEDS_OPTIONS] * 2
    place = judge_in_a_place(table, names, "judge", PEOPLE, "alpha_interval", seed=0, resamples=200)
    assert place.slices[0].here.gap.interval is not None
    assert place.slices[0].here.judge.value == pytest.approx(
        replace_one(table.of_units(np.arange(60) < 30), "judge", PEOPLE, "alpha_interval", seed=0).replaced.value
    )


def test_what_cannot_be_compared_says_why() -> None:
    ties = judge_with_majorities(table_of([[0, 0, 1, 2], [0, 1, 2, 0]], 3), ["a", "b"], "judge", PEOPLE, seed=0)
    assert [each.here.judge.reason for each in ties.slices] == [Reason.NO_REFERENCE] * 2
    alone = judge_with_majorities(table_of([[0, 0, -1, -1]]), ["a"], "judge", PEOPLE, seed=0)
    assert alone.whole.judge.reason is Reason.NO_PAIRABLE_ITEMS
    one_slice = judge_with_majorities(table_of([[0, 0, 0, 0]] * 30), ["a"] * 30, "judge", PEOPLE, seed=0)
    assert one_slice.slices[0].difference.reason is Reason.NO_PAIRABLE_ITEMS
    some_ties = judge_with_majorities(
        table_of([[0, 0, 1, 2], [0, 0, 0, 0]], 3), ["a", "a"], "judge", PEOPLE, seed=0, measure="percent"
    )
    assert Flag.TIES_LEFT_OUT in some_ties.whole.judge.flags
    with pytest.raises(BadInput, match="1 names"):
        judge_with_majorities(table_of([[0, 0, 1, 2]] * 2, 3), ["a"], "judge", PEOPLE, seed=0)
    with pytest.raises(BadInput, match="judge"):
        judge_in_a_place(table_of([[0, 0, 1, 1]]), ["a"], "judge", ["judge", "ann"], "fleiss", seed=0)
