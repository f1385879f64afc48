"""What injection probes rest on: a judge's verdicts on unaltered texts, and its calls about altered ones.

Every function takes the `session` of a transaction that the caller opened.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from core.models import metadata
from core.store.calls import in_parts

_CALL, _RATING = metadata.tables["call"], metadata.tables["rating"]
_SUBJECT, _ITEM = metadata.tables["subject"], metadata.tables["item"]

Value = str | float


def judged_of_kind(rater_id: int, kind: str, *, session: Session) -> Sequence[int]:
    """Subjects of a kind that a judge gave a value, rising."""
    query = (
        select(_RATING.c.subject_id)
        .join(_SUBJECT, _SUBJECT.c.id == _RATING.c.subject_id)
        .where(_RATING.c.rater_id == rater_id, _RATING.c.absence.is_(None), _SUBJECT.c.kind == kind)
        .distinct()
        .order_by(_RATING.c.subject_id)
    )
    return list(session.connection().execute(query).scalars())


def values_of(rating_ids: Collection[int], *, session: Session) -> Mapping[int, Value]:
    """Rating id -> its value; those without one are left out."""
    found: dict[int, Value] = {}
    for some in in_parts(sorted(set(rating_ids))):
        query = select(_RATING.c.id, _RATING.c.option, _RATING.c.number).where(_RATING.c.id.in_(some))
        for key, option, number in session.connection().execute(query):
            value = option if option is not None else number
            if value is not None:
                found[key] = value
    return found


@dataclass(frozen=True, slots=True)
class ProbeCall:
    """A call about an altered text, with its reply."""

    id: int
    run_id: int
    subject_id: int
    variation: str
    asked: tuple[int, ...]
    order: str | None
    status: str
    changed_at: datetime


def probe_calls(judge_id: int, *, session: Session) -> Sequence[ProbeCall]:
    """The judge's calls about altered texts, in the order they were made; those that were skipped are left out."""
    names = ("id", "run_id", "subject_id", "variation", "asked", "order_shown", "status", "changed_at")
    query = (
        select(*(_CALL.c[name] for name in names))
        .where(_CALL.c.judge_id == judge_id, _CALL.c.kind == "probe", _CALL.c.status != "skipped")
        .order_by(_CALL.c.id)
    )
    rows = session.connection().execute(query)
    return [
        ProbeCall(key, run, subject, variation, tuple(asked or ()), order, status, at)
        for key, run, subject, variation, asked, order, status, at in rows
    ]


def probe_state(judge_id: int, *, session: Session) -> tuple[int, datetime | None]:
    """How many calls about altered texts a judge has, and when one last changed: as long as both stay, so do they."""
    made = select(func.count(), func.max(_CALL.c.changed_at)).where(
        _CALL.c.judge_id == judge_id, _CALL.c.kind == "probe"
    )
    n, changed_at = session.connection().execute(made).one()
    return n, changed_at


@dataclass(frozen=True, slots=True)
class EarlierVerdict:
    """A verdict on the unaltered text, whether or not it still stands; without a value: None."""

    id: int
    subject_id: int
    criterion_id: int
    order: str | None
    value: Value | None
    at: datetime


def verdicts_on(rater_id: int, subject_ids: Collection[int], *, session: Session) -> Sequence[EarlierVerdict]:
    """Every verdict of the first repetition on these subjects, oldest first."""
    names = ("id", "subject_id", "criterion_id", "order_shown", "option", "number", "created_at")
    found: list[EarlierVerdict] = []
    for some in in_parts(sorted(set(subject_ids))):
        query = select(*(_RATING.c[name] for name in names)).where(
            _RATING.c.subject_id.in_(some), _RATING.c.rater_id == rater_id, _RATING.c.repetition == 0
        )
        for key, subject, criterion, order, option, number, at in session.connection().execute(query):
            value = option if option is not None else number
            found.append(EarlierVerdict(key, subject, criterion, order, value, at))
    return sorted(found, key=lambda one: one.id)


def clusters_of(subject_ids: Collection[int], *, session: Session) -> Mapping[int, str]:
    """Subject id -> what it hangs together with: its item's cluster, else the item."""
    found: dict[int, str] = {}
    for some in in_parts(sorted(set(subject_ids))):
        query = (
            select(_SUBJECT.c.id, _ITEM.c.id, _ITEM.c.cluster)
            .join(_ITEM, _ITEM.c.id == _SUBJECT.c.item_id)
            .where(_SUBJECT.c.id.in_(some))
        )
        for subject, item, cluster in session.connection().execute(query):
            found[subject] = f"cluster {cluster}" if cluster is not None else f"item {item}"
    return found
