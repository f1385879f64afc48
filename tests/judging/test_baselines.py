"""Baselines without an LLM: what each looks at, what it says, what it refuses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.judging.asked import Ask, Material, Question, ReadVerdict, ReferenceText, Reply
from core.judging.fencing import Fence
from core.judging.protocols.contains import Contains
from core.judging.protocols.exact_match import ExactMatch
from core.judging.protocols.face import JudgeProtocol
from core.judging.protocols.length import Length
from core.judging.protocols.majority import Majority
from core.judging.protocols.random_choice import RandomChoice
from core.judging.protocols.reference_words import ReferenceWords
from core.judging.protocols.without_model import Baseline
from core.judging.spec import ConfidenceSource, JudgeSpec, ReferenceMode
from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail, preference, yes_no

FENCE = Fence("key")
ALL: Sequence[Baseline] = (ExactMatch(), Contains(), ReferenceWords(), Length(), Majority(), RandomChoice())
NUMBERS = DeclaredScale(ScaleKind.INTERVAL, low=0, high=10)
OPEN_NUMBERS = DeclaredScale(ScaleKind.INTERVAL)
COLOURS = DeclaredScale(ScaleKind.NOMINAL, (Option("red", "Red"), Option("green", "Green"), Option("blue", "Blue")))


def question(scale: DeclaredScale, lineage: str = "right", key: int = 1) -> Question:
    return Question(key, lineage, lineage.title(), f"{lineage}?", "", scale)


def output(*texts: str, references: Sequence[str] = (), subject: int = 1, **rest: Any) -> Material:
    kind = {0: "item", 1: "output", 2: "pair"}[len(texts)]
    messages = tuple([{"role": "assistant", "content": text}] for text in texts)
    expected = tuple(ReferenceText(text, "verified") for text in references)
    return Material(subject, 1, kind, [{"role": "user", "content": "Q"}], None, messages, expected, "", **rest)


def spec(protocol: JudgeProtocol, **options: Any) -> JudgeSpec:
    return JudgeSpec(protocol=protocol.key, options=options)


def verdict(
    protocol: Baseline, scale: DeclaredScale, material: Material, lineage: str = "right", **options: Any
) -> ReadVerdict:
    """As a run goes: check, ask, nothing missing, request, reply, read."""
    judge = spec(protocol, **options)
    protocol.check(judge, [question(scale, lineage)])
    (ask,) = protocol.asks(judge, [question(scale, lineage)])
    assert protocol.missing(judge, ask, material) == ""
    protocol.request(judge, ask, material, fence=FENCE)
    reading = protocol.read(judge, ask, protocol.reply(judge, ask, material))
    assert reading.status == "ok"
    return reading.verdicts[0]


def value(protocol: Baseline, scale: DeclaredScale, material: Material, **options: Any) -> str | float | None:
    found = verdict(protocol, scale, material, **options)
    return found.option if found.option is not None else found.number


def request_hash(protocol: Baseline, scale: DeclaredScale, material: Material, **options: Any) -> str:
    judge = spec(protocol, **options)
    (ask,) = protocol.asks(judge, [question(scale)])
    return protocol.request(judge, ask, material, fence=FENCE).hash()


@pytest.mark.parametrize(
    ("text", "references", "options", "expected"),
    [
        ("Paris", ["Rome", "Paris"], {}, "pass"),
        (" Paris \n", ["Paris"], {}, "pass"),  # blank space around is normalised
        ("New  York", ["New\nYork"], {}, "pass"),
        ("New  York", ["New York"], {"space": "kept"}, "fail"),
        ("paris", ["Paris"], {}, "fail"),
        ("PARIS", ["paris"], {"case": "uncased"}, "pass"),
        ("STRASSE", ["straße"], {"case": "uncased"}, "pass"),  # case folding, not lower case
        ("Paris.", ["Paris"], {}, "fail"),
        ("", ["Paris"], {}, "fail"),
    ],
)
def test_exact_match_hits_where_the_output_equals_a_reference(
    text: str, references: Sequence[str], options: Mapping[str, Any], expected: str
) -> None:
    assert value(ExactMatch(), pass_fail(), output(text, references=references), **options) == expected


@pytest.mark.parametrize(
    ("text", "references", "options", "expected"),
    [
        ("It is Paris, of course.", ["Rome", "Paris"], {}, "pass"),
        ("It is paris.", ["Paris"], {}, "fail"),
        ("It is paris.", ["Paris"], {"case": "uncased"}, "pass"),
        ("Comparison", ["Paris"], {"case": "uncased"}, "pass"),  # within a word too: a substring is a substring
        ("Par is", ["Paris"], {}, "fail"),
        ("new \t york", ["new york"], {}, "pass"),
    ],
)
def test_contains_hits_where_a_reference_stands_in_the_output(
    text: str, references: Sequence[str], options: Mapping[str, Any], expected: str
) -> None:
    assert value(Contains(), pass_fail(), output(text, references=references), **options) == expected


@pytest.mark.parametrize(
    ("text", "references", "options", "expected"),
    [
        ("The author is Austen, Jane.", ["Jane Austen"], {}, "pass"),
        ("Jane Eyre", ["Jane Austen"], {}, "fail"),
        ("Janet Austen", ["Jane Austen"], {}, "fail"),  # whole words
        ("jane austen", ["Jane Austen"], {}, "fail"),
        ("jane austen", ["Jane Austen"], {"case": "uncased"}, "pass"),
        ("no match", ["Jane Austen", "match"], {}, "pass"),
        ("42", ["42 42"], {}, "pass"),  # how often a word occurs does not count
    ],
)
def test_reference_words_hit_where_all_words_of_a_reference_occur(
    text: str, references: Sequence[str], options: Mapping[str, Any], expected: str
) -> None:
    assert value(ReferenceWords(), pass_fail(), output(text, references=references), **options) == expected


def test_the_rationale_names_the_reference_that_was_hit() -> None:
    several = output("Paris", references=["Rome", "Paris"])
    assert verdict(ExactMatch(), pass_fail(), several).rationale == "equals reference 2"
    assert verdict(Contains(), pass_fail(), several).rationale == "contains reference 2"
    missed = output("Oslo", references=["Rome", "Paris"])
    assert verdict(ExactMatch(), pass_fail(), missed).rationale == "equals none of 2 references"
    assert verdict(ReferenceWords(), pass_fail(), missed).rationale == "has all words of none of 2 references"
    assert verdict(Contains(), pass_fail(), output("Oslo", references=["Rome"])).rationale == "contains no reference"


def test_without_a_usable_reference_nothing_is_asked() -> None:
    for protocol in (ExactMatch(), Contains(), ReferenceWords()):
        (ask,) = protocol.asks(spec(protocol), [question(pass_fail())])
        assert protocol.missing(spec(protocol), ask, output("x")) == "no reference"
        assert protocol.missing(spec(protocol), ask, output("x", references=["  "])) == "no reference"
    words = ReferenceWords()
    (ask,) = words.asks(spec(words), [question(pass_fail())])
    assert words.missing(spec(words), ask, output("x", references=["?!"])) == "no reference"


def test_an_empty_reference_is_never_contained() -> None:
    assert value(Contains(), pass_fail(), output("x", references=["", "y"])) == "fail"


def test_of_a_pair_the_side_that_hits_is_better_and_otherwise_it_is_a_tie() -> None:
    for protocol in (ExactMatch(), Contains(), ReferenceWords()):
        assert value(protocol, preference(), output("Rome", "Paris", references=["Paris"])) == "B"
        assert value(protocol, preference(), output("Paris", "Rome", references=["Paris"])) == "A"
        assert value(protocol, preference(), output("Paris", "Paris", references=["Paris"])) == "tie"
        assert value(protocol, preference(), output("Rome", "Oslo", references=["Paris"])) == "tie"
    told = verdict(ExactMatch(), preference(), output("Rome", "Paris", references=["Paris"]))
    assert told.rationale == "A equals no reference, B equals reference 1"


def test_equal_sides_on_a_scale_without_a_tie_are_an_abstention() -> None:
    found = verdict(Contains(), preference(tie=False), output("Paris", "Paris", references=["Paris"]))
    assert (found.option, found.absence) == (None, "abstained")


def test_a_hit_and_a_miss_stand_for_what_is_set_or_for_the_positive_option_and_its_opposite() -> None:
    right, wrong = output("Paris", references=["Paris"]), output("Rome", references=["Paris"])
    assert value(ExactMatch(), yes_no(na=True), right) == "yes"
    assert value(ExactMatch(), yes_no(na=True), wrong) == "no"
    assert value(ExactMatch(), likert(1, 5), right, hit="5", miss="1") == "5"
    assert value(ExactMatch(), likert(1, 5), wrong, hit=5, miss=1) == "1"
    assert value(ExactMatch(), COLOURS, wrong, hit="green", miss="Red") == "red"
    assert value(ExactMatch(), NUMBERS, right, hit=10, miss=0) == 10.0
    assert value(ExactMatch(), pass_fail(), right, hit="fail", miss="pass") == "fail"


@pytest.mark.parametrize(
    ("scale", "options"),
    [
        (likert(1, 5), {}),
        (COLOURS, {"hit": "green"}),
        (COLOURS, {"hit": "green", "miss": "yellow"}),
        (COLOURS, {"hit": "green", "miss": "green"}),
        (NUMBERS, {"hit": 11, "miss": 0}),
        (DeclaredScale(ScaleKind.BINARY, (Option("x", "X"), Option("y", "Y"))), {}),
    ],
)
def test_what_a_hit_stands_for_must_be_on_the_scale(scale: DeclaredScale, options: Mapping[str, Any]) -> None:
    with pytest.raises(BadInput, match='"hit" and "miss"'):
        ExactMatch().check(spec(ExactMatch(), **options), [question(scale)])


def test_the_longer_side_is_better_with_a_tie_within_the_tolerance() -> None:
    assert value(Length(), preference(), output("long text", "short")) == "A"
    assert value(Length(), preference(), output("long text", "short"), prefer="shorter") == "B"
    assert value(Length(), preference(), output("one two", "three4 "), unit="words") == "A"
    assert value(Length(), preference(), output("abc", "xyz")) == "tie"
    # 9 and 10 characters differ by a tenth of the longer
    assert value(Length(), preference(), output("x" * 9, "x" * 10), tolerance=0.1) == "tie"
    assert value(Length(), preference(), output("x" * 9, "x" * 10), tolerance=0.09) == "B"
    assert verdict(Length(), preference(), output("abc", "x" * 1200)).rationale == "A has 3, B 1,200 characters"


def test_long_enough_is_a_hit_on_a_binary_scale() -> None:
    assert value(Length(), pass_fail(), output("x" * 5), limit=5) == "pass"
    assert value(Length(), pass_fail(), output("x" * 4), limit=5) == "fail"
    assert value(Length(), pass_fail(), output("x" * 5), limit=5, prefer="shorter") == "pass"
    assert value(Length(), pass_fail(), output("x" * 6), limit=5, prefer="shorter") == "fail"
    assert value(Length(), pass_fail(), output("a b c"), limit=3, unit="words") == "pass"


def test_thresholds_part_an_ordered_scale() -> None:
    for length, expected in ((4, "1"), (5, "2"), (19, "2"), (20, "3")):
        assert value(Length(), likert(1, 3), output("x" * length), thresholds=[5, 20]) == expected
        mirrored = str(4 - int(expected))
        assert value(Length(), likert(1, 3), output("x" * length), thresholds=[5, 20], prefer="shorter") == mirrored


@pytest.mark.parametrize(
    ("scale", "options"),
    [
        (likert(1, 3), {}),
        (likert(1, 3), {"thresholds": [5]}),
        (likert(1, 3), {"thresholds": [20, 5]}),
        (likert(1, 3), {"limit": 5}),
        (NUMBERS, {"limit": 5}),
        (pass_fail(), {}),
        (pass_fail(), {"limit": 0}),
        (pass_fail(), {"limit": True}),
        (COLOURS, {"limit": 5}),
        (preference(), {"tolerance": 1.5}),
        (preference(), {"prefer": "best"}),
    ],
)
def test_length_refuses_what_it_cannot_turn_into_a_value(scale: DeclaredScale, options: Mapping[str, Any]) -> None:
    with pytest.raises(BadInput):
        Length().check(spec(Length(), **options), [question(scale)])


def test_the_majority_is_given_to_everything_with_one_call_for_all() -> None:
    first = output("x", majorities={"right": "fail"})
    second = output("other", references=["r"], subject=2, majorities={"right": "fail"})
    assert value(Majority(), pass_fail(), first) == value(Majority(), pass_fail(), second) == "fail"
    assert request_hash(Majority(), pass_fail(), first) == request_hash(Majority(), pass_fail(), second)
    changed = output("x", majorities={"right": "pass"})
    assert request_hash(Majority(), pass_fail(), first) != request_hash(Majority(), pass_fail(), changed)
    assert value(Majority(), NUMBERS, output(majorities={"right": 3.5})) == 3.5


def test_without_a_majority_nothing_is_asked() -> None:
    (ask,) = Majority().asks(spec(Majority()), [question(pass_fail())])
    assert Majority().missing(spec(Majority()), ask, output("x", majorities={"other": "pass"})) == "no majority"


def test_a_majority_that_left_the_scale_is_unreadable() -> None:
    (ask,) = Majority().asks(spec(Majority()), [question(pass_fail())])
    material = output("x", majorities={"right": "gone"})
    reading = Majority().read(spec(Majority()), ask, Majority().reply(spec(Majority()), ask, material))
    assert (reading.status, reading.cause, reading.verdicts[0].absence) == ("unreadable", "out of scale", "unreadable")


def test_random_says_the_same_again_and_another_seed_says_something_else() -> None:
    draws = {
        seed: [value(RandomChoice(), COLOURS, output("x", subject=subject), seed=seed) for subject in range(60)]
        for seed in (0, 0, 1)
    }
    again = [value(RandomChoice(), COLOURS, output("x", subject=subject), seed=0) for subject in range(60)]
    assert draws[0] == again
    assert draws[0] != draws[1]


def test_random_is_uniform_over_the_options() -> None:
    n = 6_000
    counts = Counter(value(RandomChoice(), COLOURS, output("x", subject=subject)) for subject in range(n))
    # 2000 expected of each; four standard deviations: 4 * sqrt(6000 * 1/3 * 2/3) = 146
    assert set(counts) == {"red", "green", "blue"}
    assert all(abs(count - n / 3) < 146 for count in counts.values())


@given(st.integers(0, 10**9), st.integers(0, 10**6))
def test_random_numbers_stay_within_the_range_and_on_its_steps(subject: int, seed: int) -> None:
    free = value(RandomChoice(), NUMBERS, output("x", subject=subject), seed=seed)
    assert isinstance(free, float)
    assert 0 <= free <= 10
    stepped = DeclaredScale(ScaleKind.RATIO, low=1, high=2, step=0.25)
    assert value(RandomChoice(), stepped, output("x", subject=subject), seed=seed) in (1.0, 1.25, 1.5, 1.75, 2.0)


def test_random_numbers_reach_both_ends_of_a_stepped_range() -> None:
    stepped = DeclaredScale(ScaleKind.RATIO, low=0, high=1, step=0.1)
    found = {value(RandomChoice(), stepped, output("x", subject=subject)) for subject in range(400)}
    assert (len(found), min(found), max(found)) == (11, 0.0, 1.0)  # type: ignore[type-var] # all are numbers


def test_random_draws_differ_between_the_questions_of_a_subject() -> None:
    pairs = {
        tuple(verdict(RandomChoice(), pass_fail(), output("x", subject=subject), lineage=one).option for one in "ab")
        for subject in range(40)
    }
    assert len(pairs) == 4


def test_random_refuses_an_open_range() -> None:
    with pytest.raises(BadInput, match="without bounds"):
        RandomChoice().check(spec(RandomChoice()), [question(OPEN_NUMBERS)])


def test_a_changed_reference_or_output_changes_the_request_and_nothing_else_does() -> None:
    base = output("Paris", references=["Paris", "Lutetia"])
    for protocol in (ExactMatch(), Contains(), ReferenceWords()):
        same = replace(base, subject_id=9, item_id=9, guideline="New", messages=[{"role": "user", "content": "Other"}])
        assert request_hash(protocol, pass_fail(), base) == request_hash(protocol, pass_fail(), same)
        for changed in (output("Paris!", references=["Paris", "Lutetia"]), output("Paris", references=["Paris"])):
            assert request_hash(protocol, pass_fail(), base) != request_hash(protocol, pass_fail(), changed)
        assert request_hash(protocol, pass_fail(), base) != request_hash(protocol, pass_fail(), base, case="uncased")
    longer = output("Rome!", references=["any"])
    assert request_hash(Length(), preference(), longer) == request_hash(Length(), preference(), output("Paris"))


def test_the_texts_themselves_do_not_stand_in_the_request() -> None:
    protocol = ExactMatch()
    (ask,) = protocol.asks(spec(protocol), [question(pass_fail())])
    request = protocol.request(spec(protocol), ask, output("secret text", references=["expected text"]), fence=FENCE)
    assert (request.model, request.messages, request.api_base) == ("", (), "")
    assert "secret text" not in str(request.parameters)
    assert "expected text" not in str(request.parameters)


def test_lone_surrogates_and_message_parts_are_read() -> None:
    broken = output("Paris \ud800", references=["Paris"])
    assert value(Contains(), pass_fail(), broken) == "pass"
    assert len(request_hash(Contains(), pass_fail(), broken)) == 64
    parts = [
        {"role": "assistant", "content": [{"type": "text", "text": "Paris"}]},
        {"role": "assistant", "content": None},
    ]
    assert value(Contains(), pass_fail(), replace(broken, outputs=(parts,))) == "pass"


@pytest.mark.parametrize("protocol", ALL, ids=lambda protocol: protocol.key)
def test_a_baseline_costs_nothing_and_asks_no_model(protocol: Baseline) -> None:
    face: JudgeProtocol = protocol  # it offers what every protocol offers
    assert not face.asks_model
    assert face.prompts == {}
    assert face.fields(spec(protocol)) == {}
    assert face.answer_request(spec(protocol), output("x"), fence=FENCE) is None
    judge = spec(protocol, limit=3) if protocol.key == "length" else spec(protocol)
    (ask,) = face.asks(judge, [question(pass_fail())])
    reply = face.reply(judge, ask, output("x", references=["x"], majorities={"right": "pass"}))
    assert (reply.cost, reply.tokens_in, reply.tokens_out) == (0.0, 0, 0)


@pytest.mark.parametrize("protocol", ALL, ids=lambda protocol: protocol.key)
def test_a_baseline_refuses_what_would_mean_nothing(protocol: Baseline) -> None:
    judge = spec(protocol, limit=3) if protocol.key == "length" else spec(protocol)
    for wrong in (
        judge.changed(model="openai/x"),
        judge.changed(prompt="Grade {{output}}"),
        judge.changed(repetitions=3),
        judge.changed(confidence=ConfidenceSource.VERBAL),
        judge.changed(reference_mode=ReferenceMode.SELF),
        judge.changed(options={**judge.options, "colour": "red"}),
    ):
        with pytest.raises(BadInput):
            protocol.check(wrong, [question(pass_fail())])
    protocol.check(judge, [question(pass_fail())])


@pytest.mark.parametrize("protocol", ALL, ids=lambda protocol: protocol.key)
def test_a_baseline_asks_only_the_criteria_that_were_chosen(protocol: Baseline) -> None:
    judge = spec(protocol, limit=3) if protocol.key == "length" else spec(protocol)
    judge = judge.changed(criteria=("second",))
    questions = [question(OPEN_NUMBERS, "first"), question(pass_fail(), "second", 2)]
    protocol.check(judge, questions)  # the first would be refused
    assert [[one.id for one in ask.questions] for ask in protocol.asks(judge, questions)] == [[2]]


@pytest.mark.parametrize("protocol", ALL, ids=lambda protocol: protocol.key)
def test_a_reply_that_is_no_decision_is_unreadable(protocol: Baseline) -> None:
    ask = Ask((question(pass_fail()),))
    for text in ("", "pass", "[]", '{"value": "pass"}', '{"value": "perhaps", "rationale": ""}'):
        reading = protocol.read(spec(protocol), ask, Reply(text))
        assert reading.status == "unreadable"
        assert [found.absence for found in reading.verdicts] == ["unreadable"]
        assert reading.cause


def test_outputs_and_pairs_need_the_scale_that_fits_them() -> None:
    for protocol in (ExactMatch(), Contains(), ReferenceWords(), Length()):
        on_output, on_pair = Ask((question(pass_fail()),)), Ask((question(preference()),))
        single, double = output("x", references=["x"]), output("x", "y", references=["x"])
        assert protocol.missing(spec(protocol), on_output, single) == ""
        assert protocol.missing(spec(protocol), on_pair, double) == ""
        assert protocol.missing(spec(protocol), on_pair, single) == "scale does not fit"
        assert protocol.missing(spec(protocol), on_output, double) == "scale does not fit"
        assert protocol.missing(spec(protocol), on_output, output()) == "not for items"
