"""The wide shape: one row per unit with the rating in force of every rater, as agreement reads it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.exporting.formats import Cell
from core.models.exchange import ColumnType, column_type
from core.store import exports
from core.store.current import TIE, AskedPhase, CurrentRatings
from core.store.database import Database, Session
from core.store.following import ABSENCES, RatingLog, follow
from core.store.juries import ratings_in_force, read_reductions
from core.store.questions import Question, RaterRow, list_questions, list_raters
from core.workflow.workspace import Workspace

_UNITS_AT_ONCE = 2_000
_ABOUT = (
    "item", "subject", "subject_kind", "system_a", "sample_a", "system_b", "sample_b", "cluster", "split", "slices",
)  # fmt: skip
_ASKED = ("criterion", "criterion_name", "meaning")
_TEXTS = ("input", "context", "references", "output_a", "output_b")
_PHASES: Mapping[str, AskedPhase] = {"blind": "blind", "exposed": "exposed", "revised": "revised"}


@dataclass(frozen=True, slots=True)
class WideRatings:
    """A wide table about to be read in batches."""

    database: Database
    found: CurrentRatings
    questions: Mapping[int, Question]
    raters: tuple[RaterRow, ...]
    starts: NDArray[np.int64]
    texts: bool

    def __len__(self) -> int:
        """How many units it has."""
        return len(self.starts)

    @property
    def columns(self) -> dict[str, ColumnType]:
        """Columns with their types; a rater's column is `kind:name`, which is unique in a study."""
        labels = [f"{rater.kind}:{rater.name}" for rater in self.raters]
        return {name: column_type(name) for name in (*_ABOUT, *_ASKED, *labels, *(_TEXTS if self.texts else ()))}

    def batches(self) -> Iterator[Sequence[Sequence[Cell]]]:
        """The rows, a batch of units at a time."""
        ends = np.append(self.starts[1:], len(self.found))
        place = {rater.id: position for position, rater in enumerate(self.raters)}
        for first in range(0, len(self), _UNITS_AT_ONCE):
            starts = self.starts[first : first + _UNITS_AT_ONCE]
            with self.database.reading() as session:
                ids = sorted(set(self.found.subject[starts].tolist()))
                subjects = exports.read_subjects(ids, texts=self.texts, session=session)
            units = zip(starts.tolist(), ends[first : first + _UNITS_AT_ONCE].tolist(), strict=True)
            yield [self._row(subjects, place, range(start, end)) for start, end in units]

    def _row(self, subjects: Mapping[int, Mapping[str, Cell]], place: Mapping[int, int], cells: range) -> list[Cell]:
        subject = subjects[int(self.found.subject[cells[0]])]
        question = self.questions[int(self.found.question[cells[0]])]
        values: list[Cell] = [None] * len(self.raters)
        for cell in cells:
            values[place[int(self.found.rater[cell])]] = _value(self.found, cell)
        asked: list[Cell] = [question.lineage, question.name, question.meaning]
        texts = [subject.get(name) for name in _TEXTS] if self.texts else []
        return [*(subject.get(name) for name in _ABOUT), *asked, *values, *texts]


def wide_ratings(workspace: Workspace, study_id: int, chosen: exports.RatingFilter, *, texts: bool) -> WideRatings:
    """The ratings in force (one phase, blind unless chosen), by unit; raters without any have no column."""
    log = RatingLog(study_id)
    with workspace.database.reading() as session:
        follow(log, session=session)
        questions = _chosen_questions(study_id, chosen, session)
        raters = _chosen_raters(study_id, chosen, session)
        found = ratings_in_force(
            log,
            read_reductions(study_id, session=session),
            questions={version: question.id for question in questions.values() for version in question.versions},
            ties={question.id for question in questions.values() if TIE in question.scale.keys},
            numeric={question.id for question in questions.values() if question.scale.is_numeric},
            phase=_PHASES[chosen.phases[0]] if chosen.phases else "blind",
            raters=np.array([rater.id for rater in raters], np.int64),
        )
        if chosen.splits:
            found = _in_splits(found, chosen.splits, session)
    present = set(found.rater.tolist())
    return WideRatings(
        database=workspace.database,
        found=found,
        questions=questions,
        raters=tuple(rater for rater in raters if rater.id in present),
        starts=_unit_starts(found),
        texts=texts,
    )


def _chosen_questions(study_id: int, chosen: exports.RatingFilter, session: Session) -> dict[int, Question]:
    known = list_questions(study_id, session=session)
    return {one.id: one for one in known if not chosen.lineages or one.lineage in chosen.lineages}


def _chosen_raters(study_id: int, chosen: exports.RatingFilter, session: Session) -> list[RaterRow]:
    return [
        rater
        for rater in list_raters(study_id, session=session)
        if (not chosen.raters or rater.id in chosen.raters) and (not chosen.kinds or rater.kind in chosen.kinds)
    ]


def _unit_starts(found: CurrentRatings) -> NDArray[np.int64]:
    """Where a new unit begins; rows come sorted by subject and question."""
    if not len(found):
        return np.empty(0, np.int64)
    fresh = (np.diff(found.subject) != 0) | (np.diff(found.question) != 0)
    return np.flatnonzero(np.concatenate([[True], fresh]))


def _value(found: CurrentRatings, cell: int) -> Cell:
    """The option, the number, or the absence in brackets: nothing is left out silently."""
    code = int(found.option[cell])
    if code >= 0:
        return found.options[code]
    if found.absence[cell]:
        return f"[{ABSENCES[int(found.absence[cell])]}]"
    return repr(float(found.number[cell]))


def _in_splits(found: CurrentRatings, splits: Sequence[str], session: Session) -> CurrentRatings:
    inside = exports.subjects_in_splits(sorted(set(found.subject.tolist())), splits, session=session)
    return found.where(np.isin(found.subject, np.array(sorted(inside), np.int64)))
