"""The frame around the steps: title, where one is, and the step itself."""

from pathlib import Path

import streamlit as st

from pages.parts.frame import page_title, text_block, visitor, workspace
from pages.parts.wizard.bringing import show_import
from pages.parts.wizard.check import show_check
from pages.parts.wizard.files import show_files
from pages.parts.wizard.mapping import show_mapping
from pages.parts.wizard.state import STEP_NAMES, Step, Wizard, current_wizard

_STYLE = Path(__file__).with_name("wizard.css")


def show_wizard() -> None:
    """The import page."""
    st.html(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")
    wizard = current_wizard()
    page_title("Import", note="Bring in items, outputs and ratings. Nothing is written before the last step.")
    if wizard.step is not Step.IMPORT and not wizard.uploads:
        wizard.step = Step.FILES
    _keep_address(wizard)
    _scroll_up(wizard.step)
    st.html(_trail(wizard.step))
    if wizard.note:
        text_block(wizard.note, kind="warning")
    if wizard.step is Step.FILES:
        show_files(wizard)
    elif wizard.step is Step.MAPPING:
        show_mapping(wizard, workspace())
    elif wizard.step is Step.CHECK:
        show_check(wizard, workspace(), visitor())
    else:
        show_import(wizard)


def _keep_address(wizard: Wizard) -> None:
    """A refreshed page can then say what became of its files, or find its running import."""
    if st.query_params.get("step", "1") != str(int(wizard.step)):
        st.query_params["step"] = str(int(wizard.step))
    if wizard.importing is not None and st.query_params.get("task") != wizard.importing.token:
        st.query_params["task"] = wizard.importing.token


def _scroll_up(step: Step) -> None:
    """Begin a new step at its top: the page would else stay where the button of the last one was pressed."""
    if st.session_state.get("import-step-seen") != step:
        st.session_state["import-step-seen"] = step
        st.session_state["import-turns"] = st.session_state.get("import-turns", 0) + 1
    turn = int(st.session_state["import-turns"])
    st.html(
        f"<script>/* {turn} */ document.querySelector('[data-testid=\"stMain\"]')?.scrollTo(0, 0);</script>",
        unsafe_allow_javascript=True,
    )


def _trail(step: Step) -> str:
    marks = []
    for one, name in STEP_NAMES.items():
        state = ' aria-current="step"' if one is step else ' class="done"' if one < step else ""
        marks.append(f"<li{state}><span>{int(one)}</span>{name}</li>")
    return f'<ol class="wz-trail" aria-label="Steps">{"".join(marks)}</ol>'
