"""Agreement ready for a paper: a sentence, how it was computed, whom to cite. What is undefined is said to be so."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version

from core.charts.writing import decimal, interval_text, percentage
from core.rendering import snippet
from core.stats.agreement import AgreementReport
from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Estimate, Flag, IntervalMethod, Reason
from core.store.current import AskedPhase
from core.workflow.agreement_asking import narrowing_words
from core.workflow.agreement_definitions import definition_of
from core.workflow.agreement_explained import report_left_out, without_value
from core.workflow.agreement_judged import Cell
from core.workflow.agreement_pictures import mark_of
from core.workflow.agreement_recomputed import SAME, Recomputed, cited_report, package_version
from core.workflow.agreement_scorecard import JudgeUnits, Row, Scorecard
from core.workflow.agreement_view import AgreementView
from core.workflow.studies import StudySummary

_PHASES: dict[AskedPhase, str] = {
    "blind": "first answers, given before the rater had seen anybody else's",
    "revised": "answers kept or changed after others' were revealed",
    "exposed": "first answers of people who had already seen others'",
    "latest": "the latest answer of each rater, before or after others' were revealed",
}
_METHODS = {
    IntervalMethod.BCA: "BCa", IntervalMethod.JACKKNIFE: "jackknife", IntervalMethod.WILSON: "Wilson",
    IntervalMethod.PERCENTILE: "percentile bootstrap", IntervalMethod.NEWCOMBE: "Newcombe",
}  # fmt: skip
_METHOD_SOURCES = {
    IntervalMethod.BCA: "Efron (1987), Better bootstrap confidence intervals, Journal of the American Statistical"
    " Association 82",
    IntervalMethod.PERCENTILE: "Efron and Tibshirani (1993), An Introduction to the Bootstrap",
    IntervalMethod.JACKKNIFE: "Efron and Tibshirani (1993), An Introduction to the Bootstrap",
    IntervalMethod.WILSON: "Wilson (1927), Journal of the American Statistical Association 22",
    IntervalMethod.NEWCOMBE: "Newcombe (1998), Improved confidence intervals for the difference between binomial"
    " proportions based on paired data, Statistics in Medicine 17",
}
_PACKAGE = "Castro (2017), Fast Krippendorff: Fast computation of Krippendorff's alpha agreement measure"
_BOOTSTRAPPED = (IntervalMethod.BCA, IntervalMethod.PERCENTILE)


@dataclass(frozen=True, slots=True)
class Citation:
    """What a paper needs, as plain text.

    Attributes:
        sentence: The result.
        methods: Which ratings, what was left out, how intervals were made, with which software.
        references: Of what is cited, and of nothing else.
    """

    sentence: str
    methods: str
    references: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, to be copied."""
        listed = "\n".join(f"- {reference}" for reference in self.references)
        return f"{self.sentence}\n\nMethods. {self.methods}\n\nReferences\n{listed}\n"


def touchstone_version() -> str:
    """The version that is installed."""
    return version("touchstone")


