"""Keeping what a person answers: grades, changes of mind, drafts, skips, flags, and taking each of them back.

Every act is one short writing transaction; "saved" is returned only after the commit. A nonce that comes again is
answered again and writes nothing. Answers are *blind* until their author saw what others said of the subject on any
page; a first answer after that is *exposed*, a second one beside a blind one *revised*. Nothing is overwritten: a row
supersedes another of its own phase.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from json import dumps
from re import fullmatch
from typing import Any

from core.errors import BadInput, Conflict, NotFound, shortened
from core.models.grading_rules import Reveal as RevealRule
from core.store import grading as own
from core.store import grading_subjects as texts
from core.store.grading import Given, Press
from core.store.grading_subjects import read_face
from core.store.study_edits import checked_text
from core.workflow.grading_answers import Answer, AnswerProblem, check_fields, checked_answers
from core.workflow.grading_cards import (
    Card,
    CardParts,
    Reveal,
    RevealParts,
    answers_face,
    draw_cards,
    draw_reveal,
    newest_standing,
    read_cards,
    read_reveal,
    standing_answers,
)
from core.workflow.grading_desk import GradingDesk
from core.workflow.grading_scene import Progress, Scene, count_mine, enter, name_of, progress_of, put
from core.workflow.workspace import Visitor

DWELL_MILLISECONDS = 300
"""Nothing is graded earlier after it appeared: a held key or a double press cannot grade what nobody read."""

_DRAFT_CHARACTERS = 100_000
_KEPT_NONCES = 8


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


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that is on disk, with nothing to tell."""

    saved: bool = True


