"""What a person does while grading: places, drafts, submissions with their ratings, exposures.

Every function takes the `session` of a transaction that the caller opened; those that write need a writing one. Reads
use Core statements and index seeks: submitting costs the same with ten ratings in the study as with a million.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.errors import Conflict
from core.models import metadata
from core.models.ratings import Rater
from core.store.inserting import insert_missing

_RATER, _ASSIGNMENT = metadata.tables["rater"], metadata.tables["assignment"]
_SUBMISSION, _RATING = metadata.tables["submission"], metadata.tables["rating"]
_EXPOSURE, _IMPORT = metadata.tables["exposure"], metadata.tables["import"]

SETTLED = ("submitted", "skipped", "flagged")
"""States in which a subject is out of its rater's queue."""


def find_person(study_id: int, name: str, *, session: Session) -> int | None:
    """The person of exactly this name in the study; None before their first act."""
    query = select(_RATER.c.id).where(_RATER.c.study_id == study_id, _RATER.c.kind == "person", _RATER.c.name == name)
    return session.connection().execute(query).scalar_one_or_none()


def hold_person(study_id: int, name: str, *, now: datetime, session: Session) -> int:
    """The person of exactly this name, made when missing, and held until the transaction ends.

    So two presses of one person come one after the other, on both databases.

    Raises:
        Conflict: The person came with an import that is still running.
    """
    query = (
        select(_RATER.c.id, _RATER.c.import_id, _IMPORT.c.state)
        .join(_IMPORT, _IMPORT.c.id == _RATER.c.import_id, isouter=True)
        .where(_RATER.c.study_id == study_id, _RATER.c.kind == "person", _RATER.c.name == name)
        .with_for_update(key_share=True, of=_RATER)
    )
    row = session.connection().execute(query).one_or_none()
    if row is None:
        new = {"study_id": study_id, "kind": "person", "name": name, "group": "", "family": "", "created_at": now}
        insert_missing(Rater, [new], session=session)
        row = session.connection().execute(query).one()
    if row.import_id is not None and row.state != "done":
        raise Conflict(f"An import that brings ratings by {name} is still running; grade when it is done.")
    person: int = row.id
    return person


@dataclass(frozen=True, slots=True)
class Place:
    """One rater's place on one subject; `core.models.ratings.Assignment`."""

    id: int
    subject_id: int
    state: str
    reason: str
    draft: Mapping[str, Any] | None
    draft_number: int
    order_shown: str | None
    first_shown_at: datetime | None
    changed_at: datetime


_PLACE = tuple(_ASSIGNMENT.c[name] for name in Place.__slots__)


def read_places(rater_id: int, subject_ids: Sequence[int], *, session: Session) -> Mapping[int, Place]:
    """Subject id -> the rater's place on it; subjects never touched are not there."""
    query = select(*_PLACE).where(
        _ASSIGNMENT.c.rater_id == rater_id,
        _ASSIGNMENT.c.subject_id.in_(list(subject_ids)),
        _ASSIGNMENT.c.repetition == 0,
    )
    return {row.subject_id: Place(*row) for row in session.connection().execute(query)}


def read_drafts(rater_id: int, *, session: Session) -> Sequence[int]:
    """Subjects with an open draft, the one last worked on first."""
    query = (
        select(_ASSIGNMENT.c.subject_id)
        .where(_ASSIGNMENT.c.rater_id == rater_id, _ASSIGNMENT.c.state == "draft", _ASSIGNMENT.c.repetition == 0)
        .order_by(_ASSIGNMENT.c.changed_at.desc(), _ASSIGNMENT.c.id.desc())
    )
    return session.connection().execute(query).scalars().all()


def read_settled(rater_id: int, *, session: Session) -> NDArray[np.int64]:
    """Every subject that is out of the rater's queue."""
    query = select(_ASSIGNMENT.c.subject_id).where(
        _ASSIGNMENT.c.rater_id == rater_id, _ASSIGNMENT.c.repetition == 0, _ASSIGNMENT.c.state.in_(SETTLED)
    )
    return np.fromiter(session.connection().execute(query).scalars(), dtype=np.int64)


