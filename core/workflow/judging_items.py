"""The work of a run, one item at a time: own answers first, equal requests once, failures held back while all fail."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.judging.asked import Reading
from core.store.calls import CallKey
from core.workflow.judging_asking import MOST_FAILURES, Asker, Brake, Halt
from core.workflow.judging_outcomes import (
    Asked,
    answer_call,
    given_ratings,
    read_answer,
    read_reply,
    skipped_call,
    verdict_call,
)
from core.workflow.judging_ranges import Job, look_again
from core.workflow.judging_recording import Answered, Entry, Range, Recorder
from core.workflow.judging_worklist import NO_OWN_ANSWER, OwnAnswer, WorkItem, skip_hash
from core.workflow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Work:
    """An item, and the range whose position waits for it."""

    item: WorkItem
    range: Range


class ItemWork:
    """Does the items of one run.

    Args:
        workspace: Database and clock.
        job: The run.
        asker: Who asks.
        recorder: Who writes.
        answered: Replies that ranges at hand do not know of.
        brake: Pulled where everything fails.
    """

    def __init__(
        self, workspace: Workspace, job: Job, asker: Asker, recorder: Recorder, *, answered: Answered[Asked],
        brake: Brake,
    ) -> None:  # fmt: skip
        self._workspace, self._job, self._asker = workspace, job, asker
        self._recorder, self._answered, self._brake = recorder, answered, brake
        self._followers: dict[CallKey, list[Work]] = {}
        self._own: dict[CallKey, asyncio.Future[Asked | None]] = {}
        self._held: list[Callable[[], None]] = []
        self._failed: dict[CallKey, Asked] = {}
        """Failures that are held back, so that the very same request is not sent again meanwhile."""
        self._failures = 0

    async def do(self, work: Work) -> None:
        """Ask what an item asks and keep what comes; where the run stops first, it stays open."""
        if work.item.request is None:
            known = await self._after_own_answer(work)
            if known is None:
                return
            work = known
        if self._is_known(work) or work.item.request is None:
            return
        self._followers[work.item.key] = []
        try:
            asked = await self._asker.ask(work.item.request)
        finally:
            followers = self._followers.pop(work.item.key)
        if asked is not None:
            self._keep(asked, lambda: self._record(work, asked, followers))
            if asked.reply is None and self._held:
                self._failed[work.item.key] = asked

    def _is_known(self, work: Work) -> bool:
        """Whether the very same request is under way, or was answered since the item was read; it follows that one."""
        key = work.item.key
        if key in self._followers:
            self._followers[key].append(work)
            return True
        failed, asked = self._failed.get(key), self._answered.kept.get(key)
        if failed is not None:
            self._held.append(lambda: self._follow(work, failed))
        elif asked is not None:
            self._follow(work, asked)
        return failed is not None or asked is not None

    def _keep(self, asked: Asked, record: Callable[[], None]) -> None:
        """Record an outcome; failures only once something succeeds, for they may not be the calls' own."""
        if asked.reply is not None:
            self._failures = 0
            self.release()
            record()
            return
        self._failures += 1
        self._held.append(record)
        if self._failures >= MOST_FAILURES:
            last = asked.failure.error if asked.failure is not None else ""
            reason = f"{self._failures} calls in a row failed. The last one: {last}"
            self._brake.pull(Halt("stopped", reason, is_failure=True))

    def release(self) -> None:
        """Record the failures that were held back."""
        held, self._held = self._held, []
        self._failed.clear()
        for record in held:
            record()

    def _record(self, work: Work, asked: Asked, followers: Sequence[Work]) -> None:
        reading = self._reading(work.item, asked)
        call = verdict_call(work.item, asked, reading, at=self._workspace.clock())
        self._recorder.add(Entry(work.range, call=call, item=work.item))
        self._answered.kept[work.item.key] = asked
        for follower in followers:
            self._follow(follower, asked)

    def _reading(self, item: WorkItem, asked: Asked) -> Reading | None:
        return None if asked.reply is None else read_reply(self._job.protocol, self._job.judge.spec, item, asked.reply)

    def _follow(self, work: Work, asked: Asked) -> None:
        reading = self._reading(work.item, asked) or Reading("provider error", ())
        self._recorder.add(Entry(work.range, given=given_ratings(work.item, reading), item=work.item))

    async def _after_own_answer(self, work: Work) -> Work | None:
        """The item with its request; None where there is none to be sent (what that means is recorded)."""
        item, own = work.item, work.item.own_answer
        if own is None:
            raise ValueError("an item without a request waits for an own answer")
        asked = await self._own_answer(item, own)
        if asked is None:
            return None
        status = read_answer(asked.reply)[0] if asked.reply is not None else "provider error"
        if status != "ok" or asked.reply is None:
            self._skip(work, status)
            return None
        spec, fence, text = self._job.judge.spec, self._job.fence, asked.reply.text
        request = self._job.protocol.request(spec, item.ask, item.material, fence=fence, own_answer=text)
        known = Work(replace(item, request=request, request_hash=request.hash()), work.range)
        entry = await asyncio.to_thread(look_again, self._workspace, self._job, known.item, known.range)
        if entry is not None:
            self._recorder.add(entry)
            return None
        return known

    def _skip(self, work: Work, status: str) -> None:
        """Note a verdict that could not be asked for; with the answer's failures where those are held back."""
        item = work.item
        skipped = replace(
            item, skip=NO_OWN_ANSWER, request_hash=skip_hash(item.ask, item.material, NO_OWN_ANSWER),
            status="provider error" if status == "provider error" else "skipped",
        )  # fmt: skip

        def record() -> None:
            self._recorder.add(Entry(work.range, call=skipped_call(skipped, at=self._workspace.clock()), item=skipped))

        if self._held and status == "provider error":
            self._held.append(record)
        else:
            record()

    async def _own_answer(self, item: WorkItem, own: OwnAnswer) -> Asked | None:
        """The judge's own answer, asked for once for everything that waits for it; None where the run stops first."""
        known = self._answered.kept.get(own.key)
        if known is not None:
            return known
        if own.key in self._own:
            return await asyncio.shield(self._own[own.key])
        coming = self._own[own.key] = asyncio.get_running_loop().create_future()
        try:
            asked = await self._asker.ask(own.request)
            if asked is not None:
                self._keep(asked, lambda: self._record_own(item, own, asked))
            coming.set_result(asked)
        finally:
            if not coming.done():
                coming.cancel()
            if coming.cancelled() or coming.result() is None:
                del self._own[own.key]
        return asked

    def _record_own(self, item: WorkItem, own: OwnAnswer, asked: Asked) -> None:
        self._recorder.add(Entry(None, call=answer_call(own, item, asked, at=self._workspace.clock())))
        self._answered.kept[own.key] = asked
        self._own.pop(own.key, None)

    async def settle_doubled(self, entries: Sequence[Entry]) -> None:
        """Write the ratings of items whose call somebody else had brought, as that call says."""
        for entry in entries:
            if entry.item is None or entry.range is None:
                continue
            found = await asyncio.to_thread(look_again, self._workspace, self._job, entry.item, entry.range)
            if found is not None:
                self._recorder.add(found)
