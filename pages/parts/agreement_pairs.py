"""Pairs of raters: everyone with everyone, and the table of two; a keyboard's way stands beside each picture."""

import streamlit as st

from core.charts.agreement import MOST_RATERS, Named, confusion_matrix, rater_matrix
from core.charts.theme import CONFIG
from core.stats.coefficients import COEFFICIENTS
from core.workflow.agreement import AgreementView, Behind, count_behind
from pages.parts.agreement_address import Address, put
from pages.parts.agreement_opening import EXPOSES, close, compared_answers, compared_pair, open_items, read_open
from pages.parts.agreement_parts import look
from pages.parts.agreement_shown import Shown
from pages.parts.estimate import answers_table, heading
from pages.parts.frame import text_block


def show_pairs(shown: Shown) -> None:
    """Two raters, and who answered what."""
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        show_pair(shown)
    with right:
        heading("Who answered what", "Standing answers by rater.")
        answers_table(shown.view)


def show_matrix(view: AgreementView, address: Address) -> None:
    """Everyone with everyone; a click on a cell opens its units."""
    heading("Everyone with everyone", f"{COEFFICIENTS[view.coefficient].title}. A click on a cell opens its items.")
    if view.pairs.reason is not None:
        text_block(view.pairs.reason.sentence)
        return
    raters = view.named_raters
    if len(raters) < 2:
        text_block("Only one rater is named.")
        return
    ids = [line.id for line in raters]
    pair = compared_pair(view, address)
    chosen = (ids.index(pair[0]), ids.index(pair[1])) if pair and address.open == "pair" else None
    figure = rater_matrix(view.pairs, [Named(line.name, line.kind) for line in raters], look(), chosen=chosen)
    st.plotly_chart(figure, width="stretch", theme=None, config=CONFIG, key="matrix", selection_mode="points",
                    on_select=lambda: _pair_clicked(ids), alt="Kappa of every pair of raters")  # fmt: skip
    if len(raters) > MOST_RATERS:
        text_block(f"The first {MOST_RATERS} of {len(raters):,} raters are drawn; choose others above.")


def _clicked(key: str) -> tuple[int, int] | None:
    """Row and column of the cell that was clicked; None where the click took the choice back."""
    state = st.session_state.get(key)
    points = state.selection.points if state else []
    place = points[0].get("customdata") if points else None
    return (int(place[0]), int(place[1])) if place else None


def _pair_clicked(ids: list[int]) -> None:
    place = _clicked("matrix")
    if place is not None:
        open_items(Behind(ids[place[0]], ids[place[1]]))
    elif read_open() == "pair":
        close()
    else:
        put(open="pair", page="")


def show_pair(shown: Shown) -> None:
    """Two raters: who, their table, and the ways to their units."""
    view, address = shown.view, shown.address
    pair = compared_pair(view, address)
    if pair is None:
        return
    names = {line.id: line.name for line in view.named_raters}
    heading("Two raters", "How they answered the units both rated; a cell opens its items.")
    left, right = st.columns(2)
    ids = list(names)
    for place, (column, name) in enumerate(((left, "first"), (right, "second"))):
        key = f"{name}-{view.question.key}"
        st.session_state[key] = pair[place]
        with column:
            st.selectbox(f"The {name}", ids, key=key, on_change=_rater_picked, args=(name, key),
                         format_func=lambda one: names[one])  # fmt: skip
    table = view.confusion(*pair)
    if table is not None:
        answers = compared_answers(view, address) if address.open == "cell" else None
        keys = view.question.scale.keys
        chosen = (keys.index(answers[0]), keys.index(answers[1])) if answers else None
        first, second = (Named(line.name, line.kind) for line in (view.rater(pair[0]), view.rater(pair[1])))
        figure = confusion_matrix(table, first, second, look(), chosen=chosen)
        st.plotly_chart(figure, width="stretch", theme=None, config=CONFIG, key="confusion", selection_mode="points",
                        on_select=lambda: _answers_clicked(pair, keys), alt="Answers of the two raters")  # fmt: skip
    _ways_to_items(shown, pair)


def _rater_picked(name: str, key: str) -> None:
    chosen = str(st.session_state[key])
    other = "second" if name == "first" else "first"
    if st.query_params.get(other) == chosen:
        put(**{other: st.query_params.get(name, "")})
    put(**{name: chosen}, cell="", open="", page="")


def _answers_clicked(pair: tuple[int, int], keys: tuple[str, ...]) -> None:
    place = _clicked("confusion")
    if place is not None:
        open_items(Behind(*pair, answers=(keys[place[0]], keys[place[1]])))
    elif read_open() == "cell":
        close()
    else:
        put(open="cell", page="")


def _ways_to_items(shown: Shown, pair: tuple[int, int]) -> None:
    """The same as a click, for a keyboard: all units of the two, or those of one cell."""
    view = shown.view
    n = count_behind(shown.live, view, Behind(*pair))
    if not n.total:
        text_block("They have no unit in common.")
        return
    label = f"Open their {n.total:,} items, {n.apart:,} with different answers first"
    st.button(label if n.total > 1 else "Open their item", key="open-pair", on_click=open_items,
              args=(Behind(*pair),), help=EXPOSES)  # fmt: skip
    table = view.confusion(*pair)
    if table is None:
        return
    options = view.question.scale.options
    cells = {
        (a.key, b.key): f"{a.label} and {b.label}: {int(table.counts[i, j]):,}"
        for i, a in enumerate(options)
        for j, b in enumerate(options)
        if table.counts[i, j]
    }
    st.selectbox("Or the items of one cell", list(cells), None, key=f"cell-{pair[0]}-{pair[1]}", placeholder="choose",
                 on_change=_cell_picked, args=(pair,), format_func=lambda one: cells[one])  # fmt: skip


def _cell_picked(pair: tuple[int, int]) -> None:
    chosen = st.session_state.get(f"cell-{pair[0]}-{pair[1]}")
    if chosen:
        open_items(Behind(*pair, answers=chosen))
