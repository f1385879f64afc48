"""Would one more rater, a judge, bring the vote of a few people nearer to the reference?

People vote in random orders: for each k the first k of a unit, with and without the judge. Options in an order vote by
their median, and the votes are correlated with the reference's median (Spearman); others vote by majority, tied options
share the credit, and the share of ties is reported (ACORN, Brassard et al. 2024, with ties settled as said here).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.errors import BadInput
from core.stats.arrays import BoolArray, FloatArray, IntArray, ratio
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import Basis, estimated
from core.stats.ratings import RaterId, RatingTable
from core.stats.resampling import replicate
from core.stats.samples import resampled_units
from core.stats.table_correlations import spearman
from core.stats.weights import ordered_options

Measure = Literal["spearman", "majority"]
ReferenceVoters = Literal["everyone", "others"]

MAX_UNITS = 50_000
"""Of more units than this a random selection of as many is used."""


@dataclass(frozen=True, slots=True)
class ExtraRaterPoint:
    """The vote of k people.

    Attributes:
        k: People who vote.
        without, with_judge: How near the vote is to the reference: Spearman's correlation, or the share of units where
            it is the reference's (tied options share the credit).
        gain: `with_judge - without`, on the same resamples.
        tied_without, tied_with: Share of votes without a majority; 0 where medians vote.
    """

    k: int
    without: Estimate
    with_judge: Estimate
    gain: Estimate
    tied_without: float
    tied_with: float


@dataclass(frozen=True, slots=True)
class ExtraRaterCurve:
    """The vote of few and of many people, with and without a judge.

    Attributes:
        judge_id: The judge.
        measure: "spearman" of medians or "majority".
        reference: Whose vote is the reference: of everyone (the voters are among them), or of the others alone.
        points: One each k.
        n_units: Units with enough people for every k and a reference.
        n_tied: Units left out because everyone's vote is tied.
    """

    judge_id: RaterId
    measure: Measure
    reference: ReferenceVoters
    points: tuple[ExtraRaterPoint, ...]
    n_units: int
    n_tied: int


def extra_rater_curve(  # noqa: PLR0913 - who, how many, against whom, and how sure
    table: RatingTable,
    judge: RaterId,
    people: Sequence[RaterId],
    *,
    seed: int,
    most: int | None = None,
    orders: int = 20,
    reference: ReferenceVoters = "everyone",
    level: float = 0.95,
    resamples: int = 1000,
) -> ExtraRaterCurve:
    """The curve over k = 1 .. most people, on the units that the judge and more than `most` people rated.

    Args:
        table: Ratings by named raters on a scale of options.
        judge: The judge.
        people: The people.
        seed: Seed of the orders and of the bootstrap.
        most: Largest k; default one less than the people of the median unit, at most 10.
        orders: Random orders of the people of each unit.
        reference: "everyone" as published; "others" leaves the voters out, and is noisier.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.

    Raises:
        BadInput: The scale has no options, the judge is one of the people, or nobody has one of these names.
    """
    if table.scale.is_numeric or judge in people:
        found = "free numbers" if table.scale.is_numeric else f"the judge {judge} among the people"
        raise BadInput(where="extra rater", found=found, expected="a scale of options, and people beside the judge")
    ordered = ordered_options(table.scale)
    measure: Measure = "spearman" if ordered else "majority"
    options = ordered or tuple(range(len(table.scale.options)))
    rng = np.random.default_rng(seed)
    votes = _Votes.of(table, judge, people, options, most, rng)
    unclear = np.zeros(len(votes.judge), dtype=np.bool_)
    if measure == "majority" and reference == "everyone":
        unclear = _tops(votes.everyone).sum(axis=1) > 1
    votes = votes.where(~unclear)
    parts = [_moments(votes, order, measure, reference) for order in votes.orders(orders, rng)]
    moments = [sum(each[k] for each in parts) / orders for k in range(votes.most)] if parts else []
    points = tuple(
        _point(k + 1, np.asarray(rows), votes, measure, level, np.random.default_rng([seed, k]), resamples)
        for k, rows in enumerate(moments)
    )
    return ExtraRaterCurve(judge, measure, reference, points, len(votes.judge), int(unclear.sum()))


@dataclass(frozen=True, slots=True)
class _Votes:
    """Codes (places among the options) of the people of each unit, one row a unit, -1 beyond their number."""

    codes: IntArray
    judge: IntArray
    clusters: IntArray | None
    q: int
    most: int

    @classmethod
    def of(
        cls,
        table: RatingTable,
        judge: RaterId,
        people: Sequence[RaterId],
        options: tuple[int, ...],
        most: int | None,
        rng: np.random.Generator,
    ) -> "_Votes":
        place = np.full(len(table.scale.options), -1, dtype=np.int64)
        place[list(options)] = np.arange(len(options))
        alone, others = table.of_raters([judge]), table.of_raters(people)
        verdicts = np.full(table.n_units, -1, dtype=np.int64)
        verdicts[alone.units] = place[alone.codes]
        kept = place[others.codes] >= 0
        units, codes = others.units[kept], place[others.codes[kept]]
        size = np.bincount(units, minlength=table.n_units)
        judged = (verdicts >= 0) & (size > 1)
        if most is None:
            most = min(10, int(np.median(size[judged])) - 1) if judged.any() else 0
        chosen = np.flatnonzero(judged & (size > most))
        if len(chosen) > MAX_UNITS:
            chosen = np.sort(rng.choice(chosen, MAX_UNITS, replace=False))
        starts = np.cumsum(size) - size
        dense = np.full((table.n_units, int(size.max(initial=0))), -1, dtype=np.int64)
        dense[units, np.arange(len(units)) - starts[units]] = codes
        clusters = None if table.clusters is None else table.clusters[chosen]
        return cls(dense[chosen], verdicts[chosen], clusters, len(options), max(most, 0))

    @property
    def everyone(self) -> FloatArray:
        """Units x options: how many people chose what."""
        return _counts(self.codes, self.q)

    def where(self, chosen: BoolArray) -> "_Votes":
        """Some units."""
        clusters = None if self.clusters is None else self.clusters[chosen]
        return _Votes(self.codes[chosen], self.judge[chosen], clusters, self.q, self.most)

    def orders(self, how_many: int, rng: np.random.Generator) -> list[IntArray]:
        """The people of each unit in random orders, those who did not rate last."""
        shuffled = []
        for _ in range(how_many if len(self.judge) else 0):
            key = np.where(self.codes >= 0, rng.random(self.codes.shape), 2.0)
            shuffled.append(np.take_along_axis(self.codes, np.argsort(key, axis=1), axis=1))
        return shuffled


def _counts(codes: IntArray, q: int) -> FloatArray:
    return np.asarray(np.sum(codes[:, :, None] == np.arange(q), axis=1), dtype=np.float64)


def _tops(counts: FloatArray) -> BoolArray:
    """Which options have the most votes."""
    return np.asarray(counts == counts.max(axis=1, keepdims=True), dtype=np.bool_)


def _medians(counts: FloatArray) -> IntArray:
    """Twice the median place of the votes: the sum of the two middle ones."""
    so_far, total = 2 * np.cumsum(counts, axis=1), counts.sum(axis=1, keepdims=True)
    return np.asarray((so_far >= total).argmax(axis=1) + (so_far > total).argmax(axis=1), dtype=np.int64)


def _moments(votes: _Votes, order: IntArray, measure: Measure, reference: ReferenceVoters) -> list[FloatArray]:
    """For k = 1 .. most the moments of every unit, people in one order."""
    found, everyone = [], votes.everyone
    verdict = _counts(votes.judge[:, None], votes.q)
    for k in range(1, votes.most + 1):
        few = _counts(order[:, :k], votes.q)
        right = everyone if reference == "everyone" else everyone - few
        both = _median_cells if measure == "spearman" else _majority_credit
        found.append(np.hstack([both(few, right), both(few + verdict, right)]))
    return found


def _median_cells(votes: FloatArray, reference: FloatArray) -> FloatArray:
    """One cell of the table of the reference's median x the vote's, flat."""
    size = 2 * votes.shape[1] - 1
    cells = np.zeros((len(votes), size * size))
    cells[np.arange(len(votes)), _medians(reference) * size + _medians(votes)] = 1.0
    return cells


def _majority_credit(votes: FloatArray, reference: FloatArray) -> FloatArray:
    """Whether the reference has a majority, the vote's credit, and whether the vote is tied."""
    tops, right = _tops(votes), _tops(reference)
    clear = right.sum(axis=1) == 1
    credit = np.sum(tops & right, axis=1) / tops.sum(axis=1)
    return np.column_stack([clear, credit * clear, (tops.sum(axis=1) > 1) & clear]).astype(np.float64)


