"""Builders for tests: a small study by direct inserts, hiding what does not matter to a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, select

from core.models.items import Item, Output, Subject, System
from core.models.ratings import Assignment, Rater, Rating, Submission
from core.models.study import Criterion, Guideline, Rubric, RubricEntry, Scale, Study, StudySettings
from core.scales import DeclaredScale, pass_fail
from core.store.database import Database

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = {"reveal": "never", "comment": "optional", "confidence": "off", "reference": "after", "order": "file"}


@dataclass(frozen=True)
class Built:
    """Ids of what was built."""

    study: int
    rubric: int
    guideline: int
    criteria: Mapping[str, int] = field(default_factory=dict)
    items: Mapping[str, int] = field(default_factory=dict)
    systems: Mapping[str, int] = field(default_factory=dict)
    outputs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    subjects: Mapping[str, int] = field(default_factory=dict)


def build_study(
    database: Database,
    *,
    name: str = "Study",
    criteria: Mapping[str, tuple[str, DeclaredScale]] | None = None,
    items: Sequence[str] = ("q1", "q2", "q3"),
    systems: Sequence[str] = ("alder", "birch"),
    pairs: bool = False,
    settings: Mapping[str, str] | None = None,
    required: bool = True,
    described: Mapping[str, Mapping[str, Any]] | None = None,
    answers: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> Built:
    """A study whose criteria are `{lineage: (applies_to, scale)}`; outputs of every system for every item.

    Subjects are made for every kind the criteria apply to, with the keys `q1`, `q1/alder`, `q1/alder|birch`.
    `described` gives items further columns (`{"q1": {"split": "dev", "slices": {...}}}`), `answers` outputs their
    messages (`{("q1", "alder"): ["first", "second"]}`).
    """
    criteria = criteria or {"acceptable": ("output", pass_fail())}
    with database.writing() as session:
        study = _added(session, Study(name=name, seed=7, created_at=AT))
        _added(
            session, StudySettings(study_id=study, version=1, settings=SETTINGS | dict(settings or {}), created_at=AT)
        )
        guideline = _added(session, Guideline(study_id=study, version=1, text="Grade with care.", created_at=AT))
        rubric = _added(session, Rubric(study_id=study, version=1, created_at=AT))
        criterion_ids = {
            lineage: add_criterion(
                session, study, lineage, applies_to, scale, rubric=rubric, position=place, required=required
            )
            for place, (lineage, (applies_to, scale)) in enumerate(criteria.items())
        }
        system_ids = {name: _added(session, System(study_id=study, name=name, created_at=AT)) for name in systems}
        item_ids = {
            name: _added(session, Item(study_id=study, external_id=name, created_at=AT,
                                       messages=[{"role": "user", "content": f"Question {name}"}],
                                       **(described or {}).get(name, {})))
            for name in items
        }  # fmt: skip
        outputs = {
            (item, system): _added(
                session,
                Output(
                    item_id=item_ids[item],
                    system_id=system_ids[system],
                    messages=[
                        {"role": "assistant", "content": said}
                        for said in (answers or {}).get((item, system), (f"Answer to {item} ({len(system)})",))
                    ],
                    created_at=AT,
                ),
            )
            for item in items
            for system in systems
        }
        kinds = {applies_to for applies_to, _ in criteria.values()} | ({"pair"} if pairs else set())
        subjects: dict[str, int] = {}
        for item in items:
            if "item" in kinds:
                subjects[item] = add_subject(session, study, item_ids[item], item)
            if "output" in kinds:
                for system in systems:
                    subjects[f"{item}/{system}"] = add_subject(
                        session, study, item_ids[item], f"{item}/{system}", outputs[item, system]
                    )
            if "pair" in kinds:
                first, second = systems[:2]
                name = f"{item}/{first}|{second}"
                subjects[name] = add_subject(
                    session, study, item_ids[item], name, outputs[item, first], outputs[item, second]
                )
        return Built(study, rubric, guideline, criterion_ids, item_ids, system_ids, outputs, subjects)


def add_criterion(
    session: Session, study: int, lineage: str, applies_to: str, scale: DeclaredScale, *,
    rubric: int | None = None, position: int = 0, version: int = 1, meaning: int = 1, required: bool = True,
) -> int:  # fmt: skip
    """A criterion version, with its scale, in a rubric."""
    known = session.exec(select(Scale).where(Scale.fingerprint == scale.fingerprint())).first()
    scale_id = known.id if known else _added(session, Scale(fingerprint=scale.fingerprint(), declared=scale.to_json()))
    row = Criterion(
        study_id=study, lineage=lineage, version=version, meaning=meaning, name=lineage.title(), question=f"{lineage}?",
        applies_to=applies_to, scale_id=scale_id, created_at=AT,
    )  # fmt: skip
    criterion = _added(session, row)
    if rubric is not None:
        _added(session, RubricEntry(rubric_id=rubric, criterion_id=criterion, position=position, required=required))
    return criterion


def add_subject(session: Session, study: int, item: int, key: str, a: int | None = None, b: int | None = None) -> int:
    """A subject of the kind its outputs imply."""
    kind = "item" if a is None else "output" if b is None else "pair"
    return _added(
        session, Subject(study_id=study, item_id=item, kind=kind, output_a_id=a, output_b_id=b, key=key, created_at=AT)
    )


def add_rater(session: Session, study: int, name: str, kind: str = "person") -> int:
    """The rater of this name and kind, made when missing."""
    known = session.exec(select(Rater).where(Rater.study_id == study, Rater.name == name, Rater.kind == kind)).first()
    return (
        known.id if known and known.id else _added(session, Rater(study_id=study, name=name, kind=kind, created_at=AT))
    )


def add_rating(
    session: Session, built: Built, subject: str, criterion: str, rater: str, value: str | float | None, *,
    kind: str = "person", phase: str = "blind", order: str | None = None, absence: str | None = None,
    repetition: int = 0, supersedes: int | None = None, rationale: str = "", at: datetime = AT,
    probabilities: dict[str, float] | None = None,
) -> int:  # fmt: skip
    """A rating (with a submission of its own as origin, and the assignment marked submitted)."""
    rater_id = add_rater(session, built.study, rater, kind)
    subject_id = built.subjects[subject]
    place = session.exec(
        select(Assignment).where(Assignment.rater_id == rater_id, Assignment.subject_id == subject_id)
    ).first()
    assignment = (
        place.id
        if place
        else _added(
            session,
            Assignment(
                study_id=built.study, subject_id=subject_id, rater_id=rater_id, state="submitted", changed_at=at
            ),
        )
    )
    count = len(session.exec(select(Submission.id)).all())
    submission = _added(
        session,
        Submission(
            study_id=built.study,
            rater_id=rater_id,
            subject_id=subject_id,
            assignment_id=assignment,
            nonce=f"built-{count}",
            phase=phase,
            order_shown=order,
            rubric_id=built.rubric,
            guideline_id=built.guideline,
            created_at=at,
        ),
    )
    return _added(session, Rating(
        study_id=built.study, subject_id=subject_id, criterion_id=built.criteria[criterion], rater_id=rater_id,
        option=value if isinstance(value, str) else None, number=value if isinstance(value, float) else None,
        absence=absence, phase=phase, order_shown=order, repetition=repetition, supersedes_id=supersedes,
        rationale=rationale, probabilities=probabilities, submission_id=submission, created_at=at))  # fmt: skip


def _added(session: Session, row: object) -> int:
    session.add(row)
    session.flush()
    found: int = row.id  # type: ignore[attr-defined] # every table has it
    return found
