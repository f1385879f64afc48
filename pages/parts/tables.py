"""Tables of untrusted text."""

from collections.abc import Sequence
from html import escape

import streamlit as st


def plain_table(table: tuple[Sequence[str], Sequence[Sequence[str]]], *, caption: str = "") -> None:
    """A table in which every cell is text; it scrolls sideways on its own."""
    header, rows = table
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    titled = f"<caption>{escape(caption)}</caption>" if caption else ""
    table_html = f'<table class="ts">{titled}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    st.html(f'<div class="ts-scroll" tabindex="0">{table_html}</div>')
