import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text

from core.errors import BadInput, Conflict, NotAllowed, NotFound, WrongDatabase
from core.models.items import Item, Output, Reference, Subject
from core.models.ratings import Exposure, Import
from core.models.study import Guideline, Rubric, RubricEntry, StudySettings
from core.scales import DeclaredScale, ScaleKind, preference, yes_no
from core.store.database import Database
from core.workflow.grading import GradingDesk, diff, mine, next_cards, open_card, state
from core.workflow.grading_answers import Answer, AnswerProblem
from core.workflow.grading_cards import Card
from core.workflow.grading_desk import Shelf
from core.workflow.grading_saving import Grade, Saved, keep, submit
from core.workflow.grading_undoing import Undone, save_draft, set_aside, take_up, undo
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, add_criterion, add_rater, add_rating, add_subject, build_study

ANN, BEN = Visitor("Ann"), Visitor("Ben")
PAIRS: Mapping[str, tuple[str, DeclaredScale]] = {"better": ("pair", preference(both_bad=True))}


NONCES = count(1)


class Grader:
    """One person at one desk, in one study."""

    def __init__(self, desk: GradingDesk, built: Built, visitor: Visitor = ANN) -> None:
        self.desk, self.built, self.visitor = desk, built, visitor

    def nonce(self) -> str:
        return f"press-{next(NONCES):06d}"

    def next(self, wanted: int = 1, holding: Sequence[int] = ()) -> tuple[Card, ...]:
        return next_cards(self.desk, self.visitor, study=self.built.study, holding=holding, count=wanted).cards

    def press(self, card: Card, answer: str = "pass", **changes: Any) -> Grade:
        grade = Grade(
            study=self.built.study, subject=card.subject, nonce=self.nonce(),
            values={str(key): Answer(option=answer) for key in card.criteria}, seconds=2.0, shown_ms_ago=900.0,
            order=card.order, rubric=self.built.rubric, guideline=self.built.guideline,
        )  # fmt: skip
        return replace(grade, **changes)

    def grade(self, card: Card, answer: str = "pass", **changes: Any) -> Saved:
        return submit(self.desk, self.visitor, self.press(card, answer, **changes))

    def undo(self, submission: int) -> Undone:
        return undo(self.desk, self.visitor, study=self.built.study, submission=submission, nonce=self.nonce())

    def keep(self, card: Card, submission: int) -> Saved:
        return keep(
            self.desk, self.visitor, study=self.built.study, subject=card.subject, submission=submission,
            nonce=self.nonce(),
        )  # fmt: skip

    def set_aside(self, card: Card, how: str, reason: str = "") -> None:
        set_aside(
            self.desk, self.visitor, study=self.built.study, subject=card.subject, nonce=self.nonce(), reason=reason,
            state=how,
        )  # fmt: skip

    def draft(self, card: Card, number: int, answer: str) -> None:
        values = {str(key): {"option": answer} for key in card.criteria}
        draft = {"values": values, "comment": "", "confidence": None, "criterion": card.criteria[0]}
        save_draft(self.desk, self.visitor, study=self.built.study, subject=card.subject, number=number, draft=draft)

    def open(self, subject: int) -> Card:
        return open_card(self.desk, self.visitor, study=self.built.study, subject=subject)


def grader(workspace: Workspace, visitor: Visitor = ANN, **study: Any) -> Grader:
    return Grader(GradingDesk(workspace), build_study(workspace.database, **study), visitor)


def rows(database: Database, query: str, **values: object) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        return [tuple(row) for row in session.connection().execute(text(query), values)]


RATINGS = "select option, absence, phase, supersedes_id, order_shown from rating order by id"
STANDING = (
    "select option, absence, phase from rating r where not exists (select 1 from rating n where n.supersedes_id = r.id)"
    " order by id"
)


def test_a_grade_is_on_disk_with_everything_that_was_on_the_screen(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    card = ann.next()[0]
    saved = ann.grade(card, "fail", comment="  Wrong year. ", confidence=0.75, seconds=12.5)
    assert (saved.saved, saved.phase, saved.reveal) == (True, "blind", None)
    assert rows(any_workspace.database, RATINGS) == [("fail", None, "blind", None, None)]
    found = rows(
        any_workspace.database,
        "select s.comment, s.confidence, s.seconds, s.rubric_id, s.guideline_id, a.state, r.confidence, r.submission_id"
        " from submission s join assignment a on a.id = s.assignment_id join rating r on r.submission_id = s.id",
    )
    assert found == [
        ("Wrong year.", 0.75, 12.5, ann.built.rubric, ann.built.guideline, "submitted", 0.75, saved.submission)
    ]


def test_no_rater_is_made_before_the_first_act(workspace: Workspace) -> None:
    ann = grader(workspace)
    state(ann.desk, ANN, study=ann.built.study)
    card = ann.next()[0]
    assert rows(workspace.database, "select count(*) from rater") == [(0,)]
    with pytest.raises(AnswerProblem):
        ann.grade(card, "perhaps")
    assert rows(workspace.database, "select count(*) from rater") == [(0,)]
    ann.draft(card, 1, "pass")
    assert rows(workspace.database, "select kind, name from rater") == [("person", "Ann")]


def test_a_doubled_press_answers_the_same_and_writes_once(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    press = ann.press(ann.next()[0])
    first, second = submit(ann.desk, ANN, press), submit(ann.desk, ANN, press)
    assert first == second
    assert rows(any_workspace.database, "select count(*) from rating") == [(1,)]


def test_threads_that_press_the_same_nonce_write_once(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    press = ann.press(ann.next()[0])
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda _: submit(ann.desk, ANN, press), range(8)))
    assert {found.submission for found in saved} == {saved[0].submission}
    assert rows(any_workspace.database, "select count(*) from submission") == [(1,)]
    assert rows(any_workspace.database, "select count(*) from rater") == [(1,)]


def test_twenty_people_at_once_lose_and_double_nothing(any_workspace: Workspace) -> None:
    desk = GradingDesk(any_workspace)
    built = build_study(any_workspace.database, items=[f"q{n}" for n in range(3)])

    def work(number: int) -> int:
        someone = Grader(desk, built, Visitor(f"Person {number}"))
        done = 0
        while cards := someone.next():
            someone.grade(cards[0])
            done += 1
        return done

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(work, range(20))) == [6] * 20
    assert rows(any_workspace.database, "select count(*), count(distinct submission_id) from rating") == [(120, 120)]
    assert rows(
        any_workspace.database, "select count(*) from (select distinct rater_id, subject_id from rating) as pairs"
    ) == [(120,)]


