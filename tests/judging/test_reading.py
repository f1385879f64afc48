"""Replies as models send them: what is read, and what is left unread with its cause."""

import json
import time
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.judging.asked import Ask, Reading, Reply, TokenChoice
from core.judging.asking_format import written_reply
from core.judging.confidence import BANDS
from core.judging.reading import read_reply, without_thinking
from core.judging.spec import ConfidenceSource
from core.scales import DeclaredScale, Option, ScaleKind, preference
from tests.judged import SCALES, ask

YES_NO = ask("yes or no")
STARS = ask("one to five")
PAIR = ask("preference with both bad", order="AB")
SHARE = ask("share")
HALVES = ask("half steps")
WHOLE = ask("whole")
COLOURS = ask("colours")
DEGREES = ask(
    DeclaredScale(ScaleKind.NOMINAL, (Option("good", "Good"), Option("long", "Good, but long"), Option("bad", "Bad")))
)

ABSTAINED = "(abstained)"
EMPTY = "empty reply"
CUT = "cut off"
NONE = "no verdict found"
OUT = "out of scale"
REFUSED = "refused"
TWO = "two different verdicts"
CAUSES = {EMPTY, CUT, NONE, OUT, REFUSED, TWO}


@dataclass(frozen=True)
class Case:
    """A reply to one question and what it says: an option, a number, an abstention or the cause of a failure."""

    name: str
    asked: Ask
    text: str
    expected: str | float
    finish: str = "stop"


