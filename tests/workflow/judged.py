"""A study with judges and runs for tests, and a worker that drives them in the test's own process."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from core.judging.asked import Reply, Request
from core.judging.client import LiteLLMClient, LlmClient
from core.judging.pace import RunSettings
from core.judging.spec import JudgeSpec
from core.scales import likert, pass_fail
from core.store.database import Database
from core.workflow.judging import JudgeFace, add_judge, draft
from core.workflow.judging_runs import RunFace, run_status, start_run
from core.workflow.judging_selection import Selection
from core.workflow.judging_worker import ClientFactory, Worker
from core.workflow.workspace import Visitor, Workspace
from tests.builders import Built, build_study

ANN = Visitor("Ann")
CRITERIA = {"quality": ("output", likert(1, 5)), "acceptable": ("output", pass_fail())}
GOOD = {"q1": {"rationale": "Clear.", "verdict": "4"}, "q2": {"rationale": "Right.", "verdict": "pass"}}


def judged_study(database: Database, *, items: int = 3, name: str = "Study", **more: Any) -> Built:
    """Outputs of two systems for so many items, one likert and one yes/no criterion."""
    given: dict[str, Any] = {"criteria": CRITERIA, "items": [f"q{number}" for number in range(items)]} | more
    return build_study(database, name=name, **given)


def a_judge(
    workspace: Workspace, built: Built, api_base: str, *, name: str = "strict", protocol: str = "direct",
    kind: str = "output", **changes: Any,
) -> JudgeFace:  # fmt: skip
    """A judge of every criterion in one call, asking the server."""
    spec: JudgeSpec = draft(workspace, built.study, protocol, kind=kind, model="openai/test")
    return add_judge(
        workspace, ANN, built.study, name, spec.changed(**{"api_base": api_base, "together": True} | changes)
    )


def begin(
    workspace: Workspace, judge: JudgeFace, *, kind: str = "output", budget: float | None = None,
    selection: Selection | None = None, **settings: Any,
) -> RunFace:  # fmt: skip
    """A run over all subjects of a kind."""
    assert judge.id is not None
    chosen = selection or Selection(kind=kind)
    return start_run(workspace, ANN, judge.id, chosen, RunSettings(**settings), budget=budget)


async def hurried(seconds: float) -> None:
    """Wait a fiftieth of the time before a call is sent again: what is tried is the order of things, not patience."""
    await asyncio.sleep(seconds / 50)


def over_http(settings: RunSettings) -> LlmClient:
    """The real client; no key is needed for the test server."""
    return LiteLLMClient(lambda _name: None, settings=settings)


def drive(
    workspace: Workspace, *runs: RunFace, client: ClientFactory = over_http, seconds: float = 60.0,
    meanwhile: Sequence[Callable[[], Any]] = (), **worker: Any,
) -> list[RunFace]:  # fmt: skip
    """Let a worker work until the runs have ended (or `meanwhile` is through, whichever is later); their faces.

    It waits `hurried` before a call is sent again unless told otherwise.
    """
    worker.setdefault("sleep", hurried)

    async def working() -> None:
        is_over = asyncio.Event()
        found = Worker(workspace, client, **worker)
        task = asyncio.create_task(found.work(is_over.is_set))
        try:
            for step in meanwhile:
                await asyncio.to_thread(step)
            end = time.monotonic() + seconds
            while not task.done() and not await asyncio.to_thread(_ended, workspace, runs):
                assert time.monotonic() < end, f"waited in vain: {[run_status(workspace, run.id) for run in runs]}"
                await asyncio.sleep(0.02)
        finally:
            is_over.set()
            await task

    asyncio.run(working())
    return [run_status(workspace, run.id) for run in runs]


def _ended(workspace: Workspace, runs: Sequence[RunFace]) -> bool:
    with workspace.database.reading() as session:
        found = session.execute(text("select id, state, owner from run")).all()
    states = {run: (state, owner) for run, state, owner in found}
    return all(states[run.id][0] not in ("queued", "running") and not states[run.id][1] for run in runs)


def rows(workspace: Workspace, query: str, **values: Any) -> list[Any]:
    """What a query finds."""
    with workspace.database.reading() as session:
        return list(session.execute(text(query), values).all())


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


STANDING = (
    "select r.subject_id, r.criterion_id, r.order_shown, r.repetition, count(*) from rating r"
    " where not exists (select 1 from rating n where n.supersedes_id = r.id) and r.rater_id = :rater"
    " group by r.subject_id, r.criterion_id, r.order_shown, r.repetition"
)


def standing(workspace: Workspace, rater: int) -> Mapping[tuple[int, int, str | None, int], int]:
    """(subject, criterion, order, repetition) -> how many ratings stand there; more than one is a mistake."""
    return {tuple(row[:4]): row[4] for row in rows(workspace, STANDING, rater=rater)}


@dataclass
class Parrot:
    """A client that answers without a network; `said` is called with the request."""

    said: Callable[[Request], Reply]
    asked: list[Request] = field(default_factory=list)
    delay: float = 0.0

    async def complete(self, request: Request, *, timeout: float) -> Reply:  # noqa: ARG002 - the client's face
        self.asked.append(request)
        if self.delay:
            await asyncio.sleep(self.delay)
        return self.said(request)

    async def close(self) -> None:
        """Nothing is open."""


def parrot(answer: object, **reply: Any) -> Parrot:
    """A client that says the same to everything, as JSON."""
    return Parrot(lambda _request: Reply(json.dumps(answer), **reply))
