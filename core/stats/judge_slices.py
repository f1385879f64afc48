"""A judge slice by slice, beside what people reach on the same units, and whether a slice differs from the rest.

Two ways of holding a judge against people: both face the same leave-one-out majorities (`core.stats.ceiling`), or the
judge stands in each person's place (`core.stats.replacement`), which needs no majority and so works for numbers too.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.stats.ceiling import Faced
from core.stats.estimates import Estimate, Flag, Reason
from core.stats.estimating import Basis, estimated, undefined_estimate
from core.stats.judged_units import JudgedUnits
from core.stats.multiplicity import adjusted
from core.stats.ratings import RaterId, RatingTable
from core.stats.replacement import in_each_place
from core.stats.resampling import Replicates
from core.stats.slices import leaves_out_zero, p_value, small_slice, smaller_side, weighted
from core.stats.slicing import SliceBases, SliceReplicates, Slicing, replicate_slices
from core.stats.together import side_by_side
from core.stats.weights import Spacing

MajorityMeasure = Literal["percent", "kappa"]


@dataclass(frozen=True, slots=True)
class JudgeEstimates:
    """A judge and people on the same units.

    Attributes:
        people: What people reach.
        judge: What the judge reaches.
        gap: Judge minus people, on the same resamples.
    """

    people: Estimate
    judge: Estimate
    gap: Estimate


@dataclass(frozen=True, slots=True)
class JudgeSlice:
    """One slice.

    Attributes:
        name: The slice.
        here: Judge and people on its units; flagged `small_slice` below 20 units (clusters).
        difference: The judge in the slice minus the judge in the rest.
        p_value: Of no difference; None where the slice or the rest is too small, or an error does not exist.
        adjusted_p: The same, adjusted for the number of slices.
        differs: Whether the judge differs here from the rest at the stated false discovery rate, and the interval of
            the difference leaves out 0.
        gap_p: Of the judge and people reaching the same here.
        adjusted_gap_p: The same, adjusted for the number of slices.
        apart: Whether judge and people differ here, by the same rule.
    """

    name: str
    here: JudgeEstimates
    difference: Estimate
    p_value: float | None
    adjusted_p: float | None
    differs: bool
    gap_p: float | None
    adjusted_gap_p: float | None
    apart: bool

    @property
    def too_small(self) -> bool:
        """Whether the slice is to be shown in grey."""
        return Flag.SMALL_SLICE in self.here.judge.flags


@dataclass(frozen=True, slots=True)
class JudgeSlices:
    """A judge slice by slice.

    Attributes:
        judge_id: The judge.
        key: "percent" or "kappa" with the majority, or the coefficient in a person's place.
        whole: On all units.
        slices: One a slice.
        n_without: Units of the judge in no slice; they belong to the rest of every slice.
        q: False discovery rate.
    """

    judge_id: RaterId
    key: str
    whole: JudgeEstimates
    slices: tuple[JudgeSlice, ...]
    n_without: int
    q: float


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all estimates share.

    Attributes:
        places: Where people, judge and gap stand among the statistics, and how many these are.
    """

    key: str
    places: tuple[int, int, int]
    width: int
    proportion: bool
    undefined: Reason
    level: float
    flags: tuple[Flag, ...] = ()


def judge_with_majorities(  # noqa: PLR0913 - whom, with whom, where, and how
    table: RatingTable, names: Sequence[Hashable | None] | Slicing, judge: RaterId, people: Sequence[RaterId], *,
    seed: int, measure: MajorityMeasure = "kappa", coefficient: str = "cohen", level: float = 0.95,
    resamples: int = 1000, q: float = 0.05,
) -> JudgeSlices:  # fmt: skip
    """How a judge and people agree with the same leave-one-out majorities, slice by slice.

    Args:
        table: Ratings by named raters on a scale of options.
        names: Slice of each unit; None or "" for a unit in no slice.
        judge: The judge.
        people: The people; two or more.
        seed: Seed of the bootstrap.
        measure: Share of answers that are the majority's, or Cohen's kappa with it.
        coefficient: Which kappa, as in `human_ceiling`.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
        q: False discovery rate.

    Raises:
        BadInput: `names` has not one entry a unit, nobody has one of the names, or the judge is one of the people.
    """
    slicing = (names if isinstance(names, Slicing) else Slicing.of(names)).checked(table.n_units)
    rated = _rated_by(table, judge)
    mine = slicing.of_units(rated)
    if table.scale.is_numeric:
        return _nothing(judge, measure, mine, Reason.NEEDS_OPTIONS, q)
    units = JudgedUnits.of(table, judge, people)
    faced = Faced.of(units, coefficient)
    clusters = units.table.clusters
    compared = faced.compared[units.of_unit]
    if not compared.any():
        alone = bool(np.all(units.people.sum(axis=1) < 2))
        return _nothing(judge, measure, mine, Reason.NO_PAIRABLE_ITEMS if alone else Reason.NO_REFERENCE, q)
    found = replicate_slices(
        faced.rows, units.of_unit, faced.compared, mine, clusters, faced.statistics,
        rng=np.random.default_rng(seed), resamples=resamples,
    )  # fmt: skip
    bases = mine.bases(compared, (faced.n_references + 1)[units.of_unit], clusters)
    percent = measure == "percent"
    flags = ((Flag.TIES_LEFT_OUT,) if faced.n_tied else ()) + (() if percent else faced.kappa_flags)
    places = (0, 1, 2) if percent else (3, 4, 5)
    why = Reason.NO_REFERENCE if percent else Reason.NO_VARIATION
    setting = _Setting(measure, places, 6, proportion=percent, undefined=why, level=level, flags=flags)
    return _slices(judge, setting, mine, found, bases, q)


