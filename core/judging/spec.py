"""The identity of a judge: everything that is chosen about it, and a fingerprint of all of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from json import dumps
from typing import Any

WORDING = 1
"""Version of the sentences that stand in code and not in a prompt: how questions, scales, references and the form of an
answer are put. A test holds them; whoever changes one raises this."""


class ReferenceMode(StrEnum):
    """Which reference the judge is given."""

    NONE = "none"
    HUMAN = "human"
    SELF = "self"
    """Its own answer to the item, asked for first."""


class Orders(StrEnum):
    """In which orders the outputs of a pair are shown."""

    BOTH = "both"
    AB = "AB"


class RepetitionRule(StrEnum):
    """How several repetitions become one verdict."""

    FIRST = "first"
    """The first counts; the others only tell how noisy the judge is."""
    MAJORITY = "majority"
    MEAN = "mean"
    """Of numbers; only on scales of free numbers."""


class ConfidenceSource(StrEnum):
    """Where a verdict's confidence comes from."""

    NONE = "none"
    VERBAL = "verbal"
    """The judge names a band."""
    VOTES = "vote share"
    """Share of the repetitions that gave the majority's value."""
    TOKENS = "token probabilities"
    """Probability of the verdict's token among those of the scale, where the provider tells it."""


class AnswerFormat(StrEnum):
    """How the verdict is asked for."""

    SCHEMA = "schema"
    """JSON, with a schema that the provider holds the model to."""
    TEXT = "text"
    """JSON, asked for in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSpec:
    """Everything we choose about a judge, except its name. Two judges with the same fingerprint are the same judge.

    What belongs to the study (guidelines, texts, references) is no part of it, but of every request's hash.

    Attributes:
        protocol: Key in `core.judging.protocols.PROTOCOLS`.
        model: As litellm names it ("openai/gpt-4o-mini"); empty for baselines and juries.
        api_base: Address of an OpenAI-compatible server; empty: the provider's own.
        family: Model family, for own-family warnings.
        prompt: The template; empty for baselines and juries.
        persona: What stands for the prompt's field `persona`.
        temperature, top_p, max_tokens, seed: Sent as they are; None: not sent.
        extra: Further parameters of the provider, as JSON.
        answer_format: Resolved when the judge is saved, never guessed later.
        rubric_id: The version of the study's rubric whose criteria it answers.
        criteria: Lineages it is asked about; empty: every criterion of the rubric that fits the subject.
        together: All criteria in one call, or one call for each.
        reference_mode, orders, repetitions, repetition_rule, confidence: See the enumerations.
        variant: Label of a variant of the prompt; empty for the main one.
        options: What a baseline or a jury is made of, as JSON.
        wording: See `WORDING`; a judge of another wording is read but no longer asked, so that no version mixes two.
    """

    protocol: str
    model: str = ""
    api_base: str = ""
    family: str = ""
    prompt: str = ""
    persona: str = ""
    temperature: float | None = 0.0
    top_p: float | None = None
    max_tokens: int | None = 1_024
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    answer_format: AnswerFormat = AnswerFormat.TEXT
    rubric_id: int | None = None
    criteria: tuple[str, ...] = ()
    together: bool = False
    reference_mode: ReferenceMode = ReferenceMode.NONE
    orders: Orders = Orders.BOTH
    repetitions: int = 1
    repetition_rule: RepetitionRule = RepetitionRule.FIRST
    confidence: ConfidenceSource = ConfidenceSource.NONE
    variant: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    wording: int = WORDING

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back unchanged."""
        return asdict(self) | {
            "criteria": list(self.criteria),
            "extra": dict(self.extra),
            "options": dict(self.options),
            **{name: getattr(self, name).value for name in _ENUMERATED},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "JudgeSpec":
        """Read back what `to_json` wrote."""
        read = {name: kind(data[name]) for name, kind in _ENUMERATED.items() if name in data}
        return cls(**{"wording": 1, **data, **read, "criteria": tuple(data.get("criteria", ()))})

    def normal(self) -> "JudgeSpec":
        """The same as it is kept and sent: 0 and 0.0 are one thing, and so are two ways of ending a line."""
        return replace(
            self,
            protocol=self.protocol.strip(),
            model=self.model.strip(),
            api_base=self.api_base.strip(),
            family=self.family.strip(),
            prompt=_one_ending(self.prompt),
            persona=_one_ending(self.persona),
            temperature=_float(self.temperature),
            top_p=_float(self.top_p),
            extra=_plain(self.extra),
            variant=self.variant.strip(),
            options=_plain(self.options),
        )

    def fingerprint(self) -> str:
        """A hash of everything in it, of its normal form."""
        return sha256(dumps(self.normal().to_json(), sort_keys=True, ensure_ascii=True).encode()).hexdigest()

    def changed(self, **changes: Any) -> "JudgeSpec":
        """The same with these changes."""
        return replace(self, **changes)


_ENUMERATED: Mapping[str, type[StrEnum]] = {
    "answer_format": AnswerFormat,
    "reference_mode": ReferenceMode,
    "orders": Orders,
    "repetition_rule": RepetitionRule,
    "confidence": ConfidenceSource,
}


def _float(number: float | None) -> float | None:
    return None if number is None else float(number)


def _one_ending(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _plain(value: Any) -> Any:
    """JSON with whole numbers as integers and lists for tuples, so that equal values are written alike."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
