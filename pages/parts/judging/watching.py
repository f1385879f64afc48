"""A run as it goes, and what came of it."""

from collections.abc import Callable
from functools import partial
from html import escape

import streamlit as st

from core.errors import TouchstoneError
from core.workflow.judging import JudgeFace
from core.workflow.judging_results import FailureGroup, failures
from core.workflow.judging_runs import (
    RunFace,
    cancel_run,
    pause_run,
    resume_run,
    retry_run,
    run_status,
)
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import show_error, shown_problems, text_block
from pages.parts.judging.asked import show_readiness
from pages.parts.judging.links import link, link_to_agreement
from pages.parts.judging.naming import reader
from pages.parts.judging.place import turn
from pages.parts.judging.words import (
    STATES,
    cost_words,
    counted,
    dollars,
    duration,
    facts,
    heading,
    moment,
    named,
    quiet,
)

_EVERY = 1.0
_SAID = "judging-said"
_PARTS = (
    ("ok", "ok", "ok"),
    ("unreadable", "unreadable", "unreadable"),
    ("refused", "refused", "refused"),
    ("error", "errors", "provider error"),
    ("skipped", "skipped", "skipped"),
)
"""Class, word beside the number, status in the address."""
_FAILURES = ("unreadable", "refused", "error")
"""Classes of calls that a later run may have asked again: they are that run's then."""


def show_run(space: Workspace, study: StudySummary, face: JudgeFace, run: RunFace) -> None:
    """Where the run stands, followed while it is under way; then what came of it."""
    purpose = {"run": "Run", "trial": "Trial", "probe": "Injection probe"}[run.purpose]
    heading(f"{purpose} {run.id}", f"On {run.selection.in_words}{_again(run)}. {_started(run)}")
    if run.is_active:
        show_readiness(space, face.spec)
    _follow(space, run)
    if run.is_active:
        return
    if run.purpose == "run" and run.counts.ok:
        link_to_agreement(space, study, face, "done")
    _show_failures(space, run)
    _show_ledger(run)


def _again(run: RunFace) -> str:
    return f", what failed in run {run.retry_of_id}" if run.retry_of_id else ""


def _started(run: RunFace) -> str:
    by = f" by {run.created_by}" if run.created_by else ""
    return f"Started {moment(run.created_at)}{by}."


def _follow(space: Workspace, run: RunFace) -> None:
    """Drawn once a second while the run may still change by itself."""

    @st.fragment(run_every=_EVERY if run.is_active else None)
    def drawn() -> None:
        now = run_status(space, run.id)
        if now.is_active != run.is_active:
            st.rerun()
        st.html(run_html(now))
        _buttons(space, now)

    drawn()


