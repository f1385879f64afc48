"""What stands in the tables of numbers: one number a row, with everything that must stand beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from core.errors import BadInput, shortened
from core.exporting.formats.face import Cell
from core.stats.estimates import Estimate
from core.stats.pairs import pair_tables
from core.workflow.agreement_criteria import criteria
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_pairs import pair_measures, pair_raters, pairs_by
from core.workflow.agreement_raters import RaterRow, raters_found
from core.workflow.agreement_slices import sliced
from core.workflow.agreement_view import AgreementView
from core.workflow.workspace import Visitor, Workspace

ESTIMATE = (
    "value", "low", "high", "level", "method", "n_units", "n_ratings", "n_clusters", "resamples", "undefined_resamples",
    "reason", "interval_reason", "flags",
)  # fmt: skip
MANY_RATINGS = 300_000
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What the tables are made of.

    Attributes:
        workspace: The outside world.
        visitor: Who takes the table.
        study: Name of the study.
        live: The study, followed.
        view: The agreement.
        also: What else the address says: `by`, `beside`, `measure` of slices; `measure` of pairs; `reference` of votes.
    """

    workspace: Workspace
    visitor: Visitor
    study: str
    live: LiveAgreement
    view: AgreementView
    also: Mapping[str, str] = field(default_factory=dict)


def estimate_cells(estimate: Estimate) -> Row:
    """An estimate in the columns `ESTIMATE`."""
    interval = estimate.interval
    return (
        estimate.value,
        interval.low if interval else None,
        interval.high if interval else None,
        interval.level if interval else None,
        interval.method.value if interval else None,
        estimate.n_units,
        estimate.n_ratings,
        estimate.n_groups or None,
        estimate.resamples,
        estimate.undefined_resamples,
        estimate.reason.value if estimate.reason else None,
        estimate.interval_reason.value if estimate.interval_reason and estimate.value is not None else None,
        " ".join(flag.value for flag in estimate.flags),
    )


def coefficient_rows(source: Source) -> Iterator[Row]:
    """Every coefficient, among people and among everybody chosen."""
    for whose, report in (("people", source.view.people), ("everyone", source.view.everyone)):
        for key, estimate in report.estimates.items():
            yield (key, whose, *estimate_cells(estimate))


def pair_rows(source: Source) -> Iterator[Row]:
    """Every pair of raters by every coefficient; of a large table only by the first of them, and the one asked for."""
    view, measures = source.view, pair_measures(source.view)
    if view.table.n_ratings > MANY_RATINGS:
        measures = tuple(key for key in measures if key in (measures[0], source.also.get("measure")))
    lines = pair_raters(view)
    for measure in measures:
        pairs = pairs_by(source.live, view, measure)
        for i, j in combinations(range(len(lines)), 2):
            reason = pairs.reason_at(i, j)
            value = None if reason else float(pairs.values[i, j])
            yield (
                measure,
                lines[i].name,
                lines[j].name,
                value,
                int(pairs.used[i, j]),
                reason.value if reason else None,
            )


def answer_rows(source: Source) -> Iterator[Row]:
    """How often every rater gave every answer, or none."""
    for line in source.view.raters:
        counts = [("ratings", "", line.n), *(("answer", key, n) for key, n in line.counts.items())]
        counts += [("no answer", why, n) for why, n in line.absences.items()]
        counts += [("off the scale", "", line.n_invalid), ("turned by the order shown", "", line.n_unstable)]
        for measure, answer, n in counts:
            yield (measure, answer, line.name, line.kind, n)


def confusion_rows(source: Source) -> Iterator[Row]:
    """How every pair of raters answered the units both rated, every cell."""
    view = source.view
    if view.question.scale.is_numeric or len(view.table.rater_ids) < 2:
        return
    names = {line.id: line.name for line in view.raters}
    raters = [names[int(found)] for found in view.table.rater_ids]
    keys = view.question.scale.keys
    found = pair_tables(view.table)
    for (i, j), counts in zip(found.pairs.tolist(), found.tables.astype(np.int64).tolist(), strict=True):
        for first, row in zip(keys, counts, strict=True):
            for second, n in zip(keys, row, strict=True):
                yield raters[i], raters[j], first, second, n


