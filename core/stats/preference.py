"""Agreement about preferences between two outputs, with ties in three conventions; a judge beside people.

Exact: A, tie and B are three answers. Decisive only: pairs of answers with a tie are left out, and the coverage says
how many are left; every unit's pairs share its weight, so that a judge like the people has the people's agreement. Half
credit: a tie against A or B counts half (linear weights on A < tie < B). "Both bad" is outside the order: left out of
all three, and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.scales import ScaleKind
from core.stats.arrays import FloatArray, IntArray, ratio
from core.stats.estimates import Estimate, Flag, Reason
from core.stats.estimating import Basis, estimated, undefined_estimate
from core.stats.judged_units import JudgedUnits
from core.stats.ratings import RaterId, RatingTable
from core.stats.resampling import Replicates, replicate

_NAMES = ("exact", "decisive", "coverage", "half_credit")


@dataclass(frozen=True, slots=True)
class PreferenceAgreement:
    """How often two answers about the same pair of outputs agree.

    Attributes:
        exact: With ties as an answer of their own.
        decisive: Among pairs of answers where both prefer one output.
        coverage: Share of such pairs.
        half_credit: With half credit for a tie against a preference.
        n_both_bad: Answers "both bad", left out.
    """

    exact: Estimate
    decisive: Estimate
    coverage: Estimate
    half_credit: Estimate
    n_both_bad: int


@dataclass(frozen=True, slots=True)
class PreferenceComparison:
    """A judge against people beside people among themselves, on the pairs of outputs that the judge rated.

    Attributes:
        judge: The judge with each person, on average.
        people: Each person with each other.
        difference: The judge's exact, decisive and half-credit agreement minus the people's, on the same resamples.
    """

    judge: PreferenceAgreement
    people: PreferenceAgreement
    difference: dict[str, Estimate]


def preferences_among(
    table: RatingTable,
    *,
    seed: int,
    people: Sequence[RaterId] | None = None,
    level: float = 0.95,
    resamples: int = 1000,
) -> PreferenceAgreement:
    """How far people agree with each other about preferences: means over units of the share of agreeing pairs.

    Args:
        table: Ratings on a preference scale; raters may be anonymous.
        seed: Seed of the bootstrap.
        people: Whose ratings; default everybody's.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.

    Raises:
        BadInput: Nobody has one of these names.
    """
    if table.scale.kind is not ScaleKind.PREFERENCE:
        return _nothing()
    units = JudgedUnits.of(table, None, people)
    sides = [_people_side(units, table)]
    return _agreement(units, sides, 0, _replicates(units, sides, seed, resamples), level)


def preferences_against(
    table: RatingTable,
    judge: RaterId,
    people: Sequence[RaterId],
    *,
    seed: int,
    level: float = 0.95,
    resamples: int = 1000,
) -> PreferenceComparison:
    """How far a judge agrees with people about preferences, and people with each other on the same units.

    Args:
        table: Ratings by named raters on a preference scale.
        judge: The judge.
        people: The people.
        seed: Seed of the bootstrap.
        level: Nominal coverage.
        resamples: Bootstrap resamples.

    Raises:
        BadInput: Nobody has one of these names, or the judge is one of the people.
    """
    names = ("exact", "decisive", "half_credit")
    if table.scale.kind is not ScaleKind.PREFERENCE:
        nothing = {name: undefined_estimate(f"difference_{name}", Reason.NEEDS_PREFERENCE) for name in names}
        return PreferenceComparison(_nothing(), _nothing(), nothing)
    units = JudgedUnits.of(table, judge, people)
    sides = [_judge_side(units, table), _people_side(units, table)]
    replicates = _replicates(units, sides, seed, resamples)
    differences = {}
    for which, name in enumerate(names):
        both = units.basis(np.all([side.pairs[name] > 0 for side in sides], axis=0))
        reason = Reason.NO_DECISIVE_PAIRS if name == "decisive" else Reason.NO_PAIRABLE_ITEMS
        differences[name] = estimated(f"difference_{name}", replicates, 8 + which, both, level=level, undefined=reason)
    return PreferenceComparison(
        _agreement(units, sides, 0, replicates, level), _agreement(units, sides, 1, replicates, level), differences
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a comparison, by pattern: pairs of answers that count, their ratings, and the share that agrees."""

    pairs: dict[str, FloatArray]
    agreeing: dict[str, FloatArray]
    ratings: dict[str, FloatArray]
    both_bad: IntArray

    def rows(self) -> FloatArray:
        """Two moments of each of the four statistics: the agreeing share of a unit's pairs, and the counting share."""
        every = np.maximum(self.pairs["exact"], 1.0)
        columns = []
        for name in _NAMES:
            # A unit's pairs share its weight 1; of them only the decisive ones count where ties are left out.
            columns += [self.agreeing[name] / every, self.pairs[name] / every]
        return np.column_stack(columns)


