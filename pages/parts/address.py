"""The address of a page: written, and kept while the browser still sends the one from before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from pages.parts.frame import workspace


def put(**values: str) -> None:
    """Write into the address; "" takes a value out of it."""
    put_each({name: [value] if value else [] for name, value in values.items()})


_HELD = "address-held"
_HOLD = timedelta(seconds=2)
_RECENT = timedelta(seconds=8)
"""A busy server may take seconds to draw a picture anew, which then says that nothing is chosen in it."""


@dataclass(frozen=True, slots=True)
class _Written:
    """What was written into the address, of which study, and when."""

    values: Sequence[str]
    study: str | None
    at: datetime


def settle() -> None:
    """Write again what was written a moment ago, where the browser still sent the address from before.

    It learns of a new address with the next answer, and sends the old one with whatever it asks until then.
    """
    for name, written in _held(_HOLD).items():
        if st.query_params.get_all(name) != written.values:
            _write(name, written.values)


def just_put(name: str) -> bool:
    """Whether this was written into the address a moment ago."""
    return name in _held(_RECENT)


def _held(since: timedelta) -> dict[str, _Written]:
    known: dict[str, _Written] = st.session_state.get(_HELD, {})
    now, study = workspace().clock(), st.query_params.get("study")
    return {name: one for name, one in known.items() if now - one.at < since and one.study == study}


def put_each(values: Mapping[str, Sequence[str]]) -> None:
    """Write into the address, several values of a name where there are; none takes the name out of it."""
    settle()
    now, study = workspace().clock(), st.query_params.get("study")
    for name, each in values.items():
        _write(name, each)
    st.session_state[_HELD] = _held(_RECENT) | {name: _Written(each, study, now) for name, each in values.items()}


def _write(name: str, values: Sequence[str]) -> None:
    if values:
        st.query_params[name] = list(values) if len(values) > 1 else values[0]
    else:
        st.query_params.pop(name, None)
