"""What the agreement page shows, as it stands in the address: a view can be sent to somebody."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Literal

import streamlit as st

from core.errors import BadInput, NotFound
from core.workflow.agreement import Asked, LiveAgreement, asked_of
from pages.parts.address import put, put_each, settle
from pages.parts.frame import show_error, text_block

Open = Literal["", "pair", "cell", "split", "rater", "item"]


@dataclass(frozen=True, slots=True)
class Address:
    """Everything the address says beside the study.

    Attributes:
        criterion, phase, credit, kinds, slices, split, since, until: As in `asked_of`; "" or empty for the default.
        raters: Rater ids as text; empty for all.
        first, second: The two raters compared, ids as text; "" for the first two.
        cell: "A.B": the answers of the two.
        part: "key=name": the slice whose items are open.
        open: Which items are open.
        page: Which page of them, from 1.
        section: Which section is looked at; "" for the first.
    """

    criterion: str
    phase: str
    credit: str
    raters: tuple[str, ...]
    first: str
    second: str
    cell: str
    part: str
    open: Open
    page: int
    section: str
    kinds: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    split: str = ""
    since: str = ""
    until: str = ""


def read_address() -> Address:
    """The address as it is; what makes no sense is left out."""
    settle()
    given = st.query_params
    wanted = given.get("open", "")
    known: dict[str, Open] = {
        "pair": "pair", "cell": "cell", "split": "split", "rater": "rater", "item": "item",
    }  # fmt: skip
    page = given.get("page", "1")
    return Address(
        criterion=given.get("criterion", ""),
        phase=given.get("phase", ""),
        credit=given.get("credit", ""),
        raters=_parts(given.get("raters", "")),
        kinds=_parts(given.get("kinds", "")),
        slices=tuple(part for part in given.get_all("slice") if part),
        split=given.get("split", ""),
        since=given.get("since", ""),
        until=given.get("until", ""),
        first=given.get("first", ""),
        second=given.get("second", ""),
        cell=given.get("cell", ""),
        part=given.get("part", ""),
        section=given.get("section", ""),
        open=known.get(wanted, ""),
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1,
    )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(".") if part)


def put_slices(slices: Sequence[str]) -> None:
    """Write the chosen slices ("key=name" each) into the address."""
    put_each({"slice": list(slices)})


def wanted_view(live: LiveAgreement, address: Address) -> Asked:
    """What the address asks for; says so where it names something that is not there, and shows the default."""
    asked = partial(asked_of, live, criterion=address.criterion, phase=address.phase, raters=address.raters,
                    credit=address.credit)  # fmt: skip
    try:
        with st.spinner("Reading slices") if address.slices or address.split else nullcontext():
            return asked(
                kinds=address.kinds,
                slices=address.slices,
                split=address.split,
                since=address.since,
                until=address.until,
            )
    except (NotFound, BadInput) as error:
        show_error(error)
        clear_filters()
    try:
        return asked()
    except NotFound:
        put(criterion="", phase="", raters="", credit="", first="", second="", cell="", part="", open="", page="")
        return asked_of(live)


def clear_filters() -> None:
    """Take every filter but the chosen raters out of the address."""
    put_slices(())
    put(kinds="", split="", since="", until="", cell="", part="", open="", page="")


def pick_section(address: Address, titles: Mapping[str, str]) -> str:
    """Which section is looked at, by its name; the choice stands in the address.

    Args:
        address: The address.
        titles: Name -> title of every section; the first is the default.
    """
    names = list(titles)
    if address.section and address.section not in titles:
        text_block(f"There is no part “{address.section[:60]}” of this page; the first one is shown.")
    chosen = address.section if address.section in titles else names[0]
    st.segmented_control("Look closer", names, default=chosen, key=f"section-{chosen}", on_change=_section_picked,
                         args=(f"section-{chosen}",), format_func=lambda name: titles[name], required=True,
                         width="stretch")  # fmt: skip
    return chosen


def _section_picked(key: str) -> None:
    put(section=st.session_state[key] or "", open="", part="", page="")
