"""Shares and their paired differences: by hand, as published, and how often the intervals cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.stats.estimates import Flag, IntervalMethod, Reason
from core.stats.paired_shares import newcombe, paired_shares, share
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
