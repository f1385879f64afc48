"""Estimates in words and tables: never a value without its interval or the reason for none."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import streamlit as st

from core.charts.writing import NONE, estimate_text
from core.stats.estimates import Estimate, Flag, IntervalMethod, Reason
from core.workflow.agreement import AgreementView, RaterLine, Sentence
from core.workflow.agreement_explained import Explanation

_STYLE = Path(__file__).with_name("agreement.css")
_TONES = {"person": "ag-person", "judge": "ag-judge"}


def agreement_style() -> None:
    """The rules that agreement and its opened items need."""
    st.html(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")


def heading(title: str, note: str = "") -> None:
    """The heading of a section, with a quiet line under it."""
    line = f"<p>{escape(note)}</p>" if note else ""
    st.html(f'<div class="ag-h"><h2>{escape(title)}</h2>{line}</div>')


def say(sentence: Sentence) -> None:
    """A sentence made of phrases; what carries the message is strong."""
    parts = []
    for phrase in sentence:
        text = escape(phrase.text)
        text = f"<b>{text}</b>" if phrase.strong else text
        parts.append(f'<span class="{_TONES[phrase.tone]}">{text}</span>' if phrase.tone else text)
    st.html(f'<p class="ag-say">{"".join(parts)}</p>')


def explained_cell(estimate: Estimate, explanation: Explanation, *, percent: bool = False, beside: str = "") -> str:
    """A table cell whose number opens its explanation, by click, touch or keyboard; for an `explained_table`.

    Args:
        estimate: The number.
        explanation: What stands behind it.
        percent: Whether it is written in percent.
        beside: HTML under it, always in sight.
    """
    if estimate.value is None:
        shown = f'<span class="why">{NONE} {escape(explanation.reason)}</span>'
    else:
        value, _, interval = estimate_text(estimate, percent=percent).partition(" (")
        ends = f"({escape(interval)}" if interval else "no interval"
        shown = f'{escape(value)} <span class="int">{ends}</span>'
    return f"<td>{opens(shown, explanation)}{beside}</td>"


def opens(shown: str, explanation: Explanation) -> str:
    """HTML that opens an explanation, for use inside an `explained_table`."""
    return f'<details class="ag-x" name="ag-x"><summary>{shown}</summary>{explanation_panel(explanation)}</details>'


def explanation_panel(explanation: Explanation) -> str:
    """An explanation as HTML."""
    rows = [
        ("Counts", [explanation.counted]),
        ("Left out", list(explanation.left_out)),
        ("Interval", [explanation.interval] if explanation.interval else []),
        ("No value", [explanation.reason] if explanation.reason else []),
        ("Note", list(explanation.notes)),
        ("Source", [explanation.source]),
    ]
    parts = "".join(
        f"<dt>{name}</dt><dd>{'<br>'.join(escape(sentence) for sentence in said)}</dd>" for name, said in rows if said
    )
    return (
        f'<div class="ag-panel"><p class="ag-panel-title">{escape(explanation.title)}</p>'
        f"<p>{escape(explanation.definition)}</p><p><code>{escape(explanation.formula)}</code></p><dl>{parts}</dl></div>"
    )


def explained_table(columns: Sequence[str], body: str) -> None:
    """A table whose cells may open explanations; these lie over the rows below and are as wide as the table.

    Args:
        columns: Heads, as safe HTML.
        body: Rows, as safe HTML.
    """
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    st.html(
        '<div class="ag-over"><div class="ag-scroll" tabindex="0"><table class="ag">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )


def notes(estimates: Iterable[Estimate]) -> None:
    """What a reader of these estimates must know, each sentence once."""
    flags: dict[Flag | Reason, None] = {}
    methods: dict[IntervalMethod, None] = {}
    for estimate in estimates:
        for flag in estimate.flags:
            flags[flag] = None
        if estimate.interval_reason is not None and estimate.value is not None:
            flags[estimate.interval_reason] = None
        if estimate.interval is not None:
            methods[estimate.interval.method] = None
    sentences = [flag.sentence for flag in flags] + [f"Intervals (95 %): {method.sentence}" for method in methods]
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    if items:
        st.html(f'<div class="ag-quiet"><ul>{items}</ul></div>')


def tone_class(line: RaterLine) -> str:
    """The class that colours a rater's name."""
    return "ag-person" if line.is_person else "ag-judge" if line.is_judge else "ag-other"


def answers_table(view: AgreementView) -> None:
    """How often every rater gave every answer, and what they left without one; the majority of people below."""
    options = view.question.scale.options
    columns = ["Rater", "Ratings", *(option.label for option in options)]
    head = "".join(f'<th scope="col"{" class=num" if place else ""}>{escape(name)}</th>'
                   for place, name in enumerate(columns))  # fmt: skip
    body = "".join(_answers_row(line, [option.key for option in options]) for line in view.raters)
    if options and any(line.is_person for line in view.raters):
        body += _majority_row(view)
    st.html(
        f'<div class="ag-scroll" tabindex="0"><table class="ag"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def _answers_row(line: RaterLine, keys: list[str]) -> str:
    numbers = [f"{line.n:,}", *(f"{line.counts.get(key, 0):,}" for key in keys)]
    cells = "".join(f'<td class="num">{number}</td>' for number in numbers)
    beside = [f"{n:,} {name}" for name, n in line.absences.items()]
    beside += [f"{line.n_invalid:,} off the scale"] if line.n_invalid else []
    beside += [f"{line.n_unstable:,} turned by the order shown"] if line.n_unstable else []
    small = f'<br><span class="why">{escape(", ".join(beside))}</span>' if beside else ""
    return f'<tr><td><span class="{tone_class(line)}">{escape(line.name)}</span>{small}</td>{cells}</tr>'


def _majority_row(view: AgreementView) -> str:
    majority = view.majority
    counts = [f"{majority.counts.get(option.key, 0):,}" for option in view.question.scale.options]
    cells = "".join(f'<td class="num">{number}</td>' for number in [f"{sum(majority.counts.values()):,}", *counts])
    tied = f'<br><span class="why">{majority.n_tied:,} tied, in no column</span>' if majority.n_tied else ""
    return f"<tr><td>Majority of people{tied}</td>{cells}</tr>"
