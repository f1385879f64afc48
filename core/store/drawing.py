"""Subjects that are made here, and the draws that record how they were chosen.

Every function takes the `session` of a transaction that the caller opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.models.items import Draw, DrawnSubject, Item, Output, Subject, System
from core.store.inserting import insert_missing
from core.store.studies import visible
from core.store.study_edits import Signed


@dataclass(frozen=True, slots=True)
class OutputFace:
    """An output as far as its key needs it."""

    id: int
    item_id: int
    external_id: str
    system_id: int
    system: str
    sample: int


@dataclass(frozen=True, slots=True)
class NewSubject:
    """A subject to be made, unless its key is there already."""

    key: str
    item_id: int
    output_a_id: int | None = None
    output_b_id: int | None = None


def item_faces(study_id: int, *, session: Session) -> Sequence[tuple[int, str]]:
    """(id, external id) of every visible item, in the order they came. Replaced items are left out."""
    replaced = select(Item.replaces_id).where(Item.study_id == study_id, col(Item.replaces_id).is_not(None))
    rows = session.exec(
        select(Item.id, Item.external_id)
        .where(Item.study_id == study_id, visible(Item, study_id=study_id), col(Item.id).not_in(replaced))
        .order_by(col(Item.id))
    )
    return [(item_id or 0, external_id) for item_id, external_id in rows]


def output_faces(study_id: int, *, session: Session) -> Sequence[OutputFace]:
    """Every visible output of items that were not replaced, by item, system and sample."""
    items = dict(item_faces(study_id, session=session))
    systems = dict(session.exec(select(System.id, System.name).where(System.study_id == study_id)).all())
    rows = session.exec(
        select(Output.id, Output.item_id, Output.system_id, Output.sample)
        .join(Item, col(Item.id) == Output.item_id)
        .where(Item.study_id == study_id, visible(Output, study_id=study_id))
        .order_by(col(Output.item_id), col(Output.system_id), col(Output.sample))
    )
    return [
        OutputFace(output_id or 0, item_id, items[item_id], system_id, systems[system_id], sample)
        for output_id, item_id, system_id, sample in rows
        if item_id in items
    ]


def subject_ids(study_id: int, kind: str, *, session: Session) -> Mapping[str, int]:
    """Key -> id of every visible subject of a kind."""
    rows = session.exec(
        select(Subject.key, Subject.id).where(
            Subject.study_id == study_id, Subject.kind == kind, visible(Subject, study_id=study_id)
        )
    )
    return {key: subject_id or 0 for key, subject_id in rows}


def add_subjects(study_id: int, kind: str, new: Sequence[NewSubject], *, signed: Signed, session: Session) -> None:
    """Make the subjects whose keys are free."""
    rows = [
        {
            "study_id": study_id,
            "item_id": one.item_id,
            "kind": kind,
            "output_a_id": one.output_a_id,
            "output_b_id": one.output_b_id,
            "key": one.key,
            "created_at": signed.at,
        }
        for one in new
    ]
    insert_missing(Subject, rows, session=session)


def same_draw(draw: Draw, n_drawn: int, *, session: Session) -> Draw | None:
    """A draw that was recorded before with the same design, seed, population, words and number of subjects."""
    n_of = (
        select(func.count()).select_from(DrawnSubject).where(DrawnSubject.draw_id == Draw.id).correlate(Draw)
    ).scalar_subquery()
    return session.exec(
        select(Draw).where(
            Draw.study_id == draw.study_id,
            Draw.design == draw.design,
            Draw.kind == draw.kind,
            Draw.seed == draw.seed,
            Draw.population == draw.population,
            Draw.note == draw.note,
            n_of == n_drawn,
        )
    ).first()


def add_draw(draw: Draw, subjects: Sequence[int], probability: float | None, *, session: Session) -> int:
    """Record a draw with its subjects, in the order of their ranks; its id."""
    session.add(draw)
    session.flush()
    assert draw.id is not None  # noqa: S101 - just stored
    rows = [
        {"draw_id": draw.id, "subject_id": subject_id, "probability": probability, "rank": rank}
        for rank, subject_id in enumerate(subjects)
    ]
    insert_missing(DrawnSubject, rows, session=session)
    return draw.id


def list_draws(study_id: int, *, session: Session) -> Sequence[tuple[Draw, int]]:
    """Every visible draw with the number of its subjects, the newest first."""
    rows = session.exec(
        select(Draw, func.count(col(DrawnSubject.subject_id)))
        .join(DrawnSubject, col(DrawnSubject.draw_id) == Draw.id, isouter=True)
        .where(Draw.study_id == study_id, visible(Draw, study_id=study_id))
        .group_by(col(Draw.id))
        .order_by(col(Draw.id).desc())
    )
    return [(draw, n_drawn) for draw, n_drawn in rows]
