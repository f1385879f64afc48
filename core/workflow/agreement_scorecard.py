"""The few numbers that are shown first: people among themselves, and every judge with people, on the judge's units."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.charts.writing import percentage
from core.stats.agreement import AgreementReport
from core.stats.ceiling import Ceiling
from core.stats.coefficients import alpha_key
from core.stats.estimates import Estimate, Reason
from core.workflow.agreement_definitions import definition_of
from core.workflow.agreement_explained import pairs_left_out, report_left_out
from core.workflow.agreement_judged import (
    Cell,
    ceiling_of,
    held_of,
    in_a_persons_place,
    kappa_with_people,
    named,
    named_people,
    percent_with_people,
    rates,
    with_the_majority,
    with_the_mean,
)
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_view import MOST_JUDGES, AgreementView, Progress

COMMON_ANSWER = 0.8
PARADOX = 0.3
"""Where one answer makes up at least the one share, and AC1 lies at least the other above alpha, AC1 stands first."""

NUMBER_MEASURES = ("pearson", "spearman", "mae", "bias")


@dataclass(frozen=True, slots=True)
class Commonest:
    """The answer that is given most often.

    Attributes:
        label: As people read it.
        share: Its share of the answers.
    """

    label: str
    share: float


@dataclass(frozen=True, slots=True)
class Row:
    """A measure of people and of every judge.

    Attributes:
        key: "percent", "alpha", "kappa", "ac", "tpr", "tnr", "ceiling_kappa", "ceiling_percent"; on free numbers
            "percent", "alpha", "icc" and `NUMBER_MEASURES`.
        title: Its name for people.
        note: What must be said of this row: which option is positive, why AC1; "" for nothing.
        measure: Key of the people's number in `DEFINITIONS`.
        people: Of the people on all their units; None where the measure needs a judge.
        left_out: What does not count in the people's number.
        cells: One a judge, in the order of `Scorecard.judges`.
    """

    key: str
    title: str
    note: str
    measure: str
    people: Estimate | None
    left_out: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def proportion(self) -> bool:
        """Whether it is written in percent."""
        return definition_of(self.measure).proportion


@dataclass(frozen=True, slots=True)
class JudgeUnits:
    """A judge and its units.

    Attributes:
        id: Rater id.
        name: Its name.
        kind: See `core.models.ratings.RaterKind`.
        n_units: Units it rated.
        n_shared: Those that some person rated too.
        commonest: The answer it gives most often; None on a scale of free numbers.
    """

    id: int
    name: str
    kind: str
    n_units: int
    n_shared: int
    commonest: Commonest | None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What the page says first, in numbers.

    Attributes:
        among: Whose agreement stands first: "people", or "raters" where no person rated.
        rows: The measures.
        judges: The judges, the first `MOST_JUDGES`; none where no person rated.
        ceilings: By judge: it and the people against the same majorities; none where people are not known by name.
        n_more: Judges left out.
        commonest: The answer given most often; None on a scale of free numbers or without ratings.
    """

    among: str
    rows: tuple[Row, ...]
    judges: tuple[JudgeUnits, ...]
    ceilings: dict[int, Ceiling]
    n_more: int
    commonest: Commonest | None

    def row(self, key: str) -> Row | None:
        """A row by its key."""
        return next((row for row in self.rows if row.key == key), None)


def scorecard(live: LiveAgreement, view: AgreementView, progress: Progress | None = None) -> Scorecard:
    """The scorecard of a view, computed once.

    Args:
        live: The study, followed.
        view: The agreement.
        progress: Told what is being computed.
    """
    return live.remembered(view, named(view, "scorecard"), lambda: _scorecard(live, view, progress))


def commonest_answer(report: AgreementReport) -> Commonest | None:
    """The answer given most often: the mean share of a unit's ratings on it."""
    if not report.base_rates:
        return None
    key, share = max(report.base_rates.items(), key=lambda found: found[1])
    return Commonest(report.scale.option(key).label, share)


def is_lopsided(report: AgreementReport) -> bool:
    """Whether one answer is so common that chance-corrected numbers fall though answers are mostly the same."""
    commonest, ac1, alpha = commonest_answer(report), report["ac1"].value, report.alpha.value
    if commonest is None or ac1 is None or alpha is None:
        return False
    return commonest.share >= COMMON_ANSWER and ac1 - alpha >= PARADOX


def first_report(view: AgreementView) -> AgreementReport:
    """The agreement that stands first: of people, or of everybody where no person rated."""
    return view.people if view.people.n_ratings else view.everyone


