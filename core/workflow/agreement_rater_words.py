"""What every number of the rater table and of the judge in a person's place is, in words, for its explanation."""

from collections.abc import Sequence

from core.charts.writing import decimal
from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Estimate
from core.stats.extra_rater import Measure, ReferenceVoters
from core.stats.repeats import SelfConsistency
from core.workflow.agreement_definitions import Definition
from core.workflow.agreement_explained import Explanation, counted, interval_made, without_value
from core.workflow.agreement_raters import RaterRow
from core.workflow.agreement_view import AgreementView

_COHEN = "Cohen (1960), Educational and Psychological Measurement 20"
_DRIFT = (
    "Wolfe, Moulder and Myford (2001), Journal of Applied Measurement 2; Myford and Wolfe (2009), Journal of"
    " Educational Measurement 46: differential rater functioning over time. They fit Rasch models; here it is a plain"
    " difference."
)
_MAYBE_ITEMS = "Later items may also be harder: the number says where to look, not why."

PERCENT = Definition(
    "percent",
    "Same answer as the others",
    "Of all pairs of this rater's answer and another's answer to the same unit, the share that are the same.",
    "pairs with the same answer / pairs, over all units the rater shares",
    _COHEN,
    proportion=True,
)
KAPPA = Definition(
    "kappa",
    "Kappa with the others",
    "Agreement beyond chance in the table of own answer by other's answer, every pair of answers counted once. In a"
    " crowd two raters share hardly a unit, so no mean over pairs of raters is taken.",
    "(po - pe) / (1 - pe), po and pe of the pooled table, close answers credited as chosen above",
    f"{_COHEN}; Psychological Bulletin 70 (1968) for weights",
)
CONCORDANCE = Definition(
    "concordance",
    "Concordance with the others",
    "How near the pairs of own and other's number lie to equality: 1 all equal, 0 no better than chance.",
    "2 cov(x, y) / (var x + var y + (mean x - mean y)^2), over pairs",
    "Lin (1989), Biometrics 45; it is kappa with quadratic credit",
)
LENIENCY = Definition(
    "leniency",
    "Leniency",
    "How much higher the rater answers than the others on the same units, in units of the scale; of two options the"
    " positive one counts 1, the other 0. Above 0 more generous, below 0 stricter.",
    "mean over units of (own number - mean number of the others)",
    "Bland and Altman (1986), Lancet 327: the mean difference",
)
AGREEMENT_CHANGE = Definition(
    "agreement_change",
    "Change of agreement over time",
    "The share of same answers in the last half of the rater's own time minus that in the first half."
    f" The small columns show equal parts of the time, from first to last. {_MAYBE_ITEMS}",
    "share of same pairs, last half - first half",
    _DRIFT,
    proportion=True,
)
LENIENCY_CHANGE = Definition(
    "leniency_change",
    "Change of leniency over time",
    "Leniency in the last half of the rater's own time minus that in the first half: above 0 it grew more generous."
    f" {_MAYBE_ITEMS}",
    "mean difference from the others, last half - first half",
    _DRIFT,
)
ITSELF = Definition(
    "itself",
    "Same answer when asked again",
    "Of the units that the rater rated more than once, the share of pairs of its own answers that are the same. No"
    " rater can agree with others more than with itself. Both orders of a pair are one answer, not a repeat.",
    "pairs of own answers that are the same / pairs, over units rated again",
    "Intra-rater agreement; 1 minus it is the flip noise",
    proportion=True,
)

_ACORN = "Brassard et al. (2024), ACORN, arXiv 2405.04818; ties settled as said here"
_VOTES = {
    "spearman": (
        "Spearman's correlation between the median answer of {who} and the median answer of {whom}, over units.",
        "Spearman's rho of the medians, mean over 20 random orders of the people of each unit",
    ),
    "majority": (
        "Share of units where the majority of {who} is the majority of {whom}; options that tie share the credit.",
        "sum over units of [majority in the options with most votes] / such options, mean over random orders",
    ),
}
_SIDES = {
    "without": ("The vote of k people", "k people, drawn at random for each unit,"),
    "with_judge": ("The same vote with the judge", "k people, drawn at random for each unit, and the judge"),
}


def vote_definition(measure: Measure, reference: ReferenceVoters, side: str) -> Definition:
    """The nearness of a vote to the reference, or what the judge gains.

    Args:
        measure: "spearman" or "majority".
        reference: Whose vote is the reference.
        side: "without", "with_judge" or "gain".
    """
    said, formula = _VOTES[measure]
    whom = "all people, the k among them" if reference == "everyone" else "the people who are not among the k"
    if side == "gain":
        return Definition(
            "gain",
            "What the judge adds to the vote",
            "The vote with the judge minus the vote without it, on the same people, orders and resamples: above 0 the"
            f" judge brings it nearer to the vote of {whom}. The more people vote, the less a further rater can add.",
            "with the judge - without",
            _ACORN,
            proportion=measure == "majority",
        )
    title, who = _SIDES[side]
    return Definition(side, title, said.format(who=who, whom=whom), formula, _ACORN, proportion=measure == "majority")


