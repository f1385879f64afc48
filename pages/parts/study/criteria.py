"""What is asked: the criteria, their order, editing and adding them."""

from html import escape

import pandas as pd
import streamlit as st

from core.models.study import Target
from core.workflow.study_changes import (
    RubricPlace,
    StaleAnswers,
    add_criterion,
    change_criteria,
    edit_criterion,
    stale_answers,
    why_meaning_changes,
)
from core.workflow.study_detail import CriterionHistory, StudyDetail
from core.workflow.templates import CriterionDraft
from core.workflow.workspace import Workspace
from pages.parts.frame import shown_problems, text_block, visitor
from pages.parts.study.scale_editor import START, edited_scale
from pages.parts.study.words import FORM_WIDTH, counted, joined, option_chips

_ABOUT = {Target.OUTPUT: "each output", Target.PAIR: "pairs of outputs", Target.ITEM: "each item"}
_NEW = ""
"""Stands for a criterion that is not there yet."""


def show_criteria(space: Workspace, detail: StudyDetail) -> None:
    """The criteria in their order, then the ways to change them."""
    if detail.asked:
        st.html(f'<ol class="sd-criteria">{"".join(_entry(criterion) for criterion in detail.asked)}</ol>')
    else:
        text_block("Nothing is asked yet. Write the first criterion below, or import a file that brings its own.")
    if detail.criteria:
        _show_order(space, detail)
    with st.container(key="edit-criterion", width=FORM_WIDTH):
        _show_editing(space, detail)


def _entry(criterion: CriterionHistory) -> str:
    newest, asked = criterion.newest, criterion.asked
    marks = [f"about {_ABOUT[Target(newest.applies_to)]}", newest.scale.kind.value]
    if asked is not None and not asked.required:
        marks.append("optional")
    if asked is not None and asked.weight != 1:
        marks.append(f"weight {asked.weight:g}")
    if asked is not None and asked.critical:
        marks.append("critical")
    if newest.version > 1:
        marks.append(f"version {newest.version}")
    question = f"<p>{escape(newest.question)}</p>" if newest.question else ""
    guidance = f'<p class="sd-quiet">{escape(newest.guidance)}</p>' if newest.guidance else ""
    return (
        f'<li><b>{escape(newest.name)}</b><span class="sd-meta">{" · ".join(marks)}</span>'
        f"{question}{guidance}<div>{option_chips(newest.scale)}</div></li>"
    )


def _show_order(space: Workspace, detail: StudyDetail) -> None:
    version = detail.rubrics[-1].version if detail.rubrics else 0
    with st.expander("Order, required and retired"):
        st.html(
            '<p class="sd-quiet">Number the criteria in the order in which they are asked. Without the tick under'
            " “asked” a criterion is retired: its answers stay, and it can come back. No answer goes stale.</p>"
        )
        table = st.data_editor(
            _order_table(detail),
            key=f"order-{detail.summary.id}-{version}",
            hide_index=True,
            disabled=["criterion"],
            column_config={
                "place": st.column_config.NumberColumn("place", min_value=1, step=1, required=True, width="small"),
                "weight": st.column_config.NumberColumn("weight", min_value=0.01, required=True, width="small"),
                "lineage": None,
            },
        )
        note = st.text_input("Note on the change", key=f"order-note-{version}", max_chars=2_000)
        with shown_problems():
            if st.button("Save the order", key="save-order"):
                change_criteria(space, visitor(), detail.summary.id, _places(table), note=note, based_on=version)
                st.rerun()


def _order_table(detail: StudyDetail) -> pd.DataFrame:
    rows = []
    for place, criterion in enumerate(detail.criteria, start=1):
        asked = criterion.asked
        rows.append(
            {
                "place": place,
                "criterion": criterion.newest.name,
                "asked": asked is not None,
                "required": asked.required if asked else True,
                "critical": asked.critical if asked else False,
                "weight": asked.weight if asked else 1.0,
                "lineage": criterion.lineage,
            }
        )
    return pd.DataFrame(rows)


def _places(table: pd.DataFrame) -> list[RubricPlace]:
    asked = table[table["asked"]].sort_values("place", kind="stable")
    return [
        RubricPlace(str(row.lineage), bool(row.required), float(row.weight), bool(row.critical))  # type: ignore[arg-type] # cells of the columns above
        for row in asked.itertuples()
    ]


