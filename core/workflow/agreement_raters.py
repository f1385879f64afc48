"""The rater table: agreement with the others, what each does to people's agreement, speed, change over time, repeats.

People are held against the other people, everybody else against the people; where there are fewer than two people,
against all others. Everything is computed for one page of raters at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.scales import MISSING
from core.stats.coefficients import alpha_key
from core.stats.drift import Drift
from core.stats.estimates import Estimate
from core.stats.ratings import RaterId
from core.stats.repeats import SelfConsistency, self_consistencies
from core.stats.with_others import WithOthers, with_others
from core.stats.without_rater import WithoutRater, without_each_rater
from core.store.current import CurrentRatings
from core.store.rater_facts import Speed
from core.workflow.agreement_drifts import Drifting, Groups, drifting_raters, smallest_p
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_tables import Cells
from core.workflow.agreement_view import RESAMPLES, AgreementView, Progress

PAGE = 200
"""Raters at once; more have pages, the busiest first."""

MOST_WITHOUT = 24
"""Up to so many people leaving one out has an interval."""

_SOURCES = "Labels that came along"
_GROUPS = {"person": "People", "judge": "Judges", "jury": "Judges", "baseline": "Judges", "source": _SOURCES,
           "simulated": "Simulated"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RaterRow:
    """One rater.

    Attributes:
        line: Who, and what they gave.
        group: "People", "Judges", "Labels that came along" or "Simulated".
        others: With whom they are compared, in words.
        agreement: Percent, kappa and leniency beside the others.
        without: People's alpha without this person; None for whoever is no person.
        speed: None for whoever was never timed.
        change: Change over time.
        beside: Names of those who change more clearly: for `change` they are left out of the others.
        repeats: None where nothing was rated again.
        mean: Mean of free numbers; None on options.
    """

    line: RaterLine
    group: str
    others: str
    agreement: WithOthers
    without: WithoutRater | None
    speed: Speed | None
    change: Drifting
    beside: tuple[str, ...]
    repeats: SelfConsistency | None
    mean: float | None

    @property
    def drift(self) -> Drift:
        """Change over time in numbers."""
        return self.change.drift


@dataclass(frozen=True, slots=True)
class RatersFound:
    """The rater table.

    Attributes:
        rows: In the order of the page; sort with `in_order`.
        alpha: Key of the alpha that leaving one out changes.
        n_raters: Named raters in all.
        n_seats: Anonymous ones, who have no row.
        page, n_pages: Which page of raters, from 1.
        n_tests: Changes that were tested together.
    """

    rows: tuple[RaterRow, ...]
    alpha: str
    n_raters: int
    n_seats: int
    page: int
    n_pages: int
    n_tests: int

    @property
    def has_leniency(self) -> bool:
        """Whether one answer is above another on this scale."""
        return any(row.agreement.leniency.value is not None for row in self.rows)

    @property
    def has_without(self) -> bool:
        """Whether there are people to leave out."""
        return any(row.without is not None for row in self.rows)

    @property
    def has_speeds(self) -> bool:
        """Whether anybody was timed."""
        return any(row.speed is not None for row in self.rows)

    @property
    def has_repeats(self) -> bool:
        """Whether anybody rated a unit again."""
        return any(row.repeats is not None for row in self.rows)


def raters_found(
    live: LiveAgreement, view: AgreementView, *, page: int = 1, progress: Progress | None = None
) -> RatersFound:
    """One page of the rater table, computed once for a view.

    Args:
        live: The study, followed.
        view: Its agreement.
        page: Which page, from 1; beyond the last it is the last.
        progress: Told what is being done.
    """
    named = [line for line in view.raters if line.kind != "seat" and line.n]
    n_pages = max(1, -(-len(named) // PAGE))
    page = min(max(page, 1), n_pages)
    if n_pages > 1:
        named.sort(key=lambda line: -line.n)
    chosen = named[(page - 1) * PAGE : page * PAGE]
    rows, n_tests = live.remembered(view, ("raters", page), lambda: _rows(live, view, chosen, progress or _silent))
    n_seats = sum(line.kind == "seat" for line in view.raters)
    return RatersFound(rows, _alpha(view), len(named), n_seats, page, n_pages, n_tests)


def _silent(share: float, doing: str) -> None:
    """Nobody listens."""


def _alpha(view: AgreementView) -> str:
    return alpha_key(view.question.scale.alpha_level)


def _rows(
    live: LiveAgreement, view: AgreementView, chosen: Sequence[RaterLine], tell: Progress
) -> tuple[tuple[RaterRow, ...], int]:
    resamples = 0 if view.provisional else RESAMPLES
    tell(0.05, "Reading when everybody answered, and how fast")
    times, speeds, repeats = _times(live, view, chosen), live.speeds(), _repeats(live, view, chosen, resamples)
    tell(0.25, "Leaving out each person in turn")
    without = _without(view, chosen, resamples)
    groups = Groups(view)
    found: list[WithOthers] = []
    for place, line in enumerate(chosen):
        tell(0.4 + 0.3 * place / len(chosen), f"Comparing raters with the others: {place:,} of {len(chosen):,}")
        others, seed = groups.of(line), view.seed + place
        found.append(with_others(others, line.id, coefficient=view.coefficient, seed=seed, resamples=resamples))
    tell(0.7, "Looking for change over time")
    drifting, n_tests = drifting_raters(view, groups, chosen, times, resamples=resamples)
    rows = tuple(
        RaterRow(
            line=line,
            group=_GROUPS[line.kind],
            others=groups.words(line),
            agreement=agreement,
            without=without.get(line.id),
            speed=speeds.get(line.id),
            change=change,
            beside=tuple(view.rater(one).name for one in change.without),
            repeats=repeats.get(line.id),
            mean=_mean(view, line.id),
        )
        for line, agreement, change in zip(chosen, found, drifting, strict=True)
    )
    return rows, n_tests


def _mine(cells: Cells, rater: int) -> NDArray[np.int64]:
    """Rows of a rater with a value, by rising unit, as in its table."""
    place = next(position for position, row in enumerate(cells.raters) if row.id == rater)
    rows = np.flatnonzero((cells.rater == place) & cells.present)
    return rows[np.argsort(cells.unit[rows], kind="stable")]


def _times(
    live: LiveAgreement, view: AgreementView, chosen: Sequence[RaterLine]
) -> Mapping[RaterId, NDArray[np.float64]]:
    at = live.rating_times(view)
    return {line.id: at[_mine(view.cells, line.id)] for line in chosen}


def _without(view: AgreementView, chosen: Sequence[RaterLine], resamples: int) -> Mapping[RaterId, WithoutRater]:
    people = [line.id for line in view.raters if line.kind == "person" and line.n]
    if len(people) < 2:
        return {}
    drawn = resamples if len(people) <= MOST_WITHOUT else 0
    found = without_each_rater(view.table.of_raters(people), _alpha(view), seed=view.seed, resamples=drawn)
    wanted = {line.id for line in chosen}
    return {each.rater_id: each for each in found if each.rater_id in wanted}


def _mean(view: AgreementView, rater: int) -> float | None:
    if not view.question.scale.is_numeric:
        return None
    return float(np.mean(view.cells.values[_mine(view.cells, rater)]))


def _repeats(
    live: LiveAgreement, view: AgreementView, chosen: Sequence[RaterLine], resamples: int
) -> Mapping[RaterId, SelfConsistency]:
    """First answers and those given again, of the units that the rater rated again."""
    again = live.repetitions(view)
    cells, ids = view.cells, np.array([line.id for line in chosen], np.int64)
    parts = [_placed(cells, one.ratings, ids) for one in again if one.number]
    parts = [part for part in parts if len(part)]
    if not parts:
        return {}
    singles = [one.ratings for one in again if not one.number]
    voting = np.concatenate([one.rater for one in singles]) if singles else np.empty(0, np.int64)
    first = _placed(cells, cells.current.where(~np.isin(cells.current.rater, voting)), ids)
    first = np.concatenate([first, *(_placed(cells, one, ids) for one in singles)])
    later = np.concatenate(parts)
    width = len(ids) + 1
    kept = np.isin(first[:, 0] * width + first[:, 1], later[:, 0] * width + later[:, 1])
    every = np.concatenate([first[kept], later])
    units, unit = np.unique(every[:, 0].astype(np.int64), return_inverse=True)
    rater = every[:, 1].astype(np.int64)
    repeated = [int(place) for place in np.unique(later[:, 1].astype(np.int64))]
    position = np.full(len(ids), -1)
    position[repeated] = np.arange(len(repeated))
    return self_consistencies(
        unit.reshape(-1), position[rater], every[:, 2], view.question.scale,
        n_units=len(units), rater_ids=[int(ids[place]) for place in repeated], seed=view.seed,
        clusters=None if cells.cluster is None else cells.cluster[units], resamples=resamples,
    )  # fmt: skip


def _placed(cells: Cells, ratings: CurrentRatings, ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """Unit, place of the rater in `ids` and value of the ratings of units and raters that are looked at."""
    scale = cells.question.scale
    if scale.is_numeric:
        values = np.where(ratings.absence == 0, ratings.number, np.nan)
    else:
        codes = np.array([*(scale.code(key) for key in ratings.options), MISSING], np.float64)
        values = codes[ratings.option]
        values[values == MISSING] = np.nan
    width = int(max(cells.standing.max(initial=0), ratings.question.max(initial=0))) + 1
    known, wanted = cells.subject * width + cells.standing, ratings.subject * width + ratings.question
    unit = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    order = np.argsort(ids)
    rater = order[np.minimum(np.searchsorted(ids[order], ratings.rater), len(ids) - 1)]
    kept = (known[unit] == wanted) & (ids[rater] == ratings.rater) & ~np.isnan(values)
    return np.column_stack([unit[kept], rater[kept], values[kept]]).astype(np.float64)


def clearest(row: RaterRow) -> float:
    """Sorts rows by how clear their change is: the smallest p-value first."""
    return smallest_p(row.drift)


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value


_ORDERS: Mapping[str, tuple[str, Callable[[RaterRow], float | None]]] = {
    "group": ("People first, by name", lambda _: None),
    "agreement": ("Least agreement with the others first", lambda row: _value(row.agreement.kappa)),
    "ratings": ("Most ratings first", lambda row: -row.line.n),
    "without": (
        "Whom people agree better without first",
        lambda row: None if row.without is None or row.without.difference.value is None
        else -row.without.difference.value,
    ),
    "speed": ("Fastest first", lambda row: None if row.speed is None else row.speed.median_seconds),
    "change": (
        "Largest change over time first",
        lambda row: None if row.drift.agreement_change.value is None else -abs(row.drift.agreement_change.value),
    ),
    "itself": ("Least agreement with itself first", lambda row: _value(row.repeats.percent if row.repeats else None)),
    "leniency": (
        "Farthest from the others' leniency first",
        lambda row: None if row.agreement.leniency.value is None else -abs(row.agreement.leniency.value),
    ),
}  # fmt: skip

ORDERS: Mapping[str, str] = {key: title for key, (title, _) in _ORDERS.items()}
"""Orders of the table, by their name in the address; the first is the default."""


def in_order(rows: Sequence[RaterRow], order: str) -> tuple[RaterRow, ...]:
    """The rows in an order of `ORDERS`; rows without such a number last, an unknown order is the default."""
    names = list(dict.fromkeys(_GROUPS.values()))
    by_name = sorted(rows, key=lambda row: (names.index(row.group), row.line.name.casefold(), row.line.id))
    if order not in _ORDERS or order == "group":
        return tuple(by_name)
    wanted = _ORDERS[order][1]

    def place(row: RaterRow) -> tuple[bool, float]:
        value = wanted(row)
        return value is None, value or 0.0

    return tuple(sorted(by_name, key=place))
