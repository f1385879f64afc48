"""What surrounds every page: navigation, the current study and visitor, safe words, errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

from core.errors import NotFound, TouchstoneError
from core.workflow.studies import StudySummary, find_study, list_studies
from core.workflow.visitors import visitor_from_cookie
from core.workflow.workspace import Visitor, Workspace
from pages.parts.space import shared_workspace

PAGES = (
    ("study", "Study"),
    ("importing", "Import"),
    ("grade", "Grade"),
    ("judging", "Judges"),
    ("agreement", "Agreement"),
    ("exporting", "Export"),
)
"""File and title of every page, in the order of the work. No icons: the browser would fetch them from elsewhere."""

_PARTS = Path(__file__).parent

# Until st.navigation has run once, Streamlit would run the file of an address such as /grade alone, without its frame.
PagesManager.uses_pages_directory = False


def navigation() -> StreamlitPage:
    """The page to run, after drawing what all pages share."""
    pages = [st.Page(f"pages/{file}.py", title=title, url_path=file, default=file == "study") for file, title in PAGES]
    chosen = st.navigation(pages)
    st.set_page_config(page_title=f"{chosen.title} · Touchstone", page_icon=str(_PARTS / "icon.svg"), layout="wide")
    st.logo(str(_PARTS / "logo.svg"), size="large", link=None)
    st.html(f"<style>{(_PARTS / 'touchstone.css').read_text(encoding='utf-8')}</style>")
    return chosen


def workspace() -> Workspace:
    """The shared workspace, or the one that a test put into the session."""
    given = st.session_state.get("workspace")
    return given if isinstance(given, Workspace) else shared_workspace()


def visitor() -> Visitor:
    """Who is at the browser, by the cookie that grading set, or the visitor that a test put into the session."""
    given = st.session_state.get("visitor")
    return given if isinstance(given, Visitor) else visitor_from_cookie(st.context.cookies.get("touchstone_name"))


def current_study() -> StudySummary:
    """The study in the address, or the last one opened; stops the page with a hint where there is none.

    Leaving a page drops the address's parameters, so the session remembers the study and the page writes it back.
    """
    space = workspace()
    wanted = st.query_params.get("study") or st.session_state.get("study")
    study: StudySummary | None = None
    if wanted:
        try:
            study = find_study(space, str(wanted))
        except NotFound as error:
            show_error(error)
    if study is None:
        known = list_studies(space)
        if len(known) != 1:
            no_study(bool(known))
        study = known[0]
    st.session_state["study"] = str(study.id)
    if st.query_params.get("study") != str(study.id):
        st.query_params["study"] = str(study.id)
    return study


def no_study(any_known: bool) -> None:  # noqa: FBT001 - two sentences, one place
    """Say what to do where no study is chosen, and stop."""
    text_block("Choose a study first." if any_known else "There is no study yet.", kind="empty")
    page_link("study", "Choose or create a study" if any_known else "Create a study or load the demo")
    if not any_known:
        page_link("importing", "Import a file")
    st.stop()


def page_link(page: str, label: str, **parameters: str) -> None:
    """A link to another page, with parameters in its address."""
    st.page_link(f"pages/{page}.py", label=label, query_params=parameters or None)


def page_title(title: str, study: StudySummary | None = None, note: str = "") -> None:
    """The page's heading, with the study's name as text and a mark where it is illustrative or simulated."""
    known = {"illustrative": study.illustrative, "simulated": study.simulated} if study is not None else {}
    mark = "".join(f'<span class="ts-tag">{word}</span>' for word, holds in known.items() if holds)
    name = f'<span class="ts-study">{escape(study.name)}</span>{mark}' if study is not None else ""
    line = f'<div class="ts-note">{escape(note)}</div>' if note else ""
    st.html(f'<header class="ts-title"><h1>{escape(title)}</h1>{name}{line}</header>')


def text_block(text: str, *, kind: str = "note") -> None:
    """Words from anywhere, as text: nothing in them is markup. Kinds: note, empty, warning, say, error."""
    role = ' role="alert"' if kind == "error" else ""
    st.html(f'<div class="ts-{kind}"{role}>{escape(text)}</div>')


def show_error(error: TouchstoneError) -> None:
    """An expected error, as text."""
    text_block(str(error), kind="error")


@contextmanager
def shown_problems() -> Iterator[None]:
    """Show an expected error where it happens, instead of a broken page."""
    try:
        yield
    except TouchstoneError as error:
        show_error(error)
