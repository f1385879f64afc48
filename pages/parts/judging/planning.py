"""A new run: which subjects, at what pace and price; what it would ask and cost; the start."""

from html import escape

import streamlit as st

from core.errors import TouchstoneError
from core.judging.pace import RunSettings
from core.judging.prices import price_of
from core.workflow.judging import JudgeFace, judged_kinds
from core.workflow.judging_planning import RunPlan, plan_run
from core.workflow.judging_runs import start_run
from core.workflow.judging_selection import Selection, Which, count_selection, slice_choices
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import show_error, shown_problems, text_block
from pages.parts.judging.asked import show_readiness
from pages.parts.judging.naming import reader
from pages.parts.judging.place import turn
from pages.parts.judging.price_fields import price_fields
from pages.parts.judging.words import KINDS, counted, dollars, heading, quiet
from pages.parts.wizard.task import Progress, Task
from pages.parts.wizard.watching import watch

_WHICH: dict[Which, str] = {"all": "All", "graded": "Those that people graded", "random": "A random sample"}
_SPLITS = ("train", "dev", "test")
_PLAN = "judging-plan"
_PATIENCE = 0.8


def show_planning(space: Workspace, study: StudySummary, face: JudgeFace) -> None:
    """The choices, then the plan, then the button that starts it."""
    heading("New run", "What is answered already, by this judge or by another that asked the very same, costs nothing.")
    if study.simulated:
        text_block("This study is simulated; no judge can be run on it.")
        return
    show_readiness(space, face.spec)
    try:
        left, right = st.columns([1, 1], gap="large")
        with left:
            selection = _selection(space, study, face)
        with right:
            settings, budget = _settings(face)
            plan = _planned(space, face, selection, settings) if selection is not None else None
            if plan is not None and selection is not None:
                _show_plan(plan)
                _offer_start(space, face, plan, settings, budget)
    except TouchstoneError as error:
        show_error(error)


def _selection(space: Workspace, study: StudySummary, face: JudgeFace) -> Selection | None:
    kinds = judged_kinds(space, study.id, face.spec)
    kind = kinds[0]
    if len(kinds) > 1:
        kind = st.selectbox(
            "Of what", kinds, key=f"run-kind-{face.id}", format_func=lambda one: KINDS[one][1].capitalize()
        )
    key = f"{face.id}-{kind}"
    which = st.radio(
        "Which", list(_WHICH), key=f"run-which-{key}", format_func=lambda one: _WHICH[one], horizontal=True
    )
    n, seed = _sample(key) if which == "random" else (None, None)
    splits: list[str] = []
    slices: dict[str, tuple[str, ...]] = {}
    with st.expander("Narrow by split or slice"):
        splits = st.multiselect("Split", _SPLITS, key=f"run-split-{key}", placeholder="Any split, and none")
        if "test" in splits:
            quiet("Verdicts on the test split are for the last report: choose and tune on train and dev.")
        choices = [(one.key, name) for one in slice_choices(space, study.id) for name in one.names]
        titles = {one.key: one.title for one in slice_choices(space, study.id)}
        picked = st.multiselect("Slices", choices, key=f"run-slices-{key}", placeholder="Every slice",
                                format_func=lambda one: f"{titles[one[0]]}: {one[1]}")  # fmt: skip
        for name, value in picked:
            slices[name] = (*slices.get(name, ()), value)
    selection = Selection(kind=kind, which=which, n=n, seed=seed, splits=tuple(splits), slices=slices)
    found = count_selection(space, study.id, selection)
    quiet(f"{counted(found, *KINDS[kind])} chosen.")
    if not found:
        text_block("Nothing fits this choice.", kind="warning")
        return None
    return selection


def _sample(key: str) -> tuple[int, int | None]:
    left, right = st.columns(2)
    with left:
        n = st.number_input("How many", min_value=1, value=50, step=10, key=f"run-n-{key}")
    with right:
        seed = st.number_input("Seed", min_value=0, value=1, step=1, key=f"run-seed-{key}",
                               help="The same seed draws the same sample again.")  # fmt: skip
    return int(n), int(seed)


def _settings(face: JudgeFace) -> tuple[RunSettings, float | None]:
    if not face.spec.model:
        return RunSettings(), None
    key, usual = str(face.id), RunSettings()
    price = price_of(face.spec.model)
    given: tuple[float | None, float | None] = (None, None)
    if price is None:
        quiet("No price is known for this model. Give one to see what a run costs and to set a budget; 0 is free.")
        given = price_fields(f"run-{key}", "unknown")
    budget = st.number_input(
        "Budget in US dollars", min_value=0.0, value=None, step=1.0, format="%.2f", key=f"run-budget-{key}",
        placeholder="no limit", width=220, help="The run stops before it is passed; it can go on with a higher one.",
    )  # fmt: skip
    with st.expander("Pace, patience and price" if price else "Pace and patience"):
        left, right = st.columns(2)
        with left:
            at_once = st.number_input("Calls at once", 1, 256, usual.concurrency, key=f"run-at-once-{key}")
            requests = st.number_input(
                "Requests per minute", 1, None, None, key=f"run-rpm-{key}", placeholder="no limit"
            )
            tokens = st.number_input("Tokens per minute", 1, None, None, key=f"run-tpm-{key}", placeholder="no limit")
        with right:
            timeout = st.number_input(
                "Seconds until a call is given up", 1.0, 3_600.0, usual.timeout, key=f"run-timeout-{key}"
            )
            tries = st.number_input("Tries for each call", 1, 20, usual.tries, key=f"run-tries-{key}")
        if price is not None:
            per = f"{dollars(price.per_million_in)} in, {dollars(price.per_million_out)} out per million tokens"
            quiet(f"{per}, from {price.source}.")
            given = price_fields(f"run-{key}", "as listed")
    settings = RunSettings(
        concurrency=int(at_once), requests_per_minute=requests, tokens_per_minute=tokens, timeout=float(timeout),
        tries=int(tries), price_in=given[0], price_out=given[1],
    )  # fmt: skip
    return settings, budget or None


