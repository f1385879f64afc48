"""Opened units: the texts beside what everybody said of them. People are blue, judges violet.

Everything untrusted comes as HTML from `core.rendering`, or is escaped here.
"""

from html import escape

import streamlit as st

from core.charts.writing import percentage
from core.workflow.agreement import AskedBeside, OpenedUnit, SaidOf, SplitLine
from core.workflow.agreement_items import ReferenceText

_TONES = {"person": "ag-person", "seat": "ag-person", "judge": "ag-judge", "jury": "ag-judge", "baseline": "ag-judge"}
_PHASES = {"exposed": "first answer after seeing others'", "revised": "after the reveal"}


def split_table(lines: tuple[SplitLine, ...]) -> None:
    """Units in a list, with how raters split on them and not who said what."""
    body = "".join(
        f"<tr><td>{escape(line.title)}<br><span class=why>{escape(line.name)}"
        f"{f' · {escape(line.asked)}' if line.asked else ''}</span></td>"
        f'<td class="why">{split_picture(line)}{escape(line.pattern)}</td></tr>'
        for line in lines
    )
    st.html(
        '<div class="ag-scroll" tabindex="0"><table class="ag"><thead><tr><th scope="col">Item</th>'
        f'<th scope="col" class="split">Split</th></tr></thead><tbody>{body}</tbody></table></div>'
    )


def line_html(line: SplitLine) -> str:
    """A unit of a list as HTML: what it is called, how raters split on it, and a picture of that."""
    asked = f'<span class="ag-asked">{escape(line.asked)}</span>' if line.asked else ""
    title = escape(line.title or line.name)
    return (
        f'<div class="ag-line"><div class="ag-what"><span class="ag-title">{title}</span>{asked}'
        f'<span class="ag-name">{escape(line.name)}</span></div>'
        f'<div class="ag-how">{split_picture(line)}<span class="ag-name">{escape(line.pattern)}</span></div></div>'
    )


def split_picture(line: SplitLine) -> str:
    """Groups of raters that gave the same answer, as a bar; not which answer, nor who."""
    groups = list(zip(line.people, line.judges, line.others, strict=True))
    if not groups:
        return ""
    said = "; ".join(_counted(*group) for group in groups)
    bars = "".join(
        f'<i style="flex-grow:{sum(group)}">'
        + "".join(f'<b class="{kind}" style="flex-grow:{n}"></b>' for kind, n in zip("pjo", group, strict=True) if n)
        + "</i>"
        for group in groups
    )
    return f'<span class="ag-bar" role="img" aria-label="Answers: {said}" title="{said}">{bars}</span>'


def _counted(people: int, judges: int, others: int) -> str:
    words = [f"{people} {'person' if people == 1 else 'people'}"] if people else []
    words += [f"{judges} judge{'' if judges == 1 else 's'}"] if judges else []
    words += [f"{others} other{'' if others == 1 else 's'}"] if others else []
    return " and ".join(words)


def unit_html(unit: OpenedUnit, *, link: str) -> str:
    """One unit as HTML: its texts at the left, what everybody said at the right.

    Args:
        unit: The unit.
        link: Its address.
    """
    asked = f" <span>· {escape(unit.asked)}</span>" if unit.asked else ""
    context = _pane("Context", unit.context_html) if unit.context_html else ""
    sides = "".join(_pane(_output_label(output.letter, output.system), output.html) for output in unit.outputs)
    outputs = f'<div class="ag-sides">{sides}</div>' if sides else ""
    references = "".join(_pane(_reference_label(one), one.html) for one in unit.references)
    said = "".join(_said(one) for one in unit.said)
    address = f'<a class="ag-link" href="{escape(link)}">Link to this item</a>'
    return (
        f'<article class="ag-unit"><h3>{escape(unit.title)}{asked}{address}</h3>'
        f'<div class="ag-texts">{_pane("Item", unit.messages_html)}{context}{references}{outputs}</div>'
        f'<div class="ag-said"><p class="ag-label">Ratings</p><dl>{said}</dl>'
        f"{_beside('Checklist of this item', unit.checklist, is_open=True)}"
        f"{_beside('Other criteria', unit.criteria, is_open=False)}</div></article>"
    )


def _reference_label(one: ReferenceText) -> str:
    kind = "Reference, wrong on purpose" if one.falsified else "Reference"
    return f"{kind} · {'verified' if one.verified else 'not verified'}" + (f" · {one.by}" if one.by else "")


def _beside(label: str, asked: tuple[AskedBeside, ...], *, is_open: bool) -> str:
    """Other questions about the same subject, each with everybody's answers; their reasons on demand."""
    if not asked:
        return ""
    body = "".join(_answered(one) for one in asked)
    return (
        f'<details class="ag-beside"{" open" if is_open else ""}><summary>{escape(label)}, {len(asked)}</summary>'
        f"{body}</details>"
    )


def _answered(asked: AskedBeside) -> str:
    answers = "".join(f"<li>{_name(one)} {_value(one)}{_marks(one)}</li>" for one in asked.said)
    words = "".join(
        f'<div class="ag-why">{_name(one)}{one.rationale_html}{one.comment_html}</div>'
        for one in asked.said
        if one.rationale_html or one.comment_html
    )
    why = f"<details><summary>Their reasons</summary>{words}</details>" if words else ""
    return f'<div class="ag-asks"><p>{escape(asked.title)}</p><ul>{answers}</ul>{why}</div>'


def _output_label(letter: str, system: str) -> str:
    return f"{letter} · {system}" if letter else f"Output · {system}"


def _pane(label: str, html: str) -> str:
    return f'<div><p class="ag-label">{escape(label)}</p><div class="ag-pane" tabindex="0">{html}</div></div>'


def _said(one: SaidOf) -> str:
    words = "".join(f'<div class="ag-why">{html}</div>' for html in (one.rationale_html, one.comment_html) if html)
    beside = [_PHASES.get(one.phase, ""), *(f"{member.name}: {member.value}" for member in one.members)]
    beside += [f"confidence {percentage(one.confidence)}"] if one.confidence is not None else []
    small = " · ".join(part for part in beside if part)
    quiet = f'<div class="ag-when">{escape(small)}</div>' if small else ""
    return (
        f'<div class="one"><dt class="{_TONES.get(one.kind, "ag-other")}">{escape(one.rater)}</dt>'
        f"<dd>{_value(one)}{_marks(one)}{words}{quiet}</dd></div>"
    )


def _name(one: SaidOf) -> str:
    return f'<span class="{_TONES.get(one.kind, "ag-other")}">{escape(one.rater)}</span>'


def _value(one: SaidOf) -> str:
    if one.value:
        return f'<span class="ag-value">{escape(one.value)}</span>'
    return f'<span class="ag-absent">{escape(one.absence)}</span>'


def _marks(one: SaidOf) -> str:
    unstable = "votes tie or turned by the order shown" if one.members else "turned by the order shown"
    marks = [("differs", one.differs), (unstable, one.unstable)]
    along = '<span class="ag-along">came with the data</span>' if one.came_along else ""
    return "".join(f'<span class="ag-mark">{text}</span>' for text, holds in marks if holds) + along
