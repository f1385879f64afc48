"""Agreement: do people agree, do judges agree with them, and on which items not. Follows new ratings by itself."""

from collections.abc import Callable

import streamlit as st

from core.workflow.agreement import (
    PHASES,
    THRESHOLDS,
    AgreementView,
    LiveAgreement,
    headline,
    seconds_since,
    standing,
)
from core.workflow.agreement_scorecard import scorecard
from pages.parts.agreement_address import pick_section, read_address, wanted_view
from pages.parts.agreement_citing import show_citing
from pages.parts.agreement_criteria import show_criteria
from pages.parts.agreement_headline import show_headline, show_six
from pages.parts.agreement_items import show_disagreements, show_items, show_splits
from pages.parts.agreement_numbers import show_numbers
from pages.parts.agreement_opening import open_cell
from pages.parts.agreement_pairs import show_matrix, show_pairs
from pages.parts.agreement_parts import theme_mode
from pages.parts.agreement_pickers import pick, show_left_out
from pages.parts.agreement_place import show_place
from pages.parts.agreement_raters import show_raters
from pages.parts.agreement_shown import Shown
from pages.parts.agreement_slices import show_slices
from pages.parts.estimate import agreement_style, answers_table, say
from pages.parts.frame import current_study, page_link, page_title, text_block, workspace
from pages.parts.live import ago, computed, live_studies, refreshed, told


@st.fragment(run_every=1.0)
def follow(live: LiveAgreement, view: AgreementView, mode: str) -> None:
    """Look every second whether something came, or the reader changed the theme; draw the page anew only then."""
    live.refresh()
    if live.has_new(view) or theme_mode() != mode:
        st.rerun()
    since = seconds_since(workspace(), live.last_rating_at)
    st.html(f'<div class="ag-live" role="status">{ago(since)}</div>')


SECTIONS: dict[str, tuple[str, Callable[[Shown], None]]] = {
    "pairs": ("Two raters", show_pairs),
    "slices": ("By slice", show_slices),
    "criteria": ("By criterion", show_criteria),
    "raters": ("Raters", show_raters),
    "place": ("A judge in a person's place", show_place),
    "items": ("Disagreements", show_disagreements),
    "numbers": ("All coefficients", show_numbers),
}
"""Name in the address -> title and what draws it; only the chosen one is computed. The first is the default."""

agreement_style()
study = current_study()
live = live_studies(workspace()).of(study.id)
refreshed(live, study.n_ratings)
address = read_address()

if not live.questions:
    page_title("Agreement", study)
    text_block("This study asks nothing yet, so there is nothing to agree on.", kind="empty")
    page_link("study", "Add a criterion", study=str(study.id))
    st.stop()

asked = live.filled(wanted_view(live, address))
view = computed(live, asked, study.n_ratings)
state = standing(view, live.questions)
page_title(
    "Agreement", study, f"{view.question.title}: {view.question.text}" if view.question.text else view.question.title
)
with pick(live, asked, study.id):
    follow(live, view, theme_mode())
show_left_out(live, view)

if state.state == "no ratings":
    blind = asked.phase == "blind" and not asked.raters and asked.narrowing.is_open
    text_block("Nobody has answered this criterion yet." if blind else "There are no such ratings.", kind="empty")
    if not blind:
        text_block(f"Shown are: {PHASES[asked.phase]}." + (" Only some raters are chosen." if asked.raters else ""))
    page_link("grade", "Grade the first items", study=str(study.id))
    page_link("importing", "Import ratings", study=str(study.id))
    st.stop()

if state.state == "one rater":
    n = "1 rating" if state.n_ratings == 1 else f"{state.n_ratings:,} ratings"
    said = f"So far only {state.raters[0]} has answered ({n})."
    text_block(f"{said} Agreement needs a second rater on the same items.", kind="empty")
    page_link("grade", "Grade as somebody else", study=str(study.id))
    page_link("importing", "Import another rater's answers", study=str(study.id))
    answers_table(view)
    st.stop()

with told(view.table.n_ratings) as tell:
    card = scorecard(live, view, tell)
say(headline(view, card))
if view.provisional:
    text_block("Intervals are being computed for the newest ratings.")
shown = Shown(study, live, view, address)
opened = open_cell(live, view, address)
left, right = st.columns([1.15, 1], gap="large")
with left:
    show_headline(shown)
with right:
    show_matrix(shown)
left, right = st.columns([1.15, 1], gap="large")
with left:
    show_six(shown)
    with st.expander("How the sentence above chooses its words"):
        text_block(THRESHOLDS)
    show_citing(shown)
with right:
    show_splits(shown)
SECTIONS[pick_section(address, {name: title for name, (title, _) in SECTIONS.items()})][1](shown)
if opened is not None:
    show_items(shown, opened)
