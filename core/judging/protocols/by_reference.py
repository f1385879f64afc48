"""What the baselines that look for a reference in an output share: hit or miss, and which side of a pair hits."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from core.judging.asked import Material, Messages, Question
from core.judging.protocols.without_model import HIT_AND_MISS, Baseline, Said, Setting, better_side, hit_and_miss
from core.judging.said import compared, digest, said
from core.judging.spec import JudgeSpec
from core.scales import ScaleKind

TEXTS: Mapping[str, Setting] = {
    "case": Setting("Whether capital and small letters differ.", "cased", ("cased", "uncased")),
    "space": Setting(
        "Whether blank space counts: normalised to single spaces without any around, or kept as it is.",
        "normalised",
        ("normalised", "kept"),
    ),
}


class ByReference(Baseline):
    """Hit: the output and one of the item's references stand in some relation. Several references: any of them."""

    kinds: tuple[str, ...] = ("output", "pair")
    settings: Mapping[str, Setting] = {**TEXTS, **HIT_AND_MISS}
    weighs_sides = True
    hits_in_words: str
    """As in "equals reference 2"."""

    @abstractmethod
    def hits(self, output: str, reference: str) -> bool:
        """Whether they stand in the relation; both as they are compared."""

    def can_use(self, reference: str) -> bool:
        """Whether the reference, as it is compared, has anything to look for."""
        return bool(reference)

    def check_question(self, spec: JudgeSpec, question: Question) -> None:
        """A hit and a miss must stand for something; a preference needs no such setting."""
        if question.scale.kind is not ScaleKind.PREFERENCE:
            hit_and_miss(spec, question)

    def lacks(self, spec: JudgeSpec, question: Question, material: Material) -> str:  # noqa: ARG002 - a hook
        """A reference to look for."""
        return "" if self._references(spec, material) else "no reference"

    def looks_at(self, spec: JudgeSpec, question: Question, material: Material) -> Mapping[str, Any]:  # noqa: ARG002
        """The outputs and the references."""
        return {
            "outputs": [digest(said(output)) for output in material.outputs],
            "references": [digest(reference.text) for reference in material.references],
        }

    def decide(self, spec: JudgeSpec, question: Question, material: Material) -> Said:
        """Hit or miss; of a pair the side that hits, where only one does."""
        found = [self._found(spec, output, material) for output in material.outputs]
        words = [self._in_words(number, len(self._references(spec, material))) for number in found]
        if question.scale.kind is ScaleKind.PREFERENCE:
            a, b = (float(number is not None) for number in found)
            return Said(better_side(a, b, question.scale), f"A {words[0]}, B {words[1]}")
        hit, miss = hit_and_miss(spec, question)
        return Said(miss if found[0] is None else hit, words[0])

    def _found(self, spec: JudgeSpec, output: Messages, material: Material) -> int | None:
        text = self._compared(spec, said(output))
        for number, reference in self._references(spec, material).items():
            if self.hits(text, reference):
                return number
        return None

    def _references(self, spec: JudgeSpec, material: Material) -> Mapping[int, str]:
        texts = {number: self._compared(spec, one.text) for number, one in enumerate(material.references, start=1)}
        return {number: text for number, text in texts.items() if self.can_use(text)}

    def _compared(self, spec: JudgeSpec, text: str) -> str:
        spaced = "space" in self.settings and self.setting(spec, "space") == "kept"
        return compared(text, cased=self.setting(spec, "case") == "cased", spaced=spaced)

    def _in_words(self, number: int | None, n_references: int) -> str:
        if number is not None:
            return f"{self.hits_in_words} reference {number}"
        return f"{self.hits_in_words} {'no reference' if n_references == 1 else f'none of {n_references} references'}"
