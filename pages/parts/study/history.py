"""Every version that was saved, with what changed in it."""

from html import escape

import streamlit as st

from core.rendering import word_diff
from core.workflow.study_detail import StudyDetail
from core.workflow.study_history import Change, study_history
from pages.parts.frame import text_block

_SHOWN = 50


def show_history(detail: StudyDetail) -> None:
    """The changes, the newest first; a longer history is shown in full on demand."""
    changes = study_history(detail)
    everything = len(changes) <= _SHOWN or st.toggle(f"Show all {len(changes)} changes", key="all-changes")
    shown = changes if everything else changes[:_SHOWN]
    st.html("".join(_entry(change) for change in shown))
    if len(shown) < len(changes):
        text_block(f"{len(shown)} of {len(changes)} changes shown.")


def _entry(change: Change) -> str:
    who = f" by {escape(change.by)}" if change.by else ""
    note = f'<p class="sd-quiet">{escape(change.note)}</p>' if change.note else ""
    return (
        f'<div class="sd-change"><b>{escape(change.title)}</b>'
        f'<span class="sd-when">{change.at:%d %b %Y, %H:%M} UTC{who}</span>{note}'
        f"<details><summary>{'What changed' if change.before else 'As it was written'}</summary>"
        f"{_texts(change)}</details></div>"
    )


def _texts(change: Change) -> str:
    if not change.before:
        return f'<div class="sd-diff"><pre>{escape(change.after)}</pre></div>'
    diff = word_diff(change.before, change.after)
    return f'<div class="sd-diff">{diff.left_html}{diff.right_html}</div>'
