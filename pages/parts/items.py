"""Opened units: the texts beside what everybody said of them. People are blue, judges violet.

Everything untrusted comes as HTML from `core.rendering`, or is escaped here.
"""

from html import escape

import streamlit as st

from core.charts.writing import percentage
from core.workflow.agreement import ItemsBehind, OpenedUnit, SaidOf, SplitLine

_TONES = {"person": "ag-person", "seat": "ag-person", "judge": "ag-judge", "jury": "ag-judge", "baseline": "ag-judge"}
_PHASES = {"exposed": "first answer after seeing others'", "revised": "after the reveal"}


def split_table(lines: tuple[SplitLine, ...]) -> None:
    """Units in a list, with how raters split on them and not who said what."""
    body = "".join(
        f"<tr><td>{escape(line.title)}<br><span class=why>{escape(line.name)}"
        f"{f' · {escape(line.asked)}' if line.asked else ''}</span></td>"
        f'<td class="why">{escape(line.pattern)}</td></tr>'
        for line in lines
    )
    st.html(
        '<div class="ag-scroll" tabindex="0"><table class="ag"><thead><tr><th scope="col">Item</th>'
        f'<th scope="col" class="split">Split</th></tr></thead><tbody>{body}</tbody></table></div>'
    )


def opened_units(items: ItemsBehind) -> None:
    """A page of units, each with its texts at the left and its ratings at the right."""
    for unit in items.units:
        st.html(unit_html(unit))


def unit_html(unit: OpenedUnit) -> str:
    """One unit as HTML."""
    asked = f" <span>· {escape(unit.asked)}</span>" if unit.asked else ""
    context = _pane("Context", unit.context_html) if unit.context_html else ""
    sides = "".join(_pane(_output_label(output.letter, output.system), output.html) for output in unit.outputs)
    outputs = f'<div class="ag-sides">{sides}</div>' if sides else ""
    said = "".join(_said(one) for one in unit.said)
    return (
        f'<article class="ag-unit"><h3>{escape(unit.title)}{asked}</h3>'
        f'<div class="ag-texts">{_pane("Item", unit.messages_html)}{context}{outputs}</div>'
        f'<div class="ag-said"><p class="ag-label">Ratings</p><dl>{said}</dl></div></article>'
    )


def _output_label(letter: str, system: str) -> str:
    return f"{letter} · {system}" if letter else f"Output · {system}"


def _pane(label: str, html: str) -> str:
    return f'<div><p class="ag-label">{escape(label)}</p><div class="ag-pane" tabindex="0">{html}</div></div>'


def _said(one: SaidOf) -> str:
    value = (
        f'<span class="ag-value">{escape(one.value)}</span>'
        if one.value
        else f'<span class="ag-absent">{escape(one.absence)}</span>'
    )
    marks = [("differs", one.differs), ("turned by the order shown", one.unstable)]
    shown = "".join(f'<span class="ag-mark">{text}</span>' for text, holds in marks if holds)
    words = "".join(f'<div class="ag-why">{html}</div>' for html in (one.rationale_html, one.comment_html) if html)
    beside = [_PHASES.get(one.phase, "")]
    beside += [f"confidence {percentage(one.confidence)}"] if one.confidence is not None else []
    small = " · ".join(part for part in beside if part)
    quiet = f'<div class="ag-when">{escape(small)}</div>' if small else ""
    return (
        f'<div class="one"><dt class="{_TONES.get(one.kind, "ag-other")}">{escape(one.rater)}</dt>'
        f"<dd>{value}{shown}{words}{quiet}</dd></div>"
    )
