"""Pairs of raters: everyone with everyone, and the table of two; a keyboard's way stands beside each picture."""

from contextlib import nullcontext

import numpy as np
import streamlit as st

from core.charts.agreement import MOST_RATERS, Named, confusion_matrix, rater_matrix
from core.charts.theme import CONFIG
from core.charts.writing import NONE, decimal, percentage
from core.stats.pair_matrix import PairMatrix
from core.workflow.agreement import AgreementView, Behind, RaterLine, count_behind
from core.workflow.agreement_definitions import definition_of
from core.workflow.agreement_pairs import FEW_UNITS, drawn_raters, pair_measures, pair_raters, pairs_by
from pages.parts.address import put
from pages.parts.agreement_opening import (
    EXPOSES,
    compared_answers,
    compared_pair,
    open_items,
    take_back,
)
from pages.parts.agreement_parts import look
from pages.parts.agreement_saving import saving_bar
from pages.parts.agreement_shown import Shown
from pages.parts.estimate import answers_table, heading
from pages.parts.frame import text_block

_MANY = 30_000
"""From this many ratings on, ranking numbers may take more than a second."""


def show_pairs(shown: Shown) -> None:
    """Two raters, and who answered what."""
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        show_pair(shown)
    with right:
        heading("Who answered what", "Standing answers by rater.")
        answers_table(shown.view)


def show_matrix(shown: Shown) -> None:
    """Everyone with everyone, by any coefficient of pairs; a click on a cell opens its units."""
    view, address = shown.view, shown.address
    raters = pair_raters(view)
    heading("Everyone with everyone", "A cell opens its items.")
    if len(raters) < 2 or not pair_measures(view):
        text_block(view.pairs.reason.sentence if view.pairs.reason and not raters else "Only one rater is named.")
        return
    measure = _pick_measure(view)
    known = definition_of(measure)
    slow = measure == "spearman" and view.question.scale.is_numeric and view.table.n_ratings > _MANY
    with st.spinner("Ranking the numbers of every pair of raters") if slow else nullcontext():
        pairs = pairs_by(shown.live, view, measure)
    drawn = _pick_drawn(view)
    ids = [line.id for line in raters]
    pair = compared_pair(view, address)
    chosen = (ids.index(pair[0]), ids.index(pair[1])) if pair and address.open == "pair" else None
    named = [Named(line.name, line.kind) for line in raters]
    figure = rater_matrix(pairs, named, look(), title=known.title, percent=known.proportion, drawn=drawn,
                          few=FEW_UNITS, chosen=chosen)  # fmt: skip
    st.plotly_chart(figure, width="stretch", theme=None, config=CONFIG, key="matrix", selection_mode="points",
                    on_select=lambda: _pair_clicked(ids), alt=f"{known.title} of every pair of raters")  # fmt: skip
    saving_bar(shown, "matrix", "Everyone with everyone", "pairs", note=f"{known.title}, every pair of raters.",
               also={"measure": measure})  # fmt: skip
    _pick_pair(pairs, raters, drawn, percent=known.proportion)


def _pick_measure(view: AgreementView) -> str:
    """Which coefficient; one that the address names and the scale does not allow is left aside."""
    known = pair_measures(view)
    wanted = st.query_params.get("measure", "")
    chosen, key = wanted if wanted in known else known[0], f"measure-{view.question.key}"
    st.session_state[key] = chosen
    st.selectbox("Measure", known, key=key, on_change=_measure_picked, args=(key, known[0]),
                 help=definition_of(chosen).definition, format_func=lambda one: definition_of(one).title)  # fmt: skip
    return chosen


def _measure_picked(key: str, default: str) -> None:
    put(measure="" if st.session_state[key] == default else st.session_state[key])