@dataclass(frozen=True, slots=True)
class SetAside:
    """A skip or a flag that is on disk."""

    progress: Progress
    saved: bool = True


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, as it stood before."""

    card: Card
    progress: Progress
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
    _check_nonce(grade.nonce)
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
        press = _earlier(scene, grade.nonce, grade.act)
        if press is not None:
            submission, phase, parts = press.id, press.phase, _revealed_before(scene, press)
        else:
            submission, phase, parts = _write_grade(scene, grade, comment)
        counts = count_mine(scene.face, scene.frame, scene.rater_id, session=session)
    reveal = draw_reveal(desk, parts) if parts else None
    return Saved(submission, phase, progress_of(desk, grade.study, counts), reveal)


def _check_nonce(nonce: str) -> None:
    if not fullmatch(r"[A-Za-z0-9_-]{8,64}", nonce):
        raise BadInput(where="nonce", found=shortened(nonce), expected="8 to 64 letters, digits, - or _")


def _earlier(scene: Scene, nonce: str, act: str) -> Press | None:
    press = own.find_press(nonce, session=scene.session) if scene.pressed else None
    if press is None:
        return None
    if (press.rater_id, press.subject_id, press.act) != (scene.rater_id, scene.subject.id, act):
        raise Conflict("Another press has this nonce; load the page again.")
    return press


def _write_grade(scene: Scene, grade: Grade, comment: str) -> tuple[int, str, RevealParts | None]:
    _check_seen(scene, grade)
    answers = checked_answers(scene.criteria, grade.values, scene.order)
    check_fields(scene.frame.rules, comment=comment, confidence=grade.confidence)
    standing = _standing(scene)
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
    submission = _press(
        scene, nonce=grade.nonce, act=grade.act, phase=phase, assignment_id=place_id, shown_at=shown_at,
        seconds=grade.seconds, comment=comment, confidence=grade.confidence, rubric_id=grade.rubric,
        guideline_id=grade.guideline,
    )  # fmt: skip
    own.add_ratings(_rows(scene, answers, standing, phase, submission, grade.confidence), session=scene.session)
    parts = None
    if grade.act == "grade" and phase != "revised" and scene.frame.rules.reveal is RevealRule.AFTER:
        parts = read_reveal(scene.face, scene.frame, scene.subject, scene.order, answers, session=scene.session)
        if parts and not scene.exposed:
            own.add_exposure(
                study_id=scene.face.id, rater_id=scene.rater_id, subject_id=scene.subject.id, now=scene.now,
                session=scene.session,
            )  # fmt: skip
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


def _standing(scene: Scene) -> Sequence[Given]:
    asked = {criterion.id for criterion in scene.criteria}
    versions = [version for version, now in scene.frame.questions.items() if now in asked]
    return own.read_standing(scene.rater_id, [scene.subject.id], versions, session=scene.session)


def _phase(act: str, standing: Sequence[Given], *, exposed: bool) -> str:
    phases = {row.phase for row in standing if row.absence != "withdrawn"}
    if act == "revise":
        if not exposed or not phases & {"blind", "exposed"}:
            raise Conflict("There is no answer here that was followed by a reveal.")
        return "revised"
    if not exposed:
        return "blind"
    return "revised" if phases & {"blind", "revised"} else "exposed"


def _press(scene: Scene, **values: object) -> int:
    """Write a submission that supersedes the newest one of its phase."""
    presses = own.read_presses(scene.rater_id, scene.subject.id, session=scene.session) if scene.place else ()
    earlier = [press.id for press in presses if press.phase == values["phase"]]
    row = {
        "study_id": scene.face.id,
        "rater_id": scene.rater_id,
        "subject_id": scene.subject.id,
        "order_shown": scene.order,
        "supersedes_id": earlier[-1] if earlier else None,
        "created_at": scene.now,
        "comment": "",
    }
    return own.add_press(row | values, session=scene.session)


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
        _row(scene, question, answer, phase, submission, before.get(question))
        | {"confidence": confidence if answer.absence is None else None}
        for question, answer in (dict(answers) | taken_back).items()
    ]


def _row(
    scene: Scene, criterion: int, answer: Answer, phase: str, submission: int, supersedes: Given | None
) -> dict[str, Any]:
    return {
        "study_id": scene.face.id,
        "subject_id": scene.subject.id,
        "criterion_id": criterion,
        "rater_id": scene.rater_id,
        "option": answer.option,
        "number": answer.number,
        "absence": answer.absence,
        "confidence": None,
        "rationale": "",
        "phase": phase,
        "order_shown": scene.order,
        "repetition": 0,
        "supersedes_id": supersedes.id if supersedes else None,
        "submission_id": submission,
        "created_at": scene.now,
    }


def _revealed_before(scene: Scene, press: Press) -> RevealParts | None:
    """The reveal that a repeated press had, if its exposure was written."""
    if press.act != "grade" or press.phase == "revised" or scene.frame.rules.reveal is not RevealRule.AFTER:
        return None
    if not scene.exposed:
        return None
    mine = standing_answers(scene.frame, _standing(scene))
    return read_reveal(scene.face, scene.frame, scene.subject, scene.order, mine, session=scene.session)


def keep(desk: GradingDesk, visitor: Visitor, *, study: int, subject: int, submission: int, nonce: str) -> Saved:
    """After a reveal: say again what was said before, so that "kept" and "never shown" differ.

    Raises:
        Conflict: Nothing was revealed, or the submission is not the person's newest on the subject.
        NotAllowed, NotFound, WrongDatabase: As in `submit`.
    """
    _check_nonce(nonce)
    desk.total(study)
    with desk.workspace.database.writing() as session:
        scene = enter(desk, visitor, study=study, subject=subject, nonce=nonce, session=session)
        press = _earlier(scene, nonce, "keep")
        made = press.id if press is not None else _write_keep(scene, submission, nonce)
        counts = count_mine(scene.face, scene.frame, scene.rater_id, session=session)
    return Saved(made, "revised", progress_of(desk, study, counts), None)


def _write_keep(scene: Scene, submission: int, nonce: str) -> int:
    presses = own.read_presses(scene.rater_id, scene.subject.id, session=scene.session)
    first = newest_standing(presses)
    if first is None or first.id != submission:
        raise Conflict("Another answer came after this one; load the page again.")
    if first.phase == "revised" or not scene.exposed:
        raise Conflict("There is no answer here that was followed by a reveal.")
    standing = _standing(scene)
    made = _press(
        scene, nonce=nonce, act="keep", phase="revised", confidence=first.confidence,
        assignment_id=scene.place.id if scene.place else None, rubric_id=scene.frame.rubric_id,
        guideline_id=scene.face.guideline_id,
    )  # fmt: skip
    before = {scene.frame.questions[row.criterion_id]: row for row in standing if row.phase == "revised"}
    said = [row for row in standing if row.phase == first.phase and row.absence != "withdrawn"]
    rows = [
        _row(scene, row.criterion_id, Answer(row.option, row.number, row.absence), "revised", made,
             before.get(scene.frame.questions[row.criterion_id]))
        | {"confidence": first.confidence if row.absence is None else None}
        for row in said
    ]  # fmt: skip
    own.add_ratings(rows, session=scene.session)
    put(scene, state="submitted", changed_at=scene.now)
    return made


def save_draft(
    desk: GradingDesk, visitor: Visitor, *, study: int, subject: int, number: int, draft: Mapping[str, Any]
) -> Kept:
    """Keep an unfinished answer; one with a lower number than the last is late and ignored.

    A draft on a subject that was submitted, skipped or flagged leaves it so, and its ratings as they are.

    Raises:
        BadInput: The draft is longer than 100,000 characters.
        NotAllowed, NotFound, Conflict, WrongDatabase: As in `submit`.
    """
    length = len(dumps(draft))
    if length > _DRAFT_CHARACTERS:
        raise BadInput(where="draft", found=f"{length} characters", expected=f"at most {_DRAFT_CHARACTERS}")
    with desk.workspace.database.writing() as session:
        scene = enter(desk, visitor, study=study, subject=subject, nonce=None, session=session)
        place = scene.place
        if place is not None and number < place.draft_number:
            return Kept()
        is_settled = place is not None and place.state in own.SETTLED
        kept = {"acts": place.draft["acts"]} if place and place.draft and "acts" in place.draft else {}
        put(
            scene,
            state=place.state if place is not None and is_settled else "draft",
            draft=dict(draft) | kept,
            draft_number=number,
            first_shown_at=(place.first_shown_at if place else None) or scene.now,
            changed_at=place.changed_at if place is not None and is_settled else scene.now,
        )
    return Kept()


def set_aside(
    desk: GradingDesk, visitor: Visitor, *, study: int, subject: int, nonce: str, reason: str, state: str
) -> SetAside:
    """Take a subject out of the person's queue, "skipped" or "flagged", with a reason; it can be graded later.

    Raises:
        Conflict: The person graded it already; or as in `submit`.
        BadInput: The reason is too long.
        NotAllowed, NotFound, WrongDatabase: As in `submit`.
    """
    _check_nonce(nonce)
    reason = checked_text(reason, where="reason", limit=2_000)
    desk.total(study)
    with desk.workspace.database.writing() as session:
        scene = enter(desk, visitor, study=study, subject=subject, nonce=None, session=session)
        place = scene.place
        if nonce not in _nonces(scene):
            if place is not None and place.state == "submitted":
                raise Conflict("You graded this one already; take that back first.")
            put(scene, state=state, reason=reason, draft=_with_nonce(scene, nonce),
                draft_number=(place.draft_number if place else 0) + 1, changed_at=scene.now)  # fmt: skip
        counts = count_mine(scene.face, scene.frame, scene.rater_id, session=session)
    return SetAside(progress_of(desk, study, counts))


def _nonces(scene: Scene) -> list[str]:
    """Of the last skips, flags and their undoings on this subject; kept beside the draft."""
    draft = scene.place.draft if scene.place else None
    return list((draft or {}).get("acts", ()))


def _with_nonce(scene: Scene, nonce: str) -> dict[str, Any]:
    draft = dict(scene.place.draft or {}) if scene.place else {}
    return draft | {"acts": [*_nonces(scene), nonce][-_KEPT_NONCES:]}


def take_up(desk: GradingDesk, visitor: Visitor, *, study: int, subject: int, nonce: str) -> Undone:
    """Undo a skip or a flag: the subject is a draft again.

    Raises:
        Conflict: It is neither skipped nor flagged; or as in `submit`.
        NotAllowed, NotFound, WrongDatabase: As in `submit`.
    """
    _check_nonce(nonce)
    desk.total(study)
    with desk.workspace.database.writing() as session:
        scene = enter(desk, visitor, study=study, subject=subject, nonce=None, session=session)
        if nonce not in _nonces(scene):
            if scene.place is None or scene.place.state not in ("skipped", "flagged"):
                raise Conflict("This subject is neither skipped nor flagged.")
            put(scene, state="draft", reason="", draft=_with_nonce(scene, nonce),
                draft_number=scene.place.draft_number + 1, changed_at=scene.now)  # fmt: skip
        back = _read_back(desk, scene)
    return _undone(desk, study, back)


def undo(desk: GradingDesk, visitor: Visitor, *, study: int, submission: int, nonce: str) -> Undone:
    """Take back one's newest submission on a subject: its ratings are superseded by "withdrawn" ones.

    The subject is a draft again that holds the old answers; it stays submitted where an answer of another phase stands
    (a revision was taken back). A blind answer that was followed by a reveal stands: it can only be revised.

    Raises:
        NotFound: The person has no such submission in the study.
        Conflict: It is not the newest on its subject, or others' verdicts were seen since; or as in `submit`.
        NotAllowed, WrongDatabase: As in `submit`.
    """
    _check_nonce(nonce)
    name = name_of(visitor)
    desk.total(study)
    with desk.workspace.database.writing() as session:
        _, person = read_face(study, name, session=session)
        press = own.read_press(submission, session=session)
        if press is None or person is None or press.rater_id != person.id:
            raise NotFound("submission of yours", submission)
        scene = enter(desk, visitor, study=study, subject=press.subject_id, nonce=nonce, session=session)
        if _earlier(scene, nonce, "undo") is None:
            _write_undo(scene, press, nonce)
        back = _read_back(desk, scene)
    return _undone(desk, study, back)


def _write_undo(scene: Scene, press: Press, nonce: str) -> None:
    presses = own.read_presses(scene.rater_id, scene.subject.id, session=scene.session)
    if presses[-1].id != press.id or press.act == "undo":
        raise Conflict("Another answer came after this one, or it was taken back before; load the page again.")
    if press.phase == "blind" and scene.exposed:
        raise Conflict("You saw what others said of this one since: your first answer stands; revise it instead.")
    given = [row for row in own.read_standing_of(press.id, session=scene.session) if row.absence != "withdrawn"]
    made = _press(
        scene, nonce=nonce, act="undo", phase=press.phase, assignment_id=scene.place.id if scene.place else None,
        rubric_id=scene.frame.rubric_id, guideline_id=scene.face.guideline_id,
    )  # fmt: skip
    withdrawn = Answer(absence="withdrawn")
    own.add_ratings(
        [_row(scene, row.criterion_id, withdrawn, press.phase, made, row) for row in given], session=scene.session
    )
    old = answers_face(scene.criteria, standing_answers(scene.frame, given), scene.order, press)
    others = [other for other in presses if other.phase != press.phase]
    put(
        scene,
        state="submitted" if newest_standing(others) else "draft",
        draft={"values": dict(old.values), "comment": old.comment, "confidence": old.confidence, "criterion": None},
        draft_number=(scene.place.draft_number if scene.place else 0) + 1,
        changed_at=scene.now,
    )


def _read_back(desk: GradingDesk, scene: Scene) -> tuple[list[CardParts], Mapping[str, int]]:
    places = own.read_places(scene.rater_id, [scene.subject.id], session=scene.session)
    parts = read_cards(
            scene.face, scene.frame, name=scene.name, rater_id=scene.rater_id, places=places,
        subject_ids=[scene.subject.id], session=scene.session,
    )  # fmt: skip
    return parts, count_mine(scene.face, scene.frame, scene.rater_id, session=scene.session)


def _undone(desk: GradingDesk, study: int, back: tuple[list[CardParts], Mapping[str, int]]) -> Undone:
    parts, counts = back
    return Undone(draw_cards(desk, parts)[0], progress_of(desk, study, counts))
