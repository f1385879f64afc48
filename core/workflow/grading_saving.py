"""Keeping what a person answers: grades, and changes of mind after a reveal.

Every act is one short writing transaction; "saved" is returned only after the commit. A nonce that comes again is
answered again and writes nothing. Answers are *blind* until their author saw what others said of the subject on any
page; a first answer after that is *exposed*, a second one beside a blind one *revised*. Nothing is overwritten: a row
supersedes another of its own phase.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.errors import BadInput, Conflict, NotFound, shortened
from core.models.grading_rules import Reveal as RevealRule
from core.store import grading as own
from core.store import grading_subjects as texts
from core.store.exposing import expose_subjects
from core.store.grading import Given, Press
from core.store.study_edits import checked_text
from core.workflow.grading_answers import Answer, AnswerProblem, check_fields, checked_answers
from core.workflow.grading_cards import (
    Reveal,
    RevealParts,
    draw_reveal,
    newest_standing,
    read_reveal,
    standing_answers,
)
from core.workflow.grading_desk import GradingDesk
from core.workflow.grading_records import check_nonce, earlier_press, rating_row, standing_ratings, write_press
from core.workflow.grading_scene import Progress, Scene, count_mine, enter, progress_of, put
from core.workflow.workspace import Visitor

DWELL_MILLISECONDS = 300
"""Nothing is graded earlier after it appeared: a held key or a double press cannot grade what nobody read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """One press of "submit".

    Attributes:
        values: Criterion id (as text) -> answer, in the card's words.
        confidence: Share from 0 to 1.
        seconds: Active time on the subject.
        shown_ms_ago: How long before the press the subject appeared.
        order: How the outputs of a pair stood ("AB": A on the left).
        rubric, guideline: The versions that were on the screen.
        act: "grade", or "revise" after a reveal.
        number: Of the last draft sent; drafts up to it that arrive later are ignored.
    """

    study: int
    subject: int
    nonce: str
    values: Mapping[str, Answer]
    comment: str = ""
    confidence: float | None = None
    seconds: float | None = None
    shown_ms_ago: float
    order: str | None = None
    rubric: int
    guideline: int | None = None
    act: str = "grade"
    number: int = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """A submission that is on disk."""

    submission: int
    phase: str
    progress: Progress
    reveal: Reveal | None
    saved: bool = True


def submit(desk: GradingDesk, visitor: Visitor, grade: Grade) -> Saved:
    """Keep a grade; where the study reveals, note the exposure in the same transaction.

    Raises:
        NotAllowed: Nobody said who grades.
        AnswerProblem: An answer is missing, outside its scale, or came too soon.
        NotFound: No such study or subject.
        Conflict: The study is closed, the rubric changed, or the nonce is another press's.
        WrongDatabase: The database did not answer; nothing was kept.
    """
    check_nonce(grade.nonce)
    comment = checked_text(grade.comment, where="comment", limit=20_000)
    if grade.shown_ms_ago < DWELL_MILLISECONDS:
        raise AnswerProblem(
            where="too soon",
            found=f"a grade {grade.shown_ms_ago:.0f} ms after the subject appeared",
            expected=f"at least {DWELL_MILLISECONDS} ms",
        )
    desk.total(grade.study)  # counted now if it never was, not while others wait to write
    with desk.workspace.database.writing() as session:
        scene = enter(desk, visitor, study=grade.study, subject=grade.subject, nonce=grade.nonce, session=session)
        press = earlier_press(scene, grade.nonce, grade.act)
        if press is not None:
            submission, phase, parts = press.id, press.phase, _revealed_before(scene, press)
        else:
            submission, phase, parts = _write_grade(scene, grade, comment)
        counts = count_mine(desk, scene.face, scene.frame, scene.rater_id, session=session)
    reveal = draw_reveal(desk, parts) if parts else None
    return Saved(submission, phase, progress_of(desk, grade.study, counts), reveal)


def _write_grade(scene: Scene, grade: Grade, comment: str) -> tuple[int, str, RevealParts | None]:
    _check_seen(scene, grade)
    answers = checked_answers(scene.criteria, grade.values, scene.order)
    check_fields(scene.frame.rules, comment=comment, confidence=grade.confidence)
    standing = standing_ratings(scene)
    phase = _phase(grade.act, standing, exposed=scene.exposed)
    shown_at = scene.now - timedelta(milliseconds=grade.shown_ms_ago)
    number = max(grade.number, scene.place.draft_number if scene.place else 0) + 1
    first = scene.place.first_shown_at if scene.place else None
    place_id = put(
        scene,
        state="submitted",
        draft=None,
        draft_number=number,
        first_shown_at=first or shown_at,
        changed_at=scene.now,
    )
    submission = write_press(
        scene, nonce=grade.nonce, act=grade.act, phase=phase, assignment_id=place_id, shown_at=shown_at,
        seconds=grade.seconds, comment=comment, confidence=grade.confidence, rubric_id=grade.rubric,
        guideline_id=grade.guideline,
    )  # fmt: skip
    own.add_ratings(_rows(scene, answers, standing, phase, submission, grade.confidence), session=scene.session)
    parts = None
    if grade.act == "grade" and phase != "revised" and scene.frame.rules.reveal is RevealRule.AFTER:
        parts = read_reveal(scene.face, scene.frame, scene.subject, scene.order, answers, session=scene.session)
        if parts and not scene.exposed:
            expose_subjects(
                scene.face.id, scene.name, [scene.subject.id], shown_on="grade", now=scene.now, session=scene.session
            )
    return submission, phase, parts


