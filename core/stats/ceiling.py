"""The human ceiling: how often a person agrees with the majority of the others, and a judge with the same majorities.

Comparing the judge with the majority of all people, and each person with one vote less, would flatter the judge. Here
both face the same leave-one-out majorities, on the units that the judge rated, so that their difference is paired. A
tied majority is no reference: it is left out and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.scales import DeclaredScale
from core.stats.arrays import BoolArray, FloatArray, IntArray, ratio
from core.stats.estimates import Estimate, Flag, Reason
from core.stats.estimating import Basis, estimated, resampled_groups, undefined_estimate
from core.stats.formulas import cohen
from core.stats.judged_units import JudgedUnits
from core.stats.ratings import RaterId, RatingTable
from core.stats.resampling import Replicates, replicate
from core.stats.weights import agreement_weights, identity_weights, option_values, ordered_options

_SIDES = ("ceiling_percent", "judge_percent", "difference_percent", "ceiling_kappa", "judge_kappa", "difference_kappa")


@dataclass(frozen=True, slots=True)
class PersonBesideJudge:
    """One person and the judge against the majority of the other people, on the units that both rated.

    Attributes:
        rater_id: The person.
        person, judge: Share of answers that are the majority's.
        difference: `judge - person`.
    """

    rater_id: RaterId
    person: Estimate
    judge: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Ceiling:
    """People and a judge against the same leave-one-out majorities.

    Each of a unit's m people has a majority to face, of weight 1 / m. (A weight by how many majorities exist would hang
    on the answers: where three people split 2 to 1, only the one who is alone faces a majority, and such units would
    count as much as unanimous ones, so that people look worse than a judge just like them.)

    Attributes:
        judge_id: The judge.
        people_percent, judge_percent: Share of answers that are the majority's.
        difference_percent: Judge minus people, on the same resamples.
        people_kappa, judge_kappa: Cohen's kappa with the majority, with the credit for close answers asked for.
        difference_kappa: Judge minus people.
        n_references: Majorities that were compared with.
        n_tied: Majorities that do not exist because the others tie.
        n_alone: Units of the judge that fewer than two people rated.
        by_person: Every person on their own units; empty where people are anonymous.
    """

    judge_id: RaterId
    people_percent: Estimate
    judge_percent: Estimate
    difference_percent: Estimate
    people_kappa: Estimate
    judge_kappa: Estimate
    difference_kappa: Estimate
    n_references: int
    n_tied: int
    n_alone: int
    by_person: tuple[PersonBesideJudge, ...]


def human_ceiling(
    table: RatingTable,
    judge: RaterId,
    people: Sequence[RaterId],
    *,
    seed: int,
    coefficient: str = "cohen",
    level: float = 0.95,
    resamples: int = 1000,
) -> Ceiling:
    """The ceiling that people set, and the judge beside it.

    Args:
        table: Ratings by named raters on a scale of options.
        judge: The judge.
        people: The people; two or more.
        seed: Seed of the bootstrap.
        coefficient: Which kappa: "cohen", or "cohen_linear" or "cohen_quadratic" on a scale with an order, where
            answers outside the order are left out of kappa.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.

    Raises:
        BadInput: Nobody has one of these names, or the judge is one of the people.
    """
    if table.scale.is_numeric:
        nothing = [undefined_estimate(name, Reason.NEEDS_OPTIONS) for name in _SIDES]
        return _ceiling(judge, nothing, (0, 0, 0), ())
    units = JudgedUnits.of(table, judge, people)
    faced = Faced.of(units, coefficient)
    compared, n_references = faced.compared, faced.n_references
    rows, frequency = units.groups(faced.rows, compared)
    rng = np.random.default_rng(seed)
    replicates = replicate(rows, frequency, faced.statistics, rng=rng, resamples=resamples)
    n_tied = faced.n_tied
    flags = (Flag.TIES_LEFT_OUT,) if n_tied else ()
    basis = units.basis(compared, n_references + 1)
    some = bool(np.any(units.frequency * (_size(units) > 1)))
    found = [
        estimated(
            name, replicates, k, basis, level=level, undefined=Reason.NO_VARIATION,
            proportion=name in ("ceiling_percent", "judge_percent"),
            flags=flags + faced.kappa_flags if name.endswith("kappa") else flags,
        )
        for k, name in enumerate(_SIDES)
    ]  # fmt: skip
    if not basis.n_units and some:
        found = [undefined_estimate(name, Reason.NO_REFERENCE) for name in _SIDES]
    counted = (int(units.frequency @ n_references), n_tied, int(units.frequency @ (_size(units) < 2)))
    return _ceiling(judge, found, counted, _by_person(units, faced.majority, level, seed, resamples))


@dataclass(frozen=True, slots=True, eq=False)
class Faced:
    """The leave-one-out majorities that people and a judge face, by pattern of units.

    Attributes:
        majority: Patterns x options, see `leave_one_out_majorities`.
        n_references: Majorities of a unit of each pattern.
        n_tied: Majorities, over all units, that do not exist because the others tie.
        rows: By pattern the q x q tables (flat) of majority x person and majority x judge, of weight 1 / m a majority.
        codes: Options that kappa is about: all, or those in the order where close answers get credit.
        weights: Credit of each two of them.
    """

    majority: IntArray
    n_references: IntArray
    n_tied: int
    rows: FloatArray
    codes: IntArray
    weights: FloatArray

    @classmethod
    def of(cls, units: JudgedUnits, coefficient: str = "cohen") -> "Faced":
        """Find the majorities of all patterns; `coefficient` says which kappa is wanted."""
        majority = leave_one_out_majorities(units.people)
        faced = np.where(majority >= 0, units.people, 0)
        tied = np.where(majority < 0, units.people, 0).sum(axis=1) * (_size(units) > 1)
        rows = np.hstack(_tables(units, majority, faced))
        codes, weights = _credit(units.table.scale, coefficient)
        return cls(majority, faced.sum(axis=1), int(units.frequency @ tied), rows, codes, weights)

    @property
    def compared(self) -> BoolArray:
        """Patterns with a majority to compare with."""
        return self.n_references > 0

    @property
    def kappa_flags(self) -> tuple[Flag, ...]:
        """What a reader of a kappa must know."""
        q = self.majority.shape[1]
        left_out = np.ones(q, dtype=np.bool_)
        left_out[self.codes] = False
        tables = self.rows.sum(axis=0).reshape(2, q, q)
        some = tables[:, left_out].any() or tables[:, :, left_out].any()
        return (Flag.OUTSIDE_ORDER_LEFT_OUT,) if some else ()

    def statistics(self, summed: FloatArray) -> FloatArray:
        """The six numbers of `Ceiling` from sums of rows: percent of people, judge, difference; the same as kappa."""
        q = self.majority.shape[1]
        tables = summed.reshape(-1, 2, q, q)
        percent = ratio(np.asarray(np.trace(tables, axis1=2, axis2=3)), tables.sum(axis=(2, 3))).T
        kappa = cohen(tables[:, :, self.codes[:, None], self.codes], self.weights).T
        return np.concatenate([percent, percent[1:] - percent[:1], kappa, kappa[1:] - kappa[:1]])


def _credit(scale: DeclaredScale, coefficient: str) -> tuple[IntArray, FloatArray]:
    """The options a kappa is about, and what each two of them count."""
    weights = coefficient.removeprefix("cohen").removeprefix("_")
    if not weights:
        return np.arange(len(scale.options)), identity_weights(len(scale.options))
    return np.array(ordered_options(scale), dtype=np.int64), agreement_weights(weights, option_values(scale))


def leave_one_out_majorities(counts: IntArray) -> IntArray:
    """The majority of the others, for a person who chose each option.

    Args:
        counts: Units x options, how many people chose what.

    Returns:
        Units x options: for somebody who chose option k, the option that most of the others chose; -1 where they tie or
        nobody else rated. Where nobody chose k the entry has no meaning.
    """
    majority = np.full(counts.shape, -1, dtype=np.int64)
    for k in range(counts.shape[1]):
        others = counts.copy()
        others[:, k] -= 1
        top = others.max(axis=1)
        single = (np.sum(others == top[:, None], axis=1) == 1) & (top > 0)
        majority[single, k] = others[single].argmax(axis=1)
    return majority


def _size(units: JudgedUnits) -> IntArray:
    return np.asarray(units.people.sum(axis=1), dtype=np.int64)


def _tables(units: JudgedUnits, majority: IntArray, faced: IntArray) -> tuple[FloatArray, FloatArray]:
    """By pattern the q x q tables (flat) of majority x person and majority x judge, of weight 1 / m a majority."""
    n, q = majority.shape
    share = faced / np.maximum(units.people.sum(axis=1, keepdims=True), 1)
    human, machine = np.zeros((2, n, q, q))
    row = np.arange(n)
    for k in range(q):
        reference = np.maximum(majority[:, k], 0)
        human[row, reference, k] += share[:, k]
        machine[row, reference, units.judge] += share[:, k]
    return human.reshape(n, -1), machine.reshape(n, -1)


def _by_person(
    units: JudgedUnits, majority: IntArray, level: float, seed: int, resamples: int
) -> tuple[PersonBesideJudge, ...]:
    people = units.table
    pattern, code = units.of_unit[people.units], people.codes
    reference = majority[pattern, code]
    columns = np.column_stack([reference == code, reference == units.judge[pattern], np.ones(len(code))])
    # Eight kinds of rating at most: one row each, or sums by cluster.
    kind = columns.astype(np.int64) @ np.array([1, 2, 4])
    rows = np.array([[k & 1, k >> 1 & 1, 1] for k in range(8)], dtype=np.float64)
    found = []
    for index, rater_id in enumerate(people.rater_ids):
        mine = (people.known_raters() == index) & (reference >= 0)
        clusters = None if people.clusters is None else people.clusters[people.units[mine]]
        frequency = np.bincount(kind[mine], minlength=8)
        groups = resampled_groups(rows, frequency, kind[mine], clusters, np.ones(8, dtype=np.bool_))
        replicates = replicate(*groups, _shares, rng=np.random.default_rng([seed, index]), resamples=resamples)
        found.append(_person(rater_id, replicates, int(mine.sum()), clusters, level))
    return tuple(found)


def _shares(summed: FloatArray) -> FloatArray:
    shares = ratio(summed[:, :2], summed[:, 2:]).T
    return np.concatenate([shares, shares[1:] - shares[:1]])


def _person(
    rater_id: RaterId, replicates: Replicates, n: int, clusters: IntArray | None, level: float
) -> PersonBesideJudge:
    groups = n if clusters is None else len(np.unique(clusters))
    basis = Basis(n, 2 * n, groups, clustered=clusters is not None)
    person, judge, difference = (
        estimated(
            name, replicates, k, basis, level=level, undefined=Reason.NO_REFERENCE, proportion=name != "difference"
        )
        for k, name in enumerate(("person", "judge", "difference"))
    )
    return PersonBesideJudge(rater_id, person, judge, difference)


def _ceiling(
    judge: RaterId, found: Sequence[Estimate], counted: tuple[int, int, int], people: tuple[PersonBesideJudge, ...]
) -> Ceiling:
    by_name = dict(zip(_SIDES, found, strict=True))
    n_references, n_tied, n_alone = counted
    return Ceiling(
        judge_id=judge,
        people_percent=by_name["ceiling_percent"],
        judge_percent=by_name["judge_percent"],
        difference_percent=by_name["difference_percent"],
        people_kappa=by_name["ceiling_kappa"],
        judge_kappa=by_name["judge_kappa"],
        difference_kappa=by_name["difference_kappa"],
        n_references=n_references,
        n_tied=n_tied,
        n_alone=n_alone,
        by_person=people,
    )
