"""Agreement among raters: every coefficient with its interval, from one rating table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.errors import BadInput
from core.scales import DeclaredScale
from core.stats.applying import count_layout, looked_at, pair_statistic, reason_against
from core.stats.arrays import FloatArray
from core.stats.coefficients import COEFFICIENTS, Coefficient, alpha_key
from core.stats.estimates import Estimate, Flag, Reason
from core.stats.estimating import resampled_groups
from core.stats.icc import CompleteSums, CompleteUnits
from core.stats.moments import NumberSums
from core.stats.pair_replicates import replicate_mean_of_pairs
from core.stats.pairs import PairStatistic, PairTables, pair_tables
from core.stats.ratings import RaterId, RatingTable
from core.stats.resampling import SMALL_SAMPLE, Replicates, replicate, spread
from core.stats.samples import Compared, OptionUnits, number_levels, number_units, rating_numbers
from core.stats.tally import Tally, tallied
from core.stats.weights import Spacing

MAX_COINCIDENCE_OPTIONS = 40
"""Ordinal alpha on more options than this has a value but no interval."""

HIGH_PERCENT = 0.8
LOW_KAPPA = 0.4
"""Percent agreement of at least the one with a kappa below the other raises `Flag.HIGH_PERCENT_LOW_KAPPA`."""

Seed = int | np.random.Generator


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """All coefficients of one rating table, and what must stand beside them.

    Attributes:
        scale: The declared scale.
        n_units: Units, unrated ones included.
        n_rated: Units with a rating.
        n_pairable: Units with two ratings or more.
        n_ratings: Ratings with a value.
        n_invalid: Values that were not on the scale.
        n_outside_order: Ratings on options outside the order ("both bad"), which weighted numbers leave out.
        n_clusters: Clusters with a rating; None where units stand alone.
        ratings_by_rater: Ratings of each named rater; empty when anonymous.
        base_rates: By option key the mean share of ratings on it (pi_k); empty for free numbers or without ratings.
        estimates: By key of `COEFFICIENTS`.
        flags: What a reader of any of these numbers must know.
    """

    scale: DeclaredScale
    n_units: int
    n_rated: int
    n_pairable: int
    n_ratings: int
    n_invalid: int
    n_outside_order: int
    n_clusters: int | None
    ratings_by_rater: Mapping[RaterId, int]
    base_rates: Mapping[str, float]
    estimates: Mapping[str, Estimate]
    flags: tuple[Flag, ...]

    def __getitem__(self, key: str) -> Estimate:
        """The estimate of a coefficient by its key."""
        return self.estimates[key]

    @property
    def alpha(self) -> Estimate:
        """Krippendorff's alpha at the level of the scale."""
        return self.estimates[alpha_key(self.scale.alpha_level)]


