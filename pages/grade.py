"""Grade: the card takes the whole page and does everything itself."""

import streamlit as st

from pages.parts.card.face import grading_card
from pages.parts.frame import current_study

# The card fills the window, so Streamlit's own margins go; static text, nothing in it comes from outside.
_ROOM = """
<style>
.stMainBlockContainer { padding: 0 !important; max-width: none; }
.stMainBlockContainer [data-testid="stVerticalBlock"] { gap: 0; }
header[data-testid="stHeader"] { background: transparent; height: 0; min-height: 0; }
header[data-testid="stHeader"] :is([data-testid="stLogoLink"], [data-testid="stMainMenu"]) { display: none; }
[data-testid="stExpandSidebarButton"] { position: fixed; top: 8px; left: 8px; }
.stApp:has([data-testid="stExpandSidebarButton"]) { --nav-room: 48px; }
</style>
"""

st.set_page_config(initial_sidebar_state="collapsed")
st.html(_ROOM)
grading_card(current_study().id)
