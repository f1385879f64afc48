"""Pairwise judging: two outputs of an item side by side, in both orders unless switched off."""

from collections.abc import Mapping, Sequence

from core.judging.asked import Ask, Material, Question
from core.judging.fencing import Fence
from core.judging.protocols.asking import AskingProtocol, prompt_file
from core.judging.showing import OUTPUT_FIRST, OUTPUT_SECOND, fenced_messages
from core.judging.spec import JudgeSpec, Orders
from core.judging.templates import PromptField


class Pairwise(AskingProtocol):
    """Compares the two outputs of a pair. The model names a side; the verdict names the output."""

    key = "pairwise"
    title = "Pairwise"
    about = "The model compares two outputs, once in each order; verdicts that flip count as a tie."
    kinds: tuple[str, ...] = ("pair",)
    prompts: Mapping[str, str] = {
        "": prompt_file("pairwise"),
        "verdict first": prompt_file("pairwise_bare"),
        "detailed": prompt_file("pairwise_detailed"),
    }
    shown: Mapping[str, PromptField] = {"output_first": OUTPUT_FIRST, "output_second": OUTPUT_SECOND}

    def check_scales(self, questions: Sequence[Question]) -> None:
        """Every scale will do: a pair can be graded as a whole, too."""

    def asks(self, spec: JudgeSpec, questions: Sequence[Question]) -> tuple[Ask, ...]:
        """Every call once in each order, or only in the stored one."""
        orders = ("AB", "BA") if spec.orders is Orders.BOTH else ("AB",)
        return tuple(
            Ask(ask.questions, order) for order in orders for ask in super(Pairwise, self).asks(spec, questions)
        )

    def show(self, ask: Ask, material: Material, fence: Fence) -> Mapping[str, str]:
        """Both outputs between marks, named by side; the order decides which is the first."""
        first, second = reversed(material.outputs) if ask.order == "BA" else material.outputs
        return {
            "output_first": fenced_messages("first-output", first, fence),
            "output_second": fenced_messages("second-output", second, fence),
        }
