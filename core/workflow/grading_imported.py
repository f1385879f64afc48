"""Subjects that a person rated elsewhere: an import brought their ratings, and they go on grading here.

What an import brought in full is done for this person, as if they had graded it here, until they open it again: from
then on their place on the subject says where they stand.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.store.database import Session
from core.store.grading import Place
from core.store.grading_imported import read_placed
from core.store.grading_subjects import KINDS
from core.store.studies import AskedCriterion

Ids = NDArray[np.int64]


def rated_in_full(
    subjects: Ids, criteria: Ids, *, asked: Sequence[AskedCriterion], questions: Mapping[int, int]
) -> Ids:
    """Those subjects, rising, for which every required question of their kind is answered; where none is, any.

    Args:
        subjects: Of what each rating is.
        criteria: Which criterion version each rating answers.
        asked: What is asked now.
        questions: Criterion id, of every version with the same meaning -> the id asked now.
    """
    versions, where = np.unique(criteria, return_inverse=True)
    question = np.array([questions[version] for version in versions.tolist()], dtype=np.int64)[where]
    full = [_answered(subjects, question, [one for one in asked if one.applies_to == kind]) for kind in KINDS]
    return np.unique(np.concatenate(full))


def _answered(subjects: Ids, question: Ids, asked: Sequence[AskedCriterion]) -> Ids:
    required = [one.id for one in asked if one.required]
    here = np.isin(question, required or [one.id for one in asked])
    pairs = np.unique(np.column_stack((subjects[here], question[here])), axis=0)
    found, n_answers = np.unique(pairs[:, 0], return_counts=True)
    return found[n_answers >= max(1, len(required))]


def untouched(imported: Ids, rater_id: int, *, session: Session) -> Ids:
    """Those of the subjects that were imported in full on which the person did nothing here since."""
    if not len(imported):
        return imported
    placed = read_placed(rater_id, int(imported[0]), int(imported[-1]), session=session)
    where = np.searchsorted(imported, placed)  # few places among many imported: no search through all of them
    return np.delete(imported, where[imported[where] == placed]) if len(placed) else imported


def imported_place(subject_id: int, at: datetime) -> Place:
    """Where a person stands with a subject that an import brought in full: as if they had submitted it."""
    return Place(
        id=0, subject_id=subject_id, state="submitted", reason="", draft=None, draft_number=0, order_shown=None,
        first_shown_at=None, changed_at=at,
    )  # fmt: skip


def holds(rising: Ids, subject: int) -> bool:
    """Whether a subject is among those of a rising array."""
    place = int(np.searchsorted(rising, subject))
    return place < len(rising) and int(rising[place]) == subject
