import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.workflow.grading_order import shuffled, side_order

ids = st.lists(st.integers(1, 2**62), unique=True, max_size=60)
names = st.text(min_size=1, max_size=20).filter(lambda name: name.isprintable())


@given(ids, names, st.integers(0, 2**31 - 1))
def test_a_shuffle_loses_and_doubles_no_subject(subjects: list[int], name: str, seed: int) -> None:
    found = shuffled(np.array(subjects, dtype=np.int64), seed=seed, name=name)
    assert sorted(found.tolist()) == sorted(subjects)


@given(ids, st.sets(st.integers(0, 59)), names, st.integers(0, 2**31 - 1))
def test_new_subjects_come_in_between_and_the_others_keep_their_order(
    subjects: list[int], later: set[int], name: str, seed: int
) -> None:
    before = [subject for place, subject in enumerate(subjects) if place not in later]
    first = shuffled(np.array(before, dtype=np.int64), seed=seed, name=name).tolist()
    then = shuffled(np.array(subjects, dtype=np.int64), seed=seed, name=name).tolist()
    assert [subject for subject in then if subject in set(before)] == first


def test_every_rater_and_every_seed_has_an_order_of_its_own() -> None:
    subjects = np.arange(1, 200, dtype=np.int64)
    orders = {
        tuple(shuffled(subjects, seed=seed, name=name).tolist()) for seed in (1, 2) for name in ("Ann", "Anna", "ann")
    }
    assert len(orders) == 6


def test_the_order_is_the_one_of_splitmix64_over_a_sha256_key() -> None:
    # The definition once more, in plain Python integers.
    from hashlib import sha256

    mask = 2**64 - 1
    key = int.from_bytes(sha256(b"subjects\x007\x00Ann").digest()[:8])

    def mixed(subject: int) -> int:
        state = ((subject + 1) * 0x9E3779B97F4A7C15 + key) & mask
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
        return state ^ (state >> 31)

    subjects = list(range(1, 300))
    found = shuffled(np.array(subjects, dtype=np.int64), seed=7, name="Ann").tolist()
    assert found == sorted(subjects, key=mixed)


def test_sides_are_even_and_do_not_follow_another_rater() -> None:
    n = 4_000
    first = [side_order(subject, seed=7, name="Ann") for subject in range(1, n + 1)]
    second = [side_order(subject, seed=7, name="Ben") for subject in range(1, n + 1)]
    # Binomial(4000, 1/2): mean 2000, standard deviation 31.6; five of them are 158.
    assert abs(first.count("AB") - n / 2) < 158
    assert abs(sum(a == b for a, b in zip(first, second, strict=True)) - n / 2) < 158


@given(st.integers(1, 2**62), names, st.integers(0, 2**31 - 1))
def test_a_side_is_the_same_every_time_it_is_asked_for(subject: int, name: str, seed: int) -> None:
    assert side_order(subject, seed=seed, name=name) == side_order(subject, seed=seed, name=name)
