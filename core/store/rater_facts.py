"""What is known of raters beside their ratings in force: how fast they answer, and what they said when asked again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from core.store.current import CurrentRatings, current_ratings
from core.store.following import RatingLog

_OVERLAP = 1_000
"""On Postgres ids become visible out of order: so many of the last are read again."""

_LOG_COLUMNS = (
    "id", "subject", "criterion", "rater", "option", "number", "absence", "order", "repetition", "phase", "confidence",
    "standing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast somebody answers.

    Attributes:
        n: Submissions with a measured time.
        median_seconds: Median active time on a subject, as the browser measured it.
    """

    n: int
    median_seconds: float


class RaterSpeeds:
    """The seconds of every submission of a study; all are read at the first call, later only what is new.

    Only first answers count ("grade"): to undo, to keep or to revise is other work.
    """

    def __init__(self, study_id: int) -> None:
        self.study_id = study_id
        self.rows_fetched = 0
        self._id: NDArray[np.int64] = np.empty(0, np.int64)
        self._rater: NDArray[np.int64] = np.empty(0, np.int64)
        self._seconds: NDArray[np.float64] = np.empty(0)
        self._speeds: Mapping[int, Speed] = {}

    def learn(self, *, session: Session) -> int:
        """Read what is new; returns how many submissions came."""
        dialect = session.get_bind().dialect.name
        after = int(self._id[-1]) if len(self._id) else 0
        after -= 0 if dialect == "sqlite" else _OVERLAP
        query = text(
            "select id, rater_id, seconds from submission where id > :after and study_id = :study and act = 'grade'"
            " and seconds is not null order by id"
        )
        result = session.connection().execute(query, {"study": self.study_id, "after": after})
        # On SQLite plain tuples from the driver, as for ratings.
        rows = result.cursor.fetchall() if dialect == "sqlite" and result.cursor is not None else result.all()
        result.close()
        self.rows_fetched += len(rows)
        known = len(self._id)
        if rows:
            found = np.array([row[0] for row in rows], np.int64)
            fresh = ~np.isin(found, self._id[-len(rows) - _OVERLAP :])
            order = np.argsort(ids := np.concatenate([self._id, found[fresh]]), kind="stable")
            self._id = ids[order]
            raters, seconds = (np.array([row[column] for row in rows], np.float64)[fresh] for column in (1, 2))
            self._rater = np.concatenate([self._rater, raters.astype(np.int64)])[order]
            self._seconds = np.concatenate([self._seconds, seconds])[order]
        if len(self._id) > known:
            self._speeds = _medians(self._rater, self._seconds)
        return len(self._id) - known

    @property
    def speeds(self) -> Mapping[int, Speed]:
        """By rater id; nobody whose work was never timed."""
        return self._speeds


def _medians(rater: NDArray[np.int64], seconds: NDArray[np.float64]) -> Mapping[int, Speed]:
    order = np.argsort(rater, kind="stable")
    different, starts = np.unique(rater[order], return_index=True)
    parts = np.split(seconds[order], starts[1:])
    return {
        int(one): Speed(len(part), float(np.median(part))) for one, part in zip(different, parts, strict=True)
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Repetition:
    """What raters said the second time, or the third, ...: each rater's rating in force of that repetition.

    Number 0 is there for raters whose rating in force is a vote over all repetitions, and only for these.
    """

    number: int
    ratings: CurrentRatings


def repetitions(
    log: RatingLog, *, questions: Mapping[int, int], ties: Collection[int], subjects: NDArray[np.int64] | None = None,
    voting: Collection[int] = (),
) -> tuple[Repetition, ...]:  # fmt: skip
    """The ratings that were given again, repetition by repetition, reduced like first ones.

    Two orders of a pair in one repetition are one answer and no repeat of each other; withdrawn answers are none.

    Args:
        log: Every rating of the study.
        questions: Criterion id -> the id that stands for its lineage and meaning; others are left out.
        ties: Questions whose scale has the option "tie": see `current_ratings`.
        subjects: Only these, where given.
        voting: Raters whose rating in force is a vote over all repetitions.
    """
    again = log.repetition > 0
    if not again.any():
        return ()
    if voting:
        again |= np.isin(log.rater, np.array(sorted(voting), np.int64))
    again &= np.isin(log.criterion, np.array(list(questions), np.int64))
    found = []
    for number in np.unique(log.repetition[again]).tolist():
        chosen = np.flatnonzero(again & (log.repetition == number))
        columns = {name: getattr(log, name)[chosen] for name in _LOG_COLUMNS}
        columns["repetition"] = np.zeros(len(chosen), np.int16)
        part = replace(log, options=list(log.options), **columns)
        ratings = current_ratings(part, questions=questions, ties=ties, phase="latest", subjects=subjects)
        if len(ratings):
            found.append(Repetition(int(number), ratings))
    return tuple(found)
