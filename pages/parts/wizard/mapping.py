"""Step two: what the columns mean, as forms and as text; both write the same mapping."""

from typing import Any

import streamlit as st

from core.errors import BadInput, TouchstoneError
from core.importing.mapping import mapping_data, parse_mapping
from core.workflow.importing import FileMapping, read_mapping, write_mapping
from core.workflow.studies import list_studies
from core.workflow.workspace import Workspace
from pages.parts.frame import show_error, text_block
from pages.parts.wizard.content import edited_content
from pages.parts.wizard.questions import edited_questions
from pages.parts.wizard.ratings import edited_ratings
from pages.parts.wizard.state import Step, Wizard
from pages.parts.wizard.words import heading

_DESIGNS = {
    "unknown": "Not known: agreement is computed, pass rates and totals are not",
    "all": "All there are",
    "random": "A random sample",
}
_NEW = "new"


def show_mapping(wizard: Wizard, space: Workspace) -> None:
    """The forms, the target, and the mapping as text."""
    if wizard.mapping is None:
        wizard.go(Step.FILES)
        st.rerun()
    if wizard.origin:
        text_block(wizard.origin)
    else:
        text_block("This is proposed from the names and values of the columns. Look it over; change what is wrong.")
    if wizard.bundled is not None:
        text_block(f"These look like files that a mapping comes along for: {wizard.bundled.name}.")
        st.button("Use that mapping", key="take-bundled", on_click=wizard.take_bundled)
    fits = _show_forms(wizard, wizard.mapping)
    _show_target(wizard, space)
    _show_text(wizard)
    with st.container(horizontal=True, key="wz-way-mapping"):
        if st.button("Check the files", type="primary", key="to-check", disabled=not fits or not _has_target(wizard)):
            wizard.go(Step.CHECK)
            st.rerun()
        st.button("Back to the files", key="back-to-files", on_click=wizard.go, args=(Step.FILES,))
    if not _has_target(wizard):
        text_block("Give the new study a name to go on.")


def _show_forms(wizard: Wizard, mapping: FileMapping) -> bool:
    """Draw the forms; whether what they say is a mapping."""
    data: dict[str, Any] = mapping_data(mapping)
    try:
        if mapping.content:
            data["content"] = [edited_content(wizard, place, entry) for place, entry in enumerate(mapping.content)]
        data["criteria"] = edited_questions(wizard)
        heading("Ratings", "Whose they are and what they say. Leave out what you don't need.")
        if not mapping.ratings:
            text_block("No ratings come along: people and judges will give them here.")
        ratings = [edited_ratings(wizard, place, entry) for place, entry in enumerate(mapping.ratings)]
        data["ratings"] = [entry for entry, _ in ratings]
        data["chosen"] = _edited_chosen(wizard, mapping)
        edited = parse_mapping(data, name="this mapping")
    except TouchstoneError as error:
        show_error(error)
        return False
    wizard.edit_mapping(edited, left_out=tuple(place for place, (_, wanted) in enumerate(ratings) if not wanted))
    return True


def _edited_chosen(wizard: Wizard, mapping: FileMapping) -> dict[str, Any]:
    heading("How the subjects were chosen", "It decides which estimates are allowed later. Declared, not observed.")
    designs, key = list(_DESIGNS), f"chosen-{wizard.generation}"
    left, right = st.columns(2, gap="medium")
    design = left.selectbox(
        "They are", designs, designs.index(mapping.chosen.design), key=key, format_func=lambda one: _DESIGNS[one]
    )
    data: dict[str, Any] = {"design": design, "note": mapping.chosen.note}
    if design == "random":
        population = right.number_input(
            "Of how many", min_value=1, value=mapping.chosen.population, key=f"{key}-of", step=1, placeholder="a number"
        )
        if population is None:
            raise BadInput(where="a random sample", found="no size", expected="of how many it was drawn")
        data["population"] = int(population)
    return data


def _show_target(wizard: Wizard, space: Workspace) -> None:
    heading("Where it goes")
    studies = {str(study.id): study.name for study in list_studies(space) if not study.simulated}
    offered = [_NEW, *studies]
    asked = st.query_params.get("study")
    current = str(wizard.target) if wizard.target is not None else _NEW
    if wizard.target is None and asked in studies and f"target-{wizard.generation}" not in st.session_state:
        current = str(asked)
    left, right = st.columns(2, gap="medium")
    chosen = left.selectbox(
        "Study", offered, offered.index(current) if current in offered else 0, key=f"target-{wizard.generation}",
        format_func=lambda one: "A new study" if one == _NEW else studies[one],
    )  # fmt: skip
    target = None if chosen == _NEW else int(chosen)
    if target != wizard.target:
        wizard.target = target
        wizard.forget_check()
    if target is None:
        wizard.new_name = right.text_input(
            "Its name", wizard.new_name or wizard.usual_name, key=f"target-name-{wizard.generation}", max_chars=200
        )


def _has_target(wizard: Wizard) -> bool:
    return wizard.target is not None or bool(wizard.new_name.strip())


def _show_text(wizard: Wizard) -> None:
    """The mapping as TOML: to keep, and to say what the forms can't."""
    mapping = wizard.mapping_to_use()
    if mapping is None:
        return
    text = write_mapping(mapping)
    with st.expander("The mapping as text (TOML)"):
        st.html(
            '<p class="wz-quiet">The same as above, to keep and use again here or with <code>touchstone import</code>'
            ". It can say more than the forms.</p>"
        )
        st.download_button("Save the mapping", text, "mapping.toml", "application/toml", key="save-mapping")
        version = f"{wizard.generation}-{hash(text)}"
        edited = st.text_area("Mapping", text, key=f"toml-{version}", height=420, label_visibility="collapsed")
        if st.button("Use this text", key=f"use-toml-{version}", disabled=edited == text):
            try:
                read = read_mapping(edited, name="mapping")
            except TouchstoneError as error:
                show_error(error)
            else:
                wizard.take_mapping(read, wizard.origin)
                st.rerun()
