"""Studies: the list of them, a new one, and everything about one."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.errors import NotFound
from core.workflow.study_detail import StudyDetail, study_detail
from pages.parts.frame import page_title, show_error, workspace
from pages.parts.study.choosing import leave_study, open_study, show_list
from pages.parts.study.criteria import show_criteria
from pages.parts.study.guidelines import show_guidelines
from pages.parts.study.history import show_history
from pages.parts.study.overview import show_overview
from pages.parts.study.settings import show_settings
from pages.parts.study.subjects import show_subjects
from pages.parts.study.words import study_style, tags

TABS = ("Overview", "Criteria", "Guidelines", "Settings", "Pairs and subjects", "History")


def wanted_study() -> StudyDetail | None:
    """The study in the address, or the last one opened; None shows the list."""
    wanted = st.query_params.get("study") or st.session_state.get("study")
    if not wanted:
        return None
    try:
        detail = study_detail(workspace(), str(wanted))
    except NotFound as error:
        leave_study()
        show_error(error)
        return None
    open_study(detail.summary.id)
    return detail


def show_study(detail: StudyDetail) -> None:
    """One study in six tabs; only the open one is worked out."""
    space = workspace()
    st.button("← All studies", key="all-studies", type="tertiary", on_click=leave_study)
    page_title("Study", detail.summary)
    if detail.summary.closed and not detail.summary.simulated:
        st.html(tags(detail.summary))
    tabs = st.tabs(TABS, key="tab", on_change="rerun", bind="query-params")
    drawn: tuple[Callable[[], None], ...] = (
        partial(show_overview, space, detail),
        partial(show_criteria, space, detail),
        partial(show_guidelines, space, detail),
        partial(show_settings, space, detail),
        partial(show_subjects, space, detail),
        partial(show_history, detail),
    )
    for tab, draw in zip(tabs, drawn, strict=True):
        if tab.open:
            with tab:
                draw()


study_style()
chosen = wanted_study()
if chosen is None:
    show_list(workspace())
else:
    show_study(chosen)
