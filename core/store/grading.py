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
from sqlalchemy import and_, bindparam, exists, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.errors import Conflict, NotFound
from core.models import metadata
from core.models.ratings import Rater
from core.store.grading_subjects import SUBJECT_COLUMNS, VISIBLE, Person, SubjectRow, subject_row
from core.store.inserting import insert_missing

_ASSIGNMENT, _SUBJECT = metadata.tables["assignment"], metadata.tables["subject"]
_SUBMISSION, _RATING, _EXPOSURE = (metadata.tables[name] for name in ("submission", "rating", "exposure"))

SETTLED = ("submitted", "skipped", "flagged")
"""States in which a subject is out of its rater's queue."""


_HELD = text("select id from rater where id = :rater for no key update")
_PERSON = text("select id from rater where study_id = :study and kind = 'person' and name = :name")


def hold_person(study_id: int, name: str, known: Person | None, *, now: datetime, session: Session) -> int:
    """The person of exactly this name, made when missing, and held until the transaction ends.

    So two presses of one person come one after the other. (On SQLite every writing transaction holds all.)

    Args:
        study_id: Where.
        name: Who.
        known: As read in this transaction.
        now: When the person is made.
        session: A writing session.

    Raises:
        Conflict: The person came with an import that is still running.
    """
    if known is None:
        new = {"study_id": study_id, "kind": "person", "name": name, "group": "", "family": "", "created_at": now}
        insert_missing(Rater, [new], session=session)
        found = session.connection().execute(_PERSON, {"study": study_id, "name": name}).scalar_one()
        known = Person(int(found), None)
    elif known.import_state not in (None, "done"):
        raise Conflict(f"An import that brings ratings by {name} is still running; grade when it is done.")
    if session.get_bind().dialect.name != "sqlite":
        session.connection().execute(_HELD, {"rater": known.id})
    return known.id


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


_OF_RATER = (_ASSIGNMENT.c.rater_id == bindparam("rater"), _ASSIGNMENT.c.repetition == 0)
_PLACES = select(*_PLACE).where(*_OF_RATER, _ASSIGNMENT.c.subject_id.in_(bindparam("subjects", expanding=True)))


def read_places(rater_id: int, subject_ids: Sequence[int], *, session: Session) -> Mapping[int, Place]:
    """Subject id -> the rater's place on it; subjects never touched are not there."""
    rows = session.connection().execute(_PLACES, {"rater": rater_id, "subjects": list(subject_ids)})
    return {row.subject_id: Place(*row) for row in rows}


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a person stands with a subject.

    Attributes:
        exposed: Whether they were shown others' ratings, verdicts or gold of it, on any page.
        pressed: Whether the nonce asked for is taken, by whomever.
    """

    subject: SubjectRow
    place: Place | None
    exposed: bool
    pressed: bool


_N_SUBJECT = len(SUBJECT_COLUMNS)
_STAND = (
    select(
        *SUBJECT_COLUMNS,
        *_PLACE,
        exists().where(
            _EXPOSURE.c.rater_id == bindparam("rater"), _EXPOSURE.c.subject_id == bindparam("subject")
        ),
        exists().where(
            _EXPOSURE.c.rater_id == bindparam("rater"),
            _EXPOSURE.c.subject_id.is_(None),
            _EXPOSURE.c.up_to_subject_id >= bindparam("subject"),
        ),
        exists().where(_SUBMISSION.c.nonce == bindparam("nonce")),
    )
    .select_from(
        _SUBJECT.outerjoin(_ASSIGNMENT, and_(_ASSIGNMENT.c.subject_id == _SUBJECT.c.id, *_OF_RATER))
    )
    .where(_SUBJECT.c.id == bindparam("subject"), _SUBJECT.c.study_id == bindparam("study"), VISIBLE)
)  # fmt: skip


def read_stand(study_id: int, rater_id: int, subject_id: int, nonce: str, *, session: Session) -> Stand:
    """Where a person stands with a subject, in one round trip.

    Raises:
        NotFound: The study has no such subject, or it belongs to an import that is not done.
    """
    values = {"study": study_id, "rater": rater_id, "subject": subject_id, "nonce": nonce}
    row = session.connection().execute(_STAND, values).one_or_none()
    if row is None:
        raise NotFound("subject", subject_id)
    place = row[_N_SUBJECT : _N_SUBJECT + len(_PLACE)]
    *_, exposed, exposed_by_then, pressed = row
    return Stand(
        subject=subject_row(row),
        place=Place(*place) if place[0] is not None else None,
        exposed=bool(exposed) or bool(exposed_by_then),
        pressed=bool(pressed),
    )


_DRAFTS = (
    select(_ASSIGNMENT.c.subject_id)
    .where(*_OF_RATER, _ASSIGNMENT.c.state == "draft")
    .order_by(_ASSIGNMENT.c.changed_at.desc(), _ASSIGNMENT.c.id.desc())
)


def read_drafts(rater_id: int, *, session: Session) -> Sequence[int]:
    """Subjects with an open draft, the one last worked on first."""
    return session.connection().execute(_DRAFTS, {"rater": rater_id}).scalars().all()


_SETTLED = select(_ASSIGNMENT.c.subject_id).where(*_OF_RATER, _ASSIGNMENT.c.state.in_(SETTLED))


def read_settled(rater_id: int, *, session: Session) -> NDArray[np.int64]:
    """Every subject that is out of the rater's queue."""
    return np.fromiter(session.connection().execute(_SETTLED, {"rater": rater_id}).scalars(), dtype=np.int64)


