"""The parts of the agreement page: pictures with a keyboard's way beside each, and the items behind them."""

import streamlit as st
from plotly.graph_objects import Figure

from core.charts.agreement import MOST_RATERS, Line, Named, confusion_matrix, forest, rater_matrix
from core.charts.theme import CONFIG, Theme, theme
from core.stats.coefficients import COEFFICIENTS
from core.workflow.agreement import (
    AgreementView,
    Behind,
    count_behind,
    items_behind,
    most_split,
)
from core.workflow.agreement_shown import measures
from pages.parts.agreement_address import Address, put
from pages.parts.agreement_opening import close, compared_answers, compared_pair, read_open
from pages.parts.estimate import heading
from pages.parts.frame import text_block, visitor, workspace
from pages.parts.items import opened_units, split_table

PAGE = 5
"""Units opened at once."""

_EXPOSES = "Opening shows everybody's answers: your own first grade of these items will count as exposed, not as blind."


def look() -> Theme:
    """The theme of the reader's choice."""
    return theme(theme_mode())


def theme_mode() -> str:
    """Either "light" or "dark"."""
    return st.context.theme.type or "light"


def show_forest(view: AgreementView) -> None:
    """Each rater with the people, or the coefficients where there is nobody to compare."""
    kappa = COEFFICIENTS[view.coefficient].title
    if view.judges:
        heading(
            "Each rater with the people",
            f"{kappa}, mean over people, with its 95 % interval. The band is how people agree with each other.",
        )
        lines = [Line(view.rater(int(one.rater_id)).name, one.kappa, "person") for one in view.members]
        lines += [Line(view.rater(int(one.rater_id)).name, one.kappa, "judge") for one in view.judges]
        _chart(forest(lines, look(), band=view.people[view.coefficient], band_label="people with each other"), "forest",
               "Agreement of each rater with the people")  # fmt: skip
        return
    heading("How far they agree", "Each coefficient with its 95 % interval.")
    people = any(line.is_person for line in view.raters)
    rows = measures(view)
    lines = [
        Line(row.coefficient.title, row.people if people else row.everyone, "person" if people else "judge",
             percent=row.coefficient.proportion)
        for row in rows
    ]  # fmt: skip
    _chart(forest(lines, look()), "forest", "Agreement coefficients with intervals")


def _chart(figure: Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, width="stretch", theme=None, config=CONFIG, key=key, alt=alt)


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
        put(first=str(ids[place[0]]), second=str(ids[place[1]]), cell="", open="pair", page="")
    elif read_open() == "pair":
        close()
    else:
        put(open="pair", page="")


def show_pair(view: AgreementView, address: Address) -> None:
    """Two raters: who, their table, and the ways to their units."""
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
    _ways_to_items(view, pair)


def _rater_picked(name: str, key: str) -> None:
    chosen = str(st.session_state[key])
    other = "second" if name == "first" else "first"
    if st.query_params.get(other) == chosen:
        put(**{other: st.query_params.get(name, "")})
    put(**{name: chosen}, cell="", open="", page="")


def _answers_clicked(pair: tuple[int, int], keys: tuple[str, ...]) -> None:
    place = _clicked("confusion")
    if place is not None:
        _open_answers(pair, f"{keys[place[0]]}.{keys[place[1]]}")
    elif read_open() == "cell":
        close()
    else:
        put(open="cell", page="")


def _open_answers(pair: tuple[int, int], cell: str) -> None:
    put(first=str(pair[0]), second=str(pair[1]), cell=cell, open="cell", page="")


def _open_pair(pair: tuple[int, int]) -> None:
    put(first=str(pair[0]), second=str(pair[1]), cell="", open="pair", page="")


def _ways_to_items(view: AgreementView, pair: tuple[int, int]) -> None:
    """The same as a click, for a keyboard: all units of the two, or those of one cell."""
    total, apart = count_behind(view, Behind(*pair))
    if not total:
        text_block("They have no unit in common.")
        return
    label = f"Open their {total:,} items, {apart:,} with different answers first" if total > 1 else "Open their item"
    st.button(label, key="open-pair", on_click=_open_pair, args=(pair,), help=_EXPOSES)
    table = view.confusion(*pair)
    if table is None:
        return
    options = view.question.scale.options
    cells = {
        f"{a.key}.{b.key}": f"{a.label} and {b.label}: {int(table.counts[i, j]):,}"
        for i, a in enumerate(options)
        for j, b in enumerate(options)
        if table.counts[i, j]
    }
    st.selectbox("Or the items of one cell", list(cells), None, key=f"cell-{pair[0]}-{pair[1]}", placeholder="choose",
                 on_change=_cell_picked, args=(pair,), format_func=lambda one: cells[one])  # fmt: skip


def _cell_picked(pair: tuple[int, int]) -> None:
    chosen = st.session_state.get(f"cell-{pair[0]}-{pair[1]}")
    if chosen:
        _open_answers(pair, chosen)


def show_splits(view: AgreementView) -> None:
    """Where raters split most."""
    lines = most_split(workspace(), view)
    heading("Where they split", "The units they are most divided on; who said what is shown when you open them.")
    if not lines:
        text_block("Nobody differs on any unit.")
        return
    split_table(lines)
    total, _ = count_behind(view, Behind())
    st.button(f"Open the {total:,} split items" if total > 1 else "Open the split item", key="open-split",
              on_click=put, kwargs={"open": "split", "page": ""}, help=_EXPOSES)  # fmt: skip


def show_items(view: AgreementView, cell: Behind, page: int) -> None:
    """The opened units, a few at once."""
    offset = (page - 1) * PAGE
    items = items_behind(workspace(), visitor(), view, cell, limit=PAGE, offset=offset)
    if items.total and not items.units:
        put(page="")
        st.rerun()
    last = offset + len(items.units)
    shown = f"{offset + 1:,} to {last:,} of {items.total:,}, those where answers differ most first."
    if not items.total:
        shown = "No unit was answered like this."
    noted = "" if items.noted else " No name is known for this browser, so it cannot be noted that you read them."
    heading(f"Items: {_cell_title(view, cell)}", shown + (noted if items.total else ""))
    with st.container(horizontal=True):
        st.button("Close", key="close-items", on_click=close)
        if offset:
            st.button("Previous", key="previous-items", on_click=put, kwargs={"page": str(page - 1)})
        if last < items.total:
            st.button("Next", key="next-items", on_click=put, kwargs={"page": str(page + 1)})
    opened_units(items)


def _cell_title(view: AgreementView, cell: Behind) -> str:
    if cell.first is None or cell.second is None:
        return "where raters split"
    first, second = view.rater(cell.first).name, view.rater(cell.second).name
    if cell.answers is None:
        return f"{first} and {second}"
    labels = [view.question.scale.option(key).label for key in cell.answers]
    return f"{first} says {labels[0]}, {second} says {labels[1]}"
