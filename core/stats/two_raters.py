"""A judge against a reference: what the q x q table of two raters says beyond kappa.

Rows are the reference (people, gold), columns the judge. Everything is a function of the table, so that resampled
tables give intervals.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.scales import DeclaredScale, ScaleKind
from core.stats.agreement import Seed
from core.stats.arrays import FloatArray, IntArray, ratio
from core.stats.estimates import Estimate, Reason
from core.stats.estimating import Basis, estimated
from core.stats.pair_matrix import Confusion, confusion
from core.stats.ratings import RaterId, RatingTable
from core.stats.resampling import Replicates, replicate
from core.stats.table_correlations import kendall_tau_b, pearson, spearman
from core.stats.weights import Spacing, option_values, ordered_options


def hit_rate(tables: FloatArray) -> FloatArray:
    """The judge's share of the reference's first option (S x 2 x 2 tables, rows the reference): tp / (tp + fn)."""
    return ratio(tables[:, 0, 0], tables[:, 0].sum(axis=1))


def f1(tables: FloatArray) -> FloatArray:
    """The balance 2 tp / (2 tp + fp + fn); undefined without positives in the reference."""
    tp, fn, fp = tables[:, 0, 0], tables[:, 0, 1], tables[:, 1, 0]
    return np.where(tp + fn > 0, ratio(2 * tp, 2 * tp + fp + fn), np.nan)


def macro_f1(tables: FloatArray) -> FloatArray:
    """The mean of 2 tp / (2 tp + fp + fn) over the options that reference or judge used, each against the others."""
    hits = np.diagonal(tables, axis1=1, axis2=2)
    used = tables.sum(axis=1) + tables.sum(axis=2)
    by_option = ratio(2 * hits, used)
    return ratio(np.nansum(by_option, axis=1), (used > 0).sum(axis=1).astype(np.float64))


def prevalence_difference(tables: FloatArray) -> FloatArray:
    """How much commoner the first option is, (a - d) / n of S x 2 x 2 tables.

    Its size is the prevalence index (Byrt, Bishop and Carlin 1993).
    """
    return ratio(tables[:, 0, 0] - tables[:, 1, 1], tables.sum(axis=(1, 2)))


def bias_difference(tables: FloatArray) -> FloatArray:
    """How much oftener the rater of rows chooses the first option, (b - c) / n; its size is the bias index."""
    return ratio(tables[:, 0, 1] - tables[:, 1, 0], tables.sum(axis=(1, 2)))


def balanced_accuracy(tables: FloatArray) -> FloatArray:
    """The mean of TPR and TNR."""
    return (hit_rate(tables) + hit_rate(tables[:, ::-1, ::-1])) / 2


def mcc(tables: FloatArray) -> FloatArray:
    """Matthews' correlation, for any number of options (Gorodkin 2004); undefined if a margin is constant."""
    n = tables.sum(axis=(1, 2))
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    covariance = n * np.trace(tables, axis1=1, axis2=2) - np.sum(rows * columns, axis=1)
    return ratio(covariance, np.sqrt((n**2 - np.sum(rows**2, axis=1)) * (n**2 - np.sum(columns**2, axis=1))))


def mean_absolute_error(tables: FloatArray, values: FloatArray) -> FloatArray:
    """The mean of |judge - reference|."""
    apart = np.abs(values[None, :] - values[:, None])
    return ratio(np.sum(tables * apart, axis=(1, 2)), tables.sum(axis=(1, 2)))


