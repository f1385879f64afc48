"""The pickers of the agreement page; each writes into the address, which alone decides what is shown."""

from collections.abc import Callable
from datetime import date
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.workflow.agreement import PHASES, AgreementView, Asked, LiveAgreement, Question, credits_of
from core.workflow.agreement_asking import FIRST_DAY, KINDS, LAST_DAY, kinds_of, left_out_words, short_name
from pages.parts.address import put
from pages.parts.agreement_address import clear_filters, put_slices

_CREDIT_LABELS = {"exact": "no credit", "linear": "linear credit", "quadratic": "quadratic credit"}
_PHASE_HELP = (
    "Blind: given before anything was revealed. Revised: kept or changed after the reveal. Exposed: first answers of"
    " people who had seen others' ratings. Latest: whatever each rater said last. Judges answer once and stand beside"
    " each of these."
)
_PICKED = "agreement-filter-picked"


def pick(live: LiveAgreement, asked: Asked, study_id: int) -> DeltaGenerator:
    """The pickers; returns the place that is left at their end."""
    question = live.question(asked.question)
    columns = st.columns([1.5, 1.2, 1.9, 0.8, 1.3], vertical_alignment="bottom")
    with columns[0]:
        _pick_question(live, question, study_id)
    with columns[1]:
        phases, key = list(PHASES), f"phase-{study_id}"
        _as_in_address(key, asked.phase)
        st.selectbox("Answers", phases, key=key, on_change=_phase_picked, args=(key,), help=_PHASE_HELP,
                     format_func=lambda one: PHASES[one])  # fmt: skip
    with columns[2]:
        _pick_raters(live, asked, study_id)
    with columns[3]:
        _pick_filters(live, asked, study_id)
    return columns[4]


