from html import escape

import streamlit as st

from core.workflow.exporting import FORMATS, PHASES, SHAPES, ExportRequest, choices, column_guide, plan_export
from pages.parts.frame import current_study, page_link, page_title, shown_problems, text_block, workspace
from pages.parts.tables import plain_table
from pages.routes.downloads import address_of

_NOTES = {
    "csv": "A text cell that would start a formula gets a ' in front; our own import takes exactly that away again."
}
_EXPOSED = (
    "Whoever takes an export may know everybody's ratings: a first grade given after it counts as exposed, not blind."
)

_NO_CALLS = "No judge of this study has been run yet, so there are no calls."
_FOR_ACCOUNTS = "Calls are for accounts and for reading replies; they cannot be imported again, ratings can."
_NOTHING_FITS = "Nothing fits this choice. Take a filter away."

study = current_study()
page_title("Export", study, "Take the ratings with you. Ratings that you export can be imported again.")
known = choices(workspace(), str(study.id))

if not study.n_ratings:
    text_block("Nothing has been rated in this study yet, so there is nothing to export.", kind="empty")
    page_link("grade", "Grade the first items", study=str(study.id))
    page_link("importing", "Import ratings", study=str(study.id))
    st.stop()

left, right = st.columns([1, 1.4], gap="large")
with left:
    shape = st.radio(
        "Shape", list(SHAPES), format_func=lambda one: SHAPES[one], key="export_shape", bind="query-params"
    )
    kind = st.segmented_control("Format", list(FORMATS), default="csv", format_func=lambda one: FORMATS[one].title,
                                key="export_format", required=True)  # fmt: skip
    calls = shape == "calls"
    about = "Replies, word for word, too" if calls else "Inputs, references and outputs too"
    texts = st.checkbox(about, value=True, key="export_texts")
    with st.expander("Only some of the calls" if calls else "Only some of the ratings"):
        criteria = st.multiselect("Criteria", known.criteria, key="export_criteria", placeholder="all", disabled=calls)
        raters = st.multiselect("Raters", known.raters, key="export_raters", placeholder="all")
        kinds = st.multiselect("Kinds of raters", known.kinds, key="export_kinds", placeholder="all")
        phases = st.multiselect(
            "Phases", PHASES, key="export_phases", placeholder="blind" if shape == "wide" else "all", disabled=calls
        )
        splits = st.multiselect("Splits", known.splits, key="export_splits", placeholder="all")
        history = st.checkbox("Also superseded and withdrawn rows", key="export_history", disabled=shape != "long")

request = ExportRequest(
    study=str(study.id),
    shape=shape,
    format=kind or "csv",
    criteria=() if calls else tuple(criteria),
    raters=tuple(raters),
    kinds=tuple(kinds),
    phases=() if calls else tuple(phases),
    splits=tuple(splits),
    history=history and shape == "long",
    texts=texts,
)
choosing = bool(raters or kinds or splits)
with right, shown_problems():
    export = plan_export(workspace(), request)
    if export.rows:
        rows = "row" if export.rows == 1 else "rows"
        st.html(
            f'<a class="ts-button" download href="{escape(address_of(request))}">'
            f"Download {export.rows:,} {rows} as {escape(FORMATS[request.format].title)}</a>"
        )
        text_block(_NOTES.get(request.format, "Written a piece at a time: large studies are no problem."))
        text_block(_EXPOSED)
        if calls:
            text_block(_FOR_ACCOUNTS)
        plain_table((("Column", "What it holds"), column_guide(export)), caption=f"{len(export.columns)} columns")
    else:
        text_block(_NO_CALLS if calls and not choosing else _NOTHING_FITS, kind="empty")
