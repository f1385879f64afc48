"""Which systems made the outputs of every pair of a study. Takes the `session` of a transaction the caller opened."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

_PAIRS = text(
    "select s.id, a.system_id, b.system_id from subject s join output a on a.id = s.output_a_id"
    " join output b on b.id = s.output_b_id where s.study_id = :study and s.kind = 'pair' order by s.id"
)
_SYSTEMS = text("select id, name from system where study_id = :study order by id")


@dataclass(frozen=True, slots=True, eq=False)
class PairSystems:
    """The pairs of a study as columns.

    Attributes:
        subject: Subject ids, rising.
        a, b: Position in `systems` of the system of each output.
        systems: Names.
    """

    subject: NDArray[np.int64]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    systems: tuple[str, ...]


def read_pair_systems(study_id: int, *, session: Session) -> PairSystems:
    """The systems behind every pair."""
    names = session.execute(_SYSTEMS, {"study": study_id}).all()
    rows = session.execute(_PAIRS, {"study": study_id}).all()
    columns = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 3)
    ids = np.array([row[0] for row in names], np.int64)
    a, b = (np.searchsorted(ids, columns[:, side]) for side in (1, 2))
    return PairSystems(columns[:, 0], a, b, tuple(row[1] for row in names))
