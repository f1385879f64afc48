"""The work of a run, some subjects at a time: rendered and compared with what is there, off the event loop.

While one range is asked, the next is prepared. What needs no model is answered here: copies, shared replies, skips,
baselines.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.judging.asked import Reading, Reply
from core.judging.fencing import Fence
from core.judging.pace import RunSettings
from core.judging.protocols import protocol_among
from core.judging.protocols.face import JudgeProtocol
from core.store import calls, runs
from core.store.call_writing import GivenRatings
from core.store.database import Session
from core.store.judging import rater_of, read_judge
from core.store.runs import RunRow
from core.workflow.judging_identity import spec_of
from core.workflow.judging_majorities import majorities_for
from core.workflow.judging_material import JudgedStudy, read_judged_study
from core.workflow.judging_outcomes import (
    Asked,
    answer_call,
    given_ratings,
    read_reply,
    reply_again,
    skipped_call,
    verdict_call,
)
from core.workflow.judging_probe_work import ProbePlan, probe_work
from core.workflow.judging_recording import Entry, Range
from core.workflow.judging_selection import Selection, selected_subjects
from core.workflow.judging_worklist import JudgeAtWork, WorkItem, asks_of, read_work, with_states
from core.workflow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Job:
    """A run with everything that stays the same while it is driven.

    Attributes:
        subjects: Those after the run's position, rising.
        n_before: How many stand at or before it.
        calls_each: Calls that one subject takes; 0 where they differ (retries, probes).
        planned: Calls of all subjects; of a retry: those it asks again.
    """

    run: RunRow
    judge: JudgeAtWork
    protocol: JudgeProtocol
    settings: RunSettings
    subjects: NDArray[np.int64]
    n_before: int
    calls_each: int
    planned: int
    fence: Fence
    majorities: Mapping[str, str | float] = field(default_factory=dict)


def read_job(workspace: Workspace, run_id: int, protocols: Mapping[str, JudgeProtocol]) -> Job:
    """Read a run for driving.

    Raises:
        NotFound: It is not there, or its judge is not.
        BadInput: Its judge cannot be run, or its selection cannot be.
    """
    with workspace.database.reading() as session:
        run = runs.read_run(run_id, session=session)
        row = read_judge(run.judge_id, session=session)
        spec = spec_of(row)
        judge = JudgeAtWork(run.judge_id, run.study_id, rater_of(run.judge_id, session=session), spec)
        protocol = protocol_among(protocols, spec)
        selection = Selection.from_json(run.selection)
        subjects = selected_subjects(run.study_id, selection, run.draw_id, session=session)
        judged = read_judged_study(run.study_id, spec.rubric_id, session=session)
        each = len(asks_of(judged, protocol, spec, selection.kind)) * max(1, spec.repetitions)
        planned = len(subjects) * each
        if run.retried:
            planned = calls.count_retried(run, session=session)
        elif run.purpose == "probe":
            planned = ProbePlan.from_json(selection.probe).n_calls
        begin = int(np.searchsorted(subjects, run.position, side="right"))
        return Job(
            run=run, judge=judge, protocol=protocol, settings=RunSettings.from_json(run.settings),
            subjects=subjects[begin:], n_before=begin, planned=planned,
            calls_each=each if run.purpose != "probe" and not run.retried else 0, fence=judged.fence,
            majorities=majorities_for(run.study_id, spec, session),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """A range that was read.

    Attributes:
        open: What a model has to be asked.
        ready: What was answered without.
        already: Calls that were settled before this run.
    """

    range: Range
    open: Sequence[WorkItem]
    ready: Sequence[Entry]
    already: int


def prepare(workspace: Workspace, job: Job, subject_ids: Sequence[int]) -> Prepared:
    """Read, render and compare the work of some subjects of a run."""
    found = Range(last_subject=subject_ids[-1])
    with workspace.database.reading() as session:
        judged = read_judged_study(job.run.study_id, job.judge.spec.rubric_id, session=session)
        items = _work(judged, job, subject_ids, session)
        ready = _ready(workspace, job, items, found, session)
    asked: list[WorkItem] = []
    if job.protocol.asks_model:
        asked = [item for item in items if item.state == "open" and not item.skip]
    found.left = len(asked) + sum(entry.range is not None for entry in ready)
    return Prepared(found, asked, ready, sum(_was_already(item, job.run) for item in items))


def _work(judged: JudgedStudy, job: Job, subject_ids: Sequence[int], session: Session) -> list[WorkItem]:
    read = probe_work if job.run.purpose == "probe" else read_work
    return read(
        judged, job.judge, job.protocol, job.run, subject_ids, majorities=job.majorities, session=session
    )  # fmt: skip


def _was_already(item: WorkItem, run: RunRow) -> bool:
    """Whether an item was settled without a call of this run (those are counted by themselves)."""
    if run.retried or item.state != "settled" or item.known is None:
        return False
    place = (item.known.subject_id, item.known.order_shown)
    return item.known.run_id != run.id or place != (item.material.subject_id, item.ask.order)


def _ready(workspace: Workspace, job: Job, items: Sequence[WorkItem], found: Range, session: Session) -> list[Entry]:
    wanted = {key for item in items for key in _sources(item)}
    replies = {key: reply_again(one) for key, one in calls.stored_replies(wanted, session=session).items()}
    copied = {item.own_answer.key: item for item in items if item.own_answer and item.own_answer.copy_of is not None}
    ready = [_copied_answer(workspace, item) for item in copied.values()]
    asked: set[calls.CallKey] = set()
    for item in items:
        entry = _answered_at_once(workspace, job, item, found, replies, again=item.key in asked)
        if entry is not None:
            ready.append(entry)
            asked.add(item.key)
    return ready


def look_again(workspace: Workspace, job: Job, item: WorkItem, found: Range) -> Entry | None:
    """What is to be written for an item by what is in the database now; None where a model has to be asked."""
    with workspace.database.reading() as session:
        now = with_states(job.judge, job.run, [item], session)[0]
        ready = _ready(workspace, job, [now], found, session)
    if ready:
        return ready[0]
    return Entry(found, given=GivenRatings(now.key, ()), item=now) if now.state in ("settled", "left") else None


def _sources(item: WorkItem) -> tuple[int, ...]:
    if item.state == "copy" and item.copy_of is not None:
        return (item.copy_of,)
    return (item.call,) if item.state == "shared" and item.call is not None else ()


def _copied_answer(workspace: Workspace, item: WorkItem) -> Entry:
    """The note that an own answer was taken from another judge."""
    own = item.own_answer
    assert own is not None and own.text is not None  # noqa: S101, PT018 - a copied one is known
    asked = Asked(reply=Reply(own.text, cost=0.0), copied_from=own.copy_of)
    return Entry(None, call=answer_call(own, item, asked, at=workspace.clock()))


def _answered_at_once(
    workspace: Workspace, job: Job, item: WorkItem, found: Range, replies: Mapping[int, Reply], *, again: bool
) -> Entry | None:
    """The entry of an item that needs no model; `again`: an item before it in the range had the same request."""
    at, spec = workspace.clock(), job.judge.spec
    if item.state == "open" and item.skip:
        return Entry(found, call=skipped_call(item, at=at), item=item)
    if item.state == "shared" and item.call is not None:
        return Entry(found, given=given_ratings(item, _read(job, item, replies[item.call])), item=item)
    if item.state == "copy" and item.copy_of is not None:
        reply, source = replies[item.copy_of], item.copy_of
        asked = Asked(reply=reply, copied_from=source)
    elif item.state == "open" and not job.protocol.asks_model:
        asked = Asked(reply=replace(job.protocol.reply(spec, item.ask, item.material), cost=0.0))
    else:
        return None
    reading = _read(job, item, asked.reply or Reply(""))
    if again:
        return Entry(found, given=given_ratings(item, reading), item=item)
    return Entry(found, call=verdict_call(item, asked, reading, at=at), item=item)


def _read(job: Job, item: WorkItem, reply: Reply) -> Reading:
    return read_reply(job.protocol, job.judge.spec, item, reply)


class Feed:
    """Hands out the open work of a run to many askers, range by range; the next range is read ahead.

    Args:
        workspace: Database and clock.
        job: The run.
        size: Subjects of a range.
        begin: Told of every range when it is at hand, before its work is handed out; may wait.
    """

    def __init__(self, workspace: Workspace, job: Job, *, size: int, begin: Callable[[Prepared], None]) -> None:
        self._workspace, self._job, self._size, self._begin = workspace, job, size, begin
        self._at, self.reading, self.at_hand = 0, 0, -1
        self._items: list[WorkItem] = []
        self._range: Range | None = None
        self._next: asyncio.Task[Prepared] | None = None
        self._turning = asyncio.Lock()

    async def take(self, works: asyncio.Event) -> tuple[WorkItem, Range] | None:
        """The next work; None at the end. Waits while `works` is cleared."""
        while True:
            await works.wait()
            if self._items and self._range is not None:
                return self._items.pop(), self._range
            async with self._turning:
                if not self._items and not await self._turn():
                    return None

    async def _turn(self) -> bool:
        """Take the next range up; False at the end."""
        task = self._next or self._read_ahead()
        if task is None:
            return False
        prepared = await asyncio.shield(task)
        self._next, self.at_hand = None, self.at_hand + 1
        self._range, self._items = prepared.range, list(reversed(prepared.open))
        self._begin(prepared)
        self._next = self._read_ahead()
        return True

    def _read_ahead(self) -> asyncio.Task[Prepared] | None:
        if self._at >= len(self._job.subjects):
            return None
        some = self._job.subjects[self._at : self._at + self._size].tolist()
        self._at += self._size
        self.reading += 1
        return asyncio.ensure_future(asyncio.to_thread(prepare, self._workspace, self._job, some))

    async def close(self) -> None:
        """Let a reading that is under way end."""
        if self._next is not None:
            await asyncio.gather(self._next, return_exceptions=True)
