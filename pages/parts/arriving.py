"""Brings what a reader has just opened into sight, and the keyboard to it: it may stand far below what they pressed."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_HERE = Path(__file__).resolve().parent
_COUNT = "openings"


def note_opening() -> None:
    """Something is being opened or turned to; called in the callback that does it."""
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1


def arrive(place: str) -> None:
    """Scroll here once for every opening.

    Args:
        place: What is opened here, a name of our own.
    """
    opening = f"{st.session_state.get(_COUNT, 0)} {st.query_params.get('open', '')}"
    _renderer()(key=f"arrive-{place}", data={"place": place, "opening": opening})


@cache
def _script() -> str:
    return "\n" + (_HERE / "arriving.js").read_text(encoding="utf-8")


def _renderer() -> "ComponentRenderer":
    html = '<div class="here" tabindex="-1" role="region" aria-label="Opened items" style="outline:none"></div>'
    return st.components.v2.component("touchstone_arriving", html=html, js=_script())
