"""Which rating is in force."""

import numpy as np

from core.scales import likert, preference
from core.store.current import AskedPhase, CurrentRatings, current_ratings
from core.store.database import Database
from core.store.following import ABSENCES, RatingLog, follow
from tests.builders import Built, add_rater, add_rating, build_study


def _current(database: Database, built: Built, phase: AskedPhase = "blind", *, has_tie: bool = False) -> CurrentRatings:
    log = RatingLog(built.study)
    with database.reading() as session:
        follow(log, session=session)
    questions = {found: found for found in built.criteria.values()}
    return current_ratings(log, questions=questions, ties=set(questions) if has_tie else (), phase=phase)


def _values(found: CurrentRatings) -> list[str | None]:
    return [found.options[code] if code >= 0 else None for code in found.option]


def test_a_changed_grade_replaces_the_first(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        first = add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "fail", supersedes=first)
    assert _values(_current(database, built)) == ["fail"]


def test_a_revised_answer_leaves_the_blind_one_in_force(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "fail", phase="revised")
        add_rating(session, built, "q1/birch", "acceptable", "Ana", "pass")
    assert _values(_current(database, built)) == ["pass", "pass"]
    assert _values(_current(database, built, "revised")) == ["fail"]
    assert _values(_current(database, built, "latest")) == ["fail", "pass"]


def test_a_withdrawn_answer_is_no_rating(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        first = add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Ana", None, absence="withdrawn", supersedes=first)
    assert len(_current(database, built)) == 0


def test_repeats_are_not_in_force(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "fail", repetition=1)
    assert _values(_current(database, built)) == ["pass"]


def test_a_judge_that_flips_with_the_order_gives_an_unstable_tie(database: Database) -> None:
    # q1: A in both orders -> A. q2: A first, then B -> tie, unstable. q3: one order unreadable -> none.
    built = build_study(database, criteria={"better": ("pair", preference())})
    with database.writing() as session:
        for item, in_ab, in_ba in (("q1", "A", "A"), ("q2", "A", "B"), ("q3", "A", None)):
            for order, value in (("AB", in_ab), ("BA", in_ba)):
                absence = None if value else "unreadable"
                add_rating(
                    session,
                    built,
                    f"{item}/alder|birch",
                    "better",
                    "Fir",
                    value,
                    kind="judge",
                    order=order,
                    absence=absence,
                )
        add_rating(session, built, "q3/alder|birch", "better", "Ana", "B", order="BA")
    found = _current(database, built, has_tie=True)
    assert _values(found) == ["A", "tie", None, "B"]
    assert found.unstable.tolist() == [False, True, False, False]
    assert [ABSENCES[code] for code in found.absence] == ["", "", "unreadable", ""]


def test_a_flip_on_a_scale_without_a_tie_leaves_no_value(database: Database) -> None:
    built = build_study(database, criteria={"better": ("pair", preference(tie=False))})
    with database.writing() as session:
        add_rating(session, built, "q1/alder|birch", "better", "Fir", "A", kind="judge", order="AB")
        add_rating(session, built, "q1/alder|birch", "better", "Fir", "B", kind="judge", order="BA")
    found = _current(database, built)
    assert _values(found) == [None]
    assert found.unstable.tolist() == [True]


def test_versions_with_the_same_meaning_are_one_question(database: Database) -> None:
    built = build_study(database, criteria={"old": ("output", likert(1, 5)), "reworded": ("output", likert(1, 5))})
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "old", "Ana", "4")
        add_rating(session, built, "q1/alder", "reworded", "Bruno", "5")
    log = RatingLog(built.study)
    with database.reading() as session:
        follow(log, session=session)
    old, reworded = built.criteria["old"], built.criteria["reworded"]
    found = current_ratings(log, questions={old: reworded, reworded: reworded}, ties=())
    assert set(found.question.tolist()) == {reworded}
    assert len(found) == 2


def test_only_the_asked_raters_and_subjects_are_given(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        for name in ("Ana", "Bruno"):
            for subject in ("q1/alder", "q2/alder"):
                add_rating(session, built, subject, "acceptable", name, "pass")
        ana = add_rater(session, built.study, "Ana")
    log = RatingLog(built.study)
    with database.reading() as session:
        follow(log, session=session)
    questions = {found: found for found in built.criteria.values()}
    found = current_ratings(
        log, questions=questions, ties=(), raters=np.array([ana]), subjects=np.array([built.subjects["q2/alder"]])
    )
    assert found.rater.tolist() == [ana]
    assert found.subject.tolist() == [built.subjects["q2/alder"]]


def test_the_code_of_an_unstable_tie_stays_when_new_options_come(database: Database) -> None:
    built = build_study(database, criteria={"better": ("pair", preference(both_bad=True))})
    log, questions = RatingLog(built.study), {found: found for found in built.criteria.values()}
    with database.writing() as session:
        for order, value in (("AB", "A"), ("BA", "B")):
            add_rating(session, built, "q1/alder|birch", "better", "Fir", value, kind="judge", order=order)
    with database.reading() as session:
        follow(log, session=session)
    held = current_ratings(log, questions=questions, ties=set(questions))
    with database.writing() as session:
        add_rating(session, built, "q2/alder|birch", "better", "Ana", "both_bad", order="AB")
    with database.reading() as session:
        follow(log, session=session)
    later = current_ratings(log, questions=questions, ties=set(questions))
    assert _values(later) == ["tie", "both_bad"]
    assert later.options[held.option[0]] == "tie"
