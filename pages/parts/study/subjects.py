"""Pairs and subjects: what can be judged, what is up for it, and how it was chosen."""

from html import escape

import streamlit as st

from core.models.items import Design
from core.models.study import Target
from core.workflow.pairs import (
    DrawSummary,
    Made,
    PairDesign,
    PairPlan,
    Progress,
    list_draws,
    make_pairs,
    make_subjects,
    missing_subjects,
    plan_pairs,
)
from core.workflow.study_detail import StudyDetail
from core.workflow.workspace import Workspace
from pages.parts.frame import shown_problems, text_block, visitor
from pages.parts.study.words import KINDS, counted, kinds_in_words

_DESIGNS = {
    "all": "All pairs of systems, for every item",
    "per item": "A balanced random subset: so many pairs per item",
    "total": "A balanced random subset: so many pairs in total",
}


def show_subjects(space: Workspace, detail: StudyDetail) -> None:
    """What is up for grading, what could be, and the draws."""
    there = kinds_in_words(detail.summary.n_subjects)
    text_block(f"Up for grading: {there}." if there else "Nothing is up for grading yet.", kind="say")
    with shown_problems():
        _show_missing(space, detail)
    with shown_problems():
        _show_pairs(space, detail)
    _show_draws(list_draws(space, detail.summary.id))


def _show_missing(space: Workspace, detail: StudyDetail) -> None:
    for missing in missing_subjects(space, detail.summary.id):
        kind = missing.kind.value
        if not missing.n_missing or kind not in detail.kinds_asked:
            continue
        many, some = KINDS[kind][1], counted(missing.n_missing, *KINDS[kind])
        of = missing.n_there + missing.n_missing
        st.html(f'<p class="sd-quiet">The criteria ask about {many}; {some} of {of:,} cannot be graded yet.</p>')
        if st.button(f"Put {some} up for grading", key=f"make-{kind}"):
            with _progress() as told:
                made = make_subjects(space, visitor(), detail.summary.id, missing.kind, progress=told)
            _remember(made, kind)


def _show_pairs(space: Workspace, detail: StudyDetail) -> None:
    if "pair" not in detail.kinds_asked:
        if detail.summary.n_outputs:
            st.html('<p class="sd-quiet">Pairs are made once a criterion asks about pairs of outputs.</p>')
        return
    st.html('<h2 class="sd-head">Make pairs</h2>')
    if not detail.summary.n_outputs:
        text_block("No outputs yet: import a file with one output a row.")
        return
    design = _design()
    asked = (detail.summary.id, design)
    with st.container(horizontal=True):
        if st.button("Count the pairs", key="count-pairs"):
            st.session_state["pair-plan"] = (asked, plan_pairs(space, detail.summary.id, design))
    known = st.session_state.get("pair-plan")
    if known is None or known[0] != asked:
        return
    plan: PairPlan = known[1]
    st.html(_plan(plan))
    label = f"Make {counted(plan.n_new, 'pair', 'pairs')}" if plan.n_new else "Record this choice"
    if plan.n_chosen and st.button(label, key="make-pairs", type="primary"):
        with _progress() as told:
            made = make_pairs(space, visitor(), detail.summary.id, design, progress=told)
        st.session_state.pop("pair-plan", None)
        _remember(made, "pair")


def _design() -> PairDesign:
    chosen = st.radio("Which pairs", list(_DESIGNS), key="pair-design", format_func=lambda one: _DESIGNS[one])
    if chosen == "all":
        return PairDesign()
    with st.container(horizontal=True):
        size = st.number_input("Pairs per item" if chosen == "per item" else "Pairs in total", 1, 10_000_000,
                               1 if chosen == "per item" else 100, key=f"pair-size-{chosen}")  # fmt: skip
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="pair-seed", help="The same seed chooses the same pairs")
    if chosen == "per item":
        return PairDesign(design=Design.RANDOM, per_item=int(size), seed=int(seed))
    return PairDesign(design=Design.RANDOM, total=int(size), seed=int(seed))


def _plan(plan: PairPlan) -> str:
    if not plan.n_chosen:
        return '<p class="sd-quiet">No item has outputs of two systems.</p>'
    rows = "".join(
        f'<tr><td>{escape(first)}</td><td>{escape(second)}</td><td class="num">{number:,}</td></tr>'
        for first, second, number in plan.by_systems
    )
    chance = (
        f"Every possible pair has a chance of {plan.probability:.3g}."
        if plan.probability is not None
        else "Items have different systems, so the chance of a pair is not known, and no totals will be estimated."
    )
    return (
        f'<p class="sd-quiet">{plan.n_chosen:,} of {counted(plan.n_possible, "possible pair", "possible pairs")} on'
        f" {counted(plan.n_items, 'item', 'items')}; {plan.n_there:,} are there already, {plan.n_new:,} are new."
        f' {chance}</p><div class="ts-scroll"><table class="ts"><tr><th>System</th><th>against</th>'
        f'<th class="num">pairs</th></tr>{rows}</table></div>'
    )


class _progress:  # noqa: N801 - used like a function
    """A bar that moves while subjects are written."""

    def __enter__(self) -> Progress:
        """Show it."""
        self.bar = st.progress(0.0, text="Writing")
        return self._tell

    def _tell(self, done: int, of: int) -> None:
        self.bar.progress(done / of, text=f"{done:,} of {of:,} written")

    def __exit__(self, *_: object) -> None:
        """Take it away."""
        self.bar.empty()


def _remember(made: Made, kind: str) -> None:
    record = "recorded as a draw" if made.draw_is_new else "the draw was recorded before"
    st.session_state["subjects-made"] = f"{counted(made.n_new, *KINDS[kind])} made; {record}."
    st.rerun()


def _show_draws(draws: tuple[DrawSummary, ...]) -> None:
    said = st.session_state.pop("subjects-made", None)
    if said:
        text_block(str(said))
    if not draws:
        return
    st.html('<h2 class="sd-head">How subjects were chosen</h2>')
    rows = "".join(_draw(draw) for draw in draws)
    st.html(
        '<div class="ts-scroll"><table class="ts sd-draws"><tr><th>What</th><th>Design</th><th class="num">chosen</th>'
        '<th class="num">of</th><th class="num">seed</th><th>Note</th><th>When</th><th>By</th></tr>'
        f"{rows}</table></div>"
    )


def _draw(draw: DrawSummary) -> str:
    population = f"{draw.population:,}" if draw.population is not None else "not known"
    seed = str(draw.seed) if draw.seed is not None else ""
    return (
        f"<tr><td>{KINDS[Target(draw.kind).value][1]}</td><td>{escape(draw.design)}</td>"
        f'<td class="num">{draw.n_drawn:,}</td><td class="num">{population}</td><td class="num">{seed}</td>'
        f'<td class="wide">{escape(draw.note)}</td><td>{draw.at:%d %b %Y}</td><td>{escape(draw.by)}</td></tr>'
    )