CORPUS = (
    # the form that is asked for, and its usual wrappings
    Case("json", YES_NO, '{"rationale": "It is right.", "verdict": "yes"}', "yes"),
    Case("fenced json", YES_NO, '```json\n{"rationale": "r", "verdict": "no"}\n```', "no"),
    Case("prose around", YES_NO, 'Here you go:\n{"rationale": "r", "verdict": "no"}\nLet me know if I can help.', "no"),
    Case("verdict first", YES_NO, '{"verdict": "yes", "rationale": "r"}', "yes"),
    Case("pretty printed", YES_NO, '{\n  "rationale": "r",\n  "verdict": "yes"\n}\n', "yes"),
    Case("byte order mark", YES_NO, '\ufeff{"verdict": "yes"}', "yes"),
    Case("trailing comma", YES_NO, '{"rationale": "r", "verdict": "yes",}', "yes"),
    Case("single quotes", YES_NO, "{'rationale': 'it's right', 'verdict': 'yes'}", "yes"),
    Case("python", YES_NO, "{'rationale': None, 'verdict': True}", "yes"),
    Case("json boolean", YES_NO, '{"verdict": false}', "no"),
    Case("bare keys", YES_NO, "{rationale: 'r', verdict: yes}", "yes"),
    Case("typographic quotes", YES_NO, "{“rationale”: “r”, “verdict”: “no”}", "no"),
    Case("no closing brace", YES_NO, '{"rationale": "r", "verdict": "yes"', "yes"),
    Case("line breaks in the rationale", YES_NO, '{"rationale": "one\ntwo", "verdict": "no"}', "no"),
    Case("quotes in the rationale", YES_NO, '{"rationale": "It says "yes", wrongly", "verdict": "no"}', "no"),
    Case("comments", YES_NO, '{"verdict": "no" // because\n}', "no"),
    Case("capitals", YES_NO, '{"Rationale": "r", "VERDICT": "YES"}', "yes"),
    Case("another word for the verdict", YES_NO, '{"reasoning": "r", "answer": "no"}', "no"),
    Case("wrapped", YES_NO, '{"result": {"rationale": "r", "verdict": "no"}}', "no"),
    Case("in a list", YES_NO, '[{"rationale": "r", "verdict": "no"}]', "no"),
    Case("value in a list", YES_NO, '{"verdict": ["no"]}', "no"),
    Case("under q1", YES_NO, '{"q1": {"rationale": "r", "verdict": "no"}}', "no"),
    Case("under its name", YES_NO, '{"Correct": "no"}', "no"),
    Case("label for key", COLOURS, '{"verdict": "Dark green"}', "dark-green"),
    Case("key with other dashes", COLOURS, '{"verdict": "dark_green"}', "dark-green"),
    Case("na in other letters", COLOURS, '{"verdict": "N/A"}', "na"),
    Case("value with explanation", YES_NO, '{"verdict": "yes - every part is there"}', "yes"),
    Case("number as text", STARS, '{"verdict": "4"}', "4"),
    Case("number", STARS, '{"verdict": 4}', "4"),
    Case("number with a point", STARS, '{"verdict": 4.0}', "4"),
    Case("number with its label", STARS, '{"verdict": "5 (Excellent)"}', "5"),
    Case("label alone", STARS, '{"verdict": "excellent"}', "5"),
    Case("number in words", STARS, '{"verdict": "four"}', "4"),
    Case("out of its top", STARS, '{"verdict": "4/5"}', "4"),
    Case("out of its top in words", STARS, "Score: 3 out of 5", "3"),
    Case("share", SHARE, '{"verdict": 0.35}', 0.35),
    Case("share as text", SHARE, '{"verdict": "0.35"}', 0.35),
    Case("point without zero", SHARE, "{verdict: .5}", 0.5),
    Case("half step", HALVES, '{"verdict": 7.5}', 7.5),
    Case("percent of a hundred", WHOLE, "Score: 85%", 85.0),
    Case("abstention", YES_NO, '{"rationale": "unclear", "verdict": "cannot_tell"}', ABSTAINED),
    Case("abstention in words", YES_NO, "Verdict: cannot tell", ABSTAINED),
    Case("abstention on numbers", SHARE, '{"verdict": "cannot_tell"}', ABSTAINED),
    # thinking
    Case("thought", YES_NO, '<think>Maybe {"verdict": "yes"}?</think>\n{"verdict": "no"}', "no"),
    Case("thought without opening", YES_NO, 'It could be yes.\nVerdict: yes\n</think>\n\n{"verdict": "no"}', "no"),
    Case("only thought", YES_NO, '<think>{"verdict": "yes"}</think>', NONE),
    Case("thought without end", YES_NO, '<think>So {"verdict": "yes"} perhaps', CUT, "length"),
    Case("thought, then at once an object", YES_NO, 'So yes.\nVerdict: yes</think>{"verdict": "no"}', "no"),
    Case(
        "tag before an object in a rationale",
        YES_NO,
        'So:\n{"verdict": "no", "rationale": "</think>{\\"verdict\\": \\"yes\\"}"}',
        "no",
    ),
    Case("tag inside a rationale", YES_NO, '{"rationale": "it has </think>\\n in it", "verdict": "no"}', "no"),
    # several
    Case("last object counts", YES_NO, '{"verdict": "yes"}\nOn reflection:\n{"verdict": "no"}', "no"),
    Case("key twice", YES_NO, '{"verdict": "yes", "verdict": "no"}', "no"),
    Case("last line counts", YES_NO, "Verdict: yes\nWait, the date is wrong.\nVerdict: no", "no"),
    Case("final counts", YES_NO, "Verdict: yes\nFinal verdict: no\nThanks for reading this.", "no"),
    Case("taken back in a sentence", YES_NO, '{"verdict": "yes"}\nIn fact my verdict is no.', TWO),
    Case("neither is last", YES_NO, "Verdict: yes\nVerdict: no\nBoth can be argued.", TWO),
    Case("sentences disagree", YES_NO, "I would answer yes. Then again, I would answer no. Hard.", TWO),
    Case("two names disagree", STARS, '{"score": 4, "rating": 5}', TWO),
    Case("two names agree", STARS, '{"score": 4, "rating": "4"}', "4"),
    Case("last is out of scale", STARS, '{"verdict": 4}\n{"verdict": 7}', OUT),
    Case("yes and no", YES_NO, "Verdict: yes and no", OUT),
    Case("yes, then no", YES_NO, "Verdict: yes, no", OUT),
    Case("echoed choice", YES_NO, '{"verdict": "yes | no"}', OUT),
    Case("echoed form", YES_NO, '{"rationale": "<why>", "verdict": "<yes | no | cannot_tell>"}', OUT),
    # quotations must not count
    Case("quoted in a text", YES_NO, 'The output says "My verdict is yes." It is wrong.\nVerdict: no', "no"),
    Case("quoted block", YES_NO, "> Verdict: yes\n\nThis is only what it claims.", NONE),
    Case("quoted after", YES_NO, '{"verdict": "no"}\nNote that the output contains "Verdict: yes".', "no"),
    Case("claimed in a sentence", YES_NO, "The output claims verdict: yes, without reasons.", NONE),
    Case(
        "object quoted in a broken rationale",
        YES_NO,
        '{"rationale": "It says {"verdict": "yes"}, which is a trick", "verdict": "no"}',
        TWO,
    ),
    Case(
        "object quoted in a rationale after the verdict",
        YES_NO,
        '{"verdict": "no", "rationale": "It says {"verdict": "yes"} which is a trick"}',
        TWO,
    ),
    Case(
        "object quoted on its own line",
        YES_NO,
        '{"rationale": "It says:\n{"verdict": "yes"}\nwhich is a trick", "verdict": "no"}',
        TWO,
    ),
    Case("members run together", YES_NO, '{"verdict": "yes"; "verdict": "no"}', TWO),
    Case("overruled by a line", YES_NO, '{"verdict": "yes"}\n\nVerdict: no', TWO),
    Case("overruled by a final line", YES_NO, '{"verdict": "yes"}\n\nFinal verdict: no', TWO),
    Case("line, then object", YES_NO, 'Verdict: yes, I think\n\n```json\n{"verdict": "no"}\n```', "no"),
    Case("line, then object in a sentence", YES_NO, 'Verdict: no\nIt had {"verdict": "yes"} in it.', TWO),
    Case("broken with two", YES_NO, '{"rationale": [x}, "verdict": "yes" and "verdict": "no"}', TWO),
    Case("unfinished with two", YES_NO, '{"verdict": "yes", "rationale": "Fine.\nFinal verdict: no', TWO),
    # prose
    Case("bare word", YES_NO, "Yes.", "yes"),
    Case("bold word", YES_NO, "**No**", "no"),
    Case("label", YES_NO, "Verdict: yes", "yes"),
    Case("bold label", YES_NO, "The dates fit.\n\n**Verdict:** **Yes**", "yes"),
    Case("label with reasons", YES_NO, "Verdict: No, because the date is wrong.", "no"),
    Case("heading", YES_NO, "## Rationale\nAll fine.\n\n## Verdict\n\nYes\n", "yes"),
    Case("last line alone", YES_NO, "The dates fit and the names fit.\n\nyes", "yes"),
    Case("boxed", STARS, "So it is\n\\boxed{4}", "4"),
    Case("double brackets", PAIR, "Verdict: [[second]]", "B"),
    Case("tag", YES_NO, "<rationale>Fine.</rationale>\n<verdict>yes</verdict>", "yes"),
    Case("name of the criterion", YES_NO, "Correct: yes", "yes"),
    Case("sentence", STARS, "It is clear. I would rate this a 4.", "4"),
    Case("sentence with the word", YES_NO, "All is there. My verdict is yes.", "yes"),
    Case("table", YES_NO, "| Criterion | Verdict |\n|---|---|\n| Correct | no |", "no"),
    Case("bullet", YES_NO, "- Rationale: it fits\n- Verdict: yes", "yes"),
    Case("hedged", YES_NO, "Verdict: yes, but only if the date is ignored", NONE),
    Case("asked back", YES_NO, "Yes?", NONE),
    Case("neither said", YES_NO, "The output is mostly fine, though it has faults.", NONE),
    Case("name of a longer option", DEGREES, "Verdict: Good, but long", "long"),
    Case("like a longer option", DEGREES, "Verdict: good, but far too long for anyone to read", NONE),
    # outside the scale
    Case("too high", STARS, '{"verdict": 7}', OUT),
    Case("zero", STARS, '{"verdict": 0}', OUT),
    Case("between", STARS, '{"verdict": 3.5}', OUT),
    Case("other top", STARS, "Score: 8/10", OUT),
    Case("range", STARS, "Score: 3-4", OUT),
    Case("boolean where numbers are", STARS, '{"verdict": true}', OUT),
    Case("unknown word", COLOURS, '{"verdict": "purple"}', OUT),
    Case("na where there is none", YES_NO, '{"verdict": "N/A"}', OUT),
    Case("off the steps", HALVES, '{"verdict": 7.3}', OUT),
    Case("above the range", SHARE, '{"verdict": 1.2}', OUT),
    Case("below the range", SHARE, '{"verdict": -0.2}', OUT),
    Case("not a number", SHARE, '{"verdict": NaN}', OUT),
    Case("infinite", SHARE, '{"verdict": 1e999}', OUT),
    Case("decimal comma", SHARE, '{"verdict": "0,5"}', OUT),
    Case("word on numbers", SHARE, '{"verdict": "high"}', OUT),
    Case("list of two", YES_NO, '{"verdict": ["yes", "no"]}', OUT),
    # nothing there
    Case("empty", YES_NO, "", EMPTY),
    Case("blank", YES_NO, " \n\t ", EMPTY),
    Case("null", YES_NO, '{"rationale": "r", "verdict": null}', NONE),
    Case("empty text", YES_NO, '{"verdict": ""}', NONE),
    Case("no verdict in the object", YES_NO, '{"rationale": "It is right."}', NONE),
    Case("empty object", YES_NO, "{}", NONE),
    Case("nothing but braces", YES_NO, "{" * 50, NONE),
    # cut off
    Case("cut in the rationale", YES_NO, '{"rationale": "The output first', CUT, "length"),
    Case("cut before anything", YES_NO, "", CUT, "length"),
    Case("cut in a number", WHOLE, '{"verdict": 1', CUT, "length"),
    Case("cut in a label's number", WHOLE, "Score: 1", CUT, "length"),
    Case("cut in a word", YES_NO, '{"verdict": "n', CUT, "length"),
    Case("cut after the verdict", YES_NO, '{"verdict": "no", "rationale": "The output', "no", "length"),
    Case("cut after a labelled verdict", YES_NO, "Verdict: no\nRationale: The outp", "no", "length"),
    # refusals
    Case("refusal", YES_NO, "I'm sorry, but I can't help with that.", REFUSED),
    Case("refusal with another apostrophe", YES_NO, "I’m sorry, but I can’t assist with this request.", REFUSED),
    Case("refusal of a model", YES_NO, "As an AI language model, I cannot judge this content.", REFUSED),
    Case("refusal without excuse", YES_NO, "I won't engage with this content.", REFUSED),
    Case("declined", YES_NO, "I must decline.", REFUSED),
    Case("regret about the output", YES_NO, "Unfortunately the output is wrong in two places.", NONE),
    Case("nothing found wrong", YES_NO, "I cannot find any fault in the output.", NONE),
    Case("filtered", YES_NO, "", REFUSED, "content_filter"),
    Case("filtered on the way", YES_NO, '{"rationale": "The', REFUSED, "content_filter"),
    Case("sorry, with a verdict", YES_NO, "I'm sorry to say that it is wrong.\nVerdict: no", "no"),
    # pairs
    Case("first", PAIR, '{"verdict": "first"}', "A"),
    Case("second in words", PAIR, "Verdict: the second output", "B"),
    Case("second is better", PAIR, "Both are fine, but thin. The second output is clearly better.", "B"),
    Case("output 1", PAIR, '{"verdict": "Output 1"}', "A"),
    Case("tie", PAIR, '{"verdict": "tie"}', "tie"),
    Case("both bad", PAIR, '{"verdict": "both bad"}', "both_bad"),
    Case("a side's stored name", PAIR, '{"verdict": "A"}', OUT),
    Case("a side's number", PAIR, '{"verdict": 1}', OUT),
    Case("neither", PAIR, '{"verdict": "neither"}', OUT),
    Case("better in one, worse in the other", PAIR, "The first output is better. The second output is better.", TWO),
)


