"""The list of studies, and making a new one."""

from html import escape

import streamlit as st

from core.workflow.demo import load_demo
from core.workflow.studies import StudySummary, create_study, list_studies
from core.workflow.templates import FACES, Template
from core.workflow.workspace import Workspace
from pages.parts.frame import page_link, page_title, shown_problems, text_block, visitor
from pages.parts.study.words import FORM_WIDTH, counted, holdings, tags

_SHOWN = 30
"""Studies listed at once; a longer list is searched."""
_SEARCH_FROM = 9


def open_study(study_id: int) -> None:
    """Put a study into the address and the session."""
    st.session_state["study"] = str(study_id)
    st.query_params["study"] = str(study_id)


def leave_study() -> None:
    """Go back to the list."""
    st.session_state.pop("study", None)
    if "study" in st.query_params:
        del st.query_params["study"]


def show_list(space: Workspace) -> None:
    """Every study with what it holds; below, a new one."""
    found = list_studies(space)
    page_title("Studies")
    if not found:
        _show_first_steps(space)
    else:
        _show_rows(found)
    with st.container(key="new-study", width=FORM_WIDTH):
        st.html('<h2 class="sd-head">New study</h2>')
        _show_new(space)
    if found and not any(study.illustrative for study in found):
        st.html('<p class="sd-quiet">Want to look around first? The demo has invented grades on every page.</p>')
        _offer_demo(space, kind="secondary")


def _show_first_steps(space: Workspace) -> None:
    text_block(
        "There is no study yet. Load the demo to see every page at work, import a file of outputs or ratings, or"
        " create a study here.",
        kind="empty",
    )
    with st.container(key="first-steps"):
        _offer_demo(space, kind="primary")
        page_link("importing", "Import a file")


def _offer_demo(space: Workspace, *, kind: str) -> None:
    with shown_problems():
        if st.button("Load the demo", key="load-demo", type="primary" if kind == "primary" else "secondary"):
            open_study(load_demo(space).id)
            st.rerun()


def _show_rows(found: tuple[StudySummary, ...]) -> None:
    wanted = ""
    if len(found) >= _SEARCH_FROM:
        wanted = st.text_input("Find a study", key="find-study", placeholder="part of its name").strip()
    fitting = [study for study in found if wanted.casefold() in study.name.casefold()]
    for study in fitting[:_SHOWN]:
        _show_row(study)
    if not fitting:
        text_block("No study has this in its name.")
    elif len(fitting) > _SHOWN:
        text_block(f"{_SHOWN} of {counted(len(fitting), 'study', 'studies')} shown; search for the others.")


def _show_row(study: StudySummary) -> None:
    row = st.container(
        key=f"study-row-{study.id}",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        wrap=False,
    )
    description = f"<p>{escape(study.description)}</p>" if study.description else ""
    with row:
        st.html(
            f'<div class="sd-row"><h3>{escape(study.name)}</h3>{tags(study)}'
            f'{description}<p class="sd-holdings">{holdings(study)}</p></div>'
        )
        st.button("Open", key=f"open-{study.id}", on_click=open_study, args=(study.id,))


def _show_new(space: Workspace) -> None:
    faces = list(FACES)
    name = st.text_input("Name", key="new-name", max_chars=200)
    description = st.text_area("Description", key="new-description", max_chars=2_000, height=70)
    template = st.radio(
        "Start from",
        faces,
        key="new-template",
        format_func=lambda one: FACES[one].name,
        captions=[FACES[one].sentence for one in faces],
    )
    labels = ""
    if template is Template.LABEL_AUDIT:
        labels = st.text_area("Labels, one a line", key="new-labels", height=120)
    with shown_problems():
        if st.button("Create the study", key="create-study", type="primary", disabled=not name.strip()):
            study = create_study(
                space, visitor(), name, description, template or Template.EMPTY, labels=labels.splitlines()
            )
            open_study(study.id)
            st.rerun()
