"""Words, figures and small pieces of HTML of the judges page. Everything untrusted is escaped here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

import streamlit as st

from core.judging.pace import RunSettings
from core.judging.prices import price_of
from core.judging.protocols import PROTOCOLS
from core.judging.spec import Orders, ReferenceMode, RepetitionRule
from core.rendering import snippet
from core.workflow.judging import JudgeFace

_STYLE = Path(__file__).with_name("judging.css")

KINDS = {"item": ("item", "items"), "output": ("output", "outputs"), "pair": ("pair", "pairs")}
STATES = {
    "queued": "waiting for a worker",
    "running": "running",
    "paused": "paused",
    "cancelled": "cancelled",
    "done": "done",
    "stopped": "stopped",
}
STATUSES = {
    "ok": "ok",
    "unreadable": "unreadable",
    "refused": "refused",
    "provider error": "error",
    "skipped": "skipped",
}
"""Status of a call -> the word for it beside a number."""
_RULES = {"majority": "Majority", "mean": "Mean", "weights": "Weighted majority"}
_MEMBERS, _MEMBER = 3, 40
"""How many members of a jury are named, and with how many characters."""
_MODES = {ReferenceMode.HUMAN: "the item's references", ReferenceMode.SELF: "its own answer first"}


def judging_style() -> None:
    """The few rules that only this page needs."""
    st.html(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")


def heading(title: str, note: str = "") -> None:
    """The heading of a part, with a quiet line under it."""
    line = f"<p>{escape(note)}</p>" if note else ""
    st.html(f'<div class="jd-h"><h2>{escape(title)}</h2>{line}</div>')


def quiet(text: str) -> None:
    """A quiet line of text."""
    st.html(f'<p class="jd-quiet">{escape(text)}</p>')


def named(text: str, limit: int = 200) -> str:
    """A name or a message of others on one line, as HTML; unseen characters are shown as code points."""
    return escape(snippet(text, limit)) if text.strip() else ""


def shortened(text: str, limit: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def dollars(amount: float | None) -> str:
    """US dollars; small amounts with the digits that tell something."""
    if amount is None:
        return "unknown"
    if amount == 0:
        return "$0"
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.3f}" if amount >= 0.001 else f"${amount:.6f}"


def cost_words(spent: float, model: str, settings: RunSettings | None = None) -> str:
    """What was spent; "unknown" where a model was asked whose price nobody knows."""
    unknown = not spent and bool(model) and price_of(model, settings) is None
    return "unknown" if unknown else dollars(spent)


def duration(seconds: float) -> str:
    """How long, in the two largest units."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 3_600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3_600)} h {int(seconds % 3_600 // 60)} min"


def moment(at: datetime | None) -> str:
    """Date and time."""
    return f"{at:%d %b %Y, %H:%M} UTC" if at else ""


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago, in one unit."""
    if at is None:
        return ""
    gone = now - at
    for size, name in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if gone >= size:
            return f"{gone // size} {name} ago"
    return "just now"


def share(part: int, whole: int) -> str:
    """A share in percent; a dash where there is nothing to share."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    return "0 %" if part == 0 else "< 1 %" if percent < 1 else f"{percent:.0f} %"


def kind_mark(face: JudgeFace) -> str:
    """What kind of judge it is, in a word."""
    return "from a file" if face.imported or (face.kind == "judge" and not face.is_runnable) else face.kind


def protocol_words(face: JudgeFace, titles: Mapping[int, str] | None = None) -> str:
    """How a judge judges, in one line.

    Args:
        face: The judge.
        titles: Judge id -> title, to name a jury's members.
    """
    spec = face.spec
    if spec.protocol == "jury":
        members = [int(one) for one in spec.options.get("members", ())]
        known = [titles[one] for one in members if titles and one in titles]
        rule = _RULES.get(str(spec.options.get("rule")), "Jury")
        shown = ", ".join(shortened(one, _MEMBER) for one in known[:_MEMBERS])
        more = f" and {len(known) - _MEMBERS:,} more" if len(known) > _MEMBERS else ""
        return f"{rule} of {shown}{more}" if known else f"{rule} of {counted(len(members), 'judge', 'judges')}"
    protocol = PROTOCOLS.get(spec.protocol)
    if protocol is None:
        return "verdicts from a file" if spec.protocol == "file" else spec.protocol[:1].upper() + spec.protocol[1:]
    parts = [protocol.title]
    if protocol.asks_model and face.is_runnable:
        parts.append("all criteria in one call" if spec.together else "one call for each criterion")
        parts += [_MODES[spec.reference_mode]] if spec.reference_mode in _MODES else []
        if "pair" in protocol.kinds:
            parts.append("both orders" if spec.orders is Orders.BOTH else "one order")
        if spec.repetitions > 1:
            rule = "first counts" if spec.repetition_rule is RepetitionRule.FIRST else spec.repetition_rule.value
            parts.append(f"{spec.repetitions} times, {rule}")
    return ", ".join(parts)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = (), label: str) -> None:
    """A table of cells that are HTML already; on a phone each row becomes a block with its heads beside.

    Args:
        heads: Our own words.
        rows: Cells as HTML.
        numbers: Columns of figures.
        label: What the table is, for who cannot see it.
    """
    kinds = ["num" if place in numbers else "" for place in range(len(heads))]
    head = "".join(f'<th scope="col" class="{kind}">{name}</th>' for name, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kind}{" none" if cell == "–" else ""}" data-head="{name}"><div>{cell}</div></td>'
            for cell, name, kind in zip(row, heads, kinds, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    st.html(
        f'<table class="ts jd-table" aria-label="{escape(label)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Names with values beside each other; both are text."""
    body = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs if value)
    st.html(f'<dl class="jd-facts">{body}</dl>')