def _point(
    k: int,
    rows: FloatArray,
    votes: _Votes,
    measure: Measure,
    level: float,
    rng: np.random.Generator,
    resamples: int,
) -> ExtraRaterPoint:
    half, columns, size = rows.shape[1] // 2, rows.shape[1], 2 * votes.q - 1
    occurring = np.flatnonzero(rows.any(axis=0))

    def near(summed: FloatArray) -> FloatArray:
        if measure == "spearman":
            return spearman(summed.reshape(-1, size, size))
        return ratio(summed[:, 1], summed[:, 0])

    def statistics(compact: FloatArray) -> FloatArray:
        summed = np.zeros((len(compact), columns))
        summed[:, occurring] = compact
        without, with_judge = near(summed[:, :half]), near(summed[:, half:])
        return np.array([without, with_judge, with_judge - without])

    groups, frequency = resampled_units(rows[:, occurring], votes.clusters)
    replicates = replicate(groups, frequency, statistics, rng=rng, resamples=resamples)
    n = len(rows)
    basis = Basis(n, n * (k + 1), int(frequency.sum()), clustered=votes.clusters is not None)
    without, with_judge, gain = (
        estimated(name, replicates, which, basis, level=level, undefined=Reason.ZERO_VARIANCE)
        for which, name in enumerate(("without", "with_judge", "gain"))
    )
    total = rows.sum(axis=0)
    tied = [0.0, 0.0] if measure == "spearman" else [total[2] / max(total[0], 1), total[5] / max(total[3], 1)]
    return ExtraRaterPoint(k, without, with_judge, gain, float(tied[0]), float(tied[1]))
