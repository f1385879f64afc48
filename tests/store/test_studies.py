"""Studies in the database: names, versions, settings, rubrics, counts; on SQLite and on Postgres."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlmodel import Session, select

from core.errors import BadInput, Conflict, NotFound
from core.models.grading_rules import Asked, GradingRules, ReferenceShown, Reveal, SubjectOrder
from core.models.ratings import Import, RaterKind
from core.models.study import Scale, Target
from core.scales import likert, pass_fail
from core.store import studies, study_edits
from core.store.database import Database
from core.store.study_edits import CriterionDraft, Place, Signed
from core.store.study_history import criterion_versions, rubric_versions, settings_versions, standing_answers
from tests.builders import add_rating, build_study

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIGNED = Signed(AT, "Ann")


def make(session: Session, name: str) -> int:
    study = study_edits.add_study(name=name, description="", seed=1, signed=SIGNED, session=session)
    assert study.id is not None
    return study.id


def draft(name: str = "Quality", **changes: object) -> CriterionDraft:
    fields: dict[str, object] = {"name": name, "applies_to": Target.OUTPUT, "scale": likert(1, 5)}
    return CriterionDraft(**(fields | changes))  # type: ignore[arg-type] # the fields above


def test_a_study_is_found_by_id_and_by_name_without_regard_to_case_and_space(database: Database) -> None:
    with database.writing() as session:
        first = make(session, "Travel answers")
        named_like_an_id = make(session, str(first))
    with database.reading() as session:
        assert studies.find_study("  travel ANSWERS ", session=session).id == first
        assert studies.find_study(first, session=session).id == first
        assert studies.find_study(str(first), session=session).name == "Travel answers", "a number is an id first"
        assert studies.find_study(str(named_like_an_id), session=session).name == str(first)


@pytest.mark.parametrize("wanted", ["nothing", "", "0", "999", "-1", "1e3", "9" * 40, "²", "' or 1=1 --"])
def test_an_unknown_study_is_not_found_and_the_known_ones_are_named(database: Database, wanted: str) -> None:
    with database.writing() as session:
        make(session, "Travel answers")
    with database.reading() as session, pytest.raises(NotFound, match="Known: Travel answers"):
        studies.find_study(wanted, session=session)


@pytest.mark.parametrize(
    "name",
    [
        "x",
        "x" * 200,
        "Ж" * 200,
        "naïve café 🙂",
        "<script>alert(1)</script>",
        "'; drop table study; --",
        "![](http://x)",
    ],
)
def test_names_of_1_to_200_visible_characters_are_kept_as_they_are(database: Database, name: str) -> None:
    with database.writing() as session:
        study_id = make(session, f" {name} ")
    with database.reading() as session:
        assert studies.find_study(study_id, session=session).name == name


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 201, "two\nlines", "tab\there", "nul\0", "bell\a", "turned\u202egnp.exe", "half\ud800"]
)
def test_other_names_are_refused_and_leave_nothing(database: Database, name: str) -> None:
    with pytest.raises(BadInput, match="name of the study"), database.writing() as session:
        make(session, name)
    with database.reading() as session:
        assert studies.list_studies(session=session) == []


@pytest.mark.parametrize("again", ["Straße", "STRASSE", " strasse "])
def test_a_name_is_taken_whatever_its_capitals(database: Database, again: str) -> None:
    with database.writing() as session:
        make(session, "Strasse")
    with pytest.raises(Conflict, match="choose another name"), database.writing() as session:
        make(session, again)


def test_settings_are_versions_and_the_newest_holds(database: Database) -> None:
    changed = GradingRules(
        reveal=Reveal.AFTER,
        comment=Asked.REQUIRED,
        confidence=Asked.OPTIONAL,
        reference=ReferenceShown.NEVER,
        order=SubjectOrder.FILE,
    )
    with database.writing() as session:
        study = make(session, "S")
        assert studies.current_rules(study, session=session) == GradingRules()
        for rules in (GradingRules(), changed):
            study_edits.add_settings(study, rules.to_json(), signed=SIGNED, session=session)
    with database.reading() as session:
        assert studies.current_rules(study, session=session) == changed
        assert [row.version for row in settings_versions(study, session=session)] == [1, 2]


def test_a_setting_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match='setting "reveal": found "sometimes"; expected one of "never", "after"'):
        GradingRules.from_json({"reveal": "sometimes"})


def test_a_scale_is_stored_once_however_many_criteria_share_it(database: Database) -> None:
    with database.writing() as session:
        ids = [study_edits.ensure_scale(likert(1, 5), session=session) for _ in range(3)]
        other = study_edits.ensure_scale(likert(1, 7), session=session)
        stored = session.exec(select(Scale.id)).all()
    assert len(set(ids)) == 1
    assert other not in ids
    assert len(stored) == 2


def test_the_rubric_comes_with_its_criteria_in_order_and_the_newest_version_holds(database: Database) -> None:
    with database.writing() as session:
        study = make(session, "S")
        new = [draft("Quality"), draft("Safe", scale=pass_fail(), required=False, weight=2.0, critical=True)]
        places = study_edits.add_new_criteria(study, new, note="", signed=SIGNED, session=session)
        study_edits.add_rubric(study, places, note="", signed=SIGNED, session=session)
        study_edits.add_rubric(study, places[::-1], note="turned", signed=SIGNED, session=session)
    with database.reading() as session:
        rubric = studies.current_rubric(study, session=session)
        assert rubric is not None
        assert (rubric.version, [asked.lineage for asked in rubric.criteria]) == (2, ["safe", "quality"])
        safe = rubric.criteria[0]
        assert (safe.required, safe.weight, safe.critical, safe.scale) == (False, 2.0, True, pass_fail())
        assert [row.version for row, _ in rubric_versions(study, session=session)] == [1, 2]
        assert studies.current_rubric(study + 1, session=session) is None


def test_a_checklist_is_the_rubric_of_its_item_and_no_part_of_the_study_s(database: Database) -> None:
    built = build_study(database)
    item = built.items["q1"]
    with database.writing() as session:
        question = study_edits.add_criterion(
            built.study, draft("Short"), edition=study_edits.Edition("q1/short"), item_id=item, signed=SIGNED,
            session=session,
        )  # fmt: skip
        study_edits.add_rubric(built.study, [Place(question)], note="", item_id=item, signed=SIGNED, session=session)
    with database.reading() as session:
        checklist = studies.current_rubric(built.study, session=session, item_id=item)
        of_study = studies.current_rubric(built.study, session=session)
        assert checklist is not None
        assert of_study is not None
        assert [asked.lineage for asked in checklist.criteria] == ["q1/short"]
        assert [asked.lineage for asked in of_study.criteria] == ["acceptable"]
        assert {row.lineage for row, _ in criterion_versions(built.study, session=session)} == {"acceptable"}


def test_new_criteria_of_one_name_get_lineages_of_their_own(database: Database) -> None:
    with database.writing() as session:
        study = make(session, "S")
        new = [draft("Overall quality!"), draft("overall-quality"), draft("質"), draft("x" * 200)]
        study_edits.add_new_criteria(study, new, note="", signed=SIGNED, session=session)
        lineages = [row.lineage for row, _ in criterion_versions(study, session=session)]
    assert lineages == ["overall-quality", "overall-quality-2", "criterion", "x" * 50]


def test_a_person_has_one_place_in_a_study_however_often_they_come(database: Database) -> None:
    with database.writing() as session:
        study = make(session, "S")
        ids = {
            studies.ensure_rater(study, kind=RaterKind.PERSON, name=name, now=AT, session=session).id
            for name in ("Ann", " Ann ", "Ann")
        }
        other = studies.ensure_rater(study, kind=RaterKind.PERSON, name="Anna", now=AT, session=session).id
        source = studies.ensure_rater(study, kind=RaterKind.SOURCE, name="Ann", now=AT, session=session).id
    assert len(ids) == 1
    assert len({*ids, other, source}) == 3
    with pytest.raises(BadInput, match="name of a rater"), database.writing() as session:
        studies.ensure_rater(study, kind=RaterKind.PERSON, name=" ", now=AT, session=session)


def test_counts_leave_out_what_an_unfinished_import_brought(database: Database) -> None:
    built = build_study(database)  # 3 items, 2 systems: 6 outputs, 6 output subjects
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ann", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Fir", "pass", kind="judge")
        running = Import(study_id=built.study, files=[], mapping={}, state="running", created_at=AT)
        session.add(running)
        session.flush()
        from core.models.items import Item

        session.add(Item(study_id=built.study, external_id="q9", messages=[], import_id=running.id, created_at=AT))
    with database.reading() as session:
        counts = studies.count_study(built.study, session=session)
    assert (counts.n_items, counts.n_outputs, dict(counts.n_subjects)) == (3, 6, {"output": 6})
    assert (counts.n_ratings, counts.n_people, counts.n_judges) == (2, 1, 1)


def test_standing_answers_are_neither_superseded_nor_withdrawn_nor_of_another_meaning(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        first = add_rating(session, built, "q1/alder", "acceptable", "Ann", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Ann", "fail", supersedes=first)
        add_rating(session, built, "q2/alder", "acceptable", "Ann", "pass")
        undone = add_rating(session, built, "q1/alder", "acceptable", "Bob", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Bob", None, absence="withdrawn", supersedes=undone)
        add_rating(session, built, "q1/alder", "acceptable", "Fir", "fail", kind="judge")
        add_rating(session, built, "q2/alder", "acceptable", "Fir", None, kind="judge", absence="unreadable")
    with database.reading() as session:
        # Ann: her second answer to q1 and the one to q2; Bob took his back; Fir: a verdict and an unreadable one
        found = standing_answers(built.study, "acceptable", 1, session=session)
        assert dict(found) == {"person": (2, 1), "judge": (2, 1)}
        assert dict(standing_answers(built.study, "acceptable", 2, session=session)) == {}


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (lambda text: study_edits.checked_text(text, where="guideline"), "nul\0"),
        (lambda text: study_edits.checked_text(text, where="guideline"), "half\ud800"),
        (lambda text: study_edits.checked_text(text, where="guideline", limit=3), "four"),
    ],
)
def test_a_text_that_a_database_cannot_keep_is_refused(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(BadInput, match="guideline"):
        check(text)