def criterion_rows(source: Source) -> Iterator[Row]:
    """Every question of the study, its lineage and meaning first: alpha among people, and judges beside them."""
    judge = source.also.get("beside", "")
    wanted = int(judge) if judge.isascii() and judge.isdigit() and len(judge) < 19 else None
    for row in criteria(source.live, source.view.asked, judge=wanted).rows:
        question = (row.question.lineage, row.question.meaning)
        yield (*question, row.measure, "people", "", *estimate_cells(row.alpha))
        for one in row.judges:
            known = (("judge", one.judge), ("people on the judge's units", one.people), ("judge minus people", one.gap))
            for whose, estimate in known:
                yield (*question, one.measure, whose, one.name, *estimate_cells(estimate))


def rater_rows(source: Source) -> Iterator[Row]:
    """The rater table: agreement with the others, what leaving one out does, speed, change over time, repeats."""
    page, pages = 1, 1
    while page <= pages:
        found = raters_found(source.live, source.view, page=page)
        for row in found.rows:
            yield from _of_rater(row, found.alpha)
        page, pages = page + 1, found.n_pages


def _of_rater(row: RaterRow, alpha: str) -> Iterator[Row]:
    agreement, change = row.agreement, row.drift
    known: list[tuple[str, Estimate, float | None]] = [
        ("percent", agreement.percent, None),
        (agreement.coefficient, agreement.kappa, None),
        ("leniency", agreement.leniency, None),
        ("agreement_change", change.agreement_change, change.agreement_p),
        ("leniency_change", change.leniency_change, change.leniency_p),
    ]
    if row.without is not None:
        known += [(f"people_{alpha}_without", row.without.estimate, None)]
        known += [(f"people_{alpha}_without_minus_with", row.without.difference, None)]
    if row.repeats is not None:
        again = row.repeats
        known += [("repeats_percent", again.percent, None), ("repeats_fleiss", again.kappa, None)]
        known += [(f"repeats_{alpha}", again.alpha, None)]
    for measure, estimate, p in known:
        yield (measure, row.line.name, row.line.kind, row.others, *estimate_cells(estimate), p)
    if row.speed is not None:
        seconds = Estimate("median_seconds", row.speed.median_seconds, row.speed.n, row.speed.n)
        yield ("median_seconds", row.line.name, row.line.kind, "", *estimate_cells(seconds), None)


def slice_rows(source: Source) -> Iterator[Row]:
    """Agreement slice by slice, and of all units: the slices asked for (`by`), or every way to part the units."""
    wanted, judge = source.also.get("by", ""), source.also.get("beside", "")
    if judge and not (judge.isascii() and judge.isdigit() and int(judge) in {one.id for one in source.view.raters}):
        raise BadInput(where="beside", found=shortened(judge), expected="the number of a chosen judge, or nothing")
    keys = [wanted] if wanted else [one.key for one in source.live.slice_keys(source.view)]
    for key in keys:
        measure = source.also.get("measure", "")
        found = sliced(source.live, source.view, key, measure=measure, judge=int(judge) if judge else None)
        for row in (found.whole, *found.rows):
            place = (found.key, row.name or "all units", found.measure.key)
            beside = found.judge.name if found.judge else ""
            for whose, estimate, p, adjusted in (
                (found.group, row.people, None, None),
                (beside, row.judge, None, None),
                (f"{beside} minus {found.group.lower()}", row.gap, row.gap_p, row.adjusted_gap_p),
                ("the slice minus the rest", row.difference, row.p_value, row.adjusted_p),
            ):
                if estimate is not None:
                    yield (*place, whose, *estimate_cells(estimate), p, adjusted)
