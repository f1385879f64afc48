"""What a judge is asked about one subject, word for word, and trying it on that subject."""

import re
from collections.abc import Iterator
from html import escape
from json import dumps

import streamlit as st

from core.errors import TouchstoneError
from core.judging.providers import key_variable
from core.judging.spec import JudgeSpec
from core.rendering import plain
from core.workflow.judging import JudgeFace
from core.workflow.judging_preview import Preview, PreviewStep, preview, preview_subject_at, preview_subjects
from core.workflow.judging_runs import run_status, try_on, worker_state
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import page_link, show_error, shown_problems, text_block
from pages.parts.judging.calls import call_list
from pages.parts.judging.naming import EXPOSES, is_named, reader
from pages.parts.judging.place import Place, turn
from pages.parts.judging.words import counted, heading, named

_OPENING = re.compile(r"<([\w-]+) ([0-9a-f]{8,})>")
_PARTS = re.compile(r"[^\n]*\n|[^\n]+")


def show_asked(space: Workspace, study: StudySummary, face: JudgeFace, place: Place) -> None:
    """A subject with the ways to its neighbours, a trial on it, and the requests about it."""
    shown = pick_subject(space, study.id, face.spec, place.item)
    if shown is not None:
        if not shown.missing:
            _show_trial(space, face, shown.subject_id, place.trial)
        show_requests(shown)


def pick_subject(space: Workspace, study_id: int, spec: JudgeSpec, item: int | None) -> Preview | None:
    """What would be sent about a subject; None where there is none or the judge cannot be used."""
    try:
        near = preview_subjects(space, study_id, spec, near=item)
        if near.subject is None:
            text_block("The study has nothing that this judge could be asked about yet.", kind="empty")
            with st.container(key="jd-way-items"):
                page_link("importing", "Import items and outputs", study=str(study_id))
            return None
        shown = preview(space, study_id, spec, near.subject)
    except TouchstoneError as error:
        show_error(error)
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, there in (("Previous", near.previous), ("Next", near.next)):
            st.button(label, key=f"item-{label}", on_click=turn, kwargs={"item": there, "trial": None},
                      disabled=there is None)  # fmt: skip
        st.session_state["item-number"] = near.place
        st.number_input(f"Number, of {near.total:,}", min_value=1, max_value=near.total, step=1, key="item-number",
                        on_change=_numbered, args=(space, study_id, spec), width=160)  # fmt: skip
    if item is not None and item != near.subject:
        text_block("This judge is not asked about what the address names; the first one is shown.")
    about = f"<b>{shown.kind.capitalize()} {near.place:,}: {named(near.name)}</b>."
    st.html(f'<p class="jd-quiet jd-which">{about} {escape(_in_all(shown))}</p>')
    if shown.missing:
        text_block(f"Nothing is asked about it: {shown.missing}.", kind="warning")
    return shown


def show_requests(shown: Preview, *, no_model: str = "") -> None:
    """The requests, word for word; the first stands open.

    Args:
        shown: What would be sent.
        no_model: What stands for a model that is not chosen yet; "" where it is chosen.
    """
    st.html("".join(step_html(step, is_open=place == 0, no_model=no_model) for place, step in enumerate(shown.steps)))


def _numbered(space: Workspace, study_id: int, spec: JudgeSpec) -> None:
    turn(item=preview_subject_at(space, study_id, spec, int(st.session_state["item-number"])), trial=None)


def _in_all(shown: Preview) -> str:
    if not shown.n_calls:
        return ""
    tokens = sum(step.tokens for step in shown.steps)
    calls = counted(shown.n_calls, "call", "calls")
    times = f" ({shown.repetitions} times each)" if shown.repetitions > 1 else ""
    return f"{calls}{times}, about {tokens * shown.repetitions:,} tokens sent."