def _check_seen(scene: Scene, grade: Grade) -> None:
    """Refuse a grade of something else than what is asked now: other sides, another rubric, another's guideline."""
    if grade.act not in ("grade", "revise"):
        raise BadInput(where="act", found=shortened(grade.act), expected='"grade" or "revise"')
    if grade.order != scene.order:
        raise Conflict("The outputs stand on other sides now; the page will load them again.")
    seen = grade.guideline
    is_current = seen is None or seen == scene.face.guideline_id
    if seen is not None and not is_current and not texts.owns_guideline(scene.face.id, seen, session=scene.session):
        raise NotFound("guideline", seen)
    if grade.rubric == scene.frame.rubric_id:
        return
    if not texts.owns_rubric(scene.face.id, grade.rubric, session=scene.session):
        raise NotFound("rubric", grade.rubric)
    asked = {str(criterion.id) for criterion in scene.criteria}
    required = {str(criterion.id) for criterion in scene.criteria if criterion.required}
    if not required <= grade.values.keys() <= asked:
        raise Conflict("The rubric changed; the page will load the new one.")


def _phase(act: str, standing: Sequence[Given], *, exposed: bool) -> str:
    phases = {row.phase for row in standing if row.absence != "withdrawn"}
    if act == "revise":
        if not exposed or not phases & {"blind", "exposed"}:
            raise Conflict("There is no answer here that was followed by a reveal.")
        return "revised"
    if not exposed:
        return "blind"
    return "revised" if phases & {"blind", "revised"} else "exposed"


def _rows(
    scene: Scene, answers: Mapping[int, Answer], standing: Sequence[Given], phase: str, submission: int,
    confidence: float | None,
) -> list[dict[str, Any]]:  # fmt: skip
    """One row a question: the answer, or "withdrawn" where an answer given before was left out this time."""
    before = {scene.frame.questions[row.criterion_id]: row for row in standing if row.phase == phase}
    said = {scene.frame.questions[row.criterion_id] for row in standing if row.absence != "withdrawn"
            and phase in (row.phase, "revised")}  # fmt: skip
    taken_back = dict.fromkeys(sorted(said - answers.keys()), Answer(absence="withdrawn"))
    return [
        rating_row(scene, question, answer, phase, submission, before.get(question))
        | {"confidence": confidence if answer.absence is None else None}
        for question, answer in (dict(answers) | taken_back).items()
    ]


def _revealed_before(scene: Scene, press: Press) -> RevealParts | None:
    """The reveal that a repeated press had, if its exposure was written."""
    if press.act != "grade" or press.phase == "revised" or scene.frame.rules.reveal is not RevealRule.AFTER:
        return None
    if not scene.exposed:
        return None
    mine = standing_answers(scene.frame, standing_ratings(scene))
    return read_reveal(scene.face, scene.frame, scene.subject, scene.order, mine, session=scene.session)


def keep(desk: GradingDesk, visitor: Visitor, *, study: int, subject: int, submission: int, nonce: str) -> Saved:
    """After a reveal: say again what was said before, so that "kept" and "never shown" differ.

    Raises:
        Conflict: Nothing was revealed, or the submission is not the person's newest on the subject.
        NotAllowed, NotFound, WrongDatabase: As in `submit`.
    """
    check_nonce(nonce)
    desk.total(study)
    with desk.workspace.database.writing() as session:
        scene = enter(desk, visitor, study=study, subject=subject, nonce=nonce, session=session)
        press = earlier_press(scene, nonce, "keep")
        made = press.id if press is not None else _write_keep(scene, submission, nonce)
        counts = count_mine(desk, scene.face, scene.frame, scene.rater_id, session=session)
    return Saved(made, "revised", progress_of(desk, study, counts), None)


def _write_keep(scene: Scene, submission: int, nonce: str) -> int:
    presses = own.read_presses(scene.rater_id, scene.subject.id, session=scene.session)
    first = newest_standing(presses)
    if first is None or first.id != submission:
        raise Conflict("Another answer came after this one; load the page again.")
    if first.phase == "revised" or not scene.exposed:
        raise Conflict("There is no answer here that was followed by a reveal.")
    standing = standing_ratings(scene)
    made = write_press(
        scene, nonce=nonce, act="keep", phase="revised", confidence=first.confidence,
        assignment_id=scene.place.id if scene.place else None, rubric_id=scene.frame.rubric_id,
        guideline_id=scene.face.guideline_id,
    )  # fmt: skip
    before = {scene.frame.questions[row.criterion_id]: row for row in standing if row.phase == "revised"}
    said = [row for row in standing if row.phase == first.phase and row.absence != "withdrawn"]
    rows = [
        rating_row(scene, row.criterion_id, Answer(row.option, row.number, row.absence), "revised", made,
             before.get(scene.frame.questions[row.criterion_id]))
        | {"confidence": first.confidence if row.absence is None else None}
        for row in said
    ]  # fmt: skip
    own.add_ratings(rows, session=scene.session)
    put(scene, state="submitted", changed_at=scene.now)
    return made
