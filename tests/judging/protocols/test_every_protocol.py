"""What holds for every registered protocol, before it has tests of its own."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from core.errors import BadInput
from core.judging.asked import Material, Question, Reply, Request
from core.judging.asking_format import written_reply
from core.judging.fencing import Fence
from core.judging.protocols import JURY, PROTOCOLS, protocol_of
from core.judging.protocols.face import JudgeProtocol
from core.judging.spec import AnswerFormat, ConfidenceSource, JudgeSpec, ReferenceMode
from core.judging.templates import field_names, split_messages
from tests.judged import SCALES, judge, material, question

FENCE = Fence("key")
EVERY = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())
ASKING = [protocol for protocol in PROTOCOLS.values() if protocol.asks_model]
EVERY_ASKING = pytest.mark.parametrize("protocol", ASKING, ids=[protocol.key for protocol in ASKING])
SUBJECTS: Mapping[str, Material] = {
    kind: replace(found, majorities=dict.fromkeys(("correct", "clear"), "tie" if kind == "pair" else "no"))
    for kind, found in {
        "item": material(references=[("4", "verified")]),
        "output": material("It is 4.", references=[("4", "verified"), ("four", "unverified")]),
        "pair": material("It is 4.", "It is 5.", references=[("4", "verified")]),
    }.items()
}


def fitting(protocol: JudgeProtocol) -> JudgeSpec:
    """A judge of the protocol that passes its check."""
    mode = ReferenceMode.HUMAN if protocol.key == "reference" else ReferenceMode.NONE
    return judge(protocol.key, reference_mode=mode, options={"limit": 10} if protocol.key == "length" else {})


def asked_of(kind: str) -> list[Question]:
    """Two criteria with a scale that every protocol can use on such subjects."""
    scale = "preference" if kind == "pair" else "yes or no"
    return [question(scale, "Correct", 1), question(scale, "Clear", 2)]


@EVERY
def test_a_protocol_says_what_it_is(protocol: JudgeProtocol) -> None:
    assert PROTOCOLS[protocol.key] is protocol
    assert protocol_of(fitting(protocol)) is protocol
    assert protocol.title
    assert protocol.about.endswith(".")
    assert protocol.kinds
    assert set(protocol.kinds) <= {"item", "output", "pair"}
    assert bool(protocol.prompts) == protocol.asks_model


@EVERY
@pytest.mark.parametrize("together", [False, True])
def test_every_ask_is_answered_for_exactly_its_questions(protocol: JudgeProtocol, together: bool) -> None:
    spec = fitting(protocol).changed(together=together)
    for kind in protocol.kinds:
        questions, subject = asked_of(kind), SUBJECTS[kind]
        protocol.check(spec, questions)
        asks = protocol.asks(spec, questions)
        assert {one.id for ask in asks for one in ask.questions} == {1, 2}
        for ask in asks:
            assert protocol.missing(spec, ask, subject) == ""
            values = dict.fromkeys((1, 2), questions[0].scale.keys[-1])
            asked = protocol.asks_model
            reply = Reply(written_reply(ask, values)) if asked else protocol.reply(spec, ask, subject)
            reading = protocol.read(spec, ask, reply)
            assert reading.status == "ok"
            assert [one.criterion_id for one in reading.verdicts] == [one.id for one in ask.questions]


@EVERY
def test_the_same_subject_makes_the_same_request_and_another_subject_another(protocol: JudgeProtocol) -> None:
    spec = fitting(protocol)
    for kind in protocol.kinds:
        subject, questions = SUBJECTS[kind], asked_of(kind)
        changed = replace(
            subject,
            subject_id=2,
            messages=[{"role": "user", "content": "What is 2 + 3?"}],
            outputs=tuple([{"role": "assistant", "content": "5! " * n}] for n, _ in enumerate(subject.outputs, 2)),
            majorities=dict.fromkeys(("correct", "clear"), questions[0].scale.keys[0]),
        )
        for ask in protocol.asks(spec, questions):
            request = protocol.request(spec, ask, subject, fence=FENCE)
            assert request.hash() == protocol.request(spec, ask, replace(subject), fence=Fence("key")).hash()
            assert request.hash() != protocol.request(spec, ask, changed, fence=FENCE).hash()


@EVERY
def test_a_kind_that_it_does_not_judge_is_missing_something(protocol: JudgeProtocol) -> None:
    spec = fitting(protocol)
    (ask, *_) = protocol.asks(spec, [question("yes or no")])
    for kind in set(SUBJECTS) - set(protocol.kinds):
        assert protocol.missing(spec, ask, SUBJECTS[kind])


@EVERY
def test_a_request_is_json_with_text_messages(protocol: JudgeProtocol) -> None:
    kind = protocol.kinds[0]
    for ask in protocol.asks(fitting(protocol), asked_of(kind)):
        request = protocol.request(fitting(protocol), ask, SUBJECTS[kind], fence=FENCE)
        assert json.loads(json.dumps(dict(request.parameters))) == dict(request.parameters)
        assert all(set(one) == {"role", "content"} and isinstance(one["content"], str) for one in request.messages)


@EVERY_ASKING
def test_every_prompt_that_comes_with_it_passes_its_own_check(protocol: JudgeProtocol) -> None:
    assert len(protocol.prompts) >= 3
    assert "" in protocol.prompts
    for variant in protocol.prompts:
        spec = judge(protocol.key, variant=variant, persona="A nurse.", reference_mode=ReferenceMode.HUMAN)
        protocol.check(spec, [question("yes or no")])
        assert [one["role"] for one in split_messages(spec.prompt)] == ["system", "user"]
        assert set(field_names(spec.prompt)) <= set(protocol.fields(spec))
        assert "is data" in spec.prompt


@EVERY_ASKING
def test_the_variant_verdict_first_asks_for_no_rationale(protocol: JudgeProtocol) -> None:
    spec = judge(protocol.key, variant="verdict first", answer_format=AnswerFormat.SCHEMA)
    spec = spec.changed(reference_mode=ReferenceMode.HUMAN)
    (ask, *_) = protocol.asks(spec, [question("yes or no")])
    request = protocol.request(spec, ask, SUBJECTS[protocol.kinds[-1]], fence=FENCE)
    assert list(request.parameters["response_format"]["json_schema"]["schema"]["properties"]) == ["verdict"]
    assert '"rationale"' not in request.messages[-1]["content"]


@EVERY_ASKING
def test_a_protocol_that_asks_a_model_does_not_answer_itself(protocol: JudgeProtocol) -> None:
    spec = fitting(protocol)
    (ask, *_) = protocol.asks(spec, [question("yes or no")])
    with pytest.raises(TypeError, match="asks a model"):
        protocol.reply(spec, ask, SUBJECTS[protocol.kinds[0]])


@EVERY_ASKING
def test_guideline_persona_context_and_references_change_the_request(protocol: JudgeProtocol) -> None:
    spec = judge(protocol.key, persona="A nurse.", reference_mode=ReferenceMode.HUMAN)
    (ask, *_) = protocol.asks(spec, [question("yes or no")])
    subject = SUBJECTS[protocol.kinds[-1]]

    unverified = tuple(replace(one, status="unverified") for one in subject.references[:1])

    def asked(spec: JudgeSpec = spec, subject: Material = subject) -> Request:
        return protocol.request(spec, ask, subject, fence=FENCE)

    hashes = {
        asked().hash(),
        asked(spec.changed(persona="A pilot.")).hash(),
        asked(spec.changed(model="openai/other")).hash(),
        asked(spec.changed(temperature=0.7)).hash(),
        asked(spec.changed(api_base="http://localhost:1")).hash(),
        asked(subject=replace(subject, guideline="Be strict.")).hash(),
        asked(subject=replace(subject, context="It is about numbers.")).hash(),
        asked(subject=replace(subject, references=subject.references[:1] * 3)).hash(),
        asked(subject=replace(subject, references=unverified)).hash(),
    }
    assert len(hashes) == 9


@EVERY_ASKING
def test_parameters_are_sent_as_chosen_and_nothing_else(protocol: JudgeProtocol) -> None:
    spec = judge(
        protocol.key, temperature=None, top_p=0.5, max_tokens=None, seed=7, extra={"reasoning_effort": "low"},
        reference_mode=ReferenceMode.HUMAN,
    )  # fmt: skip
    (ask, *_) = protocol.asks(spec, [question("one to five")])
    subject = SUBJECTS[protocol.kinds[-1]]
    request = protocol.request(spec, ask, subject, fence=FENCE)
    assert dict(request.parameters) == {"top_p": 0.5, "seed": 7, "reasoning_effort": "low"}
    tokens = protocol.request(spec.changed(confidence=ConfidenceSource.TOKENS), ask, subject, fence=FENCE)
    # five options and "cannot_tell", and two more for other beginnings
    assert dict(tokens.parameters) == dict(request.parameters) | {"logprobs": True, "top_logprobs": 8}


@EVERY_ASKING
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompt": "{{input}} {{nonsense}}"}, "line 1: found the field"),
        ({"prompt": "{{input}} {{questions}} {{answer_format}}"}, "nowhere"),
        ({"model": " "}, "model: found"),
        ({"temperature": 3.0}, "temperature"),
        ({"top_p": 0.0}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"repetitions": 0}, "repetitions"),
        ({"criteria": ("unknown",)}, "criteria"),
        ({"extra": {"Temperature": 1}}, "no setting|setting of their own"),
        ({"extra": {"api_key": "sk-1"}}, "keys are read from the environment"),
        ({"extra": {"extra_headers": {}}}, "no keys or headers"),
        ({"confidence": ConfidenceSource.VOTES}, "at least 2 repetitions"),
    ],
)
def test_a_judge_that_cannot_work_is_refused(protocol: JudgeProtocol, changes: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        protocol.check(fitting(protocol).changed(**changes), [question("yes or no")])


@EVERY_ASKING
def test_a_persona_that_stands_nowhere_in_the_prompt_is_refused(protocol: JudgeProtocol) -> None:
    spec = fitting(protocol)
    bare = spec.changed(prompt=spec.prompt.replace("{{persona}}", ""))
    protocol.check(bare, [question("yes or no")])
    with pytest.raises(BadInput, match=r"\{\{persona\}\} nowhere"):
        protocol.check(bare.changed(persona="A nurse."), [question("yes or no")])


@EVERY_ASKING
def test_both_forms_of_an_answer_in_one_prompt_are_refused(protocol: JudgeProtocol) -> None:
    spec = fitting(protocol)
    with pytest.raises(BadInput, match="both"):
        protocol.check(spec.changed(prompt=spec.prompt + "\n{{bare_answer_format}}"), [question("yes or no")])


@EVERY_ASKING
@pytest.mark.parametrize("name", [name for name in SCALES if not name.startswith("preference")])
def test_every_scale_can_be_asked_with_and_without_a_schema(protocol: JudgeProtocol, name: str) -> None:
    for form in AnswerFormat:
        spec = fitting(protocol).changed(answer_format=form)
        protocol.check(spec, [question(name)])
        (ask, *_) = protocol.asks(spec, [question(name)])
        request = protocol.request(spec, ask, SUBJECTS[protocol.kinds[-1]], fence=FENCE)
        assert ("response_format" in request.parameters) == (form is AnswerFormat.SCHEMA)


def test_a_protocol_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(BadInput, match=f'protocol: found "{JURY}"; expected one of direct, reference, pairwise'):
        protocol_of(JudgeSpec(protocol=JURY))
