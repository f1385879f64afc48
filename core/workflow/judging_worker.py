"""The worker: a process that takes up runs, drives several at a time, and tells that it lives."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from core.errors import TouchstoneError
from core.judging.client import LlmClient
from core.judging.pace import RunSettings
from core.judging.protocols import PROTOCOLS
from core.judging.protocols.face import JudgeProtocol
from core.store import runs
from core.workflow import serving
from core.workflow.judging_asking import Halt, Sleep
from core.workflow.judging_driving import LEASE, Driver
from core.workflow.processes import is_gone, this_process
from core.workflow.workspace import Workspace

_LOG = logging.getLogger("touchstone.judging")

AT_ONCE = 4
"""Runs that one worker drives at a time."""
_LOOK_EVERY = 0.3
_LOOKS = 3
_BEAT_EVERY = 2.0
_HOUSE_EVERY = 60.0
_FORGOTTEN_AFTER = timedelta(hours=1)

ClientFactory = Callable[[RunSettings], LlmClient]
"""Makes the client of a run; it may take seconds (it imports litellm), so it is called in a thread."""


class Worker:
    """Takes up runs and drives them.

    Args:
        workspace: Database and clock.
        client_factory: Makes clients.
        variables: Names of the key variables that are set here.
        protocols: Key -> protocol.
        lease: How long a claim holds without renewal.
        range_size: Subjects that are read at once.
        sleep: Waits that many seconds before a call is sent again.
    """

    def __init__(
        self, workspace: Workspace, client_factory: ClientFactory, *, variables: Sequence[str] = (),
        protocols: Mapping[str, JudgeProtocol] = PROTOCOLS, lease: timedelta = LEASE, range_size: int = 1_000,
        sleep: Sleep = asyncio.sleep,
    ) -> None:  # fmt: skip
        self.workspace, self._factory, self._variables = workspace, client_factory, variables
        self._protocols, self._lease, self._range_size, self._sleep = protocols, lease, range_size, sleep
        self.id = f"{this_process()}:{workspace.fresh_id()[-8:]}"[:64]
        self._started_at = workspace.clock()
        self._claimed: dict[int, str] = {}
        self._driven: dict[int, asyncio.Task[Halt | None]] = {}
        self._clients: dict[RunSettings, LlmClient] = {}
        self._making = asyncio.Lock()
        self._stop = asyncio.Event()

    async def work(self, is_over: Callable[[], bool]) -> None:
        """Work until `is_over` says so; then finish writing what was answered, and give the runs back."""
        beating = asyncio.create_task(self._beat())
        try:
            while not is_over():
                try:
                    await asyncio.to_thread(self._claim)
                except TouchstoneError as error:
                    _LOG.warning("worker: %s", error)
                    await asyncio.sleep(_BEAT_EVERY / 2)
                self._start_claimed()
                for _ in range(_LOOKS):
                    if not is_over():
                        await asyncio.sleep(_LOOK_EVERY / _LOOKS)
        finally:
            self._stop.set()
            await asyncio.gather(*self._driven.values(), return_exceptions=True)
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            for client in self._clients.values():
                await client.close()
            await self._leave_quietly()

    async def _leave_quietly(self) -> None:
        try:
            await asyncio.to_thread(self._leave)
        except TouchstoneError as error:
            _LOG.warning("worker: %s", error)

    def _claim(self) -> None:
        """Take the runs that want to be driven and that nobody drives, as far as there is room."""
        with self.workspace.database.reading() as session:
            waiting = [run for run in runs.waiting_runs(session=session) if run.id not in self._driven]
        for run in waiting:
            now = self.workspace.clock()
            dead = [run.owner] if run.owner and is_gone(run.owner) else []
            is_free = run.owner in ("", self.id, *dead) or run.lease_until is None or run.lease_until < now
            if not is_free or not self._has_room(run.purpose):
                continue
            with self.workspace.database.writing() as session:
                claimed = runs.claim_run(run.id, self.id, now=now, lease=self._lease, dead=dead, session=session)
            if claimed:
                self._claimed[run.id] = run.purpose

    def _has_room(self, purpose: str) -> bool:
        """Long runs never keep a trial waiting."""
        alike = [one for one in self._claimed.values() if (one == "run") == (purpose == "run")]
        return len(alike) < AT_ONCE

    def _start_claimed(self) -> None:
        for run_id, task in list(self._driven.items()):
            if task.done():
                del self._driven[run_id]
                self._claimed.pop(run_id, None)
                if (error := task.exception()) is not None:
                    _LOG.warning("run %d: %s", run_id, error)
        for run_id in self._claimed.keys() - self._driven.keys():
            driver = Driver(
                self.workspace, run_id, owner=self.id, client_for=self._client_for, protocols=self._protocols,
                lease=self._lease, range_size=self._range_size, sleep=self._sleep,
            )  # fmt: skip
            self._driven[run_id] = asyncio.create_task(driver.run(self._stop))

    async def _client_for(self, settings: RunSettings) -> LlmClient:
        """The client for these settings; the first one may take seconds to make."""
        async with self._making:
            if settings not in self._clients:
                self._clients[settings] = await asyncio.to_thread(self._factory, settings)
        return self._clients[settings]

    async def _beat(self) -> None:
        """Tell that it lives; keep the house now and then."""
        house, is_known = time.monotonic() + _HOUSE_EVERY, False
        while True:
            try:
                if not is_known:
                    await asyncio.to_thread(self._forget_dead)
                await asyncio.to_thread(self._tell)
                is_known = True
                if time.monotonic() >= house:
                    house = time.monotonic() + _HOUSE_EVERY
                    await asyncio.to_thread(serving.keep_house, self.workspace)
            except TouchstoneError as error:
                _LOG.warning("worker: %s", error)
            await asyncio.sleep(_BEAT_EVERY)

    def _tell(self) -> None:
        now = self.workspace.clock()
        with self.workspace.database.writing() as session:
            runs.beat(self.id, now=now, started_at=self._started_at, variables=self._variables, session=session)

    def _forget_dead(self) -> None:
        """Remove the notes that workers left which ended without a word."""
        now = self.workspace.clock()
        with self.workspace.database.writing() as session:
            silent = set(runs.silent_workers(now - _FORGOTTEN_AFTER, session=session))
            gone = {one for one in runs.worker_ids(session=session) if is_gone(one)}
            runs.forget_workers(sorted(silent | gone), session=session)

    def _leave(self) -> None:
        with self.workspace.database.writing() as session:
            runs.forget_workers([self.id], session=session)


async def work(
    workspace: Workspace,
    client_factory: ClientFactory,
    *,
    is_over: Callable[[], bool],
    variables: Sequence[str] = (),
) -> None:
    """Run one worker until `is_over` says so: it drives runs and keeps the database file in order.

    Args:
        workspace: Database and clock.
        client_factory: Makes the client of a run; first called when a run that asks a model is taken up.
        is_over: Asked ten times a second.
        variables: Names of the key variables that are set here, for people to see.
    """
    await Worker(workspace, client_factory, variables=variables).work(is_over)
