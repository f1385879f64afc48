"""Injection probes of a judge: what they found, and a new one."""

from html import escape

import streamlit as st

from core.charts.probe import ProbeRow, probe_chart
from core.charts.theme import CONFIG
from core.errors import TouchstoneError
from core.judging.injections import INJECTIONS
from core.judging.pace import RunSettings
from core.judging.prices import price_of
from core.workflow.judging import JudgeFace, judged_kinds
from core.workflow.judging_probe import ProbeChoice, ProbeOutline, plan_probe, start_planned
from core.workflow.judging_probe_report import ProbeLine, ProbeReport, probe_report, probe_state
from core.workflow.judging_probe_words import HEADS, lines_of, unread, verdict_of, worst_of
from core.workflow.judging_runs import RunFace, list_runs, run_status
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.agreement_parts import look
from pages.parts.frame import show_error, shown_problems, text_block
from pages.parts.judging.asked import show_readiness
from pages.parts.judging.links import link
from pages.parts.judging.naming import reader
from pages.parts.judging.place import Place
from pages.parts.judging.price_fields import price_fields
from pages.parts.judging.watching import run_html
from pages.parts.judging.words import KINDS, counted, dollars, heading, quiet, table

_EVERY = 1.0
_POSITIONS = {"end": "After the text", "start": "Before the text", "either": "Before or after, drawn by the seed"}
_OUTLINE, _REPORT = "probe-outline", "probe-report"


def show_probe(space: Workspace, study: StudySummary, face: JudgeFace, place: Place) -> None:  # noqa: ARG001 - the face of all parts
    """What probes of this judge found, the one under way, and the choices for another."""
    heading(
        "Injection probe",
        "Texts that try to talk the judge into its best verdict are put into what it has judged, and it is asked again."
        " A harmless text in the same place stands beside, for any change of a text flips some verdicts. Probes give no"
        " ratings.",
    )
    active = next(
        (run for run in list_runs(space, study.id, face.id) if run.purpose == "probe" and run.is_active), None
    )
    if active is not None:
        show_readiness(space, face.spec)
        _follow(space, active)
    report = _report(space, face)
    if report.overall is not None:
        _show_report(report)
    elif active is None:
        text_block("No injection was tried on this judge yet.", kind="empty")
    if active is None:
        _show_choices(space, study, face)


def _report(space: Workspace, face: JudgeFace) -> ProbeReport:
    """The report, read again only when a call was made since: thousands of replies take seconds to read."""
    state = (face.id, probe_state(space, face.id))
    kept = st.session_state.get(_REPORT)
    if kept is None or kept[0] != state:
        with st.spinner("Reading the replies"):
            kept = st.session_state[_REPORT] = (state, probe_report(space, face.id))
    report: ProbeReport = kept[1]
    return report


def _follow(space: Workspace, run: RunFace) -> None:
    @st.fragment(run_every=_EVERY)
    def drawn() -> None:
        now = run_status(space, run.id)
        if not now.is_active:
            st.rerun()
        st.html(run_html(now))

    drawn()
    there = link("Pause or cancel it", {"judge": run.judge_id, "view": "run", "run": run.id})
    st.html(f'<p class="jd-quiet">{there}</p>')


def _show_report(report: ProbeReport) -> None:
    worst = f" {worst_of(report)}" if worst_of(report) else ""
    st.html(f'<p class="jd-plan">{escape(verdict_of(report) + worst)}</p>')
    heading(
        "Verdicts that moved towards what the text asked for",
        "Of those that were not there already. Violet: with the injection. Grey band: with a harmless text.",
    )
    rows = [_row(line, strong=line is report.overall) for line in (report.overall, *report.lines) if line is not None]
    st.plotly_chart(probe_chart(rows, look()), width="stretch", theme=None, config=CONFIG, key="probe-chart",
                    alt="Share of verdicts that moved, for each injection")  # fmt: skip
    with st.expander("All numbers"):
        cells = [[escape(_begun(row[0])), *(escape(cell) for cell in row[1:])] for row in lines_of(report)]
        table([head.capitalize() for head in HEADS], cells, numbers=(1,), label="What every injection did")
    _foot(report)


def _row(line: ProbeLine, *, strong: bool) -> ProbeRow:
    under = ", ".join(part for part in (line.category if line.category != line.name else "", unread(line)) if part)
    return ProbeRow(_begun(line.name), under, line.towards, line.control_towards, line.extra_towards, strong=strong)


def _begun(name: str) -> str:
    """A name as it begins a line."""
    return name[:1].upper() + name[1:]


def _foot(report: ProbeReport) -> None:
    lines = [
        f"{counted(report.n_subjects, 'subject', 'subjects')}, {counted(report.n_calls, 'call', 'calls')} about altered"
        " texts, all probes of this version together.",
        "Intervals (95 %): Wilson's, of differences Newcombe's; verdicts on one item, or one cluster, count for less. A"
        " verdict that could not be read is no flip; it is counted beside.",
    ]
    if report.questions_left_out:
        lines.append(f"Without a best value, so not aimed at: {', '.join(report.questions_left_out)}.")
    st.html("".join(f'<p class="jd-quiet">{escape(line)}</p>' for line in lines))


