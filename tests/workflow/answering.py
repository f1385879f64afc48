"""A client for tests of runs: it answers in memory, by a rule, and remembers what it was asked."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta

from core.judging.asked import Reply, Request
from core.judging.pace import RunSettings
from core.judging.prices import estimated_tokens
from core.workflow.judging_runs import run_status
from core.workflow.judging_worker import work
from core.workflow.workspace import Workspace

Rule = Callable[[Request], Reply | Exception]


def saying(verdict: str, *, tokens_out: int = 10, cost: float | None = None) -> Callable[[Request], Reply]:
    """Always the same verdict, in the form that is asked for."""
    text = json.dumps({"rationale": "because", "verdict": verdict})

    def rule(request: Request) -> Reply:
        return Reply(
            text, tokens_in=estimated_tokens(request.characters), tokens_out=tokens_out, cost=cost, latency=0.01
        )

    return rule


class Answering:
    """An LLM client whose answers a rule makes; `asked` lists the requests."""

    def __init__(self, rule: Rule) -> None:
        self.rule, self.asked, self.closed = rule, list[Request](), False

    async def complete(self, request: Request, *, timeout: float) -> Reply:  # noqa: ARG002 - the face of a client
        self.asked.append(request)
        await asyncio.sleep(0)
        answer = self.rule(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed = True


def drive(workspace: Workspace, client: Answering, *run_ids: int, seconds: float = 20) -> None:
    """Be the worker until these runs have ended or stand still."""

    def over() -> bool:
        return all(run_status(workspace, run).state not in ("queued", "running") for run in run_ids)

    def factory(_settings: RunSettings) -> Answering:
        return client

    async def working() -> None:
        await asyncio.wait_for(work(workspace, factory, is_over=over), timeout=timedelta(seconds=seconds).seconds)

    asyncio.run(working())
