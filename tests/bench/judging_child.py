"""What `bench_judging` measures, each in a process of its own: `PART DATABASE-URL UNITS CONCURRENCY`; prints JSON."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.judging.asked import Reply, Request
from core.judging.client import LiteLLMClient, LlmClient
from core.judging.pace import RunSettings
from core.judging.protocols import PROTOCOLS
from core.store.database import SMALL_CACHE_MEGABYTES, Session, open_database
from core.store.imports import insert_rows
from core.store.judging import rater_of, read_judge
from core.workflow.judging_identity import spec_of
from core.workflow.judging_material import read_judged_study
from core.workflow.judging_runs import run_status, start_run
from core.workflow.judging_selection import Selection
from core.workflow.judging_worker import Worker
from core.workflow.judging_worklist import JudgeAtWork, read_work
from core.workflow.workspace import Visitor, Workspace
from tests.builders import build_study

TIMEOUT = 60.0
SYSTEMS = 10
ANSWER = {"q1": {"rationale": "It answers the question that was asked.", "verdict": "pass"}}


def build(workspace: Workspace, units: int, *, first: int = 0) -> int:
    """A study with so many outputs, ten an item, whose keys begin after `first`; its key."""
    names = [f"s{number}" for number in range(SYSTEMS)]
    built = build_study(workspace.database, name="Judged", items=(), systems=names)
    items = -(-units // SYSTEMS)
    with workspace.database.writing() as session:
        now: dict[str, int | datetime] = {"created_at": datetime(2026, 3, 2, tzinfo=UTC)}
        study = {"study_id": built.study}
        for start in range(0, items, 10_000):
            some = range(first + start + 1, first + min(items, start + 10_000) + 1)
            rows: list[tuple[Any, ...]] = [
                (n, f"q{n}", _said("user", f"Question {n}: how long is a river?")) for n in some
            ]
            _insert(
                "item",
                ("id", "external_id", "messages", "slices"),
                [(*row, "{}") for row in rows],
                session,
                now | study,
            )
            outputs = [(n * SYSTEMS + place, n, system, 0, _said("assistant", f"Answer {n} of {place}: it depends."))
                       for n in some for place, system in enumerate(built.systems.values())]  # fmt: skip
            _insert("output", ("id", "item_id", "system_id", "sample", "messages"), outputs, session, now)
            subjects = [(row[0], row[1], "output", row[0], f"q{row[1]}/{row[0]}") for row in outputs]
            _insert("subject", ("id", "item_id", "kind", "output_a_id", "key"), subjects, session, now | study)
    return built.study


def _said(role: str, words: str) -> str:
    return json.dumps([{"role": role, "content": words}])


def _insert(
    table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]], session: Session, same: dict[str, int | datetime]
) -> None:
    insert_rows(table, columns, rows, session=session, same=same)


class Instant:
    """A client that answers at once, and differently enough."""

    async def complete(self, request: Request, *, timeout: float) -> Reply:  # noqa: ARG002 - the client's face
        return Reply(json.dumps(ANSWER), tokens_in=300, tokens_out=20, cost=0.0001)

    async def close(self) -> None:
        """Nothing is open."""


def _client(settings: RunSettings) -> LlmClient:
    return LiteLLMClient(lambda _name: None, settings=settings)


def run(workspace: Workspace, judge: int, concurrency: int, client: Callable[[RunSettings], LlmClient]) -> float:
    """Drive a run over everything; seconds from its start to its last row."""
    settings = RunSettings(concurrency=concurrency, price_in=1.0, price_out=1.0)
    ready = client(settings)  # importing litellm is no part of it

    async def drive() -> float:
        over = asyncio.Event()
        working = asyncio.create_task(Worker(workspace, lambda _settings: ready).work(over.is_set))
        begun = time.perf_counter()
        face = start_run(workspace, Visitor("Bench"), judge, Selection(kind="output"), settings)
        while (await asyncio.to_thread(run_status, workspace, face.id)).is_active:
            await asyncio.sleep(0.1)
        seconds = time.perf_counter() - begun
        over.set()
        await working
        return seconds

    return asyncio.run(drive())


def bare(workspace: Workspace, judge: int, concurrency: int) -> float:
    """The same requests in a plain loop of litellm's, nothing read and nothing kept; seconds."""
    client = LiteLLMClient(lambda _name: None)  # imports litellm quietly
    import litellm

    requests = _requests(workspace, judge)

    async def ask(left: Iterator[Request]) -> None:
        for one in left:
            await litellm.acompletion(
                model=one.model, messages=[dict(message) for message in one.messages], api_base=one.api_base,
                api_key="no-key", timeout=TIMEOUT, num_retries=0, max_retries=0, **one.parameters,
            )  # fmt: skip

    async def drive() -> float:
        left = iter(requests)
        begun = time.perf_counter()
        await asyncio.gather(*(ask(left) for _ in range(concurrency)))
        seconds = time.perf_counter() - begun
        await client.close()
        return seconds

    return asyncio.run(drive())


def _requests(workspace: Workspace, judge_id: int) -> list[Request]:
    with workspace.database.reading() as session:
        row = read_judge(judge_id, session=session)
        judge = JudgeAtWork(judge_id, row.study_id, rater_of(judge_id, session=session), spec_of(row))
        judged = read_judged_study(row.study_id, judge.spec.rubric_id, session=session)
        subjects = np.arange(SYSTEMS, SYSTEMS + 100_000).tolist()
        work = read_work(judged, judge, PROTOCOLS[judge.spec.protocol], None, subjects, session=session)
    return [item.request for item in work if item.request is not None]


def main(part: str, url: str, judge: str, concurrency: str) -> None:
    """Measure one part and print it."""
    workspace = Workspace(open_database(url, cache_megabytes=SMALL_CACHE_MEGABYTES))  # as the worker does
    if part == "bare":
        seconds = bare(workspace, int(judge), int(concurrency))
    else:
        seconds = run(
            workspace, int(judge), int(concurrency), _client if part == "ours" else lambda _settings: Instant()
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
