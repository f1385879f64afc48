"""What goes to a judge and what comes back, in plain records: material, request, reply, reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from json import dumps
from typing import Any, Literal

from core.scales import DeclaredScale

Messages = Sequence[Mapping[str, Any]]
"""`{role, content}` in order, as items and outputs are stored."""

Status = Literal["ok", "unreadable", "refused", "provider error", "skipped"]
"""What came of a call; see `core.models.judging.Call`."""

Kind = Literal["verdict", "answer", "probe"]


@dataclass(frozen=True, slots=True)
class Question:
    """A criterion version as a judge is asked it; `id` is the criterion's key."""

    id: int
    lineage: str
    name: str
    question: str
    guidance: str
    scale: DeclaredScale


@dataclass(frozen=True, slots=True)
class ReferenceText:
    """An expected answer; status "verified" or "unverified"."""

    text: str
    status: str


@dataclass(frozen=True, slots=True)
class Material:
    """Everything about one subject that a prompt may show. Never a system's name, never a rating.

    Attributes:
        kind: "item", "output" or "pair".
        messages: The item's.
        outputs: Of an output one, of a pair two in stored order (A, B), of an item none.
        guideline: The study's instructions as they stand now (Markdown).
        majorities: Lineage -> the most frequent value among people, read only for the baseline that needs it.
    """

    subject_id: int
    item_id: int
    kind: str
    messages: Messages
    context: str | None
    outputs: tuple[Messages, ...]
    references: tuple[ReferenceText, ...]
    guideline: str
    majorities: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """One call's worth of questions about one subject.

    Attributes:
        order: "AB" or "BA" for a pair, else None. In "BA" the stored B stands first.
    """

    questions: tuple[Question, ...]
    order: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and nothing else: two requests with the same hash are the same request.

    Attributes:
        model: As litellm names it; "" where no model is asked (baselines).
        messages: Of a chat: `{role, content}` with text.
        parameters: What is sent beside the messages (temperature, response_format, logprobs, ...).
        api_base: Where it goes; "" for the provider's own address.
    """

    model: str
    messages: tuple[Mapping[str, str], ...]
    parameters: Mapping[str, Any]
    api_base: str = ""

    def hash(self) -> str:
        """A hash of all of it, 64 hexadecimal digits."""
        sent = [self.model, [dict(one) for one in self.messages], dict(self.parameters), self.api_base]
        return sha256(dumps(sent, sort_keys=True, ensure_ascii=True).encode()).hexdigest()

    @property
    def characters(self) -> int:
        """How long the messages are."""
        return sum(len(one["content"]) for one in self.messages)


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """One token of a reply with its probability, and those of the likeliest tokens at its place."""

    token: str
    probability: float
    likeliest: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered.

    Attributes:
        text: As it came.
        finish: Why it ended ("stop", "length", "content_filter", ...).
        refusal: The provider's own refusal, where it told one apart.
        tokens: With probabilities, where they were asked for and given.
        cost: US dollars; None where no price is known.
        latency: Seconds.
    """

    text: str
    finish: str = "stop"
    refusal: str = ""
    tokens: tuple[TokenChoice, ...] = ()
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    latency: float = 0.0


@dataclass(frozen=True, slots=True)
class ReadVerdict:
    """What a reply says on one criterion: an option key, a number, or why neither.

    Attributes:
        absence: "abstained", "unreadable" or "refused"; None where there is a value.
        confidence: Share in [0, 1].
        probabilities: Option key -> probability, where token probabilities tell.
    """

    criterion_id: int
    option: str | None = None
    number: float | None = None
    absence: str | None = None
    rationale: str = ""
    confidence: float | None = None
    probabilities: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A reply, read. `ok` only if every verdict has a value or an abstention; one verdict for every question asked.

    Attributes:
        cause: Kind of failure, to group by ("no verdict found", "out of scale", "cut off", "empty", "refused"); "".
        error: The failure in words: where, what was found, what was expected.
    """

    status: Status
    verdicts: tuple[ReadVerdict, ...]
    cause: str = ""
    error: str = ""