def said(reading: Reading) -> str | float | None:
    """What a reading says on its first question: a value, `ABSTAINED` or the cause."""
    found = reading.verdicts[0]
    if reading.status != "ok":
        assert found.option is None
        assert found.number is None
        return reading.cause
    if found.absence is not None:
        assert found.absence == "abstained"
        return ABSTAINED
    return found.option if found.option is not None else found.number


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_odd_replies_are_read_or_left_unread_with_their_cause(case: Case) -> None:
    reading = read_reply(case.asked, Reply(case.text, finish=case.finish))
    assert said(reading) == case.expected
    if case.expected in CAUSES:
        assert reading.status == ("refused" if case.expected == REFUSED else "unreadable")
        assert reading.verdicts[0].absence == reading.status
        assert reading.error
    else:
        assert (reading.status, reading.cause, reading.error) == ("ok", "", "")


def test_the_corpus_is_large_and_names_every_cause() -> None:
    assert len(CORPUS) >= 60
    assert len({case.name for case in CORPUS}) == len(CORPUS)
    assert {case.expected for case in CORPUS} >= CAUSES


def test_several_questions_are_read_each_by_its_name() -> None:
    asked = ask("yes or no", "one to five", "share")
    replies = [
        '{"q1": {"rationale": "a", "verdict": "yes"}, "q2": {"verdict": 4}, "q3": {"verdict": 0.5}}',
        '{"Q1": "yes", "Q2": "4", "Q3": 0.5}',
        '{"correct": "yes", "clear": 4, "kind": 0.5}',
        '{"verdicts": [{"question": "q1", "verdict": "yes"}, {"criterion": "Clear", "verdict": 4},'
        ' {"id": "q3", "score": 0.5}]}',
        '{"q1": {"verdict": "yes"}}\n{"q2": {"verdict": 4}}\n{"q3": {"verdict": 0.5}}',
        "Correct: yes\nClear: 4\nKind: 0.5",
        "**q1. Correct**\nIt is.\n\n- **Correct**: yes\n- **Clear**: 4/5\n- **Kind**: 0.5\n",
        "1. Correct: yes - all is there\n2. Clear: 4 (mostly)\n3. Kind: 0.5",
        "| Criterion | Verdict |\n|---|---|\n| Correct | yes |\n| Clear | 4 |\n| Kind | 0.5 |",
    ]
    for text in replies:
        reading = read_reply(asked, Reply(text))
        assert reading.status == "ok", text
        assert [(one.option, one.number) for one in reading.verdicts] == [("yes", None), ("4", None), (None, 0.5)], text


