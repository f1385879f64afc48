"""Agreement slice by slice: people among themselves, or one judge beside people on the same units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.stats.applying import reason_against
from core.stats.coefficients import COEFFICIENTS, alpha_key
from core.stats.estimates import Estimate, Flag
from core.stats.judge_slices import JudgeEstimates, JudgeSlice, JudgeSlices, judge_in_a_place, judge_with_majorities
from core.stats.ratings import RatingTable
from core.stats.resampling import MIN_GROUPS
from core.stats.slices import SliceEstimate, Slices, by_slice
from core.stats.slicing import Slicing
from core.stats.together import replicable
from core.workflow.agreement_behind import Behind
from core.workflow.agreement_definitions import definition_of, majority_key
from core.workflow.agreement_judged import named_people, replaceable, resamples_of
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_narrowing import UnitSlices
from core.workflow.agreement_view import AgreementView

SortedBy = Literal["value", "name", "units"]
SORTED_BY: dict[SortedBy, str] = {"value": "Lowest first", "name": "Name", "units": "Most units"}
"""The orders that rows can be in, in words."""

IN_PLACE = "_in_place"
"""The end of the key of a coefficient with the judge in a person's place."""


@dataclass(frozen=True, slots=True)
class SliceMeasure:
    """What can be measured in every slice.

    Attributes:
        key: Key in `core.workflow.agreement_definitions.DEFINITIONS`.
        title: As people read it.
        percent: Whether it is written in percent.
    """

    key: str
    title: str
    percent: bool


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One slice, or all units.

    Attributes:
        name: The slice; "" for all units.
        n_units: Units in it, compared or not.
        people: What people reach.
        judge, gap: What the judge reaches, and that minus the people's; None where there is no judge.
        difference: The slice minus the rest, of the judge where there is one; None for all units.
        p_value, adjusted_p: Of no difference from the rest, as it is and adjusted for the number of slices.
        differs: Whether it differs from the rest at the false discovery rate.
        gap_p, adjusted_gap_p, apart: The same of judge and people within the slice.
        too_small: Whether it is to be shown in grey.
    """

    name: str
    n_units: int
    people: Estimate
    judge: Estimate | None = None
    gap: Estimate | None = None
    difference: Estimate | None = None
    p_value: float | None = None
    adjusted_p: float | None = None
    differs: bool = False
    gap_p: float | None = None
    adjusted_gap_p: float | None = None
    apart: bool = False
    too_small: bool = False

    @property
    def shown(self) -> Estimate:
        """The number that rows are ordered by: the judge's where there is one."""
        return self.people if self.judge is None else self.judge


@dataclass(frozen=True, slots=True)
class SlicedAgreement:
    """Agreement slice by slice.

    Attributes:
        key, title: The slices.
        measure: What is measured.
        group: Who is compared with each other: "People", or "Raters" where no person has rated.
        judge: The judge; None for the group among themselves.
        whole: All units, those in no slice included.
        rows: The slices.
        n_without: Units in no slice.
        q: False discovery rate.
    """

    key: str
    title: str
    measure: SliceMeasure
    group: str
    judge: RaterLine | None
    whole: SliceRow
    rows: tuple[SliceRow, ...]
    n_without: int
    q: float

    def behind(self, row: SliceRow) -> Behind:
        """The units of a row: where the judge differs from people first, else where raters split."""
        place = (self.key, row.name) if row.name else None
        return Behind(slice=place) if self.judge is None else Behind(first=self.judge.id, majority=True, slice=place)


def judges_with_people(view: AgreementView) -> tuple[RaterLine, ...]:
    """The judges that can be held against people: there are two or more of these, by name."""
    if len(named_people(view)) < 2:
        return ()
    return tuple(line for line in view.raters if line.is_judge and line.n)


def slice_measures(view: AgreementView, judge: int | None = None) -> tuple[SliceMeasure, ...]:
    """What can be measured slice by slice; the first is the default.

    Args:
        view: The agreement.
        judge: The judge; None for people among themselves.
    """
    scale = view.question.scale
    alpha = alpha_key(scale.alpha_level)
    if judge is None:
        table = _group_table(view)[1]
        keys = [alpha, *(key for key in COEFFICIENTS if key != alpha)]
        known = [key for key in keys if replicable(key, scale) and reason_against(COEFFICIENTS[key], table) is None]
        return tuple(_of_coefficient(key) for key in known or [alpha])
    in_place = SliceMeasure(
        alpha + IN_PLACE, f"{COEFFICIENTS[alpha].title}, the judge in a person's place", percent=False
    )
    if scale.is_numeric:
        return (in_place,)
    return (
        *(
            SliceMeasure(key, definition_of(key).title, percent=definition_of(key).proportion)
            for key in (majority_key(view.coefficient), "majority_percent")
        ),
        in_place,
    )


def _of_coefficient(key: str) -> SliceMeasure:
    row = COEFFICIENTS[key]
    return SliceMeasure(key, row.title, row.proportion)


