"""The texts and ratings behind a unit, for somebody who may read everybody's answers; and the note that they did.

Every function takes the `session` of a transaction that the caller opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, bindparam, or_, text, type_coerce
from sqlmodel import Session, col, select

from core.models.items import Item, Output, Reference, Subject, System
from core.models.ratings import Exposure, Rating, Submission
from core.models.study import Criterion
from core.store.inserting import insert_missing


@dataclass(frozen=True, slots=True)
class OutputRow:
    """An output with the system that made it."""

    id: int
    system: str
    messages: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OpenedSubject:
    """A subject with its texts; outputs in stored order (A, B)."""

    id: int
    kind: str
    item_id: int
    external_id: str
    messages: Sequence[Mapping[str, Any]]
    context: str | None
    outputs: tuple[OutputRow, ...]


def read_opened(study_id: int, subject_ids: Sequence[int], *, session: Session) -> Mapping[int, OpenedSubject]:
    """The subjects of the study with these ids, with everything there is to read."""
    wanted = (col(Subject.id).in_(list(subject_ids)), Subject.study_id == study_id)
    pairs = session.exec(select(Subject, Item).join(Item, col(Item.id) == Subject.item_id).where(*wanted)).all()
    keys = {key for subject, _ in pairs for key in (subject.output_a_id, subject.output_b_id) if key is not None}
    made = select(Output, System.name).join(System, col(System.id) == Output.system_id).where(col(Output.id).in_(keys))
    outputs = {output.id: OutputRow(output.id or 0, system, output.messages) for output, system in session.exec(made)}
    return {
        subject.id or 0: OpenedSubject(
            subject.id or 0,
            subject.kind,
            subject.item_id,
            item.external_id,
            item.messages,
            item.context,
            tuple(outputs[key] for key in (subject.output_a_id, subject.output_b_id) if key is not None),
        )
        for subject, item in pairs
    }


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """An expected answer of an item; `kind` is "answer" or "falsified", `status` "unverified" or "verified"."""

    text: str
    kind: str
    status: str
    created_by: str


def read_references(item_ids: Sequence[int], *, session: Session) -> Mapping[int, tuple[ReferenceRow, ...]]:
    """Item id -> its references, the oldest first; nothing for an item without."""
    query = select(Reference).where(col(Reference.item_id).in_(list(item_ids))).order_by(col(Reference.id))
    found: dict[int, tuple[ReferenceRow, ...]] = {}
    for row in session.exec(query):
        one = ReferenceRow(row.text, row.kind, row.status, row.created_by)
        found[row.item_id] = (*found.get(row.item_id, ()), one)
    return found


def criteria_written_for(item_ids: Sequence[int], *, session: Session) -> Sequence[int]:
    """Ids of the checklist questions (all versions) written for some items."""
    query = select(Criterion.id).where(col(Criterion.item_id).in_(list(item_ids))).order_by(col(Criterion.id))
    return [found or 0 for found in session.exec(query)]


@dataclass(frozen=True, slots=True)
class Words:
    """What was written beside a rating."""

    rationale: str
    comment: str
    confidence: float | None
    phase: str
    at: datetime


def read_words(rating_ids: Sequence[int], *, session: Session) -> Mapping[int, Words]:
    """Rating id -> rationale, comment of its submission, confidence, phase, time."""
    columns = (
        Rating.id, Rating.rationale, Submission.comment, Rating.confidence, Rating.phase, Rating.created_at,
    )  # fmt: skip
    query = (
        select(*columns)  # type: ignore[call-overload] # more columns than its overloads know
        .join(Submission, col(Submission.id) == Rating.submission_id, isouter=True)
        .where(col(Rating.id).in_(list(rating_ids)))
    )
    return {
        found: Words(rationale, comment or "", confidence, phase, at)
        for found, rationale, comment, confidence, phase, at in session.exec(query)
    }


@dataclass(frozen=True, slots=True)
class Titled:
    """What a subject is called in a list: its item's name and first words, and the systems of its outputs."""

    external_id: str
    messages: Sequence[Mapping[str, Any]]
    systems: tuple[str, ...]


_SYSTEMS = text(
    "select s.id, a.name, b.name from subject s left join output oa on oa.id = s.output_a_id"
    " left join system a on a.id = oa.system_id left join output ob on ob.id = s.output_b_id"
    " left join system b on b.id = ob.system_id where s.study_id = :study and s.id in :subjects"
).bindparams(bindparam("subjects", expanding=True))


def read_titles(study_id: int, subject_ids: Sequence[int], *, session: Session) -> Mapping[int, Titled]:
    """Subject id -> what it is called."""
    rows = session.execute(_SYSTEMS, {"study": study_id, "subjects": list(subject_ids)})
    systems = {row[0]: tuple(name for name in row[1:] if name is not None) for row in rows}
    query = (
        select(Subject.id, Item.external_id, Item.messages)
        .join(Item, col(Item.id) == Subject.item_id)
        .where(col(Subject.id).in_(list(subject_ids)), Subject.study_id == study_id)
    )
    return {
        found or 0: Titled(external_id, messages, systems.get(found, ()))
        for found, external_id, messages in session.exec(query)
    }


def find_subjects(study_id: int, words: str, *, session: Session) -> Sequence[int]:
    """Ids of the subjects whose item has some words in its external id or in one of its first two messages.

    Capital and small letters of the Latin alphabet are alike; `%` and `_` stand for themselves.
    """
    messages = type_coerce(col(Item.messages), JSON)
    places = [col(Item.external_id), *(messages[(place, "content")].as_string() for place in (0, 1))]
    query = (
        select(Subject.id)
        .join(Item, col(Item.id) == Subject.item_id)
        .where(Subject.study_id == study_id, or_(*(place.icontains(words, autoescape=True) for place in places)))
    )
    return [found or 0 for found in session.exec(query)]


def note_exposures(
    study_id: int, rater_id: int, subject_ids: Sequence[int], *, shown_on: str, now: datetime, session: Session
) -> None:
    """Note that a rater was shown what others said of these subjects; the first time stands."""
    insert_missing(
        Exposure,
        [
            {"study_id": study_id, "rater_id": rater_id, "subject_id": found, "shown_on": shown_on, "created_at": now}
            for found in subject_ids
        ],
        session=session,
    )
