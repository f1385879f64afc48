"""What people take away from a view: words for a paper, to be copied, and every table of numbers."""

from html import escape

import streamlit as st

from core.workflow.agreement_citing import citation, touchstone_version
from core.workflow.agreement_csv import TABLES
from core.workflow.agreement_recomputed import Recomputed, is_quick, recomputed
from core.workflow.agreement_scorecard import scorecard
from pages.parts.agreement_shown import Shown
from pages.parts.frame import text_block, visitor, workspace
from pages.routes.agreement_tables import table_address

_METHODS = 240
"""Pixels of the methods, which scroll for themselves."""
_EXPOSES = ". It is noted that you read it: your own first grade of these items will count as exposed, not as blind."


@st.fragment
def show_citing(shown: Shown) -> None:
    """A fold with the sentence, the methods, the references, and the tables as CSV; made when it is opened."""
    fold = st.expander("Cite or download", key="cite", on_change="rerun")
    if not fold.open:
        return
    with fold:
        checked = _checked(shown)
        today = workspace().clock().date()
        card = scorecard(shown.live, shown.view)
        cited = citation(shown.view, shown.study, card, today=today, software=touchstone_version(), checked=checked)
        references = "\n".join(cited.references)
        for label, words in (("Result", cited.sentence), ("Methods", cited.methods), ("References", references)):
            st.html(f'<p class="ag-label">{label}</p>')
            st.code(words, language=None, wrap_lines=True, height=_METHODS if label == "Methods" else "content")
        _tables(shown)


def _checked(shown: Shown) -> tuple[Recomputed, ...] | None:
    """Every alpha by a second program; on a table that takes it seconds only when asked, and until ratings come."""
    view = shown.view
    if not shown.live.remembered(view, "recomputed quickly", lambda: is_quick(view)):
        asked = f"recomputed-{view.question.key}"
        if st.button("Recompute alpha with a second program", key=f"recompute-{view.question.key}"):
            st.session_state[asked] = view.version
        if st.session_state.get(asked) != view.version:
            text_block("On so many ratings the package krippendorff takes some seconds.")
            return None
    return shown.live.remembered(view, "recomputed", lambda: recomputed(view))


def _tables(shown: Shown) -> None:
    """A link for every table; the one that says who answered what only for somebody who can be noted to read it."""
    lines = []
    for name, table in TABLES.items():
        address = escape(table_address(name, shown.study.id, shown.view.asked))
        link, said = f'<a href="{address}" download>{escape(table.title)}</a>', _EXPOSES if table.exposes else ""
        if table.exposes and not visitor().is_known:
            link, said = escape(table.title), ": for this, first give your name on the grading page."
        lines.append(f"<li>{link}{said}</li>")
    st.html(f'<p class="ag-label">Numbers as CSV</p><div class="ag-quiet"><ul>{"".join(lines)}</ul></div>')
