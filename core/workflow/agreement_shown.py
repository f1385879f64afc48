"""Which coefficients are shown for a scale, in which order, and a view as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.charts.writing import NONE, decimal
from core.stats.agreement import AgreementReport
from core.stats.coefficients import COEFFICIENTS, Coefficient, alpha_key
from core.stats.estimates import Estimate, Reason
from core.workflow.agreement_judged import Cell
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_scorecard import Commonest, Row, Scorecard
from core.workflow.agreement_view import AgreementView
from core.workflow.agreement_words import headline, plain_text

_NEVER_HERE = (
    Reason.NEEDS_OPTIONS, Reason.NEEDS_ORDER, Reason.NEEDS_NUMBERS, Reason.NEEDS_TWO_RATERS, Reason.NEGATIVE_VALUES,
)  # fmt: skip
_MAIN = ("percent", "cohen", "fleiss", "ac1")
_WEIGHTED = ("percent_linear", "cohen_quadratic", "ac2_quadratic")


@dataclass(frozen=True, slots=True)
class Measured:
    """A coefficient among people and among everybody chosen."""

    coefficient: Coefficient
    people: Estimate
    everyone: Estimate


def measures(view: AgreementView, *, every: bool = False) -> tuple[Measured, ...]:
    """The coefficients to show: the main ones, those with credit for close answers on an ordered scale, alpha.

    Args:
        view: The agreement.
        every: All that the scale allows.
    """
    keys = [key for key in COEFFICIENTS if not _never(view.everyone[key])] if every else list(_main_keys(view))
    return tuple(Measured(COEFFICIENTS[key], view.people[key], view.everyone[key]) for key in keys)


def _main_keys(view: AgreementView) -> tuple[str, ...]:
    scale = view.question.scale
    alpha = alpha_key(scale.alpha_level)
    if scale.is_numeric:
        return ("percent", alpha)
    weighted = [key for key in _WEIGHTED if not _never(view.everyone[key])] if view.everyone.n_ratings else []
    return (*_MAIN, *weighted, alpha)


def _never(estimate: Estimate) -> bool:
    """Whether this scale cannot have the coefficient, whatever is rated."""
    return estimate.reason in _NEVER_HERE


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """An estimate as words.

    Attributes:
        note: Keys of what a reader must know: why there is no value, no interval, or what limits it.
        notes: Key -> its sentence.
    """

    value: str
    interval: str
    n: str
    note: str
    notes: Mapping[str, str]


def estimate_row(estimate: Estimate, *, places: int = 3) -> EstimateRow:
    """An estimate as a row of a table in a terminal."""
    known = [estimate.reason, None if estimate.reason else estimate.interval_reason, *estimate.flags]
    found = [one for one in known if one is not None]
    value = NONE if estimate.value is None else decimal(estimate.value, places)
    interval = estimate.interval
    ends = NONE if interval is None else f"{decimal(interval.low, places)} to {decimal(interval.high, places)}"
    return EstimateRow(
        value, ends, _n(estimate), ", ".join(one.value for one in found),
        {one.value: one.sentence for one in found},
    )  # fmt: skip


def _n(estimate: Estimate) -> str:
    groups = estimate.n_groups
    return f"{estimate.n_units:,}" + (f" in {groups:,}" if groups not in (0, estimate.n_units) else "")


def kappa_title(coefficient: str) -> str:
    """A coefficient's name for people."""
    return COEFFICIENTS[coefficient].title


def number_or_reason(value: float, reason: Reason | None, *, places: int) -> str:
    """A number; its reason, or a dash, where it is undefined."""
    if np.isnan(value):
        return reason.value if reason else NONE
    return decimal(value, places)


