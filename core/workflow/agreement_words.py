"""Agreement said in sentences, made from estimates and their intervals by stated thresholds.

An interval is said by the words of both its ends ("moderately to well"); an interval that reaches 0 says that chance
explains it; a difference is said only where its own interval leaves out 0.
"""

from dataclasses import dataclass

from core.charts.writing import decimal, interval_text, percentage
from core.models.ratings import RaterKind
from core.stats.agreement import AgreementReport
from core.stats.estimates import Estimate, Flag, Reason
from core.workflow.agreement_scorecard import JudgeUnits, Scorecard, commonest_answer, first_report, is_lopsided
from core.workflow.agreement_view import AgreementView

BANDS = ((0.8, "very well"), (0.667, "well"), (0.4, "moderately"), (0.2, "weakly"), (0.0, "hardly"))
"""From this value on, this word; .667 and .8 are Krippendorff's (2004) for tentative and for firm conclusions."""

_SAID_JUDGES = 2

THRESHOLDS = (
    "The words follow Krippendorff's alpha and its 95 % interval, both ends: below .2 hardly, from .2 weakly, from .4"
    " moderately, from .667 well, from .8 very well. An interval that reaches 0 is not shown to be better than chance."
    " A judge and each person are held against the same majorities of the other people, on the units that the judge"
    " rated; kappa counts only the same answer, and the people's is the ceiling. A judge is said to agree more or less"
    " with people than they do with each other only where the interval of the difference of the two, on the same"
    " resamples, leaves out 0. Where there are no such majorities it is the mean kappa with each person, and on free"
    " numbers alpha with the judge in a person's place."
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a sentence; the strong ones carry the message. `tone` is "person", "judge" or ""."""

    text: str
    strong: bool = False
    tone: str = ""


Sentence = tuple[Phrase, ...]


def headline(view: AgreementView, card: Scorecard | None = None) -> Sentence:
    """What the page says first.

    Args:
        view: The agreement.
        card: Its scorecard; None says nothing of judges.
    """
    phrases = _among(view)
    phrases += _common_answer(view)
    judges = () if card is None else card.judges
    for place, judge in enumerate(judges[:_SAID_JUDGES]):
        phrases += _judge(judge, _compared(card, place))
    left = len(judges) - _SAID_JUDGES + (0 if card is None else card.n_more)
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
    phrases = _agree("These raters (simulated)" if view.raters and simulated else "These raters", view.everyone)
    if any(line.is_truth for line in view.others):
        phrases.append(Phrase(" The known truth is left out; choose it among the raters to compare with it."))
    if len(view.compared) < len(view.raters):
        phrases.append(Phrase(" Juries repeat their members and are left out."))
    return phrases


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
    """Where one answer is so common that people agree often and yet hardly more than by chance: say so."""
    report = first_report(view)
    commonest, ac1 = commonest_answer(report), report["ac1"].value
    if commonest is None or ac1 is None:
        return []
    if not is_lopsided(report) and Flag.HIGH_PERCENT_LOW_KAPPA not in report.flags:
        return []
    return [
        Phrase(
            f" {percentage(commonest.share)} of their answers are “{commonest.label}”: with so little variety alpha"
            f" falls although the answers are mostly the same (AC1 {decimal(ac1)})."
        )
    ]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A judge's number beside the people's.

    Attributes:
        judge, people, difference: On the same units.
        called: What the number is.
        versus: What the people's is, before and after it.
    """

    judge: Estimate
    people: Estimate | None
    difference: Estimate | None
    called: str
    versus: tuple[str, str]


_LADDER = (
    ("ceiling_kappa", "kappa", ("a ceiling of ", "")),
    ("alpha", "alpha with it in a person's place", ("", " among people")),
    ("kappa", "kappa", ("", " among people")),
)
"""Rows of the scorecard, the first with a value is said; alpha only on free numbers."""


def _compared(card: Scorecard | None, place: int) -> _Compared | None:
    rows = [] if card is None else [(card.row(key), called, versus) for key, called, versus in _LADDER]
    numeric = card is not None and card.row("icc") is not None
    found = [
        _Compared(row.cells[place].judge, row.cells[place].people, row.cells[place].difference, called, versus)
        for row, called, versus in rows
        if row is not None and (numeric or row.key != "alpha")
    ]
    return next((one for one in found if one.judge.value is not None), found[-1] if found else None)


def _judge(judge: JudgeUnits, found: _Compared | None) -> list[Phrase]:
    name = Phrase(f" {judge.name}", tone="judge")
    if found is None or found.judge.value is None:
        reason = (None if found is None else found.judge.reason) or Reason.NO_RATINGS
        return [name, Phrase(f" cannot be compared with people: {reason.sentence[0].lower()}{reason.sentence[1:]}")]
    value, people, difference = found.judge.value, found.people, found.difference
    if people is None or people.value is None or difference is None or difference.value is None:
        units = _units(found.judge.n_units, found.judge.n_groups)
        said = f" agrees with people at {found.called} {decimal(value)} on {units};"
        return [name, Phrase(f"{said} how well people agree with each other there is not known.")]
    before, after = found.versus
    numbers = (
        f"{found.called} {decimal(value)} against {before}{decimal(people.value)}{after}, on the same"
        f" {_units(difference.n_units, difference.n_groups)}"
    )
    if difference.interval is None:
        few = (difference.interval_reason or Reason.TOO_FEW_ITEMS) is Reason.TOO_FEW_ITEMS
        said = "too few units to compare it with people" if few else "not told apart from people"
        return [name, Phrase(": "), Phrase(said, strong=True), Phrase(f" ({numbers}).")]
    if difference.interval.low <= 0 <= difference.interval.high:
        alike = [Phrase(" is "), Phrase("not told apart", strong=True), Phrase(f" from one more person: {numbers}.")]
        return [name, *alike]
    word = "less" if difference.interval.high < 0 else "more"
    return [
        name,
        Phrase(" agrees with people "),
        Phrase(f"{word} than they do with each other", strong=True),
        Phrase(f": {numbers}."),
    ]


def _units(n: int, groups: int) -> str:
    """Units, and where fewer of them are independent, how many."""
    units = "1 unit" if n == 1 else f"{n:,} units"
    return units if groups in (0, n) else f"{units} in {groups:,} clusters"
