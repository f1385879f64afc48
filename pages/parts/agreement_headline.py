"""What the agreement page shows first: the picture of judges against people, and the same in six numbers."""

from html import escape

import streamlit as st

from core.charts.headline import headline
from core.charts.theme import CONFIG
from core.charts.writing import estimate_text, percentage
from core.stats.estimates import Estimate, Reason
from core.workflow.agreement import Behind, count_behind
from core.workflow.agreement_definitions import definition_of
from core.workflow.agreement_explained import Explanation, explained
from core.workflow.agreement_headline import Picture, headline_picture
from core.workflow.agreement_judged import Cell
from core.workflow.agreement_scorecard import Commonest, JudgeUnits, Row, Scorecard, scorecard
from pages.parts.address import put
from pages.parts.agreement_opening import EXPOSES, close, open_items, read_open
from pages.parts.agreement_parts import look
from pages.parts.agreement_saving import saving_bar
from pages.parts.agreement_shown import Shown
from pages.parts.estimate import explained_cell, explained_table, heading, opens
from pages.parts.frame import text_block

_CHART = "headline"
_NUMBERS = {"kappa": "Kappa", "percent": "Percent"}


def show_headline(shown: Shown) -> None:
    """Each judge with the people's ceiling on its own units; the coefficients of people where there is no judge."""
    view, card = shown.view, scorecard(shown.live, shown.view)
    picture = headline_picture(view, card, percent=_in_percent())
    heading(picture.title, picture.note)
    if picture.has_percent:
        _pick_numbers()
    st.plotly_chart(headline(picture.rows, look()), width="stretch", theme=None, config=CONFIG, key=_CHART,
                    selection_mode="points", on_select=lambda: _clicked(picture),
                    alt="Agreement of each judge with people, beside the people's ceiling")  # fmt: skip
    saving_bar(
        shown, _CHART, picture.title, "judges", note=picture.note.removesuffix(" A click on a row opens its items.")
    )
    if card.n_more:
        text_block(f"The first {len(card.judges)} judges are shown; choose others above to see {card.n_more:,} more.")
    _ways_to_items(shown, card)


def _in_percent() -> bool:
    return st.query_params.get("numbers") == "percent"


def _pick_numbers() -> None:
    chosen = "percent" if _in_percent() else "kappa"
    key, names = f"numbers-{chosen}", list(_NUMBERS)
    st.segmented_control("Numbers", names, default=chosen, key=key, on_change=_numbers_picked, args=(key,),
                         format_func=_NUMBERS.__getitem__, required=True, label_visibility="collapsed")  # fmt: skip


def _numbers_picked(key: str) -> None:
    put(numbers="percent" if st.session_state[key] == "percent" else "")


def _clicked(picture: Picture) -> None:
    state = st.session_state.get(_CHART)
    points = state.selection.points if state else []
    place = points[0].get("customdata") if points else None
    if place:
        behind = picture.behind[int(place[0])]
        if behind is not None:
            open_items(behind)
    elif read_open() in ("rater", "split"):
        close()


def _ways_to_items(shown: Shown, card: Scorecard) -> None:
    """The same as a click, for a keyboard."""
    if not card.judges or shown.view.question.scale.is_numeric:
        return
    apart = {}
    for judge in card.judges:
        found = count_behind(shown.live, shown.view, Behind(first=judge.id, majority=True))
        apart[judge.id] = f"{judge.name}: {found.apart:,} of {found.total:,}"
    key, judges = f"departs-{shown.view.question.key}", list(apart)
    st.selectbox("Open where a judge departs from most people", judges, None, key=key, placeholder="choose a judge",
                 on_change=_judge_picked, args=(key,), format_func=lambda one: apart[one], help=EXPOSES)  # fmt: skip


def _judge_picked(key: str) -> None:
    judge = st.session_state.get(key)
    if judge is not None:
        open_items(Behind(first=judge, majority=True))


