"""The items behind numbers: the list of disagreements, and units opened beside everybody's answers."""

from urllib.parse import urlencode

import streamlit as st

from core.workflow.agreement import AgreementView, Behind, ItemsBehind, count_behind, items_behind, most_split
from core.workflow.agreement_disagreements import (
    EXPLAINED,
    ORDERS,
    Disagreements,
    Order,
    disagreements,
    has_order,
    neighbours,
)
from pages.parts.address import put
from pages.parts.agreement_opening import EXPOSES, close, open_items, turn, unit_named
from pages.parts.agreement_shown import Shown
from pages.parts.arriving import arrive
from pages.parts.estimate import heading
from pages.parts.frame import text_block, visitor, workspace
from pages.parts.items import line_html, split_table, unit_html

PAGE = 5
"""Units opened at once."""

ROWS = 25
"""Units of the list at once."""

_LONGEST_FIND = 200
_OF_A_VIEW_ONLY = ("first", "second", "cell", "part", "page")
"""What the address of a single item leaves out."""


def show_splits(shown: Shown) -> None:
    """Where raters split most."""
    lines = most_split(workspace(), shown.view)
    heading("Where they split", "The units they are most divided on; who said what is shown when you open them.")
    if not lines:
        text_block("Nobody differs on any unit.")
        return
    split_table(lines)
    total = count_behind(shown.live, shown.view, Behind()).total
    st.button(f"Open the {total:,} split items" if total > 1 else "Open the split item", key="open-split",
              on_click=open_items, args=(Behind(),), help=EXPOSES)  # fmt: skip


def show_disagreements(shown: Shown) -> None:
    """Every unit raters disagree on, in the order asked for; a row opens its unit."""
    order, find, page = _asked()
    if shown.address.open == "item":
        _beside_list(shown, order, find)
        return
    heading("Disagreements", EXPLAINED[order])
    _pick_order(shown.view, order, find)
    listed = disagreements(
        workspace(), shown.live, shown.view, order=order, find=find, limit=ROWS, offset=(page - 1) * ROWS
    )
    if not listed.lines:
        text_block(_nothing(shown.view, order, listed), kind="empty")
        return
    _say_range(listed, find)
    for place, line in enumerate(listed.lines, start=listed.offset + 1):
        with st.container(horizontal=True, vertical_alignment="center", key=f"ag-row-{place}"):
            st.html(line_html(line), width="stretch")
            st.button(f"Open {place:,}", key=f"open-line-{line.subject}-{line.standing}", on_click=open_items,
                      args=(Behind(unit=(line.subject, line.standing)),))  # fmt: skip
    _turn(listed)


def _beside_list(shown: Shown, order: Order, find: str) -> None:
    """In the place of the list, while one of its units is open: where it stands in it, and its neighbours."""
    unit = unit_named(st.query_params.get("unit", "")) or (0, 0)
    near = neighbours(workspace(), shown.live, shown.view, unit, order=order, find=find)
    where = f"{near.place:,} of {near.total:,} in the list" if near.place else f"not among the {near.total:,} listed"
    arrive("items")
    heading("Disagreements", f"{ORDERS[order]}{f', with “{find}”' if find else ''}: {where}.")
    with st.container(horizontal=True):
        st.button("Back to the list", key="back-to-list", on_click=close)
        for label, there in (("Previous item", near.before), ("Next item", near.after)):
            st.button(label, key=label, on_click=open_items, args=(Behind(unit=there),), disabled=there is None)


def _asked() -> tuple[Order, str, int]:
    """Order, words and page of the list, as they stand in the address."""
    given = st.query_params
    order: Order = next((known for known in ORDERS if known == given.get("order")), "split")
    page = given.get("list", "1")
    known = page.isascii() and page.isdigit() and len(page) < 9
    return order, given.get("find", "")[:_LONGEST_FIND], max(1, int(page)) if known else 1


def _pick_order(view: AgreementView, order: Order, find: str) -> None:
    left, right = st.columns([1, 1.4], vertical_alignment="bottom")
    known = [one for one in ORDERS if one == order or has_order(view, one)]
    st.session_state["items-order"], st.session_state["items-find"] = order, find
    with left:
        st.selectbox("Order", known, key="items-order", on_change=_order_picked, format_func=lambda one: ORDERS[one])
    with right:
        st.text_input("Find", key="items-find", on_change=_find_typed, max_chars=_LONGEST_FIND,
                      placeholder="words of an item, or its name")  # fmt: skip


def _order_picked() -> None:
    chosen = st.session_state["items-order"]
    put(order="" if chosen == "split" else chosen, list="")


def _find_typed() -> None:
    put(find=st.session_state["items-find"].strip(), list="")


