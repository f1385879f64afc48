"""What imports brought in the name of people who grade: which subjects they rated elsewhere before.

Every function takes the `session` of a transaction that the caller opened. Only imports that are done count.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, func, literal_column, select, text
from sqlmodel import Session

from core.models import metadata

_RATING = metadata.tables["rating"]

_IMPORTED = text(
    "select r.subject_id, r.criterion_id from rating r"
    " where r.rater_id = :rater and r.import_id in (select id from import where study_id = :study and state = 'done')"
    " and r.repetition = 0 and r.criterion_id in :criteria and (r.absence is null or r.absence <> 'withdrawn')"
).bindparams(bindparam("criteria", expanding=True))


def read_imported(
    study_id: int, rater_id: int, criterion_ids: Sequence[int], *, session: Session
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Subject and criterion of every rating of repetition 0 that imports brought in the name of a rater.

    Seeks in the index by rater and import: a rater without imported ratings costs nothing, however much they graded.
    """
    if not criterion_ids:
        return _NONE, _NONE
    values = {"study": study_id, "rater": rater_id, "criteria": list(criterion_ids)}
    rows = session.connection().execute(_IMPORTED, values).all()
    if not rows:
        return _NONE, _NONE
    table = np.fromiter((key for row in rows for key in row), dtype=np.int64, count=2 * len(rows)).reshape(-1, 2)
    return table[:, 0], table[:, 1]


_NONE: NDArray[np.int64] = np.empty(0, dtype=np.int64)

_PLACED = text(
    "select subject_id from assignment where rater_id = :rater and subject_id between :first and :last"
    " and repetition = 0"
)


def read_placed(rater_id: int, first: int, last: int, *, session: Session) -> NDArray[np.int64]:
    """The subjects from `first` to `last` on which the rater has a place (a scan of that part of one index)."""
    rows = session.connection().execute(_PLACED, {"rater": rater_id, "first": first, "last": last})
    return np.fromiter(rows.scalars(), dtype=np.int64)


_BY_SUBJECT = literal_column("+rating.rater_id", _RATING.c.rater_id.type)
"""The rater, compared after the subject was found: not through all that they rated."""


def read_imported_times(rater_id: int, subject_ids: Sequence[int], *, session: Session) -> Mapping[int, datetime]:
    """Subject id -> when the newest of the rater's imported ratings of it was given."""
    query = (
        select(_RATING.c.subject_id, func.max(_RATING.c.created_at))
        .where(_RATING.c.subject_id.in_(list(subject_ids)), bindparam("rater") == _BY_SUBJECT)
        .where(_RATING.c.import_id.is_not(None))
        .group_by(_RATING.c.subject_id)
    )  # fmt: skip
    return {row[0]: row[1] for row in session.connection().execute(query, {"rater": rater_id})}
