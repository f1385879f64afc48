"""Links within the page: ordinary addresses, followed without loading the page anew."""

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

import streamlit as st

from core.rendering import snippet
from pages.parts.address import put
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


def follow_links() -> None:
    """Take up clicks on the links of `link`; once a page."""
    _renderer()(key=_KEY, on_address_change=_followed)


def _followed() -> None:
    given = parse_qs(str(st.session_state[_KEY].address or "").removeprefix("?"))
    put(**{name: given.get(name, [""])[0] for name in KNOWN})


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
