"""Reading studies: which there are, what they ask, who rates in them.

Every function takes the `session` of a transaction that the caller opened. Rows brought by an import that is not done
are not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.errors import BadInput, NotFound, shortened
from core.models.base import Record
from core.models.grading_rules import GradingRules
from core.models.items import Item, Output, Subject
from core.models.ratings import Import, ImportState, Rater, RaterKind, Rating
from core.models.study import (
    Criterion,
    Guideline,
    Rubric,
    RubricEntry,
    RubricStatus,
    Scale,
    Study,
    StudySettings,
    Target,
)
from core.scales import DeclaredScale
from core.store.inserting import insert_missing

REAL_STUDY = "a study of real raters: simulated ratings and real ones never mix"


@dataclass(frozen=True, slots=True)
class AskedCriterion:
    """One criterion version at its place in a rubric.

    Attributes:
        id: Key of the criterion version; ratings name it.
        lineage, version, meaning: See `core.models.study.Criterion`.
        item_id: The item a checklist question was written for; None for a criterion of the study.
        applies_to: "item", "output" or "pair".
        position, required, weight, critical: Its entry in the rubric.
    """

    id: int
    lineage: str
    version: int
    meaning: int
    name: str
    question: str
    guidance: str
    applies_to: str
    scale: DeclaredScale
    item_id: int | None
    position: int
    required: bool
    weight: float
    critical: bool


@dataclass(frozen=True, slots=True)
class AskedRubric:
    """A version of a rubric with its criteria, in order."""

    id: int
    study_id: int
    item_id: int | None
    version: int
    status: str
    criteria: tuple[AskedCriterion, ...]


@dataclass(frozen=True, slots=True)
class StudyCounts:
    """How much a study holds.

    Attributes:
        n_subjects: By kind ("item", "output", "pair"); a kind without subjects is not there.
        n_people, n_judges: Raters that have a place in the study, whether or not they have rated yet.
    """

    n_items: int
    n_outputs: int
    n_subjects: Mapping[str, int]
    n_ratings: int
    n_people: int
    n_judges: int


def visible(table: type[Record], *, study_id: int) -> ColumnElement[bool]:
    """The condition that a row was made here, or brought by an import of the study that is done."""
    import_id = table.import_id  # type: ignore[attr-defined] # every table that imports fill has it
    done = select(Import.id).where(Import.study_id == study_id, Import.state == ImportState.DONE.value)
    return or_(import_id.is_(None), import_id.in_(done))


def list_studies(*, session: Session) -> Sequence[Study]:
    """All studies, the newest first."""
    return session.exec(select(Study).order_by(col(Study.id).desc())).all()


def find_study(name_or_id: str | int, *, session: Session) -> Study:
    """The study with this id, or with this name (without regard to case and surrounding space).

    A number, also as text, is an id first, so that an address with `?study=2` never means a study called "2".

    Raises:
        NotFound: There is none; names those there are.
    """
    wanted = str(name_or_id).strip()
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        study = session.get(Study, int(wanted))
        if study is not None:
            return study
    for study_id, name in session.exec(select(Study.id, Study.name)):
        if name.casefold() == wanted.casefold():
            return session.get_one(Study, study_id)
    raise NotFound("study", shortened(wanted).strip('"'), _names(session))


def _names(session: Session) -> tuple[str, ...]:
    return tuple(study.name for study in list_studies(session=session))


def count_study(study_id: int, *, session: Session) -> StudyCounts:
    """Counts of what is visible in a study.

    Of many rows all are counted, over an index and without a look at them, less those of unfinished imports.
    """
    unfinished = session.exec(
        select(Import.id).where(Import.study_id == study_id, Import.state != ImportState.DONE.value)
    ).all()

    def less(counted: SelectOfScalar[int], brought_by: Mapped[int | None]) -> int:
        every = session.exec(counted).one()
        return every - (session.exec(counted.where(brought_by.in_(unfinished))).one() if unfinished else 0)

    items = select(func.count()).select_from(Item).where(Item.study_id == study_id)
    outputs = (
        select(func.count())
        .select_from(Output)
        .join(Item, col(Item.id) == Output.item_id)
        .where(Item.study_id == study_id)
    )
    ratings = select(func.count()).select_from(Rating).where(Rating.study_id == study_id)
    subjects = select(func.count()).select_from(Subject).where(Subject.study_id == study_id)
    raters = (
        select(Rater.kind, func.count())
        .where(Rater.study_id == study_id, visible(Rater, study_id=study_id))
        .group_by(Rater.kind)
    )
    by_kind = dict(session.exec(raters).all())
    n_subjects = {
        kind.value: less(subjects.where(Subject.kind == kind.value), col(Subject.import_id)) for kind in Target
    }
    return StudyCounts(
        n_items=less(items, col(Item.import_id)),
        n_outputs=less(outputs, col(Output.import_id)),
        n_subjects={kind: n for kind, n in n_subjects.items() if n},
        n_ratings=less(ratings, col(Rating.import_id)),
        n_people=by_kind.get(RaterKind.PERSON.value, 0),
        n_judges=by_kind.get(RaterKind.JUDGE.value, 0),
    )


def current_settings(study_id: int, *, session: Session) -> StudySettings | None:
    """The newest settings of a study; None where it never had any."""
    return session.exec(
        select(StudySettings).where(StudySettings.study_id == study_id).order_by(col(StudySettings.version).desc())
    ).first()


def current_rules(study_id: int, *, session: Session) -> GradingRules:
    """How the study is graded now."""
    row = current_settings(study_id, session=session)
    return GradingRules.from_json(row.settings) if row else GradingRules()


def current_guideline(study_id: int, *, session: Session) -> Guideline | None:
    """The newest version of the study's instructions; None where none were written."""
    return session.exec(
        select(Guideline).where(Guideline.study_id == study_id).order_by(col(Guideline.version).desc())
    ).first()


