"""Asking a model for one run: in pace, within the budget, patient with what passes, stopping at what does not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Literal

from core.judging.asked import Reply, Request
from core.judging.client import LlmClient
from core.judging.pace import Budget, Pacer, RunSettings, retry_delay
from core.judging.prices import Price, estimated_tokens
from core.judging.provider_errors import ProviderError
from core.store.call_writing import AttemptRow
from core.workflow.judging_counters import Counters
from core.workflow.judging_outcomes import Asked, closed, failed_attempt
from core.workflow.judging_watching import OUT_OF_BUDGET

MOST_FAILURES = 25
"""Calls that may fail in a row without one that succeeds, before a run stops."""
_TOKENS_OUT = 1_024
"""Tokens that a reply is thought to take at most where no limit is set."""


def _dollars(amount: float) -> str:
    """US dollars; of less than one, the digits that tell something."""
    return f"${amount:,.2f}" if amount >= 1 or not amount else f"${amount:.3g}"


Sleep = Callable[[float], Awaitable[None]]
"""Waits that many seconds."""

HaltKind = Literal["state", "lost", "shutdown", "stopped"]


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a run is not driven on.

    Attributes:
        kind: state: a person paused or cancelled it. lost: somebody else drives it. shutdown: this worker ends.
            stopped: it cannot go on, or may not (`reason` says why).
        is_failure: Whether it stopped since calls failed for a reason that is not their own.
    """

    kind: HaltKind
    reason: str = ""
    is_failure: bool = False


@dataclass(slots=True)
class Brake:
    """Tells everybody who asks that it is over; the first reason stands, but a lost lease overrules."""

    halt: Halt | None = None
    pulled: asyncio.Event = field(default_factory=asyncio.Event)

    def pull(self, halt: Halt) -> None:
        """Stop asking."""
        if self.halt is None or halt.kind == "lost":
            self.halt = halt
        self.pulled.set()


@dataclass(frozen=True, slots=True)
class Purse:
    """What a run may spend, and what a call is thought to cost.

    Attributes:
        price: Of the model; None: unknown.
        max_tokens: Of a reply; None: no limit is sent.
    """

    budget: Budget
    price: Price | None
    max_tokens: int | None

    @property
    def tokens_out(self) -> int:
        """Tokens of a reply, roughly: a quarter of what it may have."""
        return (self.max_tokens or _TOKENS_OUT) // 4

    def estimate(self, tokens_in: int) -> float:
        """US dollars of a call."""
        return self.price.cost(tokens_in, self.tokens_out) if self.price is not None else 0.0


class Asker:
    """Sends the requests of one run.

    Args:
        clock: When attempts are made.
        client: Who is asked; None for judges that ask no model.
        settings: Pace and patience.
        purse: The money of the run.
        counters: Of the run; requests and those in flight are counted as they go.
        brake: Pulled when the run has to stop.
        rng: For the spread of retries.
        sleep: Waits that many seconds before a call is sent again.
    """

    def __init__(
        self, clock: Callable[[], datetime], client: LlmClient | None, settings: RunSettings, purse: Purse, *,
        counters: Counters, brake: Brake, rng: Random, sleep: Sleep = asyncio.sleep,
    ) -> None:  # fmt: skip
        self._clock, self._client, self._settings = clock, client, settings
        self._pacer, self._purse = Pacer(settings), purse
        self._counters, self._brake, self._rng, self._sleep = counters, brake, rng, sleep
        self.sending: set[asyncio.Task[Any]] = set()
        """Tasks whose request is out: its answer is paid for and worth waiting for."""

    async def ask(self, request: Request) -> Asked | None:
        """Send a request until it is answered or given up; None where the run stops first.

        A failure that stops the run is not the call's own: the call stays open.
        """
        failed: list[AttemptRow] = []
        while True:
            tried = await self._try(request)
            if tried is None:
                return None
            if isinstance(tried, Reply):
                return Asked(reply=tried, earlier=tuple(failed), sent=len(failed) + 1)
            failed.append(failed_attempt(tried.cause, tried.message, at=self._clock()))
            is_last = not tried.is_transient or len(failed) >= self._settings.tries
            if is_last and tried.stops_run:
                self._brake.pull(Halt("stopped", f"{tried.cause}: {tried.message}", is_failure=True))
            if self._brake.halt is not None:
                return None
            if is_last:
                return closed(failed)
            await self._sleep(retry_delay(tried, len(failed), self._rng))

    async def _try(self, request: Request) -> Reply | ProviderError | None:
        """One attempt; None where the run stops before it."""
        tokens_in = estimated_tokens(request.characters)
        estimate, budget = self._purse.estimate(tokens_in), self._purse.budget
        if not await budget.admit(estimate):
            spent, limit = budget.spent, budget.limit or 0.0
            self._brake.pull(Halt("stopped", f"{OUT_OF_BUDGET} of {_dollars(limit)}; {_dollars(spent)} is spent."))
            return None
        cost: float | None = 0.0
        try:
            async with self._pacer.slot(tokens_in + self._purse.tokens_out):
                if self._brake.halt is not None:
                    return None
                reply = await self._send(request)
                cost = reply.cost
                return reply
        except ProviderError as error:
            return error
        finally:
            budget.settle(estimate, cost)

    async def _send(self, request: Request) -> Reply:
        task = asyncio.current_task()
        if task is None or self._client is None:
            raise TypeError("requests are sent from tasks, by judges that ask a model")
        self.sending.add(task)
        self._counters.in_flight += 1
        self._counters.sent += 1
        try:
            return await self._client.complete(request, timeout=self._settings.timeout)
        finally:
            self._counters.in_flight -= 1
            self.sending.discard(task)
