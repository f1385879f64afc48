from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.errors import Conflict, NotFound
from core.models.items import Item, Reference, Subject
from core.models.ratings import Exposure, Import, Rater
from core.scales import preference
from core.store import grading
from core.store.database import Database
from core.store.following import ratings_of
from core.store.grading_subjects import (
    Person,
    owns_guideline,
    owns_rubric,
    read_contents,
    read_face,
    read_kin,
    read_references,
    read_subject_ids,
    read_subjects,
)
from core.store.grading_verdicts import read_verdicts
from tests.builders import AT, Built, add_criterion, add_rater, add_rating, build_study


def held(session: Session, built: Built, name: str = "Ann") -> int:
    _, person = read_face(built.study, name, session=session)
    return grading.hold_person(built.study, name, person, now=AT, session=session)


def put(session: Session, built: Built, rater: int, subject: int, **changes: Any) -> int:
    place = grading.read_places(rater, [subject], session=session).get(subject)
    return grading.put_place(
        study_id=built.study, rater_id=rater, subject_id=subject, place=place,
        changes={"state": "submitted", "changed_at": AT} | changes, session=session,
    )  # fmt: skip


def pressed(session: Session, built: Built, rater: int, subject: int, nonce: str, **changes: Any) -> int:
    row: Mapping[str, Any] = {
        "study_id": built.study, "rater_id": rater, "subject_id": subject, "nonce": nonce, "act": "grade",
        "phase": "blind", "comment": "", "created_at": AT,
    }  # fmt: skip
    return grading.add_press(dict(row) | changes, session=session)


def rated(session: Session, built: Built, rater: int, subject: int, press: int, **changes: Any) -> None:
    row = {
        "study_id": built.study, "subject_id": subject, "criterion_id": built.criteria["acceptable"],
        "rater_id": rater, "option": "pass", "number": None, "absence": None, "confidence": None, "rationale": "",
        "phase": "blind", "order_shown": None, "repetition": 0, "supersedes_id": None, "submission_id": press,
        "created_at": AT,
    }  # fmt: skip
    grading.add_ratings([row | changes], session=session)


def standing(session: Session, built: Built, rater: int, subject: int) -> list[tuple[str | None, str]]:
    found = grading.read_standing(rater, [subject], [built.criteria["acceptable"]], session=session)
    return [(row.option, row.phase) for row in found]


def test_a_person_is_made_once_however_many_ask_at_once(database: Database) -> None:
    built = build_study(database)

    def hold(_: int) -> int:
        with database.writing() as session:
            return held(session, built)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(hold, range(16)))) == 1