def as_data(view: AgreementView, card: Scorecard) -> dict[str, Any]:
    """Everything a view and its scorecard say, as JSON-ready data; what is undefined is null beside its reason."""
    question = view.question
    return {
        "study": view.study_id,
        "criterion": {
            "key": question.key,
            "lineage": question.lineage,
            "meaning": question.meaning,
            "name": question.name,
            "question": question.text,
            "scale": question.scale.to_json(),
        },
        "phase": view.phase,
        "sentence": plain_text(headline(view, card)),
        "n_units": view.n_units,
        "raters": [_rater(line) for line in view.raters],
        "not_chosen": [line.name for line in view.others],
        "majority": {
            "counts": dict(view.majority.counts),
            "tied": view.majority.n_tied,
            "rated_once": view.majority.n_single,
        },
        "scorecard": _scorecard(card),
        "people": _report(view.people),
        "everyone": _report(view.everyone),
        "judges": [
            {
                "rater": view.rater(int(judge.rater_id)).name,
                "coefficient": judge.coefficient,
                "percent": estimate_data(judge.percent),
                "kappa": estimate_data(judge.kappa),
                "people_percent": estimate_data(judge.ceiling_percent),
                "people_kappa": estimate_data(judge.ceiling),
                "difference": estimate_data(judge.difference),
            }
            for judge in view.judges
        ],
        "pairs": _pairs(view),
    }


def _scorecard(card: Scorecard) -> dict[str, Any]:
    names = [judge.name for judge in card.judges]
    return {
        "among": card.among,
        "commonest_answer": _commonest(card.commonest),
        "judges": [
            {
                "rater": judge.name,
                "n_units": judge.n_units,
                "n_rated_by_people": judge.n_shared,
                "commonest_answer": _commonest(judge.commonest),
            }
            for judge in card.judges
        ],
        "judges_left_out": card.n_more,
        "measures": [_measure(row, names) for row in card.rows],
    }


def _commonest(found: Commonest | None) -> dict[str, Any] | None:
    return None if found is None else {"label": found.label, "share": found.share}


def _measure(row: Row, names: Sequence[str]) -> dict[str, Any]:
    return {
        "key": row.key,
        "title": row.title,
        "note": row.note,
        "measure": row.measure,
        "people": _or_null(row.people),
        "left_out": list(row.left_out),
        "judges": [{"rater": name} | _cell(cell) for name, cell in zip(names, row.cells, strict=True)],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "measure": cell.measure,
        "judge": estimate_data(cell.judge),
        "people_on_the_same_units": _or_null(cell.people),
        "difference": _or_null(cell.difference),
        "left_out": list(cell.left_out),
    }


def _or_null(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else estimate_data(estimate)


def _rater(line: RaterLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "kind": line.kind,
        "n": line.n,
        "counts": dict(line.counts),
        "absences": dict(line.absences),
        "invalid": line.n_invalid,
        "unstable": line.n_unstable,
        "first": line.first.isoformat() if line.first else None,
        "last": line.last.isoformat() if line.last else None,
    }


def _report(report: AgreementReport) -> dict[str, Any]:
    return {
        "n_units": report.n_units,
        "n_rated": report.n_rated,
        "n_pairable": report.n_pairable,
        "n_ratings": report.n_ratings,
        "n_invalid": report.n_invalid,
        "n_clusters": report.n_clusters,
        "base_rates": dict(report.base_rates),
        "flags": [flag.value for flag in report.flags],
        "estimates": {key: estimate_data(estimate) for key, estimate in report.estimates.items()},
    }


def estimate_data(estimate: Estimate) -> dict[str, Any]:
    """An estimate as JSON-ready data."""
    interval = estimate.interval
    return {
        "value": estimate.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "level": interval.level if interval else None,
        "method": interval.method.value if interval else None,
        "n_units": estimate.n_units,
        "n_ratings": estimate.n_ratings,
        "n_groups": estimate.n_groups,
        "standard_error": estimate.standard_error,
        "reason": estimate.reason.value if estimate.reason else None,
        "interval_reason": estimate.interval_reason.value if estimate.interval_reason else None,
        "flags": [flag.value for flag in estimate.flags],
    }


def _pairs(view: AgreementView) -> dict[str, Any]:
    pairs, names = view.pairs, [line.name for line in view.named_raters]
    first, second = np.triu_indices(len(names), k=1)
    rows: list[Mapping[str, Any]] = [
        {
            "first": names[i],
            "second": names[j],
            "n": int(pairs.n[i, j]),
            "percent": _number(pairs.percent[i, j]),
            "kappa": _number(pairs.kappa[i, j]),
            "reason": reason.value if (reason := pairs.reason_at(i, j)) else None,
        }
        for i, j in zip(first.tolist(), second.tolist(), strict=True)
    ]
    return {"coefficient": pairs.coefficient, "reason": pairs.reason.value if pairs.reason else None, "pairs": rows}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
