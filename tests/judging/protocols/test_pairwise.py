"""Pairwise judging: both orders, sides in the reply, outputs in the verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judging.asked import Reply
from core.judging.asking_format import written_reply
from core.judging.fencing import Fence
from core.judging.protocols.pairwise import Pairwise
from core.judging.spec import AnswerFormat, Orders, ReferenceMode
from tests.judged import SCALES, judge, material, question

PAIRWISE, FENCE = Pairwise(), Fence("key")
PAIR = material("It is four.", "It is five.", references=[("4", "verified")])


def test_every_question_is_asked_in_both_orders_unless_switched_off() -> None:
    questions = [question("preference", "Better", 1), question("preference", "Kinder", 2)]
    both = PAIRWISE.asks(judge("pairwise"), questions)
    assert [(ask.order, ask.questions[0].id) for ask in both] == [("AB", 1), ("AB", 2), ("BA", 1), ("BA", 2)]
    assert [ask.order for ask in PAIRWISE.asks(judge("pairwise", orders=Orders.AB, together=True), questions)] == ["AB"]


@pytest.mark.parametrize("mode", [ReferenceMode.NONE, ReferenceMode.HUMAN])
def test_the_order_decides_which_output_is_shown_first(mode: ReferenceMode) -> None:
    spec = judge("pairwise", reference_mode=mode)
    contents = {
        ask.order: PAIRWISE.request(spec, ask, PAIR, fence=FENCE).messages[-1]["content"]
        for ask in PAIRWISE.asks(spec, [question("preference")])
    }
    assert contents["AB"].index("It is four.") < contents["AB"].index("It is five.")
    assert contents["BA"].index("It is five.") < contents["BA"].index("It is four.")
    assert all(("(verified)" in content) == (mode is ReferenceMode.HUMAN) for content in contents.values())
    for content in contents.values():
        assert content.index("<first-output ") < content.index("<second-output ")


def test_nothing_in_a_prompt_tells_the_orders_apart_but_the_outputs() -> None:
    spec = judge("pairwise", answer_format=AnswerFormat.SCHEMA)
    same = material("The same.", "The same.")
    requests = [PAIRWISE.request(spec, ask, same, fence=FENCE) for ask in PAIRWISE.asks(spec, [question("preference")])]
    assert requests[0].hash() == requests[1].hash()


@pytest.mark.parametrize(
    ("order", "word", "output"),
    [
        ("AB", "first", "A"), ("AB", "second", "B"), ("BA", "first", "B"), ("BA", "second", "A"),
        ("AB", "tie", "tie"), ("BA", "tie", "tie"), ("AB", "both_bad", "both_bad"), ("BA", "both_bad", "both_bad"),
    ],
)  # fmt: skip
def test_a_side_is_read_as_the_output_that_stood_there(order: str, word: str, output: str) -> None:
    spec = judge("pairwise")
    ask = next(one for one in PAIRWISE.asks(spec, [question("preference with both bad")]) if one.order == order)
    reading = PAIRWISE.read(spec, ask, Reply(f'{{"rationale": "The first one is longer.", "verdict": "{word}"}}'))
    assert reading.verdicts[0].option == output
    assert reading.verdicts[0].rationale == "The first one is longer."


@given(st.sampled_from(sorted(SCALES)), st.sampled_from(["AB", "BA"]), st.data())
def test_every_option_of_every_scale_survives_both_orders(name: str, order: str, data: st.DataObject) -> None:
    spec, scale = judge("pairwise"), SCALES[name]
    PAIRWISE.check(spec, [question(name)])
    ask = next(one for one in PAIRWISE.asks(spec, [question(name)]) if one.order == order)
    value = data.draw(st.sampled_from(scale.keys) if scale.options else st.sampled_from([0.0, 1.0]))
    found = PAIRWISE.read(spec, ask, Reply(written_reply(ask, {1: value}))).verdicts[0]
    assert value in (found.option, found.number)


def test_of_a_pair_without_a_preference_the_values_are_not_sides() -> None:
    spec = judge("pairwise")
    (_, turned) = PAIRWISE.asks(spec, [question("yes or no", "Same meaning")])
    assert PAIRWISE.read(spec, turned, Reply('{"verdict": "yes"}')).verdicts[0].option == "yes"
    assert PAIRWISE.read(spec, turned, Reply('{"verdict": "first"}')).cause == "out of scale"
