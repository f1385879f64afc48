"""Choosing columns: every choice is a template of the mapping, shown as the column's name."""

import re
from collections.abc import Sequence

import streamlit as st

from core.importing.templates import Template
from core.workflow.import_wizard_seen import can_be_read_alone, template
from pages.parts.wizard.state import Wizard

NOTHING = ""
"""Stands for "the file does not say"."""
_ALONE = re.compile(r"\{([^{}|@]+)\}")


def columns_of(wizard: Wizard, role: str, depth: int = 0) -> list[str]:
    """The columns that a part's rows have: its file's own, those split out, those looked up."""
    mapping, upload = wizard.mapping, wizard.upload_of(role)
    if mapping is None or role not in mapping.files or depth > 4:
        return []
    columns = [column.name for column in upload.seen.detected.columns] if upload and upload.seen else []
    entry = mapping.files[role]
    for split in entry.split:
        columns += re.findall(r"\(\?P<(\w+)>", split.pattern)
    for join in entry.join:
        theirs = columns_of(wizard, join.file, depth + 1)
        columns += [f"{join.prefix}.{name}" for name in theirs] if join.prefix else theirs
    return list(dict.fromkeys(columns))


def templates_of(columns: Sequence[str]) -> list[str]:
    """The templates that read one column each; names with braces or bars can't be in one."""
    return [template(name) for name in columns if can_be_read_alone(name)]


def shown(text: str) -> str:
    """A template as a person reads it: a lone column by its name, else as it is written."""
    alone = _ALONE.fullmatch(text)
    return alone[1] if alone else text.replace("{{", "{").replace("}}", "}") if _is_constant(text) else text


def _is_constant(text: str) -> bool:
    try:
        return Template(text).constant is not None
    except ValueError:
        return False


def choose(
    label: str,
    current: str | None,
    options: Sequence[str],
    *,
    key: str,
    nothing: str | None = None,
    help: str = "",  # noqa: A002 - Streamlit's word
) -> str:
    """One template out of a list, or typed in; `nothing` is the word for leaving it out, None if it must be there."""
    offered = [*([NOTHING] if nothing is not None else []), *options]
    value = current or NOTHING
    if value not in offered and value:
        offered.append(value)
    chosen = st.selectbox(
        label,
        offered,
        offered.index(value) if value in offered else None,
        key=key,
        format_func=lambda one: (nothing or "") if one == NOTHING else shown(one),
        accept_new_options=True,
        placeholder="Choose a column",
        help=help or None,
    )
    return chosen or NOTHING
