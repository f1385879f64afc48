"""Which pairs of systems to compare on which item, when not all of them can be.

A greedy balanced design. Items are visited in a shuffled order. Each gets its quota of pairs, one after another; the
next pair is the one whose two systems met least often so far, then the one whose systems were seen least often, then
a toss of the coin.

What holds where every item has the same systems: how often two pairs of systems occur differs by at most 1 (an item
takes the least used pairs first, each at most once), quotas of items differ by at most 1, and, since nothing but
coins tells items and systems apart, every possible pair has the same probability, chosen / possible. Where items lack
systems, pairs are as even as what is left allows and the probability is not known.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from random import Random

Choice = tuple[int, int, int]
"""Place of the item in the sequence, and the two systems, the smaller first."""


def all_pairs(systems_of_items: Sequence[Sequence[int]]) -> list[Choice]:
    """Every pair of systems of every item, in the order of the items."""
    return [
        (place, first, second)
        for place, systems in enumerate(systems_of_items)
        for first, second in combinations(sorted(systems), 2)
    ]


def balanced_pairs(
    systems_of_items: Sequence[Sequence[int]], *, seed: int, per_item: int | None = None, total: int | None = None
) -> list[Choice]:
    """A balanced random subset of the pairs of systems, in the order of the items.

    Args:
        systems_of_items: For every item, the systems that have an output for it.
        seed: The same seed and input give the same pairs.
        per_item: Pairs of every item, as far as it has them.
        total: Pairs of all items together, spread evenly, as far as there are so many. Exactly one of both is given.

    Raises:
        ValueError: Neither or both are given, or one is below 1.
    """
    wanted = [number for number in (per_item, total) if number is not None]
    if len(wanted) != 1 or wanted[0] < 1:
        raise ValueError("give either per_item or total, at least 1")
    coin = Random(seed)  # noqa: S311 - a design that can be repeated, not a secret
    capacities = [len(systems) * (len(systems) - 1) // 2 for systems in systems_of_items]
    order = list(range(len(capacities)))
    coin.shuffle(order)
    quotas = _quotas(capacities, order, per_item=per_item, total=total)
    met: Counter[tuple[int, int]] = Counter()
    seen: Counter[int] = Counter()
    chosen: list[Choice] = []
    for place in order:
        open_pairs = list(combinations(sorted(systems_of_items[place]), 2))
        for _ in range(quotas[place]):
            pair = min(open_pairs, key=lambda one: (met[one], seen[one[0]] + seen[one[1]], coin.random()))
            open_pairs.remove(pair)
            met[pair] += 1
            seen.update(pair)
            chosen.append((place, *pair))
    return sorted(chosen)


def _quotas(capacities: Sequence[int], order: Sequence[int], *, per_item: int | None, total: int | None) -> list[int]:
    """Pairs for every item: as even as capacities allow; who gets one more is decided by the shuffled order."""
    if per_item is not None:
        return [min(per_item, capacity) for capacity in capacities]
    quotas = [0] * len(capacities)
    left = min(total or 0, sum(capacities))
    open_items = [place for place in order if capacities[place]]
    while left:
        share = max(left // len(open_items), 1)
        for place in open_items:
            added = min(share, capacities[place] - quotas[place], left)
            quotas[place] += added
            left -= added
        open_items = [place for place in open_items if quotas[place] < capacities[place]]
    return quotas
