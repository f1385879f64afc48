"""What is remembered of many names, and when it is forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from core.importing.recent import Recent


def test_what_is_used_is_kept_and_the_half_not_used_is_forgotten() -> None:
    recent: Recent[str, int] = Recent(4)
    for number, name in enumerate("abc"):  # a, b fill one half; c begins the next
        recent.put(name, number)
    assert recent.whole
    assert recent.get("a") == 0  # used again: now c, a are the younger half
    recent.put("d", 3)  # no room: b, which nobody asked for, goes
    assert [recent.get(name) for name in "abcd"] == [0, None, 2, 3]
    assert not recent.whole


def test_what_only_memory_holds_is_put_away_before_anything_is_forgotten() -> None:
    unwritten: list[int] = []
    written: list[int] = []

    def write() -> None:
        written.extend(unwritten)
        unwritten.clear()

    recent: Recent[int, int] = Recent(10, write)
    for number in range(100):
        unwritten.append(number)
        recent.put(number, number)
        assert all(recent.get(waiting) == waiting for waiting in list(unwritten))
    assert written == list(range(len(written)))


@given(st.integers(2, 12), st.lists(st.tuples(st.integers(0, 15), st.booleans())))
def test_it_never_says_anything_wrong_and_never_grows_beyond_its_size(size: int, steps: list[tuple[int, bool]]) -> None:
    recent: Recent[int, int] = Recent(size)
    said: dict[int, int] = {}
    for place, (name, is_put) in enumerate(steps):
        if is_put:
            recent.put(name, place)
            said[name] = place
        elif recent.whole:
            assert recent.get(name) == said.get(name)
        else:
            assert recent.get(name) in (None, said.get(name))
    assert sum(recent.get(name) is not None for name in range(16)) <= size