def test_of_several_questions_what_was_read_is_kept() -> None:
    asked = ask("yes or no", "one to five", "share")
    reading = read_reply(asked, Reply('{"q1": {"verdict": "no", "rationale": "r"}, "q2": {"verdict": 9}}'))
    assert (reading.status, reading.cause) == ("unreadable", OUT)
    assert [(one.option, one.absence) for one in reading.verdicts] == [
        ("no", None),
        (None, "unreadable"),
        (None, "unreadable"),
    ]
    assert reading.error == '"Clear": found "9"; expected one of 1, 2, 3, 4, 5, cannot_tell'


def test_of_several_questions_those_before_the_cut_are_kept() -> None:
    text = '{"q1": {"rationale": "r", "verdict": "no"}, "q2": {"rationale": "It is not'
    reading = read_reply(ask("yes or no", "one to five"), Reply(text, finish="length"))
    assert (reading.status, reading.cause) == ("unreadable", CUT)
    assert [one.option for one in reading.verdicts] == ["no", None]


def test_an_answer_that_belongs_to_no_question_is_given_to_none() -> None:
    reading = read_reply(ask("yes or no", "yes or no"), Reply('[{"verdict": "yes"}, {"verdict": "no"}]'))
    assert (reading.status, reading.cause) == ("unreadable", NONE)
    assert all(one.option is None for one in reading.verdicts)