def _pick_drawn(view: AgreementView) -> tuple[int, ...]:
    """Whom to draw where there are more than can be read."""
    raters = pair_raters(view)
    wanted = [int(part) for part in st.query_params.get("drawn", "").split(".") if part.isascii() and part.isdigit()]
    drawn = drawn_raters(view, wanted, MOST_RATERS)
    if len(raters) <= MOST_RATERS:
        return drawn
    names, key = {line.id: line.name for line in raters}, f"drawn-{view.question.key}"
    st.session_state[key] = [raters[place].id for place in drawn]
    st.multiselect(
        f"Drawn, {len(drawn)} of {len(raters):,} raters", list(names), key=key, on_change=_drawn_picked, args=(key,),
        max_selections=MOST_RATERS, format_func=lambda one: names[one],
        help=f"At most {MOST_RATERS} can be read at once: judges first, then whoever rated most, unless chosen here.",
    )  # fmt: skip
    return drawn


def _drawn_picked(key: str) -> None:
    put(drawn=".".join(str(found) for found in st.session_state[key]))


def _pick_pair(pairs: PairMatrix, raters: tuple[RaterLine, ...], drawn: tuple[int, ...], *, percent: bool) -> None:
    """The same as a click on a cell, for a keyboard."""
    cells = {
        (raters[a].id, raters[b].id): f"{raters[a].name} and {raters[b].name}: {_cell_words(pairs, a, b, percent)}"
        for place, a in enumerate(drawn)
        for b in drawn[place + 1 :]
        if pairs.n[a, b]
    }
    if not cells:
        text_block("No two raters have a unit in common.")
        return
    st.selectbox("Or the items of one pair", list(cells), None, key="matrix-pair", placeholder="choose",
                 on_change=_matrix_pair_picked, format_func=lambda one: cells[one])  # fmt: skip


def _cell_words(pairs: PairMatrix, row: int, column: int, percent: bool) -> str:  # noqa: FBT001 - how it is written
    value, n = float(pairs.values[row, column]), f"n {int(pairs.used[row, column]):,}"
    return f"{NONE if np.isnan(value) else percentage(value) if percent else decimal(value)}, {n}"


def _matrix_pair_picked() -> None:
    chosen = st.session_state.get("matrix-pair")
    st.session_state["matrix-pair"] = None  # so that the same can be chosen again
    if chosen:
        open_items(Behind(*chosen))


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
    else:
        take_back("pair")


def show_pair(shown: Shown) -> None:
    """Two raters: who, their table, and the ways to their units."""
    view, address = shown.view, shown.address
    pair = compared_pair(view, address)
    if pair is None:
        return
    names = {line.id: line.name for line in pair_raters(view)}
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
    if table is not None and table.n:
        by_row = st.query_params.get("cells") == "percent"
        shares = st.toggle("Percent of each row", by_row, key="confusion-shares", on_change=_shares_picked)
        answers = compared_answers(view, address) if address.open == "cell" else None
        keys = view.question.scale.keys
        chosen = (keys.index(answers[0]), keys.index(answers[1])) if answers else None
        first, second = (Named(line.name, line.kind) for line in (view.rater(pair[0]), view.rater(pair[1])))
        figure = confusion_matrix(table, first, second, look(), chosen=chosen, shares=shares)
        st.plotly_chart(figure, width="stretch", theme=None, config=CONFIG, key="confusion", selection_mode="points",
                        on_select=lambda: _answers_clicked(pair, keys), alt="Answers of the two raters")  # fmt: skip
        note = "Share of each row in percent." if shares else "Units that both rated, counted."
        saving_bar(shown, "confusion", "Answers of two raters", "confusion", note=f"Rows and columns: options. {note}")
    _ways_to_items(shown, pair)


def _shares_picked() -> None:
    put(cells="percent" if st.session_state["confusion-shares"] else "")


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
    else:
        take_back("cell")


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
    key = f"cell-{pair[0]}-{pair[1]}"
    chosen = st.session_state.get(key)
    st.session_state[key] = None  # so that the same can be chosen again
    if chosen:
        open_items(Behind(*pair, answers=chosen))
