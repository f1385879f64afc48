"""Shares and their paired differences: by hand, as published, and how often the intervals cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.stats.estimates import Flag, IntervalMethod, Reason
from core.stats.paired_shares import effective_size, newcombe, paired_shares, share
from core.stats.resampling import wilson

NOTHING = Reason.NOTHING_COMPARED


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [((36, 12, 2, 0), 0.0569, 0.3404), ((20, 12, 2, 16), 0.0562, 0.3292)],
)
def test_newcombes_interval_is_the_published_one(cells: tuple[int, int, int, int], low: float, high: float) -> None:
    # Newcombe (1998), method 10
    found = newcombe(*cells)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert found.method is IntervalMethod.NEWCOMBE


def test_a_share_has_wilsons_interval_and_leaves_out_what_is_unknown() -> None:
    found = share("s", [1, 1, 0, -1, 0], list("abcde"), undefined=NOTHING)
    assert (found.value, found.n_units, found.n_groups) == (0.5, 4, 4)
    assert found.interval == wilson(2, 4)


def test_a_share_of_nothing_says_why() -> None:
    found = share("s", [-1, -1], [0, 1], undefined=Reason.NO_ROOM)
    assert (found.value, found.interval, found.reason) == (None, None, Reason.NO_ROOM)
    assert paired_shares("s", [1], [-1], [0], undefined=NOTHING).difference.reason is NOTHING


def test_units_that_hang_together_count_as_one_for_the_interval() -> None:
    # 4 items with 5 verdicts each, all verdicts of an item alike: as much is known as from 4 units
    together = share("s", [1] * 10 + [0] * 10, np.repeat(np.arange(4), 5), undefined=NOTHING)
    assert (together.value, together.n_units, together.n_groups) == (0.5, 20, 4)
    assert together.interval == wilson(2, 4)
    assert Flag.CLUSTERED in together.flags


def test_the_difference_is_taken_on_units_known_in_both() -> None:
    found = paired_shares("d", [1, 1, 0, 1, -1], [0, 1, 0, -1, 1], [0, 1, 2, 3, 4], undefined=NOTHING)
    # three units: 2/3 - 1/3
    assert found.first.value == pytest.approx(2 / 3)
    assert found.second.value == pytest.approx(1 / 3)
    assert found.difference.value == pytest.approx(1 / 3)
    assert found.difference.interval == newcombe(1, 1, 0, 1)


def test_no_difference_at_all_still_has_an_interval() -> None:
    found = paired_shares("d", [0] * 20, [0] * 20, range(20), undefined=NOTHING).difference
    assert found.value == 0.0
    assert found.interval is not None
    assert found.interval.low < 0 < found.interval.high


@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), min_size=1, max_size=60))
def test_the_interval_holds_the_difference_and_turns_with_it(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    there = paired_shares("d", first, second, range(len(pairs)), undefined=NOTHING).difference
    back = paired_shares("d", second, first, range(len(pairs)), undefined=NOTHING).difference
    if there.value is None:
        assert there.reason is NOTHING
        return
    assert there.interval is not None
    assert back.interval is not None
    assert -1 <= there.interval.low <= there.value + 1e-12
    assert there.value - 1e-12 <= there.interval.high <= 1
    assert back.value == pytest.approx(-there.value)
    assert (back.interval.low, back.interval.high) == pytest.approx((-there.interval.high, -there.interval.low))


def test_the_interval_of_a_difference_covers_it_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    n, chances = 30, np.array([0.10, 0.20, 0.05, 0.65])  # both, first only, second only, neither: difference .15
    covered = 0
    for cells in rng.multinomial(n, chances, size=2_000):
        found = newcombe(*map(float, cells))
        covered += found.low <= 0.15 <= found.high
    # nominal .95; four standard errors of 2000 draws are .02
    assert 0.93 <= covered / 2_000 <= 0.99


def test_with_enough_groups_the_effective_size_lies_between_groups_and_units() -> None:
    groups = np.repeat(np.arange(30), 4)
    alike = np.repeat(np.arange(30) % 2, 4).astype(float)
    # every group of one mind: 30 groups carry what 30 units would, but for the factor G/(G-1)
    assert effective_size(alike, groups) == 30
    mixed = np.tile([0.0, 1.0, 0.0, 1.0], 30)
    assert effective_size(mixed, groups) == 120  # groups do not differ at all
    single = np.arange(40) % 2 == 0
    assert effective_size(single.astype(float), np.arange(40)) == 40


@pytest.mark.parametrize("agreement", [0.0, 0.5, 1.0])
def test_intervals_of_units_in_groups_cover_about_as_often_as_they_say(agreement: float) -> None:
    """Of 40 groups of 6, a part of the units says what the group says; the share is .3."""
    rng = np.random.default_rng(11)
    groups, covered, wide = np.repeat(np.arange(40), 6), 0, 0
    for _ in range(600):
        of_group = np.repeat(rng.random(40) < 0.3, 6)
        own = rng.random(240) < 0.3
        marks = np.where(rng.random(240) < agreement, of_group, own).astype(int)
        found = share("s", marks, groups, undefined=NOTHING).interval
        assert found is not None
        covered += found.low <= 0.3 <= found.high
        wide += found.high - found.low > 0.2
    # nominal .95; four standard errors of 600 draws are .036
    assert covered / 600 >= 0.91
    assert (wide > 300) == (agreement == 1.0)


def test_differences_of_units_in_groups_cover_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(12)
    groups, covered = np.repeat(np.arange(40), 5), 0
    for _ in range(600):
        pull = np.repeat(rng.random(40) < 0.4, 5)  # .4 of the groups give way, with .5 of their units
        second = rng.random(200) < 0.1
        first = second | (pull & (rng.random(200) < 0.5))
        found = paired_shares("d", first.astype(int), second.astype(int), groups, undefined=NOTHING).difference.interval
        assert found is not None
        covered += found.low <= 0.4 * 0.5 * 0.9 <= found.high
    assert covered / 600 >= 0.91
