"""The questions and raters of a study, as agreement and exports see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    item_id: int | None
    scale: DeclaredScale
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion version; `item_id` is set on a checklist question."""

    id: int
    lineage: str
    version: int
    meaning: int
    name: str
    question: str
    applies_to: str
    item_id: int | None
    scale_id: int


def read_criteria(study_id: int, *, session: Session) -> Sequence[CriterionRow]:
    """All criterion versions of a study, the oldest first."""
    columns = (
        Criterion.id, Criterion.lineage, Criterion.version, Criterion.meaning, Criterion.name, Criterion.question,
        Criterion.applies_to, Criterion.item_id, Criterion.scale_id,
    )  # fmt: skip
    query = (
        select(*columns)  # type: ignore[call-overload] # more columns than its overloads know
        .where(Criterion.study_id == study_id, visible(Criterion, study_id=study_id))
        .order_by(col(Criterion.id))
    )
    return [CriterionRow(*row) for row in session.exec(query)]


def read_scales(scale_ids: Sequence[int], *, session: Session) -> Mapping[int, DeclaredScale]:
    """Scale id -> the declared scale."""
    rows = session.exec(select(Scale).where(col(Scale.id).in_(set(scale_ids))))
    return {row.id or 0: DeclaredScale.from_json(row.declared) for row in rows}


@dataclass(frozen=True, slots=True)
class RaterRow:
    """Whoever rates in a study; `group` is that of an anonymous seat."""

    id: int
    kind: str
    name: str
    group: str


def read_raters(study_id: int, *, session: Session) -> Sequence[RaterRow]:
    """All raters of a study, by id."""
    query = (
        select(Rater.id, Rater.kind, Rater.name, Rater.group)
        .where(Rater.study_id == study_id, visible(Rater, study_id=study_id))
        .order_by(col(Rater.id))
    )
    return [RaterRow(found or 0, kind, name, group) for found, kind, name, group in session.exec(query)]


def list_questions(study_id: int, *, session: Session, checklists: bool = True) -> Sequence[Question]:
    """Every question of a study, criteria of the study first, the newest meaning of a lineage before older ones."""
    rows = [row for row in read_criteria(study_id, session=session) if checklists or row.item_id is None]
    scales = read_scales([row.scale_id for row in rows], session=session)
    versions: dict[tuple[str, int], list[CriterionRow]] = {}
    for row in rows:
        versions.setdefault((row.lineage, row.meaning), []).append(row)
    first = {row.lineage: row.id for row in reversed(rows)}
    found = [_question(kin, scales[kin[-1].scale_id]) for kin in versions.values()]
    return sorted(found, key=lambda one: (one.item_id is not None, first[one.lineage], -one.meaning))


def _question(versions: Sequence[CriterionRow], scale: DeclaredScale) -> Question:
    newest = versions[-1]
    return Question(
        id=newest.id,
        lineage=newest.lineage,
        meaning=newest.meaning,
        name=newest.name,
        item_id=newest.item_id,
        scale=scale,
        versions=tuple(row.id for row in versions),
    )


def list_raters(study_id: int, *, session: Session) -> Sequence[RaterRow]:
    """Every rater of a study, people first, then by name."""
    found = read_raters(study_id, session=session)
    return sorted(found, key=lambda rater: (rater.kind != "person", rater.kind, rater.name.casefold(), rater.id))