def test_another_press_with_a_taken_nonce_is_refused(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    ben = Grader(ann.desk, ann.built, BEN)
    first, second = ann.next(2)
    nonce = ann.press(first).nonce
    ann.grade(first, nonce=nonce)
    with pytest.raises(Conflict, match="nonce"):
        ann.grade(second, nonce=nonce)
    with pytest.raises(Conflict, match="nonce"):
        ben.grade(first, nonce=nonce)
    assert rows(any_workspace.database, "select count(*) from submission") == [(1,)]


@pytest.mark.parametrize("nonce", ["", "short", "x" * 65, "with space 1", "ümlaut-nonce", "a" * 8 + "\n"])
def test_what_is_no_nonce_is_refused(workspace: Workspace, nonce: str) -> None:
    ann = grader(workspace)
    with pytest.raises(BadInput, match="nonce"):
        ann.grade(ann.next()[0], nonce=nonce)


def test_a_changed_grade_supersedes_the_first_one(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    card = ann.next()[0]
    ann.grade(card, "pass")
    second = ann.grade(card, "fail")
    assert (second.phase, second.progress.mine) == ("blind", 1)
    assert rows(any_workspace.database, STANDING) == [("fail", None, "blind")]
    assert rows(any_workspace.database, "select count(*) from rating") == [(2,)]
    opened = ann.open(card.subject)
    assert opened.answers is not None
    assert opened.answers.values == {str(card.criteria[0]): {"option": "fail"}}
    assert opened.submission == second.submission


def test_an_answer_left_out_of_a_changed_grade_is_withdrawn(workspace: Workspace) -> None:
    ann = grader(workspace, criteria={"one": ("output", yes_no()), "two": ("output", yes_no())}, required=False)
    card = ann.next()[0]
    ann.grade(card, "yes")
    ann.grade(card, values={str(card.criteria[0]): Answer(option="no")})
    assert rows(workspace.database, STANDING) == [("no", None, "blind"), (None, "withdrawn", "blind")]


def test_an_unanswered_optional_question_leaves_no_row_and_abstaining_leaves_one(workspace: Workspace) -> None:
    ann = grader(workspace, criteria={"one": ("output", yes_no()), "two": ("output", yes_no())}, required=False)
    card = ann.next()[0]
    ann.grade(card, values={str(card.criteria[1]): Answer(absence="abstained")})
    assert rows(workspace.database, "select criterion_id, absence from rating") == [(card.criteria[1], "abstained")]


# --- pairs -----------------------------------------------------------------------------------------------------------


def test_left_and_right_are_stored_as_the_outputs_that_stood_there(workspace: Workspace) -> None:
    ann = grader(workspace, criteria=PAIRS, items=[f"q{n}" for n in range(12)])
    cards = ann.next(12)
    assert {card.order for card in cards} == {"AB", "BA"}
    for card in cards:
        ann.grade(card, "left")
    found = rows(workspace.database, "select subject_id, option, order_shown from rating")
    left = {card.subject: card.order for card in cards}
    # With the order BA the left one is B; the row names the output and keeps the order.
    assert found == [(card.subject, "A" if left[card.subject] == "AB" else "B", card.order) for card in cards]


def test_the_card_shows_the_outputs_on_the_sides_its_order_says(workspace: Workspace) -> None:
    ann = grader(workspace, criteria=PAIRS, items=[f"q{n}" for n in range(12)], systems=("alder", "osier birch"))
    with workspace.database.reading() as session:
        subjects = [session.get_one(Subject, key) for key in ann.built.subjects.values()]
        texts = {
            subject.id: [
                session.get_one(Output, key).messages[0]["content"]
                for key in (subject.output_a_id, subject.output_b_id)
            ]
            for subject in subjects
        }
    for card in ann.next(12):
        expected = texts[card.subject] if card.order == "AB" else texts[card.subject][::-1]
        assert [output.side for output in card.outputs] == ["left", "right"]
        assert [output.html for output in card.outputs] == [f"<p>{words}</p>\n" for words in expected]
        shown = diff(ann.desk, ANN, study=ann.built.study, subject=card.subject)
        assert expected[0].split()[-1].strip("()") in shown.left


def test_a_press_on_other_sides_than_the_stored_ones_is_refused(workspace: Workspace) -> None:
    ann = grader(workspace, criteria=PAIRS)
    card = ann.next()[0]
    with pytest.raises(Conflict, match="sides"):
        ann.grade(card, "left", order="AB" if card.order == "BA" else "BA")
    with pytest.raises(Conflict, match="sides"):
        ann.grade(card, "left", order=None)


def test_sides_stay_when_a_card_comes_again(workspace: Workspace) -> None:
    ann = grader(workspace, criteria=PAIRS)
    card = ann.next()[0]
    saved = ann.grade(card, "right")
    opened, back = ann.open(card.subject), ann.undo(saved.submission).card
    assert card.order == opened.order == back.order
    assert opened.answers is not None
    assert back.draft is not None
    assert opened.answers.values == back.draft["values"] == {str(card.criteria[0]): {"option": "right"}}


# --- what is refused -------------------------------------------------------------------------------------------------


def test_nothing_is_graded_within_300_milliseconds(workspace: Workspace) -> None:
    ann = grader(workspace)
    card = ann.next()[0]
    with pytest.raises(AnswerProblem, match="too soon"):
        ann.grade(card, shown_ms_ago=299.9)
    assert ann.grade(card, shown_ms_ago=300).saved


def test_a_closed_study_takes_nothing_more_but_answers_a_repeated_press(workspace: Workspace) -> None:
    ann = grader(workspace)
    first, second = ann.next(2)
    press = ann.press(first)
    saved = submit(ann.desk, ANN, press)
    with workspace.database.writing() as session:
        session.connection().execute(text("update study set closed = true"))
    assert submit(ann.desk, ANN, press).submission == saved.submission
    for act in (
        lambda: ann.grade(second),
        lambda: ann.grade(first, "fail"),
        lambda: ann.draft(second, 1, "pass"),
        lambda: ann.set_aside(second, "skipped"),
        lambda: ann.undo(saved.submission),
    ):
        with pytest.raises(Conflict, match="closed"):
            act()
    assert ann.next() == ()
    assert state(ann.desk, ANN, study=ann.built.study).study.closed


def test_somebody_without_a_name_may_look_at_the_state_and_nothing_else(workspace: Workspace) -> None:
    nobody = grader(workspace, Visitor())
    seen = state(nobody.desk, Visitor(), study=nobody.built.study)
    assert (seen.rater, seen.progress.mine, seen.progress.total) == (None, 0, 6)
    card = Grader(nobody.desk, nobody.built).next()[0]
    for act in (
        nobody.next,
        lambda: nobody.grade(card),
        lambda: nobody.draft(card, 1, "pass"),
        lambda: nobody.set_aside(card, "flagged"),
        lambda: nobody.undo(1),
        lambda: nobody.keep(card, 1),
        lambda: nobody.open(card.subject),
        lambda: mine(nobody.desk, Visitor(), study=nobody.built.study),
        lambda: diff(nobody.desk, Visitor(), study=nobody.built.study, subject=card.subject),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_subjects_of_another_study_or_of_an_unfinished_import_are_not_there(workspace: Workspace) -> None:
    ann = grader(workspace)
    other = build_study(workspace.database, name="Other")
    card = ann.next()[0]
    with pytest.raises(NotFound):
        ann.grade(replace(card, subject=next(iter(other.subjects.values()))))
    hidden = _import_subject(workspace.database, ann.built, state="running")
    with pytest.raises(NotFound):
        ann.grade(replace(card, subject=hidden))
    with pytest.raises(NotFound):
        ann.grade(replace(card, subject=999_999))
    assert hidden not in [found.subject for found in ann.next(20)]


def _import_subject(database: Database, built: Built, *, state: str) -> int:
    with database.writing() as session:
        brought = Import(study_id=built.study, files=[], mapping={}, state=state, created_at=AT)
        session.add(brought)
        session.flush()
        item = Item(study_id=built.study, external_id="late", messages=[{"role": "user", "content": "Late"}],
                    created_at=AT, import_id=brought.id)  # fmt: skip
        session.add(item)
        session.flush()
        output = Output(item_id=item.id, system_id=next(iter(built.systems.values())), created_at=AT,
                        messages=[{"role": "assistant", "content": "Late answer"}], import_id=brought.id)  # fmt: skip
        session.add(output)
        session.flush()
        subject = Subject(study_id=built.study, item_id=item.id, kind="output", output_a_id=output.id, key="late",
                          import_id=brought.id, created_at=AT)  # fmt: skip
        session.add(subject)
        session.flush()
        assert subject.id is not None
        return subject.id


def test_a_comment_and_a_confidence_are_required_where_the_study_says_so(workspace: Workspace) -> None:
    ann = grader(workspace, settings={"comment": "required", "confidence": "required"})
    card = ann.next()[0]
    with pytest.raises(AnswerProblem) as caught:
        ann.grade(card, comment=" \n ", confidence=0.5)
    assert caught.value.where == "comment"
    with pytest.raises(AnswerProblem) as caught:
        ann.grade(card, comment="so")
    assert caught.value.where == "confidence"


@pytest.mark.parametrize("comment", ["x" * 20_001, "nul \0 byte", "half \ud83d a pair"])
def test_a_comment_that_cannot_be_kept_is_refused(workspace: Workspace, comment: str) -> None:
    ann = grader(workspace)
    with pytest.raises(BadInput, match="comment"):
        ann.grade(ann.next()[0], comment=comment)


def test_an_older_rubric_is_taken_while_its_questions_are_still_asked(workspace: Workspace) -> None:
    ann = grader(workspace, criteria={"one": ("output", yes_no())})
    card, later = ann.next(2)
    with workspace.database.writing() as session:  # the same question at another weight: no answer goes stale
        second = _add_rubric(session, ann.built, 2)
        session.add(RubricEntry(rubric_id=second, criterion_id=ann.built.criteria["one"], position=0, weight=2.0))
    saved = ann.grade(card, "yes")
    assert rows(workspace.database, "select rubric_id from submission") == [(ann.built.rubric,)]
    with workspace.database.writing() as session:  # one more required question
        third = _add_rubric(session, ann.built, 3)
        session.add(RubricEntry(rubric_id=third, criterion_id=ann.built.criteria["one"], position=0))
        add_criterion(session, ann.built.study, "two", "output", yes_no(), rubric=third, position=1)
    with pytest.raises(Conflict, match="rubric changed"):
        ann.grade(later, "yes")
    assert len(ann.next()[0].criteria) == 2
    with pytest.raises(NotFound):
        ann.grade(later, "yes", rubric=999)
    assert saved.saved


def _add_rubric(session: Any, built: Built, version: int) -> int:
    rubric = Rubric(study_id=built.study, version=version, created_at=AT)
    session.add(rubric)
    session.flush()
    assert rubric.id is not None
    return rubric.id


def test_a_reworded_question_takes_over_the_answer_and_one_that_means_something_else_does_not(
    workspace: Workspace,
) -> None:
    ann = grader(workspace, criteria={"one": ("output", yes_no())})
    card = ann.next()[0]
    ann.grade(card, "yes")
    with workspace.database.writing() as session:
        second = _add_rubric(session, ann.built, 2)
        reworded = add_criterion(session, ann.built.study, "one", "output", yes_no(), rubric=second, version=2)
    opened = ann.open(card.subject)
    assert opened.answers is not None
    assert (opened.criteria, opened.answers.values) == ((reworded,), {str(reworded): {"option": "yes"}})
    ann.grade(opened, "no", rubric=second)
    assert rows(workspace.database, STANDING) == [("no", None, "blind")]
    with workspace.database.writing() as session:
        third = _add_rubric(session, ann.built, 3)
        add_criterion(session, ann.built.study, "one", "output", yes_no(), rubric=third, version=3, meaning=2)
    opened = ann.open(card.subject)
    assert opened.answers is not None
    assert opened.answers.values == {}
    ann.grade(opened, "yes", rubric=third)
    assert rows(workspace.database, STANDING) == [("no", None, "blind"), ("yes", None, "blind")]


def test_a_guideline_of_another_study_is_refused_and_an_older_one_is_taken(workspace: Workspace) -> None:
    ann = grader(workspace)
    other = build_study(workspace.database, name="Other")
    with workspace.database.writing() as session:
        session.add(Guideline(study_id=ann.built.study, version=2, text="New.", created_at=AT))
    card = ann.next()[0]
    with pytest.raises(NotFound):
        ann.grade(card, guideline=other.guideline)
    assert ann.grade(card).saved


# --- drafts, skips, flags --------------------------------------------------------------------------------------------


def test_an_open_draft_comes_first_on_a_desk_that_knows_nothing(any_workspace: Workspace) -> None:
    ann = grader(any_workspace, settings={"order": "random"}, items=[f"q{n}" for n in range(5)])
    cards = ann.next(4)
    ann.draft(cards[2], 1, "fail")
    again = Grader(GradingDesk(any_workspace), ann.built)
    first, second = again.next(2)
    assert first.subject == cards[2].subject
    assert first.state == "draft"
    assert first.draft is not None
    assert first.draft["values"] == {str(first.criteria[0]): {"option": "fail"}}
    assert first.draft_number == 1
    assert second.subject == cards[0].subject


def test_a_late_draft_does_not_undo_a_newer_one(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    card = ann.next()[0]
    ann.draft(card, 3, "fail")
    ann.draft(card, 2, "pass")
    draft = ann.next()[0].draft
    assert draft is not None
    assert draft["values"] == {str(card.criteria[0]): {"option": "fail"}}


def test_a_draft_of_a_submitted_subject_changes_neither_its_ratings_nor_its_state(workspace: Workspace) -> None:
    ann = grader(workspace)
    card = ann.next()[0]
    ann.draft(card, 4, "pass")
    ann.grade(card, "pass", number=6)
    ann.draft(card, 6, "fail")  # sent before the grade, arrived after it
    assert ann.open(card.subject).draft is None
    ann.draft(card, 8, "fail")
    opened = ann.open(card.subject)
    assert opened.draft is not None
    assert (opened.state, opened.draft["values"]) == ("submitted", {str(card.criteria[0]): {"option": "fail"}})
    assert rows(workspace.database, STANDING) == [("pass", None, "blind")]


def test_a_draft_of_any_length_is_not_kept(workspace: Workspace) -> None:
    ann = grader(workspace)
    with pytest.raises(BadInput, match="draft"):
        save_draft(
            ann.desk,
            ANN,
            study=ann.built.study,
            subject=ann.next()[0].subject,
            number=1,
            draft={"comment": "x" * 100_001},
        )


@pytest.mark.parametrize("how", ["skipped", "flagged"])
def test_what_is_set_aside_leaves_the_queue_and_can_be_graded_later(any_workspace: Workspace, how: str) -> None:
    ann = grader(any_workspace)
    card = ann.next()[0]
    ann.set_aside(card, how, "Text is cut off")
    assert card.subject not in [found.subject for found in ann.next(20)]
    opened = ann.open(card.subject)
    assert (opened.state, opened.reason, opened.answers) == (how, "Text is cut off", None)
    progress = ann.grade(opened, "fail").progress
    assert (progress.mine, progress.skipped, progress.flagged, progress.left) == (1, 0, 0, 5)


def test_a_skip_is_taken_back_once_and_its_late_repetition_does_nothing(workspace: Workspace) -> None:
    ann = grader(workspace)
    card = ann.next()[0]
    ann.draft(card, 1, "fail")
    skip = {"study": ann.built.study, "subject": card.subject, "nonce": "skip-0001", "reason": "hm", "state": "skipped"}
    assert set_aside(ann.desk, ANN, **skip).progress.skipped == 1  # type: ignore[arg-type]
    assert set_aside(ann.desk, ANN, **skip).progress.skipped == 1  # type: ignore[arg-type]
    back = take_up(ann.desk, ANN, study=ann.built.study, subject=card.subject, nonce="back-0001")
    assert (back.card.state, back.card.reason, back.progress.skipped) == ("draft", "", 0)
    assert back.card.draft is not None
    assert back.card.draft["values"] == {str(card.criteria[0]): {"option": "fail"}}
    assert set_aside(ann.desk, ANN, **skip).progress.skipped == 0  # type: ignore[arg-type] # an answer that was lost
    assert take_up(ann.desk, ANN, study=ann.built.study, subject=card.subject, nonce="back-0001").card == back.card
    with pytest.raises(Conflict, match="neither"):
        take_up(ann.desk, ANN, study=ann.built.study, subject=card.subject, nonce="back-0002")


def test_what_is_graded_cannot_be_set_aside(workspace: Workspace) -> None:
    ann = grader(workspace)
    card = ann.next()[0]
    ann.grade(card)
    with pytest.raises(Conflict, match="graded"):
        ann.set_aside(card, "skipped")


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_withdraws_the_ratings_and_gives_the_answers_back(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    card = ann.next()[0]
    saved = ann.grade(card, "fail", comment="Hm", confidence=0.5)
    back = ann.undo(saved.submission)
    assert back.progress.mine == 0
    assert back.card.state == "draft"
    assert back.card.draft == {
        "values": {str(card.criteria[0]): {"option": "fail"}}, "comment": "Hm", "confidence": 0.5, "criterion": None,
    }  # fmt: skip
    assert rows(any_workspace.database, STANDING) == [(None, "withdrawn", "blind")]
    assert rows(any_workspace.database, "select act, supersedes_id from submission order by id") == [
        ("grade", None), ("undo", saved.submission),
    ]  # fmt: skip
    assert ann.next()[0].subject == card.subject


def test_undo_and_grade_again_as_often_as_one_likes(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    card = ann.next()[0]
    for answer in ("pass", "fail", "pass"):
        saved = ann.grade(card, answer)
        assert rows(any_workspace.database, STANDING) == [(answer, None, "blind")]
        ann.undo(saved.submission)
    last = ann.grade(card, "fail")
    assert last.phase == "blind"
    assert rows(any_workspace.database, STANDING) == [("fail", None, "blind")]
    # Four grades and three undos, each superseding the one before: nothing was destroyed.
    chain = rows(any_workspace.database, "select id, supersedes_id from submission order by id")
    assert [row[1] for row in chain] == [None] + [row[0] for row in chain[:-1]]
    assert len(chain) == 7


def test_a_repeated_undo_answers_the_same(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    saved = ann.grade(ann.next()[0])
    first = undo(ann.desk, ANN, study=ann.built.study, submission=saved.submission, nonce="undo-0001")
    assert undo(ann.desk, ANN, study=ann.built.study, submission=saved.submission, nonce="undo-0001") == first
    with pytest.raises(Conflict, match="taken back"):
        undo(ann.desk, ANN, study=ann.built.study, submission=saved.submission, nonce="undo-0002")


def test_only_ones_own_newest_submission_can_be_taken_back(workspace: Workspace) -> None:
    ann = grader(workspace)
    ben = Grader(ann.desk, ann.built, BEN)
    card = ann.next()[0]
    first = ann.grade(card, "pass")
    ben.grade(card, "pass")
    with pytest.raises(NotFound):
        ben.undo(first.submission)
    with pytest.raises(NotFound):
        ann.undo(999)
    ann.grade(card, "fail")
    with pytest.raises(Conflict):
        ann.undo(first.submission)
    assert rows(workspace.database, "select count(*) from submission where act = 'undo'") == [(0,)]


def test_a_person_whose_name_is_part_of_anothers_gets_nothing_of_theirs(workspace: Workspace) -> None:
    anna = grader(workspace, Visitor("Anna"))
    card = anna.next()[0]
    anna.draft(card, 1, "fail")
    anna.grade(anna.next(2)[1], "pass")
    ann = Grader(anna.desk, anna.built, Visitor("Ann"))
    assert [found.draft for found in ann.next(6)] == [None] * 6
    assert mine(ann.desk, ann.visitor, study=ann.built.study).rows == ()
    with pytest.raises(NotFound):
        ann.open(card.subject)


# --- reveal ----------------------------------------------------------------------------------------------------------


def judged(workspace: Workspace, **settings: str) -> Grader:
    """Pairs with a judge in both orders, a source and another person; references to be shown afterwards."""
    found = grader(workspace, criteria=PAIRS, settings={"reveal": "after"} | settings)
    with workspace.database.writing() as session:
        for subject in found.built.subjects:
            add_rating(
                session, found.built, subject, "better", "strict", "A", kind="judge", order="AB", rationale="*Why*"
            )
            add_rating(session, found.built, subject, "better", "strict", "B", kind="judge", order="BA")
            add_rating(session, found.built, subject, "better", "source:given", "A", kind="source")
            add_rating(session, found.built, subject, "better", "Ben", "B")
        for item in found.built.items.values():
            session.add(Reference(item_id=item, text="The expected one", status="verified", created_at=AT))
            session.add(Reference(item_id=item, text="A trap", kind="falsified", created_at=AT))
    return found


def test_the_reveal_comes_after_the_answer_and_leaves_an_exposure(any_workspace: Workspace) -> None:
    ann = judged(any_workspace)
    card = ann.next()[0]
    assert card.reveal is None
    side = "left" if card.order == "AB" else "right"  # where A stands
    saved = ann.grade(card, side)
    assert saved.phase == "blind"
    assert saved.reveal is not None
    row = saved.reveal.rows[0]
    assert (row.criterion, row.you) == (card.criteria[0], side.capitalize())
    # The judge said A, then B when they were swapped: a tie, unstable. The source said A, as Ann did. Ben is not shown.
    assert [(other.rater, other.kind, other.value, other.unstable, other.differs) for other in row.others] == [
        ("strict", "judge", "Tie", True, True),
        ("source:given", "source", side.capitalize(), False, False),
    ]
    assert [(found.html, found.status) for found in saved.reveal.references] == [
        ("<p>The expected one</p>\n", "verified")
    ]
    assert rows(any_workspace.database, "select subject_id, shown_on from exposure") == [(card.subject, "grade")]


def test_keeping_and_revising_leave_the_blind_answer_standing(any_workspace: Workspace) -> None:
    ann = judged(any_workspace)
    first, second = ann.next(2)
    kept = ann.keep(first, ann.grade(first, "tie").submission)
    ann.grade(second, "tie")
    revised = ann.grade(second, "both_bad", act="revise")
    assert (kept.phase, kept.reveal, revised.phase, revised.reveal) == ("revised", None, "revised", None)
    mine_only = STANDING.replace(" order by", " and rater_id = (select id from rater where name = 'Ann') order by")
    assert rows(any_workspace.database, mine_only) == [
        ("tie", None, "blind"), ("tie", None, "revised"), ("tie", None, "blind"), ("both_bad", None, "revised"),
    ]  # fmt: skip
    opened = ann.open(second.subject)
    assert opened.answers is not None
    assert opened.answers.values == {str(second.criteria[0]): {"option": "both_bad"}}
    assert opened.reveal is not None
    assert opened.reveal.rows[0].you == "Both bad"


def test_a_repeated_press_gets_its_reveal_again_and_one_exposure(any_workspace: Workspace) -> None:
    ann = judged(any_workspace)
    press = ann.press(ann.next()[0], "tie")
    assert submit(ann.desk, ANN, press) == submit(ann.desk, ANN, press)
    assert rows(any_workspace.database, "select count(*) from exposure") == [(1,)]


def test_a_blind_answer_that_was_revealed_cannot_be_taken_back_but_its_revision_can(any_workspace: Workspace) -> None:
    ann = judged(any_workspace)
    card = ann.next()[0]
    first = ann.grade(card, "tie")
    with pytest.raises(Conflict, match="stands"):
        ann.undo(first.submission)
    revised = ann.grade(card, "left", act="revise")
    back = ann.undo(revised.submission)
    assert (back.card.state, back.progress.mine) == ("submitted", 1)
    assert back.card.draft is not None
    assert back.card.draft["values"] == {str(card.criteria[0]): {"option": "left"}}
    assert ann.keep(card, first.submission).phase == "revised"


def test_nothing_can_be_kept_or_revised_that_was_not_revealed(workspace: Workspace) -> None:
    ann = grader(workspace)
    card = ann.next()[0]
    saved = ann.grade(card)
    with pytest.raises(Conflict, match="reveal"):
        ann.keep(card, saved.submission)
    with pytest.raises(Conflict, match="reveal"):
        ann.grade(card, "fail", act="revise")


def test_only_the_newest_first_answer_can_be_kept_and_only_once(workspace: Workspace) -> None:
    ann = judged(workspace)
    card = ann.next()[0]
    saved = ann.grade(card, "tie")
    with pytest.raises(Conflict):
        ann.keep(card, saved.submission + 1)
    ann.keep(card, saved.submission)
    with pytest.raises(Conflict):
        ann.keep(card, saved.submission)


def test_a_first_answer_after_an_exposure_on_another_page_is_exposed_and_never_blind(any_workspace: Workspace) -> None:
    ann = grader(any_workspace, items=("q1", "q2"))
    cards = ann.next(4)
    ann.grade(cards[0])
    with any_workspace.database.writing() as session:
        rater = add_rater(session, ann.built.study, "Ann")
        session.add(Exposure(study_id=ann.built.study, rater_id=rater, subject_id=cards[1].subject,
                             shown_on="agreement", created_at=AT))  # fmt: skip
    assert ann.grade(cards[1]).phase == "exposed"
    assert ann.grade(cards[1], "fail").phase == "exposed"
    assert ann.grade(cards[2]).phase == "blind"
    with any_workspace.database.writing() as session:  # an export of the whole study
        last = max(card.subject for card in cards)
        session.add(Exposure(study_id=ann.built.study, rater_id=rater, up_to_subject_id=last, shown_on="export",
                             created_at=AT))  # fmt: skip
    assert ann.grade(cards[3]).phase == "exposed"
    assert ann.grade(cards[0], "fail").phase == "revised"
    late = _import_subject(any_workspace.database, ann.built, state="done")
    fresh = ann.next()[0]
    assert fresh.subject == late
    assert ann.grade(fresh).phase == "blind"


def test_an_exposed_answer_can_be_taken_back_and_stays_exposed(workspace: Workspace) -> None:
    ann = grader(workspace)
    card = ann.next()[0]
    with workspace.database.writing() as session:
        rater = add_rater(session, ann.built.study, "Ann")
        session.add(Exposure(study_id=ann.built.study, rater_id=rater, subject_id=card.subject, shown_on="agreement",
                             created_at=AT))  # fmt: skip
    ann.undo(ann.grade(card).submission)
    assert ann.grade(card, "fail").phase == "exposed"


def test_nothing_is_revealed_where_the_study_does_not_or_nobody_said_anything(workspace: Workspace) -> None:
    quiet = judged(workspace, reveal="never")
    assert quiet.grade(quiet.next()[0], "tie").reveal is None
    alone = Grader(quiet.desk, build_study(workspace.database, name="Alone", settings={"reveal": "after"}))
    assert alone.grade(alone.next()[0]).reveal is None
    assert rows(workspace.database, "select count(*) from exposure") == [(0,)]


def test_references_are_shown_when_the_study_says(workspace: Workspace) -> None:
    before = judged(workspace, reference="before")
    card = before.next()[0]
    assert card.reference_html == "<p>The expected one</p>\n"
    saved = before.grade(card, "tie")
    assert saved.reveal is not None
    assert saved.reveal.references == ()


# --- the queue -------------------------------------------------------------------------------------------------------


def test_file_order_is_the_order_of_the_subjects_and_random_is_not(workspace: Workspace) -> None:
    items = [f"q{n:02d}" for n in range(20)]
    filed = grader(workspace, items=items, settings={"order": "file"})
    assert [card.subject for card in filed.next(20)] == sorted(filed.built.subjects.values())[:20]
    mixed = Grader(filed.desk, build_study(workspace.database, name="Mixed", items=items, settings={"order": "random"}))
    order = [card.subject for card in mixed.next(20)]
    assert order != sorted(order)
    assert [card.subject for card in Grader(GradingDesk(workspace), mixed.built).next(20)] == order


def test_what_the_card_holds_is_not_served_twice(workspace: Workspace) -> None:
    ann = grader(workspace)
    first = ann.next(3)
    held = [card.subject for card in first]
    then = ann.next(20, holding=held)
    assert len({*held, *(card.subject for card in then)}) == 6
    found = next_cards(ann.desk, ANN, study=ann.built.study, holding=sorted(ann.built.subjects.values()), count=1)
    assert (found.cards, found.done) == ((), True)


def test_what_another_process_wrote_is_not_served_again(any_workspace: Workspace) -> None:
    ann = grader(any_workspace)
    ann.next()
    elsewhere = Grader(GradingDesk(any_workspace), ann.built)
    done = [card.subject for card in elsewhere.next(4)]
    for card in elsewhere.next(4):
        elsewhere.grade(card)
    left = [card.subject for card in ann.next(20)]
    assert sorted(left + done) == sorted(ann.built.subjects.values())


def test_new_subjects_come_without_a_restart(any_workspace: Workspace) -> None:
    ann = grader(any_workspace, settings={"order": "random"})
    before = [card.subject for card in ann.next(20)]
    fresh = _import_subject(any_workspace.database, ann.built, state="done")
    with any_workspace.database.writing() as session:
        added = add_subject(session, ann.built.study, ann.built.items["q1"], "again", ann.built.outputs["q1", "alder"])
    after = [card.subject for card in ann.next(20)]
    assert set(after) - set(before) == {fresh, added}
    assert [subject for subject in after if subject in before] == before
    assert state(ann.desk, ANN, study=ann.built.study).progress.total == 8


def test_subjects_of_an_import_come_when_it_is_done(workspace: Workspace) -> None:
    ann = grader(workspace)
    late = _import_subject(workspace.database, ann.built, state="running")
    assert len(ann.next(20)) == 6
    with workspace.database.writing() as session:
        session.connection().execute(text("update import set state = 'done'"))
    assert late in [card.subject for card in ann.next(20)]


def test_the_queue_runs_dry_and_says_so(workspace: Workspace) -> None:
    ann = grader(workspace)
    for number, card in enumerate(ann.next(20)):
        ann.set_aside(card, "skipped") if number == 0 else ann.grade(card)
    found = next_cards(ann.desk, ANN, study=ann.built.study, holding=[], count=2)
    assert (found.cards, found.done) == ((), True)
    progress = found.progress
    assert (progress.mine, progress.skipped, progress.left, progress.total) == (5, 1, 0, 6)


def test_only_the_kinds_the_rubric_asks_about_are_served_and_counted(workspace: Workspace) -> None:
    ann = grader(workspace, criteria={"one": ("output", yes_no())}, pairs=True)
    card = ann.next()[0]
    assert {found.kind for found in ann.next(20)} == {"output"}
    progress = ann.grade(card, "yes").progress
    assert (progress.mine, progress.total, progress.left) == (1, 6, 5)
    with workspace.database.writing() as session:
        second = _add_rubric(session, ann.built, 2)
        add_criterion(session, ann.built.study, "better", "pair", preference(), rubric=second)
    progress = state(ann.desk, ANN, study=ann.built.study).progress
    assert (progress.mine, progress.total, progress.left) == (0, 3, 3)
    with pytest.raises(Conflict, match="asks nothing"):
        ann.grade(card, "yes")


def test_a_study_without_a_rubric_has_nothing_to_grade(workspace: Workspace) -> None:
    ann = grader(workspace)
    with workspace.database.writing() as session:
        session.connection().execute(text("update rubric set status = 'draft'"))
    seen = state(ann.desk, ANN, study=ann.built.study)
    assert (seen.rubric, seen.criteria, seen.progress.total) == (None, (), 0)
    assert next_cards(ann.desk, ANN, study=ann.built.study, holding=[], count=1).done


def test_new_settings_hold_at_once(workspace: Workspace) -> None:
    ann = grader(workspace)
    assert state(ann.desk, ANN, study=ann.built.study).settings.comment == "optional"
    with workspace.database.writing() as session:
        session.add(StudySettings(study_id=ann.built.study, version=2, settings={"comment": "required"}, created_at=AT))
    assert state(ann.desk, ANN, study=ann.built.study).settings.comment == "required"


# --- one's own work --------------------------------------------------------------------------------------------------


def test_ones_own_work_is_listed_the_last_first(any_workspace: Workspace, clock: Any) -> None:
    ann = grader(any_workspace)
    cards = ann.next(3)
    ann.grade(cards[0], "pass")
    clock.advance(seconds=5)
    ann.set_aside(cards[1], "flagged", "Broken")
    clock.advance(seconds=5)
    ann.grade(cards[2], "fail")
    listed = mine(ann.desk, ANN, study=ann.built.study)
    assert [(row.subject, row.state, row.summary, row.reason) for row in listed.rows] == [
        (cards[2].subject, "submitted", "Acceptable: Fail", ""),
        (cards[1].subject, "flagged", "", "Broken"),
        (cards[0].subject, "submitted", "Acceptable: Pass", ""),
    ]
    assert listed.rows[0].snippet.startswith("Question q")
    assert [row.subject for row in mine(ann.desk, ANN, study=ann.built.study, which="flagged").rows] == [
        cards[1].subject
    ]
    with pytest.raises(BadInput):
        mine(ann.desk, ANN, study=ann.built.study, which="draft")
    with pytest.raises(BadInput):
        mine(ann.desk, ANN, study=ann.built.study, before="yesterday")


def test_ones_own_work_comes_in_pages_without_a_gap(any_workspace: Workspace, clock: Any) -> None:
    ann = grader(any_workspace, items=[f"q{n}" for n in range(60)])
    cards = [card for _ in range(6) for card in _grade_all(ann, ann.next(20))]
    assert len(cards) == 120
    clock.advance(seconds=1)
    seen: list[int] = []
    before = None
    for _ in range(3):
        page = mine(ann.desk, ANN, study=ann.built.study, before=before)
        seen += [row.subject for row in page.rows]
        before = page.more
    assert before is None
    assert sorted(seen) == sorted(ann.built.subjects.values())


def _grade_all(someone: Grader, cards: Sequence[Card]) -> Sequence[Card]:
    for card in cards:
        someone.grade(card)
    return cards


# --- trouble ---------------------------------------------------------------------------------------------------------


def test_a_locked_database_is_an_error_and_leaves_nothing_half_saved(workspace: Workspace) -> None:
    ann = grader(workspace)
    card = ann.next()[0]
    file = workspace.database.file
    assert file is not None
    with workspace.database.reading() as session:  # the pooled connection that the press will use gives up at once
        session.connection().exec_driver_sql("pragma busy_timeout = 50")
    blocker = sqlite3.connect(file, isolation_level=None)
    blocker.execute("begin immediate")
    press = ann.press(card)
    with pytest.raises(WrongDatabase):
        submit(ann.desk, ANN, press)
    blocker.execute("rollback")
    blocker.close()
    assert rows(workspace.database, "select count(*) from submission") == [(0,)]
    assert submit(ann.desk, ANN, press).saved


@pytest.mark.parametrize("table", ["submission", "rating", "assignment", "exposure"])
def test_a_full_disk_leaves_nothing_half_saved(workspace: Workspace, table: str) -> None:
    ann = judged(workspace)
    card = ann.next()[0]
    counts = "select (select count(*) from submission), (select count(*) from rating), (select count(*) from rater)"
    before = rows(workspace.database, counts)
    with workspace.database.writing() as session:  # what a full disk looks like from inside a transaction
        session.connection().exec_driver_sql(
            f"create trigger full_disk before insert on {table} begin"
            " select raise(fail, 'database or disk is full'); end"
        )
    with pytest.raises(Exception, match="full"):
        ann.grade(card, "tie")
    assert rows(workspace.database, counts) == before
    with workspace.database.writing() as session:
        session.connection().exec_driver_sql("drop trigger full_disk")
    assert ann.grade(card, "tie").saved


def test_a_disk_that_is_really_full_is_said_to_be_and_nothing_is_saved(workspace: Workspace) -> None:
    ann = grader(workspace)
    card = ann.next()[0]
    with workspace.database.reading() as session:
        pages = session.connection().exec_driver_sql("pragma page_count").scalar_one()
        session.connection().exec_driver_sql(f"pragma max_page_count = {pages}")
    press = ann.press(card, comment="x" * 19_000)
    with pytest.raises(WrongDatabase, match="full"):
        submit(ann.desk, ANN, press)
    assert rows(workspace.database, "select count(*) from submission") == [(0,)]
    with workspace.database.reading() as session:
        session.connection().exec_driver_sql("pragma max_page_count = 1000000")
    assert submit(ann.desk, ANN, press).saved


def test_numbers_and_items_are_graded_too(workspace: Workspace) -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0, step=0.5)
    ann = grader(workspace, criteria={"score": ("item", scale)})
    seen = state(ann.desk, ANN, study=ann.built.study).criteria[0]
    assert seen.numeric is not None
    assert (seen.numeric.low, seen.numeric.high, seen.numeric.step, seen.options) == (0.0, 100.0, 0.5, ())
    card = ann.next()[0]
    assert (card.kind, card.outputs, card.order) == ("item", (), None)
    ann.grade(card, values={str(card.criteria[0]): Answer(number=72.5)})
    assert rows(workspace.database, "select number from rating") == [(72.5,)]
    assert mine(ann.desk, ANN, study=ann.built.study).rows[0].summary == "Score: 72.5"


def test_the_options_of_a_preference_are_told_as_sides(workspace: Workspace) -> None:
    ann = grader(workspace, criteria=PAIRS)
    options = state(ann.desk, ANN, study=ann.built.study).criteria[0].options
    assert [(option.key, option.label) for option in options] == [
        ("left", "Left"), ("tie", "Tie"), ("right", "Right"), ("both_bad", "Both bad"),
    ]  # fmt: skip


def test_what_everybody_did_is_counted_anew_after_a_few_seconds(workspace: Workspace) -> None:
    now = [0.0]
    desk = GradingDesk(workspace, ticks=lambda: now[0])
    built = build_study(workspace.database)
    ann, ben = Grader(desk, built), Grader(desk, built, BEN)
    first, second = ann.next(2)
    assert ann.grade(first).progress.everyone == 1
    ben.grade(second)
    assert state(desk, ANN, study=built.study).progress.everyone == 1
    now[0] = 3.5
    assert state(desk, ANN, study=built.study).progress.everyone == 2


def test_a_desk_forgets_what_was_used_longest_ago() -> None:
    shelf: Shelf[str, int] = Shelf(10)
    for place, name in enumerate("abc"):
        shelf.put(name, place, weight=4)
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (None, 1, 2)
    shelf.put("heavy", 9, weight=50)
    assert (shelf.get("c"), shelf.get("heavy")) == (None, 9)
