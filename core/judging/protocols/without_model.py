"""What baselines without an LLM have in common: they look at something stated, decide by a rule, and cost nothing.

A baseline's request is never sent. It states what the decision depends on (texts as hashes, settings resolved), so that
its hash changes exactly when the decision could: a changed reference re-opens the calls of its item and no others.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import JSONDecodeError, dumps, loads
from typing import Any

from core.errors import BadInput, shortened
from core.judging.asked import Ask, Material, Question, Reading, ReadVerdict, Reply, Request
from core.judging.fencing import Fence
from core.judging.protocols.face import PromptField
from core.judging.spec import ConfidenceSource, JudgeSpec, ReferenceMode
from core.scales import DeclaredScale, ScaleKind

Value = str | float
"""An option key, or a number on a scale of numbers."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a baseline, kept in `JudgeSpec.options` under its name.

    Attributes:
        about: For whoever chooses.
        default: What holds where it is not given; None: nothing does.
        choices: The allowed words; empty for numbers and values of the scale.
        least: Of a whole number or a list of them, the smallest allowed; None where it is no whole number.
        is_list: Whether it is a rising list of whole numbers.
        is_share: Whether it is a number in [0, 1).
    """

    about: str
    default: str | int | float | None = None
    choices: tuple[str, ...] = ()
    least: int | None = None
    is_list: bool = False
    is_share: bool = False

    def expected(self) -> str:
        """What may stand there."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.is_list:
            return f"rising whole numbers from {self.least}"
        if self.is_share:
            return "a number from 0 to below 1"
        return f"a whole number from {self.least}" if self.least is not None else "a value of the scale"

    def allows(self, value: object) -> bool:
        """Whether the value may stand there; whether it is on the scale is asked elsewhere."""
        if self.choices:
            return value in self.choices
        if self.is_list:
            return isinstance(value, list | tuple) and self._rising(list(value))
        if self.is_share:
            return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1
        if self.least is not None:
            return _is_whole(value) and value >= self.least  # type: ignore[operator]
        return isinstance(value, str | int | float) and not isinstance(value, bool)

    def _rising(self, values: list[object]) -> bool:
        numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
        whole = bool(values) and len(numbers) == len(values)
        return whole and numbers == sorted(set(numbers)) and self.least is not None and numbers[0] >= self.least


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


