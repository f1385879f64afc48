"""The first subjects of an import in the words of the grading card, so that the card itself can show them."""

from collections.abc import Sequence
from typing import Any

from core.importing.checked import PreviewCriterion, PreviewRating, PreviewSubject
from core.rendering import messages_html, rendered, word_count
from core.scales import ScaleKind
from core.store.exposing import expose_subjects
from core.store.imported import subjects_by_key
from core.workflow.grading_answers import SIDE_LABELS
from core.workflow.grading_cards import text_of
from core.workflow.workspace import Visitor, Workspace

_SIDE_OF = {"A": "left", "tie": "tie", "B": "right", "both_bad": "both_bad"}
_ABSENCES = {
    "abstained": "can't tell", "unreadable": "unreadable", "refused": "refused", "withdrawn": "withdrawn",
}  # fmt: skip


def preview_card(subject: PreviewSubject) -> dict[str, Any]:
    """What the card draws a subject from: texts as sanitised HTML, no system names, no ratings.

    The references are left out: a new study shows them after the answer.
    """
    sides = ("left", "right") if subject.kind == "pair" else ("only",)
    return {
        "card": {
            "subject": subject.key,
            "kind": subject.kind,
            "messages_html": messages_html(subject.messages),
            "messages_raw_html": messages_html(subject.messages, raw=True),
            "context_html": rendered(subject.context) if subject.context else None,
            "reference_html": None,
            "outputs": [
                {
                    "side": side,
                    "html": messages_html(messages),
                    "raw_html": messages_html(messages, raw=True),
                    "words": word_count(text_of(messages)),
                }
                for side, messages in zip(sides, subject.outputs, strict=False)
            ],
            "criteria": list(range(len(subject.criteria))),
            "state": "to do",
        },
        "criteria": [_criterion(place, criterion) for place, criterion in enumerate(subject.criteria)],
    }


def rating_words(rating: PreviewRating, criteria: Sequence[PreviewCriterion]) -> str:
    """What was said, as the card would call it: of a pair, A stands left in a preview."""
    if rating.absence:
        return _ABSENCES.get(rating.absence, rating.absence)
    for criterion in criteria:
        if criterion.name == rating.criterion and _has_sides(criterion):
            return SIDE_LABELS.get(_SIDE_OF.get(rating.value, ""), rating.value)
        if criterion.name == rating.criterion:
            labels = {option.key: option.label for option in criterion.scale.options}
            return labels.get(rating.value, rating.value)
    return rating.value


def note_seen(workspace: Workspace, visitor: Visitor, study_id: int, subjects: Sequence[PreviewSubject]) -> None:
    """Keep in mind that somebody read the ratings of these subjects before grading any of them (after the import)."""
    rated = [subject.key for subject in subjects if subject.ratings]
    with workspace.database.writing() as session:
        keys = subjects_by_key(study_id, rated, session=session)
        expose_subjects(study_id, visitor.name, keys, shown_on="importing", now=workspace.clock(), session=session)


def _has_sides(criterion: PreviewCriterion) -> bool:
    return criterion.applies_to == "pair" and criterion.scale.kind is ScaleKind.PREFERENCE


def _criterion(place: int, criterion: PreviewCriterion) -> dict[str, Any]:
    scale = criterion.scale
    if _has_sides(criterion):
        keys = set(scale.keys)
        options = [
            {"key": side, "label": SIDE_LABELS[side], "definition": ""} for key, side in _SIDE_OF.items() if key in keys
        ]
    else:
        options = [
            {"key": option.key, "label": option.label, "definition": option.definition} for option in scale.options
        ]
    return {
        "id": place,
        "name": criterion.name,
        "question": criterion.question,
        "guidance_html": rendered(criterion.guidance) if criterion.guidance else "",
        "required": True,
        "numeric": {"low": scale.low, "high": scale.high, "step": scale.step} if scale.is_numeric else None,
        "options": options,
    }
