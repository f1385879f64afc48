"""The face of the saving bar: one Streamlit v2 component made of the files beside this one.

The picture is made in the browser from what plotly drew there: no network, no second renderer.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).resolve().parent


class Picture(TypedDict):
    """What a saved picture says and looks like.

    Attributes:
        chart: Key of the chart on the page.
        name: What it shows, for readers of the buttons.
        title, note, foot: Above and below the chart, as text; the note may be "".
        file: File name without its ending.
        paper, ink, quiet: Colours.
        table: Address of the numbers behind it; "" for none.
    """

    chart: str
    name: str
    title: str
    note: str
    foot: str
    file: str
    paper: str
    ink: str
    quiet: str
    table: str


@cache
def _text(*names: str) -> str:
    # Streamlit takes a one-line string with * ? [ or / in it for a path: the text must begin with a newline.
    return "\n" + "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


def _renderer() -> "ComponentRenderer":
    return st.components.v2.component(
        "touchstone_saving", html=_text("saving.html"), css=_text("saving.css"), js=_text("picture.js", "saving.js")
    )


def saving_buttons(picture: Picture) -> None:
    """Draw the buttons for a chart that is on the page under its key."""
    _renderer()(key=f"saving-{picture['chart']}", data=picture)
