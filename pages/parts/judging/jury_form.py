"""A jury: its members, and how their verdicts become one."""

from collections.abc import Sequence

import streamlit as st

from core.errors import TouchstoneError
from core.workflow.judging import FEWEST_MEMBERS, JudgeFace, add_jury
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import show_error, text_block
from pages.parts.judging.naming import reader
from pages.parts.judging.place import go
from pages.parts.judging.words import named, quiet

_RULES = {"majority": "Majority of the members", "mean": "Mean, for free numbers", "weights": "Weighted majority"}
_NAME_LENGTH = 150


def show_jury(space: Workspace, study: StudySummary, face: JudgeFace | None, faces: tuple[JudgeFace, ...]) -> None:
    """The form of a jury; of one that is there, saving makes its next version."""
    known = {one.id: one for one in faces if one.id and one.kind != "jury"}
    if len(known) < FEWEST_MEMBERS:
        text_block("A jury needs at least two judges that were made here. Make those first.", kind="empty")
        return
    key = f"jury-{study.id}-{face.id if face else 'new'}"
    options = face.spec.options if face else {}
    with st.container(width=760):
        name = st.text_input("Name", face.name if face else "", key=f"{key}-name", max_chars=_NAME_LENGTH,
                             placeholder="Such as panel")  # fmt: skip
        start_members = [one for one in options.get("members", ()) if one in known]
        members = st.multiselect(
            "Members", list(known), default=start_members, key=f"{key}-members", placeholder="At least two judges",
            format_func=lambda one: known[one].title,
        )  # fmt: skip
        rules = list(_RULES)
        start = rules.index(options["rule"]) if options.get("rule") in rules else 0
        rule = st.radio(
            "How their verdicts become one", rules, index=start, key=f"{key}-rule", format_func=lambda one: _RULES[one]
        )
        weights = _weights(key, [known[one] for one in members], options) if rule == "weights" else []
        ready = bool(name.strip()) and len(members) >= FEWEST_MEMBERS
        if st.button(
            "Save as a new version" if face else "Save the jury", key=f"{key}-save", type="primary", disabled=not ready
        ):
            try:
                saved = add_jury(space, reader(), study.id, name, members=members, rule=rule, weights=weights)
            except TouchstoneError as error:
                show_error(error)
                return
            go(judge=saved.id)
            st.rerun()
        if not ready:
            quiet("It needs a name and at least two members.")


def _weights(key: str, members: Sequence[JudgeFace], options: object) -> list[float]:
    before = {}
    if isinstance(options, dict):
        before = dict(zip(options.get("members", ()), options.get("weights", ()), strict=False))
    found = []
    for place, member in enumerate(members, start=1):
        st.html(f'<p class="jd-quiet">Member {place}: {named(member.title)}</p>')
        start = float(before.get(member.id, 1.0))
        found.append(
            float(
                st.number_input(
                    f"Weight of member {place}", 0.01, 1_000.0, start, step=0.5, key=f"{key}-weight-{member.id}"
                )
            )
        )
    return found
