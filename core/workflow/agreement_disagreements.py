"""The list of disagreements: what units are called and how raters split on them, without who said what.

Reading it exposes nobody: it shows how many gave the same answer, never which answer nor whose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.charts.writing import decimal
from core.rendering import snippet
from core.store import opened_items as stored
from core.workflow.agreement_answers import peoples_answer, shown_rows
from core.workflow.agreement_behind import Behind, most_split_first, units_behind
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_tables import JUDGES, PEOPLE
from core.workflow.agreement_view import AgreementView
from core.workflow.workspace import Workspace

Order = Literal["split", "judge", "unstable", "newest"]

ORDERS: dict[Order, str] = {
    "split": "Most split first",
    "judge": "Judges against most people",
    "unstable": "Turned by the order shown",
    "newest": "Newest ratings first",
}
"""The orders of the list, in words."""

EXPLAINED: dict[Order, str] = {
    "split": "Units with the most pairs of ratings that differ come first.",
    "judge": "Units where a judge differs from what most people answered; those people agree on most come first. Where"
    " people tie there is nothing to differ from.",
    "unstable": "Units where a rater's answer changed when the two outputs changed sides.",
    "newest": "Units on which raters differ, those with the newest rating first.",
}
"""What each order holds."""


@dataclass(frozen=True, slots=True)
class SplitLine:
    """A unit in a list: what it is called and how raters split on it, without who said what.

    Attributes:
        unit: Position in the view.
        subject, standing: What names it in an address.
        title: The item's first words, plain text.
        name: The item's external id and the systems of its outputs, plain text.
        asked: The checklist question, where questions are looked at together.
        split: See `AgreementView.splits`.
        pattern: How people and judges split, in words ("people 2:2", "people agree, the judge differs").
        people, judges, others: How many gave the same answer: one number for each answer that occurs, in the same
            order for all (the commonest among people first); empty on free numbers.
        n_ratings: Ratings with a value.
    """

    unit: int
    subject: int
    standing: int
    title: str
    name: str
    asked: str
    split: float
    pattern: str
    people: tuple[int, ...]
    judges: tuple[int, ...]
    others: tuple[int, ...]
    n_ratings: int


@dataclass(frozen=True, slots=True)
class Disagreements:
    """A page of the list.

    Attributes:
        total: Units in the list, after searching.
        n_order: Units in the list before searching.
        offset: Units before the first line.
        lines: The page.
    """

    total: int
    n_order: int
    offset: int
    lines: tuple[SplitLine, ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a unit stands in the list.

    Attributes:
        place: From 1; 0 where it is not in the list.
        total: Units in the list.
        before, after: Subject and standing criterion of the units beside it; None at the ends.
    """

    place: int
    total: int
    before: tuple[int, int] | None
    after: tuple[int, int] | None


