"""The items behind a number, opened: what they say, and what everybody said of them.

Whoever opens them is shown others' ratings; that is noted, so that a first grade of theirs that comes later counts as
`exposed` and never as blind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.models.ratings import RaterKind
from core.rendering import messages_html, rendered, snippet
from core.store import opened_items as stored
from core.store.studies import ensure_rater, is_simulated
from core.workflow.agreement_behind import Behind, units_behind
from core.workflow.agreement_beside import AskedBeside, asked_beside
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_said import SaidOf, said_in
from core.workflow.agreement_view import AgreementView
from core.workflow.workspace import Visitor, Workspace


@dataclass(frozen=True, slots=True)
class OutputText:
    """An output as safe HTML, with the letter that ratings of a pair name it by ("" for a single output)."""

    letter: str
    system: str
    html: str


@dataclass(frozen=True, slots=True)
class ReferenceText:
    """An expected answer of the item as safe HTML.

    Attributes:
        falsified: Whether it is wrong on purpose.
        verified: Whether somebody has checked it.
        by: Who wrote it; "" where it came with the data.
    """

    html: str
    falsified: bool
    verified: bool
    by: str


@dataclass(frozen=True, slots=True)
class OpenedUnit:
    """A unit with everything that was written about it; `*_html` is safe HTML, the rest plain text.

    Attributes:
        unit: Position in the view.
        subject, standing: What names it in an address.
        asked: The checklist question it is about, where questions are looked at together.
        said: What the chosen raters said.
        checklist: The other questions that were written for this item.
        criteria: The study's other criteria.
    """

    unit: int
    subject: int
    standing: int
    title: str
    asked: str
    messages_html: str
    context_html: str
    references: tuple[ReferenceText, ...]
    outputs: tuple[OutputText, ...]
    said: tuple[SaidOf, ...]
    checklist: tuple[AskedBeside, ...]
    criteria: tuple[AskedBeside, ...]


@dataclass(frozen=True, slots=True)
class ItemsBehind:
    """A page of units.

    Attributes:
        total: Units in all.
        offset: Units before the first of `units`.
        noted: Whether it is noted who read them; False where the visitor has no name.
    """

    total: int
    offset: int
    units: tuple[OpenedUnit, ...]
    noted: bool


def items_behind(
    workspace: Workspace, visitor: Visitor, live: LiveAgreement, view: AgreementView, cell: Behind, *,
    limit: int = 10, offset: int = 0,
) -> ItemsBehind:  # fmt: skip
    """The units behind a cell, opened: texts, and what everybody said of them. The reader's exposure is noted first.

    Args:
        workspace: The outside world.
        visitor: Who reads; nobody's exposure can be noted without a name.
        live: The study, followed.
        view: The agreement looked at.
        cell: Which of its cells.
        limit: Units at once.
        offset: Units before.
    """
    units = units_behind(live, view, cell)
    reading = _Reading(workspace, visitor, live, view)
    return _opened(reading, units[offset : offset + limit], total=len(units), offset=offset)


def open_units(
    workspace: Workspace, visitor: Visitor, live: LiveAgreement, view: AgreementView, units: Sequence[int]
) -> tuple[OpenedUnit, ...]:
    """Some units by position, opened; the reader's exposure is noted first."""
    chosen = np.array([unit for unit in units if 0 <= unit < view.cells.n_units], np.int64)
    return _opened(_Reading(workspace, visitor, live, view), chosen, total=len(chosen), offset=0).units


def note_reading(workspace: Workspace, visitor: Visitor, study_id: int, subjects: Sequence[int]) -> bool:
    """Note that the visitor is shown what others said of these subjects; False where nobody is known to be there.

    The name gets its place among the raters of the study, so that the note holds when they start to grade later.
    """
    if not visitor.is_known:
        return False
    if subjects:
        with workspace.database.writing() as session:
            if is_simulated(study_id, session=session):
                return True  # nobody grades there, so nothing need be kept from them
            now = workspace.clock()
            rater = ensure_rater(study_id, kind=RaterKind.PERSON, name=visitor.name, now=now, session=session)
            stored.note_exposures(
                study_id, rater.id or 0, sorted(set(subjects)), shown_on="agreement", now=now, session=session
            )
    return True


@dataclass(frozen=True, slots=True)
class _Reading:
    """Who reads what."""

    workspace: Workspace
    visitor: Visitor
    live: LiveAgreement
    view: AgreementView


def _opened(reading: _Reading, units: NDArray[np.int64], *, total: int, offset: int) -> ItemsBehind:
    view, cells = reading.view, reading.view.cells
    rows = {int(unit): _chosen_rows(view, int(unit)) for unit in units}
    subjects = [int(cells.subject[unit]) for unit in units]
    noted = note_reading(reading.workspace, reading.visitor, view.study_id, subjects)
    ratings = [int(cells.current.rating[row]) for found in rows.values() for row in found]
    with reading.workspace.database.reading() as session:
        texts = stored.read_opened(view.study_id, subjects, session=session)
        words = dict(stored.read_words(ratings, session=session))
        references = stored.read_references([text.item_id for text in texts.values()], session=session)
        beside = asked_beside(reading.live, view, texts, session=session)
    opened = []
    for unit in units.tolist():
        subject = int(cells.subject[unit])
        if subject in texts:
            said, text = said_in(cells, rows[unit], words, reading.live.reductions), texts[subject]
            said = _with_members(said, beside[subject], int(cells.standing[unit]))
            opened.append(_unit(view, unit, text, said, references.get(text.item_id, ()), beside[subject]))
    return ItemsBehind(total, offset, tuple(opened), noted)


def _with_members(
    said: tuple[SaidOf, ...], beside: Sequence[AskedBeside], standing: int
) -> tuple[SaidOf, ...]:  # fmt: skip
    """The same, juries with all their members: a filter may have left some out of the view."""
    full = {one.rater: one.members for asked in beside if asked.criterion == standing for one in asked.said}
    return tuple(replace(one, members=full[one.rater]) if full.get(one.rater) else one for one in said)


def _chosen_rows(view: AgreementView, unit: int) -> list[int]:
    """Rows of the chosen raters, those without a value too."""
    chosen = {line.id for line in view.raters}
    rows = np.flatnonzero(view.cells.unit == unit).tolist()
    return [row for row in rows if view.cells.raters[int(view.cells.rater[row])].id in chosen]


def _unit(
    view: AgreementView, unit: int, text: stored.OpenedSubject, said: tuple[SaidOf, ...],
    references: Sequence[stored.ReferenceRow], beside: Sequence[AskedBeside],
) -> OpenedUnit:  # fmt: skip
    standing = int(view.cells.standing[unit])
    letters = ("A", "B") if text.kind == "pair" else ("", "")
    others = [asked for asked in beside if asked.criterion != standing]
    return OpenedUnit(
        unit=unit,
        subject=text.id,
        standing=standing,
        title=snippet(text.external_id, 80),
        asked=view.question.texts.get(standing, ""),
        messages_html=messages_html(text.messages),
        context_html=rendered(text.context) if text.context else "",
        references=tuple(
            ReferenceText(rendered(one.text), one.kind == "falsified", one.status == "verified", one.created_by)
            for one in references
        ),
        outputs=tuple(
            OutputText(letter, output.system, messages_html(output.messages))
            for letter, output in zip(letters, text.outputs, strict=False)
        ),
        said=said,
        checklist=tuple(asked for asked in others if asked.written_for_item),
        criteria=tuple(asked for asked in others if not asked.written_for_item),
    )
