"""One verdict in words or as a number: what it stands for on its scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judging.choices import Choices
from core.judging.verdict_words import Said, read_exactly, read_value, read_words
from core.scales import DeclaredScale, Option, ScaleKind
from tests.judged import SCALES, question


def choices(scale: DeclaredScale | str, order: str | None = None) -> Choices:
    return Choices(question(scale), order)


@pytest.mark.parametrize("name", [name for name, scale in SCALES.items() if scale.options])
def test_every_word_is_read_with_and_without_marks_around_it(name: str) -> None:
    for order in ("AB", "BA"):
        asked = choices(name, order)
        for one in asked.options:
            for written in ("{}", " {} ", "**{}**", '"{}"', "`{}`", "[[{}]]", "({})", "{}.", "<{}>", "\\boxed{{}}"):
                assert read_words(asked, written.replace("{}", one.word)) == Said(option=one.key), written


@pytest.mark.parametrize("name", [name for name, scale in SCALES.items() if scale.options])
def test_labels_are_read_in_any_case(name: str) -> None:
    if SCALES[name].kind is ScaleKind.PREFERENCE:
        assert read_words(choices(name, "AB"), "A is better") is None  # the reply cannot know which output is A
        return
    for option in SCALES[name].options:
        assert read_words(choices(name), option.label.upper()) == Said(option=option.key)


@given(st.sampled_from(sorted(SCALES)), st.text(max_size=40) | st.floats() | st.integers() | st.booleans() | st.none())
def test_whatever_is_read_is_on_the_scale(name: str, raw: object) -> None:
    scale = SCALES[name]
    said = read_value(choices(name, "BA"), raw)
    if said is not None and not said.is_abstention:
        assert said.option in scale.keys if scale.options else scale.read(said.number) == said.number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4", "4"), ("4.", "4"), ("4 (good)", "4"), ("4 - nearly all", "4"), ("4: nearly all", "4"), ("4/5", "4"),
        ("four", "4"), ("4, because it fits", "4"), ("3 - 4", None), ("3–4", None), ("3 or 4", None), ("4.5", None),
        ("4,5", None), ("4/10", None), ("44", None), ("-4", None), ("4?", None), ("not 4", None), ("", None),
        ("4 but maybe 3", None), ("4; 3", None), ("5 (Poor)", None), ("5 (Excellent)", "5"),
    ],
)  # fmt: skip
def test_numbers_with_something_around_them(text: str, expected: str | None) -> None:
    assert read_words(choices("one to five"), text) == (Said(option=expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "expected"), [("1", "ten"), ("10", "ten"), ("2", "twenty"), ("20", "twenty"), ("30", None)]
)
def test_a_number_is_a_key_before_it_is_a_value(text: str, expected: str | None) -> None:
    scale = DeclaredScale(ScaleKind.ORDINAL, (Option("ten", "1", 10.0), Option("twenty", "2", 20.0)))
    assert read_words(choices(scale), text) == (Said(option=expected) if expected else None)


def test_a_number_that_two_options_share_is_none_of_them() -> None:
    scale = DeclaredScale(ScaleKind.NOMINAL, (Option("a", "Red", 1.0), Option("b", "Blue", 1.0)))
    assert read_value(choices(scale), 1) is None


def test_booleans_count_on_binary_scales_only() -> None:
    assert read_value(choices("yes or no"), True) == Said(option="yes")
    assert read_value(choices("pass or fail"), False) == Said(option="fail")
    assert read_value(choices("one to five"), True) is None
    assert read_value(choices("share"), True) is None
    assert read_words(choices("weighted"), "true") is None


def test_the_declared_way_out_is_an_abstention_and_no_option() -> None:
    for text in ("cannot_tell", "Cannot tell", "can't tell.", "**cannot tell**"):
        assert read_words(choices("one to five"), text) == Said()
    assert Said().is_abstention
    scale = DeclaredScale(ScaleKind.NOMINAL, (Option("yes", "Yes"), Option("unknown", "Cannot tell")))
    assert read_words(choices(scale), "cannot tell") == Said(option="unknown")


def test_exact_reading_takes_nothing_with_reasons() -> None:
    assert read_exactly(choices("yes or no"), "yes, because") is None
    assert read_exactly(choices("yes or no"), "Yes!") == Said(option="yes")
