"""Every standing rating of one question as it was written: single orders and repetitions, before they are reduced."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.models.ratings import Absence
from core.scales import MISSING
from core.store.current import AskedPhase
from core.store.following import ABSENCES, PHASES, RatingLog
from core.workflow.agreement_questions import Question
from core.workflow.agreement_tables import Cells


@dataclass(frozen=True, slots=True, eq=False)
class RatingRows:
    """Standing ratings of one question, one row each, in the order of their ids.

    Attributes:
        id, subject, rater: Keys of each row, int64.
        standing: The criterion id that stands for the one that was asked.
        codes: Code of each rating on the scale; `MISSING` for none, and on a scale of free numbers.
        order: Position in `following.ORDERS`, int8.
        repetition: 0 for the first time a rater was asked, int16.
    """

    id: NDArray[np.int64]
    subject: NDArray[np.int64]
    standing: NDArray[np.int64]
    rater: NDArray[np.int64]
    codes: NDArray[np.int16]
    order: NDArray[np.int8]
    repetition: NDArray[np.int16]

    def units_in(self, cells: Cells) -> NDArray[np.int64]:
        """The unit of each row among those of some cells; -1 where it is none of them."""
        if not cells.n_units:
            return np.full(len(self.id), -1, np.int64)
        width = int(max(self.standing.max(initial=0), cells.standing.max())) + 1
        known, wanted = cells.subject * width + cells.standing, self.subject * width + self.standing
        place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[place] == wanted, place, -1).astype(np.int64)


def rows_of(log: RatingLog, question: Question, phase: AskedPhase) -> RatingRows:
    """The standing rows of a question in a phase ("latest": in any), withdrawn ones left out."""
    known = np.array(sorted(question.criteria), np.int64)
    wanted = log.standing & np.isin(log.criterion, known)
    wanted &= log.absence != ABSENCES.index(Absence.WITHDRAWN.value)
    if phase != "latest":
        wanted &= log.phase == PHASES.index(phase)
    found = np.flatnonzero(wanted)
    found = found[np.argsort(log.id[found], kind="stable")]
    stands = np.array([question.criteria[one] for one in known.tolist()], np.int64)
    codes = np.array([*(question.scale.code(key) for key in log.options), MISSING], np.int16)
    return RatingRows(
        id=log.id[found],
        subject=log.subject[found],
        standing=stands[np.searchsorted(known, log.criterion[found])],
        rater=log.rater[found],
        codes=codes[log.option[found]],
        order=log.order[found],
        repetition=log.repetition[found],
    )
