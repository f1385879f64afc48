from core.models.ratings import Import, Rating
from core.scales import likert
from core.store.database import Database
from core.store.probabilities import read_probabilities
from tests.builders import AT, add_rater, add_rating, build_study

CRITERIA = {"fine": ("item", likert(1, 2)), "clear": ("item", likert(1, 2))}


def test_only_the_asked_rater_and_criteria_are_read_and_only_rows_with_probabilities(database: Database) -> None:
    built = build_study(database, criteria=CRITERIA)
    shares = {"1": 0.25, "2": 0.75}
    with database.writing() as session:
        wanted = add_rating(session, built, "q1", "fine", "J", "2", kind="judge", probabilities=shares)
        add_rating(session, built, "q2", "fine", "J", "2", kind="judge")
        add_rating(session, built, "q1", "clear", "J", "2", kind="judge", probabilities=shares)
        add_rating(session, built, "q1", "fine", "K", "2", kind="judge", probabilities=shares)
        judge = add_rater(session, built.study, "J", "judge")
    with database.reading() as session:
        assert read_probabilities(built.study, judge, [built.criteria["fine"]], session=session) == {wanted: shares}


def test_rows_of_an_import_are_read_when_it_is_done(database: Database) -> None:
    built = build_study(database, criteria=CRITERIA)
    with database.writing() as session:
        judge = add_rater(session, built.study, "J", "judge")
        brought = Import(study_id=built.study, files=[], mapping={}, state="running", created_at=AT)
        session.add(brought)
        session.flush()
        session.add(
            Rating(
                study_id=built.study, subject_id=built.subjects["q1"], criterion_id=built.criteria["fine"],
                rater_id=judge, option="2", probabilities={"2": 1.0}, phase="blind", import_id=brought.id,
                created_at=AT,
            )
        )  # fmt: skip
    with database.reading() as session:
        assert read_probabilities(built.study, judge, [built.criteria["fine"]], session=session) == {}
    with database.writing() as session:
        session.get_one(Import, brought.id).state = "done"
    with database.reading() as session:
        found = read_probabilities(built.study, judge, [built.criteria["fine"]], session=session)
    assert list(found.values()) == [{"2": 1.0}]
