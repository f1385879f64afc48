"""Words and small pieces of HTML that the tabs share. Everything untrusted is escaped here."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import streamlit as st

from core.rendering import rendered
from core.scales import DeclaredScale, Option
from core.workflow.studies import StudySummary

KINDS = {"item": ("item", "items"), "output": ("output", "outputs"), "pair": ("pair", "pairs")}
"""What is judged, one and many."""

FORM_WIDTH = 760
"""Pixels beyond which a form does not grow."""

_STYLE = Path(__file__).with_name("study.css")


def study_style() -> None:
    """The few rules that only this page needs."""
    st.html(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun: "1 item", "1,200 items"."""
    return f"{number:,} {one if number == 1 else many}"


def kinds_in_words(numbers: Mapping[str, int]) -> str:
    """Numbers by kind: "12 items, 144 outputs and 77 pairs"; "" where there is nothing."""
    parts = [counted(numbers[kind], *KINDS[kind]) for kind in KINDS if numbers.get(kind)]
    return joined(parts)


def joined(parts: list[str]) -> str:
    """An enumeration: "a", "a and b", "a, b and c"."""
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def holdings(study: StudySummary) -> str:
    """What a study holds, in one line."""
    if not study.n_items:
        return "Nothing imported yet"
    parts = [counted(study.n_items, "item", "items")]
    if study.n_outputs:
        parts.append(counted(study.n_outputs, "output", "outputs"))
    parts.append(counted(study.n_ratings, "rating", "ratings"))
    if study.n_people:
        parts.append(counted(study.n_people, "person", "people"))
    if study.n_judges:
        parts.append(counted(study.n_judges, "judge", "judges"))
    return " · ".join(parts)


def tags(study: StudySummary) -> str:
    """The marks of a study as HTML."""
    known = {"illustrative": study.illustrative, "simulated": study.simulated,
             "closed": study.closed and not study.simulated}  # fmt: skip
    marks = [mark for mark, holds in known.items() if holds]
    return "".join(f'<span class="ts-tag">{mark}</span>' for mark in marks)


def option_chips(scale: DeclaredScale) -> str:
    """A scale's options as HTML, each with its definition on a touch or a hover."""
    if scale.is_numeric:
        ends = "any number" if scale.low is None or scale.high is None else f"{scale.low:g} to {scale.high:g}"
        return f'<span class="sd-chip">{ends}</span>'
    return "".join(_chip(option, passes=option.key == scale.positive) for option in scale.options)


def _chip(option: Option, *, passes: bool) -> str:
    title = f' title="{escape(option.definition)}"' if option.definition else ""
    number = "" if option.label == option.key or not option.key.isdigit() else f"<b>{escape(option.key)}</b> "
    mark = ' <span class="sd-pass">counts as a pass</span>' if passes else ""
    return f'<span class="sd-chip"{title}>{number}{escape(option.label)}{mark}</span>'


def prose(text: str) -> str:
    """Untrusted Markdown as safe HTML."""
    return f'<div class="prose sd-prose">{rendered(text)}</div>'
