"""Which items are open, as it stands in the address; every section opens items through here."""

import streamlit as st

from core.workflow.agreement import AgreementView, Behind, LiveAgreement, has_slice
from core.workflow.agreement_pairs import pair_raters
from pages.parts.address import just_put, put, settle
from pages.parts.agreement_address import Address, Open
from pages.parts.arriving import note_opening
from pages.parts.frame import text_block

EXPOSES = "Opening shows everybody's answers: your own first grade of these items will count as exposed, not as blind."
"""What a reader must know before opening."""


def open_items(behind: Behind) -> None:
    """Write into the address that the items behind a number are to be shown; a callback of buttons and charts."""
    note_opening()
    if behind.unit is not None:
        put(open="item", unit=".".join(str(key) for key in behind.unit), cell="", part="", page="")
        return
    kind = "split" if behind.first is None else "rater" if behind.second is None else "pair"
    put(
        open="cell" if behind.answers else kind,
        first="" if behind.first is None else str(behind.first),
        second="" if behind.second is None else str(behind.second),
        cell=".".join(behind.answers) if behind.answers else "",
        part="=".join(behind.slice) if behind.slice else "",
        page="",
        unit="",
    )


def turn(page: int) -> None:
    """Turn to another page of what is open."""
    note_opening()
    put(page="" if page == 1 else str(page))


def take_back(kind: Open) -> None:
    """A click took a choice back: what it had opened is closed, and opened again by the next one.

    Not a moment after it was opened: a picture that is drawn anew says too that nothing is chosen in it.
    """
    settle()
    if just_put("open"):
        return
    if read_open() == kind:
        close()
    else:
        note_opening()
        put(open=kind, page="")


def close() -> None:
    """Nothing is open any more."""
    put(open="", part="", page="", unit="")


def read_open() -> str:
    """What the address says is open."""
    return st.query_params.get("open", "")


def _slice_of(address: Address) -> tuple[str, str] | None:
    key, equals, name = address.part.partition("=")
    return (key, name) if equals else None


def unit_named(named: str) -> tuple[int, int] | None:
    """Subject and criterion of "12.34", or of "12" with any criterion."""
    parts = named.split(".")
    if len(parts) > 2 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        return None
    return int(parts[0]), int(parts[1]) if len(parts) == 2 else 0


def compared_pair(view: AgreementView, address: Address) -> tuple[int, int] | None:
    """The two raters compared: those of the address, else the first two; None where there are not two."""
    ids = [line.id for line in pair_raters(view)]
    if len(ids) < 2:
        return None
    by_text = {str(found): found for found in ids}
    first = by_text.get(address.first, ids[0])
    others = [found for found in ids if found != first]
    second = by_text.get(address.second, others[0])
    return first, second if second != first else others[0]


def compared_answers(view: AgreementView, address: Address) -> tuple[str, str] | None:
    """The cell of the two raters' table that the address names; None where it names none."""
    keys = view.question.scale.keys
    pairs = {f"{first}.{second}": (first, second) for first in keys for second in keys}
    return pairs.get(address.cell)


def open_cell(live: LiveAgreement, view: AgreementView, address: Address) -> Behind | None:
    """The units that are to be shown; None where nothing is open. Says so where the address names what is not there."""
    if not address.open:
        return None
    inside = _slice_of(address)
    found = _named(view, address, inside)
    if found is None:
        text_block("The address names items that are not here, so none are open.")
    elif inside is not None and not has_slice(live, view, inside):
        text_block(f"There is no slice “{inside[1]}” here, so no items are open.")
        return None
    return found


def _named(view: AgreementView, address: Address, inside: tuple[str, str] | None) -> Behind | None:
    if address.open == "item":
        unit = unit_named(st.query_params.get("unit", ""))
        return None if unit is None else Behind(unit=unit)
    if address.open == "split":
        return Behind(slice=inside)
    if address.open == "rater":
        found = next((line.id for line in view.raters if str(line.id) == address.first), None)
        return None if found is None else Behind(first=found, majority=True, slice=inside)
    pair = compared_pair(view, address)
    if pair is None:
        return None
    answers = compared_answers(view, address) if address.open == "cell" else None
    if address.open == "cell" and answers is None:
        return None
    return Behind(*pair, answers=answers, slice=inside)
