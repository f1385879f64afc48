"""Step four: the import runs; then what was brought in, and where to go with it."""

import streamlit as st

from core.errors import Cancelled, TouchstoneError
from core.workflow.importing import ImportResult
from pages.parts.frame import page_link, show_error, text_block
from pages.parts.wizard.state import Step, Wizard, start_over
from pages.parts.wizard.watching import watch
from pages.parts.wizard.words import counted, joined

_NOTE = (
    "You can leave or close this page: the import goes on, and the study shows it once it is whole. "
    "Cancel takes everything back that it has written."
)


def show_import(wizard: Wizard) -> None:
    """The running import, or its end."""
    task = wizard.importing
    if task is None:
        wizard.go(Step.FILES)
        st.rerun()
    if not task.finished:
        watch(task, "Importing", _NOTE)
    elif task.result is not None:
        _show_result(wizard, task.result)
    else:
        _show_failure(wizard, task.error)


def _show_result(wizard: Wizard, result: ImportResult) -> None:
    wizard.folder.remove()
    wizard.uploads.clear()
    study = str(result.study_id)
    st.session_state["study"] = study
    text_block(_sentence(result), kind="say")
    asides = result.checked.set_aside
    without = sum(one.count for one in asides if one.treated != "missing")
    told = [counted(result.checked.n_missing, "value") + " left no rating"] if result.checked.n_missing else []
    told += [counted(without, "rating") + " came without an answer"] if without else []
    changed = result.checked.ratings.changed + result.checked.items.changed + result.checked.outputs.changed
    told += [counted(changed, "row") + " differed from the study and were left out"] if changed else []
    if told:
        text_block(f"{joined(told)}.")
    with st.container(horizontal=True, gap="medium", key="wz-ways-on"):
        page_link("grade", "Grade", study=study)
        if result.checked.ratings.total:
            page_link("agreement", "See agreement", study=study)
        page_link("study", "Open the study", study=study)
    st.button("Import more", key="import-more", on_click=start_over)


def _sentence(result: ImportResult) -> str:
    checked = result.checked
    if result.import_id is None:
        return f"“{result.study_name}” had everything in these files already; nothing was added."
    new = [counted(checked.items.new, "item")] if checked.items.new else []
    new += [counted(checked.outputs.new, "output")] if checked.outputs.new else []
    new += [counted(checked.ratings.new, "rating")] if checked.ratings.new else []
    return f"Brought into “{result.study_name}”: {joined(new) or 'new subjects or questions'}."


def _show_failure(wizard: Wizard, error: TouchstoneError | None) -> None:
    if isinstance(error, Cancelled):
        text_block("The import was stopped. Nothing of it was kept.", kind="say")
    elif error is not None:
        text_block("The import did not happen; the study is as it was.", kind="say")
        show_error(error)
    with st.container(horizontal=True, key="wz-way-failed"):
        if wizard.uploads:
            st.button("Back to the check", key="back-to-check", type="primary", on_click=_again, args=(wizard,))
        st.button("Start over", key="start-over", on_click=start_over)


def _again(wizard: Wizard) -> None:
    wizard.importing = None
    st.query_params.pop("task", None)
    wizard.forget_check()
    wizard.go(Step.CHECK)
