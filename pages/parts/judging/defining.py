"""A new judge, and a new version of one: the form, what stands against it, the save."""

import streamlit as st

from core.errors import BadInput, NotFound, TouchstoneError
from core.judging.protocols import PROTOCOLS
from core.judging.spec import WORDING, JudgeSpec
from core.workflow.judging import JudgeFace, Warning_, add_judge, check_judge, draft
from core.workflow.studies import StudySummary
from core.workflow.study_detail import study_detail
from core.workflow.workspace import Workspace
from pages.parts.frame import page_link, show_error, text_block
from pages.parts.judging.asked import pick_subject, show_requests
from pages.parts.judging.baseline_form import baseline_options
from pages.parts.judging.fields import Fields, ProblemPlaces, criteria_field
from pages.parts.judging.jury_form import show_jury
from pages.parts.judging.naming import reader
from pages.parts.judging.place import Place, go
from pages.parts.judging.prompt_form import prompt_fields
from pages.parts.judging.settings_form import model_fields, repeating_fields, sampling_fields
from pages.parts.judging.words import heading, quiet

_NAME_LENGTH = 150
_NO_MODEL = "openai/model-not-chosen-yet"
"""Stands for a model while the rest of the form is checked already."""


def show_new(space: Workspace, study: StudySummary, place: Place, faces: tuple[JudgeFace, ...]) -> None:
    """The form of a new judge of the protocol in the address."""
    if place.protocol == "jury":
        heading(
            "New jury",
            "Several judges as one. Its verdicts follow from theirs wherever they are read; nothing is asked or paid.",
        )
        show_jury(space, study, None, faces)
        return
    protocol = PROTOCOLS.get(place.protocol)
    if protocol is None:
        text_block("There is no such way to judge. Choose one from the list of judges.")
        return
    heading(f"New judge: {protocol.title.lower()}", protocol.about)
    try:
        kind = "output" if "output" in protocol.kinds else protocol.kinds[0]
        base = draft(space, study.id, place.protocol, kind=kind)
    except NotFound:
        text_block("This study asks nothing yet, so there is nothing to judge by.", kind="empty")
        with st.container(key="jd-way-criterion"):
            page_link("study", "Add a criterion", study=str(study.id))
        return
    _show_form(space, study, base, None, place, faces)


def show_edit(
    space: Workspace, study: StudySummary, face: JudgeFace, place: Place, faces: tuple[JudgeFace, ...]
) -> None:
    """The form of a judge that is there: saving makes its next version."""
    if face.kind == "jury":
        heading("Edit", "Saving makes the next version; this one stays as it is.")
        show_jury(space, study, face, faces)
        return
    try:
        current = draft(space, study.id, face.spec.protocol).rubric_id
    except TouchstoneError as error:
        show_error(error)
        return
    heading("Edit", "Saving makes the next version, with verdicts of its own; this one stays as it is.")
    asked = {one.lineage for one in study_detail(space, study.id).asked}
    kept = tuple(lineage for lineage in face.spec.criteria if lineage in asked)
    _show_form(space, study, face.spec.changed(rubric_id=current, criteria=kept, wording=WORDING), face, place, faces)


def _show_form(
    space: Workspace, study: StudySummary, base: JudgeSpec, face: JudgeFace | None, place: Place,
    faces: tuple[JudgeFace, ...],
) -> None:  # fmt: skip
    protocol = PROTOCOLS[base.protocol]
    fields = Fields(f"jd-{study.id}-{face.id if face else base.protocol}", base, protocol)
    problems = ProblemPlaces()
    if protocol.asks_model:
        left, right = st.columns([1, 1.25], gap="large")
    else:
        left = right = st.container(width=760)
    spec: JudgeSpec | None = base
    with left:
        name = st.text_input("Name", face.name if face else "", key=f"{fields.key}-name", max_chars=_NAME_LENGTH,
                             placeholder="Such as helpfulness")  # fmt: skip
        problems.here("name")
        if protocol.asks_model:
            spec = model_fields(space, fields, spec)
            problems.here("model", "api base", "api_base", "family", "address")
        spec = criteria_field(space, study, fields, spec)
        problems.here("criteria", "criterion")
        if protocol.asks_model:
            spec = repeating_fields(fields, spec)
            problems.here("reference", "reference_mode", "orders", "repetitions", "repetition rule", "confidence")
    with right:
        if protocol.asks_model:
            spec = prompt_fields(fields, spec)
            problems.here("prompt", "persona", "variant")
        else:
            spec = baseline_options(fields, spec)
            problems.here("setting")
    if protocol.asks_model:
        with left:
            spec = sampling_fields(fields, spec)
            problems.here(
                "temperature",
                "top p",
                "top_p",
                "max tokens",
                "max_tokens",
                "seed",
                "further parameters",
                "answer format",
            )
    sound = spec is not None and _check(space, study, spec, problems)
    with left if protocol.asks_model else right:
        _show_save(space, study, name, spec if sound else None, face, fields, faces)
    if spec is not None and sound:
        shown = spec if spec.model or not protocol.asks_model else spec.changed(model=_NO_MODEL)
        heading("What it will be asked", "With the settings above, saved or not. Save the judge to try it.")
        found = pick_subject(space, study.id, shown, place.item)
        if found is not None:
            show_requests(found, no_model=_NO_MODEL)


def _check(space: Workspace, study: StudySummary, spec: JudgeSpec, problems: ProblemPlaces) -> bool:
    """Whether the judge can be; what stands against it, or should be known, is said beside its field."""
    asks_model = PROTOCOLS[spec.protocol].asks_model
    whole = spec if spec.model or not asks_model else spec.changed(model=_NO_MODEL)
    try:
        found: tuple[Warning_, ...] = check_judge(space, study.id, whole)
    except BadInput as error:
        problems.refuse(error)
        return False
    except TouchstoneError as error:
        show_error(error)
        return False
    for warning in found:
        problems.warn(warning.setting, warning.text)
    return True


def _show_save(
    space: Workspace, study: StudySummary, name: str, spec: JudgeSpec | None, face: JudgeFace | None, fields: Fields,
    faces: tuple[JudgeFace, ...],
) -> None:  # fmt: skip
    named = " ".join(name.split())
    newest = max(
        (one.version for one in faces if one.id and one.name.casefold() == named.casefold()),
        default=0,
    )
    note = ""
    if newest or face:
        note = st.text_input(
            "Note on this version", key=f"{fields.key}-note", max_chars=2_000, placeholder="What changed, and why"
        )
    ready = spec is not None and bool(named) and (bool(spec.model) or not PROTOCOLS[spec.protocol].asks_model)
    label = f"Save as version {newest + 1}" if newest else "Save the judge"
    if st.button(label, key=f"{fields.key}-save", type="primary", disabled=not ready) and spec is not None:
        try:
            saved = add_judge(space, reader(), study.id, named, spec, note=note, based_on=newest)
        except TouchstoneError as error:
            show_error(error)
            return
        go(judge=saved.id, view="asked" if saved.is_runnable else "versions")
        st.rerun()
    if not ready and spec is not None:
        missing = [
            word
            for word, lacks in (
                ("a name", not named),
                ("a model", not spec.model and PROTOCOLS[spec.protocol].asks_model),
            )
            if lacks
        ]
        quiet(f"It still needs {' and '.join(missing)}.")