_STATES_OF = text(
    "select state, count(*) from assignment where rater_id = :rater and repetition = 0"
    " and state in ('submitted', 'skipped', 'flagged') group by state"
)
_STATES_OF_KINDS = text(
    "select a.state, count(*) from assignment a join subject s on s.id = a.subject_id"
    " where a.rater_id = :rater and a.repetition = 0 and a.state in ('submitted', 'skipped', 'flagged')"
    " and s.kind in :kinds group by a.state"
).bindparams(bindparam("kinds", expanding=True))


def count_places(rater_id: int, *, kinds: Sequence[str] | None = None, session: Session) -> Mapping[str, int]:
    """State -> how many subjects the rater has in it; of these kinds, or of all (an index scan)."""
    connection = session.connection()
    if kinds is None:
        rows = connection.execute(_STATES_OF, {"rater": rater_id})
    else:
        rows = connection.execute(_STATES_OF_KINDS, {"rater": rater_id, "kinds": list(kinds)})
    return {state: count for state, count in rows}  # noqa: C416 - rows are not pairs for mypy


def count_graded(study_id: int, *, session: Session) -> int:
    """How many subjects of the study somebody submitted."""
    query = select(func.count(_ASSIGNMENT.c.subject_id.distinct())).where(
        _ASSIGNMENT.c.study_id == study_id, _ASSIGNMENT.c.state == "submitted"
    )
    return session.connection().execute(query).scalar_one()


def read_recent_places(
    rater_id: int, states: Sequence[str], *, before: tuple[datetime, int] | None, limit: int, session: Session
) -> Sequence[Place]:
    """The rater's places in these states, the one last changed first, from `before` (a time and a place) on."""
    query = select(*_PLACE).where(
        _ASSIGNMENT.c.rater_id == rater_id, _ASSIGNMENT.c.repetition == 0, _ASSIGNMENT.c.state.in_(list(states))
    )
    if before is not None:
        at, place_id = before
        query = query.where(
            (_ASSIGNMENT.c.changed_at < at) | ((_ASSIGNMENT.c.changed_at == at) & (_ASSIGNMENT.c.id < place_id))
        )
    query = query.order_by(_ASSIGNMENT.c.changed_at.desc(), _ASSIGNMENT.c.id.desc()).limit(limit)
    return [Place(*row) for row in session.connection().execute(query)]


def put_place(
    *,
    study_id: int,
    rater_id: int,
    subject_id: int,
    place: Place | None,
    changes: Mapping[str, Any],
    session: Session,
) -> int:
    """Write the rater's place on a subject: changed where it is, made where it is not; its id.

    Args:
        study_id: Where.
        rater_id: Whose place; the person is held (`hold_person`).
        subject_id: On what.
        place: As it was read in this transaction.
        changes: Columns of `Assignment`, with at least `state` and `changed_at`.
        session: A writing session.
    """
    connection = session.connection()
    if place is not None:
        connection.execute(update(_ASSIGNMENT).where(_ASSIGNMENT.c.id == place.id).values(dict(changes)))
        return place.id
    row = {"study_id": study_id, "rater_id": rater_id, "subject_id": subject_id} | _NEW_PLACE | dict(changes)
    return _new_key(connection.execute(insert(_ASSIGNMENT), row).inserted_primary_key)


_NEW_PLACE = {"repetition": 0, "reason": "", "draft": None, "draft_number": 0}


@dataclass(frozen=True, slots=True)
class Press:
    """A submission as it stands."""

    id: int
    study_id: int
    rater_id: int
    subject_id: int
    act: str
    phase: str
    comment: str
    confidence: float | None


_PRESS = tuple(_SUBMISSION.c[name] for name in Press.__slots__)


def find_press(nonce: str, *, session: Session) -> Press | None:
    """The submission with this nonce."""
    row = session.connection().execute(select(*_PRESS).where(_SUBMISSION.c.nonce == nonce)).one_or_none()
    return Press(*row) if row is not None else None


def read_press(submission_id: int, *, session: Session) -> Press | None:
    """The submission with this id."""
    row = session.connection().execute(select(*_PRESS).where(_SUBMISSION.c.id == submission_id)).one_or_none()
    return Press(*row) if row is not None else None


_PRESSES = text(
    "select id, study_id, rater_id, subject_id, act, phase, comment, confidence from submission"
    " where subject_id in :subjects and +rater_id = :rater order by id"  # "+": by subject, not through all of a rater's
).bindparams(bindparam("subjects", expanding=True))