def without_definition(alpha: str) -> Definition:
    """What leaving a person out does to an alpha."""
    known = COEFFICIENTS[alpha]
    return Definition(
        "without",
        "People's alpha without this person",
        f"{known.title} of the other people minus that of all people: above 0 they agree better without this person,"
        " below 0 worse. An interval over units says nothing about other raters; this does.",
        f"alpha without - alpha with; alpha: {known.formula}",
        known.source,
    )


def explanation(
    definition: Definition,
    estimate: Estimate,
    *,
    left_out: Sequence[str] = (),
    notes: Sequence[str] = (),
    title: str = "",
) -> Explanation:
    """All that stands behind an estimate, in words."""
    return Explanation(
        title=title or definition.title,
        definition=definition.definition,
        formula=definition.formula,
        counted=counted(estimate),
        left_out=tuple(left_out),
        interval=interval_made(estimate),
        notes=(*notes, *(flag.sentence for flag in estimate.flags)),
        source=definition.source,
        reason="" if estimate.reason is None else estimate.reason.sentence,
    )


def of_agreement(row: RaterRow) -> tuple[Explanation, Explanation, Explanation]:
    """Percent, kappa (concordance) and leniency of a rater with the others."""
    beside, found = (f"Compared with {row.others}.",), row.agreement
    left_out = without_value([row.line])
    if found.percent.value is not None and row.line.n > found.percent.n_units:
        alone = row.line.n - found.percent.n_units
        left_out = (*left_out, f"{alone:,} of its ratings are of units that none of these rated.")
    kappa = CONCORDANCE if found.coefficient == "concordance" else KAPPA
    title = "" if found.coefficient == "concordance" else f"{COEFFICIENTS[found.coefficient].title} with the others"
    return (
        explanation(PERCENT, found.percent, left_out=left_out, notes=beside),
        explanation(kappa, found.kappa, left_out=left_out, notes=beside, title=title),
        explanation(LENIENCY, found.leniency, left_out=left_out, notes=beside),
    )


def of_change(row: RaterRow) -> tuple[Explanation, Explanation]:
    """The changes of agreement and of leniency."""
    drifting = row.drift
    untimed = f"{drifting.n_untimed:,} of its units have no time." if drifting.n_untimed else ""
    left_out = [untimed] if untimed else []
    if row.beside:
        who = f"who change{'s' if len(row.beside) == 1 else ''} more clearly"
        left_out.append(f"Held against the others without {', '.join(row.beside)}, {who}.")
    return (
        explanation(AGREEMENT_CHANGE, drifting.agreement_change, left_out=left_out, notes=_p(drifting.agreement_p)),
        explanation(LENIENCY_CHANGE, drifting.leniency_change, left_out=left_out, notes=_p(drifting.leniency_p)),
    )


def _p(value: float | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (f"p {'< .001' if value < 0.001 else decimal(value, 3)} before adjustment.",)


def of_repeats(found: SelfConsistency) -> Explanation:
    """A rater with itself; kappa beside the percent."""
    kappa = "" if found.kappa.value is None else f"Fleiss' kappa of the repeats: {decimal(found.kappa.value)}."
    most = f"Up to {found.n_runs} answers to a unit."
    return explanation(ITSELF, found.percent, notes=tuple(said for said in (kappa, most) if said))


def of_speed(row: RaterRow) -> Explanation:
    """How fast a rater answers."""
    n = row.speed.n if row.speed else 0
    return Explanation(
        title="Seconds a submission",
        definition="Median active time on a subject until its answers were sent, as the browser measured it, over all"
        " criteria asked at once and all of this study. Answers that were imported or given by a judge are not timed.",
        formula="median of seconds of first submissions",
        counted=f"{n:,} timed submissions",
        left_out=("Undoing, keeping and revising are other work and do not count.",),
        interval="",
        notes=("A very fast rater may not read; a slow one may be thorough, or away from the desk.",),
        source="Measured here",
    )


def of_without(view: AgreementView, row: RaterRow, alpha: str) -> Explanation | None:
    """What leaving a person out does; None for whoever is no person."""
    if row.without is None:
        return None
    estimate = row.without.estimate
    known = "" if estimate.value is None else f"Without: {decimal(estimate.value)}."
    every = view.people.alpha
    beside = "" if every.value is None else f"With all people: {decimal(every.value)}."
    notes = tuple(said for said in (beside, known) if said)
    return explanation(without_definition(alpha), row.without.difference, notes=notes)
