"""The head of one judge: what it is, and the parts of its page."""

import streamlit as st

from core.workflow.judging import JudgeFace
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import text_block
from pages.parts.judging.links import link, link_to_agreement
from pages.parts.judging.place import VIEWS, Place, go
from pages.parts.judging.words import cost_words, counted, kind_mark, named, protocol_words


def views_of(face: JudgeFace) -> tuple[str, ...]:
    """The parts that the page of this judge has."""
    if face.is_runnable:
        return tuple(VIEWS)
    return ("edit", "versions") if face.kind == "jury" and face.id else ("versions",) if face.id else ()


def show_head(space: Workspace, study: StudySummary, face: JudgeFace, faces: tuple[JudgeFace, ...]) -> None:
    """Name, kind, how it judges, and what it did so far."""
    titles = {one.id: one.title for one in faces if one.id}
    derived = face.kind == "jury"
    verdicts = "derived from their verdicts" if derived else counted(face.n_verdicts, "verdict", "verdicts")
    if face.n_calls:
        where = {"judge": face.id, "view": "calls"}
        cost = cost_words(face.spent, face.spec.model)
        spent = "cost unknown" if cost == "unknown" else cost
        verdicts += f" from {link(counted(face.n_calls, 'call', 'calls'), where)}, {spent}"
    model = f" · {named(face.spec.model)}" if face.spec.model else ""
    note = f'<p class="jd-quiet">{named(face.note, 2_000)}</p>' if face.note else ""
    st.html(
        f'<div class="jd-judge" role="heading" aria-level="2"><b style="font-size:1.2rem">{named(face.title)}</b>'
        f'<span class="jd-mark">{kind_mark(face)}</span></div>'
        f'<p class="jd-quiet">{named(protocol_words(face, titles), 400)}{model} · {verdicts}</p>{note}'
    )
    if not face.is_newest:
        st.button(
            "Go to the newest version", key="to-newest", type="tertiary", on_click=go, kwargs={"judge": face.name}
        )
    if (face.n_verdicts and not face.is_runnable) or face.kind == "jury":
        link_to_agreement(space, study, face, "head")
    if not face.is_runnable and face.kind != "jury":
        text_block("Its verdicts came with the data; nothing more is known of how they were made, and it cannot run.")


def pick_view(face: JudgeFace, place: Place) -> str:
    """Which part is looked at; the choice stands in the address."""
    known = views_of(face)
    if not known:
        st.stop()
    default = "run" if place.run is not None and "run" in known else known[0]
    chosen = place.view if place.view in known else default
    if len(known) > 1:
        key = f"view-{face.id}-{chosen}"
        st.segmented_control("Part of this judge", known, default=chosen, key=key, on_change=_picked,
                             args=(key, face.id), format_func=lambda name: VIEWS[name], required=True,
                             label_visibility="collapsed")  # fmt: skip
    return chosen


def _picked(key: str, judge: int) -> None:
    go(judge=judge, view=st.session_state[key])
