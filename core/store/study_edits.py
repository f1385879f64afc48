"""Changing studies: every edit adds a version, nothing is overwritten.

Every function takes the `session` of a writing transaction that the caller opened, and the time and the name to write
beside the row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from core.errors import BadInput, Conflict, NotFound, shortened
from core.models.study import Criterion, Guideline, Rubric, RubricEntry, RubricStatus, Scale, Study, StudySettings
from core.scales import DeclaredScale
from core.store.inserting import insert_missing
from core.store.studies import current_guideline, current_settings


@dataclass(frozen=True, slots=True)
class Signed:
    """When and by whom a row is written."""

    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A criterion version at its place in a rubric."""

    criterion_id: int
    required: bool = True
    weight: float = 1.0
    critical: bool = False


def lock_study(study_id: int, *, session: Session) -> Study:
    """The study, held until the transaction ends, so that two edits at once get two versions.

    Raises:
        NotFound: There is none with this id.
    """
    study = session.exec(select(Study).where(Study.id == study_id).with_for_update()).first()
    if study is None:
        raise NotFound("study", study_id)
    return study


def checked_name(name: str, *, session: Session) -> str:
    """A name that a new study may have, without surrounding space; holds off other new studies until the end.

    Raises:
        BadInput: It is empty, longer than 200 characters, or has a line break or another control character.
        Conflict: A study has it, with or without other capitals.
    """
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise BadInput(where="name of the study", found=f"{len(name)} characters", expected="1 to 200 characters")
    if not name.isprintable():
        raise BadInput(where="name of the study", found=shortened(ascii(name)), expected="characters that can be seen")
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("lock table study in share row exclusive mode"))
    for taken in session.exec(select(Study.name)):
        if taken.casefold() == name.casefold():
            raise Conflict(f"A study is called {shortened(taken)} already; choose another name.")
    return name


def add_study(  # noqa: PLR0913 - the columns of the record
    *, name: str, description: str, seed: int, illustrative: bool = False, signed: Signed, session: Session
) -> Study:
    """A new study; its name is checked as in `checked_name`."""
    study = Study(
        name=checked_name(name, session=session),
        description=description.strip(),
        seed=seed,
        illustrative=illustrative,
        created_at=signed.at,
        created_by=signed.by,
    )
    session.add(study)
    session.flush()
    return study


def add_settings(study_id: int, settings: dict[str, Any], *, signed: Signed, session: Session) -> StudySettings:
    """A new version of the study's settings."""
    newest = current_settings(study_id, session=session)
    version = newest.version + 1 if newest else 1
    row = StudySettings(
        study_id=study_id, version=version, settings=settings, created_at=signed.at, created_by=signed.by
    )
    session.add(row)
    session.flush()
    return row


def add_guideline(study_id: int, text: str, *, note: str, signed: Signed, session: Session) -> Guideline:
    """A new version of the study's instructions."""
    newest = current_guideline(study_id, session=session)
    version = newest.version + 1 if newest else 1
    row = Guideline(
        study_id=study_id, version=version, text=text, note=note, created_at=signed.at, created_by=signed.by
    )
    session.add(row)
    session.flush()
    return row


def ensure_scale(declared: DeclaredScale, *, session: Session) -> int:
    """The id of the stored scale that is declared so; stored once for all criteria and studies."""
    fingerprint = declared.fingerprint()
    wanted = select(Scale.id).where(Scale.fingerprint == fingerprint)
    found = session.exec(wanted).first()
    if found is None:
        insert_missing(Scale, [{"fingerprint": fingerprint, "declared": declared.to_json()}], session=session)
        found = session.exec(wanted).one()
    assert found is not None  # noqa: S101 - a primary key
    return found


def free_lineage(study_id: int, name: str, *, session: Session) -> str:
    """A key for a new criterion, made of its name and unique in the study: "Overall quality" -> "overall-quality"."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:50].rstrip("-") or "criterion"
    taken = set(session.exec(select(Criterion.lineage).where(Criterion.study_id == study_id).distinct()))
    number = 1
    lineage = stem
    while lineage in taken:
        number += 1
        lineage = f"{stem}-{number}"
    return lineage


def newest_criterion(study_id: int, lineage: str, *, session: Session) -> Criterion:
    """The newest version of a criterion.

    Raises:
        NotFound: The study has none with this lineage.
    """
    found = session.exec(
        select(Criterion)
        .where(Criterion.study_id == study_id, Criterion.lineage == lineage)
        .order_by(col(Criterion.version).desc())
    ).first()
    if found is None:
        known = session.exec(
            select(Criterion.lineage)
            .where(Criterion.study_id == study_id, col(Criterion.item_id).is_(None))
            .distinct()
            .order_by(Criterion.lineage)
        ).all()
        raise NotFound("criterion", lineage, tuple(known))
    return found


def add_criterion(criterion: Criterion, *, session: Session) -> int:
    """Store a criterion version; its id."""
    session.add(criterion)
    session.flush()
    assert criterion.id is not None  # noqa: S101 - just stored
    return criterion.id


def add_rubric(
    study_id: int,
    places: Sequence[Place],
    *,
    note: str,
    signed: Signed,
    session: Session,
    item_id: int | None = None,
) -> int:
    """A new approved version of the study's rubric (or of an item's checklist), in the order of `places`; its id."""
    newest = session.exec(
        select(func.max(Rubric.version)).where(Rubric.study_id == study_id, Rubric.item_id == item_id)
    ).one()
    rubric = Rubric(
        study_id=study_id,
        item_id=item_id,
        version=(newest or 0) + 1,
        status=RubricStatus.APPROVED.value,
        note=note,
        created_at=signed.at,
        created_by=signed.by,
    )
    session.add(rubric)
    session.flush()
    assert rubric.id is not None  # noqa: S101 - just stored
    session.add_all(
        RubricEntry(
            rubric_id=rubric.id,
            criterion_id=place.criterion_id,
            position=position,
            required=place.required,
            weight=place.weight,
            critical=place.critical,
        )
        for position, place in enumerate(places)
    )
    session.flush()
    return rubric.id
