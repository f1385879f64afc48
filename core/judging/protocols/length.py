"""Length: the longer (or the shorter) output is better. What a judge must beat to show that it reads."""

from collections.abc import Mapping
from typing import Any

from core.errors import BadInput
from core.judging.asked import Material, Messages, Question
from core.judging.protocols.without_model import (
    HIT_AND_MISS,
    Baseline,
    Said,
    Setting,
    better_side,
    hit_and_miss,
)
from core.judging.said import said
from core.judging.spec import JudgeSpec
from core.scales import ScaleKind

_ORDERED = (ScaleKind.ORDINAL, ScaleKind.INTERVAL, ScaleKind.RATIO)


class Length(Baseline):
    """Pairs: the longer side, a tie within a tolerance. Ordered options: by thresholds. Else hit or miss by a limit."""

    key = "length"
    title = "Length"
    about = "Prefers the longer (or shorter) output; on other scales, long (or short) enough is a hit. No LLM."
    kinds: tuple[str, ...] = ("output", "pair")
    weighs_sides = True
    settings: Mapping[str, Setting] = {
        "prefer": Setting("Which outputs are better.", "longer", ("longer", "shorter")),
        "unit": Setting("What is counted; words are parted by blank space.", "characters", ("characters", "words")),
        "tolerance": Setting(
            "Pairs: share of the longer output by which lengths may differ and still tie.", 0, is_share=True
        ),
        "limit": Setting("A hit is at least this long; at most, where shorter is better.", least=1),
        "thresholds": Setting(
            "Ordered scales: lengths from which the next option begins, one fewer than there are options.",
            least=1,
            is_list=True,
        ),
        **HIT_AND_MISS,
    }

    def check_question(self, spec: JudgeSpec, question: Question) -> None:
        """A preference needs nothing; ordered options need thresholds, others a limit."""
        scale, where = question.scale, f'criterion "{question.lineage}"'
        if scale.kind is ScaleKind.PREFERENCE:
            return
        if scale.is_numeric:
            raise BadInput(where=where, found="a scale of free numbers", expected="a scale of options")
        if scale.kind in _ORDERED:
            wanted, thresholds = len(_ladder(question)) - 1, spec.options.get("thresholds")
            found = f"{len(thresholds)}" if thresholds else "none"
            if not thresholds or len(thresholds) != wanted:
                raise BadInput(where=f'{where}, setting "thresholds"', found=found, expected=f"{wanted} lengths")
            return
        if spec.options.get("limit") is None:
            raise BadInput(where=f'{where}, setting "limit"', found="none", expected="the length that makes a hit")
        hit_and_miss(spec, question)

    def looks_at(self, spec: JudgeSpec, question: Question, material: Material) -> Mapping[str, Any]:  # noqa: ARG002
        """Only the lengths."""
        return {"lengths": [self._length(spec, output) for output in material.outputs]}

    def decide(self, spec: JudgeSpec, question: Question, material: Material) -> Said:
        """By the lengths alone."""
        lengths = [self._length(spec, output) for output in material.outputs]
        unit, longer = self.setting(spec, "unit"), self.setting(spec, "prefer") == "longer"
        if question.scale.kind is ScaleKind.PREFERENCE:
            return self._preferred(spec, question, lengths[0], lengths[1])
        words = f"{lengths[0]:,} {unit}"
        if question.scale.kind in _ORDERED:
            ladder = _ladder(question) if longer else _ladder(question)[::-1]
            return Said(ladder[sum(lengths[0] >= begins for begins in spec.options["thresholds"])], words)
        hit, miss = hit_and_miss(spec, question)
        limit = spec.options["limit"]
        is_hit = lengths[0] >= limit if longer else lengths[0] <= limit
        return Said(hit if is_hit else miss, f"{words}, {'at least' if longer else 'at most'} {limit:,} wanted")

    def _preferred(self, spec: JudgeSpec, question: Question, a: int, b: int) -> Said:
        tolerance = self.setting(spec, "tolerance")
        words = f"A has {a:,}, B {b:,} {self.setting(spec, 'unit')}"
        if abs(a - b) <= tolerance * max(a, b):
            return Said(better_side(0, 0, question.scale), words)
        sign = 1 if self.setting(spec, "prefer") == "longer" else -1
        return Said(better_side(sign * a, sign * b, question.scale), words)

    def _length(self, spec: JudgeSpec, output: Messages) -> int:
        text = said(output).strip()
        return len(text.split()) if self.setting(spec, "unit") == "words" else len(text)


def _ladder(question: Question) -> tuple[str, ...]:
    """The options in their order, without "does not apply"."""
    return tuple(key for key in question.scale.keys if key != "na")
