"""How far a study is, and where to go next."""

from html import escape

import streamlit as st

from core.workflow.studies import close_study
from core.workflow.study_detail import StudyDetail
from core.workflow.workspace import Workspace
from pages.parts.frame import page_link, shown_problems, text_block, visitor
from pages.parts.study.words import KINDS, counted, holdings, joined, kinds_in_words


def show_overview(space: Workspace, detail: StudyDetail) -> None:
    """One sentence, progress by kind, what the study holds, and the way on."""
    study = detail.summary
    text_block(_sentence(detail), kind="say")
    if study.description:
        st.html(f'<p class="sd-quiet">{escape(study.description)}</p>')
    if _kinds(detail) and not study.simulated:
        st.html(_progress(detail))
    st.html(f'<p class="sd-quiet">{holdings(study)} · made {study.created_at:%d %B %Y}</p>')
    _show_ways_on(detail)
    _show_closing(space, detail)


def _kinds(detail: StudyDetail) -> list[str]:
    subjects = detail.summary.n_subjects
    return [kind for kind in KINDS if subjects.get(kind) and (kind in detail.kinds_asked or detail.n_graded.get(kind))]


def _sentence(detail: StudyDetail) -> str:
    study = detail.summary
    if study.simulated:
        return f"{counted(study.n_ratings, 'simulated rating', 'simulated ratings')}; nobody graded anything."
    if not study.n_items:
        return "Nothing to judge yet: import a file of items, outputs or ratings."
    if not detail.asked:
        return f"{counted(study.n_items, 'item', 'items')} and no criteria: say what is asked about them."
    without = [KINDS[kind][1] for kind in detail.kinds_asked if not study.n_subjects.get(kind)]
    if without and not _kinds(detail):
        return f"The criteria ask about {joined(without)}, and none is up for grading yet: see Pairs and subjects."
    parts = [
        f"{detail.n_graded.get(kind, 0):,} of {counted(study.n_subjects[kind], *KINDS[kind])}"
        for kind in _kinds(detail)
    ]
    return f"People have graded {joined(parts)}."


def _progress(detail: StudyDetail) -> str:
    rows = []
    for kind in _kinds(detail):
        n, of = detail.n_graded.get(kind, 0), detail.summary.n_subjects[kind]
        share = 100 * n / of
        rows.append(
            f"<span>{KINDS[kind][1].capitalize()}</span>"
            f'<span class="sd-bar" role="img" aria-label="{share:.0f} % graded">'
            f'<i style="width:{share:.1f}%"></i></span>'
            f"<span>{n:,} of {of:,} graded</span>"
        )
    return f'<div class="sd-progress">{"".join(rows)}</div>'


def _show_ways_on(detail: StudyDetail) -> None:
    study = str(detail.summary.id)
    with st.container(key="ways-on", horizontal=True, gap="medium"):
        if kinds_in_words(detail.summary.n_subjects) and detail.asked and not detail.summary.closed:
            page_link("grade", "Grade", study=study)
        if detail.summary.n_ratings:
            page_link("agreement", "See agreement", study=study)
        if not detail.summary.simulated:
            page_link("importing", "Import a file", study=study)
        if detail.summary.n_ratings:
            page_link("exporting", "Export", study=study)


def _show_closing(space: Workspace, detail: StudyDetail) -> None:
    study = detail.summary
    if study.simulated:
        text = "Simulated: nobody grades it and nothing is imported, so that simulated ratings and real ones never mix."
        st.html(f'<h2 class="sd-head">Grading</h2><p class="sd-quiet">{text}</p>')
        return
    words = "Closed: nobody can grade it now." if study.closed else "Open: everybody who comes in can grade it."
    st.html(f'<h2 class="sd-head">Grading</h2><p class="sd-quiet">{words}</p>')
    with shown_problems():
        if st.button("Open it again" if study.closed else "Close for grading", key="close-study"):
            close_study(space, visitor(), study.id, closed=not study.closed)
            st.rerun()