def citation(
    view: AgreementView,
    study: StudySummary,
    card: Scorecard,
    *,
    today: date,
    software: str,
    checked: Sequence[Recomputed] | None = None,
) -> Citation:
    """Agreement ready for a paper.

    Args:
        view: The agreement.
        study: Its study.
        card: Its scorecard.
        today: The day of the computation.
        software: Version of Touchstone.
        checked: What `core.workflow.agreement_recomputed.recomputed` found; None where it was not asked.
    """
    report = cited_report(view)
    cited = [report.alpha, report["percent"]]
    if Flag.HIGH_PERCENT_LOW_KAPPA in report.flags:
        cited.append(report["ac1"])
    rows = _cited_rows(card)
    saying = _Saying()
    sentences = [_among(view, study, report, saying)]
    for place, judge in enumerate(card.judges):
        sentences.append(_judge(view, judge, [row.cells[place] for row in rows], saying))
    cells = [cell for row in rows for cell in row.cells]
    judged = [found for cell in cells for found in (cell.judge, cell.people, cell.difference) if found is not None]
    left_out = [said for place, judge in enumerate(card.judges) for said in _left_out(judge, place, rows)]
    told = _Told(view, report, tuple(cited), tuple(cells), tuple(judged), tuple(left_out))
    return Citation(
        sentence="\n".join(sentences),
        methods=" ".join(
            (*_methods(told), f"Computed with Touchstone {software} on {today.isoformat()}.", *_checked(checked))
        ),
        references=tuple(_references(told, with_package=bool(checked))),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What the citation tells of: the report, its estimates, the judges' measures, and what these leave out."""

    view: AgreementView
    report: AgreementReport
    cited: tuple[Estimate, ...]
    cells: tuple[Cell, ...]
    judged: tuple[Estimate, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Saying:
    """What was said already: a method or a reason is spelled out the first time only."""

    said: set[str] = field(default_factory=set)

    def once(self, full: str, short: str) -> str:
        """The full words the first time, the short ones later."""
        if full in self.said:
            return short
        self.said.add(full)
        return full

    def interval(self, estimate: Estimate) -> str:
        """The interval with its method and resamples, or why there is none."""
        interval = estimate.interval
        if interval is None:
            why = _because(estimate.interval_reason or Reason.NOT_RESAMPLED).rstrip(".")
            return "no interval" + self.once(f": {why}", "")
        level = f"{interval.level:.0%}".replace("%", " %")
        ends = interval_text(estimate, percent=_is_share(estimate))
        method, drawn = _METHODS[interval.method], ""
        if interval.method in _BOOTSTRAPPED:
            drawn = self.once(f", {estimate.resamples:,} bootstrap resamples of {_resampled(estimate)}", "")
        return f"{level} {method} interval {ends}{drawn}"

    def valued(self, estimate: Estimate) -> str:
        """A value and its interval, or why it is undefined."""
        if estimate.value is None:
            return f"undefined ({_because(estimate.reason).rstrip('.')})"
        return f"{decimal(estimate.value)} ({self.interval(estimate)})"


def _among(view: AgreementView, study: StudySummary, report: AgreementReport, saying: _Saying) -> str:
    alpha, percent = report.alpha, report["percent"]
    about = f"“{snippet(view.question.title, 80)}” in the study “{snippet(study.name, 80)}”{mark_of(study)}"
    who, units = _who(view, report), _units(alpha.n_units, alpha.n_groups)
    name, _, level = COEFFICIENTS[alpha.name].title.partition(", ")
    title = f"{name} ({level})"
    if alpha.value is None:
        same = "" if percent.value is None else f" T{_answers(report, percent, percent.value, saying)[1:]}."
        return f"{title} among {who} for {about} is undefined: {_because(alpha.reason)}{same}"
    said = f"{title} among {who} on {units} for {about} was {saying.valued(alpha)}"
    said += f"; {_answers(report, percent, percent.value, saying)}." if percent.value is not None else "."
    if Flag.HIGH_PERCENT_LOW_KAPPA in report.flags:
        said += f" One answer is very common, which lowers alpha; Gwet's AC1 was {saying.valued(report['ac1'])}."
    return said


def _who(view: AgreementView, report: AgreementReport) -> str:
    lines = [line for line in view.raters if line.n and (line.is_person or report is not view.people)]
    if not lines:
        return "the raters"
    noun = "annotator" if all(line.is_person for line in lines) else "rater"
    hidden = "anonymous " if any(line.kind == "seat" for line in lines) else ""
    simulated = "simulated " if all(line.kind == "simulated" for line in lines) else ""
    return f"{len(lines):,} {hidden}{simulated}{noun}{'' if len(lines) == 1 else 's'}"


def _units(n: int, groups: int) -> str:
    units = f"{n:,} unit{'' if n == 1 else 's'}"
    return units if groups in (0, n) else f"{units} in {groups:,} clusters"


def _because(reason: Reason | None) -> str:
    sentence = (reason or Reason.NO_RATINGS).sentence
    return sentence[0].lower() + sentence[1:]


def _answers(report: AgreementReport, percent: Estimate, value: float, saying: _Saying) -> str:
    """Percent agreement and the base rate, which stand beside every corrected coefficient."""
    said = f"they gave the same answer in {percentage(value)} of comparisons ({saying.interval(percent)})"
    if report.base_rates:
        key, rate = max(report.base_rates.items(), key=lambda found: found[1])
        said += f", and the most common answer, “{report.scale.option(key).label}”, was {percentage(rate)} of answers"
    return said


def _resampled(estimate: Estimate) -> str:
    return "clusters" if Flag.CLUSTERED in estimate.flags else "units"


def _is_share(estimate: Estimate) -> bool:
    row = COEFFICIENTS.get(estimate.name)
    return row is not None and row.proportion


def _judge(view: AgreementView, judge: JudgeUnits, cells: Sequence[Cell], saying: _Saying) -> str:
    """One judge with people, beside people there: every cited measure a clause."""
    name = f"“{snippet(judge.name, 80)}”"
    name = name if name.casefold().startswith("“judge ") else f"Judge {name}"
    there = "people" if view.people.n_ratings else "the others"
    return f"{name}: {'; '.join(_clause(cell, there, saying) for cell in cells)}."


def _clause(cell: Cell, there: str, saying: _Saying) -> str:
    title = definition_of(cell.measure).title
    title = title if title[1:2].isupper() else title[0].lower() + title[1:]
    title = title.replace("cohen", "Cohen").replace("krippendorff", "Krippendorff").replace("gwet", "Gwet")
    if cell.judge.value is None:
        return f"{title} was {saying.valued(cell.judge)}"
    said = f"{title} was {saying.valued(cell.judge)} on {_units(cell.judge.n_units, cell.judge.n_groups)}"
    if cell.people is None:
        return said
    differing = f", the difference {saying.valued(cell.difference)}" if cell.difference is not None else ""
    on = "" if _on_same(cell) else f" on {_units(cell.people.n_units, cell.people.n_groups)} of them"
    return f"{said}, that of {there} {saying.valued(cell.people)}{on}{differing}"


def _on_same(cell: Cell) -> bool:
    """Whether people are compared on the same units, or have no value at all."""
    people = cell.people
    same = people is None or (people.n_units, people.n_groups) == (cell.judge.n_units, cell.judge.n_groups)
    return same or (people is not None and people.value is None)


def _cited_rows(card: Scorecard) -> tuple[Row, ...]:
    """What of a judge is cited: the ceiling and the kappa with each person; on free numbers alpha and correlation."""
    wanted = ("ceiling_kappa", "kappa", "ac") if card.row("ceiling_kappa") else ("alpha", "pearson", "bias")
    return tuple(row for key in wanted if (row := card.row(key)) is not None)


def _left_out(judge: JudgeUnits, place: int, rows: Sequence[Row]) -> Iterator[str]:
    """What the cited measures of a judge leave out, under its name."""
    said = dict.fromkeys(sentence for row in rows for sentence in row.cells[place].left_out)
    if said:
        yield f"For “{snippet(judge.name, 80)}”: {' '.join(said)}"


def _methods(told: _Told) -> Iterator[str]:
    view, report = told.view, told.report
    judges = "; judges answer once and know no other rater's answer" if any(one.is_judge for one in view.raters) else ""
    yield f"Ratings are {_PHASES[view.phase]}{judges}."
    yield from _chosen(view)
    yield _scale(view)
    lines = [line for line in view.raters if line.is_person or report is not view.people or told.cells]
    yield from (*report_left_out(report, report.alpha), *without_value(lines))
    measures = dict.fromkeys(definition_of(cell.measure) for cell in told.cells)
    yield from (f"{measure.title}: {measure.definition}" for measure in measures)
    yield from told.left_out
    yield from _intervals((*told.cited, *told.judged), view.seed)


def _chosen(view: AgreementView) -> Iterator[str]:
    """What the reader of the page chose, in numbers and not in people's names."""
    left, words = view.left_out, narrowing_words(view.narrowing)
    if view.chosen:
        yield f"{len(view.raters):,} of {len(view.raters) + len(view.others):,} raters were chosen."
    if words:
        yield (
            f"Only these ratings are included: {snippet('; '.join(words), 300)}; that leaves out {left.n_ratings:,} of"
            f" {left.of_ratings:,} ratings and {left.n_units:,} of {left.of_units:,} units."
        )


def _scale(view: AgreementView) -> str:
    scale = view.question.scale
    if scale.is_numeric:
        ends = "" if scale.low is None or scale.high is None else f" from {scale.low:g} to {scale.high:g}"
        return f"The scale is {scale.kind.value}: numbers{ends}."
    labels = ", ".join(option.label for option in scale.options)
    return f"The scale is {scale.kind.value} with {len(scale.options)} options: {snippet(labels, 300)}."


def _intervals(cited: Iterable[Estimate], seed: int) -> Iterator[str]:
    methods: dict[str, None] = {}
    flags: dict[str, None] = {}
    drawn = dropped = 0
    for estimate in cited:
        if estimate.interval is not None:
            methods[f"{_METHODS[estimate.interval.method]}: {estimate.interval.method.sentence}"] = None
            if estimate.interval.method in _BOOTSTRAPPED:
                drawn, dropped = max(drawn, estimate.resamples), max(dropped, estimate.undefined_resamples)
        flags |= dict.fromkeys(flag.sentence for flag in estimate.flags if flag is not Flag.UNDEFINED_RESAMPLES)
    if methods:
        yield "Intervals: " + " ".join(methods)
    if drawn:
        lost = f"up to {dropped:,} had no value and were dropped" if dropped else "all had a value"
        yield f"{drawn:,} resamples were drawn with seed {seed}; {lost}."
    yield from flags


def _checked(checked: Sequence[Recomputed] | None) -> Iterator[str]:
    package = f"the package krippendorff {package_version()}"
    if checked is None:
        yield f"Alpha was not recomputed with {package}."
        return
    both = [one for one in checked if one.difference is not None]
    if both:
        values = ", ".join(f"{one.key.removeprefix('alpha_')} {one.theirs:.6f} (here {one.ours:.6f})" for one in both)
        far = max(one.difference or 0.0 for one in both)
        same = f"the same to {SAME:.0e}".replace("e-09", "e-9") if far <= SAME else f"they differ by up to {far:.2g}"
        yield f"Alpha recomputed with {package}: {values}; {same}."
    yield from (f"{COEFFICIENTS[one.key].title} was not recomputed: {one.reason}." for one in checked if one.reason)


def _references(told: _Told, *, with_package: bool) -> Iterator[str]:
    found = dict.fromkeys(COEFFICIENTS[estimate.name].source for estimate in told.cited)
    found |= dict.fromkeys(definition_of(cell.measure).source for cell in told.cells)
    methods = [one.interval.method for one in (*told.cited, *told.judged) if one.interval is not None]
    found |= dict.fromkeys(_METHOD_SOURCES[method] for method in methods)
    if with_package:
        found[_PACKAGE] = None
    yield from found
