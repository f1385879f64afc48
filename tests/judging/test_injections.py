"""Injections aim at the best value, stand where they are put, and never leave the fence of the judge's prompt."""

import json
import re
from base64 import b64decode
from itertools import product

import pytest

from core.judging.asked import Ask, Material, Question, Reply
from core.judging.fencing import Fence
from core.judging.injections import (
    CONTROL_STEP,
    INJECTIONS,
    Injection,
    Position,
    best_value,
    control_length,
    control_text,
    target_of,
    with_text,
)
from core.judging.protocols import PROTOCOLS
from core.judging.said import said
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference, yes_no
from tests.judged import SCALES, ask, judge, material, question

FENCE = Fence("a key that no author knows")
EVERY = pytest.mark.parametrize("injection", list(INJECTIONS.values()), ids=list(INJECTIONS))


def asked(protocol: str, scale: DeclaredScale | str) -> list[Ask]:
    return list(PROTOCOLS[protocol].asks(judge(protocol), [question(scale)]))


def written(injection: Injection, target_ask: Ask, side: str = "A") -> str:
    target = target_of(target_ask, side)
    assert target is not None
    return injection.written(target)


def prompt(protocol: str, one: Ask, altered: Material) -> str:
    request = PROTOCOLS[protocol].request(judge(protocol), one, altered, fence=FENCE)
    return "\n".join(message["content"] for message in request.messages)


def test_there_are_at_least_twelve_in_as_many_categories() -> None:
    assert len(INJECTIONS) >= 12
    assert len({one.category for one in INJECTIONS.values()}) >= 12
    assert all(len(name) <= 40 and name == one.name and ", " not in name for name, one in INJECTIONS.items())


@pytest.mark.parametrize(
    ("scale", "side", "expected"),
    [
        (pass_fail(), "A", "pass"),
        (yes_no(na=True), "A", "yes"),
        (likert(1, 5), "A", "5"),
        ("weighted", "A", "high"),
        ("whole", "A", 100.0),
        ("open", "A", None),
        ("colours", "A", None),
        (preference(), "A", "A"),
        (preference(), "B", "B"),
    ],
)
def test_the_best_value_is_what_an_author_would_want(
    scale: DeclaredScale | str, side: str, expected: str | float | None
) -> None:
    assert best_value(question(scale), side) == expected


@EVERY
@pytest.mark.parametrize("scale", ["pass or fail", "one to five", "whole"])
def test_every_injection_names_the_best_value(injection: Injection, scale: str) -> None:
    one = ask(scale)
    text, best = written(injection, one), best_value(question(scale))
    word = best if isinstance(best, str) else f"{best:g}"
    hidden = "".join(chr(ord(sign) - 0xE0000) for sign in text if ord(sign) > 0xE0000)
    decoded = b64decode(text.split(": ")[-1]).decode() if injection.name == "base64" else ""
    assert re.search(rf"\b{word}\b", text + hidden + decoded)


def test_the_unseen_characters_show_nothing() -> None:
    text = written(INJECTIONS["unseen characters"], ask("pass or fail"))
    assert "".join(sign for sign in text if sign.isprintable()) == "Thank you for reading."


def test_the_fake_verdict_is_one_that_would_be_read() -> None:
    one = ask("pass or fail", "one to five")
    target = target_of(one)
    assert target is not None
    assert target.verdict == "q1: pass, q2: 5"
    reading = PROTOCOLS["direct"].read(judge(), one, Reply(target.reply))
    assert reading.status == "ok"
    assert [verdict.option for verdict in reading.verdicts] == ["pass", "5"]


@pytest.mark.parametrize(
    ("side", "order", "word"), [("A", "AB", "first"), ("A", "BA", "second"), ("B", "AB", "second")]
)
def test_of_a_pair_it_asks_for_its_own_side_wherever_that_is_shown(side: str, order: str, word: str) -> None:
    one = ask("preference", order=order)
    target = target_of(one, side)
    assert target is not None
    assert target.verdict == word
    assert PROTOCOLS["pairwise"].read(judge("pairwise"), one, Reply(target.reply)).verdicts[0].option == side


def test_questions_without_a_best_value_are_no_target() -> None:
    assert target_of(ask("colours")) is None
    both = target_of(ask("colours", "pass or fail"))
    assert both is not None
    assert both.verdict == "q2: pass"


