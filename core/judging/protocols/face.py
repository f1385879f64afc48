"""What every judge protocol offers; a new one is a module with an instance of it and a row in `PROTOCOLS`."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.judging.asked import Ask, Material, Question, Reading, Reply, Request
from core.judging.fencing import Fence
from core.judging.spec import JudgeSpec
from core.judging.templates import PromptField

__all__ = ["JudgeProtocol", "PromptField"]


class JudgeProtocol(Protocol):
    """How subjects become requests and replies become verdicts.

    Attributes:
        key: Stored with the judge.
        title, about: For people.
        kinds: Of subjects it can judge.
        asks_model: False for baselines: `reply` answers, and nothing is sent or paid.
        prompts: Variant -> template; the main one is "". Empty for baselines.
    """

    key: str
    title: str
    about: str
    kinds: tuple[str, ...]
    asks_model: bool
    prompts: Mapping[str, str]

    def fields(self, spec: JudgeSpec) -> Mapping[str, PromptField]:
        """The fields a template of this judge may have, and must have."""
        ...

    def check(self, spec: JudgeSpec, questions: Sequence[Question]) -> None:
        """Refuse a judge that cannot work on these questions.

        Raises:
            BadInput: With the field or setting that is wrong.
        """
        ...

    def asks(self, spec: JudgeSpec, questions: Sequence[Question]) -> tuple[Ask, ...]:
        """The calls that one repetition of one subject takes."""
        ...

    def missing(self, spec: JudgeSpec, ask: Ask, material: Material) -> str:
        """Why this cannot be asked of this subject ("no reference"); "" where it can."""
        ...

    def answer_request(self, spec: JudgeSpec, material: Material, *, fence: Fence) -> Request | None:
        """The request for the judge's own answer, which comes first; None where none is wanted."""
        ...

    def request(
        self, spec: JudgeSpec, ask: Ask, material: Material, *, fence: Fence, own_answer: str | None = None
    ) -> Request:
        """What is sent for the verdict; for a baseline, what it looks at."""
        ...

    def reply(self, spec: JudgeSpec, ask: Ask, material: Material) -> Reply:
        """The answer of a protocol that asks no model.

        Raises:
            TypeError: It does ask one.
        """
        ...

    def read(self, spec: JudgeSpec, ask: Ask, reply: Reply) -> Reading:
        """What the reply says; never a guess."""
        ...