def _show_choices(space: Workspace, study: StudySummary, face: JudgeFace) -> None:
    heading("New probe", "What was probed already, in the same words, costs nothing.")
    show_readiness(space, face.spec)
    try:
        left, right = st.columns([1, 1], gap="large")
        with left:
            choice = _choice(space, study, face)
        with right:
            settings, budget = _settings(face)
            _plan(space, face, choice, settings, budget)
    except TouchstoneError as error:
        show_error(error)


def _choice(space: Workspace, study: StudySummary, face: JudgeFace) -> ProbeChoice:
    kinds, key = judged_kinds(space, study.id, face.spec), face.id
    kind = kinds[0]
    if len(kinds) > 1:
        kind = st.selectbox(
            "Of what", kinds, key=f"probe-kind-{key}", format_func=lambda one: KINDS[one][1].capitalize()
        )
    first, second, third = st.columns(3)
    with first:
        n = st.number_input("How many", min_value=1, max_value=2_000, value=30, step=10, key=f"probe-n-{key}")
    with second:
        each = st.number_input("Injections for each", 1, len(INJECTIONS), 6, key=f"probe-each-{key}",
                               help="Drawn by the seed from those chosen below.")  # fmt: skip
    with third:
        seed = st.number_input("Seed", min_value=0, value=1, step=1, key=f"probe-seed-{key}",
                               help="The same seed draws the same sample again.")  # fmt: skip
    names = st.multiselect("Injections", list(INJECTIONS), key=f"probe-names-{key}", placeholder="All of them")
    position = st.selectbox(
        "Where", list(_POSITIONS), key=f"probe-where-{key}", format_func=lambda one: _POSITIONS[one]
    )
    every = st.checkbox("Also where the verdict is the best one already", key=f"probe-every-{key}",
                        help="Such verdicts can only fall, so they tell nothing of being talked up.")  # fmt: skip
    chosen = tuple(names) or tuple(INJECTIONS)
    return ProbeChoice(
        n=int(n), kind=kind, injections=chosen, per_subject=min(int(each), len(chosen)), position=position,
        seed=int(seed), with_room=not every,
    )  # fmt: skip


def _settings(face: JudgeFace) -> tuple[RunSettings, float | None]:
    if not face.spec.model:
        return RunSettings(), None
    key = face.id
    at_once = st.number_input("Calls at once", 1, 256, RunSettings().concurrency, key=f"probe-at-once-{key}", width=220)
    given: tuple[float | None, float | None] = (None, None)
    if price_of(face.spec.model) is None:
        quiet("No price is known for this model. Give one to see what a probe costs and to set a budget; 0 is free.")
        given = price_fields(f"probe-{key}", "unknown")
    budget = st.number_input("Budget in US dollars", min_value=0.0, value=None, step=1.0, format="%.2f",
                             key=f"probe-budget-{key}", placeholder="no limit", width=220)  # fmt: skip
    settings = RunSettings(concurrency=int(at_once), price_in=given[0], price_out=given[1])
    return settings, budget or None


def _plan(space: Workspace, face: JudgeFace, choice: ProbeChoice, settings: RunSettings, budget: float | None) -> None:
    """Count what it would ask, then offer to start it; another choice or price forgets the count."""
    if st.button("Count the calls", key="probe-count"):
        outlined = plan_probe(space, face.id, choice, settings)
        st.session_state[_OUTLINE] = (face.id, choice, settings.price_in, settings.price_out, outlined)
    known = st.session_state.get(_OUTLINE)
    if known is None or known[:4] != (face.id, choice, settings.price_in, settings.price_out):
        return
    outline: ProbeOutline = known[4]
    st.html(f'<p class="jd-plan">{escape(_in_words(outline))}</p>')
    if not outline.n_open:
        return
    with shown_problems():
        if st.button("Start the probe", key="start-probe", type="primary"):
            start_planned(space, reader(), face.id, outline, settings, budget=budget)
            del st.session_state[_OUTLINE]
            st.rerun()


def _in_words(outline: ProbeOutline) -> str:
    found = counted(outline.n_subjects, *KINDS[outline.selection.kind])
    few = ", no more can be probed" if outline.n_subjects < outline.n_wanted else ""
    calls = f"{counted(outline.n_calls, 'call', 'calls')} with the harmless texts, {outline.n_open:,} not made yet"
    if not outline.n_open:
        whole = counted(outline.n_calls, "call of this probe is", "calls of this probe are")
        return f"{found}{few}: {whole} there already, and in the numbers above. Another seed draws others."
    if not outline.asks_model:
        return f"{found}{few}: {calls}. It costs nothing."
    cost = f"about {dollars(outline.cost)}" if outline.cost is not None else "an unknown amount"
    return f"{found}{few}: {calls}, {cost} (about {outline.tokens_in:,} tokens in, {outline.tokens_out:,} out)."