def current_rubric(study_id: int, *, session: Session, item_id: int | None = None) -> AskedRubric | None:
    """The newest approved rubric of the study, or of one item (its checklist); None where there is none."""
    rubric = session.exec(
        select(Rubric)
        .where(
            Rubric.study_id == study_id,
            Rubric.item_id == item_id,
            Rubric.status == RubricStatus.APPROVED.value,
        )
        .order_by(col(Rubric.version).desc())
    ).first()
    return read_rubric(rubric, session=session) if rubric is not None else None


def read_rubric(rubric: Rubric, *, session: Session) -> AskedRubric:
    """A rubric with its criteria, in order."""
    rows = session.exec(
        select(RubricEntry, Criterion, Scale)
        .join(Criterion, col(Criterion.id) == RubricEntry.criterion_id)
        .join(Scale, col(Scale.id) == Criterion.scale_id)
        .where(RubricEntry.rubric_id == rubric.id)
        .order_by(col(RubricEntry.position))
    )
    assert rubric.id is not None  # noqa: S101 - it was read from the database
    return AskedRubric(
        id=rubric.id,
        study_id=rubric.study_id,
        item_id=rubric.item_id,
        version=rubric.version,
        status=rubric.status,
        criteria=tuple(asked_criterion(entry, criterion, scale) for entry, criterion, scale in rows),
    )


def asked_criterion(entry: RubricEntry, criterion: Criterion, scale: Scale) -> AskedCriterion:
    """A criterion version as it stands in a rubric."""
    assert criterion.id is not None  # noqa: S101 - it was read from the database
    return AskedCriterion(
        id=criterion.id,
        lineage=criterion.lineage,
        version=criterion.version,
        meaning=criterion.meaning,
        name=criterion.name,
        question=criterion.question,
        guidance=criterion.guidance,
        applies_to=criterion.applies_to,
        scale=DeclaredScale.from_json(scale.declared),
        item_id=criterion.item_id,
        position=entry.position,
        required=entry.required,
        weight=entry.weight,
        critical=entry.critical,
    )


def is_simulated(study_id: int, *, session: Session) -> bool:
    """Whether every rater of the study is simulated; False where there is no such study."""
    return bool(session.exec(select(Study.simulated).where(Study.id == study_id)).first())


def refuse_simulated(study_id: int, *, session: Session) -> None:
    """Refuse to let real ratings into a simulated study.

    Raises:
        BadInput: The study is simulated.
    """
    if is_simulated(study_id, session=session):
        name = shortened(session.get_one(Study, study_id).name)
        raise BadInput(where="study", found=f"{name}, which is simulated", expected=REAL_STUDY)


def ensure_rater(study_id: int, *, kind: RaterKind, name: str, now: datetime, session: Session) -> Rater:
    """The rater of this kind and name in the study; made if it is not there yet.

    Raises:
        BadInput: The name is empty or longer than 200 characters, or the study is simulated.
    """
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise BadInput(where="name of a rater", found=shortened(name), expected="1 to 200 characters")
    wanted = (Rater.study_id == study_id, Rater.kind == kind.value, Rater.name == name)
    found = session.exec(select(Rater).where(*wanted)).first()
    if found is None:
        refuse_simulated(study_id, session=session)
        row = {"study_id": study_id, "kind": kind.value, "name": name, "created_at": now}
        insert_missing(Rater, [row], session=session)
        found = session.exec(select(Rater).where(*wanted)).one()
    return found
