"""Calls with replies and verdicts, opened one at a time; whoever is shown them is no longer blind there."""

from html import escape

import streamlit as st

from core.rendering import plain
from core.workflow.judging import JudgeFace
from core.workflow.judging_results import AttemptLine, CallLine, CallVerdict, calls
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import shown_problems, text_block
from pages.parts.judging.links import link
from pages.parts.judging.naming import EXPOSES, is_named, reader
from pages.parts.judging.place import Place, turn
from pages.parts.judging.words import STATUSES, counted, dollars, heading, moment, named, quiet

_ALL = ""
_SHORTEST = 0.05
"""Seconds; less would be shown as none."""
_END_SHOWN = 20_000
"""Characters of a very long reply that are shown of its beginning, and of its end."""
_KINDS = {"answer": "its own answer", "probe": "injection probe"}


def show_calls(space: Workspace, study: StudySummary, face: JudgeFace, place: Place) -> None:  # noqa: ARG001 - the face of all parts
    """The calls of a judge, narrowed by what the address says."""
    heading("Calls and replies", "What was answered word for word, and what was read from it. The newest first.")
    if not face.n_calls:
        text_block("Nothing was asked yet.", kind="empty")
        st.button("Plan a run", key="plan-a-run", on_click=turn, kwargs={"view": "run"})
        return
    _pick(place)
    if not is_named("calls"):
        return
    if not (place.open or place.status or place.run or place.item):
        quiet(EXPOSES)
        st.button("Show the calls", key="show-calls", type="primary", on_click=turn, kwargs={"open": "1"})
        return
    call_list(space, judge_id=face.id, run_id=place.run, subject_id=place.item, status=place.status,
              cause=place.cause, before=place.before)  # fmt: skip


def _pick(place: Place) -> None:
    known = [_ALL, *STATUSES]
    chosen = place.status if place.status in known else _ALL
    st.session_state["call-status"] = chosen
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Outcome", known, key="call-status", on_change=_status_picked, width=220,
                     format_func=lambda one: "Every outcome" if one == _ALL else one.capitalize())  # fmt: skip
        if place.run is not None:
            st.button(f"Only run {place.run}: show all runs", key="all-runs", on_click=turn,
                      kwargs={"run": None, "before": None, "open": "1"})  # fmt: skip
        if place.item is not None:
            st.button(f"Only number {place.item}: show all", key="all-items", on_click=turn,
                      kwargs={"item": None, "before": None, "open": "1"})  # fmt: skip
    if place.cause:
        quiet(f"Only because of: {place.cause}.")


def _status_picked() -> None:
    turn(status=st.session_state["call-status"], cause=None, before=None, open="1")


def call_list(
    space: Workspace,
    *,
    judge_id: int,
    run_id: int | None = None,
    subject_id: int | None = None,
    status: str = "",
    cause: str = "",
    before: int | None = None,
    opened: bool = False,
) -> None:
    """A page of calls; that the reader is shown them is noted by the workflow.

    Args:
        space: The outside world.
        judge_id: Of this judge.
        run_id: Only of this run.
        subject_id: Only about this subject.
        status: Only those that ended so; "" for any.
        cause: Only failures of this cause; "" for any.
        before: Only those made before this one.
        opened: Whether the first one stands open.
    """
    with shown_problems():
        page = calls(
            space, reader(), judge_id=judge_id, run_id=run_id, subject_id=subject_id,
            status=status if status in STATUSES else None, cause=cause or None, before=before,
        )  # fmt: skip
        if not page.calls:
            text_block("No call ended so.", kind="empty")
            return
        here = f"{len(page.calls):,} of {counted(page.total, 'call', 'calls')}"
        quiet(f"{here}{' on this page' if page.total > len(page.calls) else ''}. Open one to read what came back.")
        st.html("".join(_call(line, is_open=opened and place == 0) for place, line in enumerate(page.calls)))
        with st.container(horizontal=True):
            if before is not None:
                st.button("Back to the newest", key="calls-newest", on_click=turn, kwargs={"before": None})
            if page.next_before is not None:
                st.button("Earlier calls", key="calls-earlier", on_click=turn, kwargs={"before": page.next_before})


