"""The ratings of a study, followed while people grade: one object per process and study, shared by all visitors.

New ratings are read once and only the units they touch are looked at again. What is held is a cache: the database is
the truth, and everything here can be built from it again.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import RLock, Thread
from time import monotonic, sleep
from typing import TypeVar, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from core.errors import NotFound
from core.store import agreement as stored
from core.store.database import Session
from core.store.following import RatingLog, follow
from core.store.juries import Reductions, read_reductions
from core.store.questions import RaterRow, read_criteria, read_raters, read_scales
from core.store.rater_facts import Repetition, Speed
from core.store.studies import find_study
from core.workflow.agreement_current import InForce
from core.workflow.agreement_facts import StudyFacts
from core.workflow.agreement_lines import Times
from core.workflow.agreement_narrowing import Asked, LeftOut, SliceKey, UnitSlices
from core.workflow.agreement_questions import Question, find_question, questions_of
from core.workflow.agreement_tables import Cells, cells_of, shown_order
from core.workflow.agreement_view import RESAMPLES, AgreementView, Progress, compute_view, default_coefficient
from core.workflow.one_at_a_time import OneAtATime
from core.workflow.rating_rows import RatingRows, rows_of
from core.workflow.workspace import Workspace

SLOW_SECONDS = 1.0
KEPT_RATINGS = 4_000_000

_KEPT_VIEWS = 12
_KEPT_PIECES = 300
_KEPT_FINDINGS = 300

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class _Ready:
    """What a view is computed from."""

    cells: Cells
    times: Times
    left_out: LeftOut


Prepare = Callable[["LiveAgreement", AgreementView], object]
"""Finds in a view what every page that shows it will ask for."""


class LiveAgreement:
    """The agreement of one study, kept up to date by reading only new ratings.

    Args:
        workspace: The outside world.
        study_id: Which study.
        slow_seconds: A view that took longer is first drawn again without intervals, which follow.
        prepare: Called with a view that was completed in the background before anybody sees it, so that no page waits
            for what it would find there.
        kept_ratings: How many ratings the views held may have together (a million are about 100 MB).
    """

    def __init__(
        self,
        workspace: Workspace,
        study_id: int,
        *,
        slow_seconds: float = SLOW_SECONDS,
        prepare: Prepare | None = None,
        kept_ratings: int = KEPT_RATINGS,
    ) -> None:
        self.study_id, self._slow_seconds, self._prepare = study_id, slow_seconds, prepare
        self._kept_ratings = kept_ratings
        self._workspace = workspace
        self._log = RatingLog(study_id)
        self._facts = StudyFacts(workspace, study_id, self._log)
        self._lock = RLock()
        self._fingerprint = stored.Fingerprint(-1, -1, -1)
        self._questions: tuple[Question, ...] = ()
        self._raters: dict[int, RaterRow] = {}
        self._reductions = Reductions()
        self._places = stored.SubjectPlaces()
        self._seed = 0
        self._stamps: dict[str, int] = {}
        self._in_force = InForce(self._log)
        self._views: OrderedDict[Asked, AgreementView] = OrderedDict()
        self._waiting: dict[Asked, tuple[_Ready, int]] = {}
        self._found: OrderedDict[Hashable, tuple[AgreementView, object]] = OrderedDict()
        self._pieces: OrderedDict[Hashable, tuple[int, object]] = OrderedDict()
        self._newest: datetime | None = None
        self._changes = 0
        self._subjects: dict[str, tuple[int, NDArray[np.int64]]] = {}
        self._choices: dict[str, tuple[int, tuple[SliceKey, ...]]] = {}
        self._pace: dict[str, float] = {}
        self._alone = OneAtATime()

    @property
    def rows_fetched(self) -> int:
        """How many rating rows were ever read from the database."""
        return self._log.rows_fetched

    def refresh(self, progress: Progress | None = None) -> int:
        """Read what is new; returns how many rating rows came. Cheap when nothing did.

        Args:
            progress: Told how far the first reading is.
        """
        with self._lock, self._workspace.database.reading() as session:
            before = len(self._log)
            new = follow(self._log, session=session, progress=None if progress is None else _counting(progress))
            # After the ratings, so that whatever they name is known.
            asked_again = self._learn_names(session)
            if new:
                stored.learn_places(self.study_id, self._log.subject[before:], self._places, session=session)
                newest = int(self._log.id.max())
                self._newest = stored.rating_times([newest], session=session).get(newest)
            if new or asked_again:
                self._stamp(0 if asked_again else before)
            return new

    def _learn_names(self, session: Session) -> bool:
        """Read questions and raters where there may be new ones; whether anything but raters changed."""
        found, known = stored.read_fingerprint(self.study_id, session=session), self._fingerprint
        if found == known:
            return False
        self._fingerprint = found
        self._raters = {row.id: row for row in read_raters(self.study_id, session=session)}
        reductions, before = read_reductions(self.study_id, session=session), self._reductions
        self._reductions = reductions
        if (found.last_criterion, found.n_imports) == (known.last_criterion, known.n_imports):
            if reductions == before:
                return False
            self._in_force.forget()
            return True
        self._seed = find_study(self.study_id, session=session).seed
        rows = read_criteria(self.study_id, session=session)
        self._questions = questions_of(rows, read_scales([row.scale_id for row in rows], session=session))
        self._in_force.forget()
        return True

    def _stamp(self, before: int) -> None:
        """Mark the questions that rows of the log from `before` on are about."""
        self._changes += 1
        touched = set(np.unique(self._log.criterion[before:]).tolist())
        for question in self._questions:
            if not touched.isdisjoint(question.criteria):
                self._stamps[question.key] = self._changes

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions there are, as of the last `refresh`."""
        return self._questions

    @property
    def raters(self) -> tuple[RaterRow, ...]:
        """The raters there are, as of the last `refresh`."""
        return tuple(self._raters.values())

    def raters_of(self, question: str) -> tuple[RaterRow, ...]:
        """The raters with a standing rating of a question, in any phase, people first."""
        with self._lock:
            wanted = np.isin(self._log.criterion, np.array(list(self.question(question).criteria), np.int64))
            found = set(np.flatnonzero(np.bincount(self._log.rater[wanted & self._log.standing])).tolist())
            found |= {jury.rater for jury in self._reductions.juries if not found.isdisjoint(jury.members)}
            return tuple(sorted((self._raters[one] for one in found), key=shown_order))

    @property
    def reductions(self) -> Reductions:
        """How the verdicts of judges are reduced, as of the last `refresh`."""
        return self._reductions

    @property
    def last_rating_at(self) -> datetime | None:
        """When the newest rating of the study was written; None where there is none."""
        return self._newest

    def question(self, wanted: str) -> Question:
        """A question by key or name; the first that has ratings for "".

        Raises:
            NotFound: There is none.
        """
        if wanted:
            return find_question(self._questions, wanted)
        rated = [question for question in self._questions if question.key in self._stamps]
        return (rated or list(self._questions) or [find_question((), "")])[0]

    def version(self, question: str) -> int:
        """A number that rises whenever a rating of the question came, or its provisional view was completed."""
        return self._stamps.get(question, 0)

    def has(self, asked: Asked) -> bool:
        """Whether the view is at hand and nothing came since."""
        kept = self._views.get(self.filled(asked))
        return kept is not None and kept.version == self.version(kept.question.key)

    def filled(self, asked: Asked) -> Asked:
        """The same with what was left open filled in."""
        question = self.question(asked.question)
        return replace(
            asked, question=question.key, coefficient=asked.coefficient or default_coefficient(question.scale)
        )

    def has_new(self, view: AgreementView) -> bool:
        """Whether a view would be drawn differently now."""
        if view.version != self.version(view.question.key):
            return True
        kept = self._views.get(view.asked)
        return view.provisional and kept is not None and not kept.provisional and kept.version == view.version

    def view(self, asked: Asked, progress: Progress | None = None, *, patient: bool = True) -> AgreementView:
        """What somebody wants to see, computed only if something changed.

        Args:
            asked: What.
            progress: Told what is being computed.
            patient: Whether to wait for intervals; where not, a view that is slow to compute comes without them first
                (`provisional`) and is completed in the background.

        Raises:
            NotFound: The question does not exist.
        """
        asked = self.filled(asked)
        with self._alone.holding(asked):
            with self._lock:
                question = self.question(asked.question)
                version, kept = self.version(question.key), self._views.get(asked)
                if kept is not None and kept.version == version and not (patient and kept.provisional):
                    self._views.move_to_end(asked)
                    return kept
                if progress is not None and not asked.narrowing.is_open:
                    progress(0.0, "Reading what the filter needs")
                ready = self._ready(question, asked)
            slow = self._pace.get(question.key, 0.0) * len(ready.cells.current) > self._slow_seconds
            view = self._computed(asked, ready, version, progress, resamples=0 if slow and not patient else RESAMPLES)
            kept = self._keep(view)
            if view.provisional:
                self._complete(asked, ready, version)
            return kept

    def remembered(self, view: AgreementView, name: Hashable, find: Callable[[], Found]) -> Found:
        """What was found in a view under a name, computed only the first time; forgotten when the view changes.

        Who asks while another computes it waits for that. It may ask for what is remembered under other names.

        Args:
            view: What it is found in.
            name: Tells it from everything else that is found in this view.
            find: Computes it.
        """
        key = (view.asked, name)
        with self._alone.holding(key):
            with self._lock:
                kept = self._found.get(key)
                if kept is not None and kept[0] is view:
                    self._found.move_to_end(key)
                    return cast("Found", kept[1])
            found = find()
            with self._lock:
                if kept is None or kept[0].version <= view.version:
                    self._found[key] = (view, found)
                    self._found.move_to_end(key)
                while len(self._found) > _KEPT_FINDINGS:
                    self._found.popitem(last=False)
            return found

    def found_in(self, asked: Asked, name: Hashable, find: Callable[[Cells, int], Found]) -> Found:
        """What was found in the ratings in force of a question, without its whole view; forgotten when one comes.

        Args:
            asked: Which ratings.
            name: Tells it from everything else that is found in these.
            find: Computes it from the ratings and the seed of everything that is resampled for this question.

        Raises:
            NotFound: The question does not exist.
        """
        asked = self.filled(asked)
        key = ("found in", asked, name)
        with self._alone.holding(key):
            with self._lock:
                version, kept = self.version(asked.question), self._pieces.get(key)
                if kept is not None and kept[0] == version:
                    self._pieces.move_to_end(key)
                    return cast("Found", kept[1])
                cells = self._ready(self.question(asked.question), asked).cells
            found = find(cells, self._seed_of(asked.question))
            with self._lock:
                self._pieces[key] = (version, found)
                while len(self._pieces) > _KEPT_PIECES:
                    self._pieces.popitem(last=False)
            return found

    def slice_keys(self, view: AgreementView) -> tuple[SliceKey, ...]:
        """Every way to part the units of a view: system, split, length, then the items' metadata."""
        return self.remembered(view, "slice keys", lambda: self._facts.slice_keys(view.cells.subject))

    def slice_choices(self, question: str) -> tuple[SliceKey, ...]:
        """Every way to part the subjects with a rating of a question, in any phase: what a filter may choose from."""
        with self._alone.holding(("choices", question)):
            version, kept = self.version(question), self._choices.get(question)
            if kept is None or kept[0] != version:
                kept = self._choices[question] = (version, self._facts.slice_keys(self._subjects_of(question)))
            return kept[1]

    def splits(self, question: str) -> tuple[str, ...]:
        """The splits of the subjects with a rating of a question."""
        return self._facts.splits(self._subjects_of(question))

    def _subjects_of(self, question: str) -> NDArray[np.int64]:
        with self._alone.holding(("subjects", question)), self._lock:
            version = self.version(question)
            kept = self._subjects.get(question)
            if kept is None or kept[0] != version:
                asked = np.isin(self._log.criterion, np.array(list(self.question(question).criteria), np.int64))
                kept = self._subjects[question] = (version, np.unique(self._log.subject[asked]))
            return kept[1]

    def slice_of(self, view: AgreementView, key: str) -> UnitSlices:
        """The slice of every unit of a view.

        Raises:
            NotFound: No slices have this key.
        """
        known = tuple(found.key for found in self.slice_keys(view))
        if key not in known:
            raise NotFound("slice", key, known)
        return self.remembered(view, ("slice", key), lambda: self._facts.slice_of(view.cells, key))

    def rows(self, view: AgreementView) -> RatingRows:
        """Every standing row of a view's question and phase as of the last `refresh`: single orders, repetitions."""
        with self._lock:
            return rows_of(self._log, view.question, view.phase)

    def repetitions(self, view: AgreementView) -> tuple[Repetition, ...]:
        """What was said of the units of a view when raters were asked again, as of the last `refresh`.

        Of judges whose repetitions vote also what they said first: what is in force is the vote.
        """
        with self._lock:
            return self._facts.repetitions(view.cells, self._reductions.rules)

    def speeds(self) -> Mapping[int, Speed]:
        """How fast each rater of the study answers, by rater id; nobody whose work was never timed."""
        return self._facts.speeds()

    def rating_times(self, view: AgreementView) -> NDArray[np.float64]:
        """When each rating of `view.cells.current` was written, seconds since 1970 (UTC)."""
        return self.remembered(view, "times", lambda: self._facts.times(view.cells.current.rating))

    def _computed(
        self, asked: Asked, ready: _Ready, version: int, progress: Progress | None, *, resamples: int
    ) -> AgreementView:
        return compute_view(
            ready.cells,
            study_id=self.study_id,
            asked=asked,
            version=version,
            left_out=ready.left_out,
            times=ready.times,
            seed=self._seed_of(asked.question),
            resamples=resamples,
            progress=progress,
            ticks=monotonic,
        )

    def _seed_of(self, question: str) -> int:
        return crc32(f"{self._seed} {question}".encode())

    def _keep(self, view: AgreementView) -> AgreementView:
        """Hold a view unless a newer or a more complete one is held; what was found in the one it replaces goes."""
        with self._lock:
            known = self._views.get(view.asked)
            if known is not None and (known.version, not known.provisional) > (view.version, not view.provisional):
                return known
            if not view.provisional:
                self._pace[view.question.key] = view.seconds / max(len(view.cells.current), 1)
            self._views[view.asked] = view
            self._views.move_to_end(view.asked)
            self._let_go()
            standing = set(map(id, self._views.values()))
            for key in [key for key, (found_in, _) in self._found.items() if id(found_in) not in standing]:
                del self._found[key]
            return view

    def _let_go(self) -> None:
        """Forget the views used longest ago: there may be so many, and of so many ratings; the newest always stays."""
        ratings = sum(len(view.cells.current) for view in self._views.values())
        while len(self._views) > 1 and (len(self._views) > _KEPT_VIEWS or ratings > self._kept_ratings):
            _, gone = self._views.popitem(last=False)
            ratings -= len(gone.cells.current)

    def _complete(self, asked: Asked, ready: _Ready, version: int) -> None:
        """Compute the intervals in a thread of its own, one at a time for each view, of the newest ratings last."""
        with self._lock:
            busy = asked in self._waiting
            self._waiting[asked] = (ready, version)
        if not busy:
            Thread(target=self._work, args=(asked,), name="agreement intervals", daemon=True).start()

    def _work(self, asked: Asked) -> None:
        done = -1
        while True:
            sleep(self._slow_seconds)  # the page is drawn first, and several ratings in a row are one computation
            with self._lock:
                ready, version = self._waiting[asked]
                if version == done:
                    del self._waiting[asked]
                    return
            try:
                view = self._computed(asked, ready, version, None, resamples=RESAMPLES)
                if self._prepare is not None:
                    self._prepare(self, view)
                self._keep(view)
            except BaseException:
                with self._lock:
                    del self._waiting[asked]
                raise
            done = version

    def _ready(self, question: Question, asked: Asked) -> _Ready:
        current = self._in_force.of(question, asked.phase, self._raters.values(), self._reductions)
        kept = self._facts.kept(current, asked.narrowing, self._raters)
        narrowed = current if kept is None else current.where(kept)
        cells = cells_of(question, narrowed, self._raters, self._places)
        left_out = LeftOut()
        if kept is not None:
            n_units = cells_of(question, current, self._raters, self._places).n_units
            left_out = LeftOut(len(current) - len(narrowed), n_units - cells.n_units, len(current), n_units)
        return _Ready(cells, self._times(cells), left_out)

    def _times(self, cells: Cells) -> Times:
        """When each rater's first and last rating in force was written, and the newest."""
        rating = cells.current.rating
        if not len(rating):
            return Times({}, {}, None)
        first, last = np.full(len(cells.raters), rating.max()), np.zeros(len(cells.raters), np.int64)
        np.minimum.at(first, cells.rater, rating)
        np.maximum.at(last, cells.rater, rating)
        with self._workspace.database.reading() as session:
            at = stored.rating_times([*first.tolist(), *last.tolist()], session=session)
        begun = {row.id: at[int(found)] for row, found in zip(cells.raters, first, strict=True)}
        ended = {row.id: at[int(found)] for row, found in zip(cells.raters, last, strict=True)}
        return Times(begun, ended, max(ended.values()))


def _counting(progress: Progress) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        progress(0.9 * min(done / max(total, 1), 1.0), f"Reading ratings: {done:,} of {total:,}")

    return tell
