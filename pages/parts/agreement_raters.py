"""The section "Raters": how far each agrees with the others, how fast, how steady, and the items where it departs."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.charts.raters import MOST_LINES, RaterPoint, raters_forest, spark
from core.charts.theme import CONFIG
from core.charts.writing import MINUS, NONE, decimal, estimate_text, percentage
from core.stats.estimates import Estimate, Reason
from core.stats.resampling import MIN_GROUPS
from core.workflow.agreement import Behind, Phrase
from core.workflow.agreement_drifts import CHANGES
from core.workflow.agreement_explained import Explanation
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_rater_words import of_agreement, of_change, of_repeats, of_speed, of_without
from core.workflow.agreement_raters import (
    ORDERS,
    PAGE,
    RaterRow,
    RatersFound,
    clearest,
    in_order,
    raters_found,
)
from pages.parts.address import put
from pages.parts.agreement_opening import EXPOSES, open_items
from pages.parts.agreement_parts import look
from pages.parts.agreement_saving import saving_bar
from pages.parts.agreement_shown import Shown
from pages.parts.estimate import explained_cell, explained_table, heading, notes, opens, say, tone_class
from pages.parts.frame import text_block
from pages.parts.live import told

_CHART = "raters"
_EXPLAINED_ROWS = 30
"""Rows up to which every number carries its explanation; in a longer table those of the chosen rater do."""

_MOST_ANSWERS = 3
_TALL = 720
"""Pixels of a long table, which scrolls for itself."""


def show_raters(shown: Shown) -> None:
    """Everybody who rated, one row each."""
    view = shown.view
    with told(view.table.n_ratings) as tell:
        found = raters_found(shown.live, view, page=_page(), progress=tell)
    heading("Raters", "Each rater beside the others on the units they share. A click on a row opens where it departs.")
    if found.n_seats:
        text_block(f"{found.n_seats:,} anonymous seats have no row: it is not known who is who.")
    if not found.rows:
        text_block("No rater is known by name, so none can be compared with the others.", kind="empty")
        return
    rows = in_order(found.rows, _order())
    _say(rows)
    chosen = _chosen(shown, rows)
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        _picture(rows, chosen)
        saving_bar(shown, _CHART, "Raters", "raters", note="Kappa of each rater with the others, 95 % intervals.")
    with right:
        _pickers(rows, chosen)
    _table(shown, found, rows, chosen)
    _foot(found, rows)


def _page() -> int:
    page = st.query_params.get("raterpage", "1")
    return int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1


def _order() -> str:
    order = st.query_params.get("raterorder", "")
    return order if order in ORDERS else next(iter(ORDERS))


def _chosen(shown: Shown, rows: Sequence[RaterRow]) -> RaterRow | None:
    """The rater that is looked at: the one whose items are open, else the one picked."""
    wanted = shown.address.first if shown.address.open == "rater" else st.query_params.get("rater", "")
    return next((row for row in rows if str(row.line.id) == wanted), None)


def _say(rows: Sequence[RaterRow]) -> None:
    """Who changes over time, in a sentence: the clearest change first, since the others are measured against it."""
    changing = sorted((row for row in rows if row.change.word == "changes"), key=clearest)
    known = sum(row.change.word != "" for row in rows)
    if not known:
        return
    if not changing:
        of_whom = "the one rater" if known == 1 else f"any of the {known:,} raters"
        say((Phrase("No change over time is shown for "), Phrase(of_whom, strong=True),
             Phrase(" whose time is known.")))  # fmt: skip
        return
    first = Phrase(changing[0].line.name, strong=True, tone=_tone(changing[0].line))
    if len(changing) == 1:
        say((first, Phrase(" changes over time; look at the column “Over time”.")))
        return
    count = f"{len(changing):,} of {known:,} raters change over time, most clearly "
    say((Phrase(count), first, Phrase("; look at the column “Over time”.")))


def _tone(line: RaterLine) -> str:
    return "person" if line.is_person else "judge" if line.is_judge else ""


def _picture(rows: Sequence[RaterRow], chosen: RaterRow | None) -> None:
    points = [
        RaterPoint(row.line.name, row.line.kind, row.agreement.kappa, chosen is not None and row is chosen)
        for row in rows
    ]
    st.plotly_chart(raters_forest(points, look()), width="stretch", theme=None, config=CONFIG, key=_CHART,
                    selection_mode="points", on_select=lambda: _clicked([row.line.id for row in rows]),
                    alt="Kappa of each rater with the others")  # fmt: skip
    if len(rows) > MOST_LINES:
        text_block(f"The first {MOST_LINES} of {len(rows):,} raters are drawn, in the order of the table.")


def _clicked(ids: Sequence[int]) -> None:
    state = st.session_state.get(_CHART)
    points = state.selection.points if state else []
    place = points[0].get("customdata") if points else None
    if place and int(place[0]) < len(ids):
        _open(ids[int(place[0])])


def _open(rater: int) -> None:
    put(rater=str(rater))
    open_items(Behind(first=rater, majority=True))


def _pickers(rows: Sequence[RaterRow], chosen: RaterRow | None) -> None:
    """The order of the table, and a rater to look at: the same as a click, for a keyboard."""
    orders = list(ORDERS)
    st.selectbox("Order", orders, orders.index(_order()), key=f"raterorder-{_order()}", on_change=_order_picked,
                 args=(f"raterorder-{_order()}",), format_func=lambda one: ORDERS[one])  # fmt: skip
    names = {row.line.id: row.line.name for row in rows}
    ids = list(names)
    key = f"rater-{chosen.line.id if chosen else ''}"
    st.selectbox("Rater", ids, ids.index(chosen.line.id) if chosen else None, key=key, placeholder="choose a rater",
                 on_change=_rater_picked, args=(key,), format_func=lambda one: names[one])  # fmt: skip
    if chosen is not None:
        st.button("Open the items where this rater departs from most others", key="open-rater", on_click=_open,
                  args=(chosen.line.id,), help=EXPOSES)  # fmt: skip


def _order_picked(key: str) -> None:
    wanted = st.session_state[key]
    put(raterorder="" if wanted == next(iter(ORDERS)) else wanted)


def _rater_picked(key: str) -> None:
    chosen = st.session_state[key]
    put(rater="" if chosen is None else str(chosen))


def _table(shown: Shown, found: RatersFound, rows: Sequence[RaterRow], chosen: RaterRow | None) -> None:
    heads = _heads(found)
    every = len(rows) <= _EXPLAINED_ROWS
    if not every and chosen is not None:
        explained_table(heads, _row(shown, found, chosen, explained=True))
    body, group = "", ""
    for row in rows:
        if _order() == "group" and row.group != group:
            group = row.group
            body += f'<tr><th scope="rowgroup" colspan="{len(heads)}">{escape(group)}</th></tr>'
        body += _row(shown, found, row, explained=every)
    with st.container(height="content" if every else _TALL, border=False):
        explained_table(heads, body)
    if not every and chosen is None:
        text_block("Choose a rater above, and each of its numbers explains itself.")


def _heads(found: RatersFound) -> list[str]:
    """The columns that somebody has something in."""
    wanted = [
        ("Rater", True), ("Same answer", True), ("Kappa", True), ("Leniency", found.has_leniency),
        ("Alpha without", found.has_without), ("Seconds", found.has_speeds), ("Over time", True),
        ("With itself", found.has_repeats), ("Answers", True),
    ]  # fmt: skip
    return [name for name, shown in wanted if shown]


def _row(shown: Shown, found: RatersFound, row: RaterRow, *, explained: bool) -> str:
    agreement, about = row.agreement, of_agreement(row)
    cells = [
        _name_cell(row.line),
        _cell(agreement.percent, about[0], explained=explained, percent=True),
        _cell(agreement.kappa, about[1], explained=explained),
        _cell(agreement.leniency, about[2], explained=explained) if found.has_leniency else "",
        _without_cell(shown, found, row, explained=explained) if found.has_without else "",
        _speed_cell(row, explained=explained) if found.has_speeds else "",
        _change_cell(row, explained=explained),
        _itself_cell(row, explained=explained) if found.has_repeats else "",
        f'<td class="why">{escape(_answers(shown, row))}</td>',
    ]
    few = ' style="color:var(--quiet)"' if agreement.percent.n_groups < MIN_GROUPS else ""
    return f"<tr{few}>{''.join(cells)}</tr>"


def _name_cell(line: RaterLine) -> str:
    beside = [f"{line.n:,} rating{'' if line.n == 1 else 's'}"]
    beside += [f"{n:,} {name}" for name, n in line.absences.items()]
    beside += [f"{line.n_unstable:,} turned by the order shown"] if line.n_unstable else []
    name = f'<span class="{tone_class(line)}">{escape(line.name)}</span>'
    return f'<td style="min-width:8rem">{name}<span class="beside">{escape(", ".join(beside))}</span></td>'


def _cell(estimate: Estimate, explanation: Explanation, *, explained: bool, percent: bool = False) -> str:
    """A number with its interval; a short dash with its reason where there is none."""
    if explained:
        return explained_cell(estimate, explanation, percent=percent) if estimate.value is not None else (
            f"<td>{opens(NONE, explanation)}</td>"
        )  # fmt: skip
    return f"<td>{_number(estimate, percent=percent)}</td>"


def _number(estimate: Estimate, *, percent: bool) -> str:
    if estimate.value is None:
        return NONE
    value, _, interval = estimate_text(estimate, percent=percent).partition(" (")
    return f'{escape(value)} <span class="int">{f"({escape(interval)}" if interval else "no interval"}</span>'


def _without_cell(shown: Shown, found: RatersFound, row: RaterRow, *, explained: bool) -> str:
    explanation = of_without(shown.view, row, found.alpha)
    if row.without is None or explanation is None:
        return f'<td class="why">{NONE}</td>'
    return _cell(row.without.difference, explanation, explained=explained)


def _speed_cell(row: RaterRow, *, explained: bool) -> str:
    if row.speed is None:
        return '<td class="why">not timed</td>'
    said = f'{row.speed.median_seconds:.0f} s <span class="int">of {row.speed.n:,}</span>'
    return f"<td>{opens(said, of_speed(row)) if explained else said}</td>"


def _change_cell(row: RaterRow, *, explained: bool) -> str:
    drifting = row.drift
    agreement, leniency = of_change(row)
    if drifting.reason is not None:
        said = {Reason.NO_TIMES: "no times", Reason.TOO_FEW_ITEMS: "too few units"}.get(drifting.reason, NONE)
        return f'<td class="why">{opens(said, agreement) if explained else said}</td>'
    line = spark([part.agreement.value for part in drifting.parts])
    mark = (
        f'<b class="ag-mark" style="margin:0">{row.change.word}</b>'
        if row.change.word == "changes"
        else row.change.word
    )
    parts = [(_points(drifting.agreement_change), agreement, row.change.agreement_changes)]
    if drifting.leniency_change.value is not None:
        parts.append((f"leniency {_signed(drifting.leniency_change)}", leniency, row.change.leniency_changes))
    said = "".join(
        f'<span class="beside">{opens(_strong(text, changed), about) if explained else _strong(text, changed)}</span>'
        for text, about, changed in parts
    )
    return f'<td style="min-width:10.5rem">{line} {mark}{said}</td>'


def _strong(text: str, changed: bool) -> str:  # noqa: FBT001 - what the words say
    return f"<b>{escape(text)}</b>" if changed else escape(text)


def _points(change: Estimate) -> str:
    """A change of a share in points of percent, with its interval."""
    if change.value is None:
        return NONE
    interval = change.interval
    ends = f" ({_point(interval.low)} to {_point(interval.high)})" if interval else ""
    return f"{_point(change.value)} points{ends}"


def _point(value: float) -> str:
    whole = round(100 * value)
    return f"+{whole}" if whole > 0 else f"{MINUS}{-whole}" if whole < 0 else "0"


def _signed(change: Estimate) -> str:
    if change.value is None:
        return NONE
    interval = change.interval
    ends = f" ({_plus(interval.low)} to {_plus(interval.high)})" if interval else ""
    return f"{_plus(change.value)}{ends}"


def _plus(value: float) -> str:
    text = decimal(value)
    return f"+{text}" if round(value, 2) > 0 else text


def _itself_cell(row: RaterRow, *, explained: bool) -> str:
    if row.repeats is None:
        return '<td class="why">no repeats</td>'
    n = f'<span class="beside">{row.repeats.percent.n_units:,} rated again</span>'
    explanation = of_repeats(row.repeats)
    if explained:
        return explained_cell(row.repeats.percent, explanation, percent=True, beside=n)
    return f"<td>{_number(row.repeats.percent, percent=True)}{n}</td>"


def _answers(shown: Shown, row: RaterRow) -> str:
    """The commonest answers with their shares; the mean of free numbers."""
    if row.mean is not None:
        return f"mean {row.mean:.3g}"
    scale, total = shown.view.question.scale, max(row.line.n, 1)
    top = sorted(row.line.counts.items(), key=lambda item: -item[1])[:_MOST_ANSWERS]
    return ", ".join(f"{scale.option(key).label} {percentage(n / total)}" for key, n in top if n)


def _foot(found: RatersFound, rows: Sequence[RaterRow]) -> None:
    if found.n_pages > 1:
        first = (found.page - 1) * PAGE + 1
        text_block(
            f"Raters {first:,} to {first + len(rows) - 1:,} of {found.n_raters:,}, the busiest first; order and"
            " adjustment are within this page."
        )
        with st.container(horizontal=True):
            st.button("Previous raters", key="raters-previous", disabled=found.page == 1, on_click=put,
                      kwargs={"raterpage": "" if found.page == 2 else str(found.page - 1)})  # fmt: skip
            st.button("Next raters", key="raters-next", disabled=found.page == found.n_pages, on_click=put,
                      kwargs={"raterpage": str(found.page + 1)})  # fmt: skip
    missing = ["Nobody's work was timed."] if not found.has_speeds else []
    missing += ["Nobody rated a unit again."] if not found.has_repeats else []
    if missing:
        text_block(" ".join(missing))
    if found.n_tests:
        with st.expander("How “changes” and “steady” are decided"):
            text_block(f"{CHANGES} Here {found.n_tests:,} changes were tested together.")
    notes([row.agreement.kappa for row in rows] + [row.without.difference for row in rows if row.without is not None])
