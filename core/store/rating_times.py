"""When every rating of a study was written, as a column in memory; read only when it is wanted."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, text
from sqlmodel import Session

from core.store.following import RatingLog
from core.store.plain_rows import plain_rows

_FEW = 400
"""Up to this many new ratings are asked for by id; more by reading all."""

_AT = {"sqlite": "created_at", "postgresql": "extract(epoch from created_at)::double precision"}


class RatingTimes:
    """The times of the ratings that a log holds: read for all at the first call, later for new ones."""

    def __init__(self, study_id: int) -> None:
        self.study_id = study_id
        self.rows_fetched = 0
        self._id: NDArray[np.int64] = np.empty(0, np.int64)
        self._at: NDArray[np.float64] = np.empty(0)
        self._seen = 0

    def learn(self, log: RatingLog, *, session: Session) -> int:
        """Read the times of what the log has since the last call; returns how many were read."""
        fresh = log.id[self._seen :]
        if not len(fresh):
            return 0
        dialect = session.get_bind().dialect.name
        query = f"select id, {_AT[dialect]} from rating where study_id = :study"  # noqa: S608 - fixed words
        asked: dict[str, object] = {"study": self.study_id}
        if len(fresh) <= _FEW:
            bound = text(query + " and id in :ids").bindparams(bindparam("ids", expanding=True))
            asked["ids"] = fresh.tolist()
        else:
            bound = text(query + " and id between :low and :high")
            asked |= {"low": int(fresh.min()), "high": int(fresh.max())}
        rows = plain_rows(bound, asked, session=session)
        found = np.array([row[0] for row in rows], np.int64)
        at = _seconds([row[1] for row in rows])
        ids, place = np.unique(np.concatenate([self._id, found]), return_index=True)
        self._id, self._at = ids, np.concatenate([self._at, at])[place]
        self._seen = len(log.id)
        self.rows_fetched += len(rows)
        return len(rows)

    def of(self, ratings: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds since 1970 (UTC) of some ratings by id; NaN for those not learned."""
        if not len(self._id):
            return np.full(len(ratings), np.nan)
        place = np.minimum(np.searchsorted(self._id, ratings), len(self._id) - 1)
        return np.where(self._id[place] == ratings, self._at[place], np.nan)


def _seconds(written: list[str] | list[float]) -> NDArray[np.float64]:
    """SQLite keeps naive UTC as text, which numpy reads a million at a time."""
    if written and isinstance(written[0], str):
        return np.array(written, "datetime64[us]").astype(np.int64) / 1e6
    return np.array(written, np.float64)
