"""People whose ratings came with an import and who now grade under the same name."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, text

from core.errors import Conflict, NotFound
from core.models.ratings import Import, Rating
from core.scales import DeclaredScale, likert, pass_fail, preference
from core.store.database import Database
from core.store.grading_imported import read_imported
from core.workflow.grading import GradingDesk, mine, next_cards, open_card, state
from core.workflow.grading_answers import Answer
from core.workflow.grading_cards import Card
from core.workflow.grading_saving import Grade, Saved, submit
from core.workflow.grading_undoing import save_draft, set_aside, undo
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, add_criterion, add_rater, build_study
from tests.workflow.many_ratings import build_many

ANN, BEN = Visitor("Ann"), Visitor("Ben")


def imported(
    database: Database, built: Built, given: Sequence[tuple[str, str, str]], *, name: str = "Ann",
    import_state: str = "done", kind: str = "person", **columns: Any,
) -> int:  # fmt: skip
    """An import that brings ratings (subject, criterion, option) in somebody's name; its id."""
    with database.writing() as session:
        brought = Import(study_id=built.study, files=[], mapping={}, state=import_state, created_at=AT)
        session.add(brought)
        rater = add_rater(session, built.study, name, kind)
        session.flush()
        for place, (subject, criterion, option) in enumerate(given):
            row = {"phase": "blind", "created_at": AT + timedelta(minutes=place)} | columns
            session.add(
                Rating(study_id=built.study, subject_id=built.subjects[subject], rater_id=rater, option=option,
                       criterion_id=built.criteria[criterion], import_id=brought.id, **row)
            )  # fmt: skip
        assert brought.id is not None
        return brought.id


def served(desk: GradingDesk, built: Built, visitor: Visitor = ANN) -> set[str]:
    """The keys of all subjects that are still to be graded."""
    cards = next_cards(desk, visitor, study=built.study, holding=[], count=20).cards
    names = {subject: key for key, subject in built.subjects.items()}
    return {names[card.subject] for card in cards}


def counts(desk: GradingDesk, built: Built, visitor: Visitor = ANN) -> tuple[int, int, int]:
    progress = state(desk, visitor, study=built.study).progress
    return progress.mine, progress.left, progress.total


def grade(desk: GradingDesk, built: Built, card: Card, option: str, nonce: str, **changes: Any) -> Saved:
    values = {str(key): Answer(option=option) for key in card.criteria}
    return submit(desk, ANN, Grade(study=built.study, subject=card.subject, nonce=nonce, values=values,
                                   shown_ms_ago=900.0, order=card.order, rubric=built.rubric, **changes))  # fmt: skip


def standing(database: Database) -> list[tuple[Any, ...]]:
    query = (
        "select subject_id, option, absence, import_id is not null from rating r"
        " where not exists (select 1 from rating n where n.supersedes_id = r.id) order by id"
    )
    with database.reading() as session:
        return [tuple(row) for row in session.connection().execute(text(query))]


def test_what_an_import_brought_is_done_counted_and_listed_with_its_values(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database, systems=("alder",))
    imported(any_workspace.database, built, [("q1/alder", "acceptable", "fail"), ("q2/alder", "acceptable", "pass")])
    desk = GradingDesk(any_workspace)
    assert served(desk, built) == {"q3/alder"}
    assert counts(desk, built) == (2, 1, 3)
    rows = mine(desk, ANN, study=built.study).rows
    assert [(row.subject, row.state, row.summary, row.at) for row in rows] == [
        (built.subjects["q2/alder"], "submitted", "Acceptable: Pass", AT + timedelta(minutes=1)),
        (built.subjects["q1/alder"], "submitted", "Acceptable: Fail", AT),
    ]
    assert mine(desk, ANN, study=built.study, which="skipped").rows == ()
    card = open_card(desk, ANN, study=built.study, subject=built.subjects["q1/alder"])
    assert card.answers is not None
    assert (card.state, card.submission, card.draft) == ("submitted", None, None)
    assert card.answers.values == {str(built.criteria["acceptable"]): {"option": "fail"}}
    assert served(desk, built, BEN) == {"q1/alder", "q2/alder", "q3/alder"}
    assert counts(desk, built, BEN) == (0, 3, 3)
    with pytest.raises(NotFound):
        open_card(desk, BEN, study=built.study, subject=built.subjects["q1/alder"])