def _show_editing(space: Workspace, detail: StudyDetail) -> None:
    names = {criterion.lineage: criterion for criterion in detail.criteria}
    st.html('<h2 class="sd-head">Write or edit a criterion</h2>')
    lineage = st.selectbox(
        "Criterion",
        [_NEW, *names],
        key=f"edit-{detail.summary.id}",
        format_func=lambda one: names[one].newest.name if one in names else "A new criterion",
    )
    if lineage in names:
        _show_edit(space, detail, names[lineage])
    else:
        _show_new(space, detail)


def _show_new(space: Workspace, detail: StudyDetail) -> None:
    key = f"new-{detail.summary.id}-{len(detail.criteria)}"
    draft = _draft(key, None)
    with shown_problems():
        if st.button("Add the criterion", key="add-criterion", type="primary", disabled=draft is None) and draft:
            add_criterion(space, visitor(), detail.summary.id, draft)
            st.rerun()


def _show_edit(space: Workspace, detail: StudyDetail, criterion: CriterionHistory) -> None:
    newest = criterion.newest
    key = f"{detail.summary.id}-{newest.id}"
    draft = _draft(key, criterion)
    same = _same_meaning(space, detail, criterion, draft, key)
    note = st.text_input("Note on the change", key=f"note-{key}", max_chars=2_000)
    ready = draft is not None and same is not None
    with shown_problems():
        if st.button("Save a new version", key="save-criterion", type="primary", disabled=not ready):
            if draft is None or same is None:
                return
            edit_criterion(
                space,
                visitor(),
                detail.summary.id,
                criterion.lineage,
                draft,
                same_meaning=same,
                note=note,
                based_on=newest.version,
            )
            st.rerun()


def _draft(key: str, criterion: CriterionHistory | None) -> CriterionDraft | None:
    """The fields of a criterion as they stand on the page; None while they cannot be saved."""
    newest = criterion.newest if criterion else None
    asked = criterion.asked if criterion else None
    about = list(_ABOUT)
    name = st.text_input("Name", newest.name if newest else "", key=f"name-{key}", max_chars=200)
    question = st.text_input(
        "Question", newest.question if newest else "", key=f"question-{key}", max_chars=4_000,
        placeholder="What the rater answers",
    )  # fmt: skip
    guidance = st.text_area(
        "Guidance", newest.guidance if newest else "", key=f"guidance-{key}", max_chars=20_000, height=90,
        placeholder="How to answer it; one key away while grading",
    )  # fmt: skip
    applies_to = st.radio(
        "Asked about",
        about,
        index=about.index(Target(newest.applies_to)) if newest else 0,
        key=f"about-{key}",
        format_func=lambda one: _ABOUT[one],
        horizontal=True,
    )
    scale = edited_scale(key, newest.scale if newest else START)
    if scale is None or not name.strip():
        return None
    return CriterionDraft(
        name=name,
        question=question,
        guidance=guidance,
        applies_to=applies_to,
        scale=scale,
        required=asked.required if asked else True,
        weight=asked.weight if asked else 1.0,
        critical=asked.critical if asked else False,
    )


def _same_meaning(
    space: Workspace, detail: StudyDetail, criterion: CriterionHistory, draft: CriterionDraft | None, key: str
) -> bool | None:
    """Ask whether old answers still answer the question, after saying how many there are; None until it is said."""
    newest = criterion.newest
    stale = stale_answers(space, detail.summary.id, criterion.lineage)
    forced = why_meaning_changes(newest.applies_to, newest.scale, draft) if draft else ""
    if forced:
        text_block(f"This changes what is asked: {forced}. {stale_in_words(stale)}", kind="warning")
        return False
    return st.radio(
        "Does it still ask the same?",
        [True, False],
        index=None,
        key=f"same-{key}",
        format_func=lambda one: "Yes, the same question in better words" if one else "No, something else is asked",
        captions=["Answers stay.", stale_in_words(stale)],
    )


def stale_in_words(stale: StaleAnswers) -> str:
    """What a change of meaning leaves behind."""
    if not stale.n_ratings:
        return "There are no answers yet, so nothing goes stale."
    raters = [
        counted(number, one, many)
        for number, one, many in (
            (stale.n_people, "person", "people"),
            (stale.n_judges, "judge", "judges"),
            (stale.n_others, "other source", "other sources"),
        )
        if number
    ]
    answers = counted(stale.n_ratings, "answer", "answers")
    return f"{answers} of {joined(raters)} will be kept under the old meaning, and the question is open again."
