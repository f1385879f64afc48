"""What the parts of the form share: where a problem is said, and which criteria are asked."""

from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import BadInput
from core.judging.protocols.face import JudgeProtocol
from core.judging.spec import JudgeSpec
from core.workflow.studies import StudySummary
from core.workflow.study_detail import study_detail
from core.workflow.workspace import Workspace
from pages.parts.frame import show_error, text_block
from pages.parts.judging.words import KINDS, quiet


@dataclass(frozen=True, slots=True)
class Fields:
    """Of one form: how its widgets are named, what they begin with, and the protocol."""

    key: str
    base: JudgeSpec
    protocol: JudgeProtocol


@dataclass(slots=True)
class ProblemPlaces:
    """Places in the form where problems with a setting are said."""

    places: list[tuple[tuple[str, ...], DeltaGenerator]] = field(default_factory=list)

    def here(self, *names: str) -> None:
        """Problems with these settings are said here."""
        self.places.append((names, st.container()))

    def refuse(self, error: BadInput) -> None:
        """Say what cannot be, beside its field."""
        with self._at(error.where):
            show_error(error)

    def warn(self, setting: str, text: str) -> None:
        """Say what should be known, beside its field."""
        with self._at(setting):
            text_block(text, kind="warning")

    def _at(self, where: str) -> DeltaGenerator:
        wanted = where.casefold().replace("_", " ")
        wanted = wanted[wanted.index("setting") :] if ", setting" in wanted else wanted
        for names, place in self.places:
            if any(wanted.startswith(name.replace("_", " ")) for name in names):
                return place
        return self.places[-1][1] if self.places else st.container()


def criteria_field(space: Workspace, study: StudySummary, fields: Fields, spec: JudgeSpec | None) -> JudgeSpec | None:
    """Which criteria it is asked, and whether in one call."""
    asked = {one.lineage: one.newest for one in study_detail(space, study.id).asked
             if one.newest.applies_to in fields.protocol.kinds}  # fmt: skip
    is_mixed = len({one.applies_to for one in asked.values()}) > 1
    chosen = st.multiselect(
        "Criteria",
        list(asked),
        default=[one for one in fields.base.criteria if one in asked],
        key=f"{fields.key}-criteria",
        format_func=lambda one: asked[one].name + (f" (each {KINDS[asked[one].applies_to][0]})" if is_mixed else ""),
        placeholder="Every criterion that it can answer",
    )
    if not asked:
        quiet("The study asks nothing that it can answer.")
    if spec is None:
        return None
    spec = spec.changed(criteria=tuple(chosen))
    if fields.protocol.asks_model and len(asked) > 1 and len(chosen) != 1:
        together = st.radio(
            "Asked", [False, True], index=int(fields.base.together), key=f"{fields.key}-together", horizontal=True,
            format_func=lambda one: "All criteria in one call" if one else "One call for each criterion",
        )  # fmt: skip
        spec = spec.changed(together=together)
    return spec
