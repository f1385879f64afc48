"""Objects in replies: well-formed JSON as json reads it, and the liberties models take."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judging.loose_json import Listing, Members, Node, Scalar, find_objects

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def value(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return [value(entry) for entry in node.entries]
    return {key: value(inner) for key, inner in node.pairs}


def objects(text: str) -> list[Any]:
    return [value(one) for one in find_objects(text).objects]


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.sampled_from([None, 1]), st.booleans())
def test_well_formed_json_is_read_as_json_reads_it(data: dict[str, Any], indent: int | None, ascii_only: bool) -> None:
    written = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    found = find_objects(f"Here it is: {written} That is all.")
    assert [value(one) for one in found.objects] == [data]
    assert not found.has_broken


@given(st.text(alphabet="{}[]\":,'\\ntab01 ", max_size=60))
def test_any_text_is_read_without_an_error_and_places_lie_inside(text: str) -> None:
    for one in find_objects(text).objects:
        assert 0 <= one.start < one.end <= len(text)
        assert text[one.start] == "{"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,}', {"a": 1}),
        ("{'a': 'it''s'}", {"a": "it''s"}),
        ("{'a': 'it's fine', 'b': True, 'c': None}", {"a": "it's fine", "b": True, "c": None}),
        ("{a: 1, b_c: yes}", {"a": 1, "b_c": "yes"}),
        ("{“a”: “x”}", {"a": "x"}),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
        ('{"a": "He said "no", and left", "b": 2}', {"a": 'He said "no", and left', "b": 2}),
        ('{"a": 1 // one\n, /* two */ "b": 2}', {"a": 1, "b": 2}),
        ('{"a": "x"\n"b": "y"}', {"a": "x", "b": "y"}),
        ('{"a": [1, "two", {"three": 3}], "b": .5}', {"a": [1, "two", {"three": 3}], "b": 0.5}),
        ('{"a": "tab\\tquote\\" \\u00e9"}', {"a": 'tab\tquote" é'}),
        ('{"a": "C:\\path"}', {"a": "C:\\path"}),
        ('{"a": +4}', {"a": 4}),
        ("{}", {}),
    ],
)
def test_liberties_are_understood(text: str, expected: dict[str, Any]) -> None:
    assert objects(text) == [expected]


def test_an_end_that_never_came_leaves_what_was_complete() -> None:
    (found,) = find_objects('{"verdict": "yes", "rationale": "because th').objects
    assert not found.is_closed
    assert [(key, one.value, one.is_complete) for key, one in found.pairs if isinstance(one, Scalar)] == [
        ("verdict", "yes", True),
        ("rationale", "because th", False),
    ]


def test_several_objects_are_found_with_their_places() -> None:
    text = 'First {"a": "x"} and then {"a": "y"}.'
    found = find_objects(text).objects
    assert [text[one.start : one.end] for one in found] == ['{"a": "x"}', '{"a": "y"}']
    scalar = found[1].pairs[0][1]
    assert text[scalar.start : scalar.end] == "y"


def test_a_key_that_stands_twice_is_there_twice() -> None:
    (found,) = find_objects('{"a": 1, "a": 2}').objects
    assert [key for key, _ in found.pairs] == ["a", "a"]


@pytest.mark.parametrize("text", ['{"a": "x" "y": }{', '{"rationale": "says {"a": 1, which", is wrong}'])
def test_something_that_begins_like_an_object_and_breaks_is_told(text: str) -> None:
    assert find_objects(text).has_broken


@pytest.mark.parametrize("text", ["f{x} and {y}", "\\frac{1}{2}", "a {set} of"])
def test_braces_of_other_notations_are_neither_objects_nor_broken(text: str) -> None:
    assert find_objects(text) == find_objects("")


@pytest.mark.parametrize(
    "text",
    ["{" * 20_000, '{"a' * 5_000, '{"a":' * 5_000, "[" * 20_000, '{"a": "' + 'x", ' * 5_000, '{"a": /*' * 2_000],
)
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    begun = time.perf_counter()
    find_objects(text)
    # Reading each of 5,000 beginnings to the end would be some 10 to the 8 steps: minutes.
    assert time.perf_counter() - begun < 10


def test_members_know_that_they_are_closed() -> None:
    assert find_objects('{"a": {}}').objects == (Members((("a", Members((), 6, 8)),), 0, 9),)
