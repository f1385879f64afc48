"""Writing down what a run brings: every quarter second one short transaction with everything that was answered since.

Answered calls wait in memory until they are on disk. While the database does not take them (the disk is full, say) they
go on waiting, and nothing new is asked.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

from core.errors import WrongDatabase
from core.store import runs
from core.store.call_writing import Batch, CallRow, GivenRatings, hold_judge, write_batch
from core.store.calls import CallKey, run_totals
from core.workflow.judging_counters import Counters
from core.workflow.judging_worklist import WorkItem
from core.workflow.workspace import Workspace

_MANY = 1_500
"""Entries that are written at once, whenever the last time was."""
_ROOM = 6_000
"""Entries that may wait to be written before asking pauses."""
_LONGEST_PAUSE = 10.0


@dataclass(slots=True, eq=False)
class Range:
    """Some subjects of a run; it is settled when all their work is on disk.

    Attributes:
        last_subject: The last of them.
        left: Calls of theirs that are not on disk yet.
    """

    last_subject: int
    left: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One thing to write: a call, or ratings by one that stands; for the work of one item, or of none (own answers)."""

    range: Range | None
    call: CallRow | None = None
    given: GivenRatings | None = None
    item: WorkItem | None = None

    @property
    def key(self) -> CallKey:
        """Of the call."""
        if self.call is not None:
            return self.call.key
        return self.given.key if self.given is not None else ("", 0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recorder writes."""

    study_id: int
    judge_id: int
    rater_id: int
    run_id: int
    rubric_id: int | None
    owner: str
    lease: timedelta

    def batch(self, calls: Sequence[CallRow], given: Sequence[GivenRatings]) -> Batch:
        """These calls and ratings, as what is written here."""
        return Batch(self.study_id, self.judge_id, self.rater_id, self.run_id, self.rubric_id, calls, given)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a flush.

    Attributes:
        state: Of the run, as it stands in the database.
        is_mine: Whether the lease is still ours.
        doubled: Entries whose call somebody else had brought; their ratings are not written yet.
        keys: Of the calls that are on disk now.
    """

    state: str
    is_mine: bool
    doubled: Sequence[Entry] = ()
    keys: Sequence[CallKey] = ()


class Recorder:
    """Collects what was answered and writes it, with counters, position and lease.

    Args:
        workspace: Database and clock.
        place: Where it writes.
        counters: As of now.
        position: Every subject up to it is settled.
    """

    def __init__(self, workspace: Workspace, place: Place, counters: Counters, position: int) -> None:
        self.workspace, self.place = workspace, place
        self.counters, self.position = counters, position
        self.waiting: list[Entry] = []
        self.ranges: deque[Range] = deque()
        self.works = asyncio.Event()
        """Cleared while the database does not take what is to be written, or too much waits."""
        self.works.set()
        self.wake = asyncio.Event()
        """Set when so much waits that it should be written at once."""
        self.pause = 0.0
        self.trouble = ""
        self.at_once: int | None = None
        """How many entries one transaction takes; None: all that wait."""
        self._is_writing = asyncio.Lock()

    def add_range(self, found: Range) -> None:
        """Note a range whose work begins; ranges come in the order of their subjects."""
        self.ranges.append(found)

    def add(self, entry: Entry) -> None:
        """Keep something until it is written."""
        self.waiting.append(entry)
        if len(self.waiting) == _MANY:
            self.wake.set()
        elif len(self.waiting) > _ROOM:
            self.works.clear()

    async def flush(self) -> Written | None:
        """Write what waits, and keep the lease; None if the database did not take it (it goes on waiting)."""
        async with self._is_writing:
            batch = self._taken()
            counters = copy(self.counters)
            position = self._position_after(batch)
            try:
                written, after = await asyncio.shield(asyncio.to_thread(self._write, batch, counters, position))
            except WrongDatabase as error:
                self.waiting = batch + self.waiting
                self.trouble, self.pause = str(error), min(_LONGEST_PAUSE, max(0.25, self.pause * 2))
                self.works.clear()
                return None
            except Exception:
                self.waiting = batch + self.waiting
                raise
            self.trouble, self.pause = "", 0.0
            self._settle(batch, written, counters, after)
            if len(self.waiting) <= _ROOM:
                self.works.set()
            return written

    def _taken(self) -> list[Entry]:
        """What is written now: all that waits, but a call only once (read ahead, a range may repeat another's)."""
        taken: list[Entry] = []
        later: list[Entry] = []
        keys: set[CallKey] = set()
        for entry in self.waiting:
            is_again = entry.call is not None and entry.key in keys
            is_again |= self.at_once is not None and len(taken) >= self.at_once
            (later if is_again else taken).append(entry)
            if entry.call is not None:
                keys.add(entry.key)
        self.waiting = later
        return taken

    def _settle(self, batch: Sequence[Entry], written: Written, before: Counters, after: Counters) -> None:
        left = {id(entry) for entry in written.doubled}
        for entry in batch:
            if entry.range is not None and id(entry) not in left:
                entry.range.left -= 1
        while self.ranges and self.ranges[0].left == 0:
            self.position = self.ranges.popleft().last_subject
        for name in ("ok", "unreadable", "refused", "error", "skipped", "copied", "spent", "tokens_in", "tokens_out"):
            grown = getattr(after, name) - getattr(before, name)
            setattr(self.counters, name, getattr(self.counters, name) + grown)
        self.counters.already += after.already - before.already

    def _position_after(self, batch: Sequence[Entry]) -> int:
        """The position once the batch is written (a doubled call leaves it a little behind, which costs nothing)."""
        ending = Counter(id(entry.range) for entry in batch if entry.range is not None)
        position = self.position
        for found in self.ranges:
            if found.left > ending[id(found)]:
                break
            position = found.last_subject
        return position

    def _write(self, batch: Sequence[Entry], counters: Counters, position: int) -> tuple[Written, Counters]:
        place, now = self.place, self.workspace.clock()
        rows = [entry.call for entry in batch if entry.call is not None]
        given = [entry.given for entry in batch if entry.given is not None]
        after = copy(counters)
        with self.workspace.database.writing() as session:
            doubled: frozenset[CallKey] = frozenset()
            if rows or given:
                hold_judge(place.rater_id, session=session)
                doubled = write_batch(place.batch(rows, given), now=now, session=session)
            again = [entry for entry in batch if entry.key in doubled and _has_ratings(entry)]
            after.add_calls(rows, doubled=doubled)
            after.already += sum(entry.given is not None and entry.key not in doubled for entry in batch)
            after.sent = counters.sent
            shown = after.as_json()
            is_mine = runs.renew(
                place.run_id, place.owner, now=now, lease=place.lease, counters=shown,
                position=position if not again else self.position, session=session,
            )  # fmt: skip
            state, _ = runs.read_state(place.run_id, session=session)
        return Written(state, is_mine, again, [row.key for row in rows]), after

    async def read_state(self) -> tuple[str, bool]:
        """State of the run, and whether the lease is ours."""
        return await asyncio.to_thread(self._read_state)

    def _read_state(self) -> tuple[str, bool]:
        with self.workspace.database.reading() as session:
            state, owner = runs.read_state(self.place.run_id, session=session)
        return state, owner == self.place.owner

    async def end(self, state: str | None, reason: str) -> bool:
        """Give the run back with exact counters; False where somebody else had moved or taken it.

        Raises:
            WrongDatabase: The database does not answer.
        """
        return await asyncio.to_thread(self._end, state, reason)

    def _end(self, state: str | None, reason: str) -> bool:
        place, now = self.place, self.workspace.clock()
        counters = copy(self.counters)
        counters.in_flight = 0
        with self.workspace.database.writing() as session:
            counters.add_totals(run_totals(place.run_id, session=session))
            mine = runs.renew(
                place.run_id, place.owner, now=now, lease=place.lease, counters=counters.as_json(),
                position=self.position, session=session,
            )  # fmt: skip
            return mine and runs.end_run(
                place.run_id, place.owner, now=now, state=state, reason=reason, session=session
            )


def _has_ratings(entry: Entry) -> bool:
    return entry.given is not None or (
        entry.call is not None and entry.call.kind == "verdict" and entry.item is not None
    )


T = TypeVar("T")


@dataclass(slots=True)
class Answered(Generic[T]):
    """Replies that came while ranges were at hand that had been read before: their work does not know of them yet.

    Attributes:
        kept: Key -> what came.
    """

    kept: dict[CallKey, T] = field(default_factory=dict)
    _written: deque[tuple[int, CallKey]] = field(default_factory=deque)

    def wrote(self, keys: Sequence[CallKey], reading: int) -> None:
        """Note that calls are on disk; ranges from number `reading` on, whose reading had not begun, will see them."""
        self._written.extend((reading, key) for key in keys)

    def forget(self, at_hand: int) -> None:
        """Drop what every range from number `at_hand` on has seen."""
        while self._written and self._written[0][0] <= at_hand:
            self.kept.pop(self._written.popleft()[1], None)
