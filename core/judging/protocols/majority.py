"""Always the majority: says of everything what people say most often. The agreement that costs no reading at all."""

from collections.abc import Mapping
from typing import Any

from core.judging.asked import Material, Question
from core.judging.protocols.without_model import Baseline, Said
from core.judging.spec import JudgeSpec


class Majority(Baseline):
    """The most frequent blind grade of people on the question; of the train split, where items are split."""

    key = "majority"
    title = "Always the majority"
    about = (
        "Gives everything the value that people chose most often when grading blind, on the train split where items are"
        " split. No LLM."
    )
    kinds: tuple[str, ...] = ("item", "output", "pair")

    def lacks(self, spec: JudgeSpec, question: Question, material: Material) -> str:  # noqa: ARG002 - a hook
        """A majority: nobody rated, or two values are equally frequent."""
        return "" if question.lineage in material.majorities else "no majority"

    def looks_at(self, spec: JudgeSpec, question: Question, material: Material) -> Mapping[str, Any]:  # noqa: ARG002
        """The majority alone: all subjects share one call."""
        return {"majority": material.majorities[question.lineage]}

    def decide(self, spec: JudgeSpec, question: Question, material: Material) -> Said:  # noqa: ARG002 - a hook
        """The majority."""
        return Said(material.majorities[question.lineage], "most frequent among people")
