"""The grading card's Python face: one Streamlit v2 component made of the files beside this one.

The card speaks to the JSON routes under `/grading`, never to the script: grading causes no rerun.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).resolve().parent
_SCRIPTS = (
    "elements", "routes", "saving", "reading", "sheet", "form", "keys", "panels", "reveal", "desk", "showing", "acting",
    "submitting", "card",
)  # fmt: skip
_STYLES = ("card", "prose")
_LINKS = {"study": "/", "importing": "/importing", "agreement": "/agreement"}


def _joined(names: tuple[str, ...], ending: str) -> str:
    # Streamlit takes a one-line string with * ? [ or / in it for a path: the text must begin with a newline.
    return "\n" + "\n".join((_FOLDER / f"{name}.{ending}").read_text(encoding="utf-8") for name in names)


@cache
def card_script() -> str:
    """The card's JavaScript: one module, its parts in the order in which they need each other."""
    return _joined(_SCRIPTS, "js")


@cache
def card_style() -> str:
    """The card's styles; they hold inside its shadow root only."""
    return _joined(_STYLES, "css")


def _renderer() -> "ComponentRenderer":
    html = (_FOLDER / "card.html").read_text(encoding="utf-8")
    return st.components.v2.component("touchstone_grading_card", html=html, css=card_style(), js=card_script())


def grading_card(study: int | None, *, key: str = "grading_card") -> None:
    """Draw the card for a study; whoever the browser's cookie names grades.

    Args:
        study: Id of the study, or None: the card then says what to do.
        key: Streamlit's key, one for each card on a page.
    """
    chosen = "" if study is None else f"?study={study}"
    _renderer()(key=key, data={"study": study, "links": {page: link + chosen for page, link in _LINKS.items()}})
