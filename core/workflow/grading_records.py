"""The records of one act of grading: its nonce, its submission, its ratings."""

from collections.abc import Sequence
from re import fullmatch
from typing import Any

from core.errors import BadInput, Conflict, shortened
from core.store import grading as own
from core.store.grading import Given, Press
from core.workflow.grading_answers import Answer
from core.workflow.grading_scene import Scene


def check_nonce(nonce: str) -> None:
    """Refuse what is no nonce.

    Raises:
        BadInput: It is something else than 8 to 64 letters, digits, - or _.
    """
    if not fullmatch(r"[A-Za-z0-9_-]{8,64}", nonce):
        raise BadInput(where="nonce", found=shortened(nonce), expected="8 to 64 letters, digits, - or _")


def earlier_press(scene: Scene, nonce: str, act: str) -> Press | None:
    """The same press, if it was saved before.

    Raises:
        Conflict: The nonce is another press's.
    """
    press = own.find_press(nonce, session=scene.session) if scene.pressed else None
    if press is None:
        return None
    if (press.rater_id, press.subject_id, press.act) != (scene.rater_id, scene.subject.id, act):
        raise Conflict("Another press has this nonce; load the page again.")
    return press


def standing_ratings(scene: Scene) -> Sequence[Given]:
    """What the person says now about the questions asked of the subject, in every phase."""
    asked = {criterion.id for criterion in scene.criteria}
    versions = [version for version, now in scene.frame.questions.items() if now in asked]
    return own.read_standing(scene.rater_id, [scene.subject.id], versions, session=scene.session)


def write_press(scene: Scene, **values: object) -> int:
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


def rating_row(
    scene: Scene, criterion: int, answer: Answer, phase: str, submission: int, supersedes: Given | None
) -> dict[str, Any]:
    """The columns of one rating of the person on the subject."""
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
