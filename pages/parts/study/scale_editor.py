"""Editing a scale: its kind, its options or its range, and what counts as a pass."""

from collections.abc import Hashable, Mapping
from math import isnan

import pandas as pd
import streamlit as st

from core.errors import BadInput
from core.scales import DeclaredScale, Option, ScaleKind, likert, preference, yes_no
from pages.parts.frame import show_error

START = likert(1, 5, {1: "Very poor", 2: "Poor", 3: "Fair", 4: "Good", 5: "Excellent"})
"""The scale of a new criterion until another one is chosen."""

_KINDS = {
    ScaleKind.BINARY: "Yes / no (binary)",
    ScaleKind.ORDINAL: "Ordered options (ordinal)",
    ScaleKind.NOMINAL: "Labels without order (nominal)",
    ScaleKind.PREFERENCE: "Which of two (preference)",
    ScaleKind.INTERVAL: "Numbers (interval)",
    ScaleKind.RATIO: "Numbers from zero (ratio)",
}
_NUMBERS = (ScaleKind.INTERVAL, ScaleKind.RATIO)
_NONE = ""
"""Stands for "no option counts as a pass"."""


def edited_scale(key: str, scale: DeclaredScale) -> DeclaredScale | None:
    """The scale as it stands on the page; None, and the reason shown, while it cannot be used."""
    kinds = list(_KINDS)
    kind = st.selectbox("Scale", kinds, kinds.index(scale.kind), key=f"kind-{key}", format_func=lambda one: _KINDS[one])
    shown = scale if kind is scale.kind else _usual(kind)
    if kind in _NUMBERS and not shown.options:
        return _range(f"{key}-{kind.value}", kind, shown)
    options = _options(f"{key}-{kind.value}", shown)
    passing = [_NONE, *(option.key for option in options)] if kind is not ScaleKind.PREFERENCE else [_NONE]
    positive = _NONE
    if len(passing) > 1:
        labels = {option.key: option.label for option in options}
        positive = st.selectbox(
            "Counts as a pass",
            passing,
            passing.index(shown.positive) if shown.positive in passing else 0,
            key=f"positive-{key}-{kind.value}-{len(passing)}",
            format_func=lambda one: labels.get(one, "None of them"),
        )
    return _checked(kind, options, positive or None)


def _usual(kind: ScaleKind) -> DeclaredScale:
    """What a kind starts with when it is chosen anew."""
    if kind is ScaleKind.BINARY:
        return yes_no()
    if kind is ScaleKind.ORDINAL:
        return START
    if kind is ScaleKind.PREFERENCE:
        return preference(both_bad=True)
    if kind is ScaleKind.NOMINAL:
        return DeclaredScale(kind, (Option("first", "First label"), Option("second", "Second label")))
    return DeclaredScale(kind, low=0, high=100)


def _options(key: str, scale: DeclaredScale) -> tuple[Option, ...]:
    fixed = scale.kind is ScaleKind.PREFERENCE
    table = st.data_editor(
        _table(scale),
        key=f"options-{key}",
        hide_index=True,
        num_rows="delete" if fixed else "dynamic",
        disabled=["key", "value"] if fixed else False,
        column_config={
            "key": st.column_config.TextColumn("key", required=True, max_chars=64, help="Stored with every answer"),
            "label": st.column_config.TextColumn("label", max_chars=200, help="What people read"),
            "value": st.column_config.NumberColumn("value", width="small", help="Its number on the scale, if any"),
            "definition": st.column_config.TextColumn("definition", width="large", help="When to choose it"),
        },
    )
    return tuple(_option(row) for row in table.to_dict("records") if _cell(row["key"]))


def _table(scale: DeclaredScale) -> pd.DataFrame:
    rows = [(option.key, option.label, option.value, option.definition) for option in scale.options]
    table = pd.DataFrame(rows, columns=["key", "label", "value", "definition"])
    return table.astype({"key": "str", "label": "str", "value": "float64", "definition": "str"})


def _option(row: Mapping[Hashable, object]) -> Option:
    key, label = _cell(row["key"]), _cell(row["label"])
    number = row["value"]
    value = float(number) if isinstance(number, (int, float)) and not isnan(number) else None
    return Option(key, label or key, value, _cell(row["definition"]))


def _cell(value: object) -> str:
    """A text cell; an empty one is None or NaN."""
    return value.strip() if isinstance(value, str) else ""


def _range(key: str, kind: ScaleKind, scale: DeclaredScale) -> DeclaredScale | None:
    with st.container(horizontal=True):
        low = st.number_input("From", value=scale.low, key=f"low-{key}", placeholder="open")
        high = st.number_input("To", value=scale.high, key=f"high-{key}", placeholder="open")
        step = st.number_input("In steps of", value=scale.step, key=f"step-{key}", placeholder="any")
    try:
        return DeclaredScale(kind, low=low, high=high, step=step)
    except BadInput as error:
        show_error(error)
        return None


def _checked(kind: ScaleKind, options: tuple[Option, ...], positive: str | None) -> DeclaredScale | None:
    try:
        return DeclaredScale(kind, options, positive=positive)
    except BadInput as error:
        show_error(error)
        return None