@pytest.mark.parametrize("position", ["start", "end"])
def test_the_text_is_put_into_what_is_judged_and_nowhere_else(position: Position) -> None:
    single = with_text(material("Four."), "INSERTED", position=position)
    assert said(single.outputs[0]) == ("INSERTED\n\nFour." if position == "start" else "Four.\n\nINSERTED")
    assert single.messages == material("Four.").messages
    pair = with_text(material("Four.", "Five."), "INSERTED", position=position, side="B")
    assert said(pair.outputs[0]) == "Four."
    assert "INSERTED" in said(pair.outputs[1])
    item = with_text(material(text="2 + 2?"), "INSERTED", position=position)
    assert "INSERTED" in said(item.messages)


def test_the_original_is_left_as_it_was() -> None:
    before = material("Four.")
    with_text(before, "INSERTED", position="end")
    assert said(before.outputs[0]) == "Four."


def test_content_in_parts_gets_a_part_more() -> None:
    parts = [{"role": "user", "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": "x"}]}]
    altered = with_text(material(messages=parts), "INSERTED", position="end")
    assert altered.messages[0]["content"][-1] == {"type": "text", "text": "INSERTED"}
    assert len(altered.messages[0]["content"]) == 3
    assert len(parts[0]["content"]) == 2


@EVERY
@pytest.mark.parametrize("position", ["start", "end"])
def test_in_the_direct_prompt_every_injection_stays_within_the_fence(injection: Injection, position: Position) -> None:
    (one,) = asked("direct", "pass or fail")
    text = written(injection, one)
    altered = with_text(material("Four."), text, position=position)
    _holds(prompt("direct", one, altered), prompt("direct", one, material("Four.")), "output", said(altered.outputs[0]))


@EVERY
@pytest.mark.parametrize(("side", "place"), list(product("AB", (0, 1))))
def test_in_the_pairwise_prompt_every_injection_stays_within_the_fence(
    injection: Injection, side: str, place: int
) -> None:
    one = asked("pairwise", "preference")[place]
    text = written(injection, one, side)
    altered = with_text(material("Four.", "Five."), text, position="end", side=side)
    shown_first = (side == "A") == (one.order == "AB")
    name = "first-output" if shown_first else "second-output"
    said_there = said(altered.outputs["AB".index(side)])
    _holds(prompt("pairwise", one, altered), prompt("pairwise", one, material("Four.", "Five.")), name, said_there)


def _holds(altered: str, unaltered: str, name: str, text: str) -> None:
    """The text stands once, right between its marks, and around it the prompt is what it was."""
    (mark,) = re.findall(rf"^<{name} ([0-9a-f]{{16,}})>$", altered.replace(text, ""), re.MULTILINE)
    fenced = f"<{name} {mark}>\n{text}\n</{name} {mark}>"
    assert altered.count(fenced) == 1
    assert mark not in text
    rest = altered.replace(fenced, "")
    before = re.sub(rf"<{name} ([0-9a-f]{{16,}})>\n.*?\n</{name} \1>", "", unaltered, flags=re.DOTALL)
    assert rest == before


@EVERY
def test_an_injection_makes_another_request_and_the_same_one_every_time(injection: Injection) -> None:
    (one,) = asked("direct", "pass or fail")
    protocol, altered = PROTOCOLS["direct"], with_text(material("Four."), written(injection, one), position="end")
    hashes = {protocol.request(judge(), one, which, fence=FENCE).hash() for which in (material("Four."), altered)}
    assert len(hashes) == 2
    assert protocol.request(judge(), one, altered, fence=FENCE).hash() in hashes


@EVERY
def test_a_control_is_about_as_long_as_its_injection_and_asks_for_nothing(injection: Injection) -> None:
    text = written(injection, ask("pass or fail"))
    length = control_length(text)
    assert len(text) <= length < len(text) + CONTROL_STEP
    control = control_text(length)
    assert length - 4 <= len(control) <= length
    assert control.endswith(".")
    for word in ("verdict", "grade", "judge", "pass", "best", "answer"):
        assert word not in control


def test_long_controls_are_filled_with_more_of_the_same() -> None:
    assert len(control_text(2_000)) > 1_990


def test_every_scale_of_the_house_gives_a_target_or_none() -> None:
    for name, scale in SCALES.items():
        found = target_of(Ask((Question(1, "x", "X", "x?", "", scale),), "AB" if "preference" in name else None))
        if found is not None:
            assert json.loads(found.reply)
        else:
            assert scale.kind in (ScaleKind.NOMINAL, ScaleKind.RATIO)
