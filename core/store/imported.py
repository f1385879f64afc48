"""What a study has, streamed, for an import to compare with: only rows that everybody sees.

Every function takes the `session` of a transaction that the caller opened.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select, text
from sqlmodel import Session, col

from core.models.items import Item, Output, Reference, Subject, System
from core.models.ratings import Rater, Rating
from core.models.study import Criterion, Scale
from core.scales import DeclaredScale
from core.store.studies import visible

Rows = Iterator[tuple[Any, ...]]


def _streamed(query: Select[*tuple[Any, ...]], session: Session) -> Rows:
    rows = session.connection().execute(query, execution_options={"yield_per": 2_000})
    return (tuple(row) for row in rows)


def known_criteria(study_id: int, *, session: Session) -> list[tuple[Criterion, DeclaredScale]]:
    """Every criterion version of the study itself, with its scale."""
    rows = session.execute(
        select(Criterion, Scale)
        .join(Scale, col(Scale.id) == Criterion.scale_id)
        .where(
            col(Criterion.study_id) == study_id, col(Criterion.item_id).is_(None), visible(Criterion, study_id=study_id)
        )
    )
    return [(criterion, DeclaredScale.from_json(scale.declared)) for criterion, scale in rows]


def known_items(study_id: int, *, session: Session) -> Rows:
    """Key, external id, messages, context."""
    columns = (col(Item.id), col(Item.external_id), col(Item.messages), col(Item.context))
    query = select(*columns).where(col(Item.study_id) == study_id, visible(Item, study_id=study_id))
    return _streamed(query, session)


def known_outputs(study_id: int, *, session: Session) -> Rows:
    """Key, item's key, system's name, sample, messages."""
    columns = (col(Output.id), col(Output.item_id), col(System.name), col(Output.sample), col(Output.messages))
    query = select(*columns).join(System, col(System.id) == Output.system_id)
    return _streamed(query.where(col(System.study_id) == study_id, visible(Output, study_id=study_id)), session)


def known_references(study_id: int, *, session: Session) -> Rows:
    """Item's key, text, kind."""
    columns = (col(Reference.item_id), col(Reference.text), col(Reference.kind))
    query = select(*columns).join(Item, col(Item.id) == Reference.item_id)
    return _streamed(query.where(col(Item.study_id) == study_id, visible(Reference, study_id=study_id)), session)


def known_subjects(study_id: int, *, session: Session) -> Rows:
    """Subject key, key, and for pairs the system and sample of output A (else None)."""
    query = (
        select(col(Subject.key), col(Subject.id), col(System.name), col(Output.sample))
        .join(Output, (col(Output.id) == Subject.output_a_id) & (col(Subject.kind) == "pair"), isouter=True)
        .join(System, col(System.id) == Output.system_id, isouter=True)
    )
    return _streamed(query.where(col(Subject.study_id) == study_id, visible(Subject, study_id=study_id)), session)


def subjects_by_key(study_id: int, keys: Sequence[str], *, session: Session) -> list[int]:
    """The subjects of these keys that everybody sees."""
    query = select(col(Subject.id)).where(
        col(Subject.study_id) == study_id, col(Subject.key).in_(keys), visible(Subject, study_id=study_id)
    )
    return [key for (key,) in session.execute(query)]


def known_systems(study_id: int, *, session: Session) -> Rows:
    """Key, name."""
    return _streamed(select(col(System.id), col(System.name)).where(col(System.study_id) == study_id), session)


def known_raters(study_id: int, *, session: Session) -> Rows:
    """Key, kind, name."""
    columns = (col(Rater.id), col(Rater.kind), col(Rater.name))
    return _streamed(select(*columns).where(col(Rater.study_id) == study_id), session)


def known_ratings(study_id: int, rater_ids: Sequence[int], *, session: Session) -> Rows:
    """Id, subject, criterion, rater, option, number, absence, rationale, phase, order, repetition, supersedes.

    Of these raters; every rater's rows oldest first.
    """
    of = Rating
    columns = (col(of.id), col(of.subject_id), col(of.criterion_id), col(of.rater_id), col(of.option), col(of.number),
               col(of.absence), col(of.rationale), col(of.phase), col(of.order_shown), col(of.repetition),
               col(of.supersedes_id))  # fmt: skip
    for start in range(0, len(rater_ids), 500):
        query = select(*columns).where(
            col(of.study_id) == study_id,
            col(of.rater_id).in_(rater_ids[start : start + 500]),
            visible(of, study_id=study_id),
        )
        yield from _streamed(query.order_by(col(of.id)), session)


def item_said(item_id: int, *, session: Session) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """Messages and context."""
    item = session.get_one(Item, item_id)
    return item.messages, item.context


def output_said(output_id: int, *, session: Session) -> Sequence[Mapping[str, Any]]:
    """Messages."""
    return session.get_one(Output, output_id).messages


def is_untouched(study_id: int, *, session: Session) -> bool:
    """Whether a study was made by an import that was removed, and holds nothing."""
    held = (
        "select 1 from study where id = :s and (exists (select 1 from item where study_id = :s) "
        "or exists (select 1 from criterion where study_id = :s) "
        "or exists (select 1 from import where study_id = :s and state <> 'removed') "
        "or not exists (select 1 from import where study_id = :s))"
    )
    return session.connection().execute(text(held), {"s": study_id}).first() is None