def mean_bias(tables: FloatArray, values: FloatArray) -> FloatArray:
    """The mean of judge - reference: above 0 the judge is more generous."""
    apart = values[None, :] - values[:, None]
    return ratio(np.sum(tables * apart, axis=(1, 2)), tables.sum(axis=(1, 2)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A judge against a reference on the units both rated.

    Attributes:
        confusion: Counts, reference (rows) x judge (columns).
        positive: Option key that counts as positive; None where there is none.
        estimates: By key: "accuracy", "mcc", "macro_f1", "tpr", "tnr", "ppv", "npv", "f1", "balanced_accuracy",
            "prevalence_index", "bias_index", "spearman", "kendall_tau_b", "pearson", "mae", "bias".
        by_option: By option key, that option against all others: "tpr", "ppv", "f1".
    """

    confusion: Confusion
    positive: str | None
    estimates: Mapping[str, Estimate]
    by_option: Mapping[str, Mapping[str, Estimate]]

    def __getitem__(self, key: str) -> Estimate:
        """The estimate of a metric by its key."""
        return self.estimates[key]


@dataclass(frozen=True, slots=True)
class _Metric:
    """One metric ready to compute: its function of full tables, the units it rests on, why it may be undefined."""

    key: str
    function: Callable[[FloatArray], FloatArray]
    n: float
    proportion: bool
    reason: Reason | None
    otherwise: Reason


def compare(
    table: RatingTable,
    reference: RaterId,
    judge: RaterId,
    *,
    seed: Seed,
    positive: str | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    spacing: Spacing = "values",
) -> Comparison:
    """Compare a judge with a reference on the units both rated.

    Rates (TPR, TNR, PPV, NPV, F1, balanced accuracy) hold the positive option against the other options; on a binary
    scale "na" is neither. Correlations, MAE and bias are on the options in the order.

    Args:
        table: Ratings by named raters.
        reference: Who is taken as right.
        judge: Who is measured.
        seed: Seed or generator of the bootstrap.
        positive: Key of the positive option; default the one the scale declares.
        level: Nominal coverage.
        resamples: Bootstrap resamples.
        spacing: What distances are measured on.

    Raises:
        BadInput: Nobody has one of these names, or no option has the key `positive`.
    """
    counts = confusion(table, reference, judge)
    positive = positive if positive is not None else table.scale.positive
    tables = counts.counts[None].astype(np.float64)
    metrics = _rates(table.scale, positive, tables) + _distances(table.scale, spacing, tables)
    by_option = [metric for code in range(len(table.scale.options)) for metric in _one_option(code, tables)]
    rows, frequency = _moments(table.of_raters([reference, judge]))
    q = len(table.scale.options)

    def statistics(summed: FloatArray) -> FloatArray:
        cells = summed.reshape(-1, q, q)
        return np.array([metric.function(cells) for metric in metrics + by_option])

    replicates = replicate(rows, frequency, statistics, rng=np.random.default_rng(seed), resamples=resamples)
    n_groups = None if table.clusters is None else len(rows)
    found = [
        _estimated(metric, replicates, k, n_groups=n_groups, compared=counts.n, level=level)
        for k, metric in enumerate(metrics + by_option)
    ]
    rest, width = found[len(metrics) :], len(_one_option(0, tables))
    options = {
        key: {estimate.name: estimate for estimate in rest[code * width : (code + 1) * width]}
        for code, key in enumerate(table.scale.keys)
    }
    return Comparison(counts, positive, {each.name: each for each in found[: len(metrics)]}, options)


def _estimated(
    metric: _Metric, replicates: Replicates, which: int, *, n_groups: int | None, compared: int, level: float
) -> Estimate:
    """The estimate of one metric; `n_groups` is None where units stand alone."""
    n = round(metric.n)
    if metric.reason is not None or not compared:
        return Estimate(metric.key, None, n, 2 * n, reason=metric.reason or Reason.NO_PAIRABLE_ITEMS)
    if np.isnan(replicates.point[which]):
        return Estimate(metric.key, None, n, 2 * n, reason=metric.otherwise)
    basis = Basis(n, 2 * n, n if n_groups is None else min(n, n_groups), clustered=n_groups is not None)
    found = estimated(
        metric.key, replicates, which, basis, level=level, undefined=metric.otherwise, proportion=metric.proportion
    )
    return _size(found) if metric.key in ("prevalence_index", "bias_index") else found


def _size(signed: Estimate) -> Estimate:
    """The size of a signed number: an interval around 0 starts at 0 and ends at its farther end.

    Resampling the size itself would never come near 0, and cover too rarely there.
    """
    if signed.value is None or signed.interval is None:
        return signed if signed.value is None else replace(signed, value=abs(signed.value))
    low, high = signed.interval.low, signed.interval.high
    nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    interval = replace(signed.interval, low=nearest, high=max(abs(low), abs(high)))
    return replace(signed, value=abs(signed.value), interval=interval)


def _moments(two: RatingTable) -> tuple[FloatArray, IntArray]:
    """Rows of q*q cells and how many groups each stands for; only units that both rated."""
    size, q = len(two.scale.options) ** 2, len(two.scale.options)
    answers = np.asarray(two.matrix(), dtype=np.int64)
    both = (answers >= 0).all(axis=1)
    cells = answers[both, 0] * q + answers[both, 1]
    if two.clusters is None:
        frequency = np.bincount(cells, minlength=size)
        return np.eye(size)[frequency > 0], frequency[frequency > 0]
    clusters = np.unique(two.clusters[both], return_inverse=True)[1].reshape(-1)
    n_clusters = int(clusters.max(initial=-1)) + 1
    flat = np.bincount(clusters * size + cells, minlength=n_clusters * size)
    return flat.reshape(n_clusters, size).astype(np.float64), np.ones(n_clusters, dtype=np.int64)


def _rates(scale: DeclaredScale, positive: str | None, tables: FloatArray) -> list[_Metric]:
    """Accuracy and MCC on all options, and the rates of the positive option against the others."""
    n = float(tables.sum())
    whole = [
        _Metric("accuracy", _accuracy, n, proportion=True, reason=None, otherwise=Reason.NO_PAIRABLE_ITEMS),
        _Metric("mcc", mcc, n, proportion=False, reason=None, otherwise=Reason.ZERO_VARIANCE),
        _Metric("macro_f1", macro_f1, n, proportion=False, reason=None, otherwise=Reason.NO_PAIRABLE_ITEMS),
    ]
    if positive is None:
        keys = ("tpr", "tnr", "ppv", "npv", "f1", "balanced_accuracy", "prevalence_index", "bias_index")
        none = Reason.NO_POSITIVE_OPTION
        return whole + [_Metric(key, _nothing, 0.0, proportion=True, reason=none, otherwise=none) for key in keys]
    yes = scale.keys.index(scale.option(positive).key)
    no = [code for code, key in enumerate(scale.keys) if code != yes and not _is_na(scale, key)]
    fold = partial(_folded, yes=yes, no=no)
    two = fold(tables)[0]
    missing = _missing_class(two)
    rates = [
        ("tpr", lambda t: hit_rate(fold(t)), two[0].sum(), Reason.NO_HUMAN_POSITIVES),
        ("tnr", lambda t: hit_rate(fold(t)[:, ::-1, ::-1]), two[1].sum(), Reason.NO_HUMAN_NEGATIVES),
        ("ppv", lambda t: hit_rate(fold(t).transpose(0, 2, 1)), two[:, 0].sum(), Reason.NO_JUDGE_POSITIVES),
        (
            "npv",
            lambda t: hit_rate(fold(t)[:, ::-1, ::-1].transpose(0, 2, 1)),
            two[:, 1].sum(),
            Reason.NO_JUDGE_NEGATIVES,
        ),
        ("f1", lambda t: f1(fold(t)), two.sum(), Reason.NO_HUMAN_POSITIVES),
        ("balanced_accuracy", lambda t: balanced_accuracy(fold(t)), two.sum(), missing),
        ("prevalence_index", lambda t: prevalence_difference(fold(t)), two.sum(), Reason.NO_PAIRABLE_ITEMS),
        ("bias_index", lambda t: bias_difference(fold(t)), two.sum(), Reason.NO_PAIRABLE_ITEMS),
    ]
    return whole + [
        _Metric(key, function, float(size), proportion=key in ("tpr", "tnr", "ppv", "npv"), reason=None, otherwise=why)
        for key, function, size, why in rates
    ]


def _one_option(code: int, tables: FloatArray) -> list[_Metric]:
    """Rates of one option against all others."""
    others = [other for other in range(tables.shape[1]) if other != code]
    fold = partial(_folded, yes=code, no=others)
    two = fold(tables)[0]
    human, judge, n = float(two[0].sum()), float(two[:, 0].sum()), float(two.sum())
    no_human, no_judge = Reason.NO_HUMAN_POSITIVES, Reason.NO_JUDGE_POSITIVES
    return [
        _Metric("tpr", lambda t: hit_rate(fold(t)), human, proportion=True, reason=None, otherwise=no_human),
        _Metric(
            "ppv", lambda t: hit_rate(fold(t).transpose(0, 2, 1)), judge, proportion=True, reason=None,
            otherwise=no_judge,
        ),
        _Metric("f1", lambda t: f1(fold(t)), n, proportion=False, reason=None, otherwise=no_human),
    ]  # fmt: skip


def _distances(scale: DeclaredScale, spacing: Spacing, tables: FloatArray) -> list[_Metric]:
    """Correlations and distances on the options in the order."""
    options = np.array(ordered_options(scale), dtype=np.int64)
    values = option_values(scale, spacing)
    unordered = None if len(options) else Reason.NEEDS_ORDER
    n = float(tables[:, options[:, None], options[None, :]].sum()) if len(options) else 0.0
    functions: dict[str, Callable[[FloatArray], FloatArray]] = {
        "spearman": spearman,
        "kendall_tau_b": kendall_tau_b,
        "pearson": partial(pearson, values=values),
        "mae": partial(mean_absolute_error, values=values),
        "bias": partial(mean_bias, values=values),
    }
    return [
        _Metric(
            key,
            _nothing if unordered else partial(_on_options, options=options, function=function),
            n,
            proportion=False,
            reason=unordered,
            otherwise=Reason.ZERO_VARIANCE if n else Reason.NO_PAIRABLE_ITEMS,
        )
        for key, function in functions.items()
    ]


def _on_options(tables: FloatArray, options: IntArray, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
    return function(tables[:, options[:, None], options[None, :]])


def _accuracy(tables: FloatArray) -> FloatArray:
    return ratio(np.asarray(np.trace(tables, axis1=1, axis2=2)), tables.sum(axis=(1, 2)))


def _nothing(tables: FloatArray) -> FloatArray:
    return np.full(len(tables), np.nan)


def _folded(tables: FloatArray, yes: int, no: list[int]) -> FloatArray:
    """S x 2 x 2 tables of the positive option against the others."""
    rows = np.stack([tables[:, yes], tables[:, no].sum(axis=1)], axis=1)
    return np.stack([rows[:, :, yes], rows[:, :, no].sum(axis=2)], axis=2)


def _missing_class(two: FloatArray) -> Reason:
    return Reason.NO_HUMAN_NEGATIVES if two[0].sum() else Reason.NO_HUMAN_POSITIVES


def _is_na(scale: DeclaredScale, key: str) -> bool:
    return scale.kind is ScaleKind.BINARY and key == "na"