def _orders(table: RatingTable) -> tuple[IntArray, int | None, int | None]:
    """Codes of A and B, of the tie and of "both bad"."""
    codes = table.scale.codes_by_key()
    return np.array([codes["A"], codes["B"]]), codes.get("tie"), codes.get("both_bad")


def _split(units: JudgedUnits, table: RatingTable) -> tuple[FloatArray, FloatArray, IntArray]:
    """By pattern: answers A and B (P x 2), ties, and "both bad"."""
    decisive, tie, bad = _orders(table)
    none = np.zeros(len(units.people), dtype=np.int64)
    ties = none if tie is None else units.people[:, tie]
    return units.people[:, decisive].astype(float), ties.astype(float), none if bad is None else units.people[:, bad]


def _people_side(units: JudgedUnits, table: RatingTable) -> _Side:
    sides, ties, bad = _split(units, table)
    firm = sides.sum(axis=1)
    ordered = firm + ties
    every, both = ordered * (ordered - 1), firm * (firm - 1)
    same = np.sum(sides * (sides - 1), axis=1)
    exact = same + ties * (ties - 1)
    pairs = {"exact": every, "decisive": both, "coverage": every, "half_credit": every}
    agreeing = {"exact": exact, "decisive": same, "coverage": both, "half_credit": exact + firm * ties}
    ratings = {"exact": ordered, "decisive": firm, "coverage": ordered, "half_credit": ordered}
    return _Side(pairs, agreeing, ratings, bad)


def _judge_side(units: JudgedUnits, table: RatingTable) -> _Side:
    sides, ties, bad = _split(units, table)
    decisive, tie, bad_code = _orders(table)
    picks = (units.judge[:, None] == decisive).astype(float)
    firm, tied = picks.sum(axis=1), (units.judge == (-2 if tie is None else tie)).astype(float)
    people_firm = sides.sum(axis=1)
    every, both = (firm + tied) * (people_firm + ties), firm * people_firm
    same = np.sum(picks * sides, axis=1)
    exact = same + tied * ties
    half = exact + 0.5 * (firm * ties + tied * people_firm)
    pairs = {"exact": every, "decisive": both, "coverage": every, "half_credit": every}
    agreeing = {"exact": exact, "decisive": same, "coverage": both, "half_credit": half}
    ordered = people_firm + ties + 1
    ratings = {"exact": ordered, "decisive": people_firm + 1, "coverage": ordered, "half_credit": ordered}
    judge_bad = units.judge == (-2 if bad_code is None else bad_code)
    return _Side(pairs, agreeing, ratings, bad + judge_bad)


def _replicates(units: JudgedUnits, sides: list[_Side], seed: int, resamples: int) -> Replicates:
    rows, frequency = units.groups(
        np.hstack([side.rows() for side in sides]), np.any([side.pairs["exact"] > 0 for side in sides], axis=0)
    )

    def statistics(summed: FloatArray) -> FloatArray:
        shares = ratio(summed[:, 0::2], summed[:, 1::2]).T
        if len(sides) == 1:
            return shares
        compared = [_NAMES.index(name) for name in ("exact", "decisive", "half_credit")]
        return np.concatenate([shares, shares[compared] - shares[[k + 4 for k in compared]]])

    return replicate(rows, frequency, statistics, rng=np.random.default_rng(seed), resamples=resamples)


def _agreement(
    units: JudgedUnits, sides: list[_Side], which: int, replicates: Replicates, level: float
) -> PreferenceAgreement:
    side = sides[which]
    found = []
    n_bad = int(units.frequency @ side.both_bad)
    flags = (Flag.OUTSIDE_ORDER_LEFT_OUT,) if n_bad else ()
    for k, name in enumerate(_NAMES):
        basis: Basis = units.basis(side.pairs[name] > 0, side.ratings[name])
        some = bool(np.any(side.pairs["exact"] * units.frequency > 0))
        estimate = estimated(
            name, replicates, 4 * which + k, basis, level=level, undefined=Reason.NO_PAIRABLE_ITEMS,
            proportion=True, flags=flags,
        )  # fmt: skip
        if estimate.value is None and some:
            estimate = Estimate(name, None, 0, 0, reason=Reason.NO_DECISIVE_PAIRS)
        found.append(estimate)
    exact, decisive, coverage, half_credit = found
    return PreferenceAgreement(exact, decisive, coverage, half_credit, n_bad)


def _nothing() -> PreferenceAgreement:
    exact, decisive, coverage, half_credit = (undefined_estimate(name, Reason.NEEDS_PREFERENCE) for name in _NAMES)
    return PreferenceAgreement(exact, decisive, coverage, half_credit, 0)
