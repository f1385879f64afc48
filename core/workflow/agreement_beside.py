"""What stands beside an opened item: its checklist and the other criteria, with everybody's answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.models.ratings import RaterKind
from core.store import opened_items as stored
from core.store.agreement import SubjectPlaces, learn_places
from core.store.database import Session
from core.store.following import RatingLog, ratings_of
from core.workflow.agreement_current import in_force
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_questions import Question
from core.workflow.agreement_said import SaidOf, said_in
from core.workflow.agreement_tables import Cells, cells_of
from core.workflow.agreement_view import AgreementView


@dataclass(frozen=True, slots=True)
class AskedBeside:
    """Another question about the same subject, with what everybody answered; plain text but for what `said` holds.

    Attributes:
        criterion: Standing criterion id.
        written_for_item: Whether it is a checklist question, written for this item alone.
    """

    criterion: int
    title: str
    written_for_item: bool
    said: tuple[SaidOf, ...]


def asked_beside(
    live: LiveAgreement, view: AgreementView, subjects: Mapping[int, stored.OpenedSubject], *, session: Session
) -> Mapping[int, tuple[AskedBeside, ...]]:
    """Subject id -> every question that somebody answered about it in this phase, checklists last.

    The view's own criterion is among them; everybody's answers are, also of raters the view leaves out.
    """
    items = sorted({subject.item_id for subject in subjects.values()})
    written = stored.criteria_written_for(items, session=session)
    asked = [question for question in (_narrowed(one, set(written)) for one in live.questions) if question.criteria]
    criteria = [criterion for question in asked for criterion in question.criteria]
    log = ratings_of(view.study_id, list(subjects), criteria, [kind.value for kind in RaterKind], session=session)
    places = SubjectPlaces()
    learn_places(view.study_id, np.array(sorted(subjects), np.int64), places, session=session)
    found: dict[int, list[AskedBeside]] = {subject: [] for subject in subjects}
    for question in asked:
        cells = _cells(live, view, question, log, places)
        words = dict(stored.read_words(cells.current.rating.tolist(), session=session))
        for unit, (subject, standing) in enumerate(zip(cells.subject, cells.standing, strict=True)):
            rows = np.flatnonzero(cells.unit == unit).tolist()
            said = said_in(cells, rows, words, live.reductions)
            title = question.texts.get(int(standing), question.title)
            found[int(subject)].append(AskedBeside(int(standing), title, question.pooled, said))
    return {subject: tuple(answered) for subject, answered in found.items()}


def _narrowed(question: Question, written: set[int]) -> Question:
    """The same with the checklist questions of a few items only."""
    if not question.pooled:
        return question
    return replace(question, criteria={one: question.criteria[one] for one in written if one in question.criteria})


def _cells(
    live: LiveAgreement, view: AgreementView, question: Question, log: RatingLog, places: SubjectPlaces
) -> Cells:
    current = in_force(log, question, view.phase, live.raters, live.reductions)
    return cells_of(question, current, {row.id: row for row in live.raters}, places)
