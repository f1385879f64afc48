"""How fast, how patient and at what price a run asks: nothing of it changes what is asked."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from core.errors import BadInput
from core.judging.provider_errors import ProviderError

LONGEST_WAIT = 300.0
"""Seconds: however long a provider asks to wait, after these it is asked again."""

_MINUTE = 60.0
_FIRST_WAIT, _LONGEST_BACKOFF = 1.0, 60.0
_CAUTION = 4.0
_RANGES: Mapping[str, tuple[float, float, str]] = {
    "concurrency": (1, 1_000, "calls at once"),
    "requests_per_minute": (1, 10_000_000, "requests per minute"),
    "tokens_per_minute": (1, 10_000_000_000, "tokens per minute"),
    "timeout": (0.1, 3_600, "time-out in seconds"),
    "tries": (1, 20, "tries"),
    "price_in": (0, 1_000_000, "price per million tokens read"),
    "price_out": (0, 1_000_000, "price per million tokens written"),
}
_WHOLE = ("concurrency", "requests_per_minute", "tokens_per_minute", "tries")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Settings of a run that are no part of the judge's identity.

    Attributes:
        concurrency: Calls in flight at most.
        requests_per_minute, tokens_per_minute: Limits of the provider; None: none.
        timeout: Seconds until a call is given up.
        tries: How often one call is sent before it is left as a failure (a run never tries it again by itself).
        price_in, price_out: US dollars per million tokens; None: from the price table.
    """

    concurrency: int = 8
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout: float = 60.0
    tries: int = 4
    price_in: float | None = None
    price_out: float | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back unchanged."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "RunSettings":
        """Read back what `to_json` wrote."""
        return cls(**data)


def checked(settings: RunSettings) -> RunSettings:
    """The settings, if every one is within its range.

    Raises:
        BadInput: The setting, what was found, and its range.
    """
    for name, (low, high, about) in _RANGES.items():
        value = getattr(settings, name)
        if value is not None and not (math.isfinite(value) and low <= value <= high):
            raise BadInput(where=about, found=f"{value:g}", expected=f"a number from {low:g} to {high:,g}")
        if name in _WHOLE and value is not None and not isinstance(value, int):
            raise BadInput(where=about, found=f"{value:g}", expected="a whole number")
    return settings


class Pacer:
    """Lets calls begin as fast as a run's settings and the provider allow, in the order they came.

    Starts are spread evenly: after a call the next one waits for its share of the minute. So in any minute no more
    calls begin than are allowed, and no more tokens than allowed and one call's.

    Args:
        settings: Concurrency and the limits per minute.
        clock: Seconds; never goes back.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        settings: RunSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings, self._clock, self._sleep = settings, clock, sleep
        self._places = asyncio.Semaphore(settings.concurrency)
        self._next = self._resume = -math.inf

    @asynccontextmanager
    async def slot(self, estimated_tokens: int = 0) -> AsyncIterator[None]:
        """A place for one call: waits until it may begin, and is given back when the block ends.

        A `ProviderError` that leaves the block with a Retry-After holds back every other call for as long.

        Args:
            estimated_tokens: In and out, for the limit per minute.
        """
        async with self._places:
            await self._turn(estimated_tokens)
            try:
                yield
            except ProviderError as error:
                if error.retry_after is not None:
                    self.hold(error.retry_after)
                raise

    def hold(self, seconds: float) -> None:
        """Let no call begin for so many seconds (at most `LONGEST_WAIT`)."""
        self._resume = max(self._resume, self._clock() + min(seconds, LONGEST_WAIT))

    def held_for(self) -> float:
        """Seconds until a call may begin again; 0 where none is held back."""
        return max(self._resume - self._clock(), 0.0)

    async def _turn(self, tokens: int) -> None:
        begin = max(self._clock(), self._next, self._resume)
        self._next = begin + self._share(tokens)
        while (wait := max(begin, self._resume) - self._clock()) > 0:
            await self._sleep(wait)

    def _share(self, tokens: int) -> float:
        """Seconds of the minute that a call takes up."""
        requests, per_minute = self._settings.requests_per_minute, self._settings.tokens_per_minute
        by_requests = _MINUTE / requests if requests else 0.0
        return max(by_requests, _MINUTE * tokens / per_minute if per_minute else 0.0)


class Budget:
    """The money of a run: calls in flight count before they are paid, so that the limit holds when they are.

    Estimates are rules of thumb. While other calls are in flight, each counts at several times its estimate (four, or
    more if a call has cost more): a first wave of calls that are all dearer than thought cannot run past the limit. The
    last money is spent one call at a time, each counted at its estimate. So what is spent passes the limit by no more
    than one call's excess over its estimate, unless calls that are in flight together cost more than that many times
    their estimates.

    Args:
        limit: US dollars; None: no limit.
        spent: What earlier parts of the run have cost.
    """

    def __init__(self, limit: float | None, *, spent: float = 0.0) -> None:
        self.limit, self.spent = limit, spent
        self.in_flight = 0
        self._reserved, self._worst = 0.0, _CAUTION
        self._settled = asyncio.Event()

    def reserve(self, estimate: float) -> bool:
        """Take the money for a call, if there is enough; it is settled later.

        False while calls are in flight means "not now"; without any it means that the money is used up.

        Args:
            estimate: US dollars.
        """
        if not self._has_room(estimate):
            return False
        self.in_flight += 1
        self._reserved += estimate
        return True

    async def admit(self, estimate: float) -> bool:
        """The same, but wait for calls in flight to be settled; False only if the money is used up."""
        while not self.reserve(estimate):
            if not self.in_flight:
                return False
            self._settled.clear()
            await self._settled.wait()
        return True

    def settle(self, estimate: float, cost: float | None) -> None:
        """What a call whose money was reserved has cost.

        Args:
            estimate: As it was reserved.
            cost: US dollars; None: not known, the estimate is taken. 0 for a call that brought no reply.
        """
        self.in_flight -= 1
        self._reserved = self._reserved - estimate if self.in_flight else 0.0
        self.spent += estimate if cost is None else cost
        if cost is not None and estimate > 0:
            self._worst = max(self._worst, cost / estimate)
        self._settled.set()

    def _has_room(self, estimate: float) -> bool:
        if self.limit is None:
            return True
        if not self.in_flight:
            return self.spent + estimate <= self.limit
        return self.spent + self._worst * (self._reserved + estimate) <= self.limit


def retry_delay(error: ProviderError, attempt: int, rng: Random) -> float:
    """Seconds until a failed call is sent again.

    Half to all of 1, 2, 4, ... seconds (at most a minute), by chance, so that calls that failed together do not come
    back together; at least as long as the provider asked for, up to `LONGEST_WAIT`.

    Args:
        error: What the last attempt brought.
        attempt: How many have failed, from 1.
        rng: Where the chance comes from.
    """
    backoff = min(_FIRST_WAIT * 2.0 ** min(attempt - 1, 16), _LONGEST_BACKOFF)
    delay = backoff * rng.uniform(0.5, 1.0)
    if error.retry_after is None:
        return delay
    return min(error.retry_after, LONGEST_WAIT) + delay
