"""Agreement by slice: a forest plot whose rows open their items, and the same as a table."""

from html import escape

import streamlit as st

from core.charts.slices import LONGEST_UNDER, ForestRow, Mark, rows_forest
from core.charts.theme import CONFIG
from core.workflow.agreement import AgreementView, LiveAgreement
from core.workflow.agreement_narrowing import SliceKey
from core.workflow.agreement_slice_words import p_words, slice_explanations, summary, verdicts
from core.workflow.agreement_slices import (
    SORTED_BY,
    SlicedAgreement,
    SliceRow,
    SortedBy,
    in_order,
    judges_with_people,
    slice_measures,
    sliced,
)
from pages.parts.address import put
from pages.parts.agreement_address import put_slices
from pages.parts.agreement_opening import EXPOSES, close, open_items, read_open
from pages.parts.agreement_parts import look
from pages.parts.agreement_saving import saving_bar
from pages.parts.agreement_shown import Shown
from pages.parts.estimate import explained_cell, explained_table, heading, notes
from pages.parts.frame import text_block
from pages.parts.live import MANY

SHOWN_ROWS = 20
_WHOLE = ""


def show_slices(shown: Shown) -> None:
    """Agreement in every slice, with what differs from the rest."""
    keys = shown.live.slice_keys(shown.view)
    heading(
        "By slice", "Where people, or a judge, agree more or less than elsewhere. A click on a row opens its items."
    )
    if not keys:
        text_block(
            "These items are in no slices: they carry no metadata, come from one system and one split.", kind="empty"
        )
        text_block(
            "Import them with the columns that part them (topic, language, source ...) marked as slices; then every"
            " number can be looked at slice by slice."
        )
        return
    key, measure, judge = _pick(shown.view, keys)
    found = _computed(shown.live, shown.view, key, measure, judge)
    text_block(summary(found))
    _picture(shown, found)
    with st.expander("The same as a table"):
        _table(shown.view, found)


def _computed(live: LiveAgreement, view: AgreementView, key: str, measure: str, judge: int | None) -> SlicedAgreement:
    if view.table.n_ratings < MANY:
        return sliced(live, view, key, measure=measure, judge=judge)
    with st.spinner("Comparing every slice with the rest"):
        return sliced(live, view, key, measure=measure, judge=judge)


def _pick(view: AgreementView, keys: tuple[SliceKey, ...]) -> tuple[str, str, int | None]:
    """Slices, measure and judge; each choice stands in the address."""
    given, about = st.query_params, f"{view.study_id}-{view.question.key}"
    titles = {found.key: f"{found.title} ({len(found.names)})" for found in keys}
    by = given.get("by", "") if given.get("by", "") in titles else keys[0].key
    judges = {str(line.id): line.name for line in judges_with_people(view)}
    beside = given.get("beside", "") if given.get("beside", "") in judges else ""
    judge = int(beside) if beside else None
    measures = {found.key: found.title for found in slice_measures(view, judge)}
    measure = given.get("bymeasure", "") if given.get("bymeasure", "") in measures else next(iter(measures))
    left, middle, right = st.columns(3)
    with left:
        _choice("Slices", "by", by, titles, f"slices-by-{about}")
    with middle:
        if judges:
            _choice("Who", "beside", beside, {"": "People among themselves"} | judges, f"slices-who-{about}")
    with right:
        _choice("Measure", "bymeasure", measure, measures, f"slices-measure-{about}-{beside}")
    return by, measure, judge


def _choice(label: str, name: str, value: str, titles: dict[str, str], key: str) -> None:
    """A selectbox whose choice stands in the address under a name."""
    st.session_state[key] = value
    st.selectbox(label, list(titles), key=key, on_change=_chosen, args=(name, key),
                 format_func=lambda one: titles[one])  # fmt: skip


def _chosen(name: str, key: str) -> None:
    put(**{name: st.session_state[key]}, open="", part="", page="")


def _picture(shown: Shown, found: SlicedAgreement) -> None:
    """The forest, and a keyboard's way to what a click opens."""
    order = _order()
    rows = in_order(found, order)
    every = len(rows) <= SHOWN_ROWS or bool(st.session_state.get("slices-all"))
    drawn = (found.whole, *(rows if every else rows[:SHOWN_ROWS]))
    open_name = _open_slice(shown, found)
    chosen = next((place for place, row in enumerate(drawn) if row.name == open_name), None)
    key = f"slices-{found.key}"
    st.plotly_chart(
        rows_forest([_forest_row(found, row) for row in drawn], look(), chosen=chosen), width="stretch", theme=None,
        config=CONFIG, key=key, selection_mode="points", on_select=lambda: _clicked(found, drawn, key),
        alt=f"{found.measure.title} in every slice of {found.title}",
    )  # fmt: skip
    also = {"by": found.key, "measure": found.measure.key} | ({"beside": str(found.judge.id)} if found.judge else {})
    who = f"{found.judge.name} beside people" if found.judge else f"{found.group} among themselves"
    note = f"{found.measure.title}, 95 % intervals; {who}; slices: {found.title}."
    saving_bar(shown, key, "Agreement by slice", "slices", note=note, also=also)
    if len(rows) > SHOWN_ROWS:
        st.toggle(f"Show all {len(rows)} slices; {len(rows) - SHOWN_ROWS} more than the {SHOWN_ROWS} that are drawn"
                  " otherwise", key="slices-all")  # fmt: skip
    _ways(found, rows, open_name)


