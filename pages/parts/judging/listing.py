"""The judges of a study, and the ways to a new one."""

from html import escape

import streamlit as st

from core.judging.protocols import PROTOCOLS
from core.workflow.judging import JudgeFace, list_judges
from core.workflow.judging_ledger import ledger
from core.workflow.judging_runs import RunFace, list_runs
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import page_link, text_block
from pages.parts.judging.links import link
from pages.parts.judging.place import go
from pages.parts.judging.words import (
    STATES,
    ago,
    cost_words,
    counted,
    dollars,
    heading,
    kind_mark,
    named,
    protocol_words,
    share,
    table,
)

JURY_ABOUT = "Several judges as one: their verdicts by majority, mean or weights. Never run, never paid again."
_RUNS_SHOWN = 25


def show_list(space: Workspace, study: StudySummary) -> None:
    """Every judge with what it did and cost; then protocols for a new one, then all costs."""
    faces = list_judges(space, study.id)
    runs = list_runs(space, study.id)
    if faces:
        _show_table(space, study, faces, runs)
    else:
        _show_empty()
    if study.simulated:
        text_block("This study is simulated: its judges are too, and none can be added.")
        return
    show_protocols(any_runnable=any(face.id and face.kind != "jury" for face in faces))
    if runs:
        _show_costs(space, study)


def _show_empty() -> None:
    text_block("This study has no judge yet. Choose how the first one shall judge.", kind="empty")
    st.html(
        '<div class="jd-next"><p>No key at hand? Run <code>touchstone practice-server</code> in a terminal: it answers'
        " by counting words, is no LLM and costs nothing, but every step works as with one. Baselines need neither a"
        " key nor a server. Verdicts made elsewhere can be imported.</p></div>"
    )
    with st.container(key="jd-way-import"):
        page_link("importing", "Import verdicts")


def _show_table(space: Workspace, study: StudySummary, faces: tuple[JudgeFace, ...], runs: tuple[RunFace, ...]) -> None:
    titles = {face.id: face.title for face in faces if face.id}
    last: dict[int, RunFace] = {}
    for run in runs:
        if run.purpose == "run":
            last.setdefault(run.judge_id, run)
    versions: dict[str, int] = {}
    for face in faces:
        versions[face.name.casefold()] = versions.get(face.name.casefold(), 0) + 1
    newest = [face for face in faces if face.is_newest or not face.id]
    shown = sorted(newest, key=lambda face: not face.is_runnable and face.kind != "jury")
    rows = []
    for face in shown:
        older = versions[face.name.casefold()] - 1
        rows.append(
            [
                _name_cell(face, older),
                f'{named(protocol_words(face, titles), 400)}<span class="jd-small">{named(face.spec.model)}</span>',
                "derived" if face.kind == "jury" else f"{face.n_verdicts:,}",
                _failures_cell(face, "unreadable", face.n_unreadable),
                _failures_cell(face, "refused", face.n_refused),
                cost_words(face.spent, face.spec.model) if face.n_calls else "–",
                _run_cell(last.get(face.id), space, never="not run yet" if face.is_runnable else ""),
            ]
        )
    heads = ["Judge", "How it judges", "Verdicts", "Unreadable", "Refused", "Spent", "Last run"]
    table(heads, rows, numbers=(2, 3, 4, 5), label="Judges of the study")
    with st.container(key="jd-way-agreement"):
        page_link("agreement", "How they agree with people", study=str(study.id), section="raters")


def _name_cell(face: JudgeFace, older: int) -> str:
    name = link(face.title, {"judge": face.id}) if face.id else f"<b>{named(face.title)}</b>"
    name = name.replace('class="jd-go"', 'class="jd-go jd-judge"')
    notes = [counted(older, "earlier version", "earlier versions")] if older else []
    notes += [] if face.rubric_is_current else ["answers older criteria"]
    small = f'<span class="jd-small">{" · ".join(notes)}</span>' if notes else ""
    return f'<span class="jd-judge">{name}<span class="jd-mark">{kind_mark(face)}</span>{small}</span>'