def test_opening_it_and_submitting_supersedes_what_was_imported_and_counts_once(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database, systems=("alder",))
    imported(any_workspace.database, built, [("q1/alder", "acceptable", "fail")])
    desk, subject = GradingDesk(any_workspace), built.subjects["q1/alder"]
    card = open_card(desk, ANN, study=built.study, subject=subject)
    saved = grade(desk, built, card, "pass", "nonce-0001")
    assert standing(any_workspace.database) == [(subject, "pass", None, False)]
    assert (saved.progress.mine, saved.progress.left) == (1, 2)
    assert [(row.subject, row.summary) for row in mine(desk, ANN, study=built.study).rows] == [
        (subject, "Acceptable: Pass")
    ]
    back = undo(desk, ANN, study=built.study, submission=saved.submission, nonce="nonce-0002")
    assert (back.card.state, back.progress.mine, back.progress.left) == ("draft", 0, 3)
    assert served(desk, built) == served(GradingDesk(any_workspace), built) == {"q1/alder", "q2/alder", "q3/alder"}
    assert standing(any_workspace.database) == [(subject, None, "withdrawn", False)]


def test_what_was_imported_is_neither_set_aside_nor_opened_by_a_draft(workspace: Workspace) -> None:
    built = build_study(workspace.database, systems=("alder",))
    imported(workspace.database, built, [("q1/alder", "acceptable", "fail")])
    desk, subject = GradingDesk(workspace), built.subjects["q1/alder"]
    with pytest.raises(Conflict, match="graded this one already"):
        set_aside(desk, ANN, study=built.study, subject=subject, nonce="nonce-0001", reason="", state="skipped")
    draft = {"values": {}, "comment": "hm", "confidence": None, "criterion": None}
    save_draft(desk, ANN, study=built.study, subject=subject, number=1, draft=draft)
    assert counts(desk, built) == (1, 2, 3)
    assert served(desk, built) == {"q2/alder", "q3/alder"}
    assert open_card(desk, ANN, study=built.study, subject=subject).draft == draft


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"import_state": "running", "name": "Ben"},  # and Ann was there before
        {"import_state": "removed"},
        {"repetition": 1},
        {"kind": "judge"},
        {"name": "ann"},
    ],
)
def test_ratings_that_are_not_this_persons_first_ones_leave_the_subject_open(
    workspace: Workspace, elsewhere: Mapping[str, Any]
) -> None:
    built = build_study(workspace.database, systems=("alder",))
    imported(workspace.database, built, [("q3/alder", "acceptable", "pass")])
    imported(workspace.database, built, [("q1/alder", "acceptable", "fail")], **elsewhere)
    assert served(GradingDesk(workspace), built) == {"q1/alder", "q2/alder"}


def test_a_subject_is_done_when_every_required_question_of_its_kind_was_answered(workspace: Workspace) -> None:
    criteria: Mapping[str, tuple[str, DeclaredScale]] = {
        "quality": ("output", likert(1, 5)), "acceptable": ("output", pass_fail()), "better": ("pair", preference()),
    }  # fmt: skip
    built = build_study(workspace.database, criteria=criteria, items=("q1", "q2"))
    given = [("q1/alder", "quality", "4"), ("q1/alder", "acceptable", "pass"), ("q1/birch", "acceptable", "pass"),
             ("q1/alder|birch", "better", "A")]  # fmt: skip
    imported(workspace.database, built, given)
    desk = GradingDesk(workspace)
    assert served(desk, built) == {"q1/birch", "q2/alder", "q2/birch", "q2/alder|birch"}
    pair = built.subjects["q1/alder|birch"]
    card = open_card(desk, ANN, study=built.study, subject=pair)
    assert card.answers is not None
    side = card.answers.values[str(built.criteria["better"])]["option"]
    assert side == ("left" if card.order == "AB" else "right")  # the value names output A, wherever it stands now
    told = {row.subject: row.summary for row in mine(desk, ANN, study=built.study).rows}
    assert told[pair] == f"Better: {str(side).capitalize()}"


