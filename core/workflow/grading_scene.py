"""Where an act of grading takes place: the study as it is now, the person held, the subject, how far everybody is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.errors import Conflict, NotAllowed, shortened
from core.store import grading as own
from core.store.database import Session
from core.store.grading import Place
from core.store.grading_subjects import KINDS, StudyFace, SubjectRow, read_face
from core.store.studies import AskedCriterion, refuse_simulated
from core.workflow.grading_cards import order_of
from core.workflow.grading_desk import Frame, GradingDesk
from core.workflow.grading_imported import holds, untouched
from core.workflow.workspace import Visitor


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one person and everybody are, counted in subjects that the rubric asks about.

    Attributes:
        mine, skipped, flagged: Of this person.
        left: What this person has neither graded nor set aside.
        everyone: Subjects that somebody graded; may lag by a few seconds.
    """

    mine: int
    skipped: int
    flagged: int
    total: int
    left: int
    everyone: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything an act needs, read in its own transaction.

    Attributes:
        order: How the outputs of a pair stand for this person.
        exposed: Whether they saw what others said of the subject.
        pressed: Whether the act's nonce is taken.
    """

    session: Session
    now: datetime
    face: StudyFace
    frame: Frame
    name: str
    rater_id: int
    subject: SubjectRow
    criteria: tuple[AskedCriterion, ...]
    place: Place | None
    order: str | None
    exposed: bool
    pressed: bool


class OtherRater(Conflict):
    """The page shows another name than the one that is signed in now; `rater` is the latter."""

    def __init__(self, rater: str, shown: str) -> None:
        self.rater = rater
        super().__init__(
            f"{shortened(rater)} is signed in now, and this is the page of {shortened(shown)}: nothing was saved."
        )


def require_shown(visitor: Visitor, shown: str) -> Visitor:
    """The visitor, who must be the one whose name the page shows.

    The name is changed for all tabs of a browser at once: without this, an open tab would save under the new one.

    Raises:
        NotAllowed: Nobody said who grades.
        OtherRater: Somebody else is signed in now.
    """
    if name_of(visitor) != shown:
        raise OtherRater(visitor.name, shown)
    return visitor


def name_of(visitor: Visitor) -> str:
    """The name of a visitor who said it.

    Raises:
        NotAllowed: Nobody said who grades.
    """
    if not visitor.is_known:
        raise NotAllowed("Say who you are before you grade.")
    return visitor.name


def enter(
    desk: GradingDesk, visitor: Visitor, *, study: int, subject: int, nonce: str | None, session: Session
) -> Scene:
    """Hold the person (made at the first act) and read where they stand with a subject.

    Args:
        desk: The process's desk.
        visitor: Who acts.
        study: Where.
        subject: On what.
        nonce: Of a press that may have been saved before; a closed study answers it again.
        session: A writing session.

    Raises:
        NotAllowed: Nobody said who grades.
        NotFound: There is no such study, or no such subject in it.
        BadInput: The study is simulated.
        Conflict: The study is closed, or its rubric asks nothing about the subject.
    """
    name, now = name_of(visitor), desk.workspace.clock()
    face, person = read_face(study, name, session=session)
    if face.simulated:
        refuse_simulated(study, session=session)
    rater_id = own.hold_person(study, name, person, now=now, session=session)
    stand = own.read_stand(study, rater_id, subject, nonce or "", session=session)
    if face.closed and not stand.pressed:
        raise Conflict("This study is closed: nothing more is graded in it.")
    frame = desk.frame(face, session=session)
    criteria = frame.criteria_for(stand.subject.kind)
    if not criteria:
        raise Conflict(f"The rubric asks nothing about this {stand.subject.kind}.")
    return Scene(
        session=session,
        now=now,
        face=face,
        frame=frame,
        name=name,
        rater_id=rater_id,
        subject=stand.subject,
        criteria=criteria,
        place=stand.place,
        order=order_of(stand.subject, stand.place, seed=face.seed, name=name),
        exposed=stand.exposed,
        pressed=stand.pressed,
    )


def put(scene: Scene, **changes: object) -> int:
    """Write the person's place on the subject of the scene."""
    return own.put_place(
        study_id=scene.face.id,
        rater_id=scene.rater_id,
        subject_id=scene.subject.id,
        place=scene.place,
        changes={"order_shown": scene.order} | changes,
        session=scene.session,
    )


def is_imported(desk: GradingDesk, scene: Scene) -> bool:
    """Whether all that this person did with the subject is that an import brought their ratings of it, in full."""
    if scene.place is not None:
        return False
    return holds(desk.imported(scene.face, scene.frame, scene.rater_id, session=scene.session), scene.subject.id)


def count_mine(
    desk: GradingDesk, face: StudyFace, frame: Frame, rater_id: int | None, *, session: Session
) -> Mapping[str, int]:
    """State -> how many subjects this person has in it, of the kinds that the rubric asks about.

    What an import brought in full counts as submitted.
    """
    if rater_id is None:
        return {}
    others = any(
        last is not None and kind not in frame.kinds for kind, last in zip(KINDS, face.last_subjects, strict=True)
    )
    counts = dict(own.count_places(rater_id, kinds=frame.kinds if others else None, session=session))
    imported = desk.imported(face, frame, rater_id, session=session)
    if len(imported):
        n_imported = len(untouched(imported, rater_id, session=session))
        counts["submitted"] = counts.get("submitted", 0) + n_imported
    return counts


def progress_of(desk: GradingDesk, study_id: int, counts: Mapping[str, int]) -> Progress:
    """Progress from the person's counts; opens sessions of its own where something has to be counted anew."""
    mine, skipped, flagged = (counts.get(state, 0) for state in own.SETTLED)
    total = desk.total(study_id)
    left = max(0, total - mine - skipped - flagged)
    return Progress(mine, skipped, flagged, total, left, max(mine, desk.everyone(study_id)))