def _failures_cell(face: JudgeFace, status: str, n: int) -> str:
    if not n:
        return share(n, face.n_calls)
    address = {"judge": face.id, "view": "calls", "status": status}
    return link(share(n, face.n_calls), address, title=f"{n:,} of {face.n_calls:,} calls")


def _run_cell(run: RunFace | None, space: Workspace, *, never: str) -> str:
    if run is None:
        return f'<span class="jd-small">{never}</span>' if never else "–"
    done = f" {100 * run.share:.0f} %" if run.is_active and run.share else ""
    words = link(f"{STATES[run.state]}{done}", {"judge": run.judge_id, "view": "run", "run": run.id},
                 title=run.reason)  # fmt: skip
    since = ago(run.done_at or run.created_at, space.clock())
    return f'<span class="jd-last">{words}</span><span class="jd-small jd-last">{since}</span>'


def show_protocols(*, any_runnable: bool) -> None:
    """One card for every way to judge; a press opens the form."""
    heading("New judge", "Choose how it judges. Everything else is set on the next page.")
    cards = [(key, protocol.title, protocol.about, protocol.asks_model) for key, protocol in PROTOCOLS.items()]
    asking = [card for card in cards if card[3]] + [("jury", "Jury", JURY_ABOUT, True)]
    _cards(asking, blocked=() if any_runnable else ("jury",))
    with st.expander("Baselines without an LLM"):
        _cards([card for card in cards if not card[3]], blocked=())


def _cards(cards: list[tuple[str, str, str, bool]], *, blocked: tuple[str, ...]) -> None:
    columns = st.columns(4 if len(cards) == 4 else 3)
    for place, (key, title, about, _) in enumerate(cards):
        with columns[place % len(columns)], st.container(key=f"jd-card-{key.replace(' ', '-')}"):
            st.html(f'<div class="jd-card"><h3>{title}</h3><p>{escape(about)}</p></div>')
            st.button(
                f"New: {title.lower()}", key=f"new-{key}", on_click=go, kwargs={"view": "new", "protocol": key},
                disabled=key in blocked, help="A jury needs judges first." if key in blocked else None,
            )  # fmt: skip


def _show_costs(space: Workspace, study: StudySummary) -> None:
    """What all judges asked and cost, and every run."""
    found = ledger(space, study.id)
    with st.expander(f"Runs and costs: {counted(len(found.runs), 'run', 'runs')}"):
        heads = ["Run", "Calls", "Sent", "Copied", "Failed", "Tokens in", "Tokens out", "Cost"]
        shown = [line for line in found.runs if line.run is not None][:_RUNS_SHOWN]
        rows = []
        for line in shown:
            run = line.run
            if run is None:
                continue
            where = {"judge": run.judge_id, "view": "run", "run": run.id}
            purpose = "" if run.purpose == "run" else f" · {run.purpose}"
            name = link(f"{line.judge}, run {run.id}", where)
            failed = link(f"{line.failed:,}", where) if line.failed else "0"
            calls = link(f"{line.n_calls:,}", where | {"view": "calls"}) if line.n_calls else "0"
            rows.append(
                [
                    f'{name}<span class="jd-small">{STATES[run.state]}{purpose} · '
                    f"{ago(run.created_at, space.clock())}</span>",
                    calls, f"{line.sent:,}", f"{line.copied:,}", failed, f"{line.tokens_in:,}", f"{line.tokens_out:,}",
                    cost_words(line.cost, run.model, run.settings),
                ]
            )  # fmt: skip
        table(heads, rows, numbers=tuple(range(1, 8)), label="Runs and what they cost")
        if len(shown) < len(found.runs):
            text_block(f"The newest {len(shown):,} of {len(found.runs):,} runs are shown; sums are of all.")
        text_block(f"All runs together: {dollars(found.cost)}.")
