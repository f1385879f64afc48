"""Who is looking: whoever is shown verdicts is no longer blind there, so that they say who they are first."""

import streamlit as st

from core.workflow.visitors import LONGEST_NAME, visitor_named
from core.workflow.workspace import Visitor
from pages.parts.frame import shown_problems, text_block, visitor

_NAME = "judging-name"

EXPOSES = "Shows what the judge said: your own first grade of these items will count as exposed, not as blind."
"""What a reader must know before verdicts are shown."""


def reader() -> Visitor:
    """Who is at the browser: by the cookie that grading set, or by the name given on this page."""
    known = visitor()
    if known.is_known:
        return known
    given = st.session_state.get(_NAME)
    return given if isinstance(given, Visitor) else known


def unkept_name() -> str:
    """The name given on this page while the browser's cookie names nobody; "" otherwise."""
    return "" if visitor().is_known else reader().name


def is_named(place: str) -> bool:
    """Whether it is known who reads; asks for the name where it is not.

    Args:
        place: Where it is asked, a name of our own.
    """
    if reader().is_known:
        return True
    text_block("Replies and verdicts are shown to people with a name: it is noted who saw them before grading.")
    name = st.text_input("Your name", key=f"judging-name-{place}", max_chars=LONGEST_NAME, width=320)
    if not name.strip():
        return False
    with shown_problems():
        st.session_state[_NAME] = visitor_named(name)
        st.rerun()
    return False