def test_names_are_compared_exactly(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        found = {held(session, built, name) for name in ("Ann", "ann", "Anna", "An", "Ann B", "%", "_nn", "Änn")}
    assert len(found) == 8


def test_a_person_of_an_unfinished_import_cannot_grade_yet(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        brought = Import(study_id=built.study, files=[], mapping={}, state="running", created_at=AT)
        session.add(brought)
        session.flush()
        session.add(Rater(study_id=built.study, kind="person", name="Ann", import_id=brought.id, created_at=AT))
    with database.writing() as session, pytest.raises(Conflict, match="still running"):
        held(session, built)
    with database.writing() as session:
        brought.state = "done"
        session.add(brought)
    with database.writing() as session:
        assert held(session, built) > 0


def test_the_face_of_a_study_names_its_newest_versions(database: Database) -> None:
    built = build_study(database, criteria={"better": ("pair", preference())})
    with database.reading() as session:
        face, person = read_face(built.study, "Ann", session=session)
    last = max(built.subjects.values())
    assert (face.rubric_id, face.guideline_id, face.rubric_version) == (built.rubric, built.guideline, 1)
    assert (face.last_subjects, face.n_imports, face.closed, person) == ((None, None, last), 0, False, None)
    with database.writing() as session:
        rater = held(session, built)
    with database.reading() as session:
        assert read_face(built.study, "Ann", session=session)[1] == Person(rater, None)
        assert read_face(built.study, session=session)[1] is None
        with pytest.raises(NotFound):
            read_face(999, session=session)


def test_a_rubric_or_guideline_belongs_to_its_own_study(database: Database) -> None:
    one, other = build_study(database), build_study(database, name="Other")
    with database.reading() as session:
        assert owns_rubric(one.study, one.rubric, session=session)
        assert not owns_rubric(one.study, other.rubric, session=session)
        assert owns_guideline(one.study, one.guideline, session=session)
        assert not owns_guideline(one.study, other.guideline, session=session)


def test_versions_of_one_meaning_are_kin_and_others_are_not(database: Database) -> None:
    built = build_study(database)
    first = built.criteria["acceptable"]
    with database.writing() as session:
        scale = preference()
        reworded = add_criterion(session, built.study, "acceptable", "output", scale, version=2, meaning=1)
        changed = add_criterion(session, built.study, "acceptable", "output", scale, version=3, meaning=2)
        kin = read_kin(built.study, ["acceptable"], session=session)
    assert kin == {("acceptable", 1): (first, reworded), ("acceptable", 2): (changed,)}


def test_subjects_and_texts_are_those_of_the_study_and_of_finished_imports(database: Database) -> None:
    built, other = build_study(database), build_study(database, name="Other")
    with database.writing() as session:
        brought = Import(study_id=built.study, files=[], mapping={}, state="running", created_at=AT)
        session.add(brought)
        session.flush()
        item = Item(study_id=built.study, external_id="late", messages=[], created_at=AT, import_id=brought.id)
        session.add(item)
        session.flush()
        late = Subject(
            study_id=built.study, item_id=item.id, kind="item", key="late", import_id=brought.id, created_at=AT
        )
        session.add(late)
        session.flush()
    late_id = late.id
    assert late_id is not None
    mine = sorted(built.subjects.values())
    wanted = [*mine, *other.subjects.values(), late_id, 999_999]
    with database.reading() as session:
        face, _ = read_face(built.study, session=session)
        assert sorted(read_subjects(built.study, wanted, session=session)) == mine
        contents = read_contents(built.study, wanted, session=session)
        assert sorted(contents) == mine
        assert read_subject_ids(face, ("item", "output"), session=session).tolist() == mine
    for subject, content in contents.items():
        assert content.item.messages[0]["content"].startswith("Question q")
        assert [messages[0]["role"] for messages in content.outputs.values()] == ["assistant"]
        assert content.subject.id == subject
    with database.writing() as session:
        brought.state = "done"
        session.add(brought)
    with database.reading() as session:
        face, _ = read_face(built.study, session=session)
        assert read_subject_ids(face, ("item", "output"), session=session).tolist() == [*mine, late_id]
        known = (None, mine[-1], None)
        assert read_subject_ids(face, ("item", "output"), after=known, session=session).tolist() == [late_id]


def test_a_pair_keeps_the_stored_order_of_its_outputs(database: Database) -> None:
    built = build_study(database, criteria={"better": ("pair", preference())})
    subject = built.subjects["q1/alder|birch"]
    with database.reading() as session:
        content = read_contents(built.study, [subject], session=session)[subject]
    assert content.subject.output_ids == (built.outputs["q1", "alder"], built.outputs["q1", "birch"])
    assert tuple(content.outputs) == content.subject.output_ids


def test_references_falsified_on_purpose_are_not_read(database: Database) -> None:
    built = build_study(database)
    item = built.items["q1"]
    with database.writing() as session:
        session.add(Reference(item_id=item, text="Right", status="verified", created_at=AT))
        session.add(Reference(item_id=item, text="Trap", kind="falsified", created_at=AT))
        session.flush()
        found = read_references(built.study, [item], session=session)
    assert [(row.text, row.status) for row in found] == [("Right", "verified")]


def test_a_nonce_is_taken_once_in_all_studies(database: Database) -> None:
    built, other = build_study(database), build_study(database, name="Other")
    subject = built.subjects["q1/alder"]
    with database.writing() as session:
        press = pressed(session, built, held(session, built), subject, "nonce-0001")
    with database.reading() as session:
        found = grading.find_press("nonce-0001", session=session)
        assert found is not None
        assert (found.id, found.subject_id, found.act) == (press, subject, "grade")
        assert grading.find_press("nonce-000", session=session) is None
    with pytest.raises(Conflict), database.writing() as session:
        pressed(session, other, held(session, other), other.subjects["q1/alder"], "nonce-0001")


def test_a_press_that_the_database_refuses_for_another_reason_is_no_conflict(database: Database) -> None:
    built = build_study(database)
    with pytest.raises(IntegrityError), database.writing() as session:
        pressed(session, built, held(session, built), built.subjects["q1/alder"], "nonce-0001", phase="whenever")


def test_a_rating_is_superseded_by_one_other_only(database: Database) -> None:
    built = build_study(database)
    subject = built.subjects["q1/alder"]
    with database.writing() as session:
        rater = held(session, built)
        press = pressed(session, built, rater, subject, "nonce-0001")
        rated(session, built, rater, subject, press)
        first = grading.read_standing_of(press, session=session)[0]
        again = pressed(session, built, rater, subject, "nonce-0002", supersedes_id=press)
        rated(session, built, rater, subject, again, option="fail", supersedes_id=first.id)
        rated(session, built, rater, subject, again, option="pass", phase="revised")
        assert standing(session, built, rater, subject) == [("fail", "blind"), ("pass", "revised")]
        assert grading.read_standing_of(press, session=session) == []
        assert [row.id for row in grading.read_presses(rater, subject, session=session)] == [press, again]
    with pytest.raises(Conflict), database.writing() as session:
        rated(session, built, rater, subject, again, supersedes_id=first.id)


def test_where_somebody_stands_is_told_in_one_go(database: Database) -> None:
    built = build_study(database)
    subject, other = built.subjects["q1/alder"], built.subjects["q1/birch"]
    with database.writing() as session:
        rater, ben = held(session, built), held(session, built, "Ben")
        put(session, built, rater, subject, state="draft", draft={"values": {}}, draft_number=3, order_shown=None)
        pressed(session, built, ben, subject, "nonce-0001")
        stand = grading.read_stand(built.study, rater, subject, "nonce-0001", session=session)
        assert stand.place is not None
        assert (stand.place.state, stand.place.draft, stand.place.draft_number) == ("draft", {"values": {}}, 3)
        assert (stand.exposed, stand.pressed, stand.subject.id) == (False, True, subject)
        fresh = grading.read_stand(built.study, rater, other, "nonce-0002", session=session)
        assert (fresh.place, fresh.exposed, fresh.pressed) == (None, False, False)
        with pytest.raises(NotFound):
            grading.read_stand(built.study, rater, 999_999, "", session=session)


def test_an_exposure_covers_its_subject_or_all_that_there_were_by_then(database: Database) -> None:
    built = build_study(database)
    subjects = sorted(built.subjects.values())
    with database.writing() as session:
        rater, ben = held(session, built), held(session, built, "Ben")
        session.add(Exposure(study_id=built.study, rater_id=rater, subject_id=subjects[4], shown_on="x", created_at=AT))
        session.add(
            Exposure(study_id=built.study, rater_id=rater, up_to_subject_id=subjects[1], shown_on="x", created_at=AT)
        )
        session.flush()
        expected = {subjects[0], subjects[1], subjects[4]}
        assert grading.read_exposed(rater, subjects, session=session) == expected
        assert grading.read_exposed(ben, subjects, session=session) == set()
        told = {
            subject: grading.read_stand(built.study, rater, subject, "", session=session).exposed
            for subject in subjects
        }
    assert {subject for subject, exposed in told.items() if exposed} == expected


def test_places_are_counted_by_state_and_kind_and_read_the_last_first(database: Database) -> None:
    built = build_study(database, pairs=True)
    names = ["q1/alder", "q1/birch", "q2/alder", "q1/alder|birch"]
    subjects = [built.subjects[name] for name in names]
    with database.writing() as session:
        rater = held(session, built)
        for place, (subject, state) in enumerate(
            zip(subjects, ("submitted", "skipped", "draft", "submitted"), strict=True)
        ):
            put(session, built, rater, subject, state=state, changed_at=AT + timedelta(seconds=place))
        assert grading.count_places(rater, session=session) == {"submitted": 2, "skipped": 1, "draft": 1}
        assert grading.count_places(rater, kinds=["output"], session=session) == {
            "submitted": 1, "skipped": 1, "draft": 1,
        }  # fmt: skip
        assert grading.read_drafts(rater, session=session) == [subjects[2]]
        assert sorted(grading.read_settled(rater, session=session).tolist()) == sorted(
            [subjects[0], subjects[1], subjects[3]]
        )
        assert grading.count_graded(built.study, session=session) == 2
        recent = grading.read_recent_places(rater, grading.SETTLED, before=None, limit=2, session=session)
        assert [place.subject_id for place in recent] == [subjects[3], subjects[1]]
        cursor = (recent[-1].changed_at, recent[-1].id)
        then = grading.read_recent_places(rater, grading.SETTLED, before=cursor, limit=2, session=session)
        assert [place.subject_id for place in then] == [subjects[0]]


def test_a_judge_in_both_orders_is_one_verdict_and_people_are_none(database: Database) -> None:
    built = build_study(database, criteria={"better": ("pair", preference())})
    subject = built.subjects["q1/alder|birch"]
    with database.writing() as session:
        for order, value in (("AB", "A"), ("BA", "B")):
            add_rating(session, built, "q1/alder|birch", "better", "swayed", value, kind="judge", order=order)
            add_rating(
                session, built, "q1/alder|birch", "better", "firm", "B", kind="judge", order=order, rationale="So."
            )
        add_rating(session, built, "q1/alder|birch", "better", "given", "A", kind="source")
        add_rating(session, built, "q1/alder|birch", "better", "broken", None, kind="judge", absence="unreadable")
        add_rating(session, built, "q1/alder|birch", "better", "Ann", "A")
        key = built.criteria["better"]
        found = read_verdicts(built.study, subject, {key: key}, ties=[key], numeric=[], session=session)
    told = [(row.rater, row.said.option, row.said.absence, row.unstable, row.rationale) for row in found]
    assert told == [
        ("broken", None, "unreadable", False, ""),
        ("firm", "B", None, False, "So."),
        ("swayed", "tie", None, True, ""),
        ("given", "A", None, False, ""),
    ]


def test_reading_verdicts_leaves_the_connection_fit_for_writing(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "strict", "pass", kind="judge")
        key = built.criteria["acceptable"]
        assert read_verdicts(built.study, built.subjects["q1/alder"], {key: key}, ties=[], numeric=[], session=session)
        assert held(session, built) > 0


def test_no_read_walks_through_all_that_a_rater_did(sqlite_database: Database) -> None:
    reads: Mapping[str, Callable[[Session], object]] = {
        "ix_submission_subject": lambda session: grading.read_presses(1, 1, session=session),
        "ix_rating_unit (subject_id=? AND criterion_id=?)": lambda session: grading.read_standing(
            1, [1, 2], [1, 2], session=session
        ),
        "COVERING INDEX ix_assignment_rater_state": lambda session: grading.count_places(1, session=session),
        "ix_assignment_rater_state (rater_id=? AND repetition=? AND state=?)": lambda session: grading.read_drafts(
            1, session=session
        ),
        "ix_rating_submission": lambda session: grading.read_standing_of(1, session=session),
        "r USING INDEX ix_rating_unit (subject_id=? AND criterion_id=?)": lambda session: grading.read_standing(
            1, [1], [1], session=session
        ),
        "rating USING INDEX ix_rating_unit": lambda session: ratings_of(1, [1], [1, 2], ["judge"], session=session),
        "subject USING INTEGER PRIMARY KEY (rowid=?)": lambda session: read_contents(1, range(1, 30), session=session),
        "subject USING INTEGER PRIMARY KEY": lambda session: read_subjects(1, range(1, 30), session=session),
        "rating USING INDEX ix_rating_unit (subject_id=?)": lambda session: ratings_of(
            1, [1], [1], ["judge"], session=session
        ),
        "COVERING INDEX ix_assignment_study_state": lambda session: grading.count_graded(1, session=session),
        "(rater_id=? AND subject_id=? AND repetition=?)": lambda session: grading.read_places(
            1, [1, 2], session=session
        ),
    }
    for index, read in reads.items():
        asked: list[tuple[str, Any]] = []

        def note(_c: object, _k: object, query: str, values: object, *_rest: object, to: Any = asked) -> None:
            to.append((query, values))

        with sqlite_database.reading() as session:
            event.listen(sqlite_database.engine, "before_cursor_execute", note)
            read(session)
            event.remove(sqlite_database.engine, "before_cursor_execute", note)
            plan = session.connection().exec_driver_sql(f"explain query plan {asked[-1][0]}", asked[-1][1]).all()
        told = " | ".join(row[3] for row in plan)
        assert index in told
        assert not told.startswith("SCAN")


def test_the_raters_of_another_study_are_others(database: Database) -> None:
    one, other = build_study(database), build_study(database, name="Other")
    with database.writing() as session:
        first = add_rater(session, one.study, "Ann")
        assert held(session, one) == first
        assert held(session, other) != first
