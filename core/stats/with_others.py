"""How far one rater agrees with the others: percent, kappa and leniency, pooled over all pairs of ratings.

A mean over pairs of raters (`core.stats.against`) needs raters who share many units with each other; in a crowd they do
not. Here every pair of a rating and another's rating of the same unit counts once.
"""

from dataclasses import dataclass, replace

import numpy as np

from core.stats.applying import looked_at
from core.stats.arrays import NOTHING, FloatArray, IntArray, ratio
from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import Basis, estimated, resampled_groups, undefined_estimate
from core.stats.others import Beside, Others, leniency_reason
from core.stats.ratings import RaterId
from core.stats.resampling import Replicates, Statistics, replicate
from core.stats.weights import agreement_weights, identity_weights, option_values

MANY_GROUPS = 5_000
"""Of more groups than this the jackknife interval is as good as the bootstrap's, and takes no time."""


@dataclass(frozen=True, slots=True)
class WithOthers:
    """One rater with the others.

    Attributes:
        rater_id: The rater.
        coefficient: Key of the kappa; "concordance" on free numbers (Lin 1989), which is kappa with quadratic credit.
        percent: Share of pairs with the same answer.
        kappa: Cohen's kappa of the pooled table of own answer x other's answer.
        leniency: Mean over units of the own number minus the mean number of the others, in units of the scale; above 0
            more generous. Of two options the positive one counts 1, the other 0.
    """

    rater_id: RaterId
    coefficient: str
    percent: Estimate
    kappa: Estimate
    leniency: Estimate


def with_others(
    others: Others, rater_id: RaterId, *, coefficient: str, seed: int, level: float = 0.95, resamples: int = 1000
) -> WithOthers:
    """How far a rater agrees with a group, or with the rest of its group, on the units that both rated.

    Args:
        others: The group.
        rater_id: The rater.
        coefficient: "cohen", "cohen_linear" or "cohen_quadratic"; of no account on free numbers.
        seed: Seed of the bootstrap.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.

    Raises:
        BadInput: Nobody has this name.
    """
    beside, scale = others.beside(rater_id), others.table.scale
    key = "concordance" if scale.is_numeric else coefficient
    if not len(beside):
        nothing = [undefined_estimate(name, Reason.NO_PAIRABLE_ITEMS) for name in ("percent", key, "leniency")]
        return WithOthers(rater_id, key, *nothing)
    rows, statistics = _of_numbers(beside) if scale.is_numeric else _of_options(beside, others, coefficient)
    basis = basis_of(beside)
    replicates = replicated(beside, rows, statistics, seed=seed, resamples=resamples)
    percent, kappa, leniency = (
        estimated(
            name, replicates, which, basis, level=level, undefined=Reason.NO_VARIATION, proportion=name == "percent"
        )
        for which, name in enumerate(("percent", key, "leniency"))
    )
    reason = leniency_reason(scale)
    return WithOthers(rater_id, key, percent, kappa, undefined_estimate("leniency", reason) if reason else leniency)


def basis_of(beside: Beside) -> Basis:
    """What numbers about these units rest on."""
    groups = len(beside) if beside.clusters is None else int(beside.clusters.max(initial=-1)) + 1
    ratings = len(beside) + round(float(beside.pairs.sum()))
    return Basis(len(beside), ratings, groups, clustered=beside.clusters is not None)


def replicated(
    beside: Beside,
    rows: FloatArray,
    statistics: Statistics,
    *,
    seed: int,
    resamples: int,
    kinds: IntArray | None = None,
) -> Replicates:
    """Replicates of statistics of summed moments (a row a unit) over units, or clusters.

    Args:
        beside: The units.
        rows: Moments of each unit.
        statistics: What to compute from sums.
        seed: Seed of the bootstrap.
        resamples: Bootstrap resamples; with more than `MANY_GROUPS` groups the jackknife takes their place.
        kinds: Units with equal rows; default those of `beside`.
    """
    kind = beside.kind if kinds is None else kinds
    frequency = np.bincount(kind)
    different = np.zeros((len(frequency), rows.shape[1]))
    different[kind] = rows
    taking_part = np.ones(len(frequency), dtype=np.bool_)
    groups, counts = resampled_groups(different, frequency, kind, beside.clusters, taking_part)
    rng = np.random.default_rng(seed)
    if resamples and len(groups) > MANY_GROUPS:
        return replace(replicate(groups, counts, statistics, rng=rng, resamples=0), draws=None)
    return replicate(groups, counts, statistics, rng=rng, resamples=resamples)


def leniency_columns(beside: Beside) -> FloatArray:
    """The difference of each unit, 0 where it has none, and whether it has one."""
    known = np.isfinite(beside.difference)
    return np.column_stack([np.where(known, beside.difference, 0.0), known.astype(np.float64)])


def _of_options(beside: Beside, others: Others, coefficient: str) -> tuple[FloatArray, Statistics]:
    """Same answers and pairs; difference; credit, own marginal and others' marginal among the options looked at."""
    row, scale = COEFFICIENTS[coefficient], others.table.scale
    options = list(looked_at(row, scale))
    weights = identity_weights(len(options))
    if row.weights != "identity":
        weights = agreement_weights(row.weights, option_values(scale))
    place = np.full(len(scale.options), -1, dtype=np.int64)
    place[options] = np.arange(len(options))
    own = place[beside.own.astype(np.int64)]
    theirs = beside.others[:, options] * (own >= 0)[:, None]
    mine = np.eye(len(options))[own] * theirs.sum(axis=1, keepdims=True)
    credit = np.sum(weights[own] * theirs, axis=1)
    q = len(options)

    def statistics(summed: FloatArray) -> FloatArray:
        n = summed[:, 5 : 5 + q].sum(axis=1)
        first, second = ratio(summed[:, 5 : 5 + q], n[:, None]), ratio(summed[:, 5 + q :], n[:, None])
        chance = np.sum((first @ weights) * second, axis=1)
        kappa = ratio(ratio(summed[:, 4], n) - chance, 1 - chance)
        constant = (first.max(axis=1) >= 1 - NOTHING) | (second.max(axis=1) >= 1 - NOTHING)
        kappa = np.where(constant & ~np.isnan(kappa), 0.0, kappa)
        return np.array([ratio(summed[:, 0], summed[:, 1]), kappa, ratio(summed[:, 2], summed[:, 3])])

    return np.column_stack([beside.same, beside.pairs, leniency_columns(beside), credit, mine, theirs]), statistics


def _of_numbers(beside: Beside) -> tuple[FloatArray, Statistics]:
    """Concordance 2 cov(x, y) / (var x + var y + (mean x - mean y)^2), over pairs of own x and other's y."""
    # Centred, so that squares of large numbers that hardly differ keep their digits.
    n, own = beside.pairs, beside.own - np.mean(beside.own)
    total = beside.others[:, 1] - n * np.mean(beside.own)
    squares = beside.others[:, 2] - 2 * np.mean(beside.own) * beside.others[:, 1] + n * np.mean(beside.own) ** 2
    moments = [beside.same, n, leniency_columns(beside), n * own, total, n * own**2, squares, own * total]

    def statistics(summed: FloatArray) -> FloatArray:
        count = summed[:, 1]
        x, y, xx, yy, xy = (ratio(summed[:, column], count) for column in range(4, 9))
        apart = (xx - x**2) + (yy - y**2) + (x - y) ** 2
        concordance = ratio(2 * (xy - x * y), apart)
        return np.array([ratio(summed[:, 0], count), concordance, ratio(summed[:, 2], summed[:, 3])])

    return np.column_stack(moments), statistics
