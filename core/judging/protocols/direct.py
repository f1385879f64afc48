"""Direct judging: an item or an output is graded on its own."""

from collections.abc import Mapping, Sequence

from core.errors import BadInput, shortened
from core.judging.asked import Ask, Material, Question
from core.judging.fencing import Fence
from core.judging.protocols.asking import AskingProtocol, prompt_file
from core.judging.showing import OUTPUT, fenced_messages
from core.judging.templates import PromptField
from core.scales import ScaleKind


class Direct(AskingProtocol):
    """Grades an item or an output, with or without a reference."""

    key = "direct"
    title = "Direct"
    about = "The model grades an item or an output on its own, criterion by criterion."
    kinds: tuple[str, ...] = ("item", "output")
    prompts: Mapping[str, str] = {
        "": prompt_file("direct"),
        "verdict first": prompt_file("direct_bare"),
        "detailed": prompt_file("direct_detailed"),
    }
    shown: Mapping[str, PromptField] = {"output": OUTPUT}

    def check_scales(self, questions: Sequence[Question]) -> None:
        """Refuse preferences: they need two outputs."""
        for question in questions:
            if question.scale.kind is ScaleKind.PREFERENCE:
                found = f"a preference scale in {shortened(question.name)}"
                raise BadInput(where="criteria", found=found, expected="scales of single items or outputs")

    def show(self, ask: Ask, material: Material, fence: Fence) -> Mapping[str, str]:  # noqa: ARG002
        """The output between marks; nothing for an item."""
        return {"output": fenced_messages("output", material.outputs[0], fence) if material.outputs else ""}
