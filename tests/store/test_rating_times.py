"""Times of ratings: read when wanted, once each, on both databases."""

from datetime import UTC, datetime, timedelta

import numpy as np

from core.store.database import Database
from core.store.following import RatingLog, follow
from core.store.rating_times import RatingTimes
from tests.builders import Built, add_rating, build_study

BEGIN = datetime(2026, 3, 2, 23, 59, 59, 250_000, tzinfo=UTC)


def rated(database: Database, built: Built, subjects: list[str], at: datetime) -> list[int]:
    with database.writing() as session:
        return [add_rating(session, built, subject, "acceptable", "Ana", "pass", at=at) for subject in subjects]


def test_times_are_read_once_and_new_ones_alone(database: Database) -> None:
    built = build_study(database)
    subjects = list(built.subjects)
    log, times = RatingLog(built.study), RatingTimes(built.study)

    def learned() -> int:
        with database.reading() as session:
            follow(log, session=session)
            return times.learn(log, session=session)

    first = rated(database, built, subjects[:2], BEGIN)
    assert learned() == 2
    assert learned() == 0
    later = rated(database, built, subjects[2:3], BEGIN + timedelta(seconds=1))
    assert learned() == 1
    assert times.rows_fetched == 3
    # whole and broken seconds alike
    found = times.of(np.array([*later, first[0], 10_000_000], np.int64))
    assert found[:2].tolist() == [BEGIN.timestamp() + 1, BEGIN.timestamp()]
    assert np.isnan(found[2])


def test_before_anything_is_read_no_time_is_known() -> None:
    assert np.isnan(RatingTimes(1).of(np.array([1], np.int64))).all()


def test_very_many_times_are_read_at_once(database: Database) -> None:
    built = build_study(database, items=[f"q{n}" for n in range(205)])
    rated(database, built, list(built.subjects), BEGIN)
    log, times = RatingLog(built.study), RatingTimes(built.study)
    with database.reading() as session:
        follow(log, session=session)
        assert times.learn(log, session=session) == 410
    assert set(times.of(log.id).tolist()) == {BEGIN.timestamp()}
