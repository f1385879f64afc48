"""What the protocols that ask a model have in common: checks, parameters, messages, own answers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core.errors import BadInput, shortened
from core.judging.asked import Ask, Material, Question, Reading, Reply, Request
from core.judging.asking_format import answer_schema, answer_text, questions_text
from core.judging.choices import Choices
from core.judging.fencing import Fence
from core.judging.reading import read_reply, without_thinking
from core.judging.showing import (
    ANSWER_FORMAT,
    BARE_ANSWER_FORMAT,
    CONTEXT,
    GUIDELINE,
    INPUT,
    PERSONA,
    QUESTIONS,
    REFERENCES,
    fenced_context,
    fenced_messages,
    fenced_own_answer,
    fenced_references,
    guideline_text,
)
from core.judging.spec import AnswerFormat, ConfidenceSource, JudgeSpec, ReferenceMode, RepetitionRule
from core.judging.templates import PromptField, check_template, field_names, filled_messages

BARE: Final = "bare_answer_format"
NO_REFERENCE: Final = "no reference"

_OURS: Final = frozenset(
    {"model", "messages", "stream", "n", "api_base", "base_url", "logprobs", "top_logprobs", "response_format"}
    | {"temperature", "top_p", "max_tokens", "seed", "timeout", "num_retries", "max_retries", "mock_response"}
)
_SECRET: Final = ("key", "token", "secret", "password", "authorization", "headers", "credential")


def prompt_file(name: str) -> str:
    """A prompt that lies beside its protocol."""
    return (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8")


OWN_ANSWER_PROMPT: Final = prompt_file("own_answer")


class AskingProtocol:
    """A protocol that renders a template, sends it to a model and reads the reply.

    Attributes:
        shown: The fields that show what is judged.
    """

    key: str
    title: str
    about: str
    kinds: tuple[str, ...]
    asks_model: bool = True
    prompts: Mapping[str, str]
    shown: Mapping[str, PromptField]

    def fields(self, spec: JudgeSpec) -> Mapping[str, PromptField]:
        """The fields a template of this judge may have, and must have.

        A persona, a reference and the form of the answer must stand in the prompt of a judge that has one. The form
        of the answer is `answer_format` (a rationale first) or `bare_answer_format` (the verdict alone).
        """
        is_bare = BARE in field_names(spec.prompt)
        uses_references = spec.reference_mode is not ReferenceMode.NONE
        return {
            "guideline": GUIDELINE,
            "persona": PromptField(PERSONA.about, required=bool(spec.persona.strip())),
            "input": INPUT,
            "context": CONTEXT,
            "references": PromptField(REFERENCES.about, required=uses_references),
            **self.shown,
            "questions": QUESTIONS,
            "answer_format": PromptField(ANSWER_FORMAT.about, required=not is_bare),
            BARE: BARE_ANSWER_FORMAT,
        }

    def check(self, spec: JudgeSpec, questions: Sequence[Question]) -> None:
        """Refuse a judge that cannot work on these questions.

        Raises:
            BadInput: With the field or setting that is wrong.
        """
        check_template(spec.prompt, self.fields(spec))
        if {"answer_format", BARE} <= set(field_names(spec.prompt)):
            found = "both {{answer_format}} and {{bare_answer_format}}"
            raise BadInput(where="prompt", found=found, expected="one of them")
        _check_settings(spec)
        chosen = chosen_questions(spec, questions)
        self.check_scales(chosen)
        _check_fit(spec, chosen)

    def check_scales(self, questions: Sequence[Question]) -> None:
        """Refuse questions whose scale does not fit what is judged."""
        raise NotImplementedError

    def asks(self, spec: JudgeSpec, questions: Sequence[Question]) -> tuple[Ask, ...]:
        """All questions in one call, or one call for each."""
        chosen = chosen_questions(spec, questions)
        return (Ask(chosen),) if spec.together else tuple(Ask((question,)) for question in chosen)

    def missing(self, spec: JudgeSpec, ask: Ask, material: Material) -> str:  # noqa: ARG002 - the face's signature
        """Why this cannot be asked of this subject; "" where it can."""
        if material.kind not in self.kinds:
            return f"judges no {material.kind}s"
        if spec.reference_mode is ReferenceMode.HUMAN and not any(one.text.strip() for one in material.references):
            return NO_REFERENCE
        return ""

    def answer_request(self, spec: JudgeSpec, material: Material, *, fence: Fence) -> Request | None:
        """The request for the judge's own answer; None unless the reference is the judge itself.

        Its marks differ from those of the verdict's request, so that what it gives away cannot be used there.
        """
        if spec.reference_mode is not ReferenceMode.SELF:
            return None
        values = {
            "input": fenced_messages("problem", material.messages, fence),
            "context": fenced_context(material.context, fence, "problem-context"),
        }
        messages = filled_messages(OWN_ANSWER_PROMPT, values)
        return Request(spec.model, messages, _sampling(spec), spec.api_base)

    def request(
        self, spec: JudgeSpec, ask: Ask, material: Material, *, fence: Fence, own_answer: str | None = None
    ) -> Request:
        """What is sent for the verdict.

        Raises:
            ValueError: The judge's own answer is its reference, and was not given.
        """
        values = self._values(spec, ask, material, fence) | {
            "references": _references(spec, material, fence, own_answer)
        }
        return Request(spec.model, filled_messages(spec.prompt, values), _parameters(spec, ask), spec.api_base)

    def show(self, ask: Ask, material: Material, fence: Fence) -> Mapping[str, str]:
        """The values of the fields in `shown`."""
        raise NotImplementedError

    def reply(self, spec: JudgeSpec, ask: Ask, material: Material) -> Reply:  # noqa: ARG002
        """A model has to be asked.

        Raises:
            TypeError: Always.
        """
        raise TypeError(f'"{self.key}" asks a model; it does not answer itself')

    def read(self, spec: JudgeSpec, ask: Ask, reply: Reply) -> Reading:
        """What the reply says; never a guess."""
        return read_reply(ask, reply, confidence=spec.confidence)

    def _values(self, spec: JudgeSpec, ask: Ask, material: Material, fence: Fence) -> dict[str, str]:
        has_confidence = spec.confidence is ConfidenceSource.VERBAL
        return {
            "guideline": guideline_text(material.guideline),
            "persona": spec.persona.strip(),
            "input": fenced_messages("input", material.messages, fence),
            "context": fenced_context(material.context, fence),
            **self.show(ask, material, fence),
            "questions": questions_text(ask),
            "answer_format": answer_text(ask, is_bare=False, has_confidence=has_confidence),
            BARE: answer_text(ask, is_bare=True, has_confidence=has_confidence),
        }


def chosen_questions(spec: JudgeSpec, questions: Sequence[Question]) -> tuple[Question, ...]:
    """Those that the judge is to answer, in their order."""
    return tuple(question for question in questions if not spec.criteria or question.lineage in spec.criteria)


def _references(spec: JudgeSpec, material: Material, fence: Fence, own_answer: str | None) -> str:
    if spec.reference_mode is ReferenceMode.HUMAN:
        return fenced_references(material, fence)
    if spec.reference_mode is ReferenceMode.NONE:
        return ""
    if own_answer is None:
        raise ValueError("the judge's own answer comes first: see answer_request")
    return fenced_own_answer(without_thinking(own_answer).strip(), fence)


def _sampling(spec: JudgeSpec) -> dict[str, Any]:
    chosen = {
        "temperature": spec.temperature,
        "top_p": spec.top_p,
        "max_tokens": spec.max_tokens,
        "seed": spec.seed,
    }
    return {**spec.extra, **{name: value for name, value in chosen.items() if value is not None}}


def _parameters(spec: JudgeSpec, ask: Ask) -> dict[str, Any]:
    parameters = _sampling(spec)
    if spec.answer_format is AnswerFormat.SCHEMA:
        has_confidence = spec.confidence is ConfidenceSource.VERBAL
        is_bare = BARE in field_names(spec.prompt)
        parameters["response_format"] = answer_schema(ask, is_bare=is_bare, has_confidence=has_confidence)
    if spec.confidence is ConfidenceSource.TOKENS:
        words = max(len(Choices(question, ask.order).words) for question in ask.questions)
        parameters |= {"logprobs": True, "top_logprobs": min(20, max(5, words + 2))}
    return parameters


def _check_settings(spec: JudgeSpec) -> None:
    def refuse(where: str, found: object, expected: str) -> None:
        raise BadInput(where=where, found=shortened(found), expected=expected)

    if not spec.model.strip():
        refuse("model", spec.model, 'a model as litellm names it, like "openai/gpt-4o-mini"')
    if spec.temperature is not None and not 0 <= spec.temperature <= 2:
        refuse("temperature", spec.temperature, "0 to 2")
    if spec.top_p is not None and not 0 < spec.top_p <= 1:
        refuse("top_p", spec.top_p, "above 0, at most 1")
    if spec.max_tokens is not None and spec.max_tokens < 1:
        refuse("max_tokens", spec.max_tokens, "at least 1")
    if spec.repetitions < 1:
        refuse("repetitions", spec.repetitions, "at least 1")
    for name in spec.extra:
        if name.casefold() in _OURS:
            refuse("further parameters", name, "parameters that have no setting of their own")
        if name.casefold() != "max_completion_tokens" and any(part in name.casefold() for part in _SECRET):
            refuse("further parameters", name, "no keys or headers: keys are read from the environment")


def _check_fit(spec: JudgeSpec, questions: Sequence[Question]) -> None:
    if not questions:
        known = "at least one criterion that fits"
        raise BadInput(where="criteria", found=shortened(", ".join(spec.criteria) or "none"), expected=known)
    numeric = [question.name for question in questions if question.scale.is_numeric]
    others = [question.name for question in questions if not question.scale.is_numeric]
    if spec.repetition_rule is RepetitionRule.MEAN and others:
        expected = "first or majority, or only criteria of free numbers"
        raise BadInput(where="repetition rule", found=f"mean for {shortened(others[0])}", expected=expected)
    if spec.confidence is ConfidenceSource.VOTES and spec.repetitions < 2:
        raise BadInput(where="confidence", found="vote share with 1 repetition", expected="at least 2 repetitions")
    if spec.confidence is ConfidenceSource.TOKENS and not others:
        expected = "another source: token probabilities need options"
        raise BadInput(where="confidence", found=f"free numbers in {shortened(numeric[0])}", expected=expected)
