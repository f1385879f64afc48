"""Agreement by criterion: every question of the study, its people and its judges; a click on a row goes to it."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.charts.labels import shortened
from core.charts.slices import ForestRow, Mark, rows_forest
from core.charts.theme import CONFIG
from core.workflow.agreement_criteria import MOST_JUDGES, Criteria, CriterionJudge, CriterionRow, criteria
from core.workflow.agreement_criteria_words import (
    alpha_notes,
    alpha_title,
    explained_alone,
    judge_notes,
    levels_said,
)
from pages.parts.address import put
from pages.parts.agreement_parts import look
from pages.parts.agreement_saving import saving_bar
from pages.parts.agreement_shown import Shown
from pages.parts.estimate import explained_cell, explained_table, heading, notes
from pages.parts.frame import text_block
from pages.parts.live import told

SHOWN_ROWS = 20
_WITH_MAJORITY = (
    "Cohen's kappa with the majority of the other people, with quadratic credit where the scale has an order; people"
    " face the same majorities"
)


def show_criteria(shown: Shown) -> None:
    """Every question of the study side by side."""
    heading("By criterion", "Every question of this study, with the same answers, raters and filters as above.")
    with told(shown.study.n_ratings) as tell:
        found = criteria(shown.live, shown.view.asked, judge=_wanted_judge(), progress=tell)
    if len(found.rows) == 1:
        text_block("This study asks one question; with several, they stand here side by side.")
    rows = _drawn(found)
    if found.n_wanted:
        left, right = st.columns(2, gap="large")
        with left:
            _people(shown, rows)
        with right:
            _judges(shown, found, rows)
    else:
        _people(shown, rows)
    _ways(shown, found)
    with st.expander("The same as a table"):
        _table(found)


def _wanted_judge() -> int | None:
    given = st.query_params.get("beside", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _drawn(found: Criteria) -> tuple[CriterionRow, ...]:
    """The rows that are drawn; of many the first, unless all are wanted."""
    if len(found.rows) <= SHOWN_ROWS:
        return found.rows
    more = len(found.rows) - SHOWN_ROWS
    every = st.toggle(f"Show all {len(found.rows)} questions; {more} more than the {SHOWN_ROWS} that are drawn"
                      " otherwise", key="criteria-all")  # fmt: skip
    return found.rows if every else found.rows[:SHOWN_ROWS]


def _people(shown: Shown, rows: Sequence[CriterionRow]) -> None:
    heading("People among themselves", "Krippendorff's alpha at the level of each scale. A click on a row goes to it.")
    drawn = [_people_row(row) for row in rows]
    _picture(shown, drawn, [row.question.key for row in rows], "criteria-people", "Alpha of people on every criterion")
    saving_bar(shown, "criteria-people", "Agreement of people by criterion", "criteria", of_all_criteria=True,
               note="Krippendorff's alpha at the level of each scale, 95 % intervals.")  # fmt: skip
    said = levels_said(Criteria(tuple(rows), (), 0))
    if said:
        text_block(said)


def _people_row(row: CriterionRow) -> ForestRow:
    thin = row.alpha.value is not None and row.alpha.interval is None
    return ForestRow(
        row.question.title, f"n {row.alpha.n_units or row.n_units:,}", (Mark(row.alpha, "person"),),
        under=f"alpha, {row.level}", notes=alpha_notes(row), grey=thin or row.alpha.value is None,
    )  # fmt: skip


def _judges(shown: Shown, found: Criteria, rows: Sequence[CriterionRow]) -> None:
    heading("Judges beside people", f"{_WITH_MAJORITY}.")
    if len(found.judges) > MOST_JUDGES:
        _pick_judge(found)
    pairs = [(row, judge) for row in rows for judge in row.judges]
    if not pairs:
        text_block("No judge has rated one of these questions.")
        return
    drawn = [_judge_row(row, judge) for row, judge in pairs]
    keys = [row.question.key for row, _ in pairs]
    _picture(shown, drawn, keys, "criteria-judges", "Judges beside people on every criterion")
    note = f"{_WITH_MAJORITY}; 95 % intervals."
    saving_bar(shown, "criteria-judges", "Judges beside people by criterion", "criteria", of_all_criteria=True,
               note=note, also={"beside": st.query_params.get("beside", "")})  # fmt: skip


def _pick_judge(found: Criteria) -> None:
    names = {str(row.id): row.name for row in found.judges}
    st.session_state["criteria-judge"] = str(found.judges[0].id)
    st.selectbox("Judge", sorted(names, key=lambda one: names[one].casefold()), key="criteria-judge",
                 on_change=_judge_picked, format_func=lambda one: names[one])  # fmt: skip


def _judge_picked() -> None:
    put(beside=st.session_state["criteria-judge"], open="", part="", page="")


def _judge_row(row: CriterionRow, judge: CriterionJudge) -> ForestRow:
    thin = judge.judge.interval is None
    return ForestRow(
        row.question.title, f"n {judge.judge.n_units:,}",
        (Mark(judge.judge, "judge", "judge"), Mark(judge.people, "person", "people")),
        under=shortened(judge.name, 31), notes=judge_notes(judge), grey=thin,
    )  # fmt: skip


def _picture(shown: Shown, drawn: Sequence[ForestRow], keys: Sequence[str], key: str, alt: str) -> None:
    here = shown.view.question.key
    chosen = keys.index(here) if here in keys else None
    st.plotly_chart(
        rows_forest(drawn, look(), chosen=chosen, line=False), width="stretch", theme=None, config=CONFIG, key=key,
        selection_mode="points", on_select=lambda: _clicked(keys, key), alt=alt,
    )  # fmt: skip


def _clicked(keys: Sequence[str], key: str) -> None:
    state = st.session_state.get(key)
    points = state.selection.points if state else []
    place = points[0].get("customdata") if points else None
    if place:
        _go(keys[int(place[0])])


def _go(question: str) -> None:
    put(criterion=question, credit="", measure="", first="", second="", cell="", part="", open="", page="", unit="")


def _ways(shown: Shown, found: Criteria) -> None:
    """The same as a click, for a keyboard."""
    if len(found.rows) < 2:
        return
    titles = {row.question.key: row.question.title for row in found.rows}
    key = "criteria-go"
    st.session_state[key] = shown.view.question.key
    st.selectbox("Go to", list(titles), key=key, on_change=lambda: _go(st.session_state[key]),
                 format_func=lambda one: titles[one])  # fmt: skip


def _table(found: Criteria) -> None:
    """All rows with intervals and n; every number opens its explanation."""
    columns = ["Criterion", "Units", "People", "People among themselves"]
    if found.n_wanted:
        columns += ["Judge", "Units of the judge", "Judge with the majority", "People there", "Judge minus people"]
    body = "".join(_table_rows(row, with_judges=bool(found.n_wanted)) for row in found.rows)
    explained_table(columns, body)
    notes([row.alpha for row in found.rows] + [each.judge for row in found.rows for each in row.judges])


def _table_rows(row: CriterionRow, *, with_judges: bool) -> str:
    about, many = row.question.title, max(len(row.judges), 1)
    span = f' rowspan="{many}"' if many > 1 else ""
    level = f'<span class="beside">{escape(alpha_title(row))}</span>'
    first = f'<th scope="row" class="ag-name"{span}>{escape(about)}</th><td{span}>{row.n_units:,}</td>'
    first += f"<td{span}>{row.n_people:,}</td>"
    alpha = explained_cell(row.alpha, explained_alone(row.alpha, row.measure, about=about), beside=level)
    first += alpha.replace("<td>", f"<td{span}>", 1)
    if not with_judges:
        return f"<tr>{first}</tr>"
    if not row.judges:
        return f'<tr>{first}<td class="why" colspan="5">no judge rated it</td></tr>'
    cells = [_judge_cells(judge, about) for judge in row.judges]
    return f"<tr>{first}{cells[0]}</tr>" + "".join(f"<tr>{more}</tr>" for more in cells[1:])


def _judge_cells(judge: CriterionJudge, about: str) -> str:
    people_measure = judge.measure.removesuffix("_in_place")
    return (
        f'<td><span class="ag-judge">{escape(judge.name)}</span></td><td>{judge.judge.n_units:,}</td>'
        + explained_cell(judge.judge, explained_alone(judge.judge, judge.measure, about=about))
        + explained_cell(judge.people, explained_alone(judge.people, people_measure, about=about))
        + explained_cell(judge.gap, explained_alone(judge.gap, "difference", about=about))
    )