def sliced(
    live: LiveAgreement, view: AgreementView, key: str, *, measure: str = "", judge: int | None = None
) -> SlicedAgreement:
    """Agreement slice by slice, computed once.

    Args:
        live: The study.
        view: The agreement.
        key: Key of the slices.
        measure: Key of one of `slice_measures`; "" (or one that cannot be had) for the first of them.
        judge: One of `judges_with_people`; None for people among themselves.

    Raises:
        NotFound: No slices have this key.
    """
    slices = live.slice_of(view, key)
    known = slice_measures(view, judge)
    wanted = next((one for one in known if one.key == measure), known[0])
    name = ("sliced", key, wanted.key, judge)
    return live.remembered(view, name, lambda: _computed(view, slices, wanted, judge))


def _computed(view: AgreementView, slices: UnitSlices, measure: SliceMeasure, judge: int | None) -> SlicedAgreement:
    slicing = Slicing(slices.names, slices.codes.astype(np.int64))
    sizes = np.bincount(slicing.codes + 1, minlength=len(slicing.names) + 1).tolist()
    group, line, q = "People", None, 0.0
    if judge is None:
        group, table = _group_table(view)
        found = by_slice(table, slicing, measure.key, seed=view.seed, resamples=resamples_of(view))
        (whole, rows), q = _people_rows(found, sizes), found.q
    else:
        beside = _judge_slices(view, slicing, measure, judge)
        (whole, rows), line, q = _judge_rows(beside, sizes), view.rater(judge), beside.q
    return SlicedAgreement(slices.key, slices.title, measure, group, line, whole, rows, sizes[0], q)


def _group_table(view: AgreementView) -> tuple[str, RatingTable]:
    """Who is compared with each other, and their ratings; anonymous as soon as one of them is a seat."""
    people = [line for line in view.raters if line.is_person and line.n]
    lines = people or [line for line in view.raters if line.n]
    named = all(line.kind != "seat" for line in lines)
    return "People" if people else "Raters", view.cells.table([line.id for line in lines], named=named)


def _judge_slices(view: AgreementView, slicing: Slicing, measure: SliceMeasure, judge: int) -> JudgeSlices:
    seed, resamples = view.seed, resamples_of(view)
    if measure.key.endswith(IN_PLACE):
        key, people = measure.key.removesuffix(IN_PLACE), replaceable(view, judge)
        if len(people) < 2:
            people = tuple(line.id for line in named_people(view))[:2]
        return judge_in_a_place(view.table, slicing, judge, people, key, seed=seed, resamples=resamples)
    everybody = [line.id for line in named_people(view)]
    return judge_with_majorities(
        view.table, slicing, judge, everybody, seed=seed, resamples=resamples, coefficient=view.coefficient,
        measure="percent" if measure.percent else "kappa",
    )  # fmt: skip


def _people_rows(found: Slices, sizes: Sequence[int]) -> tuple[SliceRow, tuple[SliceRow, ...]]:
    def row(each: SliceEstimate, n_units: int) -> SliceRow:
        return SliceRow(
            each.name, n_units, each.estimate, difference=each.difference, p_value=each.p_value,
            adjusted_p=each.adjusted_p, differs=each.differs, too_small=_thin(each.estimate),
        )  # fmt: skip

    rows = tuple(row(each, n) for each, n in zip(found.slices, sizes[1:], strict=True))
    return SliceRow("", sum(sizes), found.whole), rows


def _judge_rows(found: JudgeSlices, sizes: Sequence[int]) -> tuple[SliceRow, tuple[SliceRow, ...]]:
    def row(each: JudgeSlice, n_units: int) -> SliceRow:
        return SliceRow(
            each.name, n_units, each.here.people, each.here.judge, each.here.gap, each.difference,
            p_value=each.p_value, adjusted_p=each.adjusted_p, differs=each.differs,
            gap_p=each.gap_p, adjusted_gap_p=each.adjusted_gap_p, apart=each.apart, too_small=_thin(each.here.judge),
        )  # fmt: skip

    whole: JudgeEstimates = found.whole
    rows = tuple(row(each, n) for each, n in zip(found.slices, sizes[1:], strict=True))
    return SliceRow("", sum(sizes), whole.people, whole.judge, whole.gap), rows


def _thin(estimate: Estimate) -> bool:
    """Whether too few units (clusters) are compared to say anything."""
    return Flag.SMALL_SLICE in estimate.flags or estimate.n_groups < MIN_GROUPS


def in_order(found: SlicedAgreement, by: SortedBy) -> tuple[SliceRow, ...]:
    """The slices in an order; in that by value what has none comes last."""
    if by == "name":
        return tuple(sorted(found.rows, key=lambda row: row.name.casefold()))
    if by == "units":
        return tuple(sorted(found.rows, key=lambda row: (-row.shown.n_units, row.name.casefold())))
    return tuple(sorted(found.rows, key=_by_value))


def _by_value(row: SliceRow) -> tuple[bool, bool, float, str]:
    value = row.shown.value
    return row.too_small, value is None, value or 0.0, row.name.casefold()
