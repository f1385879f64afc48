"""A judge that gave a probability to every option, read as one number a unit and compared with what people said."""

from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.stats.arrays import FloatArray, ratio
from core.stats.number_pairs import NumberComparison, compare_numbers
from core.stats.probabilities import expected_values, likeliest_values
from core.stats.weights import option_values, ordered_options
from core.store.probabilities import read_probabilities
from core.workflow.agreement_answers import shown_rows
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_view import RESAMPLES, AgreementView
from core.workflow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ProbabilityValues:
    """A judge's probabilities as numbers, against the mean of people.

    Attributes:
        rater: The judge.
        n_units: Units with probabilities.
        expected: The mean of the options' values, weighted by their probabilities.
        likeliest: The value of the likeliest option; a unit where several are has none.
    """

    rater: RaterLine
    n_units: int
    expected: NumberComparison
    likeliest: NumberComparison


def compare_probabilities(
    workspace: Workspace, live: LiveAgreement, view: AgreementView, rater_id: int, *, seed: int,
    resamples: int = RESAMPLES,
) -> ProbabilityValues:  # fmt: skip
    """A judge's probabilities, as expected value and as likeliest option, against the chosen people.

    On each unit the reference is the mean of the people who rated it: where it was one person, their answer.

    Args:
        workspace: The outside world.
        live: The study.
        view: Agreement on a question whose options have an order; its filter and its people hold.
        rater_id: The judge.
        seed: Seed of the bootstrap.
        resamples: Bootstrap resamples; 0 for values and standard errors only.

    Raises:
        BadInput: The options have no order.
    """
    scale, cells = view.question.scale, view.cells
    ordered = list(ordered_options(scale))
    if not ordered:
        raise BadInput(where="criterion", found=f"a {scale.kind.value} scale", expected="options in an order")
    values = np.full(len(scale.options), np.nan)
    values[ordered] = option_values(scale)
    shares = _shares(workspace, live, view, rater_id)
    people = _mean_of_people(view, values)

    def compared(judge: FloatArray) -> NumberComparison:
        return compare_numbers(people, judge, seed=seed, clusters=cells.cluster, resamples=resamples)

    return ProbabilityValues(
        rater=view.rater(rater_id),
        n_units=int(np.sum(~np.isnan(shares).any(axis=1))),
        expected=compared(expected_values(shares, values)),
        likeliest=compared(likeliest_values(shares, values)),
    )


def _shares(workspace: Workspace, live: LiveAgreement, view: AgreementView, rater_id: int) -> FloatArray:
    """Units x options; of a pair judged in both orders the mean of the two."""
    with workspace.database.reading() as session:
        found = read_probabilities(view.study_id, rater_id, list(view.question.criteria), session=session)
    rows, keys = live.rows(view), view.question.scale.keys
    unit = rows.units_in(view.cells)
    mine = np.flatnonzero((rows.rater == rater_id) & (rows.repetition == 0) & (unit >= 0))
    newest = {(unit[row], rows.order[row]): rows.id[row] for row in mine.tolist()}
    total, n = np.zeros((view.cells.n_units, len(keys))), np.zeros((view.cells.n_units, 1))
    for (place, _), rating in newest.items():
        given = found.get(int(rating))
        if given is not None:
            total[place] += [given.get(key, 0.0) for key in keys]
            n[place] += 1
    return ratio(total, n)


def _mean_of_people(view: AgreementView, values: FloatArray) -> FloatArray:
    rows = shown_rows(view, [line.id for line in view.raters if line.is_person])
    said, units = values[view.cells.values[rows].astype(np.int64)], view.cells.unit[rows]
    with_value, many = ~np.isnan(said), view.cells.n_units
    total = np.bincount(units[with_value], weights=said[with_value], minlength=many)
    n = np.bincount(units[with_value], minlength=many)
    return ratio(total.astype(np.float64), n.astype(np.float64))
