"""Which units are behind a number, and how raters split on them, without showing who said what."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.rendering import snippet
from core.scales import DeclaredScale, ScaleKind
from core.store import opened_items as stored
from core.workflow.agreement_tables import JUDGES, PEOPLE
from core.workflow.agreement_view import AgreementView
from core.workflow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Behind:
    """A cell whose units are wanted.

    Attributes:
        first, second: Two raters: units that both rated; None for the units on which all chosen raters are most split.
        answers: Option keys of the first and the second: only units they answered so.
        majority: Units that the first rated and other people too, those where it differs from what most of these
            chose first.
        slice: Key and name of a slice: only units in it.
    """

    first: int | None = None
    second: int | None = None
    answers: tuple[str, str] | None = None
    majority: bool = False
    slice: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class SplitLine:
    """A unit in a list: what it is called and how raters split on it, without who said what.

    Attributes:
        unit: Position in the view.
        title: The item's first words, plain text.
        name: The item's external id and the systems of its outputs, plain text.
        asked: The checklist question, where questions are looked at together.
        split: See `AgreementView.splits`.
        pattern: How people and judges split, in words ("people 2:2", "judges alone").
    """

    unit: int
    title: str
    name: str
    asked: str
    split: float
    pattern: str


def units_behind(view: AgreementView, cell: Behind) -> NDArray[np.int64]:
    """Positions of the units behind a cell, those where raters differ most first."""
    if cell.first is None or cell.second is None:
        split = np.where(np.isnan(view.splits), -1.0, view.splits)
        order = np.lexsort((np.arange(len(split)), -split))
        return order[split[order] > 0].astype(np.int64)
    first, second = _answers(view, cell.first), _answers(view, cell.second)
    shared = ~np.isnan(first) & ~np.isnan(second)
    if cell.answers is not None:
        scale = view.question.scale
        shared &= (first == scale.code(cell.answers[0])) & (second == scale.code(cell.answers[1]))
    units = np.flatnonzero(shared)
    apart = np.abs(first - second)[units] if _is_ordered(view.question.scale) else (first != second)[units]
    return units[np.argsort(-apart.astype(np.float64), kind="stable")].astype(np.int64)


def _answers(view: AgreementView, rater_id: int) -> NDArray[np.float64]:
    """The value of one rater on every unit, NaN where there is none."""
    cells = view.cells
    place = next(position for position, row in enumerate(cells.raters) if row.id == rater_id)
    here = (cells.rater == place) & cells.present
    answers = np.full(cells.n_units, np.nan)
    answers[cells.unit[here]] = cells.values[here]
    return answers


def _is_ordered(scale: DeclaredScale) -> bool:
    return scale.kind in (ScaleKind.ORDINAL, ScaleKind.INTERVAL, ScaleKind.RATIO)


def count_behind(view: AgreementView, cell: Behind) -> tuple[int, int]:
    """Units behind a cell, and on how many of them the raters differ."""
    units = units_behind(view, cell)
    if cell.first is None or cell.second is None:
        return len(units), len(units)
    first, second = _answers(view, cell.first)[units], _answers(view, cell.second)[units]
    return len(units), int(np.sum(first != second))


def most_split(workspace: Workspace, view: AgreementView, *, limit: int = 8) -> tuple[SplitLine, ...]:
    """The units raters are most split on, without showing who said what (reading this exposes nobody)."""
    units = units_behind(view, Behind())[:limit]
    with workspace.database.reading() as session:
        titles = stored.read_titles(view.study_id, view.cells.subject[units].tolist(), session=session)
    return tuple(
        SplitLine(
            int(unit),
            *_called(titles.get(int(view.cells.subject[unit]))),
            view.question.texts.get(int(view.cells.standing[unit]), ""),
            float(view.splits[unit]),
            _pattern(view, int(unit)),
        )
        for unit in units
    )


def _called(titled: stored.Titled | None) -> tuple[str, str]:
    """First words and name."""
    if titled is None:
        return "", ""
    words = next((str(part.get("content") or "") for part in titled.messages if part.get("role") != "system"), "")
    name = " · ".join([titled.external_id, *([" or ".join(titled.systems)] if titled.systems else [])])
    return snippet(words, 110), snippet(name, 90)


def _pattern(view: AgreementView, unit: int) -> str:
    cells = view.cells
    chosen = {line.id for line in view.raters}
    rows = np.flatnonzero((cells.unit == unit) & cells.present)
    sides: dict[str, list[float]] = {"people": [], "judges": [], "others": []}
    for row in rows:
        rater = cells.raters[int(cells.rater[row])]
        if rater.id in chosen:
            side = "people" if rater.kind in PEOPLE else "judges" if rater.kind in JUDGES else "others"
            sides[side].append(float(cells.values[row]))
    people, judges = set(sides["people"]), set(sides["judges"])
    if len(people) == 1 and judges and not people & judges:
        return "people agree, every judge differs" if len(sides["judges"]) > 1 else "people agree, the judge differs"
    parts = [f"{name} {_shares(values)}" for name, values in sides.items() if len(values) > 1]
    return ", ".join(parts) or f"{len(rows)} ratings, all different"


def _shares(values: Sequence[float]) -> str:
    counts = sorted(np.unique(values, return_counts=True)[1].tolist(), reverse=True)
    return "agree" if len(counts) == 1 else ":".join(str(n) for n in counts)
