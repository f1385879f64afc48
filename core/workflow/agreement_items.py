"""The items behind a number, opened: what they say, and what everybody said of them.

Whoever opens them is shown others' ratings; that is noted, so that a first grade of theirs that comes later counts as
`exposed` and never as blind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.charts.writing import decimal
from core.models.ratings import RaterKind
from core.rendering import messages_html, rendered, snippet
from core.scales import MISSING, DeclaredScale
from core.store import opened_items as stored
from core.store.following import ABSENCES
from core.store.studies import ensure_rater, is_simulated
from core.workflow.agreement_behind import Behind, units_behind
from core.workflow.agreement_view import AgreementView
from core.workflow.workspace import Visitor, Workspace


@dataclass(frozen=True, slots=True)
class SaidOf:
    """What one rater said of a unit.

    Attributes:
        kind: See `core.models.ratings.RaterKind`.
        value: The answer as people read it; "" where there is none.
        absence: Why there is no answer; "" where there is one.
        unstable: Whether two presentation orders gave different answers.
        differs: Whether it is not what most chosen raters said.
        rationale_html, comment_html: Safe HTML; "" for none.
        confidence: Share in [0, 1].
    """

    rater: str
    kind: str
    value: str
    absence: str
    unstable: bool
    differs: bool
    rationale_html: str
    comment_html: str
    confidence: float | None
    phase: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class OutputText:
    """An output as safe HTML, with the letter that ratings of a pair name it by ("" for a single output)."""

    letter: str
    system: str
    html: str


@dataclass(frozen=True, slots=True)
class OpenedUnit:
    """A unit with everything that was written about it; `*_html` is safe HTML, the rest plain text."""

    unit: int
    subject: int
    title: str
    asked: str
    messages_html: str
    context_html: str
    outputs: tuple[OutputText, ...]
    said: tuple[SaidOf, ...]


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
    workspace: Workspace, visitor: Visitor, view: AgreementView, cell: Behind, *, limit: int = 10, offset: int = 0
) -> ItemsBehind:
    """The units behind a cell, opened: texts, and what everybody said of them. The reader's exposure is noted first.

    Args:
        workspace: The outside world.
        visitor: Who reads; nobody's exposure can be noted without a name.
        view: The agreement looked at.
        cell: Which of its cells.
        limit: Units at once.
        offset: Units before.
    """
    units = units_behind(view, cell)
    return _opened(workspace, visitor, view, units[offset : offset + limit], total=len(units), offset=offset)


def open_units(
    workspace: Workspace, visitor: Visitor, view: AgreementView, units: Sequence[int]
) -> tuple[OpenedUnit, ...]:
    """Some units by position, opened; the reader's exposure is noted first."""
    chosen = np.array([unit for unit in units if 0 <= unit < view.cells.n_units], np.int64)
    return _opened(workspace, visitor, view, chosen, total=len(chosen), offset=0).units


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


def _opened(
    workspace: Workspace, visitor: Visitor, view: AgreementView, units: NDArray[np.int64], *, total: int, offset: int
) -> ItemsBehind:
    cells = view.cells
    rows = {int(unit): np.flatnonzero(cells.unit == unit) for unit in units}
    subjects = [int(cells.subject[unit]) for unit in units]
    noted = note_reading(workspace, visitor, view.study_id, subjects)
    ratings = [int(cells.current.rating[row]) for found in rows.values() for row in found]
    with workspace.database.reading() as session:
        texts = stored.read_opened(view.study_id, subjects, session=session)
        words = stored.read_words(ratings, session=session)
    opened = tuple(
        _unit(view, int(unit), texts[int(cells.subject[unit])], rows[int(unit)], words)
        for unit in units
        if int(cells.subject[unit]) in texts
    )
    return ItemsBehind(total, offset, opened, noted)


def _unit(
    view: AgreementView, unit: int, text: stored.OpenedSubject, rows: NDArray[np.int64],
    words: Mapping[int, stored.Words],
) -> OpenedUnit:  # fmt: skip
    commonest = _commonest(view, rows)
    chosen = {line.id for line in view.raters}
    kept = [int(row) for row in rows if view.cells.raters[int(view.cells.rater[row])].id in chosen]
    kept.sort(key=lambda row: int(view.cells.rater[row]))
    letters = ("A", "B") if text.kind == "pair" else ("", "")
    return OpenedUnit(
        unit=unit,
        subject=text.id,
        title=snippet(text.external_id, 80),
        asked=view.question.texts.get(int(view.cells.standing[unit]), ""),
        messages_html=messages_html(text.messages),
        context_html=rendered(text.context) if text.context else "",
        outputs=tuple(
            OutputText(letter, output.system, messages_html(output.messages))
            for letter, output in zip(letters, text.outputs, strict=False)
        ),
        said=tuple(_said(view, row, words.get(int(view.cells.current.rating[row])), commonest) for row in kept),
    )


def _commonest(view: AgreementView, rows: NDArray[np.int64]) -> float | None:
    """The answer most raters gave; None where there is no single one."""
    values = view.cells.values[rows[view.cells.present[rows]]]
    found, counts = np.unique(values, return_counts=True)
    top = np.flatnonzero(counts == counts.max(initial=0))
    return float(found[top[0]]) if len(top) == 1 else None


def _said(view: AgreementView, row: int, words: stored.Words | None, commonest: float | None) -> SaidOf:
    cells = view.cells
    rater, value = cells.raters[int(cells.rater[row])], cells.values[row]
    present = bool(cells.present[row])
    return SaidOf(
        rater=rater.name,
        kind=rater.kind,
        value=answer_label(view.question.scale, float(value)) if present else "",
        absence="" if present else ABSENCES[int(cells.current.absence[row])] or "not on the scale",
        unstable=bool(cells.current.unstable[row]),
        differs=present and commonest is not None and float(value) != commonest,
        rationale_html=rendered(words.rationale) if words and words.rationale else "",
        comment_html=rendered(words.comment) if words and words.comment else "",
        confidence=words.confidence if words else None,
        phase=words.phase if words else "",
        at=words.at if words else None,
    )


def answer_label(scale: DeclaredScale, value: float) -> str:
    """An answer as people read it: the option's label, or the number."""
    if scale.is_numeric:
        return decimal(value) if abs(value) < 1 else f"{value:g}"
    return scale.options[int(value)].label if value != MISSING else ""
