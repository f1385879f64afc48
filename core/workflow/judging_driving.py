"""Driving a run: from the work list to rows in the database, whatever happens on the way.

Nobody is asked twice for what is on disk. What was answered is kept in memory until it is on disk, at most a quarter of
a second unless the database is in trouble. A kill loses what is in flight and that quarter second, nothing else: the
run goes on after the last position whose work is settled, and the work list knows every call that is on disk.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from random import Random

from core.errors import BadInput, TouchstoneError, WrongDatabase
from core.judging.client import LlmClient
from core.judging.pace import Budget, RunSettings
from core.judging.prices import price_of
from core.judging.protocols import PROTOCOLS
from core.judging.protocols.face import JudgeProtocol
from core.store import runs
from core.store.calls import run_totals
from core.workflow.judging_asking import Asker, Brake, Halt, Purse, Sleep
from core.workflow.judging_counters import Counters
from core.workflow.judging_items import ItemWork, Work
from core.workflow.judging_outcomes import Asked
from core.workflow.judging_ranges import Feed, Job, Prepared, read_job
from core.workflow.judging_recording import Answered, Place, Recorder
from core.workflow.workspace import Workspace

ClientFor = Callable[[RunSettings], Awaitable[LlmClient]]
"""Makes the client of a run; only called for judges that ask a model."""

_LOG = logging.getLogger("touchstone.judging")
LEASE = timedelta(seconds=30)
_OUR_ERROR = "An error in the program"
_FLUSH_EVERY = 0.25
_RENEW_EVERY = 1.0
_GRACE = 1.5
"""Seconds that a worker which ends waits for calls in flight."""


class Driver:
    """Drives one run that its owner has claimed.

    Args:
        workspace: Database and clock.
        run_id: Which run.
        owner: Who claimed it.
        client_for: Makes the client.
        protocols: Key -> protocol.
        lease: How long a claim holds without renewal.
        range_size: Subjects that are read at once.
        sleep: Waits that many seconds before a call is sent again.
    """

    def __init__(
        self, workspace: Workspace, run_id: int, *, owner: str, client_for: ClientFor,
        protocols: Mapping[str, JudgeProtocol] = PROTOCOLS, lease: timedelta = LEASE, range_size: int = 1_000,
        sleep: Sleep = asyncio.sleep,
    ) -> None:  # fmt: skip
        self.workspace, self.run_id, self.owner = workspace, run_id, owner
        self._client_for, self._protocols, self._lease = client_for, protocols, lease
        self._range_size, self._sleep, self._brake = range_size, sleep, Brake()

    async def run(self, stop: asyncio.Event) -> Halt | None:
        """Drive until everything is settled, a person or a failure stops it, or `stop` is set.

        Returns:
            Why it is not driven on; None where it is done.

        Raises:
            WrongDatabase: The database does not answer; the lease runs out by itself.
        """
        try:
            job = await asyncio.to_thread(read_job, self.workspace, self.run_id, self._protocols)
            client = await self._client(job)
            drive = await asyncio.to_thread(self._prepared, job, client)
            return await drive.to_the_end(stop)
        except WrongDatabase:
            raise
        except TouchstoneError as error:
            return await self._refuse(str(error))
        except Exception as error:
            _LOG.exception("run %d could not be driven", self.run_id)
            return await self._refuse(f"{_OUR_ERROR}: {type(error).__name__}: {error}")

    async def _client(self, job: Job) -> LlmClient | None:
        if not job.protocol.asks_model:
            return None
        price = price_of(job.judge.spec.model, job.settings)
        if job.run.budget is not None and price is None:
            model = job.judge.spec.model
            raise BadInput(where="budget", found=f"no price of {model}", expected="a price, given with the run")
        return await self._client_for(job.settings)

    async def _refuse(self, reason: str) -> Halt:
        def end() -> None:
            now = self.workspace.clock()
            with self.workspace.database.writing() as session:
                runs.end_run(self.run_id, self.owner, now=now, state="stopped", reason=reason, session=session)

        await asyncio.to_thread(end)
        return Halt("stopped", reason)

    def _prepared(self, job: Job, client: LlmClient | None) -> "_Drive":
        run = job.run
        with self.workspace.database.reading() as session:
            totals = run_totals(run.id, run.position, session=session)
        counters = Counters(planned=job.planned)
        counters.add_totals(totals)
        if job.calls_each:
            counters.already = max(0, job.n_before * job.calls_each - totals.up_to)
        judge = job.judge
        place = Place(
            run.study_id, judge.id, judge.rater_id, run.id, judge.spec.rubric_id, self.owner, self._lease
        )  # fmt: skip
        recorder = Recorder(self.workspace, place, counters, run.position)
        price = price_of(judge.spec.model, job.settings) if job.protocol.asks_model else None
        purse = Purse(Budget(run.budget, spent=counters.spent), price, judge.spec.max_tokens)
        asker = Asker(
            self.workspace.clock, client, job.settings, purse, counters=counters, brake=self._brake,
            rng=Random(), sleep=self._sleep,  # noqa: S311 - spreads retries
        )  # fmt: skip
        return _Drive(self.workspace, job, recorder, asker, self._brake, self._range_size)


class _Drive:
    """One run while it is driven: askers on one feed, a beat that writes, and an orderly end."""

    def __init__(
        self, workspace: Workspace, job: Job, recorder: Recorder, asker: Asker, brake: Brake, range_size: int
    ) -> None:
        self._job, self._recorder, self._asker, self._brake = job, recorder, asker, brake
        self._answered: Answered[Asked] = Answered()
        self._feed = Feed(workspace, job, size=range_size, begin=self._begin)
        self._items = ItemWork(workspace, job, asker, recorder, answered=self._answered, brake=brake)
        self._last_write = time.monotonic()
        self._is_over = False

    async def to_the_end(self, stop: asyncio.Event) -> Halt | None:
        beat = asyncio.create_task(self._beat())
        stopping = asyncio.create_task(self._heed_stop(stop))
        try:
            problem = await self._work(stop, beat)
        finally:
            self._is_over = True
            self._recorder.wake.set()  # the beat is not cancelled: a thread may be writing
            stopping.cancel()
            await asyncio.gather(beat, stopping, return_exceptions=True)
            await self._feed.close()
        if isinstance(problem, WrongDatabase):
            _LOG.warning("run %d rests: %s", self._job.run.id, problem)
            self._brake.pull(Halt("shutdown"))
        elif problem is not None:
            _LOG.error("run %d stopped", self._job.run.id, exc_info=problem)
            self._brake.pull(Halt("stopped", f"{_OUR_ERROR}: {type(problem).__name__}: {problem}"))
        await self._end(stop)
        return self._brake.halt

    def _begin(self, prepared: Prepared) -> None:
        """A range is at hand: note it, and what it brings without asking."""
        self._recorder.add_range(prepared.range)
        self._recorder.counters.already += prepared.already
        for entry in prepared.ready:
            self._recorder.add(entry)
        self._answered.forget(self._feed.at_hand)

    async def _work(self, stop: asyncio.Event, beat: asyncio.Task[None]) -> BaseException | None:
        """Let askers work until the feed ends or the brake is pulled; an error of the program, where one came up."""
        n = self._job.settings.concurrency if self._job.protocol.asks_model else 1
        askers = {asyncio.create_task(self._ask_on()) for _ in range(n)}
        pulled = asyncio.create_task(self._brake.pulled.wait())
        left, problem = set(askers), None
        while left and self._brake.halt is None and problem is None:
            done, _ = await asyncio.wait({*left, pulled, beat}, return_when=asyncio.FIRST_COMPLETED)
            left -= done
            problem = next((found for one in done if one is not pulled and (found := one.exception())), None)
        pulled.cancel()
        for task in left:
            if task not in self._asker.sending:
                task.cancel()
        await self._wait_for(left, stop)
        await asyncio.gather(*askers, pulled, return_exceptions=True)
        return problem

    async def _wait_for(self, askers: set[asyncio.Task[None]], stop: asyncio.Event) -> None:
        """Wait for the answers of calls in flight, for they are paid; not for long where the worker ends."""
        until: float | None = None
        while left := {task for task in askers if not task.done()}:
            if stop.is_set() and until is None:
                until = time.monotonic() + _GRACE
            if until is not None and time.monotonic() >= until:
                for task in left:
                    task.cancel()
                return
            await asyncio.wait(left, timeout=0.1)

    async def _ask_on(self) -> None:
        while self._brake.halt is None:
            taken = await self._feed.take(self._recorder.works)
            if taken is None:
                return
            await self._items.do(Work(*taken))

    async def _heed_stop(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._brake.pull(Halt("shutdown"))

    async def _beat(self) -> None:
        """Every quarter second: write what waits, keep the lease, see whether a person wants it to stop."""
        while not await self._is_over_within(max(_FLUSH_EVERY, self._recorder.pause)):
            is_due = time.monotonic() - self._last_write >= _RENEW_EVERY
            if self._recorder.waiting or is_due:
                await self._flush()
                continue
            try:
                state, is_mine = await self._recorder.read_state()
                self._heed(state, is_mine=is_mine)
            except WrongDatabase as error:
                _LOG.warning("run %d: %s", self._job.run.id, error)

    async def _is_over_within(self, seconds: float) -> bool:
        if not self._is_over:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._recorder.wake.wait(), seconds)
        self._recorder.wake.clear()
        return self._is_over

    async def _flush(self) -> bool:
        """Write; whether the database took it."""
        written = await self._recorder.flush()
        if written is None:
            waiting = len(self._recorder.waiting)
            _LOG.warning("run %d: %d answers wait: %s", self._job.run.id, waiting, self._recorder.trouble)
            return False
        self._last_write = time.monotonic()
        self._answered.wrote(written.keys, self._feed.reading)
        await self._items.settle_doubled(written.doubled)
        self._heed(written.state, is_mine=written.is_mine)
        return True

    def _heed(self, state: str, *, is_mine: bool) -> None:
        if not is_mine:
            self._brake.pull(Halt("lost"))
        elif state not in runs.WAITING:
            self._brake.pull(Halt("state", state))

    async def _flush_or_drop(self) -> bool:
        """Write; what the database refuses for itself is found one by one, so that it takes nothing else with it."""
        try:
            return await self._flush()
        except Exception:
            if self._recorder.at_once == 1:
                _LOG.exception("run %d: an answer could not be kept", self._job.run.id)
                self._recorder.waiting.pop(0)
            self._recorder.at_once = 1
            self._brake.pull(Halt("stopped", "An answer could not be kept; the worker's log says why."))
            return True

    async def _end(self, stop: asyncio.Event) -> None:
        """Write the last answers and give the run back."""
        halt = self._brake.halt
        if halt is None or not halt.is_failure:
            self._items.release()
        given_up = time.monotonic() + _GRACE
        while self._recorder.waiting:
            if await self._flush_or_drop():
                continue
            if stop.is_set() and time.monotonic() >= given_up:
                _LOG.error("run %d: %d answers could not be written", self._job.run.id, len(self._recorder.waiting))
                return
            await asyncio.sleep(min(self._recorder.pause, _GRACE / 3 if stop.is_set() else self._recorder.pause))
        halt = self._brake.halt
        if halt is None:
            await self._recorder.end("done", "")
        elif halt.kind == "stopped":
            await self._recorder.end("stopped", halt.reason)
        elif halt.kind != "lost":
            await self._recorder.end(None, "")
