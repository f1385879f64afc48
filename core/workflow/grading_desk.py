"""What one process keeps in memory for grading: questions, orders of subjects, rendered texts. All of it bounded.

The database is the truth: everything here is either immutable, or checked against the database before it is used, so
that other processes may write as they like.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.models.grading_rules import GradingRules, SubjectOrder
from core.rendering import rendered
from core.store import grading as own
from core.store import studies
from core.store.database import Session
from core.store.grading import Place
from core.store.grading_imported import read_imported
from core.store.grading_subjects import KINDS, StudyFace, read_face, read_guideline, read_kin, read_subject_ids
from core.store.studies import AskedCriterion
from core.workflow.grading_imported import rated_in_full
from core.workflow.grading_order import shuffled
from core.workflow.workspace import Workspace

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_TEXT_CHARACTERS = 64_000_000
_QUEUE_SUBJECTS = 32_000_000
_EVERYONE_SECONDS = 3.0
_NONE: NDArray[np.int64] = np.empty(0, dtype=np.int64)


class Shelf(Generic[K, V]):
    """Keeps what was used last, up to a total weight; one thing that is heavier than all is kept alone."""

    def __init__(self, capacity: int) -> None:
        self._capacity, self._weight = capacity, 0
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """What lies there; None where nothing does."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Put it there, and take away what was used longest ago."""
        with self._lock:
            if key in self._kept:
                self._weight -= self._kept.pop(key)[1]
            self._kept[key] = (value, weight)
            self._weight += weight
            while self._weight > self._capacity and len(self._kept) > 1:
                self._weight -= self._kept.popitem(last=False)[1][1]


