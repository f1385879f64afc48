"""Slices of units and times of ratings of one study: read only when asked for, then kept up to date."""

from collections.abc import Collection, Mapping
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from core.store.current import TIE, CurrentRatings
from core.store.following import RatingLog
from core.store.questions import RaterRow
from core.store.rater_facts import RaterSpeeds, Repetition, Speed, repetitions
from core.store.rating_times import RatingTimes
from core.store.slice_facts import SliceColumn, SliceFacts
from core.workflow.agreement_narrowing import Narrowing, SliceKey, UnitSlices, by_kind, in_dates, in_slices, units_in
from core.workflow.agreement_tables import Cells
from core.workflow.workspace import Workspace


class StudyFacts:
    """What is known of the subjects and ratings of one study beside the ratings themselves.

    Args:
        workspace: The outside world.
        study_id: Which study.
        log: Every rating of the study, followed elsewhere.
    """

    def __init__(self, workspace: Workspace, study_id: int, log: RatingLog) -> None:
        self._workspace, self._log = workspace, log
        self._slices, self._times = SliceFacts(study_id), RatingTimes(study_id)
        self._speeds = RaterSpeeds(study_id)
        self._slices_lock, self._times_lock, self._speeds_lock = Lock(), Lock(), Lock()

    def times(self, ratings: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds since 1970 (UTC) of some ratings by id."""
        with self._times_lock:
            with self._workspace.database.reading() as session:
                self._times.learn(self._log, session=session)
            return self._times.of(ratings)

    def speeds(self) -> Mapping[int, Speed]:
        """How fast each rater answers, by rater id; nobody whose work was never timed."""
        with self._speeds_lock:
            with self._workspace.database.reading() as session:
                self._speeds.learn(session=session)
            return self._speeds.speeds

    def repetitions(self, cells: Cells, voting: Collection[int]) -> tuple[Repetition, ...]:
        """What was said of these units when raters were asked again; of those whose repetitions vote also the first."""
        question = cells.question
        ties = set(question.criteria.values()) if TIE in question.scale.keys else set()
        subjects = np.unique(cells.subject)
        return repetitions(self._log, questions=question.criteria, ties=ties, subjects=subjects, voting=voting)

    def columns(self, subjects: NDArray[np.int64]) -> tuple[tuple[SliceColumn, ...], NDArray[np.int64]]:
        """Every way to part the subjects of the study, and the position of some subjects in their codes."""
        with self._slices_lock:
            with self._workspace.database.reading() as session:
                self._slices.learn(subjects, session=session)
            return self._slices.columns(), self._slices.places(subjects)

    def kept(
        self, current: CurrentRatings, narrowing: Narrowing, raters: Mapping[int, RaterRow]
    ) -> NDArray[np.bool_] | None:
        """Which ratings in force a filter leaves; None for all."""
        if narrowing.is_open:
            return None
        kept = np.ones(len(current), np.bool_)
        if narrowing.kinds:
            kept &= by_kind(current, narrowing.kinds, {row.id: row.kind for row in raters.values()})
        if narrowing.slices or narrowing.split:
            subjects, place = np.unique(current.subject, return_inverse=True)
            kept &= in_slices(narrowing, *self.columns(subjects))[place.reshape(-1)]
        if narrowing.since is not None or narrowing.until is not None:
            kept &= in_dates(narrowing, self.times(current.rating))
        return kept

    def splits(self, subjects: NDArray[np.int64]) -> tuple[str, ...]:
        """The splits that some subjects are in."""
        columns, places = self.columns(subjects)
        return next((units_in(column, places).names for column in columns if column.key == "split"), ())

    def slice_of(self, cells: Cells, key: str) -> UnitSlices:
        """The slice of every unit.

        Raises:
            KeyError: There is no such key.
        """
        columns, places = self.columns(cells.subject)
        return units_in(next(column for column in columns if column.key == key), places)

    def slice_keys(self, subjects: NDArray[np.int64]) -> tuple[SliceKey, ...]:
        """Every way to part some units: two slices or more in the study, and one of these units in one of them.

        Args:
            subjects: Subject of each unit.
        """
        columns, places = self.columns(subjects)
        found = [units_in(column, places) for column in columns if len(column.names) > 1]
        return tuple(
            SliceKey(
                one.key,
                one.title,
                one.names,
                tuple(np.bincount(one.codes[one.codes >= 0], minlength=len(one.names)).tolist()),
            )
            for one in found
            if one.names
        )
