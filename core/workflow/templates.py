"""What a new study can start from: a few criteria with their scales, to be changed afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import BadInput
from core.models.study import Target
from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail, preference
from core.store.study_edits import CriterionDraft

__all__ = ["FACES", "CriterionDraft", "Template", "TemplateFace", "drafts", "label_scale"]


class Template(StrEnum):
    """What a new study starts from."""

    DIRECT = "direct"
    PAIRWISE = "pairwise"
    RUBRIC = "rubric"
    LABEL_AUDIT = "label audit"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class TemplateFace:
    """How a template is offered: its name and one sentence."""

    name: str
    sentence: str


FACES: dict[Template, TemplateFace] = {
    Template.DIRECT: TemplateFace(
        "Direct assessment", "Each output is read alone and gets a quality from 1 to 5 and a pass or fail."
    ),
    Template.PAIRWISE: TemplateFace(
        "Pairwise", "Two outputs of one item side by side: which is better, a tie, or both bad."
    ),
    Template.RUBRIC: TemplateFace(
        "Rubric", "Each output is graded on correctness, completeness, clarity and relevance, then overall."
    ),
    Template.LABEL_AUDIT: TemplateFace(
        "Label audit", "Each item gets one label from your list, to be held against the label it came with."
    ),
    Template.EMPTY: TemplateFace("Empty", "No criteria yet: an import brings them, or you write your own."),
}
"""Every template, in the order in which it is offered."""

_QUALITY = {1: "Very poor", 2: "Poor", 3: "Fair", 4: "Good", 5: "Excellent"}


def drafts(template: Template, *, labels: Sequence[str] = ()) -> tuple[CriterionDraft, ...]:
    """The criteria that a template starts with.

    Args:
        template: Which one.
        labels: The labels of a label audit, in the order in which they are shown; other templates take none.

    Raises:
        BadInput: A label audit has fewer than two labels, or one twice.
    """
    if template is Template.DIRECT:
        return (_quality("Quality", "How good is this output?"), _acceptable())
    if template is Template.PAIRWISE:
        return (
            CriterionDraft(
                name="Preference",
                question="Which output is better?",
                applies_to=Target.PAIR,
                scale=preference(both_bad=True),
            ),
        )
    if template is Template.RUBRIC:
        return tuple(_quality(name, question) for name, question in _RUBRIC)
    if template is Template.LABEL_AUDIT:
        return (
            CriterionDraft(
                name="Label", question="Which label is right?", applies_to=Target.ITEM, scale=label_scale(labels)
            ),
        )
    return ()


_RUBRIC = (
    ("Correctness", "Is everything it says right?"),
    ("Completeness", "Is everything there that was asked for?"),
    ("Clarity", "Is it easy to follow?"),
    ("Relevance", "Does it keep to what was asked?"),
    ("Overall", "How good is this output, all in all?"),
)


def _quality(name: str, question: str) -> CriterionDraft:
    return CriterionDraft(name=name, question=question, applies_to=Target.OUTPUT, scale=likert(1, 5, _QUALITY))


def _acceptable() -> CriterionDraft:
    return CriterionDraft(
        name="Acceptable",
        question="Would you let this output go out as it is?",
        applies_to=Target.OUTPUT,
        scale=pass_fail(),
    )


def label_scale(labels: Sequence[str]) -> DeclaredScale:
    """A nominal scale of these labels; empty lines are left out.

    Raises:
        BadInput: There are fewer than two, or one stands twice.
    """
    kept = [label.strip() for label in labels if label.strip()]
    if len(kept) < 2:
        raise BadInput(where="labels", found=f"{len(kept)}", expected="at least two, one a line")
    return DeclaredScale(ScaleKind.NOMINAL, tuple(Option(label[:64].strip(), label) for label in kept))
