"""Links within the page: ordinary addresses, followed without loading the page anew."""

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

import streamlit as st

from core.rendering import snippet
from core.workflow.judging import JudgeFace, raters_beside
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.address import put
from pages.parts.frame import page_link
from pages.parts.judging.place import KNOWN

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_HERE = Path(__file__).resolve().parent
_KEY = "judging-links"


@cache
def _script() -> str:
    return "\n" + (_HERE / "links.js").read_text(encoding="utf-8")


def _renderer() -> "ComponentRenderer":
    return st.components.v2.component("touchstone_judging_links", html="<span></span>", js=_script())


def follow_links(name: str = "") -> None:
    """Take up clicks on the links of `link`; once a page.

    Args:
        name: Who is there, where the browser has not kept it yet; "" otherwise.
    """
    _renderer()(key=_KEY, data={"name": name}, on_address_change=_followed)


def _followed() -> None:
    given = parse_qs(str(st.session_state[_KEY].address or "").removeprefix("?"))
    put(**{name: given.get(name, [""])[0] for name in KNOWN})


def link_to_agreement(space: Workspace, study: StudySummary, face: JudgeFace, place: str) -> None:
    """The way to agreement, narrowed to this judge and people, on a criterion that it answers.

    Args:
        space: The outside world.
        study: Of this study.
        face: The judge.
        place: Where on the page, a name of our own.
    """
    where = {"study": str(study.id), "raters": ".".join(map(str, raters_beside(space, study.id, face.rater_id)))}
    where |= {"criterion": face.spec.criteria[0]} if face.spec.criteria else {}
    word = "jury" if face.kind == "jury" else "judge"
    with st.container(key=f"jd-way-{place}"):
        page_link("agreement", f"Agreement with this {word}", **{name: one for name, one in where.items() if one})


def link(text: str, address: Mapping[str, object], *, title: str = "") -> str:
    """A link to another place of this page, as HTML; `text` is escaped.

    Args:
        text: What it says.
        address: The place; see `Place`.
        title: What a hover and a screen reader say beside.
    """
    given = {"study": st.query_params.get("study", ""), **address}
    query = urlencode({name: str(value) for name, value in given.items() if value not in ("", None)})
    label = f' title="{escape(title)}"' if title else ""
    return f'<a class="jd-go" href="?{escape(query)}" target="_self"{label}>{escape(snippet(text, 200))}</a>'