def test_questions_of_the_same_name_are_told_apart_by_their_number_only() -> None:
    asked = Ask((ask("yes or no").questions[0], ask("yes or no").questions[0]))
    assert read_reply(asked, Reply('{"Correct": "yes"}')).cause == NONE
    assert [one.option for one in read_reply(asked, Reply('{"q1": "yes", "q2": "no"}')).verdicts] == ["yes", "no"]


def test_a_refusal_by_the_provider_is_one_whatever_the_text_says() -> None:
    reading = read_reply(ask("yes or no", "share"), Reply('{"q1": "yes"}', refusal="I can't help with that."))
    assert reading.status == "refused"
    assert [one.absence for one in reading.verdicts] == ["refused", "refused"]


@pytest.mark.parametrize(("order", "expected"), [("AB", "A"), ("BA", "B")])
def test_a_side_becomes_the_output_that_stood_there(order: str, expected: str) -> None:
    reading = read_reply(
        ask("preference", order=order), Reply('{"rationale": "The first is better.", "verdict": "first"}')
    )
    assert reading.verdicts[0].option == expected
    assert reading.verdicts[0].rationale == "The first is better."


@pytest.mark.parametrize("text", ['{"verdict": "tie"}', '{"verdict": "both_bad"}'])
def test_words_that_the_scale_does_not_have_are_outside_it(text: str) -> None:
    asked = Ask((ask(preference(tie=False)).questions[0],), "AB")
    assert read_reply(asked, Reply(text)).cause == OUT


