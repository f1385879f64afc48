"""How fast raters answer, and what they said when asked again."""

import numpy as np
from sqlmodel import Session

from core.models.ratings import Submission
from core.scales import preference
from core.store.database import Database
from core.store.following import RatingLog, follow
from core.store.rater_facts import RaterSpeeds, Speed, repetitions
from tests.builders import AT, Built, add_rater, add_rating, build_study


def pressed(session: Session, built: Built, name: str, seconds: float | None, number: int, act: str = "grade") -> None:
    session.add(
        Submission(
            study_id=built.study,
            rater_id=add_rater(session, built.study, name),
            subject_id=built.subjects["q1/alder"],
            nonce=f"{built.study} {name} {number}",
            act=act,
            phase="blind",
            seconds=seconds,
            created_at=AT,
        )
    )
    session.flush()


def learned(database: Database, speeds: RaterSpeeds) -> int:
    with database.reading() as session:
        return speeds.learn(session=session)


def test_the_median_is_of_first_answers_that_were_timed(database: Database) -> None:
    built = build_study(database)
    other = build_study(database, name="Other")
    with database.writing() as session:
        for number, seconds in enumerate((4.0, 8.0, 100.0, 6.0, None)):
            pressed(session, built, "Ana", seconds, number)
        pressed(session, built, "Ana", 1.0, 9, act="undo")
        pressed(session, built, "Ana", 1.0, 10, act="revise")
        pressed(session, built, "Bruno", 3.0, 1)
        pressed(session, built, "Chioma", None, 1)
        pressed(session, other, "Ana", 77.0, 2)
        ana, bruno = (add_rater(session, built.study, name) for name in ("Ana", "Bruno"))
    speeds = RaterSpeeds(built.study)
    assert learned(database, speeds) == 5
    # The middle of 4 6 8 100 is 7.
    assert speeds.speeds == {ana: Speed(4, 7.0), bruno: Speed(1, 3.0)}


def test_only_new_submissions_are_counted_after_the_first_time(database: Database) -> None:
    built = build_study(database)
    speeds = RaterSpeeds(built.study)
    assert learned(database, speeds) == 0
    assert speeds.speeds == {}
    with database.writing() as session:
        pressed(session, built, "Ana", 2.0, 1)
        ana = add_rater(session, built.study, "Ana")
    assert learned(database, speeds) == 1
    assert learned(database, speeds) == 0
    with database.writing() as session:
        pressed(session, built, "Ana", 6.0, 2)
    assert learned(database, speeds) == 1
    assert speeds.speeds == {ana: Speed(2, 4.0)}


def followed(database: Database, built: Built) -> RatingLog:
    log = RatingLog(built.study)
    with database.reading() as session:
        follow(log, session=session)
    return log


def test_a_repeat_is_a_row_of_a_later_repetition_and_the_newest_of_it_stands(database: Database) -> None:
    built = build_study(database)
    key = built.criteria["acceptable"]
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
        old = add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass", repetition=1)
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "fail", repetition=1, supersedes=old)
        add_rating(session, built, "q1/birch", "acceptable", "Ana", "pass", repetition=2)
        add_rating(session, built, "q2/alder", "acceptable", "Ana", None, repetition=1, absence="withdrawn")
    found = repetitions(followed(database, built), questions={key: key}, ties=())
    assert [one.number for one in found] == [1, 2]
    first = found[0].ratings
    assert [first.options[code] for code in first.option] == ["fail"]
    assert first.subject.tolist() == [built.subjects["q1/alder"]]
    only = repetitions(
        followed(database, built), questions={key: key}, ties=(), subjects=np.array([built.subjects["q1/birch"]])
    )
    assert [one.number for one in only] == [2]


def test_two_orders_of_a_judge_are_one_answer_and_no_repeat(database: Database) -> None:
    built = build_study(database, criteria={"better": ("pair", preference())})
    pair, key = "q1/alder|birch", built.criteria["better"]
    with database.writing() as session:
        for order, value in (("AB", "A"), ("BA", "B")):
            add_rating(session, built, pair, "better", "Fir", value, kind="judge", order=order)
    assert repetitions(followed(database, built), questions={key: key}, ties=(key,)) == ()
    with database.writing() as session:
        for order in ("AB", "BA"):
            add_rating(session, built, pair, "better", "Fir", "A", kind="judge", order=order, repetition=1)
    (again,) = repetitions(followed(database, built), questions={key: key}, ties=(key,))
    assert [again.ratings.options[code] for code in again.ratings.option] == ["A"]
    assert not again.ratings.unstable.any()
