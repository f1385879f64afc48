"""Every number explains itself: what it is, what was left out and why, how its interval was made, where it is from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.stats.agreement import AgreementReport
from core.stats.estimates import Estimate, Flag, IntervalMethod, Reason
from core.stats.pairs import FEW_RATERS, MIN_OVERLAP
from core.workflow.agreement_definitions import definition_of
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_view import AgreementView

_LEFT_OUT = (
    Flag.PAIRS_LEFT_OUT, Flag.OUTSIDE_ORDER_LEFT_OUT, Flag.INCOMPLETE_UNITS_LEFT_OUT, Flag.TIES_LEFT_OUT,
    Flag.INVALID_VALUES,
)  # fmt: skip
_BOOTSTRAPPED = (IntervalMethod.BCA, IntervalMethod.PERCENTILE)


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that stands behind a number, in words.

    Attributes:
        title: Its name.
        definition: What it says.
        formula: In plain text.
        counted: How many units, ratings and clusters it rests on.
        left_out: What does not count in it, and why, with numbers.
        interval: How its interval was made, or why there is none.
        notes: What a reader must know besides.
        source: Where it was defined.
        reason: Why it has no value; "" where it has one.
    """

    title: str
    definition: str
    formula: str
    counted: str
    left_out: tuple[str, ...]
    interval: str
    notes: tuple[str, ...]
    source: str
    reason: str = ""


def explained(
    view: AgreementView,
    estimate: Estimate,
    *,
    measure: str = "",
    raters: Iterable[int] = (),
    left_out: Sequence[str] = (),
    title: str = "",
) -> Explanation:
    """Explain an estimate of a view.

    Args:
        view: The agreement it belongs to.
        estimate: The number.
        measure: Key in `core.workflow.agreement_definitions.DEFINITIONS`; default the estimate's own name.
        raters: Whose ratings it is about: their answers without a value are counted; empty for all chosen.
        left_out: What else was left out, in sentences, with numbers.
        title: Instead of the definition's.

    Raises:
        BadInput: There is no such measure.
    """
    known = definition_of(measure or estimate.name)
    wanted = set(raters)
    lines = [line for line in view.raters if not wanted or line.id in wanted]
    rules = [flag.sentence for flag in estimate.flags if flag in _LEFT_OUT]
    return Explanation(
        title=title or known.title,
        definition=known.definition,
        formula=known.formula,
        counted=counted(estimate),
        left_out=(*left_out, *rules, *without_value(lines)),
        interval=interval_made(estimate),
        notes=tuple(flag.sentence for flag in estimate.flags if flag not in (*_LEFT_OUT, Flag.UNDEFINED_RESAMPLES)),
        source=known.source,
        reason="" if estimate.reason is None else estimate.reason.sentence,
    )


def counted(estimate: Estimate) -> str:
    """What an estimate rests on: "184 units, 552 ratings, in 60 clusters"."""
    parts = [f"{_many(estimate.n_units, 'unit')}, {_many(estimate.n_ratings, 'rating')}"]
    if estimate.n_groups not in (0, estimate.n_units):
        parts.append(f"in {_many(estimate.n_groups, 'cluster')}")
    return ", ".join(parts)


def interval_made(estimate: Estimate) -> str:
    """How the interval was made, with its resamples; or why there is none."""
    interval, dropped = estimate.interval, estimate.undefined_resamples
    if estimate.value is None:
        return ""
    if interval is None:
        reason = estimate.interval_reason or Reason.NOT_RESAMPLED
        tried = f" {dropped:,} of {estimate.resamples:,} had no value." if dropped else ""
        return f"No interval. {reason.sentence}{tried}"
    said = f"{interval.level:.0%}".replace("%", " %") + f" interval. {interval.method.sentence}"
    if interval.method in _BOOTSTRAPPED:
        said += f" {_many(estimate.resamples, 'resample')}"
        said += f", of which {dropped:,} had no value and were dropped." if dropped else ", each with a value."
    return said


def without_value(lines: Iterable[RaterLine]) -> tuple[str, ...]:
    """How many answers of these raters have no value, and why."""
    absent: dict[str, int] = {}
    invalid = unstable = 0
    for line in lines:
        for name, n in line.absences.items():
            absent[name] = absent.get(name, 0) + n
        invalid += line.n_invalid
        unstable += line.n_unstable
    said = []
    if absent:
        parts = ", ".join(f"{n:,} {name}" for name, n in absent.items())
        said.append(f"{_many(sum(absent.values()), 'answer')} without a value: {parts}.")
    if invalid:
        said.append(f"{_many(invalid, 'value')} not on the scale, counted as missing.")
    if unstable:
        said.append(f"{_many(unstable, 'answer')} that turned with the order shown count as a tie.")
    return tuple(said)


def report_left_out(report: AgreementReport, estimate: Estimate | None = None) -> tuple[str, ...]:
    """Units of a report that no pair of ratings stands for, and ratings outside the order where these do not count.

    Args:
        report: The report.
        estimate: One of its numbers; default its alpha.
    """
    flags, said = (report.alpha if estimate is None else estimate).flags, []
    single = report.n_rated - report.n_pairable
    if single:
        said.append(f"{_many(single, 'unit')} with a single rating: nothing to compare there.")
    if report.n_outside_order and Flag.OUTSIDE_ORDER_LEFT_OUT in flags:
        said.append(f"{_many(report.n_outside_order, 'rating')} outside the order of the options.")
    return tuple(said)


def pairs_left_out(view: AgreementView, first: Sequence[int], second: Sequence[int] = ()) -> tuple[str, ...]:
    """Pairs of raters that a mean of pairs leaves out, with counts.

    Args:
        view: The agreement.
        first: Rater ids.
        second: The others, none of the first; default all pairs among the first.
    """
    pairs = view.pairs
    place = {int(found): row for row, found in enumerate(pairs.rater_ids)}
    rows = [place[one] for one in first if one in place]
    columns = [place[one] for one in second if one in place] or rows
    block = np.ix_(rows, columns)
    counted_once = np.triu(np.ones((len(rows), len(columns)), np.bool_), k=1) if columns is rows else ...
    n, kappa = pairs.n[block][counted_once].ravel(), pairs.kappa[block][counted_once].ravel()
    least = 1 if len({*rows, *columns}) <= FEW_RATERS else MIN_OVERLAP
    few, same = int(np.sum(n < least)), int(np.sum((n >= least) & np.isnan(kappa)))
    total = _many(len(n), "pair")
    said = []
    if few:
        why = "that share no unit" if least == 1 else f"that share fewer than {least} units"
        said.append(f"{few:,} of {total} of raters {why}.")
    if same:
        said.append(f"{same:,} of {total} of raters that gave a single answer throughout.")
    return tuple(said)


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
