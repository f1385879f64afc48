"""The questions and raters of a study, as agreement and exports see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.models.ratings import Rater
from core.models.study import Criterion, Scale
from core.scales import DeclaredScale
from core.store.studies import visible


@dataclass(frozen=True, slots=True)
class Question:
    """All criterion versions of one lineage and meaning: what raters can agree or disagree on.

    Attributes:
        id: The newest of its criterion ids; stands for all of them.
        versions: Criterion ids, oldest first.
        item_id: The item a checklist question was written for; None for a criterion of the study.
    """

    id: int
    lineage: str
    meaning: int
    name: str
    question: str
    applies_to: str
    item_id: int | None
    scale: DeclaredScale
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KnownRater:
    """A rater of a study."""

    id: int
    name: str
    kind: str
    family: str
    group: str
    created_at: datetime


def list_questions(study_id: int, *, session: Session, checklists: bool = True) -> Sequence[Question]:
    """Every question of a study, criteria of the study first, the newest meaning of a lineage before older ones."""
    query = (
        select(Criterion, Scale)
        .join(Scale, col(Scale.id) == Criterion.scale_id)
        .where(Criterion.study_id == study_id, visible(Criterion, study_id=study_id))
        .order_by(col(Criterion.id))
    )
    if not checklists:
        query = query.where(col(Criterion.item_id).is_(None))
    scales: dict[int, DeclaredScale] = {}
    versions: dict[tuple[str, int], list[Criterion]] = {}
    for criterion, scale in session.exec(query):
        versions.setdefault((criterion.lineage, criterion.meaning), []).append(criterion)
        if criterion.scale_id not in scales:
            scales[criterion.scale_id] = DeclaredScale.from_json(scale.declared)
    first = {lineage: min(row.id or 0 for row in rows) for (lineage, _), rows in reversed(versions.items())}
    found = [_question(rows, scales[rows[-1].scale_id]) for rows in versions.values()]
    return sorted(found, key=lambda one: (one.item_id is not None, first[one.lineage], -one.meaning))


def _question(rows: Sequence[Criterion], scale: DeclaredScale) -> Question:
    newest = rows[-1]
    ids = tuple(row.id for row in rows if row.id is not None)
    return Question(
        id=ids[-1],
        lineage=newest.lineage,
        meaning=newest.meaning,
        name=newest.name,
        question=newest.question,
        applies_to=newest.applies_to,
        item_id=newest.item_id,
        scale=scale,
        versions=ids,
    )


def list_raters(study_id: int, *, session: Session) -> Sequence[KnownRater]:
    """Every rater of a study, people first, then by name."""
    rows = session.exec(select(Rater).where(Rater.study_id == study_id, visible(Rater, study_id=study_id)))
    found = [
        KnownRater(row.id, row.name, row.kind, row.family, row.group, row.created_at)
        for row in rows
        if row.id is not None
    ]
    return sorted(found, key=lambda rater: (rater.kind != "person", rater.kind, rater.name.casefold(), rater.id))