def disagreements(
    workspace: Workspace, live: LiveAgreement, view: AgreementView, *, order: Order = "split", find: str = "",
    limit: int = 25, offset: int = 0,
) -> Disagreements:  # fmt: skip
    """A page of the units raters disagree on; reads the titles of this page only.

    Args:
        workspace: The outside world.
        live: The study, followed.
        view: The agreement looked at.
        order: What is listed, in which order.
        find: Only units whose item has these words in its name or its first messages.
        limit: Units at once.
        offset: Units before; the last page where it is beyond the end.
    """
    units = listed_units(workspace, live, view, order=order, find=find)
    if offset >= len(units):
        offset = max(0, (len(units) - 1) // limit * limit)
    before = len(_in_order(live, view, order))
    return Disagreements(len(units), before, offset, _lines(workspace, view, units[offset : offset + limit]))


def listed_units(
    workspace: Workspace, live: LiveAgreement, view: AgreementView, *, order: Order, find: str = ""
) -> NDArray[np.int64]:
    """Positions of all units in the list."""
    words = find.strip()
    if not words:
        return _in_order(live, view, order)
    return live.remembered(view, ("disagreements", order, words), lambda: _found(workspace, live, view, order, words))


def neighbours(
    workspace: Workspace, live: LiveAgreement, view: AgreementView, unit: tuple[int, int], *, order: Order,
    find: str = "",
) -> Neighbours:  # fmt: skip
    """Where a unit, named by subject and criterion, stands in the list, and what stands beside it."""
    units = listed_units(workspace, live, view, order=order, find=find)
    found = np.flatnonzero(np.isin(units, units_behind(live, view, Behind(unit=unit))))
    if not len(found):
        return Neighbours(0, len(units), None, None)
    place, cells = int(found[0]), view.cells
    around = [units[near] if 0 <= near < len(units) else None for near in (place - 1, place + 1)]
    before, after = (None if near is None else (int(cells.subject[near]), int(cells.standing[near])) for near in around)
    return Neighbours(place + 1, len(units), before, after)


def has_order(view: AgreementView, order: Order) -> bool:
    """Whether a list of this order can hold anything: there are judges and people, or orders were compared."""
    if order == "judge":
        return any(line.is_judge for line in view.raters) and any(line.is_person for line in view.raters)
    return order != "unstable" or any(line.n_unstable for line in view.raters)


def most_split(workspace: Workspace, view: AgreementView, *, limit: int = 8) -> tuple[SplitLine, ...]:
    """The units raters are most split on, without showing who said what (reading this exposes nobody)."""
    return _lines(workspace, view, most_split_first(view)[:limit])


def _in_order(live: LiveAgreement, view: AgreementView, order: Order) -> NDArray[np.int64]:
    finding = {"split": most_split_first, "judge": _judge_differs, "unstable": _unstable, "newest": _newest}[order]
    return live.remembered(view, ("disagreements", order), lambda: finding(view))


def _judge_differs(view: AgreementView) -> NDArray[np.int64]:
    """Units where a judge is not with the majority of people, the most unanimous people first."""
    people = peoples_answer(view)
    rows = shown_rows(view, [line.id for line in view.raters if line.is_judge])
    units, values = view.cells.unit[rows], view.cells.values[rows].astype(np.float64)
    distance = np.abs(values - people.value[units])
    if not view.question.scale.is_numeric:
        distance = np.where(np.isnan(distance), np.nan, (distance > 0).astype(np.float64))
    apart = np.bincount(units, weights=np.nan_to_num(distance), minlength=view.cells.n_units)
    found = np.flatnonzero(apart > 0)
    keys = (-apart, -people.n.astype(np.float64), -people.share)
    return found[np.lexsort([key[found] for key in keys])].astype(np.int64)


def _unstable(view: AgreementView) -> NDArray[np.int64]:
    """Units with answers that changed with the order shown, those with more of them first."""
    chosen = {line.id for line in view.raters}
    known = np.array([row.id in chosen for row in view.cells.raters], np.bool_)
    here = view.cells.current.unstable & known[view.cells.rater]
    n = np.bincount(view.cells.unit[here], minlength=view.cells.n_units)
    found = np.flatnonzero(n)
    return found[np.lexsort([-np.nan_to_num(view.splits, nan=-1.0)[found], -n[found]])].astype(np.int64)


def _newest(view: AgreementView) -> NDArray[np.int64]:
    """Units on which raters split, the one with the newest rating first."""
    rows = shown_rows(view)
    newest = np.zeros(view.cells.n_units, np.int64)
    np.maximum.at(newest, view.cells.unit[rows], view.cells.current.rating[rows])
    found = most_split_first(view)
    return found[np.argsort(-newest[found], kind="stable")]


def _found(
    workspace: Workspace, live: LiveAgreement, view: AgreementView, order: Order, words: str
) -> NDArray[np.int64]:
    units = _in_order(live, view, order)
    with workspace.database.reading() as session:
        subjects = stored.find_subjects(view.study_id, words, session=session)
    kept = np.isin(view.cells.subject[units], np.array(subjects, np.int64))
    folded = words.casefold()
    asked = [standing for standing, text in view.question.texts.items() if folded in text.casefold()]
    kept |= np.isin(view.cells.standing[units], np.array(asked, np.int64))
    return units[kept]


def _lines(workspace: Workspace, view: AgreementView, units: NDArray[np.int64]) -> tuple[SplitLine, ...]:
    cells = view.cells
    with workspace.database.reading() as session:
        titles = stored.read_titles(view.study_id, cells.subject[units].tolist(), session=session)
    shown = shown_rows(view)
    rows = shown[np.isin(cells.unit[shown], units)]
    return tuple(
        _line(view, int(unit), rows[cells.unit[rows] == unit], titles.get(int(cells.subject[unit]))) for unit in units
    )


def _line(view: AgreementView, unit: int, rows: NDArray[np.int64], titled: stored.Titled | None) -> SplitLine:
    cells, numeric = view.cells, view.question.scale.is_numeric
    sides: dict[str, list[float]] = {"people": [], "judges": [], "others": []}
    for row in rows:
        kind = cells.raters[int(cells.rater[row])].kind
        side = "people" if kind in PEOPLE else "judges" if kind in JUDGES else "others"
        sides[side].append(float(cells.values[row]))
    given = {answer for values in sides.values() for answer in values}
    answers = () if numeric else sorted(given, key=lambda one: (-sides["people"].count(one), one))
    title, name = _called(titled)
    return SplitLine(
        unit=unit,
        subject=int(cells.subject[unit]),
        standing=int(cells.standing[unit]),
        title=title,
        name=name,
        asked=view.question.texts.get(int(cells.standing[unit]), ""),
        split=float(view.splits[unit]),
        pattern=_pattern_of_numbers(sides, view.splits[unit]) if numeric else _pattern(sides),
        people=tuple(sides["people"].count(one) for one in answers),
        judges=tuple(sides["judges"].count(one) for one in answers),
        others=tuple(sides["others"].count(one) for one in answers),
        n_ratings=len(rows),
    )


def _called(titled: stored.Titled | None) -> tuple[str, str]:
    """First words and name."""
    if titled is None:
        return "", ""
    words = next((str(part.get("content") or "") for part in titled.messages if part.get("role") != "system"), "")
    name = " · ".join([titled.external_id, *([" or ".join(titled.systems)] if titled.systems else [])])
    return snippet(words, 110), snippet(name, 90)


def _pattern(sides: dict[str, list[float]]) -> str:
    people, judges = set(sides["people"]), set(sides["judges"])
    if len(people) == 1 and judges and not people & judges:
        who = "people agree" if len(sides["people"]) > 1 else "one person"
        return f"{who}, every judge differs" if len(sides["judges"]) > 1 else f"{who}, the judge differs"
    called = sides if people or judges else {"raters": sides["others"]}
    parts = [f"{name} {_shares(values)}" for name, values in called.items() if len(values) > 1]
    return ", ".join(parts) or f"{sum(map(len, sides.values()))} ratings, all different"


def _pattern_of_numbers(sides: dict[str, list[float]], split: float) -> str:
    n = sum(map(len, sides.values()))
    spread = decimal(float(split)) if split < 1 else f"{split:.3g}"
    return f"{n} ratings, spread {spread}" if not np.isnan(split) else f"{n} ratings"


def _shares(values: Sequence[float]) -> str:
    counts = sorted(np.unique(values, return_counts=True)[1].tolist(), reverse=True)
    return "agree" if len(counts) == 1 else ":".join(str(n) for n in counts)