def test_where_nothing_is_required_any_answer_will_do(workspace: Workspace) -> None:
    criteria = {"quality": ("output", likert(1, 5)), "acceptable": ("output", pass_fail())}
    built = build_study(workspace.database, criteria=criteria, systems=("alder",), required=False)
    imported(workspace.database, built, [("q1/alder", "acceptable", "pass")])
    assert served(GradingDesk(workspace), built) == {"q2/alder", "q3/alder"}


def test_a_later_import_and_another_version_of_the_question_are_seen_by_a_desk_that_runs(workspace: Workspace) -> None:
    built = build_study(workspace.database, systems=("alder",))
    desk = GradingDesk(workspace)
    imported(workspace.database, built, [("q1/alder", "acceptable", "pass")])
    assert served(desk, built) == {"q2/alder", "q3/alder"}
    with workspace.database.writing() as session:  # the same question, reworded: answers to it count
        built.criteria["reworded"] = add_criterion(  # type: ignore[index] # a dict, in this builder
            session, built.study, "acceptable", "output", pass_fail(), version=2, meaning=1
        )
    imported(workspace.database, built, [("q2/alder", "reworded", "pass")])
    assert served(desk, built) == {"q3/alder"}
    assert counts(desk, built) == (2, 1, 3)


def test_the_list_of_own_work_goes_on_from_what_was_graded_here_to_what_was_imported(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=[f"q{n:03d}" for n in range(130)], systems=("alder",))
    subjects = list(built.subjects)
    imported(workspace.database, built, [(subject, "acceptable", "pass") for subject in subjects[:120]])
    desk = GradingDesk(workspace)
    for place in range(5):
        card = next_cards(desk, ANN, study=built.study, holding=[], count=1).cards[0]
        grade(desk, built, card, "fail", f"nonce-{place:04d}")
    pages, more = [], None
    while not pages or more:
        page = mine(desk, ANN, study=built.study, which="submitted", before=more)
        pages.append([row.subject for row in page.rows])
        more = page.more
    assert [len(page) for page in pages] == [50, 50, 25]
    seen = [subject for page in pages for subject in page]
    here = [built.subjects[key] for key in subjects[120:125]]
    assert seen == here[::-1] + [built.subjects[key] for key in subjects[:120]][::-1]


def test_reading_what_was_imported_seeks_by_rater_and_import(sqlite_database: Database) -> None:
    built = build_many(sqlite_database, items=300)
    asked: list[str] = []

    @event.listens_for(sqlite_database.engine, "before_cursor_execute")
    def _note(_c: object, _k: object, statement: str, parameters: Any, _x: object, _many: bool) -> None:
        if "r.import_id in" in statement:
            asked.append((statement, parameters))  # type: ignore[arg-type] # read below

    with sqlite_database.reading() as session:
        rater = session.connection().execute(text("select id from rater where name = 'rater 1'")).scalar_one()
        subjects, _ = read_imported(built.study, rater, [built.criteria["fit"]], session=session)
        assert len(np.unique(subjects)) == 300
        ((statement, parameters),) = asked
        plan = session.connection().exec_driver_sql(f"explain query plan {statement}", parameters).all()
    steps = [row[-1] for row in plan]
    assert any("ix_rating_rater (rater_id=? AND import_id=?)" in step for step in steps), steps
    assert not any(step.startswith("SCAN") for step in steps), steps
