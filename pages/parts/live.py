"""The studies that this process follows live, shared by all visitors."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.workflow.agreement import AgreementView, Asked, LiveAgreement, LiveStudies
from core.workflow.agreement_scorecard import scorecard
from core.workflow.agreement_view import Progress
from core.workflow.workspace import Workspace

MANY = 30_000
"""From this many ratings on, reading and computing may take more than a second: show what is being done."""


@lru_cache(maxsize=4)
def live_studies(workspace: Workspace) -> LiveStudies:
    """The studies followed in a workspace."""
    return LiveStudies(workspace, prepare=scorecard)


def refreshed(live: LiveAgreement, n_ratings: int) -> None:
    """Read what is new, with a progress bar where that may take long."""
    if live.rows_fetched or n_ratings < MANY:
        live.refresh()
        return
    bar = st.progress(0.0, "Reading ratings")
    live.refresh(lambda share, doing: _tell(bar, share, doing))
    bar.empty()


def computed(live: LiveAgreement, asked: Asked, n_ratings: int) -> AgreementView:
    """What was asked for, with a progress bar where it may take long."""
    if n_ratings < MANY or live.has(asked):
        return live.view(asked, patient=False)
    bar = st.progress(0.0, "Comparing raters")
    view = live.view(asked, lambda share, doing: _tell(bar, share, doing), patient=False)
    bar.empty()
    return view


@contextmanager
def told(n_ratings: int) -> Iterator[Progress | None]:
    """A progress bar that appears with the first thing told to it; nothing where few ratings make it quick."""
    if n_ratings < MANY:
        yield None
        return
    bar = st.empty()

    def tell(share: float, doing: str) -> None:
        _tell(bar, share, doing)

    yield tell
    bar.empty()


def _tell(bar: DeltaGenerator, share: float, doing: str) -> None:
    bar.progress(min(max(share, 0.0), 1.0), doing)


def ago(seconds: float | None) -> str:
    """How long ago the last rating was written."""
    if seconds is None:
        return "live, no rating yet"
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"live, last rating {int(seconds // size)} {name} ago"
    return f"live, last rating {int(seconds)} s ago"
