"""Who changes over time, when everybody is measured against the others and these may change too.

Beside one who changes, all others seem to change the other way. So the clearest change is taken first; that rater
leaves the group, and whoever is left is looked at again beside the rest, up to `STEPS` times. Of two people alone it
cannot be told which one changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.scales import DeclaredScale
from core.stats.drift import Drift, drift
from core.stats.estimates import Estimate
from core.stats.multiplicity import adjusted
from core.stats.others import Others, answer_numbers
from core.stats.ratings import RaterId
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_view import AgreementView

STEADY = 0.10
"""A change of agreement, or of leniency as a share of the scale's range, that stays within this is none."""

STEPS = 5
FALSE_DISCOVERIES = 0.05

CHANGES = (
    "“Changes” stands where the 95 % interval of the last half minus the first half leaves out 0, for agreement or for"
    " leniency, and its p-value stays at 5 % after Benjamini and Hochberg's adjustment for all raters on the page;"
    " “steady” where every interval lies within 10 points of agreement and a tenth of the scale. Else it cannot be"
    " told. Beside somebody who changes, the others seem to change too: so the clearest change is taken first, and"
    f" the others are looked at again without that rater, up to {STEPS} times. Of two people alone it cannot be told"
    " which one changes."
)


class Groups:
    """With whom each rater is compared: people with the other people, everybody else with the people.

    Where there are fewer than two people, with all others.
    """

    def __init__(self, view: AgreementView) -> None:
        named = [line for line in view.raters if line.kind != "seat" and line.n]
        self._table = view.table
        self._people = tuple(line.id for line in named if line.is_person)
        self._everyone = tuple(line.id for line in named)
        self._known: dict[tuple[int, ...], Others] = {}

    def members(self, line: RaterLine, without: Sequence[int] = ()) -> tuple[int, ...]:
        """Whose answers a rater's are compared with; its own place among them, if it has one, included."""
        all_of_them = self._everyone if self._with_all(line) else self._people
        return tuple(one for one in all_of_them if one not in without)

    def of(self, line: RaterLine, without: Sequence[int] = ()) -> Others:
        """The group of a rater, some left out."""
        members = self.members(line, without)
        if members not in self._known:
            self._known[members] = Others.of(self._table, members)
        return self._known[members]

    def words(self, line: RaterLine) -> str:
        """The group in words."""
        if self._with_all(line):
            return "all other raters"
        return "the other people" if line.id in self._people else "the people"

    def _with_all(self, line: RaterLine) -> bool:
        return not self._people or (line.id in self._people and len(self._people) == 1)


@dataclass(frozen=True, slots=True)
class Drifting:
    """How one rater changes.

    Attributes:
        drift: Beside the others.
        agreement_changes, leniency_changes: What changes.
        word: "changes", "steady", "not clear"; "" where nothing can be said.
        without: Raters who change more clearly, and are left out of the others.
    """

    drift: Drift
    agreement_changes: bool
    leniency_changes: bool
    word: str
    without: tuple[int, ...]


def drifting_raters(
    view: AgreementView, groups: Groups, lines: Sequence[RaterLine], times: Mapping[RaterId, NDArray[np.float64]], *,
    resamples: int,
) -> tuple[tuple[Drifting, ...], int]:  # fmt: skip
    """How each of some raters changes, and how many changes were tested together.

    Args:
        view: The agreement.
        groups: With whom they are compared.
        lines: The raters.
        times: A time for each rating of every rater, by rising unit.
        resamples: Bootstrap resamples; without any nobody is said to change.
    """

    def found(place: int, without: Sequence[int]) -> Drift:
        line = lines[place]
        others = groups.of(line, without)
        return drift(others, line.id, times[line.id], seed=view.seed + place, resamples=resamples)

    drifts = [found(place, ()) for place in range(len(lines))]
    without: list[tuple[int, ...]] = [() for _ in lines]
    settled: list[int] = []
    for _ in range(STEPS):
        changed = changed_together(drifts)
        places = [place for place, here in enumerate(changed) if any(here) and place not in settled]
        if not places:
            break
        first = min(places, key=lambda place: smallest_p(drifts[place]))
        settled.append(first)
        left_out = tuple(lines[place].id for place in settled)
        for place in (place for place in range(len(lines)) if place not in settled):
            members = groups.members(lines[place], left_out)
            if lines[first].id in groups.members(lines[place]) and len(members) > 1:
                drifts[place], without[place] = found(place, left_out), left_out
    changed = changed_together(drifts)
    steady = steady_leniency(view.question.scale)
    drifting = tuple(
        Drifting(one, *here, word=change_word(one, here, steady), without=left_out)
        for one, here, left_out in zip(drifts, changed, without, strict=True)
    )
    n_tests = sum(p is not None for one in drifts for p in (one.agreement_p, one.leniency_p))
    return drifting, n_tests


def smallest_p(found: Drift) -> float:
    """How clear a change is."""
    return min((p for p in (found.agreement_p, found.leniency_p) if p is not None), default=1.0)


def changed_together(found: Sequence[Drift]) -> list[tuple[bool, bool]]:
    """Whether agreement and leniency of each rater change, all tested together."""
    changes = [(one.agreement_change, one.agreement_p) for one in found]
    changes += [(one.leniency_change, one.leniency_p) for one in found]
    rejected = adjusted([np.nan if p is None else p for _, p in changes], q=FALSE_DISCOVERIES).rejected
    clear = [bool(hit) and _leaves_out_zero(change) for hit, (change, _) in zip(rejected, changes, strict=True)]
    return list(zip(clear[: len(found)], clear[len(found) :], strict=True))


def _leaves_out_zero(estimate: Estimate) -> bool:
    interval = estimate.interval
    return interval is not None and (interval.low > 0 or interval.high < 0)


def steady_leniency(scale: DeclaredScale) -> float:
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
