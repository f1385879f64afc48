"""What agreement reads beside the ratings: questions, raters, the items that subjects hang on, times of ratings.

Every function takes the `session` of a transaction that the caller opened. Rows brought by an import that is not done
are not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, text
from sqlmodel import Session, col, select

from core.models.ratings import Rating
from core.store.plain_rows import plain_rows

_MANY = 400
"""Up to this many missing subjects are asked for by id; more by reading all."""


@dataclass(slots=True)
class SubjectPlaces:
    """The item and the cluster of every subject met so far, as columns sorted by subject.

    Attributes:
        subject: Subject ids, rising.
        item: Item of each subject.
        cluster: Number of the item's cluster, or of the item where it has none.
        numbers: Cluster name or item id -> its number.
    """

    subject: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    item: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    cluster: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    numbers: dict[str | int, int] = field(default_factory=dict)

    def unknown(self, subjects: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of some subjects that were not met yet, each once."""
        if len(self.subject):
            place = np.minimum(np.searchsorted(self.subject, subjects), len(self.subject) - 1)
            subjects = subjects[self.subject[place] != subjects]
        ordered = np.sort(subjects)  # np.unique hashes, which is ten times slower on a million keys
        different: NDArray[np.int64] = ordered[np.diff(ordered, prepend=-1) != 0]
        return different

    def at(self, subjects: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of known subjects."""
        return np.searchsorted(self.subject, subjects).astype(np.int64)


_PLACES = "select s.id, s.item_id, i.cluster from subject s join item i on i.id = s.item_id where s.study_id = :study"


def learn_places(study_id: int, subjects: NDArray[np.int64], places: SubjectPlaces, *, session: Session) -> int:
    """Read the items and clusters of subjects that are not known yet; returns how many were new."""
    missing = places.unknown(subjects)
    if not len(missing):
        return 0
    if len(missing) <= _MANY:
        query = text(_PLACES + " and s.id in :subjects").bindparams(bindparam("subjects", expanding=True))
        rows = plain_rows(query, {"study": study_id, "subjects": missing.tolist()}, session=session)
    else:
        rows = plain_rows(text(_PLACES), {"study": study_id}, session=session)
    known = set(places.subject.tolist())
    fresh = [row for row in rows if row[0] not in known] if len(missing) > _MANY and known else rows
    numbers = places.numbers
    codes = [
        numbers.setdefault(cluster if cluster is not None else int(item), len(numbers)) for _, item, cluster in fresh
    ]
    subject = np.concatenate([places.subject, np.array([row[0] for row in fresh], np.int64)])
    item = np.concatenate([places.item, np.array([row[1] for row in fresh], np.int64)])
    cluster = np.concatenate([places.cluster, np.array(codes, np.int64)])
    order = np.argsort(subject, kind="stable")
    places.subject, places.item, places.cluster = subject[order], item[order], cluster[order]
    return len(fresh)


def rating_times(rating_ids: Sequence[int], *, session: Session) -> Mapping[int, datetime]:
    """Rating id -> when it was written."""
    query = select(Rating.id, Rating.created_at).where(col(Rating.id).in_(list(rating_ids)))
    return {found or 0: at for found, at in session.exec(query)}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells that questions or raters changed, without reading them."""

    last_criterion: int
    last_rater: int
    n_imports: int


_FINGERPRINT = text(
    "select (select coalesce(max(id), 0) from criterion where study_id = :study),"
    " (select coalesce(max(id), 0) from rater where study_id = :study),"
    " (select count(*) from import where study_id = :study and state = 'done')"
)


def read_fingerprint(study_id: int, *, session: Session) -> Fingerprint:
    """The newest criterion and rater, and how many imports are done."""
    row: Any = session.execute(_FINGERPRINT, {"study": study_id}).one()
    return Fingerprint(int(row[0]), int(row[1]), int(row[2]))
