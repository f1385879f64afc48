"""What the agreement page shows, as it stands in the address: a view can be sent to somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import NotFound
from core.workflow.agreement import (
    PHASES,
    Asked,
    LiveAgreement,
    Question,
    asked_of,
    credits_of,
)
from pages.parts.frame import show_error

Open = Literal["", "pair", "cell", "split", "rater", "item"]
_CREDIT_LABELS = {"exact": "no credit", "linear": "linear credit", "quadratic": "quadratic credit"}
_PHASE_HELP = (
    "Blind: given before anything was revealed. Revised: kept or changed after the reveal. Exposed: first answers of"
    " people who had seen others' ratings. Latest: whatever each rater said last. Judges answer once and stand beside"
    " each of these."
)


@dataclass(frozen=True, slots=True)
class Address:
    """Everything the address says beside the study.

    Attributes:
        criterion, phase, credit: As in `asked_of`; "" for the default.
        raters: Rater ids as text; empty for all.
        first, second: The two raters compared, ids as text; "" for the first two.
        cell: "A.B": the answers of the two.
        part: "key=name": the slice whose items are open.
        open: Which items are open.
        page: Which page of them, from 1.
        section: Which section is looked at; "" for the first.
    """

    criterion: str
    phase: str
    credit: str
    raters: tuple[str, ...]
    first: str
    second: str
    cell: str
    part: str
    open: Open
    page: int
    section: str


def read_address() -> Address:
    """The address as it is; what makes no sense is left out."""
    given = st.query_params
    wanted = given.get("open", "")
    known: dict[str, Open] = {
        "pair": "pair", "cell": "cell", "split": "split", "rater": "rater", "item": "item",
    }  # fmt: skip
    page = given.get("page", "1")
    return Address(
        criterion=given.get("criterion", ""),
        phase=given.get("phase", ""),
        credit=given.get("credit", ""),
        raters=tuple(part for part in given.get("raters", "").split(".") if part),
        first=given.get("first", ""),
        second=given.get("second", ""),
        cell=given.get("cell", ""),
        part=given.get("part", ""),
        section=given.get("section", ""),
        open=known.get(wanted, ""),
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1,
    )


def put(**values: str) -> None:
    """Write into the address; "" takes a value out of it."""
    for name, value in values.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def wanted_view(live: LiveAgreement, address: Address) -> Asked:
    """What the address asks for; says so where it names something that is not there, and shows the default."""
    try:
        return asked_of(
            live, criterion=address.criterion, phase=address.phase, raters=address.raters, credit=address.credit
        )
    except NotFound as error:
        show_error(error)
        put(criterion="", phase="", raters="", credit="", first="", second="", cell="", part="", open="", page="")
        return asked_of(live)


def pick(live: LiveAgreement, asked: Asked, study_id: int) -> DeltaGenerator:
    """The pickers, each of which writes into the address; returns the place that is left at their end."""
    question = live.question(asked.question)
    columns = st.columns([1.5, 1.2, 1.9, 1.2, 1.5], vertical_alignment="bottom")
    with columns[0]:
        _pick_question(live, question, study_id)
    with columns[1]:
        phases = list(PHASES)
        st.selectbox("Answers", phases, phases.index(asked.phase), key=f"phase-{study_id}", on_change=_phase_picked,
                     args=(f"phase-{study_id}",), help=_PHASE_HELP, format_func=lambda one: PHASES[one])  # fmt: skip
    with columns[2]:
        _pick_raters(live, asked, study_id)
    with columns[3]:
        _pick_credit(question, asked)
    return columns[4]


def _pick_question(live: LiveAgreement, question: Question, study_id: int) -> None:
    titles = {known.key: known.title for known in live.questions}
    keys, key = list(titles), f"criterion-{study_id}"
    st.selectbox("Criterion", keys, keys.index(question.key), key=key, on_change=_question_picked, args=(key,),
                 format_func=lambda one: titles[one])  # fmt: skip


def _question_picked(key: str) -> None:
    put(criterion=st.session_state[key], raters="", credit="", first="", second="", cell="", part="", open="", page="")


def _phase_picked(key: str) -> None:
    put(phase="" if st.session_state[key] == "blind" else st.session_state[key], open="", page="")


def _pick_raters(live: LiveAgreement, asked: Asked, study_id: int) -> None:
    names = {row.id: row.name for row in live.raters_of(asked.question)}
    key = f"raters-{study_id}-{asked.question}"
    chosen = [found for found in asked.raters if found in names]
    st.multiselect("Raters", list(names), chosen, key=key, on_change=_raters_picked, args=(key,), placeholder="all",
                   format_func=lambda one: names[one])  # fmt: skip


def _raters_picked(key: str) -> None:
    put(
        raters=".".join(str(found) for found in st.session_state[key]),
        first="",
        second="",
        cell="",
        part="",
        open="",
        page="",
    )


def _pick_credit(question: Question, asked: Asked) -> None:
    known = credits_of(question)
    if len(known) == 1:
        return
    current = {"cohen": "exact", "cohen_linear": "linear", "cohen_quadratic": "quadratic"}[asked.coefficient]
    key = f"credit-{question.key}"
    st.selectbox("Close answers", known, known.index(current), key=key, on_change=_credit_picked,
                 args=(key,), format_func=lambda one: _CREDIT_LABELS[one])  # fmt: skip


def _credit_picked(key: str) -> None:
    put(credit=st.session_state[key])


def pick_section(address: Address, titles: Mapping[str, str]) -> str:
    """Which section is looked at, by its name; the choice stands in the address.

    Args:
        address: The address.
        titles: Name -> title of every section; the first is the default.
    """
    names = list(titles)
    chosen = address.section if address.section in titles else names[0]
    st.segmented_control("Look closer", names, default=chosen, key=f"section-{chosen}", on_change=_section_picked,
                         args=(f"section-{chosen}",), format_func=lambda name: titles[name], required=True,
                         width="stretch")  # fmt: skip
    return chosen


def _section_picked(key: str) -> None:
    put(section=st.session_state[key] or "", open="", part="", page="")