def _order() -> SortedBy:
    known: dict[str, SortedBy] = {key: key for key in SORTED_BY}
    chosen = known.get(st.query_params.get("sort", ""), "value")
    key = f"slices-sort-{chosen}"
    st.segmented_control("Order", list(SORTED_BY), default=chosen, key=key, required=True, on_change=_sorted,
                         args=(key,), format_func=lambda one: SORTED_BY[one])  # fmt: skip
    return chosen


def _sorted(key: str) -> None:
    put(sort=st.session_state[key] or "")


def _forest_row(found: SlicedAgreement, row: SliceRow) -> ForestRow:
    percent = found.measure.percent
    people = Mark(row.people, "person" if found.group == "People" else "", percent=percent)
    marks: tuple[Mark, ...] = (people,)
    if row.judge is not None:
        marks = (Mark(row.judge, "judge", "judge", percent), Mark(row.people, "person", "people", percent))
    said = verdicts(row)
    beside_numbers = bool(said) and len(said[0]) <= LONGEST_UNDER and (row.too_small or len(marks) > 1)
    under = said[0] if beside_numbers else ""
    return ForestRow(
        row.name or "All units", f"n {row.shown.n_units:,}", marks, notes=said[1:] if under else said,
        strong=not row.name, grey=row.too_small, under=under,
    )  # fmt: skip


def _open_slice(shown: Shown, found: SlicedAgreement) -> str | None:
    """Name of the slice whose items are open, "" for all units, None where nothing of this picture is open."""
    kind = "split" if found.judge is None else "rater"
    if shown.address.open != kind:
        return None
    if found.judge is not None and shown.address.first != str(found.judge.id):
        return None
    key, equals, name = shown.address.part.partition("=")
    return (name if key == found.key else None) if equals else _WHOLE


def _clicked(found: SlicedAgreement, drawn: tuple[SliceRow, ...], key: str) -> None:
    state = st.session_state.get(key)
    points = state.selection.points if state else []
    place = points[0].get("customdata") if points else None
    if place:
        open_items(found.behind(drawn[int(place[0])]))
    elif read_open():
        close()


def _ways(found: SlicedAgreement, rows: tuple[SliceRow, ...], open_name: str | None) -> None:
    """The same as a click, for a keyboard; and the whole page on one slice."""
    by_name = {row.name: row for row in (found.whole, *rows)}
    titles = {name: f"{name or 'All units'} ({row.shown.n_units:,})" for name, row in by_name.items()}
    key = f"slices-open-{found.key}"
    st.session_state[key] = open_name if open_name in titles else None
    left, right = st.columns([1, 1], vertical_alignment="bottom")
    with left:
        st.selectbox("Open the items of", list(titles), None, key=key, placeholder="choose a slice", help=EXPOSES,
                     on_change=lambda: _picked(found, by_name, key), format_func=lambda one: titles[one])  # fmt: skip
    with right:
        if open_name:
            st.button("Filter the page to this slice", key="slices-filter", on_click=_filter,
                      args=(found.key, open_name), help="All numbers of this page, on its units only.")  # fmt: skip


def _picked(found: SlicedAgreement, by_name: dict[str, SliceRow], key: str) -> None:
    chosen = st.session_state.get(key)
    if chosen is None:
        close()
    else:
        open_items(found.behind(by_name[chosen]))


def _filter(key: str, name: str) -> None:
    others = [part for part in st.query_params.get_all("slice") if part.partition("=")[0] != key]
    put_slices([*others, f"{key}={name}"])
    close()


def _table(view: AgreementView, found: SlicedAgreement) -> None:
    """All rows with intervals, n, p and adjusted p; every number opens its explanation."""
    judged = found.judge is not None
    columns = ["Slice", "Units", "People" if found.group == "People" else "Raters"]
    columns += ["Judge", "Judge minus people", "p", "adjusted p"] if judged else []
    columns += ["Minus the rest", "p", "adjusted p"]
    rows = (found.whole, *in_order(found, _address_order()))
    explained_table(columns, "".join(_table_row(view, found, row) for row in rows))
    notes([estimate for row in rows for estimate in (row.people, row.judge, row.difference) if estimate is not None])


def _address_order() -> SortedBy:
    known: dict[str, SortedBy] = {key: key for key in SORTED_BY}
    return known.get(st.query_params.get("sort", ""), "value")


def _table_row(view: AgreementView, found: SlicedAgreement, row: SliceRow) -> str:
    behind, percent = slice_explanations(view, found, row), found.measure.percent
    said = "".join(f'<span class="beside">{escape(line)}</span>' for line in verdicts(row))
    cells = f'<th scope="row" class="ag-name">{escape(row.name or "All units")}{said}</th>'
    cells += f"<td>{row.shown.n_units:,}</td>" + explained_cell(row.people, behind.people, percent=percent)
    if row.judge is not None and row.gap is not None and behind.judge is not None and behind.gap is not None:
        cells += explained_cell(row.judge, behind.judge, percent=percent) + explained_cell(row.gap, behind.gap)
        cells += _p_cells(row.gap_p, row.adjusted_gap_p)
    if row.difference is not None and behind.difference is not None:
        cells += explained_cell(row.difference, behind.difference) + _p_cells(row.p_value, row.adjusted_p)
    else:
        cells += "<td></td>" * 3
    return f"<tr>{cells}</tr>"


def _p_cells(p: float | None, adjusted: float | None) -> str:
    return f"<td>{escape(p_words(p))}</td><td>{escape(p_words(adjusted))}</td>"
