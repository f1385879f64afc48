"""What a person answers: checked against the scale, and turned between the card's sides and the record's A and B.

A pair's value names the output. Left and right exist only on the card: with the order "BA", left is B.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from core.errors import BadInput, shortened
from core.models.grading_rules import Asked, GradingRules
from core.scales import ScaleKind
from core.store.studies import AskedCriterion

SIDE_LABELS = {"left": "Left", "tie": "Tie", "right": "Right", "both_bad": "Both bad"}
_LEFT_FIRST = {"A": "left", "tie": "tie", "B": "right", "both_bad": "both_bad"}
_SWAPPED = {"left": "right", "right": "left"}


class AnswerProblem(BadInput):
    """An answer is missing or cannot be taken; `criterion` is the question it belongs to, None for other fields."""

    def __init__(self, *, where: str, found: str, expected: str, criterion: int | None = None) -> None:
        self.criterion = criterion
        super().__init__(where=where, found=found, expected=expected)


@dataclass(frozen=True, slots=True)
class Answer:
    """One value: an option key, a number, or "abstained" because the person said so."""

    option: str | None = None
    number: float | None = None
    absence: str | None = None

    def to_json(self) -> dict[str, str | float]:
        """Only what is there."""
        parts: dict[str, str | float | None] = {"option": self.option, "number": self.number, "absence": self.absence}
        return {name: value for name, value in parts.items() if value is not None}


def has_sides(criterion: AskedCriterion) -> bool:
    """Whether the card shows the options as left and right."""
    return criterion.applies_to == "pair" and criterion.scale.kind is ScaleKind.PREFERENCE


def shown_option(criterion: AskedCriterion, option: str, order: str | None) -> str:
    """The option as the card names it."""
    if not has_sides(criterion):
        return option
    side = _LEFT_FIRST.get(option, option)
    return _SWAPPED.get(side, side) if order == "BA" else side


def stored_option(criterion: AskedCriterion, shown: str, order: str | None) -> str | None:
    """The option as the record names it; None where the scale has none like it."""
    keys = criterion.scale.keys
    if has_sides(criterion):
        return next((key for key in keys if shown_option(criterion, key, order) == shown), None)
    return shown if shown in keys else None


def shown_label(criterion: AskedCriterion, answer: Answer, order: str | None) -> str:
    """The value in words, a pair's as the side it stood on."""
    if answer.option is not None:
        if has_sides(criterion):
            return SIDE_LABELS.get(shown_option(criterion, answer.option, order), answer.option)
        labels = {option.key: option.label for option in criterion.scale.options}
        return labels.get(answer.option, answer.option)
    if answer.number is not None:
        return f"{answer.number:.10g}"
    return (answer.absence or "").capitalize()


def checked_answers(
    criteria: Sequence[AskedCriterion], values: Mapping[str, Answer], order: str | None
) -> dict[int, Answer]:
    """The answers as they are stored, by criterion, in the order of the rubric.

    Args:
        criteria: Those that apply to the subject.
        values: Criterion id (as text) -> answer in the card's words.
        order: How the outputs of a pair stood.

    Raises:
        AnswerProblem: An answer is missing, outside its scale, or to a question that is not asked.
    """
    known = {str(criterion.id): criterion for criterion in criteria}
    for key in values:
        if key not in known:
            raise AnswerProblem(
                where="values", found=f"criterion {shortened(key)}", expected=f"one of {', '.join(known)}"
            )
    answers: dict[int, Answer] = {}
    for criterion in criteria:
        given = values.get(str(criterion.id))
        if given is not None:
            answers[criterion.id] = _checked(criterion, given, order)
        elif criterion.required:
            raise _problem(criterion, "no answer", "an answer")
    if not answers:
        raise AnswerProblem(where="values", found="no answer", expected="an answer to at least one question")
    return answers


def _checked(criterion: AskedCriterion, given: Answer, order: str | None) -> Answer:
    parts = [part for part in (given.option, given.number, given.absence) if part is not None]
    if len(parts) != 1:
        raise _problem(criterion, f"{len(parts)} values", "one: an option, a number or an absence")
    if given.absence is not None:
        if given.absence != "abstained":
            raise _problem(criterion, shortened(given.absence), '"abstained"')
        return given
    if given.option is not None:
        key = stored_option(criterion, given.option, order)
        if key is None:
            keys = [shown_option(criterion, key, order) for key in criterion.scale.keys]
            raise _problem(criterion, shortened(given.option), f"one of {', '.join(keys)}" if keys else "a number")
        return Answer(option=key)
    assert given.number is not None  # noqa: S101 - one of the three is there
    return Answer(number=_checked_number(criterion, given.number))


def _checked_number(criterion: AskedCriterion, number: float) -> float:
    scale = criterion.scale
    if not scale.is_numeric:
        raise _problem(criterion, f"{number:g}", f"one of {', '.join(scale.keys)}")
    inside = isfinite(number) and scale.read(number) is not None
    steps = (number - (scale.low or 0.0)) / scale.step if inside and scale.step else 0.0
    if not inside or abs(steps - round(steps)) > 1e-6:
        ends = f" from {scale.low:g} to {scale.high:g}" if scale.low is not None and scale.high is not None else ""
        raise _problem(
            criterion, f"{number:g}", f"a number{ends}" + (f" in steps of {scale.step:g}" if scale.step else "")
        )
    return float(number)


def _problem(criterion: AskedCriterion, found: str, expected: str) -> AnswerProblem:
    return AnswerProblem(where=criterion.name, found=found, expected=expected, criterion=criterion.id)


def check_fields(rules: GradingRules, *, comment: str, confidence: float | None) -> None:
    """Refuse a grade that leaves out a comment or a confidence that the study requires.

    Raises:
        AnswerProblem: Names the field.
    """
    if rules.comment is Asked.REQUIRED and not comment:
        raise AnswerProblem(where="comment", found="nothing", expected="a comment")
    if rules.confidence is Asked.REQUIRED and confidence is None:
        raise AnswerProblem(where="confidence", found="nothing", expected="a confidence")
    if confidence is not None and not 0 <= confidence <= 1:
        raise AnswerProblem(where="confidence", found=f"{confidence:g}", expected="a share from 0 to 1")