HIT_AND_MISS: Mapping[str, Setting] = {
    "hit": Setting("What a hit stands for; of a yes/no scale, its positive option."),
    "miss": Setting("What a miss stands for; of a yes/no scale, the other option."),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a baseline decides on one question; None is an abstention."""

    value: Value | None
    rationale: str


class Baseline(ABC):
    """A protocol that asks no model: one call for each question, answered by a rule."""

    key: str
    title: str
    about: str
    kinds: tuple[str, ...]
    asks_model = False
    prompts: Mapping[str, str] = {}
    settings: Mapping[str, Setting] = {}
    weighs_sides = False
    """Whether it scores each output of a pair, and so needs a preference there and only there."""

    @abstractmethod
    def looks_at(self, spec: JudgeSpec, question: Question, material: Material) -> Mapping[str, Any]:
        """All that the decision depends on beside the settings and the scale, as JSON; texts as hashes."""

    @abstractmethod
    def decide(self, spec: JudgeSpec, question: Question, material: Material) -> Said:
        """The decision. Only called where nothing is missing."""

    def check_question(self, spec: JudgeSpec, question: Question) -> None:  # noqa: B027 - most rules fit any scale
        """Refuse a question that the rule has no answer to, or settings that do not fit its scale."""

    def lacks(self, spec: JudgeSpec, question: Question, material: Material) -> str:  # noqa: ARG002 - a hook
        """What is not there to decide by; "" where nothing lacks."""
        return ""

    def fields(self, spec: JudgeSpec) -> Mapping[str, PromptField]:  # noqa: ARG002 - the face of a protocol
        """No prompt, no fields."""
        return {}

    def check(self, spec: JudgeSpec, questions: Sequence[Question]) -> None:
        """Refuse settings that are unknown or wrong, and questions that the rule cannot answer.

        Raises:
            BadInput: With the setting or question.
        """
        for name, found in (("model", spec.model), ("prompt", spec.prompt)):
            if found:
                raise BadInput(where=name, found=shortened(found), expected="nothing: this baseline asks no model")
        if spec.reference_mode is ReferenceMode.SELF:
            raise BadInput(where="reference", found='"self"', expected="none or human: this baseline has no answer")
        if spec.confidence is not ConfidenceSource.NONE:
            raise BadInput(where="confidence", found=f'"{spec.confidence}"', expected="none: a rule has no confidence")
        if spec.repetitions != 1:
            raise BadInput(where="repetitions", found=str(spec.repetitions), expected="1: a rule never varies")
        self._check_settings(spec)
        for question in asked(spec, questions):
            self.check_question(spec, question)

    def _check_settings(self, spec: JudgeSpec) -> None:
        for name, value in spec.options.items():
            known = self.settings.get(name)
            if known is None:
                expected = f"one of {', '.join(self.settings)}" if self.settings else "no setting"
                raise BadInput(where="setting", found=shortened(name), expected=expected)
            if not known.allows(value):
                raise BadInput(where=f'setting "{name}"', found=shortened(value), expected=known.expected())

    def setting(self, spec: JudgeSpec, name: str) -> Any:
        """The value of a setting, or its default."""
        return spec.options.get(name, self.settings[name].default)

    def asks(self, spec: JudgeSpec, questions: Sequence[Question]) -> tuple[Ask, ...]:
        """One ask for each question. No side stands first: the rule looks at a pair as it is stored."""
        return tuple(Ask((question,)) for question in asked(spec, questions))

    def missing(self, spec: JudgeSpec, ask: Ask, material: Material) -> str:
        """Why the rule cannot decide on this subject; "" where it can."""
        if material.kind not in self.kinds:
            return f"not for {material.kind}s"
        is_preference = ask.questions[0].scale.kind is ScaleKind.PREFERENCE
        if self.weighs_sides and is_preference != (material.kind == "pair"):
            return "scale does not fit"
        return self.lacks(spec, ask.questions[0], material)

    def answer_request(self, spec: JudgeSpec, material: Material, *, fence: Fence) -> None:  # noqa: ARG002
        """There is none."""
        return

    def request(
        self, spec: JudgeSpec, ask: Ask, material: Material, *, fence: Fence, own_answer: str | None = None  # noqa: ARG002
    ) -> Request:  # fmt: skip
        """What the decision depends on."""
        (question,) = ask.questions
        parameters = {
            "baseline": self.key,
            "criterion": question.id,
            "scale": question.scale.fingerprint(),
            "settings": {name: self.setting(spec, name) for name in self.settings},
            "looks at": dict(self.looks_at(spec, question, material)),
        }
        return Request("", (), parameters)

    def reply(self, spec: JudgeSpec, ask: Ask, material: Material) -> Reply:
        """The decision as JSON."""
        decided = self.decide(spec, ask.questions[0], material)
        text = dumps({"value": decided.value, "rationale": decided.rationale}, ensure_ascii=False)
        return Reply(text, tokens_in=0, tokens_out=0, cost=0.0)

    def read(self, spec: JudgeSpec, ask: Ask, reply: Reply) -> Reading:  # noqa: ARG002 - the face of a protocol
        """The decision, read back; a text that is none is unreadable."""
        (question,) = ask.questions
        try:
            found = loads(reply.text)
            value, rationale = found["value"], str(found["rationale"])
        except (JSONDecodeError, KeyError, TypeError):
            return _unreadable(question, "no verdict found", f"Found {shortened(reply.text)}; expected a decision.")
        if value is None:
            return Reading("ok", (ReadVerdict(question.id, absence="abstained", rationale=rationale),))
        on_scale = question.scale.read(value)
        if on_scale is None or (not question.scale.is_numeric and on_scale not in question.scale.keys):
            return _unreadable(
                question, "out of scale", f"Found {shortened(value)}; expected {allowed(question.scale)}."
            )
        if isinstance(on_scale, str):
            return Reading("ok", (ReadVerdict(question.id, option=on_scale, rationale=rationale),))
        return Reading("ok", (ReadVerdict(question.id, number=on_scale, rationale=rationale),))


def _unreadable(question: Question, cause: str, error: str) -> Reading:
    return Reading("unreadable", (ReadVerdict(question.id, absence="unreadable"),), cause, error)


def asked(spec: JudgeSpec, questions: Sequence[Question]) -> tuple[Question, ...]:
    """Those of the questions that the judge is asked."""
    return tuple(one for one in questions if not spec.criteria or one.lineage in spec.criteria)


def allowed(scale: DeclaredScale) -> str:
    """The values of a scale in words."""
    if not scale.is_numeric:
        return f"one of {', '.join(scale.keys)}"
    return "a number" if scale.low is None else f"a number from {scale.low:g} to {scale.high:g}"


def hit_and_miss(spec: JudgeSpec, question: Question) -> tuple[Value, Value]:
    """The values that a hit and a miss stand for: as set, or the positive option of a yes/no scale and its opposite.

    Raises:
        BadInput: They are not set and the scale does not tell, or what is set is not on the scale.
    """
    where, scale = f'criterion "{question.lineage}", settings "hit" and "miss"', question.scale
    given = [spec.options.get(name) for name in HIT_AND_MISS]
    if given == [None, None]:
        if scale.kind is not ScaleKind.BINARY or scale.positive is None:
            raise BadInput(where=where, found="nothing", expected=f"two values of its scale, {allowed(scale)}")
        return scale.positive, next(key for key in scale.keys if key not in (scale.positive, "na"))
    hit, miss = (_on_scale(value, scale) for value in given)
    if hit is None or miss is None or hit == miss:
        expected = f"two values of its scale, {allowed(scale)}"
        raise BadInput(where=where, found=f"{shortened(given[0])} and {shortened(given[1])}", expected=expected)
    return hit, miss


def _on_scale(value: object, scale: DeclaredScale) -> Value | None:
    found = scale.read(value)
    return found if scale.is_numeric or found in scale.keys else None


def better_side(a: float, b: float, scale: DeclaredScale) -> str | None:
    """The preference for the side with the higher score; a tie where they are equal, None where the scale has none."""
    if a != b:
        return "A" if a > b else "B"
    return "tie" if "tie" in scale.keys else None
