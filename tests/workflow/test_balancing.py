"""The balanced random subset of pairs: what its docstring promises, on random inputs."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.workflow.balancing import all_pairs, balanced_pairs

SEEDS = st.integers(0, 2**31 - 1)


def spread(counts: Counter[object], of: object) -> int:
    values = [counts[one] for one in of]  # type: ignore[attr-defined] # something to go through
    return max(values) - min(values)


@settings(max_examples=150, deadline=None)
@given(n_items=st.integers(1, 40), n_systems=st.integers(2, 6), data=st.data(), seed=SEEDS)
def test_pairs_systems_and_items_come_about_equally_often(
    n_items: int, n_systems: int, data: st.DataObject, seed: int
) -> None:
    possible = n_systems * (n_systems - 1) // 2
    total = data.draw(st.integers(1, n_items * possible))
    chosen = balanced_pairs([range(n_systems)] * n_items, seed=seed, total=total)
    assert len(chosen) == len(set(chosen)) == total
    assert spread(Counter((a, b) for _, a, b in chosen), combinations(range(n_systems), 2)) <= 1
    assert spread(Counter(item for item, _, _ in chosen), range(n_items)) <= 1
    systems: Counter[object] = Counter()
    for _, a, b in chosen:
        systems.update((a, b))
    assert spread(systems, range(n_systems)) <= 2


@settings(max_examples=100, deadline=None)
@given(
    systems_of_items=st.lists(st.lists(st.integers(1, 6), unique=True, max_size=6), max_size=20),
    per_item=st.integers(1, 20),
    seed=SEEDS,
)
def test_every_item_gets_its_pairs_as_far_as_it_has_them(
    systems_of_items: list[list[int]], per_item: int, seed: int
) -> None:
    chosen = balanced_pairs(systems_of_items, seed=seed, per_item=per_item)
    possible = all_pairs(systems_of_items)
    assert set(chosen) <= set(possible)
    assert len(chosen) == len(set(chosen))
    of_items, capacity = Counter(item for item, _, _ in chosen), Counter(item for item, _, _ in possible)
    for item in range(len(systems_of_items)):
        assert of_items[item] == min(per_item, capacity[item])
    assert chosen == balanced_pairs(systems_of_items, seed=seed, per_item=per_item), "the same seed, the same pairs"


@settings(max_examples=100, deadline=None)
@given(
    systems_of_items=st.lists(st.lists(st.integers(1, 5), unique=True, max_size=5), max_size=20),
    total=st.integers(1, 300),
    seed=SEEDS,
)
def test_a_total_is_met_or_everything_there_is_is_taken(
    systems_of_items: list[list[int]], total: int, seed: int
) -> None:
    possible = all_pairs(systems_of_items)
    chosen = balanced_pairs(systems_of_items, seed=seed, total=total)
    assert len(set(chosen)) == len(chosen) == min(total, len(possible))
    taken, capacity = Counter(item for item, _, _ in chosen), Counter(item for item, _, _ in possible)
    unfilled = [taken[item] for item in capacity if taken[item] < capacity[item]]
    assert all(taken[item] <= min(unfilled, default=taken[item]) + 1 for item in capacity), "as even as there is room"


def test_every_possible_pair_is_chosen_with_the_probability_that_is_claimed() -> None:
    # 4 items x 3 pairs of 3 systems = 12 possible pairs, 5 chosen: each with 5/12 = .4167.
    # 3,000 seeds: standard error sqrt(.4167 x .5833 / 3000) = .009; 4 of them: .036
    seen: Counter[tuple[int, int, int]] = Counter()
    for seed in range(3_000):
        seen.update(balanced_pairs([range(3)] * 4, seed=seed, total=5))
    assert len(seen) == 12
    assert all(abs(times / 3_000 - 5 / 12) < 0.036 for times in seen.values())


@pytest.mark.parametrize("sizes", [{}, {"per_item": 1, "total": 1}, {"per_item": 0}, {"total": -1}])
def test_a_size_is_given_once_and_above_zero(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="give either"):
        balanced_pairs([range(3)], seed=1, **sizes)
