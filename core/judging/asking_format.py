"""How a judge is told the questions and the form of its answer, in words and as a JSON schema."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from core.judging.asked import Ask, Question
from core.judging.choices import Choices
from core.judging.confidence import BANDS
from core.scales import DeclaredScale

CONFIDENCE: Final = "confidence"
RATIONALE: Final = "rationale"
VERDICT: Final = "verdict"
DOES_NOT_APPLY: Final = "the question does not apply here"
"""What the option "na" means where the scale does not say; it is an answer, and no abstention."""


def question_keys(ask: Ask) -> tuple[str, ...]:
    """The names under which several questions of a call are answered: q1, q2, ..."""
    return tuple(f"q{number}" for number in range(1, len(ask.questions) + 1))


@lru_cache(maxsize=256)
def questions_text(ask: Ask) -> str:
    """The questions with their scales, as the prompt's field `questions`."""
    keys = question_keys(ask) if len(ask.questions) > 1 else ("",)
    return "\n\n".join(
        _question_text(key, Choices(question, ask.order)) for key, question in zip(keys, ask.questions, strict=True)
    )


@lru_cache(maxsize=256)
def answer_text(ask: Ask, *, is_bare: bool, has_confidence: bool) -> str:
    """The form of the answer in words, as the prompt's field `answer_format`.

    Args:
        ask: What is asked.
        is_bare: The verdict alone, without a rationale.
        has_confidence: A band of confidence is asked for, too.
    """
    example = _shape(ask, {RATIONALE: "<why, in a few sentences>"} if not is_bare else {}, has_confidence)
    order = (
        "State only the verdict, without any reasons."
        if is_bare
        else "Write the rationale first, and only then decide on the verdict."
    )
    parts = [
        "Answer with a JSON object of this form and nothing else:",
        json.dumps(example, ensure_ascii=False, indent=2),
        order,
    ]
    if any(Choices(question, ask.order).abstention for question in ask.questions):
        parts.append('Where the texts do not let you decide, the verdict is "cannot_tell"; do not guess.')
    if has_confidence:
        bands = "\n".join(
            f'- "{band.key}" (a confidence of {band.low:.0%} to {band.high:.0%}): {band.meaning}' for band in BANDS
        )
        parts.append(f"Say how sure you are of a verdict with one of these as its confidence:\n{bands}")
    return "\n\n".join(parts)


def answer_schema(ask: Ask, *, is_bare: bool, has_confidence: bool) -> dict[str, Any]:
    """The form of the answer as `response_format` for a provider that holds the model to a schema."""
    answers = [_answer_schema(Choices(question, ask.order), is_bare, has_confidence) for question in ask.questions]
    schema = answers[0] if len(answers) == 1 else _object(dict(zip(question_keys(ask), answers, strict=True)))
    return {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": schema}}


def written_reply(
    ask: Ask,
    verdicts: Mapping[int, str | float | None],
    *,
    rationale: str | None = "",
    confidence: str | None = None,
) -> str:
    """A reply in exactly the form that is asked for.

    Args:
        ask: What was asked.
        verdicts: Criterion id -> option key or number; None: cannot tell.
        rationale: Of every verdict; None: a bare answer.
        confidence: Key of a band, where one is asked for.
    """
    answers = []
    for question in ask.questions:
        answer: dict[str, object] = {} if rationale is None else {RATIONALE: rationale}
        answer[VERDICT] = _written(Choices(question, ask.order), verdicts[question.id])
        answers.append(answer if confidence is None else answer | {CONFIDENCE: confidence})
    whole = answers[0] if len(answers) == 1 else dict(zip(question_keys(ask), answers, strict=True))
    return json.dumps(whole, ensure_ascii=False)


def range_text(scale: DeclaredScale) -> str:
    """The range of a scale of free numbers in words ("a number from 0 to 10 in steps of 0.5")."""
    text = "a whole number" if is_whole(scale) else "a number"
    if scale.low is not None and scale.high is not None:
        text += f" from {scale.low:g} to {scale.high:g}"
    return text if scale.step is None or scale.step == 1 else f"{text} in steps of {scale.step:g}"


def is_whole(scale: DeclaredScale) -> bool:
    """Whether a scale of free numbers has whole numbers only."""
    return scale.step is not None and scale.step.is_integer() and (scale.low is None or scale.low.is_integer())


def _question_text(key: str, choices: Choices) -> str:
    question = choices.question
    lines = [f"### {key}: {question.name}" if key else f"### {question.name}", question.question]
    lines += [question.guidance] if question.guidance.strip() else []
    if question.scale.is_numeric:
        lines.append(f"The verdict is {range_text(question.scale)}.")
    else:
        lines.append("The verdict is one of:\n" + "\n".join(_option_line(choices)))
    return "\n\n".join(line.strip() for line in lines if line.strip())


def _option_line(choices: Choices) -> list[str]:
    lines = []
    for one in choices.options:
        definition = one.definition.strip() or (DOES_NOT_APPLY if one.key == "na" else "")
        words = [one.label.strip() if one.label.strip() != one.word else "", definition]
        about = ". ".join(word.rstrip(".") for word in words if word)
        lines.append(f'- "{one.word}"' + (f": {about}" if about else ""))
    return lines


def _shape(ask: Ask, reasons: Mapping[str, str], has_confidence: bool) -> dict[str, Any]:  # noqa: FBT001
    sure = {CONFIDENCE: " | ".join(band.key for band in BANDS)} if has_confidence else {}
    answers = [
        {**reasons, VERDICT: f"<{_allowed(Choices(question, ask.order))}>", **sure} for question in ask.questions
    ]
    return answers[0] if len(answers) == 1 else dict(zip(question_keys(ask), answers, strict=True))


def _allowed(choices: Choices) -> str:
    scale = choices.question.scale
    return " | ".join(((range_text(scale),) if scale.is_numeric else ()) + choices.words)


def _written(choices: Choices, value: str | float | None) -> str | float:
    if value is None:
        return choices.abstention
    return choices.word_of(value) if isinstance(value, str) else value


def _answer_schema(choices: Choices, is_bare: bool, has_confidence: bool) -> dict[str, Any]:  # noqa: FBT001
    properties: dict[str, Any] = {} if is_bare else {RATIONALE: {"type": "string"}}
    properties[VERDICT] = _verdict_schema(choices)
    if has_confidence:
        properties[CONFIDENCE] = {"type": "string", "enum": [band.key for band in BANDS]}
    return _object(properties)


def _verdict_schema(choices: Choices) -> dict[str, Any]:
    words = {"type": "string", "enum": list(choices.words)}
    if not choices.question.scale.is_numeric:
        return words
    scale = choices.question.scale
    number: dict[str, Any] = {"type": "integer" if is_whole(scale) else "number"}
    if scale.low is not None and scale.high is not None:
        number |= {"minimum": scale.low, "maximum": scale.high}
    return {"anyOf": [number, words]}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def words_of(question: Question, order: str | None) -> dict[str, str]:
    """Option key -> how a reply spells it."""
    return {one.key: one.word for one in Choices(question, order).options}