def judge_in_a_place(  # noqa: PLR0913 - whom, with whom, where, and how
    table: RatingTable, names: Sequence[Hashable | None] | Slicing, judge: RaterId, people: Sequence[RaterId],
    key: str, *, seed: int, level: float = 0.95, resamples: int = 1000, q: float = 0.05, spacing: Spacing = "values",
) -> JudgeSlices:  # fmt: skip
    """Agreement of people, and with the judge in each person's place on average, slice by slice.

    Args:
        table: Ratings by named raters.
        names: Slice of each unit; None or "" for a unit in no slice.
        judge: The judge.
        people: The group; two or more.
        key: Key of the coefficient ("alpha_nominal"); not one of pairs of raters (Cohen's kappas).
        seed: Seed of the bootstrap.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
        q: False discovery rate.
        spacing: What weights are measured on.

    Raises:
        BadInput: As `judge_with_majorities`, or these are fewer than two people.
    """
    slicing = (names if isinstance(names, Slicing) else Slicing.of(names)).checked(table.n_units)
    mine = slicing.of_units(_rated_by(table, judge))
    tables = in_each_place(table, judge, people)
    joint = side_by_side(tables, key, spacing=spacing)
    if isinstance(joint, Reason):
        return _nothing(judge, key, mine, joint, q)
    k = len(people)
    weights = np.vstack([np.eye(k + 1)[0], np.r_[0.0, np.full(k, 1 / k)], np.r_[-1.0, np.full(k, 1 / k)]])
    found = replicate_slices(
        joint.rows, joint.of_unit, joint.rated, mine, tables[0].clusters,
        lambda summed: weights @ joint.statistics(summed), rng=np.random.default_rng(seed), resamples=resamples,
    )  # fmt: skip
    bases = mine.bases(joint.compared[0], tables[0].ratings_per_unit(), tables[0].clusters)
    setting = _Setting(key, (0, 1, 2), 3, proportion=False, undefined=Reason.NO_VARIATION, level=level)
    return _slices(judge, setting, mine, found, bases, q)


def _rated_by(table: RatingTable, judge: RaterId) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    rated = np.zeros(table.n_units, dtype=np.bool_)
    rated[table.units[table.known_raters() == table.rater_index(judge)]] = True
    return rated


def _slices(
    judge: RaterId, setting: _Setting, slicing: Slicing, found: SliceReplicates, bases: SliceBases, q: float
) -> JudgeSlices:
    slices = [
        _slice(name, setting, replicates, here, rest)
        for name, replicates, here, rest in zip(slicing.names, found.slices, bases.inside, bases.rest, strict=True)
    ]
    rest_p = adjusted([np.nan if each.p_value is None else each.p_value for each in slices], q=q)
    gap_p = adjusted([np.nan if each.gap_p is None else each.gap_p for each in slices], q=q)
    slices = [
        replace(
            each,
            adjusted_p=None if each.p_value is None else float(rest_p.p[k]),
            differs=bool(rest_p.rejected[k]) and leaves_out_zero(each.difference),
            adjusted_gap_p=None if each.gap_p is None else float(gap_p.p[k]),
            apart=bool(gap_p.rejected[k]) and leaves_out_zero(each.here.gap),
        )
        for k, each in enumerate(slices)
    ]
    whole = _estimates(setting, found.whole, bases.whole, ())
    return JudgeSlices(judge, setting.key, whole, tuple(slices), int(np.sum(slicing.codes < 0)), q)


def _slice(name: str, setting: _Setting, replicates: Replicates, here: Basis, rest: Basis) -> JudgeSlice:
    flags = small_slice(here)
    estimates = _estimates(setting, replicates, here, flags)
    row = np.zeros(2 * setting.width)
    row[[setting.places[1], setting.width + setting.places[1]]] = 1.0, -1.0
    difference = estimated(
        f"{setting.key}_difference", weighted(replicates, row.tolist()), 0, smaller_side(here, rest),
        level=setting.level, undefined=setting.undefined if rest.n_units else Reason.NO_PAIRABLE_ITEMS, flags=flags,
    )  # fmt: skip
    return JudgeSlice(
        name, estimates, difference, p_value(difference), None, differs=False,
        gap_p=p_value(estimates.gap), adjusted_gap_p=None, apart=False,
    )  # fmt: skip


def _estimates(setting: _Setting, replicates: Replicates, basis: Basis, flags: tuple[Flag, ...]) -> JudgeEstimates:
    def estimate(name: str, which: int, *, proportion: bool) -> Estimate:
        return estimated(
            name, replicates, which, basis, level=setting.level, undefined=setting.undefined, proportion=proportion,
            flags=setting.flags + flags,
        )  # fmt: skip

    people, judge, gap = setting.places
    return JudgeEstimates(
        estimate(f"people_{setting.key}", people, proportion=setting.proportion),
        estimate(f"judge_{setting.key}", judge, proportion=setting.proportion),
        estimate(f"gap_{setting.key}", gap, proportion=False),
    )


def _nothing(judge: RaterId, key: str, slicing: Slicing, reason: Reason, q: float) -> JudgeSlices:
    none = undefined_estimate(key, reason)
    both = JudgeEstimates(none, none, none)
    slices = tuple(
        JudgeSlice(name, both, none, None, None, differs=False, gap_p=None, adjusted_gap_p=None, apart=False)
        for name in slicing.names
    )
    return JudgeSlices(judge, key, both, slices, int(np.sum(slicing.codes < 0)), q)
