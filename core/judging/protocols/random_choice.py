"""Random: every value of the scale with the same probability. What agreement looks like when nothing is looked at."""

from collections.abc import Mapping
from hashlib import sha256
from math import floor
from typing import Any

from core.errors import BadInput
from core.judging.asked import Material, Question
from core.judging.protocols.without_model import Baseline, Said, Setting, Value
from core.judging.spec import JudgeSpec
from core.scales import DeclaredScale

_BITS = 53
"""As many as a float between 0 and 1 holds."""


class RandomChoice(Baseline):
    """Drawn from the seed, the subject and the question alone: the same judge says the same again."""

    key = "random"
    title = "Random"
    about = "Draws one of the scale's options (or a number of its range) for every subject, from a seed. No LLM."
    kinds: tuple[str, ...] = ("item", "output", "pair")
    settings: Mapping[str, Setting] = {"seed": Setting("Another seed, another draw.", 0, least=0)}

    def check_question(self, spec: JudgeSpec, question: Question) -> None:  # noqa: ARG002 - a hook
        """An open range has no uniform draw."""
        if question.scale.is_numeric and question.scale.low is None:
            where = f'criterion "{question.lineage}"'
            raise BadInput(where=where, found="numbers without bounds", expected="options, or numbers with both ends")

    def looks_at(self, spec: JudgeSpec, question: Question, material: Material) -> Mapping[str, Any]:  # noqa: ARG002
        """Which subject it is; the question's lineage, so that a better wording draws the same."""
        return {"subject": material.subject_id, "lineage": question.lineage}

    def decide(self, spec: JudgeSpec, question: Question, material: Material) -> Said:
        """The draw."""
        seed = self.setting(spec, "seed")
        drawn = sha256(f"{seed}\0{material.subject_id}\0{question.lineage}".encode()).digest()
        return Said(
            _uniform(question.scale, (int.from_bytes(drawn[:8], "big") >> (64 - _BITS)) / 2**_BITS),
            f"drawn with seed {seed}",
        )


def _uniform(scale: DeclaredScale, share: float) -> Value:
    """The value of the scale at this share of it, in [0, 1): options and steps are equally wide."""
    if not scale.is_numeric:
        return scale.keys[floor(share * len(scale.keys))]
    low, high = scale.low or 0.0, scale.high or 0.0
    if scale.step is None:
        return low + share * (high - low)
    n_steps = floor((high - low) / scale.step + 1e-9) + 1
    return low + floor(share * n_steps) * scale.step