@pytest.mark.parametrize(
    ("text", "rationale"),
    [
        ('{"rationale": "Right: 4.", "verdict": "yes"}', "Right: 4."),
        ('{"reasons": ["One.", "Two."], "verdict": "yes"}', "One.\nTwo."),
        ("It is right.\n\nVerdict: yes", "It is right."),
        ("Verdict: yes\nRationale: It is right.", "It is right."),
        ("<think>Let me see.</think>It is right.\nVerdict: yes", "It is right."),
        ("yes", ""),
        ('{"rationale": "half \\ud800 and \\u0000 nothing", "verdict": "yes"}', "half ? and  nothing"),
    ],
)
def test_the_rationale_is_what_stands_beside_the_verdict(text: str, rationale: str) -> None:
    assert read_reply(YES_NO, Reply(text)).verdicts[0].rationale == rationale


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("very sure", 0.9), ("Half-sure", 0.5), ("85%", 0.9), (0.3, 0.3), (1, None), ("high", None)],
)
def test_a_stated_confidence_is_the_middle_of_its_band(stated: object, expected: float | None) -> None:
    text = f'{{"rationale": "r", "verdict": "yes", "confidence": {stated!r}}}'
    assert read_reply(YES_NO, Reply(text), confidence=ConfidenceSource.VERBAL).verdicts[0].confidence == expected
    assert read_reply(YES_NO, Reply(text)).verdicts[0].confidence is None


