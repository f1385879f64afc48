"""The price of a model's tokens, as somebody gives it."""

import streamlit as st

from core.errors import BadInput


def price_fields(key: str, placeholder: str) -> tuple[float | None, float | None]:
    """US dollars per million tokens in and out; none of both where none was given.

    Args:
        key: Of the widgets.
        placeholder: What holds where nothing is given.

    Raises:
        BadInput: One is given and the other is not.
    """
    left, right = st.columns(2)
    with left:
        first = st.number_input("Dollars per million tokens in", 0.0, None, None, key=f"{key}-price-in",
                                format="%.3f", placeholder=placeholder)  # fmt: skip
    with right:
        second = st.number_input("Dollars per million tokens out", 0.0, None, None, key=f"{key}-price-out",
                                 format="%.3f", placeholder=placeholder)  # fmt: skip
    if (first is None) != (second is None):
        raise BadInput(where="prices", found="one of the two", expected="both, or neither")
    return first, second
