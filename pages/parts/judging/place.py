"""Where on the page somebody is, as it stands in the address."""

from dataclasses import dataclass

import streamlit as st

from pages.parts.address import put, settle

KNOWN = ("judge", "view", "run", "item", "trial", "protocol", "status", "cause", "before", "open", "older", "newer")
"""What the address may say beside the study."""

VIEWS = {
    "asked": "What it is asked",
    "run": "Run",
    "calls": "Calls and replies",
    "probe": "Injection probe",
    "edit": "Edit",
    "versions": "Versions",
}
"""The parts of a judge's own page; the first is the default."""


@dataclass(frozen=True, slots=True)
class Place:
    """Everything the address says beside the study.

    Attributes:
        judge: Key of the judge, its title or its name; "" for the list.
        view: One of `VIEWS`; without a judge "new" or "costs".
        run, trial: Keys of runs; None.
        item: Key of the subject looked at; None.
        protocol: Of a new judge.
        status, cause, before: Which calls are shown.
        open: Whether replies are shown.
        older, newer: Versions compared.
    """

    judge: str
    view: str
    run: int | None
    trial: int | None
    item: int | None
    protocol: str
    status: str
    cause: str
    before: int | None
    open: bool
    older: int | None
    newer: int | None


def read_place() -> Place:
    """The address as it is; what makes no sense is left out."""
    settle()
    given = st.query_params
    return Place(
        judge=given.get("judge", "")[:200],
        view=given.get("view", ""),
        run=_number("run"),
        trial=_number("trial"),
        item=_number("item"),
        protocol=given.get("protocol", ""),
        status=given.get("status", ""),
        cause=given.get("cause", "")[:40],
        before=_number("before"),
        open=given.get("open") == "1",
        older=_number("older"),
        newer=_number("newer"),
    )


def go(**values: str | int | None) -> None:
    """Go to another place of the page; what is not named is left behind. A callback of buttons."""
    put(**{name: "" if (value := values.get(name)) is None else str(value) for name in KNOWN})


def turn(**values: str | int | None) -> None:
    """Change some of the address and keep the rest. A callback of buttons."""
    put(**{name: "" if value is None else str(value) for name, value in values.items()})


def _number(name: str) -> int | None:
    text = st.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