def test_token_probabilities_are_those_of_the_verdict_and_not_of_the_rationale() -> None:
    # "yes" stands in the rationale, too; the verdict's own token has .7 for yes and .2 for no, so .7 / .9.
    tokens = (
        TokenChoice('{"rationale": "', 1.0, {}),
        TokenChoice("yes", 0.5, {"yes": 0.5, "no": 0.5}),
        TokenChoice('", "verdict": "', 1.0, {}),
        TokenChoice("yes", 0.7, {"yes": 0.7, "no": 0.2, "cannot": 0.1}),
        TokenChoice('"}', 1.0, {}),
    )
    reply = Reply("".join(token.token for token in tokens), tokens=tokens)
    found = read_reply(YES_NO, reply, confidence=ConfidenceSource.TOKENS).verdicts[0]
    assert found.probabilities == pytest.approx({"yes": 0.7 / 0.9, "no": 0.2 / 0.9})
    assert found.confidence == pytest.approx(0.7 / 0.9)
    assert read_reply(YES_NO, Reply(reply.text), confidence=ConfidenceSource.TOKENS).verdicts[0].confidence is None


def test_thoughts_before_the_answer_are_left_out_of_it() -> None:
    assert without_thinking("<think>Hm.</think>Paris") == "Paris"
    assert without_thinking("Hm.\n</think>\nParis").strip() == "Paris"
    assert without_thinking("<think>Hm.") == ""
    assert without_thinking("Use <think> tags.") == "Use <think> tags."


VALUES = {
    name: st.sampled_from(scale.keys)
    if scale.options
    else st.integers(0, 20).map(lambda steps: steps / 2)
    if name == "half steps"
    else st.integers(0, 100).map(float)
    if name == "whole"
    else st.floats(0, 1)
    if name == "share"
    else st.floats(allow_nan=False, allow_infinity=False)
    for name, scale in SCALES.items()
}


@pytest.mark.parametrize("name", SCALES)
@given(data=st.data())
def test_every_value_of_every_scale_survives_the_form_that_is_asked_for(name: str, data: st.DataObject) -> None:
    scale = SCALES[name]
    others = data.draw(st.lists(st.sampled_from(sorted(SCALES)), max_size=3))
    order = data.draw(st.sampled_from(["AB", "BA"])) if scale.kind is ScaleKind.PREFERENCE or others else None
    asked = ask(name, *others, order=order)
    values = {
        place: data.draw(st.none() | VALUES[asked_name]) for place, asked_name in enumerate([name, *others], start=1)
    }
    rationale = data.draw(st.none() | st.text())
    band = data.draw(st.none() | st.sampled_from([band.key for band in BANDS]))
    text = written_reply(asked, values, rationale=rationale, confidence=band)
    wrapping = data.draw(st.sampled_from(["{}", "```json\n{}\n```", "Sure.\n{}\nDone.", "<think>Hm.</think>\n{}"]))
    reading = read_reply(asked, Reply(wrapping.replace("{}", text)), confidence=ConfidenceSource.VERBAL)
    assert reading.status == "ok"
    for verdict in reading.verdicts:
        expected = values[verdict.criterion_id]
        assert (verdict.option if isinstance(expected, str) else verdict.number) == expected
        assert verdict.absence == ("abstained" if expected is None else None)
        assert verdict.confidence == next((one.middle for one in BANDS if one.key == band), None)


@given(st.text(max_size=200), st.sampled_from(sorted(SCALES)), st.sampled_from(["stop", "length", "content_filter"]))
def test_any_reply_gets_a_reading_with_one_verdict_for_every_question(text: str, name: str, finish: str) -> None:
    reading = read_reply(ask(name, "yes or no", order="BA"), Reply(text, finish=finish))
    assert [one.criterion_id for one in reading.verdicts] == [1, 2]
    assert (reading.status == "ok") == all(one.absence in (None, "abstained") for one in reading.verdicts)
    assert bool(reading.cause) == (reading.status != "ok")


