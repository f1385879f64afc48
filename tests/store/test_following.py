"""Live reading: everything once, nothing twice, whatever the order of commits."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session

from core.models.ratings import Import, Rating
from core.store.database import Database
from core.store.following import RatingLog, follow
from tests.builders import Built, add_rater, add_rating, build_study

AT = datetime(2026, 3, 2, tzinfo=UTC)


def _follow(database: Database, log: RatingLog) -> int:
    with database.reading() as session:
        return follow(log, session=session)


def test_only_new_rows_are_read_after_the_first_time(database: Database) -> None:
    built = build_study(database)
    log = RatingLog(built.study)
    with database.writing() as session:
        for subject in ("q1/alder", "q1/birch", "q2/alder"):
            add_rating(session, built, subject, "acceptable", "Ana", "pass")
    assert _follow(database, log) == 3
    assert _follow(database, log) == 0
    with database.writing() as session:
        add_rating(session, built, "q2/birch", "acceptable", "Ana", "fail")
    assert _follow(database, log) == 1
    assert log.rows_fetched == 4
    assert sorted(log.options) == ["fail", "pass"]


def test_a_row_that_is_superseded_later_no_longer_stands(database: Database) -> None:
    built = build_study(database)
    log = RatingLog(built.study)
    with database.writing() as session:
        first = add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
    _follow(database, log)
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "fail", supersedes=first)
    _follow(database, log)
    assert log.standing.tolist() == [False, True]


def test_another_study_is_not_read(database: Database) -> None:
    built, other = build_study(database), build_study(database, name="Other")
    with database.writing() as session:
        add_rating(session, other, "q1/alder", "acceptable", "Ana", "pass")
    assert _follow(database, RatingLog(built.study)) == 0


def _start_import(session: Session, built: Built) -> int:
    row = Import(study_id=built.study, files=[], mapping={}, state="running", created_at=AT)
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def _imported_rating(session: Session, built: Built, subject: str, import_id: int) -> None:
    rater = add_rater(session, built.study, "given", "source")
    session.add(
        Rating(study_id=built.study, subject_id=built.subjects[subject], criterion_id=built.criteria["acceptable"],
               rater_id=rater, option="pass", phase="blind", import_id=import_id, created_at=AT)
    )  # fmt: skip


def test_rows_of_an_import_are_read_once_and_only_when_it_is_done(database: Database) -> None:
    built = build_study(database)
    log = RatingLog(built.study)
    with database.writing() as session:
        import_id = _start_import(session, built)
        _imported_rating(session, built, "q1/alder", import_id)
    with database.writing() as session:
        add_rating(session, built, "q2/alder", "acceptable", "Ana", "pass")
    assert _follow(database, log) == 1
    with database.writing() as session:
        _imported_rating(session, built, "q3/alder", import_id)
        session.execute(text("update import set state = 'done'"))
    assert _follow(database, log) == 2
    assert _follow(database, log) == 0
    assert len(set(log.id.tolist())) == len(log) == 3


def test_a_finished_import_is_part_of_the_first_reading(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        import_id = _start_import(session, built)
        _imported_rating(session, built, "q1/alder", import_id)
        session.execute(text("update import set state = 'done'"))
    with database.writing() as session:
        add_rating(session, built, "q2/alder", "acceptable", "Ana", "pass")
    seen: list[tuple[int, int]] = []
    log = RatingLog(built.study)
    with database.reading() as session:
        assert follow(log, session=session, progress=lambda done, total: seen.append((done, total))) == 2
    assert seen == [(2, 2)]
    assert _follow(database, log) == 0


@pytest.mark.postgres
def test_on_postgres_a_lower_id_that_commits_later_is_not_lost(postgres_database: Database) -> None:
    built = build_study(postgres_database)
    log = RatingLog(built.study)
    with Session(postgres_database.engine, expire_on_commit=False) as slow:
        add_rating(slow, built, "q1/alder", "acceptable", "Ana", "pass")  # takes the lower id, stays open
        with Session(postgres_database.engine) as fast:
            import_id = _start_import(fast, built)
            fast.execute(text("update import set state = 'removing'"))
            assert import_id
            _rating_with_nonce(fast, built, "quick")
            fast.commit()
        assert _follow(postgres_database, log) == 0  # the older transaction still runs: wait for it
        slow.commit()
    assert _follow(postgres_database, log) == 2
    assert _follow(postgres_database, log) == 0
    assert len(set(log.id.tolist())) == 2


def _rating_with_nonce(session: Session, built: Built, nonce: str) -> None:
    from core.models.ratings import Submission

    rater = add_rater(session, built.study, "Bruno")
    submission = Submission(study_id=built.study, rater_id=rater, subject_id=built.subjects["q2/alder"], nonce=nonce,
                            phase="blind", created_at=AT)  # fmt: skip
    session.add(submission)
    session.flush()
    session.add(
        Rating(study_id=built.study, subject_id=built.subjects["q2/alder"], criterion_id=built.criteria["acceptable"],
               rater_id=rater, option="fail", phase="blind", submission_id=submission.id, created_at=AT)
    )  # fmt: skip
