"""Reference-guided judging: an output is held against the item's references, or against the judge's own answer."""

from collections.abc import Mapping, Sequence

from core.errors import BadInput
from core.judging.asked import Question
from core.judging.protocols.asking import prompt_file
from core.judging.protocols.direct import Direct
from core.judging.spec import JudgeSpec, ReferenceMode


class ReferenceGuided(Direct):
    """Grades an output against a reference."""

    key = "reference"
    title = "Reference-guided"
    about = "The model holds an output against the item's reference answers, or against its own answer."
    kinds: tuple[str, ...] = ("output",)
    prompts: Mapping[str, str] = {
        "": prompt_file("reference_guided"),
        "verdict first": prompt_file("reference_guided_bare"),
        "detailed": prompt_file("reference_guided_detailed"),
    }

    def check(self, spec: JudgeSpec, questions: Sequence[Question]) -> None:
        """Refuse a judge without a reference, and what `Direct` refuses.

        Raises:
            BadInput: With the field or setting that is wrong.
        """
        if spec.reference_mode is ReferenceMode.NONE:
            expected = "the item's references (human) or the judge's own answer (self)"
            raise BadInput(where="reference", found='"none"', expected=expected)
        super().check(spec, questions)