_STATES = text("select state, count(*) from assignment where rater_id = :rater and repetition = 0 group by state")
_STATES_OF_KINDS = text(
    "select a.state, count(*) from assignment a join subject s on s.id = a.subject_id"
    " where a.rater_id = :rater and a.repetition = 0 and s.kind in :kinds group by a.state"
).bindparams(bindparam("kinds", expanding=True))


def count_places(rater_id: int, *, kinds: Sequence[str] | None = None, session: Session) -> Mapping[str, int]:
    """State -> how many subjects the rater has in it; of these kinds, or of all (a scan of the rater's index alone)."""
    connection = session.connection()
    if kinds is None:
        rows = connection.execute(_STATES, {"rater": rater_id})
    else:
        rows = connection.execute(_STATES_OF_KINDS, {"rater": rater_id, "kinds": list(kinds)})
    return {row[0]: row[1] for row in rows}


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
    " where subject_id = :subject and +rater_id = :rater order by id"  # "+": by subject, not through all of a rater's
)


def read_presses(rater_id: int, subject_id: int, *, session: Session) -> Sequence[Press]:
    """All submissions of the rater on the subject, oldest first."""
    rows = session.connection().execute(_PRESSES, {"subject": subject_id, "rater": rater_id})
    return [Press(*row) for row in rows]


def add_press(values: Mapping[str, Any], *, session: Session) -> int:
    """Write a submission; its id.

    Raises:
        Conflict: Somebody else's press has this nonce.
    """
    connection = session.connection()
    try:
        return _new_key(connection.execute(insert(_SUBMISSION), dict(values)).inserted_primary_key)
    except IntegrityError as error:
        if _is_taken(error):
            raise Conflict("Another press was there first; load the page again.") from error
        raise


def _is_taken(error: IntegrityError) -> bool:
    """Whether a row with the same unique key was there, and not something else that the database refuses."""
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return code in ("23505", "SQLITE_CONSTRAINT_UNIQUE")


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
    " from rating r where r.subject_id in :subjects and r.criterion_id in :criteria and +r.rater_id = :rater"
    " and r.repetition = 0 and not exists (select 1 from rating n where n.supersedes_id = r.id)"
    " and (r.import_id is null or r.import_id in (select id from import where state = 'done'))"
    " order by +r.id"  # "+": by unit, not in order through all ratings of the one criterion a study may have
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
        if _is_taken(error):
            raise Conflict("Another press was there first; load the page again.") from error
        raise


_EXPOSED = text(
    "select subject_id from exposure where rater_id = :rater and subject_id in :subjects"
    " union select s.id from subject s where s.id in :subjects and s.id <= (select max(up_to_subject_id) from exposure"
    "  where rater_id = :rater and subject_id is null)"
).bindparams(bindparam("subjects", expanding=True))


def read_exposed(rater_id: int, subject_ids: Sequence[int], *, session: Session) -> set[int]:
    """Those subjects of which the rater was shown others' ratings, verdicts or gold, on any page."""
    values = {"rater": rater_id, "subjects": list(subject_ids)}
    return set(session.connection().execute(_EXPOSED, values).scalars())