def step_html(step: PreviewStep, *, is_open: bool, no_model: str = "") -> str:
    """One request as HTML; whatever it contains stays text."""
    facts = [escape(step.model)] if step.model else ["no model is asked"]
    facts = ["no model chosen yet"] if no_model and step.model == no_model else facts
    facts += [f"at {escape(step.api_base)}"] if step.api_base else []
    facts += [f"about {step.tokens:,} tokens"] if step.model else []
    is_known = step.hash and step.model != no_model
    request = f'request <code title="{step.hash}">{step.hash[:12]}</code>' if is_known else "not known in full yet"
    facts += [request]
    facts = [f"not asked: {escape(step.missing)}"] if step.missing else facts
    messages = "".join(
        f'<div class="jd-message"><div class="jd-role">{escape(one["role"])}</div>'
        f'<div class="jd-said">{"".join(_laid_out(one["content"]))}</div></div>'
        for one in step.messages
    )
    parameters = dumps(dict(step.parameters), indent=2, ensure_ascii=False, sort_keys=True)
    beside = f"<details><summary>Parameters sent beside</summary><pre>{escape(parameters)}</pre></details>"
    return (
        f'<details class="jd-step"{" open" if is_open else ""}><summary><h3>{escape(step.title)}</h3>'
        f'<span class="jd-meta">{" · ".join(facts)}</span></summary>'
        f"{messages}{beside if step.parameters else ''}</details>"
    )


def _laid_out(text: str) -> Iterator[str]:
    """A message with every fenced text in a block of its own; a mark inside a fenced text opens nothing."""
    lines, before = _PARTS.findall(text), ""
    place = 0
    while place < len(lines):
        found = _OPENING.fullmatch(lines[place].strip("\n"))
        closing = f"</{found[1]} {found[2]}>" if found else ""
        end = next((at for at in range(place + 1, len(lines)) if lines[at].strip("\n") == closing), 0) if found else 0
        if found and end:
            if before.strip():
                yield plain(before.strip("\n"))
            inside = "".join(lines[place + 1 : end]).removesuffix("\n")
            mark = f"{found[1]} {found[2]}"
            yield f'<div class="jd-fence"><span>&lt;{mark}&gt;</span>{plain(inside)}<span>&lt;/{mark}&gt;</span></div>'
            before, place = "", end + 1
        else:
            before += lines[place]
            place += 1
    if before.strip():
        yield plain(before.strip("\n"))


def _show_trial(space: Workspace, face: JudgeFace, subject: int, trial: int | None) -> None:
    heading("Try it on this one", "The worker asks it now, as in a run; what comes back is kept and never paid twice.")
    show_readiness(space, face.spec)
    if trial is not None and _follow_trial(space, face, subject, trial):
        return
    if not is_named("trial"):
        return
    with shown_problems():
        if st.button("Try it", key="try-it", type="primary", help=EXPOSES):
            begun = try_on(space, reader(), face.id, subject)
            turn(trial=begun.id, item=subject)
            st.rerun()


def _follow_trial(space: Workspace, face: JudgeFace, subject: int, trial: int) -> bool:
    """Show how the trial stands, and what it brought; whether another makes no sense now."""
    with shown_problems():
        run = run_status(space, trial)
        if run.judge_id != face.id or run.purpose != "trial" or run.selection.subjects != (subject,):
            return False
        if run.is_active:
            _watch_trial(space, trial)
            return True
        if run.state != "done":
            text_block(f"The trial was {run.state}: {run.reason or 'no reason was given'}.", kind="warning")
        if is_named("trial-said"):
            call_list(space, judge_id=face.id, subject_id=subject, opened=True)
        return run.state == "done" and not run.counts.error
    return False


def _watch_trial(space: Workspace, trial: int) -> None:
    @st.fragment(run_every=1.0)
    def waiting() -> None:
        run = run_status(space, trial)
        if not run.is_active:
            st.rerun()
        words = "waiting for a worker" if run.state == "queued" else "asking"
        st.html(
            f'<p class="jd-quiet" role="status">Trial {trial}: {words}. {run.n_done:,} of {run.n_planned or "?"}.</p>'
        )
        st.progress(run.share or 0.0)

    waiting()


def show_readiness(space: Workspace, spec: JudgeSpec) -> None:
    """What is missing before anything can be asked: a worker, a key. Nothing where all is there."""
    state = worker_state(space)
    if not state.is_alive:
        advise("No worker is running, so nothing is asked yet.", "Start one with", "touchstone worker")
    if not spec.model:
        return
    try:
        need = key_variable(spec.model, spec.api_base)
    except TouchstoneError as error:
        show_error(error)
        return
    if state.is_alive and need.required and not need.is_met(state.variables):
        before = f"No key for {need.title or 'this provider'} is set where the worker runs."
        advise(before, "Start it again with a value for", " or ".join(need.names))


def advise(said: str, what: str, code: str) -> None:
    """Something to do before it works: a sentence, then what to type."""
    st.html(f'<p class="jd-advice" role="status"><b>{escape(said)}</b> {escape(what)} <code>{escape(code)}</code>.</p>')