def _scorecard(live: LiveAgreement, view: AgreementView, progress: Progress | None) -> Scorecard:
    has_people = view.people.n_ratings > 0
    lines = [line for line in view.raters if line.is_judge and line.n and has_people]
    shown = lines[:MOST_JUDGES]
    rows = _number_rows if view.question.scale.is_numeric else _option_rows
    with_ceiling = shown if named_people(view) and not view.question.scale.is_numeric else []
    for place, line in enumerate(with_ceiling):
        if progress is not None:
            progress(
                0.6 * place / len(with_ceiling), f"Judge {place + 1} of {len(with_ceiling)} and the people's ceiling"
            )
        ceiling_of(live, view, line.id)
    if progress is not None:
        progress(0.6, "Judges in a person's place")
    return Scorecard(
        among="people" if has_people else "raters",
        rows=tuple(rows(live, view, [line.id for line in shown])),
        judges=tuple(_judge(live, view, line) for line in shown),
        ceilings={line.id: ceiling_of(live, view, line.id) for line in with_ceiling},
        n_more=len(lines) - len(shown),
        commonest=commonest_answer(first_report(view)),
    )


def _judge(live: LiveAgreement, view: AgreementView, line: RaterLine) -> JudgeUnits:
    held = held_of(live, view, line.id)
    key, n = max(line.counts.items(), key=lambda found: found[1], default=("", 0))
    commonest = Commonest(view.question.scale.option(key).label, n / line.n) if n else None
    return JudgeUnits(line.id, line.name, line.kind, line.n, held.n_compared + held.n_tied, commonest)


def _option_rows(live: LiveAgreement, view: AgreementView, judges: Sequence[int]) -> Iterator[Row]:
    report = first_report(view)
    alpha = alpha_key(view.question.scale.alpha_level)
    yield _row(view, "percent", "percent", [percent_with_people(live, view, one) for one in judges])
    yield _row(view, "alpha", alpha, [in_a_persons_place(live, view, one, alpha) for one in judges])
    if is_lopsided(report):
        weights = view.coefficient.partition("_")[2]
        key = f"ac2_{weights}" if weights else "ac1"
        cells = [in_a_persons_place(live, view, one, key) for one in judges]
        yield _row(view, "ac", key, cells, note=_why_not_kappa(report))
    else:
        kappa = view.coefficient
        if report[kappa].reason is Reason.ANONYMOUS_RATERS:
            kappa = kappa.replace("cohen", "fleiss")
        yield _row(view, "kappa", kappa, [kappa_with_people(live, view, one) for one in judges])
    if judges:
        found = [rates(live, view, one) for one in judges]
        yield _row_of_judges("tpr", "tpr", [one[0] for one in found], note=_positive(view))
        yield _row_of_judges("tnr", "tnr", [one[1] for one in found])
        ceilings = [with_the_majority(live, view, one) for one in judges]
        for place, key in enumerate(("kappa", "percent")):
            yield _row_of_judges(f"ceiling_{key}", f"majority_{key}", [one[place] for one in ceilings])


def _number_rows(live: LiveAgreement, view: AgreementView, judges: Sequence[int]) -> Iterator[Row]:
    alpha = alpha_key(view.question.scale.alpha_level)
    for row, key in (("percent", "percent"), ("alpha", alpha), ("icc", "icc_2_1")):
        yield _row(view, row, key, [in_a_persons_place(live, view, one, key) for one in judges])
    if judges:
        found = [with_the_mean(live, view, one) for one in judges]
        left_out = [held_of(live, view, one).left_out for one in judges]
        for key in NUMBER_MEASURES:
            cells = [Cell(key, one[key], left_out=said) for one, said in zip(found, left_out, strict=True)]
            yield _row_of_judges(key, key, cells, note="Against the mean of people.")


def _row(view: AgreementView, key: str, measure: str, cells: Sequence[Cell], *, note: str = "") -> Row:
    report = first_report(view)
    left_out = report_left_out(report, report[measure])
    if measure.startswith("cohen"):
        chosen = [line.id for line in view.compared if line.n and (line.is_person or report is view.everyone)]
        left_out += pairs_left_out(view, chosen)
    return Row(key, definition_of(measure).title, note, measure, report[measure], left_out, tuple(cells))


def _row_of_judges(key: str, measure: str, cells: Sequence[Cell], *, note: str = "") -> Row:
    return Row(key, definition_of(measure).title, note, measure, None, (), tuple(cells))


def _why_not_kappa(report: AgreementReport) -> str:
    commonest = commonest_answer(report)
    if commonest is None:
        return ""
    return (
        f"Instead of kappa: {percentage(commonest.share)} of the answers are “{commonest.label}”, and with so little"
        " variety kappa falls though the answers are mostly the same."
    )


def _positive(view: AgreementView) -> str:
    scale = view.question.scale
    if scale.positive is None:
        return ""
    return f"“{scale.option(scale.positive).label}” counts as positive; against the majority of people."
