"""The look of the agreement page's charts."""

import streamlit as st

from core.charts.theme import Theme, theme


def look() -> Theme:
    """The theme of the reader's choice."""
    return theme(theme_mode())


def theme_mode() -> str:
    """Either "light" or "dark"."""
    return st.context.theme.type or "light"
