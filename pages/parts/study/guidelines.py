"""The study's instructions, and writing a new version of them."""

import streamlit as st

from core.workflow.study_changes import write_guideline
from core.workflow.study_detail import StudyDetail
from core.workflow.workspace import Workspace
from pages.parts.frame import shown_problems, text_block, visitor
from pages.parts.study.words import FORM_WIDTH, prose


def show_guidelines(space: Workspace, detail: StudyDetail) -> None:
    """What holds, then the editor."""
    version = detail.guidelines[-1].version if detail.guidelines else 0
    if detail.guideline:
        st.html(f'<p class="sd-quiet">Version {version}. People read it with one key while grading.</p>')
        st.html(prose(detail.guideline))
    else:
        text_block("No guideline yet. A page that says how to grade is worth more than a tenth question.")
    label = "Write a new version" if version else "Write the guideline"
    with st.container(key="write-guideline", width=FORM_WIDTH), st.expander(label, expanded=not version):
        text = st.text_area(
            "Guideline (Markdown)",
            detail.guideline,
            key=f"guideline-{detail.summary.id}-{version}",
            height=320,
            max_chars=100_000,
        )
        note = st.text_input("Note on the change", key=f"guideline-note-{version}", max_chars=2_000)
        if text.strip() and text.strip() != detail.guideline:
            st.html('<h2 class="sd-head">As it will look</h2>')
            st.html(prose(text))
        with shown_problems():
            if st.button("Save a new version" if version else "Save the guideline", key="save-guideline"):
                write_guideline(space, visitor(), detail.summary.id, text, note=note, based_on=version)
                st.rerun()
