import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.keys import KEY_LIMIT, item_key, output_key, pair_key

names = st.text(st.sampled_from("ab/#|\\0"), max_size=6)
samples = st.integers(0, 2)


def test_plain_names_stay_readable() -> None:
    assert item_key("q1") == "q1"
    assert output_key("q1", "alder") == "q1/alder"
    assert output_key("q1", "alder", 2) == "q1/alder#2"
    assert pair_key("q1", ("birch", 0), ("alder", 1)) == "q1/alder#1|birch"


@given(item=names, first=st.tuples(names, samples), second=st.tuples(names, samples))
def test_a_pair_has_one_key_whichever_output_is_named_first(
    item: str, first: tuple[str, int], second: tuple[str, int]
) -> None:
    if first != second:
        assert pair_key(item, first, second) == pair_key(item, second, first)


@given(names, names, samples, names, names, samples)
def test_two_outputs_never_share_a_key(item: str, system: str, sample: int, item2: str, system2: str, n: int) -> None:
    same = (item, system, sample) == (item2, system2, n)
    assert (output_key(item, system, sample) == output_key(item2, system2, n)) is same


outputs = st.tuples(names, samples)


@given(names, st.lists(outputs, min_size=2, max_size=2, unique=True), names,
       st.lists(outputs, min_size=2, max_size=2, unique=True))  # fmt: skip
def test_two_pairs_never_share_a_key(
    item: str, one: list[tuple[str, int]], item2: str, two: list[tuple[str, int]]
) -> None:
    same = item == item2 and set(one) == set(two)
    assert (pair_key(item, one[0], one[1]) == pair_key(item2, two[0], two[1])) is same


@given(names, names, outputs, outputs)
def test_an_item_an_output_and_a_pair_never_share_a_key(
    item: str, other: str, first: tuple[str, int], second: tuple[str, int]
) -> None:
    assert item_key(item) != output_key(other, *first)
    if first != second:
        assert output_key(item, *first) != pair_key(other, first, second)


def test_a_pair_of_one_output_is_refused() -> None:
    with pytest.raises(ValueError, match="two outputs"):
        pair_key("q1", ("alder", 0), ("alder", 0))


def test_a_key_that_would_be_too_long_becomes_its_fingerprint() -> None:
    long = pair_key("/" * 400, ("#" * 200, 0), ("|" * 200, 0))
    assert len(long) <= KEY_LIMIT
    assert long != pair_key("/" * 399 + "x", ("#" * 200, 0), ("|" * 200, 0))