def _call(line: CallLine, *, is_open: bool) -> str:
    about = named(line.text or line.subject)
    marks = [named(line.subject)] if line.text else []
    marks += [_KINDS[line.kind]] if line.kind in _KINDS else []
    marks += [f"{'A' if line.order_shown == 'AB' else 'B'} first"] if line.order_shown else []
    marks += [f"repetition {line.repetition + 1}"] if line.repetition else []
    facts = ["copied, $0"] if line.copied_from else [dollars(line.cost)] if line.cost is not None else []
    facts += [f"{line.latency:.1f} s" if line.latency >= _SHORTEST else "under 0.1 s"] if line.latency else []
    return (
        f'<details class="jd-call" name="jd-call"{" open" if is_open else ""}><summary>'
        f'<span><span class="jd-about">{about}</span><span class="jd-small">{" · ".join(marks)}</span></span>'
        f'<span class="jd-value">{_said(line)}</span>{_status(line)}<span class="jd-cost">{" · ".join(facts)}</span>'
        f'</summary><div class="jd-inside"><div>{_reply(line)}</div><div>{_beside(line)}</div></div></details>'
    )


def _status(line: CallLine) -> str:
    word = STATUSES.get(line.status, line.status)
    return f'<span class="jd-small{"" if line.status == "ok" else " jd-warn"}">{escape(word)}</span>'


def _said(line: CallLine) -> str:
    standing = [one for one in line.verdicts if one.subject_id == line.subject_id] or list(line.verdicts)
    if line.cause and not any(one.value for one in standing):
        return f'<span class="jd-absent">{escape(line.cause)}</span>'
    if not standing:
        return (
            f'<span class="jd-absent">{escape(line.cause or ("an answer" if line.kind == "answer" else "none"))}</span>'
        )
    return "".join(f"<span>{_value(one)}</span>" for one in standing)


def _value(one: CallVerdict, *, with_name: bool = True) -> str:
    name = f' <span class="jd-of">{escape(one.criterion)}</span>' if with_name else ""
    if one.value:
        return f"{escape(one.value)}{name}"
    return f'<span class="jd-absent">{escape(one.absence or "none")}</span>{name}'


def _reply(line: CallLine) -> str:
    if not line.reply and not line.history:
        body = (
            '<p class="jd-quiet">No reply came.</p>'
            if line.status != "skipped"
            else '<p class="jd-quiet">Nothing was sent.</p>'
        )
    else:
        body = f'<h4>Raw reply</h4><div class="jd-reply" tabindex="0">{_ends(line.reply)}</div>'
    error = f'<p class="jd-warn">{named(line.error, 2_000)}</p>' if line.error else ""
    return error + body + "".join(_attempt(one) for one in line.history)


def _ends(text: str) -> str:
    """A text as it came; of one that no page could hold, its beginning and end."""
    if len(text) <= 2 * _END_SHOWN:
        return plain(text)
    left_out = f"{len(text) - 2 * _END_SHOWN:,} characters are left out here; the export of calls has them."
    return f'{plain(text[:_END_SHOWN])}<p class="jd-quiet">{left_out}</p>{plain(text[-_END_SHOWN:])}'


def _attempt(one: AttemptLine) -> str:
    cost = dollars(one.cost) if one.cost is not None else ""
    said = " · ".join(escape(part) for part in (one.status, one.cause, moment(one.created_at), cost) if part)
    words = "".join(
        f'<div class="jd-reply" tabindex="0">{_ends(text)}</div>' for text in (one.error, one.reply) if text
    )
    return f"<details><summary>Attempt {one.number}: {said}</summary>{words}</details>"


def _beside(line: CallLine) -> str:
    verdicts = "".join(_verdict(one) for one in line.verdicts)
    facts = [
        f"{line.tokens_in:,} tokens in, {line.tokens_out or 0:,} out" if line.tokens_in is not None else "",
        counted(line.attempts, "attempt", "attempts") if line.attempts else "",
        f"Copied from {line.copied_from}: nothing was paid" if line.copied_from else "",
        f"Serves {line.n_subjects:,} subjects that ask the very same" if line.n_subjects > 1 else "",
        f"Asked {moment(line.created_at)}",
        f"Request {line.request_hash[:12]}",
    ]
    said = "".join(f'<span class="jd-small">{escape(fact)}</span>' for fact in facts if fact)
    there = link("What it is asked now", {"judge": line.judge_id, "view": "asked", "item": line.subject_id})
    return f'{verdicts}<h4>Call {line.id}</h4>{said}<span class="jd-small">{there}</span>'


def _verdict(one: CallVerdict) -> str:
    sure = f", confidence {one.confidence:.0%}" if one.confidence is not None else ""
    later = " (a later call took its place)" if one.is_superseded else ""
    why = f'<div class="jd-why">{_ends(one.rationale)}</div>' if one.rationale else ""
    value = f'<span class="jd-value">{_value(one, with_name=False)}</span>'
    return f"<h4>{escape(one.criterion)}</h4><p>{value}{sure}{later}</p>{why}"