@dataclass(frozen=True, slots=True)
class GuidelineFace:
    """The instructions, rendered."""

    id: int
    version: int
    html: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What a study asks now.

    Attributes:
        rubric_id, rubric_version: None where the study has no rubric yet.
        criteria: In the order of the rubric.
        guidance: Criterion id -> its guidance, rendered.
        kinds: The kinds of subjects that some criterion applies to.
        questions: Criterion id, of every version with the same meaning -> the id asked now.
    """

    rubric_id: int | None
    rubric_version: int | None
    criteria: tuple[AskedCriterion, ...]
    guidance: Mapping[int, str]
    kinds: tuple[str, ...]
    questions: Mapping[int, int]
    rules: GradingRules
    guideline: GuidelineFace | None

    def criteria_for(self, kind: str) -> tuple[AskedCriterion, ...]:
        """Those asked about this kind of subject."""
        return tuple(criterion for criterion in self.criteria if criterion.applies_to == kind)


@dataclass(frozen=True, slots=True)
class _Known:
    """The subjects of a study as they were when its face was `face`."""

    face: StudyFace
    kinds: tuple[str, ...]
    ids: NDArray[np.int64]


class Queue:
    """The subjects one rater has still to do, in their order, from a place on that only moves forward."""

    def __init__(self, ids: NDArray[np.int64]) -> None:
        self._ids, self._start = ids, 0
        self._lock = Lock()

    def take(
        self, count: int, *, besides: Collection[int], settled: Callable[[list[int]], Collection[int]]
    ) -> list[int]:
        """The next subjects.

        Args:
            count: At most so many.
            besides: Subjects not to be given (the card has them already).
            settled: Which of these the database says are done, skipped or flagged.
        """
        found: list[int] = []
        with self._lock:
            place, chunk = self._start, count + len(besides) + 4
            while len(found) < count and place < len(self._ids):
                ids: list[int] = self._ids[place : place + chunk].tolist()
                done = set(settled(ids))
                if place == self._start:
                    self._start += next((n for n, subject in enumerate(ids) if subject not in done), len(ids))
                found += [subject for subject in ids if subject not in done and subject not in besides]
                place, chunk = place + len(ids), min(chunk * 2, 500)
        return found[:count]


class GradingDesk:
    """Made once for a process and handed to the routes.

    Args:
        workspace: The outside world.
        ticks: Seconds that only ever go up.
    """

    def __init__(self, workspace: Workspace, *, ticks: Callable[[], float] = monotonic) -> None:
        self.workspace = workspace
        self.texts: Shelf[tuple[str, int], object] = Shelf(_TEXT_CHARACTERS)
        """Rendered items, outputs and references by kind and key: their content never changes."""
        self._ticks = ticks
        self._frames: Shelf[tuple[int, int | None, int | None, int | None, int], Frame] = Shelf(64)
        self._subjects: Shelf[int, _Known] = Shelf(_QUEUE_SUBJECTS)
        self._queues: Shelf[tuple[int, str], tuple[tuple[object, ...], Queue]] = Shelf(_QUEUE_SUBJECTS)
        self._imported: Shelf[tuple[int, int], tuple[tuple[object, ...], NDArray[np.int64]]] = Shelf(_QUEUE_SUBJECTS)
        self._everyone: Shelf[int, tuple[float, int]] = Shelf(1_000)
        self._loading = Lock()

    def frame(self, face: StudyFace, *, session: Session) -> Frame:
        """What the study asks, as of `face`."""
        key = (face.id, face.rubric_id, face.settings_id, face.guideline_id, face.n_imports)
        found = self._frames.get(key)
        if found is None:
            found = _read_frame(face, session)
            self._frames.put(key, found)
        return found

    def subject_ids(self, face: StudyFace, frame: Frame, *, session: Session) -> NDArray[np.int64]:
        """Every visible subject the rubric asks about, rising; only new ones are read from the database."""
        found = self._current(face, frame)
        if found is not None:
            return found
        with self._loading:  # the session is open already: nobody waits here for a connection that a waiter holds
            found = self._current(face, frame)
            if found is not None:
                return found
            known = self._subjects.get(face.id)
            if known and known.kinds == frame.kinds and known.face.n_imports == face.n_imports:
                fresh = read_subject_ids(face, frame.kinds, after=known.face.last_subjects, session=session)
                ids = np.union1d(known.ids, fresh) if len(fresh) else known.ids
            else:
                ids = read_subject_ids(face, frame.kinds, session=session)
            self._subjects.put(face.id, _Known(face, frame.kinds, ids), len(ids) + 1)
            return ids

    def _current(self, face: StudyFace, frame: Frame) -> NDArray[np.int64] | None:
        known = self._subjects.get(face.id)
        same = known and (known.kinds, known.face.last_subjects, known.face.n_imports) == (
            frame.kinds, face.last_subjects, face.n_imports,
        )  # fmt: skip
        return known.ids if known and same else None

    def imported(self, face: StudyFace, frame: Frame, rater_id: int | None, *, session: Session) -> NDArray[np.int64]:
        """The subjects that imports brought this person's ratings of, in full, rising; read again after an import."""
        if rater_id is None or not face.n_imports:
            return _NONE
        token = (face.n_imports, frame.rubric_id, face.last_subjects)
        kept = self._imported.get((face.id, rater_id))
        if kept is not None and kept[0] == token:
            return kept[1]
        ids = _NONE
        subjects, criteria = read_imported(face.id, rater_id, list(frame.questions), session=session)
        if len(subjects):
            full = rated_in_full(subjects, criteria, asked=frame.criteria, questions=frame.questions)
            ids = full[np.isin(full, self.subject_ids(face, frame, session=session), assume_unique=True)]
        self._imported.put((face.id, rater_id), (token, ids), len(ids) + 1)
        return ids

    def total(self, study_id: int) -> int:
        """How many subjects there are to grade, as last seen; the first time they are counted."""
        known = self._subjects.get(study_id)
        if known is not None:
            return len(known.ids)
        with self.workspace.database.reading() as session:
            face, _ = read_face(study_id, session=session)
            return len(self.subject_ids(face, self.frame(face, session=session), session=session))

    def upcoming(
        self, face: StudyFace, frame: Frame, *, name: str, rater_id: int | None, besides: Collection[int], count: int,
        session: Session,
    ) -> tuple[list[int], Mapping[int, Place]]:  # fmt: skip
        """The next subjects of this person, in their order, without those in `besides`; their places on some."""
        ids = self.subject_ids(face, frame, session=session)
        imported = self.imported(face, frame, rater_id, session=session)
        asked = (frame.kinds, frame.rubric_id if len(imported) else None)
        token = (rater_id, frame.rules.order, asked, face.last_subjects, face.n_imports)
        kept = self._queues.get((face.id, name))
        if kept is None or kept[0] != token:
            ids = ids[~np.isin(ids, imported, assume_unique=True)] if len(imported) else ids
            queue = Queue(_open_ids(ids, face, frame, name, rater_id, session))
            self._queues.put((face.id, name), (token, queue), len(ids) + 1)
        else:
            queue = kept[1]

        places: dict[int, Place] = {}

        def settled(candidates: list[int]) -> Collection[int]:
            if rater_id is None:
                return ()
            seen = own.read_places(rater_id, candidates, session=session)
            places.update(seen)
            return [subject for subject, place in seen.items() if place.state in own.SETTLED]

        return queue.take(count, besides=besides, settled=settled), places

    def everyone(self, study_id: int) -> int:
        """How many subjects anybody graded; a few seconds old at most, older where counting takes long."""
        kept = self._everyone.get(study_id)
        started = self._ticks()
        if kept is not None and started < kept[0]:
            return kept[1]
        with self.workspace.database.reading() as session:
            count = own.count_graded(study_id, session=session)
        ended = self._ticks()
        self._everyone.put(study_id, (ended + max(_EVERYONE_SECONDS, 50 * (ended - started)), count))
        return count


def _open_ids(
    ids: NDArray[np.int64], face: StudyFace, frame: Frame, name: str, rater_id: int | None, session: Session
) -> NDArray[np.int64]:
    if rater_id is not None:
        settled = own.read_settled(rater_id, session=session)
        ids = ids[~np.isin(ids, settled)] if len(settled) else ids
    return ids if frame.rules.order is SubjectOrder.FILE else shuffled(ids, seed=face.seed, name=name)


def _read_frame(face: StudyFace, session: Session) -> Frame:
    rubric = studies.current_rubric(face.id, session=session)
    criteria = rubric.criteria if rubric else ()
    kin = read_kin(face.id, [criterion.lineage for criterion in criteria], session=session)
    guideline = None
    if face.guideline_id is not None:
        version, text = read_guideline(face.guideline_id, session=session)
        guideline = GuidelineFace(face.guideline_id, version, rendered(text))
    return Frame(
        rubric_id=rubric.id if rubric else None,
        rubric_version=rubric.version if rubric else None,
        criteria=criteria,
        guidance={criterion.id: rendered(criterion.guidance) if criterion.guidance else "" for criterion in criteria},
        kinds=tuple(kind for kind in KINDS if any(criterion.applies_to == kind for criterion in criteria)),
        questions={
            version: criterion.id
            for criterion in criteria
            for version in kin.get((criterion.lineage, criterion.meaning), (criterion.id,))
        },
        rules=studies.current_rules(face.id, session=session),
        guideline=guideline,
    )