def _nothing(view: AgreementView, order: Order, listed: Disagreements) -> str:
    if listed.n_order:
        return f"None of the {listed.n_order:,} units in this list has these words."
    if order == "judge":
        judged = any(line.is_judge for line in view.raters)
        return "No judge differs from what most people answered." if judged else "No judge has answered."
    return "No answer turned with the order shown." if order == "unstable" else "Nobody differs on any unit."


def _say_range(listed: Disagreements, find: str) -> None:
    last = listed.offset + len(listed.lines)
    among = f", found among {listed.n_order:,}" if find.strip() else ""
    text_block(
        f"{listed.offset + 1:,} to {last:,} of {listed.total:,} units{among}. Groups in the picture gave the same"
        " answer: people blue, judges violet, others grey. Opening one shows who said what; your own first grade of it"
        " will then count as exposed, not as blind."
    )


def _turn(listed: Disagreements) -> None:
    page, last = listed.offset // ROWS + 1, (listed.total - 1) // ROWS + 1
    if last == 1:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Earlier", key="list-earlier", on_click=put, kwargs={"list": str(page - 1)}, disabled=page == 1)
        st.button("More", key="list-more", on_click=put, kwargs={"list": str(page + 1)}, disabled=page == last)
        text_block(f"Page {page:,} of {last:,}")


def show_items(shown: Shown, cell: Behind) -> None:
    """The opened units, a few at once."""
    view, page = shown.view, shown.address.page
    offset = (page - 1) * PAGE
    items = items_behind(workspace(), visitor(), shown.live, view, cell, limit=PAGE, offset=offset)
    if items.total and not items.units:
        put(page="")
        st.rerun()
    if cell.unit is None or shown.address.section != "items":
        _head(shown, cell, items)
    elif not items.total:
        text_block(_none_open(cell), kind="empty")
    if items.total and not items.noted:
        text_block("No name is known for this browser, so it cannot be noted that you read who said what.")
    for unit in items.units:
        st.html(unit_html(unit, link=_address_of(view, unit.subject, unit.standing)))


def _head(shown: Shown, cell: Behind, items: ItemsBehind) -> None:
    """What is open, and the ways through it."""
    first, last, page = items.offset + 1, items.offset + len(items.units), shown.address.page
    words = f"{first:,} to {last:,} of {items.total:,}, those where answers differ most first."
    if not items.total:
        words = _none_open(cell)
    elif cell.unit is not None:
        words = "Everybody's answers, beside each other."
    arrive("items")
    heading(f"Items: {_cell_title(shown, cell)}", words + _tied(shown, cell))
    with st.container(horizontal=True):
        st.button("Close", key="close-items", on_click=close)
        if items.offset:
            st.button("Previous", key="previous-items", on_click=turn, args=(page - 1,))
        if last < items.total:
            st.button("Next", key="next-items", on_click=turn, args=(page + 1,))


def _none_open(cell: Behind) -> str:
    if cell.unit is not None:
        return "This view has no such item: nobody rated it, or the filter above leaves it out."
    return "No unit was answered like this."


def _tied(shown: Shown, cell: Behind) -> str:
    if not cell.majority or cell.unit is not None:
        return ""
    n = count_behind(shown.live, shown.view, cell)
    tied = f" On {n.tied:,} the other people tie, so there is no majority: these come last." if n.tied else ""
    return f" {n.apart:,} differ from what most other people chose.{tied}"


def _cell_title(shown: Shown, cell: Behind) -> str:
    if cell.unit is not None:
        return "one alone"
    if cell.slice is None:
        return _who(shown.view, cell)
    title = next(known.title for known in shown.live.slice_keys(shown.view) if known.key == cell.slice[0])
    return f"{_who(shown.view, cell)}, {title} {cell.slice[1]}"


def _who(view: AgreementView, cell: Behind) -> str:
    if cell.first is None:
        return "where raters split"
    first = view.rater(cell.first).name
    if cell.second is None:
        return f"{first} against most other people" if cell.majority else first
    second = view.rater(cell.second).name
    if cell.answers is None:
        return f"{first} and {second}"
    labels = [view.question.scale.option(key).label for key in cell.answers]
    return f"{first} says {labels[0]}, {second} says {labels[1]}"


def _address_of(view: AgreementView, subject: int, standing: int) -> str:
    """The address of one item in this view, which stays right when ratings come."""
    given = st.query_params
    own = {
        "study": str(view.study_id),
        "criterion": view.question.key,
        "open": "item",
        "unit": f"{subject}.{standing}" if view.question.pooled else str(subject),
    }
    kept = [(name, value) for name in given if name not in (*own, *_OF_A_VIEW_ONLY) for value in given.get_all(name)]
    return "?" + urlencode([*own.items(), *kept])
