"""A judge's runs: the one under way, or a new one; what came of each."""

import streamlit as st

from core.errors import NotFound
from core.workflow.judging import JudgeFace
from core.workflow.judging_runs import RunFace, list_runs
from core.workflow.studies import StudySummary
from core.workflow.workspace import Workspace
from pages.parts.frame import show_error
from pages.parts.judging.links import link
from pages.parts.judging.place import Place, turn
from pages.parts.judging.planning import show_planning
from pages.parts.judging.watching import show_run
from pages.parts.judging.words import STATES, ago, cost_words, heading, table

_SHOWN = 20


def show_running(space: Workspace, study: StudySummary, face: JudgeFace, place: Place) -> None:
    """The run of the address, else the one under way, else a new one; below, all runs of this judge."""
    runs = list_runs(space, study.id, face.id)
    by_id = {run.id: run for run in runs}
    active = next((run for run in runs if run.is_active and run.purpose == "run"), None)
    chosen = by_id.get(place.run) if place.run is not None else active
    if place.run is not None and chosen is None:
        show_error(NotFound("run of this judge", place.run))
    if chosen is not None:
        if place.run is None:
            turn(run=chosen.id)  # so that it stays in sight when it ends
        elif active is None or active.id != chosen.id:
            label = "← The run under way" if active else "← New run"
            st.button(label, key="leave-run", type="tertiary", on_click=turn, kwargs={"run": None})
        show_run(space, study, face, chosen)
    else:
        show_planning(space, study, face)
    others = tuple(run for run in runs if not (chosen and chosen.id == run.id and chosen.is_active))
    if any(chosen is None or run.id != chosen.id for run in others):
        _show_runs(space, others, chosen)


def _show_runs(space: Workspace, runs: tuple[RunFace, ...], chosen: RunFace | None) -> None:
    heading("Runs of this judge")
    rows = []
    for run in runs[:_SHOWN]:
        here = chosen is not None and run.id == chosen.id
        name = f"Run {run.id}" if here else link(f"Run {run.id}", {"judge": run.judge_id, "view": "run", "run": run.id})
        purpose = {"run": "", "trial": "trial on one item", "probe": "injection probe"}[run.purpose]
        purpose = f"again, what failed in run {run.retry_of_id}" if run.retry_of_id else purpose
        rows.append(
            [
                f'{name}<span class="jd-small">{purpose}</span>',
                f'{STATES[run.state]}<span class="jd-small">{ago(run.done_at or run.created_at, space.clock())}</span>',
                f"{run.n_done:,}", f"{run.counts.failed:,}", f"{run.sent:,}",
                cost_words(run.spent, run.model, run.settings),
            ]
        )  # fmt: skip
    heads = ["Run", "State", "Calls settled", "Failed", "Requests sent", "Cost"]
    table(heads, rows, numbers=(2, 3, 4, 5), label="Runs of this judge")
    if len(runs) > _SHOWN:
        st.html(f'<p class="jd-quiet">The newest {_SHOWN} of {len(runs):,} runs are shown.</p>')