def agreement(
    table: RatingTable,
    *,
    seed: Seed,
    level: float = 0.95,
    resamples: int = 1000,
    spacing: Spacing = "values",
    only: Collection[str] | None = None,
) -> AgreementReport:
    """All agreement coefficients of a rating table.

    Items with one rating count for base rates (and the chance term of Fleiss and Gwet), never for agreement or alpha.
    What is undefined has `value=None` and a `reason`.

    Args:
        table: The ratings.
        seed: Seed or generator of the bootstrap; the same seed gives the same intervals.
        level: Nominal coverage of the intervals.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
        spacing: What weights and interval distances are measured on: declared numbers, or rank positions.
        only: Keys of the coefficients wanted; default all of `COEFFICIENTS`.

    Raises:
        BadInput: `only` names an unknown coefficient.
    """
    wanted = _wanted(only)
    count_rng, pair_rng, complete_rng = np.random.default_rng(seed).spawn(3)
    estimates = {
        row.key: _undefined(row, reason) for row in wanted if (reason := reason_against(row, table)) is not None
    }
    possible = [row for row in wanted if row.key not in estimates]
    if table.scale.is_numeric:
        setting = _Setting(table, level, resamples, spacing, {})
        estimates |= _from_numbers(setting, [row for row in possible if row.on_numbers], count_rng)
        estimates |= _from_every_number(setting, [row for row in possible if row.on_every_number], pair_rng)
    else:
        counted = [row for row in possible if row.on_complete is None]
        needed = sorted({looked_at(row, table.scale) for row in counted}, key=len, reverse=True)
        setting = _Setting(table, level, resamples, spacing, {some: OptionUnits.of(table, some) for some in needed})
        estimates |= _from_counts(setting, [row for row in possible if row.on_counts], count_rng)
        estimates |= _from_pairs(setting, [row for row in possible if row.on_pairs], pair_rng)
    estimates |= _from_complete(setting, [row for row in possible if row.on_complete], complete_rng)
    return _report(table, {row.key: estimates[row.key] for row in wanted}, tallied(table, setting.units))


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all coefficients of one call share; `units` by the options that are looked at."""

    table: RatingTable
    level: float
    resamples: int
    spacing: Spacing
    units: Mapping[tuple[int, ...], OptionUnits]


def _wanted(only: Collection[str] | None) -> list[Coefficient]:
    unknown = sorted(set(only or ()) - set(COEFFICIENTS))
    if unknown:
        raise BadInput(where="coefficients", found=", ".join(unknown), expected="some of " + ", ".join(COEFFICIENTS))
    return [row for key, row in COEFFICIENTS.items() if only is None or key in only]


def _undefined(row: Coefficient, reason: Reason, compared: Compared | None = None) -> Estimate:
    if compared is None:
        return Estimate(row.key, None, n_units=0, n_ratings=0, reason=reason)
    return Estimate(row.key, None, compared.n_units, compared.n_ratings, n_groups=compared.n_groups, reason=reason)


def _from_counts(setting: _Setting, rows: list[Coefficient], rng: np.random.Generator) -> dict[str, Estimate]:
    """Estimates from counts per option; numbers that look at the same options share their resamples."""
    many = len(setting.table.scale.options) > MAX_COINCIDENCE_OPTIONS
    estimates: dict[str, Estimate] = {}
    for (options, units), child in zip(setting.units.items(), rng.spawn(len(setting.units)), strict=True):
        here = [row for row in rows if looked_at(row, setting.table.scale) == options]
        big = [row for row in here if many and row.key == "alpha_ordinal"]
        estimates |= _from_option_units(setting, units, [row for row in here if row not in big], child)
        for key, estimate in _from_option_units(replace(setting, resamples=0), units, big, child).items():
            known = estimate.interval_reason is not Reason.NOT_RESAMPLED or not setting.resamples
            estimates[key] = estimate if known else replace(estimate, interval_reason=Reason.TOO_MANY_OPTIONS)
    return estimates


def _from_option_units(
    setting: _Setting, units: OptionUnits, rows: list[Coefficient], rng: np.random.Generator
) -> dict[str, Estimate]:
    if not rows:
        return {}
    layout = count_layout(rows, setting.table.scale, setting.spacing)
    moments, frequency = units.rows([layout])
    functions = [row.on_counts for row in rows if row.on_counts]

    def statistics(summed: FloatArray) -> FloatArray:
        sums = layout.sums(summed)
        return np.array([function(sums) for function in functions])

    replicates = replicate(moments, frequency, statistics, rng=rng, resamples=setting.resamples)
    return {row.key: _estimate(setting, row, units.compared, replicates, k) for k, row in enumerate(rows)}


def _from_numbers(setting: _Setting, rows: list[Coefficient], rng: np.random.Generator) -> dict[str, Estimate]:
    """Estimates of what free numbers allow."""
    if not rows:
        return {}
    moments, frequency, compared = number_units(setting.table)
    functions = [row.on_numbers for row in rows if row.on_numbers]

    def statistics(summed: FloatArray) -> FloatArray:
        sums = NumberSums.read(summed)
        return np.array([function(sums) for function in functions])

    replicates = replicate(moments, frequency, statistics, rng=rng, resamples=setting.resamples)
    return {row.key: _estimate(setting, row, compared, replicates, k) for k, row in enumerate(rows)}


def _from_every_number(setting: _Setting, rows: list[Coefficient], rng: np.random.Generator) -> dict[str, Estimate]:
    """Estimates of what compares every two free numbers."""
    estimates: dict[str, Estimate] = {}
    for row in rows:
        replicates = row.on_every_number and row.on_every_number(setting.table, rng, setting.resamples)
        _, _, compared = number_units(setting.table)
        if not replicates:
            estimates[row.key] = _undefined(row, Reason.TOO_MANY_VALUES, compared)
        else:
            estimates[row.key] = _estimate(setting, row, compared, replicates, 0)
    return estimates


def _from_complete(setting: _Setting, rows: list[Coefficient], rng: np.random.Generator) -> dict[str, Estimate]:
    """Estimates from the units that every rater rated."""
    if not rows:
        return {}
    table = setting.table
    units = CompleteUnits.of(
        table, rating_numbers(table, setting.spacing), levels=number_levels(table.scale, setting.spacing)
    )
    clusters = None if table.clusters is None else table.clusters[units.complete]
    everyone = np.ones(len(units.rows), dtype=np.bool_)
    moments, frequency = resampled_groups(units.rows, units.frequency, units.of_unit, clusters, everyone)
    functions = [row.on_complete for row in rows if row.on_complete]

    def statistics(summed: FloatArray) -> FloatArray:
        sums = CompleteSums.read(summed)
        return np.array([function(sums) for function in functions])

    replicates = replicate(moments, frequency, statistics, rng=rng, resamples=setting.resamples)
    n_units = units.n_units
    compared = Compared(n_units, n_units * units.n_raters, n_groups=int(frequency.sum()), one_option=units.one_value)
    estimates = {}
    for k, row in enumerate(rows):
        estimate = _estimate(setting, row, compared, replicates, k)
        if estimate.value is None:
            estimates[row.key] = replace(estimate, reason=units.reason)
            continue
        flags = (Flag.INCOMPLETE_UNITS_LEFT_OUT,) if units.n_left_out else ()
        estimates[row.key] = replace(estimate, flags=estimate.flags + flags)
    return estimates


def _from_pairs(setting: _Setting, rows: list[Coefficient], rng: np.random.Generator) -> dict[str, Estimate]:
    """Estimates of means over pairs of named raters."""
    if not rows:
        return {}
    table = setting.table
    tables = pair_tables(table)
    statistics = [pair_statistic(row, table.scale, setting.spacing) for row in rows]
    replicates = replicate_mean_of_pairs(table, tables, statistics, rng=rng, resamples=setting.resamples)
    estimates = {}
    for k, (row, statistic) in enumerate(zip(rows, statistics, strict=True)):
        estimate = _estimate(setting, row, setting.units[statistic.options].compared, replicates, k)
        if estimate.reason is Reason.NO_VARIATION and not tables.chosen(table.n_raters).any():
            estimate = replace(estimate, reason=Reason.TOO_LITTLE_OVERLAP)
        flags = _pair_flags(tables, statistic, table.n_raters) if estimate.value is not None else ()
        estimates[row.key] = replace(estimate, flags=estimate.flags + flags)
    return estimates


def _pair_flags(tables: PairTables, statistic: PairStatistic, n_raters: int) -> tuple[Flag, ...]:
    used = tables.tables[tables.chosen(n_raters)]
    left_out = bool(np.isnan(statistic(used)).any()) or len(used) < n_raters * (n_raters - 1) // 2
    n = used.sum(axis=(1, 2))
    same = np.maximum(used.sum(axis=2).max(axis=1), used.sum(axis=1).max(axis=1)) == n
    flags = [(Flag.CONSTANT_RATER, bool(np.any(same & (n > 1)))), (Flag.PAIRS_LEFT_OUT, left_out)]
    return tuple(flag for flag, raised in flags if raised)


def _estimate(setting: _Setting, row: Coefficient, compared: Compared, replicates: Replicates, which: int) -> Estimate:
    """One estimate, with the reason where it, or its interval, is undefined."""
    value = float(replicates.point[which])
    if np.isnan(value):
        return _undefined(row, Reason.NO_VARIATION if compared.n_units else Reason.NO_PAIRABLE_ITEMS, compared)
    found = spread(replicates, which, level=setting.level, n_groups=compared.n_groups, proportion=row.proportion)
    flags = [
        (Flag.NO_VARIATION, compared.one_option),
        (Flag.SMALL_SAMPLE, compared.n_groups < SMALL_SAMPLE),
        (Flag.CLUSTERED, setting.table.clusters is not None),
        (Flag.OUTSIDE_ORDER_LEFT_OUT, compared.n_left_out > 0),
        (Flag.UNDEFINED_RESAMPLES, found.undefined > 0),
    ]
    return Estimate(
        name=row.key,
        value=value,
        n_units=compared.n_units,
        n_ratings=compared.n_ratings,
        n_groups=compared.n_groups,
        interval=found.interval,
        standard_error=found.standard_error,
        interval_reason=found.reason,
        flags=tuple(flag for flag, raised in flags if raised),
        resamples=found.resamples,
        undefined_resamples=found.undefined,
    )


def _report(table: RatingTable, estimates: Mapping[str, Estimate], tally: Tally) -> AgreementReport:
    by_rater = {} if table.anonymous else dict(zip(table.rater_ids, tally.per_rater.tolist(), strict=True))
    flags = [
        (Flag.ANONYMOUS_RATERS, table.anonymous),
        (Flag.INVALID_VALUES, table.n_invalid > 0),
        (Flag.CLUSTERED, table.clusters is not None),
        (Flag.CONSTANT_RATER, tally.constant_rater),
        (Flag.HIGH_PERCENT_LOW_KAPPA, _is_paradox(estimates)),
    ]
    return AgreementReport(
        scale=table.scale,
        n_units=table.n_units,
        n_rated=tally.n_rated,
        n_pairable=tally.n_pairable,
        n_ratings=table.n_ratings,
        n_invalid=table.n_invalid,
        n_outside_order=tally.n_outside_order,
        n_clusters=tally.n_clusters,
        ratings_by_rater=by_rater,
        base_rates=tally.base_rates,
        estimates=estimates,
        flags=tuple(flag for flag, raised in flags if raised),
    )


def _is_paradox(estimates: Mapping[str, Estimate]) -> bool:
    """Whether raters agree often and yet hardly more than by chance (Feinstein and Cicchetti 1990)."""
    kappas = [estimates[key].value for key in ("cohen", "fleiss") if key in estimates]
    kappa = next((value for value in kappas if value is not None), None)
    percent = estimates["percent"].value if "percent" in estimates else None
    return percent is not None and kappa is not None and percent >= HIGH_PERCENT and kappa < LOW_KAPPA
