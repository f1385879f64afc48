"""What one rater said of one thing, as people read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.charts.writing import decimal
from core.models.ratings import RaterKind
from core.rendering import rendered
from core.scales import MISSING, DeclaredScale
from core.store.following import ABSENCES
from core.store.juries import Reductions, member_rows
from core.store.opened_items import Words
from core.store.questions import RaterRow
from core.workflow.agreement_tables import Cells

NO_REDUCTIONS = Reductions()


@dataclass(frozen=True, slots=True)
class MemberSaid:
    """What one member of a jury said; `value` is as people read it, or why there is none."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SaidOf:
    """What one rater said of a unit.

    Attributes:
        kind: See `core.models.ratings.RaterKind`.
        value: The answer as people read it; "" where there is none.
        absence: Why there is no answer; "" where there is one.
        unstable: Whether two presentation orders gave different answers, or votes tie.
        differs: Whether it is not what most of those shown said; juries, who repeat their members, do not count.
        rationale_html, comment_html: Safe HTML; "" for none.
        confidence: Share in [0, 1].
        members: What the members of a jury said; empty for everybody else.
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
    members: tuple[MemberSaid, ...] = ()

    @property
    def came_along(self) -> bool:
        """Whether it is a label that came with the data."""
        return self.kind == RaterKind.SOURCE.value


def said_in(
    cells: Cells, rows: Sequence[int], words: Mapping[int, Words], reductions: Reductions = NO_REDUCTIONS
) -> tuple[SaidOf, ...]:
    """What the raters of some rows of one unit said, in the order of the raters.

    Args:
        cells: The ratings in force.
        rows: Rows of `cells` about the same unit.
        words: Rating id -> what was written beside it.
        reductions: Of whom juries are made; the members of each have to be in `cells`.
    """
    usual = _commonest(cells, np.array([row for row in rows if _kind(cells, row) != RaterKind.JURY], np.int64))
    ordered = sorted(rows, key=lambda row: int(cells.rater[row]))
    return tuple(_said(cells, row, words, usual, reductions) for row in ordered)


def answer_label(scale: DeclaredScale, value: float) -> str:
    """An answer as people read it: the option's label, or the number."""
    if scale.is_numeric:
        return decimal(value) if abs(value) < 1 else f"{value:g}"
    return scale.options[int(value)].label if value != MISSING else ""


def _commonest(cells: Cells, rows: NDArray[np.int64]) -> float | None:
    """The answer most raters gave; None where there is no single one."""
    found, counts = np.unique(cells.values[rows[cells.present[rows]]], return_counts=True)
    top = np.flatnonzero(counts == counts.max(initial=0))
    return float(found[top[0]]) if len(top) == 1 else None


def _kind(cells: Cells, row: int) -> str:
    return cells.raters[int(cells.rater[row])].kind


def _said(
    cells: Cells, row: int, written: Mapping[int, Words], commonest: float | None, reductions: Reductions
) -> SaidOf:
    rater: RaterRow = cells.raters[int(cells.rater[row])]
    value, present = cells.values[row], bool(cells.present[row])
    is_derived, sure = reductions.jury(rater.id) is not None, float(cells.current.confidence[row])
    # The row a jury names is a member's: its words are not the jury's.
    words = None if is_derived else written.get(int(cells.current.rating[row]))
    return SaidOf(
        rater=rater.name,
        kind=rater.kind,
        value=answer_label(cells.question.scale, float(value)) if present else "",
        absence="" if present else _absence(cells, row),
        unstable=bool(cells.current.unstable[row]),
        differs=present and commonest is not None and float(value) != commonest,
        rationale_html=rendered(words.rationale) if words and words.rationale else "",
        comment_html=rendered(words.comment) if words and words.comment else "",
        confidence=None if np.isnan(sure) else sure,
        phase=words.phase if words else "",
        at=words.at if words else None,
        members=_members(cells, row, reductions),
    )


def _absence(cells: Cells, row: int) -> str:
    return ABSENCES[int(cells.current.absence[row])] or "not on the scale"


def _members(cells: Cells, row: int, reductions: Reductions) -> tuple[MemberSaid, ...]:
    jury = reductions.jury(cells.raters[int(cells.rater[row])].id)
    if jury is None:
        return ()
    found = member_rows(cells.current, jury, int(cells.current.subject[row]), int(cells.current.question[row]))
    return tuple(
        MemberSaid(
            cells.raters[int(cells.rater[member])].name,
            answer_label(cells.question.scale, float(cells.values[member]))
            if cells.present[member]
            else _absence(cells, member),
        )
        for member in found
    )