def show_six(shown: Shown) -> None:
    """The same in six numbers, each of which explains itself."""
    card = scorecard(shown.live, shown.view)
    heading("The same in six numbers", "A number opens what it is, what was left out and how its interval was made.")
    whose, tone = ("People", "ag-person") if card.among == "people" else ("Raters", "ag-other")
    columns = ["Measure", f'<span class="{tone}">{whose}</span>', *(judge_head(judge) for judge in card.judges)]
    left_out = "ceiling_kappa" if _in_percent() else "ceiling_percent"
    rows = [row for row in card.rows if row.key != left_out]
    if _no_positive(rows):
        rows = [row for row in rows if row.key != "tnr"]
    explained_table(columns, "".join(_row(shown, card, row) for row in rows) + _base_rates(card))


def judge_head(judge: JudgeUnits) -> str:
    """The head of a judge's column, as HTML."""
    return (
        f'<span class="ag-judge">{escape(judge.name)}</span>'
        f'<span class="beside">{judge.n_shared:,} of its {judge.n_units:,} units rated by people</span>'
    )


def _no_positive(rows: list[Row]) -> bool:
    rates = [cell for row in rows if row.key in ("tpr", "tnr") for cell in row.cells]
    return bool(rates) and all(cell.judge.reason is Reason.NO_POSITIVE_OPTION for cell in rates)


def _row(shown: Shown, card: Scorecard, row: Row) -> str:
    single = row.key == "tpr" and _no_positive([row])
    title = "True positive and negative rate (TPR, TNR)" if single else row.title
    note = f'<span class="beside">{escape(row.note)}</span>' if row.note else ""
    cells = "".join(
        judge_cell(shown, judge, cell, percent=row.proportion)
        for judge, cell in zip(card.judges, row.cells, strict=True)
    )
    return f'<tr><th scope="row" class="ag-name">{escape(title)}{note}</th>{_people_cell(shown, row)}{cells}</tr>'


def _people_cell(shown: Shown, row: Row) -> str:
    if row.people is None:
        said = "on each judge's units" if any(cell.people for cell in row.cells) else "needs a judge"
        return f'<td class="why">{said}</td>'
    explanation = explained(shown.view, row.people, measure=row.measure, raters=_people(shown), left_out=row.left_out)
    return explained_cell(row.people, explanation, percent=row.proportion)


def _people(shown: Shown) -> list[int]:
    return [line.id for line in shown.view.raters if line.is_person]


def judge_cell(shown: Shown, judge: JudgeUnits, cell: Cell, *, percent: bool) -> str:
    """A measure of one judge, the people's on its units and the difference, as a table cell."""
    view, who = shown.view, [judge.id, *_people(shown)]
    beside = ""
    if cell.people is not None and cell.people.value is not None:
        there = explained(view, cell.people, measure=cell.people_measure, raters=_people(shown), left_out=cell.left_out)
        beside += _beside("people there", cell.people, there, percent=percent)
    if cell.difference is not None and cell.difference.value is not None:
        title = f"Judge minus people: {definition_of(cell.measure).title}"
        apart = explained(
            view, cell.difference, measure="difference", raters=who, left_out=cell.left_out, title=title
        )  # fmt: skip
        beside += _beside("difference", cell.difference, apart, percent=False)
    explanation = explained(view, cell.judge, measure=cell.measure, raters=who, left_out=cell.left_out)
    return explained_cell(cell.judge, explanation, percent=percent, beside=beside)


def _beside(name: str, estimate: Estimate, explanation: Explanation, *, percent: bool) -> str:
    value = escape(estimate_text(estimate, percent=percent))
    return f'<div class="beside">{name} {opens(value, explanation)}</div>'


def _base_rates(card: Scorecard) -> str:
    """The answer that people and each judge give most often, without which no agreement can be read."""
    if card.commonest is None:
        return ""
    cells = "".join(
        f'<td class="why">{_commonest(one)}</td>'
        for one in (card.commonest, *(judge.commonest for judge in card.judges))
    )
    return f'<tr class="ag-base"><th scope="row" class="ag-name">Commonest answer</th>{cells}</tr>'


def _commonest(found: Commonest | None) -> str:
    return "" if found is None else f"“{escape(found.label)}” {percentage(found.share).replace(' ', '&nbsp;')}"
