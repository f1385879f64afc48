"""The form for the questions that were answered, with their scales."""

from html import escape
from typing import Any

import streamlit as st

from core.importing.mapping import CriterionEntry
from core.scales import DeclaredScale
from core.workflow.import_wizard_scales import scale_entry
from pages.parts.study.scale_editor import edited_scale
from pages.parts.wizard.state import Wizard
from pages.parts.wizard.words import heading

_TARGETS = {"item": "the item", "output": "one output", "pair": "two outputs"}
_KINDS = {
    "binary": "two options", "nominal": "labels without order", "ordinal": "ordered options", "interval": "numbers",
    "ratio": "numbers from zero", "preference": "which of two",
}  # fmt: skip
_CHIPS = 12


def edited_questions(wizard: Wizard) -> list[dict[str, Any]]:
    """`[[criteria]]` as they stand on the page; one is open for editing at a time."""
    mapping = wizard.mapping
    if mapping is None:
        return []
    entries = [entry.model_dump(mode="json", exclude_defaults=True, exclude_none=True) for entry in mapping.criteria]
    heading("Questions", "What was asked, and which answers there are. A rating is read on its question's scale.")
    if not entries:
        st.html('<p class="wz-quiet">The questions are those of the study, or stand in the files.</p>')
        return entries
    st.html(f'<ul class="wz-questions">{"".join(_line(entry) for entry in mapping.criteria)}</ul>')
    places: list[int | None] = [None, *range(len(entries))]
    open_now = st.selectbox(
        "Change a question", places, 0, key=f"question-{wizard.generation}",
        format_func=lambda one: "none" if one is None else f"{mapping.criteria[one].name or mapping.criteria[one].key}",
    )  # fmt: skip
    if open_now is not None:
        entries[open_now] |= _edited(wizard, open_now, mapping.criteria[open_now])
    return entries


def _line(entry: CriterionEntry) -> str:
    scale = entry.scale.declared()
    name = entry.name or entry.key
    asked = f"<p>{escape(entry.question)}</p>" if entry.question and entry.question != name else ""
    about = f"{_KINDS[scale.kind.value]}, about {_TARGETS[entry.applies_to]}"
    return f'<li><b>{escape(name)}</b><span class="wz-quiet"> {about}</span>{asked}<div>{_chips(scale)}</div></li>'


def _chips(scale: DeclaredScale) -> str:
    if scale.is_numeric:
        open_ended = scale.low is None or scale.high is None
        return f'<span class="wz-chip">{"any number" if open_ended else f"{scale.low:g} to {scale.high:g}"}</span>'
    chips = [f'<span class="wz-chip">{escape(option.label or option.key)}</span>' for option in scale.options[:_CHIPS]]
    more = len(scale.options) - _CHIPS
    return "".join(chips) + (f'<span class="wz-quiet">and {more} more</span>' if more > 0 else "")


def _edited(wizard: Wizard, place: int, entry: CriterionEntry) -> dict[str, Any]:
    key = f"question-{wizard.generation}-{place}"
    targets = list(_TARGETS)
    with st.container(key="wz-question"):
        left, right = st.columns([1, 2], gap="medium")
        name = left.text_input("Name", entry.name or entry.key, key=f"{key}-name", max_chars=200)
        question = right.text_input("Question", entry.question, key=f"{key}-asked", max_chars=1_000)
        applies_to = left.selectbox(
            "It is about", targets, targets.index(entry.applies_to), key=f"{key}-about",
            format_func=lambda one: _TARGETS[one],
        )  # fmt: skip
        with right:
            scale = edited_scale(key, entry.scale.declared())
    changes: dict[str, Any] = {"name": name or entry.key, "question": question, "applies_to": applies_to}
    if scale is not None and scale != entry.scale.declared():
        changes["scale"] = scale_entry(scale).model_dump(mode="json", exclude_defaults=True)
    return changes
