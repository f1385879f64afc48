"""How the study is graded."""

from enum import StrEnum
from typing import TypeVar

import streamlit as st

from core.models.grading_rules import Asked, GradingRules, ReferenceShown, Reveal, SubjectOrder
from core.workflow.study_changes import change_settings
from core.workflow.study_detail import StudyDetail
from core.workflow.workspace import Workspace
from pages.parts.frame import shown_problems, visitor

_Choice = TypeVar("_Choice", bound=StrEnum)

_REVEAL = {
    Reveal.NEVER: "Never: whoever grades sees no verdict, label or other grade.",
    Reveal.AFTER: "After grading: then the grade can be kept or revised, and both answers are stored.",
}
_ASKED = {Asked.OFF: "not asked", Asked.OPTIONAL: "optional", Asked.REQUIRED: "required"}
_REFERENCE = {
    ReferenceShown.BEFORE: "while grading",
    ReferenceShown.AFTER: "after grading",
    ReferenceShown.NEVER: "never",
}
_ORDER = {
    SubjectOrder.RANDOM: "a shuffle of their own for everybody",
    SubjectOrder.FILE: "the order of the file",
}


def show_settings(space: Workspace, detail: StudyDetail) -> None:
    """Every setting with its choices; saved as one version."""
    version = detail.settings[-1].version if detail.settings else 0
    key, now = f"{detail.summary.id}-{version}", detail.rules
    rules = GradingRules(
        reveal=_choose("Show verdicts, the original label and others' grades", _REVEAL, now.reveal, f"reveal-{key}"),
        reference=_choose("Show the reference", _REFERENCE, now.reference, f"reference-{key}"),
        comment=_choose("Comment", _ASKED, now.comment, f"comment-{key}"),
        confidence=_choose("Confidence", _ASKED, now.confidence, f"confidence-{key}"),
        order=_choose("Subjects come in", _ORDER, now.order, f"order-of-subjects-{key}"),
    )
    with shown_problems():
        if st.button("Save the settings", key="save-settings", type="primary", disabled=rules == now):
            change_settings(space, visitor(), detail.summary.id, rules, based_on=version)
            st.rerun()
    st.html('<p class="sd-quiet">Settings hold from now on; grades already given keep the phase they had.</p>')


def _choose(label: str, words: dict[_Choice, str], now: _Choice, key: str) -> _Choice:
    choices = list(words)
    chosen: _Choice | None = st.radio(
        label,
        choices,
        choices.index(now),
        key=key,
        format_func=lambda one: words[one],
        horizontal=max(map(len, words.values())) < 40,
    )
    return chosen or now
