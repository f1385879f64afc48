"""Every version of what a study asks, and the answers that an edit would leave behind."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.models.items import Subject
from core.models.ratings import Absence, Rater, RaterKind, Rating
from core.models.study import Criterion, Guideline, Rubric, RubricEntry, Scale, StudySettings
from core.store.studies import AskedCriterion, AskedRubric, asked_criterion, visible


def settings_versions(study_id: int, *, session: Session) -> Sequence[StudySettings]:
    """All settings of a study, the oldest first."""
    return session.exec(
        select(StudySettings).where(StudySettings.study_id == study_id).order_by(col(StudySettings.version))
    ).all()


def guideline_versions(study_id: int, *, session: Session) -> Sequence[Guideline]:
    """All versions of a study's instructions, the oldest first."""
    return session.exec(select(Guideline).where(Guideline.study_id == study_id).order_by(col(Guideline.version))).all()


def criterion_versions(study_id: int, *, session: Session) -> Sequence[tuple[Criterion, Scale]]:
    """All versions of the study's own criteria (no checklist questions), by lineage in the order of their making."""
    first = (
        select(Criterion.lineage, func.min(Criterion.id).label("first"))
        .where(Criterion.study_id == study_id)
        .group_by(Criterion.lineage)
        .subquery()
    )
    rows = session.exec(
        select(Criterion, Scale)
        .join(Scale, col(Scale.id) == Criterion.scale_id)
        .join(first, first.c.lineage == Criterion.lineage)
        .where(
            Criterion.study_id == study_id,
            col(Criterion.item_id).is_(None),
            visible(Criterion, study_id=study_id),
        )
        .order_by(first.c.first, col(Criterion.version))
    ).all()
    return [(criterion, scale) for criterion, scale in rows]


def rubric_versions(study_id: int, *, session: Session) -> Sequence[tuple[Rubric, AskedRubric]]:
    """All versions of the study's rubric with their criteria, the oldest first."""
    rubrics = session.exec(
        select(Rubric).where(Rubric.study_id == study_id, col(Rubric.item_id).is_(None)).order_by(col(Rubric.version))
    ).all()
    rows = session.exec(
        select(RubricEntry, Criterion, Scale)
        .join(Rubric, col(Rubric.id) == RubricEntry.rubric_id)
        .join(Criterion, col(Criterion.id) == RubricEntry.criterion_id)
        .join(Scale, col(Scale.id) == Criterion.scale_id)
        .where(Rubric.study_id == study_id, col(Rubric.item_id).is_(None))
        .order_by(col(RubricEntry.position))
    )
    entries: dict[int, list[AskedCriterion]] = {}
    for entry, criterion, scale in rows:
        entries.setdefault(entry.rubric_id, []).append(asked_criterion(entry, criterion, scale))
    return [
        (
            rubric,
            AskedRubric(
                id=rubric.id or 0,
                study_id=study_id,
                item_id=None,
                version=rubric.version,
                status=rubric.status,
                criteria=tuple(entries.get(rubric.id or 0, ())),
            ),
        )
        for rubric in rubrics
    ]


def standing_answers(study_id: int, lineage: str, meaning: int, *, session: Session) -> Mapping[str, tuple[int, int]]:
    """Answers to one question that stand: nothing supersedes them, and they were not withdrawn.

    Returns:
        By kind of rater: ratings, and raters who gave them.
    """
    later = aliased(Rating)
    versions = select(Criterion.id).where(
        Criterion.study_id == study_id, Criterion.lineage == lineage, Criterion.meaning == meaning
    )
    rows = session.exec(
        select(Rater.kind, func.count(), func.count(func.distinct(Rating.rater_id)))
        .select_from(Rating)
        .join(Rater, col(Rater.id) == Rating.rater_id)
        .where(
            col(Rating.criterion_id).in_(versions),
            visible(Rating, study_id=study_id),
            or_(col(Rating.absence).is_(None), col(Rating.absence) != Absence.WITHDRAWN.value),
            ~select(later.id).where(later.supersedes_id == Rating.id).exists(),
        )
        .group_by(Rater.kind)
    )
    return {kind: (n_ratings, n_raters) for kind, n_ratings, n_raters in rows}


def count_graded(study_id: int, *, session: Session) -> Mapping[str, int]:
    """Subjects with at least one standing grade of a person, by kind of subject."""
    later = aliased(Rating)
    people = select(Rater.id).where(Rater.study_id == study_id, Rater.kind == RaterKind.PERSON.value)
    grade = (
        select(Rating.id)
        .where(
            Rating.subject_id == Subject.id,
            col(Rating.rater_id).in_(people),
            visible(Rating, study_id=study_id),
            or_(col(Rating.absence).is_(None), col(Rating.absence) != Absence.WITHDRAWN.value),
            ~select(later.id).where(later.supersedes_id == Rating.id).exists(),
        )
        .exists()
    )
    rows = session.exec(
        select(Subject.kind, func.count())
        .where(Subject.study_id == study_id, visible(Subject, study_id=study_id), grade)
        .group_by(Subject.kind)
    )
    return dict(rows.all())