def _as_in_address(key: str, value: object) -> None:
    """Set a widget to what the address says, where it differs: sent anew it could undo a choice on its way."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _pick_question(live: LiveAgreement, question: Question, study_id: int) -> None:
    titles, key = {known.key: known.title for known in live.questions}, f"criterion-{study_id}"
    _as_in_address(key, question.key)
    st.selectbox("Criterion", list(titles), key=key, on_change=_question_picked, args=(key,),
                 format_func=lambda one: titles[one])  # fmt: skip


def _question_picked(key: str) -> None:
    put(criterion=st.session_state[key], raters="", credit="", first="", second="", cell="", part="", open="", page="")


def _phase_picked(key: str) -> None:
    put(phase="" if st.session_state[key] == "blind" else st.session_state[key], open="", page="")


def _pick_raters(live: LiveAgreement, asked: Asked, study_id: int) -> None:
    names = {row.id: row.name for row in live.raters_of(asked.question)}
    key = f"raters-{study_id}-{asked.question}"
    _as_in_address(key, [found for found in asked.raters if found in names])
    st.multiselect("Raters", list(names), key=key, on_change=_raters_picked, args=(key,), placeholder="all",
                   format_func=lambda one: names[one])  # fmt: skip


def _raters_picked(key: str) -> None:
    chosen = ".".join(str(found) for found in st.session_state[key])
    put(raters=chosen, first="", second="", cell="", part="", open="", page="")


@st.fragment
def _pick_filters(live: LiveAgreement, asked: Asked, study_id: int) -> None:
    """The other filters behind a button; opening it runs this alone, a choice runs the page.

    The button's label never changes: with another one the browser would build it anew and close what is open in it.
    """
    if st.session_state.pop(_PICKED, False):
        st.rerun()
    count = asked.narrowing.n_active
    box = st.popover("Filter", key=f"filter-{study_id}", on_change="rerun", width="stretch")
    if not box.open:
        return
    with box:
        _pick_kinds(live, asked, study_id)
        with st.spinner("Reading slices"):
            live.slice_choices(asked.question)
        _pick_slices(live, asked, study_id)
        _pick_split(live, asked, study_id)
        _pick_days(asked, study_id)
        _pick_credit(live.question(asked.question), asked, study_id)
        if count:
            st.button("Clear filters", key="clear-inside", on_click=_cleared)


def _changed(key: str, write: Callable[[str], None]) -> None:
    write(key)
    put(cell="", part="", open="", page="")
    st.session_state[_PICKED] = True


def _cleared() -> None:
    clear_filters()
    st.session_state[_PICKED] = True


def _pick_kinds(live: LiveAgreement, asked: Asked, study_id: int) -> None:
    key = f"kinds-{study_id}"
    known = kinds_of(live, asked.question)
    _as_in_address(key, list(asked.narrowing.kinds))
    st.multiselect("Kinds of raters", known, key=key, on_change=_changed, placeholder="all",
                   args=(key, _kinds_picked), format_func=lambda one: KINDS[one])  # fmt: skip


def _kinds_picked(key: str) -> None:
    put(kinds=".".join(st.session_state[key]))


def _pick_slices(live: LiveAgreement, asked: Asked, study_id: int) -> None:
    key = f"slices-{study_id}-{asked.question}"
    known = live.slice_choices(asked.question)
    titles = {(one.key, name): f"{one.title}: {name}" for one in known if one.key != "split" for name in one.names}
    if not titles:
        return
    _as_in_address(key, [found for found in asked.narrowing.slices if found in titles])
    st.multiselect("Slices", list(titles), key=key, on_change=_changed, placeholder="all",
                   args=(key, _slices_picked), format_func=lambda one: titles[one],
                   help="Several of one kind: items in any of them. Of different kinds: items in all.")  # fmt: skip


def _slices_picked(key: str) -> None:
    put_slices([f"{one}={short_name(one, name)}" for one, name in st.session_state[key]])


def _pick_split(live: LiveAgreement, asked: Asked, study_id: int) -> None:
    known, key = live.splits(asked.question), f"split-{study_id}"
    if not known:
        return
    _as_in_address(key, asked.narrowing.split)
    st.selectbox("Split", ["", *known], key=key, on_change=_changed, args=(key, _split_picked),
                 format_func=lambda one: one or "all")  # fmt: skip


def _split_picked(key: str) -> None:
    put(split=st.session_state[key])


def _pick_days(asked: Asked, study_id: int) -> None:
    for place, label, name, day in zip(
        st.columns(2), ("Written from", "to"), ("since", "until"), (asked.narrowing.since, asked.narrowing.until),
        strict=True,
    ):  # fmt: skip
        key = f"{name}-{study_id}"
        _as_in_address(key, day)
        place.date_input(label, value=None, min_value=FIRST_DAY, max_value=LAST_DAY, key=key, format="YYYY-MM-DD",
                         on_change=_changed, args=(key, _day_picked(name)))  # fmt: skip


def _day_picked(name: str) -> Callable[[str], None]:
    def write(key: str) -> None:
        day = st.session_state[key]
        put(**{name: day.isoformat() if isinstance(day, date) else ""})

    return write


def _pick_credit(question: Question, asked: Asked, study_id: int) -> None:
    known = credits_of(question)
    if len(known) == 1:
        return
    key = f"credit-{study_id}"
    names = {"cohen": "exact", "cohen_linear": "linear", "cohen_quadratic": "quadratic"}
    _as_in_address(key, names[asked.coefficient])
    st.selectbox("Close answers in a kappa", known, key=key, on_change=_changed, args=(key, _credit_picked),
                 format_func=lambda one: _CREDIT_LABELS[one])  # fmt: skip


def _credit_picked(key: str) -> None:
    put(credit=st.session_state[key])


def show_left_out(live: LiveAgreement, view: AgreementView) -> None:
    """What the filter leaves and how much it leaves out; nothing where there is none."""
    words = left_out_words(live, view)
    if not words:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<div class="ts-note">{escape(words)}</div>', width="content")
        st.button("Clear filters", key="clear", on_click=clear_filters, type="tertiary")
