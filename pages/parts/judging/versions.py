"""All versions of a judge, and two of them side by side."""

from html import escape

import streamlit as st

from core.rendering import plain
from core.workflow.judging import JudgeFace, compare_versions, settings_in_words
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import shown_problems, text_block
from pages.parts.judging.links import link
from pages.parts.judging.place import Place, turn
from pages.parts.judging.words import heading, moment, named, table


def show_versions(
    space: Workspace,
    study: StudySummary,  # noqa: ARG001 - the face of all parts
    face: JudgeFace,
    place: Place,
    faces: tuple[JudgeFace, ...],
) -> None:
    """The versions, the newest first, and how two of them differ."""
    versions = [one for one in faces if one.id and one.name.casefold() == face.name.casefold()]
    heading("Versions", "A version never changes; an edit makes the next one, with verdicts of its own.")
    table(
        ["Version", "Saved", "Note", "Verdicts", "Fingerprint"],
        [
            [
                link(one.title, {"judge": one.id, "view": "versions"}).replace("jd-go", "jd-go jd-judge"),
                f"{moment(one.created_at)}{f' by {named(one.created_by)}' if one.created_by else ''}",
                named(one.note, 2_000) or "–", f"{one.n_verdicts:,}", f"<code>{one.fingerprint[:12]}</code>",
            ]
            for one in versions
        ],
        numbers=(3,), label="Versions of the judge",
    )  # fmt: skip
    if len(versions) > 1:
        _show_difference(space, versions, face, place)
    _show_whole(face)


def _show_difference(space: Workspace, versions: list[JudgeFace], face: JudgeFace, place: Place) -> None:
    by_id = {one.id: one for one in versions}
    ids = list(by_id)
    newer = place.newer if place.newer in by_id else face.id
    fallback = next(
        (one.id for one in versions if one.version < by_id[newer].version), ids[0] if newer != ids[0] else ids[-1]
    )
    older = place.older if place.older in by_id and place.older != newer else fallback
    st.session_state["versions-older"], st.session_state["versions-newer"] = older, newer
    left, right = st.columns(2)
    for column, label, key in ((left, "Compare", "versions-older"), (right, "with", "versions-newer")):
        with column:
            st.selectbox(label, ids, key=key, format_func=lambda one: by_id[one].title, on_change=_picked)
    with shown_problems():
        found = compare_versions(space, older, newer)
        if not found.settings and found.prompt is None:
            text_block("The two are the same.")
        if found.settings:
            rows = [(_begun(one.name), escape(one.before) or "–", escape(one.after) or "–") for one in found.settings]
            heads = ["Setting", f"Version {found.older.version}", f"Version {found.newer.version}"]
            table(heads, rows, label="Settings that differ")
        if found.prompt is not None:
            st.html(
                f'<div class="jd-diff"><div><p class="jd-quiet">Prompt, version {found.older.version}</p>'
                f"{found.prompt.left_html}</div><div><p class=jd-quiet>Prompt, version {found.newer.version}</p>"
                f"{found.prompt.right_html}</div></div>"
            )
        elif found.settings:
            text_block("The prompt is the same.")


def _begun(name: str) -> str:
    """The name of a setting as it begins a line, as HTML."""
    return escape(name[:1].upper() + name[1:])


def _picked() -> None:
    turn(older=st.session_state["versions-older"], newer=st.session_state["versions-newer"])


def _show_whole(face: JudgeFace) -> None:
    with st.expander(f"Everything chosen in version {face.version}"):
        rows = [(_begun(name), escape(value)) for name, value in settings_in_words(face.spec).items() if value]
        table(["Setting", "Value"], rows, label="Settings")
        if face.spec.prompt:
            st.html(f'<div class="jd-diff jd-one"><div>{plain(face.spec.prompt)}</div></div>')
