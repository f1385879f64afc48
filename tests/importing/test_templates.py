import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.importing.templates import ABSENT, Template, at_path, key_of, plain


def test_a_template_joins_columns_and_words() -> None:
    assert Template("{a}\n\n{b}!").fill({"a": "x", "b": 2}) == "x\n\n2!"


def test_doubled_braces_are_braces() -> None:
    assert Template("{{{a}}}").fill({"a": "x"}) == "{x}"


def test_what_is_missing_or_null_becomes_nothing() -> None:
    assert Template("[{a}{b}{c}]").fill({"a": None, "b": float("nan")}) == "[]"


def test_a_path_leads_into_objects_and_lists() -> None:
    values = {"scores": {"grammar": [3, {"by": "ann"}]}}
    assert at_path(values, "scores.grammar.0") == 3
    assert at_path(values, "scores.grammar.1.by") == "ann"
    assert at_path(values, "scores.grammar.2") is ABSENT
    assert at_path(values, "scores.style") is ABSENT


def test_a_column_whose_own_name_has_dots_wins() -> None:
    assert at_path({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
    assert at_path({"a.b": {"c": 3}}, "a.b.c") == 3


def test_null_at_a_path_is_not_the_same_as_no_path() -> None:
    assert at_path({"a": None}, "a") is None
    assert at_path({}, "a") is ABSENT


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (2.5, "2.5"),
        (True, "true"),
        (None, ""),
        ("x", "x"),
        (7, "7"),
        ([1, "é"], '[1, "é"]'),
        (1e300, "1e+300"),
    ],
)
def test_values_are_written_as_people_write_them(value: object, text: str) -> None:
    assert plain(value) == text


def test_a_fingerprint_is_short_and_the_same_for_the_same_text() -> None:
    template = Template("{a|hash}")
    assert template.fill({"a": "long " * 100}) == template.fill({"a": "long " * 100})
    assert len(template.fill({"a": "long " * 100})) == 16
    assert template.fill({"a": "x"}) != template.fill({"a": "y"})


def test_a_single_name_keeps_its_value_and_several_become_text() -> None:
    assert Template("{a}").value({"a": [1]}) == [1]
    assert Template("{a}{a}").value({"a": 1}) == "11"


@pytest.mark.parametrize("wrong", ["{", "}", "{}", "{ }", "{a|upper}", "a{b"])
def test_a_broken_template_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput, match="column names in braces"):
        Template(wrong)


def test_names_that_a_shape_gives_are_no_columns() -> None:
    template = Template("{@key} of {a}")
    assert template.names == ("@key", "a")
    assert template.paths == ("a",)


@given(
    st.dictionaries(st.sampled_from("abc"), st.text(max_size=3)),
    st.dictionaries(st.sampled_from("abc"), st.text(max_size=3)),
)
def test_rows_with_the_same_texts_have_the_same_key_and_others_do_not(one: dict[str, str], two: dict[str, str]) -> None:
    same = all(one.get(name, "") == two.get(name, "") for name in "ab")
    key = key_of(("a", "b"), texts_only=False)
    assert (key(one) == key(two)) is same
    if {"a", "b"} <= set(one) and {"a", "b"} <= set(two):
        quick = key_of(("a", "b"), texts_only=True)
        assert (quick(one) == quick(two)) is same
