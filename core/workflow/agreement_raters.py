"""The rater table: agreement with the others, what each does to people's agreement, speed, change over time, repeats.

People are held against the other people, everybody else against the people; where there are fewer than two people,
against all others. Everything is computed for one page of raters at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.scales import MISSING, DeclaredScale
from core.stats.coefficients import alpha_key
from core.stats.drift import Drift, drift
from core.stats.estimates import Estimate
from core.stats.multiplicity import adjusted
from core.stats.others import Others, answer_numbers
from core.stats.ratings import RaterId
from core.stats.repeats import SelfConsistency, self_consistencies
from core.stats.with_others import WithOthers, with_others
from core.stats.without_rater import WithoutRater, without_each_rater
from core.store.current import CurrentRatings
from core.store.rater_facts import Speed
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_tables import Cells
from core.workflow.agreement_view import RESAMPLES, AgreementView, Progress

PAGE = 200
"""Raters at once; more have pages, the busiest first."""

STEADY = 0.10
"""A change of agreement, or of leniency as a share of the scale's range, that stays within this is none."""

FALSE_DISCOVERIES = 0.05
MOST_WITHOUT = 24
"""Up to so many people leaving one out has an interval."""

CHANGES = (
    "“Changes” stands where the 95 % interval of the last half minus the first half leaves out 0, for agreement or for"
    " leniency, and its p-value stays at 5 % after Benjamini and Hochberg's adjustment for all raters on the page;"
    " “steady” where every interval lies within 10 points of agreement and a tenth of the scale. Else it cannot be"
    " told."
)

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
        drift: Change over time.
        change: "changes", "steady", "not clear"; "" where nothing can be said.
        agreement_changes, leniency_changes: What changes.
        repeats: None where nothing was rated again.
        mean: Mean of free numbers; None on options.
    """

    line: RaterLine
    group: str
    others: str
    agreement: WithOthers
    without: WithoutRater | None
    speed: Speed | None
    drift: Drift
    change: str
    agreement_changes: bool
    leniency_changes: bool
    repeats: SelfConsistency | None
    mean: float | None


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
    groups = _Groups(view)
    found: list[tuple[WithOthers, Drift]] = []
    for place, line in enumerate(chosen):
        tell(0.4 + 0.6 * place / len(chosen), f"Comparing raters with the others: {place:,} of {len(chosen):,}")
        others, seed = groups.of(line), view.seed + place
        agreement = with_others(others, line.id, coefficient=view.coefficient, seed=seed, resamples=resamples)
        found.append((agreement, drift(others, line.id, times[line.id], seed=seed, resamples=resamples)))
    changed, n_tests = changed_together([one for _, one in found])
    steady = _steady_leniency(view.question.scale)
    rows = tuple(
        RaterRow(
            line=line,
            group=_GROUPS[line.kind],
            others=groups.words(line),
            agreement=agreement,
            without=without.get(line.id),
            speed=speeds.get(line.id),
            drift=drifting,
            change=change_word(drifting, here, steady),
            agreement_changes=here[0],
            leniency_changes=here[1],
            repeats=repeats.get(line.id),
            mean=_mean(view, line.id),
        )
        for line, (agreement, drifting), here in zip(chosen, found, changed, strict=True)
    )
    return rows, n_tests


class _Groups:
    """With whom each rater is compared."""

    def __init__(self, view: AgreementView) -> None:
        named = [line for line in view.raters if line.kind != "seat" and line.n]
        self._people = [line.id for line in named if line.is_person]
        self._everyone = Others.of(view.table, [line.id for line in named])
        self._among = Others.of(view.table, self._people) if self._people else self._everyone

    def of(self, line: RaterLine) -> Others:
        """The group of a rater."""
        return self._everyone if self._with_all(line) else self._among

    def words(self, line: RaterLine) -> str:
        """The group in words."""
        if self._with_all(line):
            return "all other raters"
        return "the other people" if line.id in self._people else "the people"

    def _with_all(self, line: RaterLine) -> bool:
        return not self._people or (line.id in self._people and len(self._people) == 1)


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
    parts = [_placed(cells, one.ratings, ids) for one in again]
    parts = [part for part in parts if len(part)]
    if not parts:
        return {}
    first = _placed(cells, cells.current, ids)
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


def changed_together(found: Sequence[Drift]) -> tuple[list[tuple[bool, bool]], int]:
    """Whether agreement and leniency of each rater change, all tested together; and how many tests there were."""
    changes = [(one.agreement_change, one.agreement_p) for one in found]
    changes += [(one.leniency_change, one.leniency_p) for one in found]
    p_values = [np.nan if p is None else p for _, p in changes]
    rejected = adjusted(p_values, q=FALSE_DISCOVERIES).rejected
    clear = [bool(hit) and _leaves_out_zero(change) for hit, (change, _) in zip(rejected, changes, strict=True)]
    n = len(found)
    return list(zip(clear[:n], clear[n:], strict=True)), int(np.sum(~np.isnan(p_values)))


def _leaves_out_zero(estimate: Estimate) -> bool:
    interval = estimate.interval
    return interval is not None and (interval.low > 0 or interval.high < 0)


def _steady_leniency(scale: DeclaredScale) -> float:
    """How far leniency may move and still count as steady: a tenth of the range."""
    if scale.is_numeric:
        return STEADY * (scale.high - scale.low) if scale.low is not None and scale.high is not None else 0.0
    numbers = answer_numbers(scale)
    return 0.0 if numbers is None else STEADY * float(np.nanmax(numbers) - np.nanmin(numbers))


def change_word(found: Drift, changed: tuple[bool, bool], steady: float) -> str:
    """The word: "changes", "steady", "not clear", or "" where nothing can be said; see `CHANGES`.

    Args:
        found: The changes of one rater.
        changed: Whether agreement and leniency change, from `changed_together`.
        steady: How far leniency may move and still count as steady, in units of the scale.
    """
    if found.reason is not None:
        return ""
    if any(changed):
        return "changes"
    limits = [(found.agreement_change, STEADY)]
    if found.leniency_change.value is not None:
        limits.append((found.leniency_change, steady))
    return "steady" if all(_within(change, limit) for change, limit in limits) else "not clear"


def _within(estimate: Estimate, limit: float) -> bool:
    interval = estimate.interval
    return interval is not None and -limit <= interval.low and interval.high <= limit


def clearest(row: RaterRow) -> float:
    """Sorts rows by how clear their change is: the smallest p-value first."""
    known = [p for p in (row.drift.agreement_p, row.drift.leniency_p) if p is not None]
    return min(known, default=1.0)


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
