"""The form for what is judged: what names an item, what it says, and the outputs beside it."""

from typing import Any

import streamlit as st

from core.importing.mapping import ContentEntry, OutputEntry
from pages.parts.wizard.choices import choose, columns_of, shown, templates_of
from pages.parts.wizard.state import Wizard
from pages.parts.wizard.words import heading, lookups

_MESSAGES = "messages:"
_OUTPUTS = {0: "None: the item itself is judged", 1: "One output", 2: "Two outputs, side by side"}
_TEMPLATE_HELP = "A column, or columns in braces between your own words: {subset}/{number}. Type it in."


def edited_content(wizard: Wizard, place: int, entry: ContentEntry) -> dict[str, Any]:
    """A `[[content]]` entry as it stands on the page."""
    key = f"content-{wizard.generation}-{place}"
    columns = columns_of(wizard, entry.file)
    options = templates_of(columns)
    data = entry.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    upload = wizard.upload_of(entry.file)
    heading("What is judged", f"From {upload.name}" if upload else f"From the file for “{entry.file}”")
    if wizard.mapping is not None and (said := lookups(wizard.mapping, entry.file)):
        st.html(said)
    item: dict[str, Any] = data["item"]
    left, right = st.columns(2, gap="medium")
    with left:
        _put(item, "id", choose("Item id", entry.item.id, options, key=f"{key}-id", help=_TEMPLATE_HELP))
        _say(item, "Item text", entry.item.text, entry.item.messages, options, columns, key=f"{key}-text")
        _put(item, "context", choose("Context", entry.item.context, options, key=f"{key}-context", nothing="none"))
    with right:
        _edit_reference(data, entry, options, key=f"{key}-reference")
        number = st.selectbox(
            "Outputs in a row",
            list(_OUTPUTS),
            len(entry.outputs),
            key=f"{key}-n",
            format_func=lambda one: _OUTPUTS[one],
        )
        slices = st.multiselect(
            "Slices", columns, [name for name in entry.item.slices if name in columns], key=f"{key}-slices",
            placeholder="none", help="Columns that tell groups of items apart, to look at results by group.",
        )  # fmt: skip
    kept = {name: text for name, text in entry.item.slices.items() if name not in columns}
    item["slices"] = kept | {name: entry.item.slices.get(name, "{" + name + "}") for name in slices}
    data["outputs"] = _edited_outputs(entry, number, options, columns, key=key)
    with st.expander("Clusters and splits"):
        cluster = choose("Cluster", entry.item.cluster, options, key=f"{key}-cluster", nothing="none",
                         help="Items that hang together, such as those of one conversation.")  # fmt: skip
        split = choose(
            "Split", entry.item.split, options, key=f"{key}-split", nothing="none", help="train, dev or test"
        )
        _put(item, "cluster", cluster)
        _put(item, "split", split)
    return data


def _edited_outputs(
    entry: ContentEntry, number: int, options: list[str], columns: list[str], *, key: str
) -> list[dict[str, Any]]:
    found = []
    for place, side in enumerate(st.columns(max(number, 1), gap="medium")[:number] if number else []):
        known = (
            entry.outputs[place]
            if place < len(entry.outputs)
            else OutputEntry(system="AB"[place], text=options[0] if options else "")
        )
        data = known.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        with side:
            title = "Output" if number == 1 else ("Output A", "Output B")[place]
            _say(data, title, known.text, known.messages, options, columns, key=f"{key}-out-{place}")
            system = choose(f"System of {title.lower() if number == 1 else title[-1]}", known.system, options,
                            key=f"{key}-system-{place}", help="The column that names it; or type a name.")  # fmt: skip
            _put(data, "system", system)
        found.append(data)
    return found


def _edit_reference(data: dict[str, Any], entry: ContentEntry, options: list[str], *, key: str) -> None:
    if len(entry.references) > 1 or (entry.references and entry.references[0].text is None):
        st.html('<p class="wz-quiet">References are as the mapping\'s text says.</p>')
        return
    known = entry.references[0] if entry.references else None
    text = choose("Reference (expected answer)", known.text if known else "", options, key=key, nothing="none")
    kept = known.model_dump(mode="json", exclude_defaults=True, exclude_none=True) if known else {}
    data["references"] = [kept | {"text": text}] if text else []


def _say(
    data: dict[str, Any], label: str, text: str | None, messages: str | None, options: list[str], columns: list[str],
    *, key: str,
) -> None:  # fmt: skip
    """A text, or a column that holds messages."""
    current = f"{_MESSAGES}{messages}" if messages else text or ""
    offered = [*options, *(f"{_MESSAGES}{name}" for name in columns)] if messages else options
    offered = offered if current in offered or not current else [*offered, current]
    chosen = st.selectbox(
        label, offered, offered.index(current) if current in offered else None, key=key, accept_new_options=True,
        format_func=_said, help=_TEMPLATE_HELP,
    )  # fmt: skip
    data.pop("text", None)
    data.pop("messages", None)
    if chosen and chosen.startswith(_MESSAGES):
        data["messages"] = chosen.removeprefix(_MESSAGES)
    else:
        data["text"] = chosen or ""


def _said(choice: str) -> str:
    return f"{choice.removeprefix(_MESSAGES)} (a list of messages)" if choice.startswith(_MESSAGES) else shown(choice)


def _put(data: dict[str, Any], name: str, value: str) -> None:
    if value:
        data[name] = value
    else:
        data.pop(name, None)