def read_presses(rater_id: int, subject_ids: Sequence[int], *, session: Session) -> Mapping[int, Sequence[Press]]:
    """Subject id -> all submissions of the rater on it, oldest first."""
    found: dict[int, list[Press]] = {}
    for row in session.connection().execute(_PRESSES, {"subjects": list(subject_ids), "rater": rater_id}):
        found.setdefault(row.subject_id, []).append(Press(*row))
    return found


def add_press(values: Mapping[str, Any], *, session: Session) -> int:
    """Write a submission; its id.

    Raises:
        Conflict: Somebody else's press has this nonce.
    """
    connection: Connection = session.connection()
    try:
        return _new_key(connection.execute(insert(_SUBMISSION), dict(values)).inserted_primary_key)
    except IntegrityError as error:
        raise Conflict("Another press was there first; load the page again.") from error


def _new_key(key: Sequence[Any] | None) -> int:
    assert key is not None  # noqa: S101 - a table with a primary key always tells it
    return int(key[0])


@dataclass(frozen=True, slots=True)
class Given:
    """A rating that nothing supersedes."""

    id: int
    subject_id: int
    criterion_id: int
    option: str | None
    number: float | None
    absence: str | None
    phase: str
    submission_id: int | None


_STANDING = text(
    "select r.id, r.subject_id, r.criterion_id, r.option, r.number, r.absence, r.phase, r.submission_id"
    " from rating r where r.subject_id in :subjects and r.criterion_id in :criteria and r.rater_id = :rater"
    " and r.repetition = 0 and not exists (select 1 from rating n where n.supersedes_id = r.id)"
    " and (r.import_id is null or r.import_id in (select id from import where state = 'done')) order by r.id"
).bindparams(bindparam("subjects", expanding=True), bindparam("criteria", expanding=True))


def read_standing(
    rater_id: int, subject_ids: Sequence[int], criterion_ids: Sequence[int], *, session: Session
) -> Sequence[Given]:
    """What the rater says now about these subjects and criteria, in every phase, oldest first; withdrawn rows too."""
    if not criterion_ids:
        return []
    values = {"subjects": list(subject_ids), "criteria": list(criterion_ids), "rater": rater_id}
    return [Given(*row) for row in session.connection().execute(_STANDING, values)]


_OF_PRESS = text(
    "select r.id, r.subject_id, r.criterion_id, r.option, r.number, r.absence, r.phase, r.submission_id"
    " from rating r where r.submission_id = :submission"
    " and not exists (select 1 from rating n where n.supersedes_id = r.id) order by r.id"
)


def read_standing_of(submission_id: int, *, session: Session) -> Sequence[Given]:
    """Those ratings of a submission that nothing supersedes."""
    return [Given(*row) for row in session.connection().execute(_OF_PRESS, {"submission": submission_id})]


def add_ratings(rows: Sequence[Mapping[str, Any]], *, session: Session) -> None:
    """Write ratings, with the same columns in every row.

    Raises:
        Conflict: A rating that a row supersedes was superseded by another meanwhile.
    """
    if not rows:
        return
    try:
        session.connection().execute(insert(_RATING), [dict(row) for row in rows])
    except IntegrityError as error:
        raise Conflict("Another press was there first; load the page again.") from error


_EXPOSED = text(
    "select exists (select 1 from exposure where rater_id = :rater and subject_id = :subject)"
    " or exists (select 1 from exposure where rater_id = :rater and subject_id is null"
    "  and up_to_subject_id >= :subject)"
)


def is_exposed(rater_id: int, subject_id: int, *, session: Session) -> bool:
    """Whether the rater was shown others' ratings, verdicts or gold of the subject, on any page."""
    return bool(session.connection().execute(_EXPOSED, {"rater": rater_id, "subject": subject_id}).scalar_one())


def add_exposure(*, study_id: int, rater_id: int, subject_id: int, now: datetime, session: Session) -> None:
    """Note that the rater is about to see what others said of the subject, on the grading card."""
    row = {"study_id": study_id, "rater_id": rater_id, "subject_id": subject_id, "shown_on": "grade", "created_at": now}
    session.connection().execute(insert(_EXPOSURE), row)
