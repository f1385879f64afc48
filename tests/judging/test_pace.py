import asyncio
import heapq
import math
from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.judging.pace import LONGEST_WAIT, Budget, Pacer, RunSettings, checked, retry_delay
from core.judging.provider_errors import ProviderError


class Time:
    """Time that passes only when everybody sleeps: then it jumps to the first who wants to wake."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, waking))
        await waking

    async def run(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(20):  # let everybody who can go on do so
                await asyncio.sleep(0)
            if not task.done() and self._sleepers:
                self.now, _, waking = heapq.heappop(self._sleepers)
                if not waking.done():
                    waking.set_result(None)
        await task


def starts(settings: RunSettings, tokens: list[int], lasting: float = 0.0) -> list[float]:
    """When calls of so many tokens begin, if all are wanted at once and each lasts so long."""
    time, begun = Time(), []
    pacer = Pacer(settings, clock=time.clock, sleep=time.sleep)

    async def call(size: int) -> None:
        async with pacer.slot(size):
            begun.append(time.now)
            await time.sleep(lasting)

    async def everybody() -> None:
        await asyncio.gather(*map(call, tokens))

    asyncio.run(time.run(everybody()))
    return begun


# Settings -----------------------------------------------------------------------------------------------------------


def test_settings_are_read_back_as_they_were_written() -> None:
    settings = RunSettings(concurrency=3, requests_per_minute=50, timeout=2.5, price_in=0.1)
    assert RunSettings.from_json(settings.to_json()) == settings


def test_the_settings_a_run_begins_with_are_allowed() -> None:
    assert checked(RunSettings()) == RunSettings()
    assert checked(RunSettings(price_in=0, price_out=0)).price_in == 0


@pytest.mark.parametrize("name", [field.name for field in fields(RunSettings)])
@pytest.mark.parametrize("value", [-1, math.nan, math.inf, 10**12])
def test_a_setting_out_of_its_range_is_refused(name: str, value: float) -> None:
    with pytest.raises(BadInput):
        checked(replace(RunSettings(), **{name: value}))


@pytest.mark.parametrize("name", ["concurrency", "requests_per_minute", "tokens_per_minute", "timeout", "tries"])
def test_none_at_all_is_no_pace(name: str) -> None:
    with pytest.raises(BadInput):
        checked(replace(RunSettings(), **{name: 0}))


# Pacer --------------------------------------------------------------------------------------------------------------


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    # 3 at once, 10 s each: at 0, 10 and 20 s
    assert starts(RunSettings(concurrency=3), [1] * 7, lasting=10) == [0, 0, 0, 10, 10, 10, 20]


def test_requests_begin_evenly_over_the_minute() -> None:
    # 120 a minute: one each half second
    assert starts(RunSettings(requests_per_minute=120), [1] * 5) == [0, 0.5, 1, 1.5, 2]


def test_tokens_take_up_their_share_of_the_minute() -> None:
    # 6,000 a minute are 100 a second: after 200 tokens the next one waits 2 s, after 50 half a second
    assert starts(RunSettings(tokens_per_minute=6_000), [200, 50, 100, 1]) == [0, 2, 2.5, 3.5]


def test_the_stricter_of_both_limits_decides() -> None:
    settings = RunSettings(requests_per_minute=60, tokens_per_minute=6_000)
    assert starts(settings, [10, 300, 1]) == [0, 1, 4]


@given(
    requests=st.integers(1, 500) | st.none(),
    tokens=st.integers(100, 5_000) | st.none(),
    sizes=st.lists(st.integers(0, 900), min_size=1, max_size=40),
    lasting=st.floats(0, 30),
    concurrency=st.integers(1, 10),
)
def test_no_minute_has_more_than_allowed(
    requests: int | None, tokens: int | None, sizes: list[int], lasting: float, concurrency: int
) -> None:
    settings = RunSettings(concurrency=concurrency, requests_per_minute=requests, tokens_per_minute=tokens)
    begun = starts(settings, sizes, lasting)
    assert len(begun) == len(sizes)
    assert begun == sorted(begun)
    for begin in begun:
        within = [size for at, size in zip(begun, sizes, strict=True) if begin <= at < begin + 60 - 1e-6]
        assert requests is None or len(within) <= requests
        assert tokens is None or sum(within) <= tokens + max(sizes)


def test_a_retry_after_holds_back_every_call_and_not_only_its_own() -> None:
    time, begun = Time(), []
    pacer = Pacer(RunSettings(concurrency=2), clock=time.clock, sleep=time.sleep)

    async def call(number: int) -> None:
        async with pacer.slot():
            begun.append((number, time.now))
            await time.sleep(1 if number == 0 else 5)
            if number == 0:
                raise ProviderError("rate limit", "429", retry_after=30)

    async def everybody() -> list[object]:
        return list(await asyncio.gather(*map(call, range(4)), return_exceptions=True))

    asyncio.run(time.run(everybody()))
    # Number 0 is told at 1 s to wait 30 s; number 1 is under way; 2 and 3 begin at 31 s.
    assert begun == [(0, 0.0), (1, 0.0), (2, 31.0), (3, 31.0)]


def test_a_hold_that_comes_while_a_call_waits_its_turn_is_kept_too() -> None:
    time, begun = Time(), []
    pacer = Pacer(RunSettings(requests_per_minute=6), clock=time.clock, sleep=time.sleep)

    async def call() -> None:
        async with pacer.slot():
            begun.append(time.now)

    async def held() -> None:
        await time.sleep(4)
        pacer.hold(20)
        assert pacer.held_for() == 20

    async def everybody() -> None:
        await asyncio.gather(call(), call(), held())

    asyncio.run(time.run(everybody()))
    assert begun == [0, 24]


def test_a_provider_that_wants_an_hour_is_asked_again_sooner() -> None:
    time = Time()
    pacer = Pacer(RunSettings(), clock=time.clock, sleep=time.sleep)
    pacer.hold(3_600)
    assert pacer.held_for() == LONGEST_WAIT
    pacer.hold(1)
    assert pacer.held_for() == LONGEST_WAIT


def test_a_place_is_given_back_whatever_happens_in_it() -> None:
    time = Time()
    pacer = Pacer(RunSettings(concurrency=1), clock=time.clock, sleep=time.sleep)

    async def fails() -> None:
        with pytest.raises(ValueError, match="odd"):
            async with pacer.slot():
                raise ValueError("odd")
        waiting = asyncio.create_task(time.sleep(99))
        waiting.cancel()
        async with pacer.slot():
            pass

    asyncio.run(time.run(fails()))


# Budget -------------------------------------------------------------------------------------------------------------


def test_without_a_limit_everything_is_admitted_and_counted() -> None:
    budget = Budget(None)
    assert all(budget.reserve(1_000.0) for _ in range(50))
    for _ in range(50):
        budget.settle(1_000.0, 1.0)
    assert (budget.spent, budget.in_flight) == (50.0, 0)


def test_the_last_money_is_spent_one_call_at_a_time() -> None:
    budget = Budget(1.0)
    # Alone a call counts 0.25; two would count four times 0.5 = 2 > 1.
    assert budget.reserve(0.25)
    assert not budget.reserve(0.25)
    budget.settle(0.25, 0.25)
    assert budget.reserve(0.25)
    budget.settle(0.25, 0.25)
    assert budget.reserve(0.5)
    budget.settle(0.5, 0.5)
    assert (budget.spent, budget.reserve(0.01)) == (1.0, False)


def test_a_run_that_goes_on_has_spent_what_it_had() -> None:
    assert not Budget(1.0, spent=0.9).reserve(0.2)
    assert Budget(1.0, spent=0.9).reserve(0.1)


def test_an_unknown_cost_counts_as_estimated_and_a_failed_call_nothing() -> None:
    budget = Budget(10.0)
    budget.reserve(0.5)
    budget.settle(0.5, None)
    budget.reserve(0.5)
    budget.settle(0.5, 0.0)
    assert budget.spent == 0.5


def test_what_costs_nothing_is_admitted_even_when_the_money_is_used_up() -> None:
    budget = Budget(1.0, spent=1.0)
    assert budget.reserve(0.0)
    assert budget.reserve(0.0)


def spend(limit: float, calls: list[tuple[float, float]], rng: Random, wide: int) -> Budget:
    """Drive calls (estimate, cost) through a budget, settling them in any order."""
    budget, flying = Budget(limit), list[tuple[float, float]]()
    waiting = list(reversed(calls))
    while waiting or flying:
        can_begin = bool(waiting) and len(flying) < wide
        if can_begin and rng.random() < 0.7 and budget.reserve(waiting[-1][0]):
            flying.append(waiting.pop())
        elif flying:
            budget.settle(*flying.pop(rng.randrange(len(flying))))
        elif not budget.reserve(waiting[-1][0]):
            break
        else:
            flying.append(waiting.pop())
    return budget


CALLS = st.lists(st.tuples(st.floats(0.001, 1), st.floats(0, 1)), max_size=60)


@given(st.floats(0, 10), CALLS, st.randoms(use_true_random=False), st.integers(1, 32))
def test_the_budget_is_passed_by_no_more_than_one_calls_excess(
    limit: float, drawn: list[tuple[float, float]], rng: Random, wide: int
) -> None:
    # Costs of up to four times their estimate, many at once, settled in any order.
    calls = [(estimate, 4 * share * estimate) for estimate, share in drawn]
    budget = spend(limit, calls, rng, wide)
    excess = max((cost - estimate for estimate, cost in calls if cost > estimate), default=0.0)
    assert budget.spent <= limit + excess + 1e-9


@given(st.floats(0, 10), CALLS, st.floats(1, 1_000), st.randoms(use_true_random=False))
def test_one_at_a_time_it_holds_however_wrong_the_estimates_are(
    limit: float, drawn: list[tuple[float, float]], times: float, rng: Random
) -> None:
    calls = [(estimate, times * share * estimate) for estimate, share in drawn]
    budget = spend(limit, calls, rng, wide=1)
    excess = max((cost - estimate for estimate, cost in calls if cost > estimate), default=0.0)
    assert budget.spent <= limit + excess + 1e-9


@given(st.floats(0.1, 10), CALLS, st.randoms(use_true_random=False), st.integers(1, 32))
def test_money_that_is_enough_is_not_refused(
    limit: float, drawn: list[tuple[float, float]], rng: Random, wide: int
) -> None:
    total = sum(estimate for estimate, _ in drawn)
    budget = spend(total + limit, [(estimate, estimate) for estimate, _ in drawn], rng, wide)
    assert budget.spent == pytest.approx(total)


def test_a_call_that_was_far_dearer_than_thought_makes_the_budget_more_careful() -> None:
    budget = Budget(100.0)
    budget.reserve(0.1)
    budget.settle(0.1, 2.0)  # twenty times
    assert budget.reserve(1.0)
    assert budget.reserve(1.0)
    # 2 spent + 20 x (1 + 1 + 3) = 102 > 100
    assert not budget.reserve(3.0)


def test_who_has_to_wait_for_money_is_admitted_when_a_cheaper_call_gives_some_back() -> None:
    async def waited() -> tuple[bool, bool]:
        budget = Budget(1.0)
        assert await budget.admit(0.2)
        second = asyncio.create_task(budget.admit(0.5))
        await asyncio.sleep(0)
        is_waiting = not second.done()
        budget.settle(0.2, 0.0)
        return is_waiting, await second

    assert asyncio.run(waited()) == (True, True)


def test_everybody_who_waits_is_told_when_the_money_is_used_up() -> None:
    async def waited() -> list[bool]:
        budget = Budget(1.0)
        assert await budget.admit(0.9)
        waiting = [asyncio.create_task(budget.admit(0.2)) for _ in range(5)]
        await asyncio.sleep(0)
        budget.settle(0.9, 0.9)
        return await asyncio.wait_for(asyncio.gather(*waiting), timeout=5)

    assert asyncio.run(waited()) == [False] * 5


# Patience -----------------------------------------------------------------------------------------------------------


class Highest(Random):
    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def test_waits_double_up_to_a_minute() -> None:
    error = ProviderError("server error", "500", is_transient=True)
    assert [retry_delay(error, attempt, Highest()) for attempt in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_waits_differ_by_chance_and_repeat_with_the_seed() -> None:
    error = ProviderError("server error", "500", is_transient=True)
    rng = Random(7)
    waits = [retry_delay(error, 3, rng) for _ in range(50)]
    assert len(set(waits)) > 40
    assert all(2 <= wait <= 4 for wait in waits)
    assert retry_delay(error, 3, Random(7)) == waits[0]


@given(st.floats(0, 10**6), st.integers(1, 10_000), st.integers())
def test_a_retry_after_is_waited_for_but_not_forever(seconds: float, attempt: int, seed: int) -> None:
    error = ProviderError("rate limit", "429", retry_after=seconds, is_transient=True)
    delay = retry_delay(error, attempt, Random(seed))
    assert min(seconds, LONGEST_WAIT) <= delay <= LONGEST_WAIT + 60


def test_real_time_works_like_the_one_of_the_tests() -> None:
    async def paced(clock: Callable[[], float]) -> float:
        pacer = Pacer(RunSettings(requests_per_minute=1_200))
        begin = clock()
        for _ in range(5):
            async with pacer.slot():
                pass
        return clock() - begin

    # 1,200 a minute are one in 50 ms: the fifth begins after 200 ms.
    async def timed() -> float:
        return await paced(asyncio.get_running_loop().time)

    assert asyncio.run(timed()) >= 0.19
