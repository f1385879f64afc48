"""Recording what a person has been shown of others' ratings, on any page but the grading page's own reveal."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.models.items import Subject
from core.models.ratings import Exposure, RaterKind
from core.store.inserting import insert_missing
from core.store.studies import ensure_rater, is_simulated


def _person(study_id: int, name: str, now: datetime, session: Session) -> int | None:
    """The person's key; made where they did not rate yet, so that their first answer will not pass for blind."""
    if not name or is_simulated(study_id, session=session):  # nobody grades a simulated study
        return None
    return ensure_rater(study_id, kind=RaterKind.PERSON, name=name, now=now, session=session).id


def expose_subjects(
    study_id: int, name: str, subjects: Sequence[int], *, shown_on: str, now: datetime, session: Session
) -> int:
    """Record that the person of this name was shown others' ratings of these subjects; returns how many were new.

    A visitor without a name leaves no trace: ask for the name before showing ratings.
    """
    rater = _person(study_id, name, now, session)
    if rater is None or not subjects:
        return 0
    known = set(
        session.exec(
            select(Exposure.subject_id).where(Exposure.rater_id == rater, col(Exposure.subject_id).in_(subjects))
        )
    )
    fresh = [
        {"study_id": study_id, "rater_id": rater, "subject_id": subject, "shown_on": shown_on, "created_at": now}
        for subject in dict.fromkeys(subjects)
        if subject not in known
    ]
    insert_missing(Exposure, fresh, session=session)
    return len(fresh)


def expose_study(study_id: int, name: str, *, shown_on: str, now: datetime, session: Session) -> None:
    """Record that the person of this name may know others' ratings of every subject there is by now."""
    rater = _person(study_id, name, now, session)
    last = session.exec(select(func.max(col(Subject.id))).where(Subject.study_id == study_id)).one()
    if rater is None or last is None:
        return
    already = session.exec(
        select(func.max(col(Exposure.up_to_subject_id))).where(
            Exposure.rater_id == rater, col(Exposure.subject_id).is_(None)
        )
    ).one()
    if already is None or already < last:
        session.add(
            Exposure(study_id=study_id, rater_id=rater, up_to_subject_id=last, shown_on=shown_on, created_at=now)
        )
