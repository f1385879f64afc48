"""The floor: the least a Streamlit page can do on a press."""

import streamlit as st

count = st.session_state.get("count", 0)
st.caption(f"pressed {count}")


def _press() -> None:
    st.session_state["count"] = st.session_state.get("count", 0) + 1


st.button("Press", on_click=_press)
