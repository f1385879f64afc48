"""Judges: defined, seen in what they are asked, tried, run, watched; what came of every call, and what it cost."""

from collections.abc import Callable

import streamlit as st

from core.errors import NotFound
from core.workflow.judging import JudgeFace, find_among, list_judges
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import current_study, page_title, show_error, workspace
from pages.parts.judging.asked import show_asked
from pages.parts.judging.calls import show_calls
from pages.parts.judging.defining import show_edit, show_new
from pages.parts.judging.head import pick_view, show_head
from pages.parts.judging.links import follow_links
from pages.parts.judging.listing import show_list
from pages.parts.judging.naming import unkept_name
from pages.parts.judging.place import Place, go, read_place
from pages.parts.judging.probing import show_probe
from pages.parts.judging.running import show_running
from pages.parts.judging.versions import show_versions
from pages.parts.judging.words import judging_style

DRAWN: dict[str, Callable[[Workspace, StudySummary, JudgeFace, Place], None]] = {
    "asked": show_asked,
    "run": show_running,
    "calls": show_calls,
    "probe": show_probe,
}
"""View of a judge in the address -> what draws it; only the chosen one is worked out."""

DRAWN_BESIDE: dict[str, Callable[[Workspace, StudySummary, JudgeFace, Place, tuple[JudgeFace, ...]], None]] = {
    "edit": show_edit,
    "versions": show_versions,
}
"""Those that look at the other judges of the study, too."""


def show_judge(space: Workspace, study: StudySummary, place: Place) -> None:
    """One judge: its head, then the part that the address names."""
    st.button("← All judges", key="all-judges", type="tertiary", on_click=go)
    faces = list_judges(space, study.id)
    try:
        face = find_among(faces, place.judge)
    except NotFound as error:
        show_error(error)
        return
    show_head(space, study, face, faces)
    view = pick_view(face, place)
    if view in DRAWN_BESIDE:
        DRAWN_BESIDE[view](space, study, face, place, faces)
    else:
        DRAWN[view](space, study, face, place)


with st.container(key="jd-links"):  # nothing to see: rules and a listener
    judging_style()
    follow_links(unkept_name())
study = current_study()
place = read_place()
page_title("Judges", study)
if place.judge:
    show_judge(workspace(), study, place)
elif place.view == "new":
    st.button("← All judges", key="all-judges", type="tertiary", on_click=go)
    show_new(workspace(), study, place, list_judges(workspace(), study.id))
else:
    show_list(workspace(), study)
