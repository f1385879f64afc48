"""All coefficients of a view: of people and everybody, of a judge against a reference, and preferences with ties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Estimate
from core.stats.number_pairs import compare_numbers
from core.stats.preference import PreferenceAgreement, preferences_against, preferences_among
from core.stats.two_raters import compare
from core.workflow.agreement_definitions import definition_of
from core.workflow.agreement_explained import report_left_out
from core.workflow.agreement_judged import Cell, held_of, named_people, resamples_of, with_the_majority
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_reference import held_against_rater, numbers_of, people_table
from core.workflow.agreement_view import AgreementView

RATES = ("accuracy", "mcc", "f1", "macro_f1", "tpr", "tnr", "ppv", "npv", "balanced_accuracy", "prevalence_index",
         "bias_index", "spearman", "kendall_tau_b", "pearson", "mae", "bias")  # fmt: skip
DISTANCES = ("pearson", "spearman", "kendall_tau_b", "mae", "rmse", "bias")
CONVENTIONS = ("exact", "decisive", "coverage", "half_credit")


@dataclass(frozen=True, slots=True)
class Line:
    """A number in a list.

    Attributes:
        key: Key in `DEFINITIONS`.
        title: Its name for people.
        estimates: One a column.
        left_out: What does not count in each of them, in sentences.
    """

    key: str
    title: str
    estimates: tuple[Estimate, ...]
    left_out: tuple[tuple[str, ...], ...]

    @property
    def proportion(self) -> bool:
        """Whether it is written in percent."""
        return definition_of(self.key).proportion

    @property
    def defined(self) -> bool:
        """Whether one of its estimates has a value."""
        return any(estimate.value is not None for estimate in self.estimates)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A list of numbers.

    Attributes:
        lines: Those with a value.
        undefined: Why numbers have none -> their names.
    """

    lines: tuple[Line, ...]
    undefined: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class HeldAgainst:
    """A judge against a reference.

    Attributes:
        numbers: The numbers, one column.
        positive: Label of the option that counts as positive; "" for none.
        n_compared: Units that both rated.
        left_out: Units of the judge that are left out, in sentences.
    """

    numbers: Numbers
    positive: str
    n_compared: int
    left_out: tuple[str, ...]


def every_coefficient(view: AgreementView) -> Numbers:
    """Every coefficient, of the people and of everybody chosen; of everybody alone where no person rated."""
    reports = (view.people, view.everyone) if view.people.n_ratings else (view.everyone,)
    found = []
    for key, row in COEFFICIENTS.items():
        estimates = tuple(report[key] for report in reports)
        left_out = tuple(report_left_out(report, report[key]) for report in reports)
        found.append(Line(key, row.title, estimates, left_out))
    return _parted(found)


def who_can_be_held(view: AgreementView) -> tuple[RaterLine, ...]:
    """Raters who can be held against a reference: those known by name, judges first."""
    named = [line for line in view.raters if line.kind != "seat" and line.n]
    return tuple(sorted(named, key=lambda line: not line.is_judge))


def references_for(view: AgreementView, judge: int) -> dict[int | None, str]:
    """What a rater can be held against: by rater id, or None for people together, unless they are one of them."""
    chosen = view.rater(judge)
    together: dict[int | None, str] = {}
    if view.people.n_ratings and not chosen.is_person:
        together[None] = "Mean of people" if view.question.scale.is_numeric else "Majority of people"
    return together | {
        line.id: line.name for line in view.raters if line.kind != "seat" and line.n and line.id != judge
    }


def held_against(live: LiveAgreement, view: AgreementView, judge: int, reference: int | None) -> HeldAgainst:
    """A judge against a reference (None: the majority or mean of people), computed once."""
    return live.remembered(view, ("held against", judge, reference), lambda: _held(live, view, judge, reference))


def _held(live: LiveAgreement, view: AgreementView, judge: int, reference: int | None) -> HeldAgainst:
    held = held_of(live, view, judge) if reference is None else held_against_rater(view, judge, reference)
    scale, resamples = view.question.scale, resamples_of(view)
    if scale.is_numeric:
        first, second = numbers_of(held)
        of_numbers = compare_numbers(
            first, second, seed=view.seed, clusters=held.table.clusters, resamples=resamples
        ).estimates  # fmt: skip
        lines = [_line(key, of_numbers[key], held.left_out) for key in DISTANCES]
        return HeldAgainst(_parted(lines), "", held.n_compared, held.left_out)
    found = compare(held.table, held.reference, judge, seed=view.seed, resamples=resamples).estimates
    lines = [_line(key, found[key], held.left_out) for key in RATES]
    if reference is None and named_people(view):
        lines += [_line(cell.measure, cell.judge, cell.left_out) for cell in with_the_majority(live, view, judge)]
    positive = "" if scale.positive is None else scale.option(scale.positive).label
    return HeldAgainst(_parted(lines), positive, held.n_compared, held.left_out)


def preference_numbers(live: LiveAgreement, view: AgreementView) -> tuple[Line, ...]:
    """On a preference scale: people among themselves in the three conventions for ties, computed once.

    Where no person rated, everybody chosen.
    """
    everybody = [line.id for line in view.compared if line.kind != "seat"]
    table = people_table(view) if view.people.n_ratings else view.cells.table(everybody, named=True)
    found: PreferenceAgreement = live.remembered(
        view,
        "preferences",
        lambda: preferences_among(table, seed=view.seed, resamples=resamples_of(view)),
    )
    left_out = _both_bad(found)
    return tuple(_line(key, _of(found, key), left_out) for key in CONVENTIONS)


def preferences_beside_people(live: LiveAgreement, view: AgreementView, judge: int) -> tuple[Cell, ...]:
    """On a preference scale: a judge with people in the three conventions, beside people on its units."""
    people = [line.id for line in named_people(view)]
    found = live.remembered(
        view,
        ("preferences", judge),
        lambda: preferences_against(view.table, judge, people, seed=view.seed, resamples=resamples_of(view)),
    )
    left_out = _both_bad(found.judge)
    return tuple(
        Cell(key, _of(found.judge, key), _of(found.people, key), key, found.difference.get(key), left_out)
        for key in CONVENTIONS
    )


def _of(found: PreferenceAgreement, key: str) -> Estimate:
    return {"exact": found.exact, "decisive": found.decisive, "coverage": found.coverage,
            "half_credit": found.half_credit}[key]  # fmt: skip


def _both_bad(found: PreferenceAgreement) -> tuple[str, ...]:
    n = found.n_both_bad
    return (f"{n:,} answer{'' if n == 1 else 's'} “both bad”, outside the order.",) if n else ()


def _line(key: str, estimate: Estimate, left_out: tuple[str, ...]) -> Line:
    return Line(key, definition_of(key).title, (estimate,), (left_out,))


def _parted(lines: Sequence[Line]) -> Numbers:
    """Numbers with a value, and the names of the others by their reason."""
    undefined: dict[str, list[str]] = {}
    for line in lines:
        reason = line.estimates[-1].reason
        if not line.defined and reason is not None:
            undefined.setdefault(reason.sentence, []).append(line.title)
    return Numbers(
        tuple(line for line in lines if line.defined), {why: tuple(names) for why, names in undefined.items()}
    )