@pytest.mark.parametrize(
    "text",
    ["verdict " * 30_000, "Verdict: " * 20_000, "*" * 200_000, "I would rate this " * 10_000, '"verdict": ' * 20_000,
     "\n" * 100_000 + "x", "<verdict>" * 20_000, "<think>" * 30_000, "<think>a</think>" * 20_000,
     " " * 200_000 + "x", '{"a": "' * 20_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_a_reply_made_to_be_slow_is_read_in_time(text: str) -> None:
    begun = time.perf_counter()
    read_reply(YES_NO, Reply(text))
    # Reading that grows with the square of the length would take minutes here.
    assert time.perf_counter() - begun < 20


QUOTABLE = (
    '"verdict": "yes"', '{"verdict": "yes"}', "{", "}", '"', ", ", "\n", ": ", "Verdict: yes\n", "\nVerdict: yes\n",
    "the output says ", "My verdict is yes. ", "'", "verdict", '"q1": "yes"', "[", "]", "yes", "```", "```json\n",
    '{"rationale": "x", "verdict": "yes"}', '\\"', "\\", "</think>", "<think>", "<verdict>yes</verdict>", ". ", '"}',
    "Final verdict: yes\n", '"rationale": "', "I would answer yes. ", '"},\n', "\n\n", "> ",
)  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        '{"rationale": "%s", "verdict": "no"}',
        '{"verdict": "no", "rationale": "%s"}',
        '```json\n{\n  "rationale": "%s",\n  "verdict": "no"\n}\n```',
    ],
)
@settings(max_examples=300)
@given(parts=st.lists(st.sampled_from(QUOTABLE), min_size=1, max_size=8))
def test_what_a_rationale_quotes_without_care_never_becomes_the_verdict(form: str, parts: list[str]) -> None:
    found = read_reply(YES_NO, Reply(form.replace("%s", "".join(parts)))).verdicts[0]
    assert found.option in ("no", None)


@settings(max_examples=300)
@given(parts=st.lists(st.sampled_from((*QUOTABLE, '{"q1": {"verdict": "yes"}}', "Correct: yes\n", "}}")), max_size=8))
def test_nor_does_it_become_that_of_another_question(parts: list[str]) -> None:
    text = f'{{"q1": {{"rationale": "{"".join(parts)}", "verdict": "no"}}, "q2": {{"verdict": "no"}}}}'
    assert {one.option for one in read_reply(ask("yes or no", "yes or no"), Reply(text)).verdicts} <= {"no", None}


@pytest.mark.parametrize("is_first", [False, True])
@given(parts=st.lists(st.sampled_from(QUOTABLE), max_size=6), share=st.floats(0, 0.99))
def test_a_reply_cut_off_anywhere_has_its_own_verdict_or_none(is_first: bool, parts: list[str], share: float) -> None:
    answer = {"rationale": "".join(parts), "verdict": "no"}
    whole = json.dumps(dict(reversed(answer.items())) if is_first else answer)
    found = read_reply(YES_NO, Reply(whole[: int(len(whole) * share)], finish="length")).verdicts[0]
    assert found.option in ("no", None)


@given(
    number=st.integers(0, 100),
    share=st.floats(0, 0.99),
    form=st.sampled_from(['{"verdict": %s}', "Score: %s\nIt fits."]),
)
def test_a_number_cut_off_is_never_read_as_a_shorter_one(number: int, share: float, form: str) -> None:
    whole = form.replace("%s", str(number))
    found = read_reply(WHOLE, Reply(whole[: int(len(whole) * share)], finish="length")).verdicts[0]
    assert found.number in (float(number), None)


@pytest.mark.parametrize(
    "wrapping", ["{}", "```json\n{}\n```", "Here it is:\n\n{}\n", "<think>Verdict: yes?</think>\n{}"]
)
@given(parts=st.lists(st.sampled_from(QUOTABLE), max_size=8), is_first=st.booleans())
def test_well_formed_json_is_read_whatever_its_rationale_quotes(
    wrapping: str, parts: list[str], is_first: bool
) -> None:
    answer = {"rationale": "".join(parts), "verdict": "no"}
    text = wrapping.replace("{}", json.dumps(dict(reversed(answer.items())) if is_first else answer))
    assert read_reply(YES_NO, Reply(text)).verdicts[0].option == "no"
