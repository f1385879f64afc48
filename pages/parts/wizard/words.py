"""Words and small pieces of HTML that the steps share. Everything from a file is escaped here."""

import re
from collections.abc import Sequence
from html import escape

import streamlit as st

from core.importing.detection import Detected
from core.importing.mapping import Mapping as FileMapping

ROLE_WORDS = {
    "item_id": "item id", "input": "input", "context": "context", "reference": "reference", "output": "output",
    "output_a": "first output", "output_b": "second output", "system": "system", "system_a": "first system",
    "system_b": "second system", "rater": "rater", "criterion": "question", "value": "value", "rationale": "rationale",
    "cluster": "cluster", "split": "split", "ratings": "scores inside", "counts": "votes per option",
}  # fmt: skip
_NUMBERED_WORDS = {
    "rater": "one rater",
    "criterion": "one question",
    "probability": "probability",
    "order": "one order",
}
_FORMATS = {
    "csv": "CSV", "jsonl": "JSON Lines", "json": "JSON", "parquet": "Parquet", "xlsx": "XLSX", "npy": "NPY",
}  # fmt: skip
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_TYPES = {
    "integer": "whole numbers", "number": "numbers", "boolean": "true / false", "text": "text", "list": "lists",
    "object": "objects", "empty": "empty", "mixed": "mixed",
}  # fmt: skip
_CELL = 140


def heading(text: str, note: str = "") -> None:
    """A section's heading with a quiet line under it; our own words."""
    line = f'<p class="wz-quiet">{escape(note)}</p>' if note else ""
    st.html(f'<h2 class="wz-head">{escape(text)}</h2>{line}')


def role_words(role: str) -> str:
    """A guessed role in words."""
    stem, _, number = role.rpartition("_")
    return ROLE_WORDS.get(role) or (_NUMBERED_WORDS.get(stem, stem) if number.isdigit() else role)


def size_words(size: int) -> str:
    """In words, such as "640 bytes" or "1.2 MB"."""
    if size < 1_000:
        return f"{size} bytes"
    return f"{size / 1_000:,.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things, such as "1 item" or "1,200 items"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(parts: Sequence[str]) -> str:
    """Words in a row: "a", "a and b", "a, b and c"."""
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def format_words(detected: Detected) -> str:
    """How a file is read and how much it holds, in one line."""
    form = detected.format
    parts = [_FORMATS[form.kind]]
    if form.kind == "csv":
        delimiter = _DELIMITERS.get(form.delimiter, repr(form.delimiter))
        parts += [f"columns between {delimiter}", form.encoding.upper()]
    elif form.kind in ("json", "jsonl"):
        parts.append(form.encoding.upper())
    if form.sheet:
        parts.append(f"sheet “{form.sheet}”")
    if form.records:
        parts.append(f"records under “{form.records}”")
    if detected.row_estimate is not None:
        about = "" if detected.row_estimate_exact else "about "
        parts.append(about + counted(detected.row_estimate, "record"))
    parts.append(counted(len(detected.columns), "column"))
    return " · ".join(parts)


def column_rows(detected: Detected, roles: dict[str, str]) -> tuple[list[str], list[list[str]]]:
    """A table of the columns: name, guessed meaning, type, how full, examples."""
    by_column = {column: role for role, column in roles.items()}
    rows = []
    for column in detected.columns:
        role = by_column.get(column.name)
        full = "all" if column.empty_share == 0 else f"{100 * (1 - column.empty_share):.0f}\u00a0%"
        examples = " · ".join(cut(value, 40) for value in column.values[:4])
        rows.append(
            [
                column.name,
                role_words(role).replace(" ", "\u00a0") if role else "",
                _TYPES[column.type],
                full,
                cut(examples),
            ]
        )
    return ["column", "probably", "holds", "filled", "for example"], rows


def first_rows(detected: Detected, most: int = 5) -> tuple[list[str], list[list[str]]]:
    """The first records as text."""
    names = [column.name for column in detected.columns]
    rows = [
        [str(row.line), *(cut("" if (cell := row.values.get(name)) is None else str(cell)) for name in names)]
        for row in detected.first_rows[:most]
    ]
    return ["line", *names], rows


def lookups(mapping: FileMapping, role: str) -> str:
    """What is split out of a part's columns and looked up in other files, as quiet HTML; "" where nothing is."""
    entry = mapping.files[role]
    said = [
        f"“{split.column}” is split into {joined(re.findall(r'[(][?]P<([A-Za-z_0-9]+)>', split.pattern))}"
        for split in entry.split
    ]
    for join in entry.join:
        other = mapping.files[join.file].name if join.file in mapping.files else join.file
        said.append(f"more columns are looked up in {other} by {join.by.strip('{}')}")
    if not said:
        return ""
    line = cut("; ".join(said), 300)
    return f'<p class="wz-quiet">{escape(line[:1].upper() + line[1:])}.</p>'


def numbers_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int]) -> None:
    """A narrow table; the columns at these places are numbers and stand to the right."""

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=num' if place in numeric else ''}>{escape(cell)}</{tag}>" for place, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    st.html(
        f'<div class="ts-scroll wz-narrow" tabindex="0"><table class="ts"><thead><tr>{cells(header, "th")}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def cut(text: str, most: int = _CELL) -> str:
    """At most so many characters, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
