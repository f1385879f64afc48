"""Drafts, skips and flags, and taking a submission back. Nothing is deleted: an undo is a submission of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps
from typing import Any

from core.errors import BadInput, Conflict, NotFound
from core.store import grading as own
from core.store.grading import Press
from core.store.grading_subjects import read_face
from core.store.study_edits import checked_text
from core.workflow.grading_answers import Answer
from core.workflow.grading_cards import (
    Card,
    CardParts,
    answers_face,
    draw_cards,
    newest_standing,
    read_cards,
    standing_answers,
)
from core.workflow.grading_desk import GradingDesk
from core.workflow.grading_records import check_nonce, earlier_press, rating_row, write_press
from core.workflow.grading_scene import Progress, Scene, count_mine, enter, is_imported, name_of, progress_of, put
from core.workflow.workspace import Visitor

_DRAFT_CHARACTERS = 100_000
_KEPT_NONCES = 8


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
        settled = place.state if place else "submitted" if is_imported(desk, scene) else ""
        is_settled = settled in own.SETTLED
        kept = {"acts": place.draft["acts"]} if place and place.draft and "acts" in place.draft else {}
        put(
            scene,
            state=settled if is_settled else "draft",
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
    check_nonce(nonce)
    reason = checked_text(reason, where="reason", limit=2_000)
    desk.total(study)
    with desk.workspace.database.writing() as session:
        scene = enter(desk, visitor, study=study, subject=subject, nonce=None, session=session)
        place = scene.place
        if nonce not in _nonces(scene):
            if (place is not None and place.state == "submitted") or is_imported(desk, scene):
                raise Conflict("You graded this one already; take that back first.")
            put(scene, state=state, reason=reason, draft=_with_nonce(scene, nonce),
                draft_number=(place.draft_number if place else 0) + 1, changed_at=scene.now)  # fmt: skip
        counts = count_mine(desk, scene.face, scene.frame, scene.rater_id, session=session)
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
    check_nonce(nonce)
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
    check_nonce(nonce)
    name = name_of(visitor)
    desk.total(study)
    with desk.workspace.database.writing() as session:
        _, person = read_face(study, name, session=session)
        press = own.read_press(submission, session=session)
        if press is None or person is None or press.rater_id != person.id:
            raise NotFound("submission of yours", submission)
        scene = enter(desk, visitor, study=study, subject=press.subject_id, nonce=nonce, session=session)
        if earlier_press(scene, nonce, "undo") is None:
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
    made = write_press(
        scene, nonce=nonce, act="undo", phase=press.phase, assignment_id=scene.place.id if scene.place else None,
        rubric_id=scene.frame.rubric_id, guideline_id=scene.face.guideline_id,
    )  # fmt: skip
    withdrawn = Answer(absence="withdrawn")
    own.add_ratings(
        [rating_row(scene, row.criterion_id, withdrawn, press.phase, made, row) for row in given], session=scene.session
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
    return parts, count_mine(desk, scene.face, scene.frame, scene.rater_id, session=scene.session)


def _undone(desk: GradingDesk, study: int, back: tuple[list[CardParts], Mapping[str, int]]) -> Undone:
    parts, counts = back
    return Undone(draw_cards(desk, parts)[0], progress_of(desk, study, counts))
