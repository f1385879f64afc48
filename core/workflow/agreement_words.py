"""Agreement said in sentences, made from estimates and their intervals by stated thresholds.

An interval is said by the words of both its ends ("moderately to well"); an interval that reaches 0 says that chance
explains it; a difference is said only where its own interval leaves out 0.
"""

from dataclasses import dataclass

from core.charts.writing import decimal, interval_text, percentage
from core.models.ratings import RaterKind
from core.stats.against import Against
from core.stats.agreement import AgreementReport
from core.stats.estimates import Reason
from core.workflow.agreement_view import AgreementView

BANDS = ((0.8, "very well"), (0.667, "well"), (0.4, "moderately"), (0.2, "weakly"), (0.0, "hardly"))
"""From this value on, this word; .667 and .8 are Krippendorff's (2004) for tentative and for firm conclusions."""

COMMON_ANSWER = 0.8
PARADOX = 0.3
_SAID_JUDGES = 2

THRESHOLDS = (
    "The words follow Krippendorff's alpha and its 95 % interval, both ends: below .2 hardly, from .2 weakly, from .4"
    " moderately, from .667 well, from .8 very well. An interval that reaches 0 is not shown to be better than chance."
    " A judge is said to agree more or less with people than they do with each other only where the interval of the"
    " difference of the mean kappas, on the same units and the same resamples, leaves out 0."
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a sentence; the strong ones carry the message. `tone` is "person", "judge" or ""."""

    text: str
    strong: bool = False
    tone: str = ""


Sentence = tuple[Phrase, ...]


def headline(view: AgreementView) -> Sentence:
    """What the page says first."""
    phrases = _among(view)
    phrases += _common_answer(view)
    for judge in view.judges[:_SAID_JUDGES]:
        phrases += _judge(view, judge)
    left = len(view.judges) - _SAID_JUDGES
    if left > 0:
        phrases.append(Phrase(f" {left} more below."))
    return tuple(phrases)


def plain_text(sentence: Sentence) -> str:
    """The sentence without emphasis."""
    return "".join(phrase.text for phrase in sentence)


def word_for(value: float) -> str:
    """The word of a value."""
    return next((word for start, word in BANDS if value >= start), "hardly")


def words_between(low: float, high: float) -> str:
    """The words of an interval: one, two joined by "to", or that it says little."""
    first, last = word_for(low), word_for(high)
    if first == last:
        return first
    order = [word for _, word in reversed(BANDS)]
    if order.index(last) - order.index(first) > 2:
        return f"anything from {first} to {last}"
    return f"{first} to {last}"


def _among(view: AgreementView) -> list[Phrase]:
    people = [line for line in view.raters if line.is_person and line.n]
    if people:
        return _agree("People", view.people)
    simulated = all(line.kind == RaterKind.SIMULATED.value for line in view.raters)
    return _agree("These raters (simulated)" if view.raters and simulated else "These raters", view.everyone)


def _agree(who: str, report: AgreementReport) -> list[Phrase]:
    alpha, percent = report.alpha, report["percent"]
    if report.n_pairable == 0:
        return [
            Phrase(f"{who}: nothing to compare yet. ", strong=True),
            Phrase("Agreement needs two ratings of the same unit."),
        ]
    same = "" if percent.value is None else f"the same answer in {percentage(percent.value)} of comparisons"
    units = _units(report.n_pairable, alpha.n_groups)
    if alpha.value is None:
        reason = alpha.reason or Reason.NO_RATINGS
        return [Phrase(f"{who} give "), Phrase(same, strong=True), Phrase(f" on {units}. {reason.sentence}")]
    if alpha.interval is None:
        why = alpha.interval_reason or Reason.NOT_RESAMPLED
        known = f"{who} give {same} (alpha {decimal(alpha.value)}) on {units}: "
        if why is Reason.TOO_FEW_ITEMS:
            return [Phrase(known), Phrase("too few to say how well they agree", strong=True), Phrase(".")]
        return [Phrase(f"{known.removesuffix(': ')}. {_why(why)}")]
    low, high = alpha.interval.low, alpha.interval.high
    numbers = f" (alpha {decimal(alpha.value)}, {interval_text(alpha)}, {units})."
    if low <= 0:
        return [
            Phrase(f"{who} give {same}, "),
            Phrase("not shown to be better than chance", strong=True),
            Phrase(numbers),
        ]
    return [Phrase(f"{who} agree "), Phrase(words_between(low, high), strong=True), Phrase(numbers)]


def _why(reason: Reason) -> str:
    return "The interval is being computed." if reason is Reason.NOT_RESAMPLED else reason.sentence


def _common_answer(view: AgreementView) -> list[Phrase]:
    """Where one answer is so common that chance-corrected numbers fall although people agree: say so."""
    report = view.people if view.people.n_pairable else view.everyone
    if not report.base_rates:
        return []
    key, rate = max(report.base_rates.items(), key=lambda found: found[1])
    ac1, alpha = report["ac1"].value, report.alpha.value
    if rate < COMMON_ANSWER or ac1 is None or alpha is None or ac1 - alpha < PARADOX:
        return []
    label = view.question.scale.option(key).label
    return [
        Phrase(
            f" {percentage(rate)} of their answers are “{label}”: with so little variety alpha falls although"
            f" the answers are mostly the same (AC1 {decimal(ac1)})."
        )
    ]


def _judge(view: AgreementView, judge: Against) -> list[Phrase]:
    name = Phrase(f" {view.rater(int(judge.rater_id)).name}", tone="judge")
    kappa, ceiling, difference = judge.kappa, judge.ceiling, judge.difference
    if kappa.value is None:
        reason = kappa.reason or Reason.NO_RATINGS
        return [name, Phrase(f" cannot be compared with people: {reason.sentence[0].lower()}{reason.sentence[1:]}")]
    if ceiling.value is None or difference.value is None:
        units = _units(kappa.n_units, kappa.n_groups)
        said = f" agrees with people at kappa {decimal(kappa.value)} on {units};"
        return [name, Phrase(f"{said} how well people agree with each other there is not known.")]
    numbers = (
        f": kappa {decimal(kappa.value)} against {decimal(ceiling.value)} among people, on the same"
        f" {_units(difference.n_units, difference.n_groups)}."
    )
    if difference.interval is None:
        why = difference.interval_reason or Reason.TOO_FEW_ITEMS
        said = (
            "too few units to compare it with people" if why is Reason.TOO_FEW_ITEMS else "not told apart from people"
        )
        return [name, Phrase(": "), Phrase(said, strong=True), Phrase(f" ({numbers.removeprefix(': ').rstrip('.')}).")]
    if difference.interval.high < 0:
        return [
            name,
            Phrase(" agrees with people "),
            Phrase("less than they do with each other", strong=True),
            Phrase(numbers),
        ]
    if difference.interval.low > 0:
        return [
            name,
            Phrase(" agrees with people "),
            Phrase("more than they do with each other", strong=True),
            Phrase(numbers),
        ]
    return [name, Phrase(" is "), Phrase("not told apart", strong=True),
            Phrase(f" from one more person{numbers}")]  # fmt: skip


def _units(n: int, groups: int) -> str:
    """Units, and where fewer of them are independent, how many."""
    units = "1 unit" if n == 1 else f"{n:,} units"
    return units if groups in (0, n) else f"{units} in {groups:,} clusters"
