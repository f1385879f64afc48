"""How questions and the form of the answer are told: in words, as a schema, as a reply."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judging.asking_format import (
    answer_schema,
    answer_text,
    question_keys,
    questions_text,
    range_text,
    words_of,
    written_reply,
)
from core.judging.choices import Choices, folded
from core.judging.confidence import BANDS
from core.scales import DeclaredScale, Option, ScaleKind, preference
from tests.judged import SCALES, ask, question


def schema_of(*scales: str, order: str | None = None, is_bare: bool = False, has_confidence: bool = False) -> dict:
    form = answer_schema(ask(*scales, order=order), is_bare=is_bare, has_confidence=has_confidence)
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    return form["json_schema"]["schema"]


def allowed(schema: dict, value: object) -> bool:
    """The part of JSON schema that is used here, read by its own rules."""
    if "anyOf" in schema:
        return any(allowed(one, value) for one in schema["anyOf"])
    if schema["type"] == "object":
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
        return (
            isinstance(value, dict)
            and list(value) == schema["required"]
            and all(allowed(inner, value[name]) for name, inner in schema["properties"].items())
        )
    if schema["type"] == "string":
        return isinstance(value, str) and value in schema.get("enum", [value])
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_fitting = is_number and (schema["type"] == "number" or float(value).is_integer())
    return is_fitting and schema.get("minimum", value) <= value <= schema.get("maximum", value)


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("is_bare", [False, True])
@pytest.mark.parametrize("has_confidence", [False, True])
def test_the_schema_allows_every_value_of_the_scale_and_nothing_beside(
    name: str, is_bare: bool, has_confidence: bool
) -> None:
    scale, asked = SCALES[name], ask(name, order="BA")
    schema = schema_of(name, order="BA", is_bare=is_bare, has_confidence=has_confidence)
    values = [*scale.keys, None] if scale.options else [0.0, 1.0, None]
    for value in values:
        written = written_reply(
            asked, {1: value}, rationale=None if is_bare else "r", confidence="sure" if has_confidence else None
        )
        assert allowed(schema, json.loads(written)), written
    assert not allowed(schema["properties"]["verdict"], "no such value")
    assert allowed(schema["properties"]["verdict"], 7.3) == (name in ("open", "half steps"))


def test_the_rationale_comes_before_the_verdict_and_the_confidence_after() -> None:
    assert list(schema_of("share", has_confidence=True)["properties"]) == ["rationale", "verdict", "confidence"]
    assert list(schema_of("share", is_bare=True)["properties"]) == ["verdict"]


def test_several_questions_are_answered_under_their_numbers() -> None:
    schema = schema_of("share", "yes or no")
    assert list(schema["properties"]) == ["q1", "q2"]
    assert question_keys(ask("share", "yes or no")) == ("q1", "q2")
    assert json.loads(written_reply(ask("share", "yes or no"), {1: 0.5, 2: None}, rationale=None)) == {
        "q1": {"verdict": 0.5},
        "q2": {"verdict": "cannot_tell"},
    }


def test_whole_numbers_are_asked_for_as_such() -> None:
    verdict = schema_of("whole")["properties"]["verdict"]
    assert verdict["anyOf"][0] == {"type": "integer", "minimum": 0.0, "maximum": 100.0}


def test_questions_show_their_options_with_labels_and_definitions() -> None:
    text = questions_text(ask("colours", "half steps"))
    assert text == (
        "### q1: Correct\n\nIs it correct?\n\nThe verdict is one of:\n"
        '- "red": Red. like blood\n- "dark-green": Dark green\n'
        '- "na": Not applicable. the question does not apply here\n\n'
        "### q2: Clear\n\nIs it clear?\n\nThe verdict is a number from 0 to 10 in steps of 0.5."
    )
    assert questions_text(ask("one to ten")).startswith("### Correct\n")


def test_sides_are_named_by_place_and_never_by_stored_name() -> None:
    for order in ("AB", "BA"):
        text = questions_text(ask("preference with both bad", order=order))
        assert '- "first": The first output is better\n- "second": The second output is better\n' in text
        assert '"A"' not in text
        assert "A is better" not in text
    assert words_of(question("preference"), "BA") == {"B": "first", "A": "second", "tie": "tie"}
    assert [one.key for one in Choices(question(preference(tie=False)), "AB").options] == ["A", "B"]


def test_the_form_in_words_names_every_choice_and_the_way_out() -> None:
    text = answer_text(ask("yes or no"), is_bare=False, has_confidence=True)
    assert '"verdict": "<yes | no | cannot_tell>"' in text
    assert '"rationale"' in text
    assert all(f'"{band.key}"' in text for band in BANDS)
    bare = answer_text(ask("share"), is_bare=True, has_confidence=False)
    assert "rationale" not in bare
    assert "a number from 0 to 1 | cannot_tell" in bare


def test_a_scale_with_an_option_called_cannot_tell_has_no_other_way_out() -> None:
    scale = DeclaredScale(ScaleKind.NOMINAL, (Option("yes", "Yes"), Option("unknown", "Cannot tell")))
    assert Choices(question(scale)).abstention == ""
    assert "do not guess" not in answer_text(ask(scale), is_bare=False, has_confidence=False)


@pytest.mark.parametrize(
    ("name", "text"),
    [("open", "a number"), ("whole", "a whole number from 0 to 100"), ("share", "a number from 0 to 1")],
)
def test_ranges_are_told_in_words(name: str, text: str) -> None:
    assert range_text(SCALES[name]) == text


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_words_are_the_same_whatever_stands_between_them() -> None:
    assert {folded(text) for text in ("Dark green", "dark_green", " dark-green ", "DARK  GREEN")} == {"dark green"}
    assert folded("-1") == "-1"
