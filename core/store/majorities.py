"""What people say most often: the value that the baseline "always the majority" gives to everything.

Counted on one side of the study's splits only, so that a baseline never learns from the units it is measured on.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from core.models.items import Item, Split, Subject
from core.models.ratings import Rater
from core.store.current import CurrentRatings, current_ratings
from core.store.following import NO_OPTION, RatingLog, follow
from core.store.grading_subjects import read_kin
from core.store.studies import visible

_CHOOSING = (Split.TRAIN.value, Split.DEV.value)


@dataclass(frozen=True, slots=True)
class MajorityValue:
    """What people chose most often on one question.

    Attributes:
        value: Option key or number; None where nobody rated, or where two values are equally frequent.
        n: Blind ratings with a value that were counted, one for each rater and unit.
        n_most: How many of them are the most frequent value (of each of them, where values tie).
        n_tied: How many values are the most frequent.
    """

    value: str | float | None
    n: int
    n_most: int
    n_tied: int


@dataclass(frozen=True, slots=True)
class Majorities:
    """The majorities of some questions, and where they were counted.

    Attributes:
        split: The split whose items were counted ("train", or "dev" where no item is in "train"); None where items are
            not split, and all of them were.
        by_lineage: One for every question asked for.
    """

    split: str | None
    by_lineage: Mapping[str, MajorityValue]

    @property
    def values(self) -> Mapping[str, str | float]:
        """Lineage -> value; questions without a majority are left out."""
        return {lineage: found.value for lineage, found in self.by_lineage.items() if found.value is not None}


def read_majorities(
    study_id: int, meanings: Mapping[str, int], *, kinds: Collection[str], session: Session
) -> Majorities:
    """The most frequent value of each question among blind current ratings.

    Where any item is split, only items of "train" count ("dev" where there is no "train"); never those of "test".
    Abstentions and withdrawn grades have no value. Equally frequent values leave none: neither is the majority.

    Args:
        study_id: Its ratings.
        meanings: Lineage -> meaning of the questions; ratings of other meanings answer another question.
        kinds: Kinds of raters who count as people.
        session: Any session; every rating of the study is read once.
    """
    split = _choosing_split(study_id, session=session)
    kin = read_kin(study_id, list(meanings), session=session)
    stands = {
        version: versions[0] for (lineage, meaning), versions in kin.items() if meanings[lineage] == meaning
        for version in versions
    }  # fmt: skip
    people = session.exec(select(Rater.id).where(Rater.study_id == study_id, col(Rater.kind).in_(list(kinds)))).all()
    log = RatingLog(study_id)
    follow(log, session=session)
    subjects = _subjects_in(study_id, split, session=session) if split is not None else None
    cells = current_ratings(log, questions=stands, ties=(), raters=np.array(people, np.int64), subjects=subjects)
    first = {(lineage, meaning): versions[0] for (lineage, meaning), versions in kin.items()}
    found = {
        lineage: _most_frequent(cells.where(cells.question == first.get((lineage, meaning), -1)))
        for lineage, meaning in meanings.items()
    }
    return Majorities(split, found)


def _choosing_split(study_id: int, *, session: Session) -> str | None:
    query = select(Item.split).where(Item.study_id == study_id, visible(Item, study_id=study_id)).distinct()
    there = set(session.exec(query)) - {None}
    if not there:
        return None
    return next((split for split in _CHOOSING if split in there), Split.TRAIN.value)


def _subjects_in(study_id: int, split: str, *, session: Session) -> NDArray[np.int64]:
    query = (
        select(Subject.id)
        .join(Item, col(Item.id) == Subject.item_id)
        .where(Subject.study_id == study_id, col(Item.split) == split)
    )
    return np.array(session.exec(query).all(), np.int64)


def _most_frequent(cells: CurrentRatings) -> MajorityValue:
    options = cells.option[cells.option != NO_OPTION]
    numbers = cells.number[~np.isnan(cells.number)]
    values, counts = np.unique(options if len(options) else numbers, return_counts=True)
    if not len(values):
        return MajorityValue(None, 0, 0, 0)
    most = int(counts.max())
    top = values[counts == most]
    value: str | float | None = None
    if len(top) == 1:
        value = cells.options[int(top[0])] if len(options) else float(top[0])
    return MajorityValue(value, int(counts.sum()), most, len(top))
