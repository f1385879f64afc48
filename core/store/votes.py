"""Several verdicts on the same unit made one: the most frequent value, or the mean of numbers. Columns, no loops.

Repetitions of one judge are reduced by it, and the members of a jury.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_OPTION = -1
_ALMOST = 1.0 - 1e-9
"""Sums of weights that differ by less are the same: 0.1 + 0.2 votes tie with 0.3."""


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """Votes, one row each; the rows of a group (a unit) stand together.

    Attributes:
        group: Which group a vote belongs to, rising from 0, int64.
        n_groups: Groups in all.
        option, number: The value: one of them (`NO_OPTION`, NaN for none), or neither: such a vote does not count.
        weight: Above 0.
        unstable: Whether the vote itself came of two orders that gave different answers.
    """

    group: NDArray[np.int64]
    n_groups: int
    option: NDArray[np.int16]
    number: NDArray[np.float64]
    weight: NDArray[np.float64]
    unstable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What the groups said, one row a group.

    Attributes:
        row: The first vote that gave the value with most weight (of values that tie the first option, or the lowest
            number); -1 where no vote has a value.
        answered: Votes with a value.
        share: Share of their weight that gave the value; NaN where there is none and where values tie.
        tied: Whether several values have most weight.
        unstable: Whether values tie, or a vote for the value was itself unstable.
        mean: Weighted mean of the numbers; NaN where there are none.
        any_unstable: Whether any vote with a value was.
    """

    row: NDArray[np.int64]
    answered: NDArray[np.int64]
    share: NDArray[np.float64]
    tied: NDArray[np.bool_]
    unstable: NDArray[np.bool_]
    mean: NDArray[np.float64]
    any_unstable: NDArray[np.bool_]


def counted(votes: Votes) -> Outcome:
    """Count the votes of every group."""
    n = votes.n_groups
    row, share = np.full(n, -1, np.int64), np.full(n, np.nan)
    tied, unstable = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    said = np.flatnonzero((votes.option != NO_OPTION) | ~np.isnan(votes.number))
    answered = np.bincount(votes.group[said], minlength=n)
    if len(said):
        code = _codes(votes, said)
        order = np.lexsort((code, votes.group[said]))
        rows, code, group = said[order], code[order], votes.group[said][order]
        starts = _starts(group, code)
        weight = np.add.reduceat(votes.weight[rows], starts)
        flips = np.logical_or.reduceat(votes.unstable[rows], starts)
        first = _starts(group[starts])
        found = group[starts][first]
        top, total = np.maximum.reduceat(weight, first), np.add.reduceat(weight, first)
        sizes = np.diff(np.append(first, len(starts)))
        leads = weight >= np.repeat(top, sizes) * _ALMOST
        winner = np.flatnonzero(leads)[np.searchsorted(np.flatnonzero(leads), first)]
        tied[found] = np.add.reduceat(leads.astype(np.int64), first) > 1
        unstable[found] = tied[found] | flips[winner]
        row[found] = rows[starts[winner]]
        share[found] = np.where(tied[found], np.nan, top / total)
    return Outcome(row, answered, share, tied, unstable, _means(votes), _any(votes, said))


def _codes(votes: Votes, said: NDArray[np.int64]) -> NDArray[np.int64]:
    """A whole number for every different value; options before numbers."""
    code = votes.option[said].astype(np.int64)
    numbers = np.flatnonzero(code == NO_OPTION)
    if len(numbers):
        _, place = np.unique(votes.number[said[numbers]], return_inverse=True)
        code[numbers] = int(votes.option.max(initial=0)) + 1 + place.reshape(-1)
    return code


def _starts(*columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where a row differs from the one before."""
    fresh = np.zeros(len(columns[0]), np.bool_)
    fresh[0] = True
    for column in columns:
        fresh[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(fresh)


def _means(votes: Votes) -> NDArray[np.float64]:
    known = ~np.isnan(votes.number)
    group, weight = votes.group[known], votes.weight[known]
    total = np.bincount(group, weights=weight * votes.number[known], minlength=votes.n_groups)
    n = np.bincount(group, weights=weight, minlength=votes.n_groups)
    return np.where(n > 0, total / np.where(n > 0, n, 1.0), np.nan)


def _any(votes: Votes, said: NDArray[np.int64]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.bincount(votes.group[said[votes.unstable[said]]], minlength=votes.n_groups) > 0
    return found