def run_html(run: RunFace) -> str:
    """State, progress and counts as HTML."""
    percent = f"{100 * run.share:.0f}" if run.share is not None else "0"
    words = f"{run.n_done:,} of {run.n_planned:,} calls" if run.n_planned else "counting the calls"
    facts_ = [words]
    if run.rate and run.state == "running":
        facts_.append(f"{run.rate:.1f} a second" if run.rate < 100 else f"{run.rate:,.0f} a second")
    if run.seconds_left is not None:
        facts_.append(f"about {duration(run.seconds_left)} left")
    budget = f" of {dollars(run.budget)}" if run.budget is not None else ""
    spent = cost_words(run.spent, run.model, run.settings)
    if run.sent or budget:
        facts_.append("cost unknown" if spent == "unknown" else f"{spent}{budget} spent")
    if run.in_flight and run.is_active:
        facts_.append(f"{run.in_flight:,} under way")
    tone = "ts-warning" if run.state == "stopped" else "jd-quiet"
    reason = f'<p class="{tone} jd-why">{escape(_sentence(run.reason))}</p>' if run.reason else ""
    state = STATES[run.state].capitalize()
    line = "".join(f"<span>{escape(one)}</span>" for one in facts_)
    return (
        f'<div class="jd-run"><p class="jd-line" role="status"><b>{state}</b>{line}</p>'
        f'<div class="jd-bar" role="progressbar" aria-label="Calls settled" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{percent}">{_bar(run)}</div>{_counts(run)}{reason}</div>'
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def _bar(run: RunFace) -> str:
    whole = run.n_planned or 1
    shown = [(kind, getattr(run.counts, kind)) for kind, _, _ in _PARTS] + [("already", run.counts.already)]
    return "".join(f'<i class="{kind}" style="width:{100 * n / whole:.3f}%"></i>' for kind, n in shown if n)


def _counts(run: RunFace) -> str:
    parts = []
    for kind, word, status in _PARTS:
        n = getattr(run.counts, kind)
        text = f"{n:,} {word}"
        where = {"judge": run.judge_id, "view": "calls", "run": run.id, "status": status}
        is_there = n and (run.is_active or run.still_failed or kind not in _FAILURES)
        parts.append((kind, link(text, where, title="Shows these calls with their replies") if is_there else text, n))
    for kind, word, n in (("copied", "copied", run.counts.copied), ("already", "answered before", run.counts.already)):
        if n:
            parts.append((kind, f"{n:,} {word}", n))
    body = "".join(f'<li class="{kind}{"" if n else " none"}"><i></i>{text}</li>' for kind, text, n in parts)
    return f'<ul class="jd-counts">{body}</ul>'


def _buttons(space: Workspace, run: RunFace) -> None:
    said = st.session_state.pop(f"{_SAID}-{run.id}", None)
    if isinstance(said, TouchstoneError):
        show_error(said)
    budget: float | None = None
    if run.can_resume and run.is_out_of_budget:
        budget = st.number_input("New budget in US dollars", min_value=0.0, value=(run.budget or 0.0) * 2, step=1.0,
                                 format="%.2f" if (run.budget or 0) >= 1 else "%.4f",
                                 key=f"more-budget-{run.id}", width=220)  # fmt: skip
    with st.container(horizontal=True):
        if run.can_pause:
            st.button(
                "Pause", key=f"pause-{run.id}", on_click=_pressed, args=(run.id, partial(pause_run, space, run.id))
            )
        if run.can_resume:
            resume = partial(resume_run, space, run.id, budget=budget)
            st.button("Resume", key=f"resume-{run.id}", type="primary", on_click=_pressed, args=(run.id, resume))
        if run.is_active:
            st.button(
                "Cancel", key=f"cancel-{run.id}", on_click=_pressed, args=(run.id, partial(cancel_run, space, run.id))
            )


def _pressed(run_id: int, act: Callable[[], RunFace]) -> None:
    try:
        act()
    except TouchstoneError as error:
        st.session_state[f"{_SAID}-{run_id}"] = error


def _show_failures(space: Workspace, run: RunFace) -> None:
    groups = failures(space, run.id, skipped=True)
    since = run.counts.failed - run.still_failed
    if since > 0:
        whole = "Its failures were all" if not run.still_failed else f"{since:,} of its failures were"
        quiet(f"{whole} asked again since; what came of that stands with the later run.")
    if not groups:
        return
    failed = sum(group.n for group in groups if group.status != "skipped")
    heading("What did not work", f"{counted(failed, 'call', 'calls')} without a verdict, by cause." if failed else "")
    for place, group in enumerate(groups):
        _show_group(space, run, group, place)
    again = [group for group in groups if group.status != "skipped"]
    if len(again) > 1:
        _offer_again(space, run, failed, key="all", statuses=tuple({group.status for group in again}), causes=())


def _show_group(space: Workspace, run: RunFace, group: FailureGroup, place: int) -> None:
    with st.container(key=f"jd-failure-{place}", horizontal=True, vertical_alignment="center"):
        name = group.cause or group.status
        where = {"judge": run.judge_id, "view": "calls", "run": run.id, "status": group.status, "cause": group.cause}
        opened = link(counted(group.n, "call", "calls"), where, title="Shows these calls with their replies")
        example = group.examples[0] if group.examples else None
        words = f"<p>{named(example.subject)}: {named(example.error, 400)}</p>" if example and example.error else ""
        kind = "" if name == group.status else f' <span class="jd-mark">{escape(group.status)}</span>'
        st.html(
            f'<div class="jd-failure"><b>{escape(_sentence(name)[:-1])}</b>{kind} {opened}{words}</div>',
            width="stretch",
        )
        if group.status != "skipped":
            causes = (group.cause,) if group.cause else ()
            _offer_again(space, run, group.n, key=str(place), statuses=(group.status,), causes=causes)


def _offer_again(
    space: Workspace, run: RunFace, n: int, *, key: str, statuses: tuple[str, ...], causes: tuple[str, ...]
) -> None:
    words = f"Ask {'all' if key == 'all' else 'these'} {n:,} again" if n > 1 else "Ask it again"
    with shown_problems():
        if st.button(words, key=f"again-{key}"):
            new = retry_run(space, reader(), run.id, statuses=statuses, causes=causes, budget=run.budget)
            turn(run=new.id, view="run")
            st.rerun()


def _show_ledger(run: RunFace) -> None:
    if not run.sent and not run.n_done and run.state != "done":
        return
    heading("What it took")
    took = (run.done_at - run.started_at).total_seconds() if run.done_at and run.started_at else None
    facts(
        [
            ("Requests sent", f"{run.sent:,}"),
            ("Cost", cost_words(run.spent, run.model, run.settings)),
            ("Budget", dollars(run.budget) if run.budget is not None else ""),
            ("Tokens in", f"{run.tokens_in:,}"),
            ("Tokens out", f"{run.tokens_out:,}"),
            ("Copied, not paid", f"{run.counts.copied:,}" if run.counts.copied else ""),
            ("Answered before", f"{run.counts.already:,}" if run.counts.already else ""),
            ("Took", duration(took) if took is not None else ""),
            ("Calls a second", f"{run.rate:.1f}" if run.rate and run.done_at else ""),
        ]
    )
    if run.state == "done" and not run.sent and run.model:
        quiet("Nothing had to be sent.")
    if run.state == "done" and not run.n_planned:
        text_block("It had nothing to ask.")