def _planned(space: Workspace, face: JudgeFace, selection: Selection, settings: RunSettings) -> RunPlan | None:
    """The plan, made in a thread that outlives a rerun; None while it is being made, with a bar and a way to stop."""
    wanted = (face.id, face.n_calls, selection, settings.price_in, settings.price_out)
    known = st.session_state.get(_PLAN)
    if known is None or known[0] != wanted:
        if known is not None:
            known[1].cancel()

        def work(tell: Progress, is_stopped: object) -> RunPlan:
            return plan_run(
                space, face.id, selection, settings,
                progress=lambda done, total: tell(done, total, "Looking at what is to be asked"),
                cancelled=is_stopped,  # type: ignore[arg-type] # what a task hands in
            )  # fmt: skip

        known = (wanted, Task(work))
        st.session_state[_PLAN] = known
    task: Task[RunPlan] = known[1]
    if not task.finished and not task.wait(_PATIENCE):
        watch(task, "Looking at what is to be asked", "Nothing is sent yet.", many="subjects")
        return None
    if task.error is not None:
        show_error(task.error)
    if task.result is None:
        st.button("Work it out again", key="plan-again", on_click=_forget_plan)
    return task.result


def _forget_plan() -> None:
    st.session_state.pop(_PLAN, None)


def _show_plan(plan: RunPlan) -> None:
    about = "about " if plan.is_sampled else ""
    if not plan.n_requests:
        asked = (
            "Nothing has to be asked"
            if plan.asks_model
            else f"{about}{counted(plan.n_open, 'answer', 'answers')} by rule"
        )
    elif plan.asks_model:
        asked = f"{about}{counted(plan.n_requests, 'request', 'requests')} to send"
    else:
        asked = f"{about}{counted(plan.n_open, 'answer', 'answers')} by rule"
    cost = ""
    if plan.asks_model and plan.n_requests:
        cost = ", at an unknown price" if plan.cost is None else f", expected to cost <b>{dollars(plan.cost)}</b>"
    st.html(f'<p class="jd-plan"><b>{asked[0].upper()}{asked[1:]}</b>{cost}.</p>')
    lines = []
    if plan.n_already:
        lines.append(
            f"{plan.n_already:,} of {plan.n_calls:,} calls are answered already, or ask the very same as another of"
            " this run: they cost nothing."
        )
    if plan.n_copied:
        lines.append(f"{plan.n_copied:,} were asked by another judge word for word; its replies are taken, at no cost.")
    if plan.n_answers:
        lines.append(f"{plan.n_answers:,} of the requests are for the judge's own answers.")
    lines += [f"{n:,} are skipped: {reason}." for reason, n in sorted(plan.skipped.items())]
    if plan.n_requests and plan.asks_model:
        own = "going by its own earlier calls" if plan.is_calibrated else "by rule of thumb"
        lines.append(f"About {plan.tokens_in:,} tokens in and {plan.tokens_out:,} out, {own}.")
        if plan.cost_most is not None and plan.cost:
            lines.append(f"At most {dollars(plan.cost_most)}, if every answer were as long as allowed.")
        if plan.price is not None:
            price = plan.price
            per = f"{dollars(price.per_million_in)} in, {dollars(price.per_million_out)} out per million tokens"
            lines.append(f"Price: {per} ({price.source}).")
    if plan.is_sampled:
        lines.append(f"{plan.n_looked_at:,} of {plan.n_subjects:,} subjects were looked at; counts are scaled up.")
    st.html("".join(f'<p class="jd-quiet">{escape(line)}</p>' for line in lines))


def _offer_start(space: Workspace, face: JudgeFace, plan: RunPlan, settings: RunSettings, budget: float | None) -> None:
    with shown_problems():
        is_new = bool(plan.n_requests or plan.n_copied or plan.n_skipped)
        label = "Start the run" if is_new else "Run anyway"
        if st.button(label, key="start-run", type="primary" if is_new else "secondary"):
            run = start_run(space, reader(), face.id, plan.selection, settings, budget=budget)
            _forget_plan()
            turn(view="run", run=run.id)
            st.rerun()
