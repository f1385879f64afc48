"""Should the judge be a rater here? In a person's place, as one rater more, or neither; each with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.charts.writing import decimal, interval_text
from core.models.ratings import RaterKind
from core.stats.coefficients import COEFFICIENTS, alpha_key
from core.stats.estimates import Estimate
from core.stats.extra_rater import ExtraRaterCurve, ReferenceVoters, extra_rater_curve
from core.stats.replacement import Replacement, replace_one
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_view import RESAMPLES, AgreementView, Progress
from core.workflow.agreement_words import Phrase, Sentence

MARGIN = 0.05
"""A loss of alpha that stays above minus this is small enough to call the judge as good as one more person."""

MANY_RATINGS = 300_000
"""Beyond this fewer orders of the people are drawn for the extra rater: units make up for them."""

MOST_JUDGES = 8

THRESHOLDS = (
    "In a person's place: “not as well” where the 95 % interval of the change of people's alpha lies below 0, “better”"
    f" where it lies above 0; “as well as a person” where it holds 0 and stays above {decimal(-MARGIN)}; else it cannot"
    " be told. As one rater more: “nearer” or “farther” where the interval of the gain leaves out 0. It says"
    " nothing of other judges or other people."
)


@dataclass(frozen=True, slots=True)
class JudgePlace:
    """One judge beside the people.

    Attributes:
        judge: Who.
        alpha: Key of the alpha.
        people: How many people.
        replacement: The judge in each person's place.
        curve: The judge as one rater more; None on free numbers.
    """

    judge: RaterLine
    alpha: str
    people: int
    replacement: Replacement
    curve: ExtraRaterCurve | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Why no judge can be put in a person's place, and what would help, in sentences."""

    why: str
    help: str


def judges_of(view: AgreementView) -> tuple[RaterLine, ...]:
    """The judges with ratings, those with the most first."""
    return tuple(sorted((line for line in view.raters if line.is_judge and line.n), key=lambda line: -line.n))


def missing(view: AgreementView) -> Missing | None:
    """What is missing for this section; None where nothing is."""
    people = _people(view)
    if view.raters and all(line.kind == RaterKind.SIMULATED.value for line in view.raters):
        return Missing("These raters are simulated: none of them is a person or a judge.",
                       "Two of them are compared under “Two raters”.")  # fmt: skip
    if any(line.kind == "seat" and line.n for line in view.raters) and len(people) < 2:
        return Missing("The people are anonymous seats: it is not known who is who, so nobody can be replaced.",
                       "Import the ratings with rater names to see this.")  # fmt: skip
    if len(people) < 2:
        return Missing("A judge can take a place only among two people or more, and there are fewer here.",
                       "Ask a second person to grade the same items.")  # fmt: skip
    if not judges_of(view):
        return Missing("No judge has rated this criterion.", "Import a judge's verdicts, or choose other raters above.")
    return None


def judge_place(
    live: LiveAgreement,
    view: AgreementView,
    judge: int,
    *,
    reference: ReferenceVoters = "everyone",
    progress: Progress | None = None,
) -> JudgePlace:
    """One judge in each person's place, and as one rater more; computed once for a view.

    Args:
        live: The study, followed.
        view: Its agreement; `missing` says None of it.
        judge: Id of the judge.
        reference: Whose vote the extra rater is held against.
        progress: Told what is being done.
    """
    return JudgePlace(
        judge=view.rater(judge),
        alpha=alpha_key(view.question.scale.alpha_level),
        people=len(_people(view)),
        replacement=_replacement(live, view, judge, progress),
        curve=_curve(live, view, judge, reference, progress),
    )


def judges_beside(
    live: LiveAgreement,
    view: AgreementView,
    *,
    reference: ReferenceVoters = "everyone",
    progress: Progress | None = None,
) -> tuple[JudgePlace, ...]:
    """The first `MOST_JUDGES` judges side by side, each on its own units."""
    judges = judges_of(view)[:MOST_JUDGES]
    return tuple(judge_place(live, view, line.id, reference=reference, progress=progress) for line in judges)


def _people(view: AgreementView) -> tuple[int, ...]:
    return tuple(line.id for line in view.raters if line.kind == "person" and line.n)


def _resamples(view: AgreementView) -> int:
    return 0 if view.provisional else RESAMPLES


def _replacement(live: LiveAgreement, view: AgreementView, judge: int, progress: Progress | None) -> Replacement:
    def find() -> Replacement:
        if progress is not None:
            progress(0.2, f"Putting {view.rater(judge).name} in each person's place")
        key = alpha_key(view.question.scale.alpha_level)
        return replace_one(view.table, judge, _people(view), key, seed=view.seed, resamples=_resamples(view))

    return live.remembered(view, ("replaced", judge), find)


def _curve(
    live: LiveAgreement, view: AgreementView, judge: int, reference: ReferenceVoters, progress: Progress | None
) -> ExtraRaterCurve | None:
    if view.question.scale.is_numeric:
        return None

    def find() -> ExtraRaterCurve:
        if progress is not None:
            progress(0.6, f"Adding {view.rater(judge).name} to the votes of few people")
        orders = 20 if view.table.n_ratings <= MANY_RATINGS else 4
        return extra_rater_curve(
            view.table, judge, _people(view), seed=view.seed, orders=orders, reference=reference,
            resamples=_resamples(view),
        )  # fmt: skip

    return live.remembered(view, ("extra rater", judge, reference), find)


def place_sentence(place: JudgePlace) -> Sentence:
    """Whether the judge can take a person's place, and whether it helps as one rater more."""
    name = Phrase(place.judge.name, tone="judge")
    return (name, *_replacing(place), *_adding(place))


def _replacing(place: JudgePlace) -> list[Phrase]:
    found, title = place.replacement, COEFFICIENTS[place.alpha].title
    difference = found.difference
    if found.people.value is None or found.replaced.value is None or difference.value is None:
        reason = found.difference.reason or found.people.reason
        why = reason.sentence if reason else ""
        return [Phrase(" cannot be compared with a person in the group. "), Phrase(why)]
    n = difference.n_units
    numbers = f" ({title} {decimal(found.people.value)}, with the judge {decimal(found.replaced.value)}"
    if difference.interval is None:
        why = difference.interval_reason.sentence if difference.interval_reason else ""
        return [Phrase(" in a person's place: "), Phrase("not told", strong=True), Phrase(f"{numbers}). {why}")]
    numbers += f"; change {signed(difference)}, {n:,} units)."
    low, high = difference.interval.low, difference.interval.high
    if high < 0:
        return [Phrase(" fits the group "), Phrase("not as well as a person", strong=True), Phrase(numbers)]
    if low > 0:
        return [Phrase(" fits the group "), Phrase("better than a person", strong=True), Phrase(numbers)]
    if low > -MARGIN:
        return [Phrase(" fits the group "), Phrase("as well as a person", strong=True), Phrase(numbers)]
    return [Phrase(" in a person's place: it "), Phrase("cannot be told", strong=True),
            Phrase(f" whether the group agrees as well{numbers}")]  # fmt: skip


def signed(estimate: Estimate) -> str:
    """A difference with its sign and its interval."""
    if estimate.value is None:
        return ""
    value = decimal(estimate.value)
    text = f"+{value}" if round(estimate.value, 2) > 0 else value
    return f"{text}, {interval_text(estimate)}" if estimate.interval else text


def _adding(place: JudgePlace) -> list[Phrase]:
    curve = place.curve
    if curve is None or not curve.points or all(point.gain.interval is None for point in curve.points):
        return []
    nearer = [point.k for point in curve.points if point.gain.interval and point.gain.interval.low > 0]
    farther = [point.k for point in curve.points if point.gain.interval and point.gain.interval.high < 0]
    said = []
    if nearer:
        said.append(Phrase(f" Beside {_voters(nearer)} it brings the vote "))
        said.append(Phrase("nearer to the reference", strong=True))
    if farther:
        said.append(
            Phrase(f"{';' if nearer else ''} {'b' if nearer else 'B'}eside {_voters(farther)} it takes the vote ")
        )
        said.append(Phrase("farther from it" if nearer else "farther from the reference", strong=True))
    if not said:
        return [Phrase(" As one rater more it is "), Phrase("not shown to help or to hurt", strong=True), Phrase(".")]
    return [*said, Phrase(".")]


def _voters(ks: Sequence[int]) -> str:
    """As in "1 person", "1 to 3 people", "2 or 4 people"."""
    if len(ks) > 2 and list(ks) == list(range(ks[0], ks[-1] + 1)):
        return f"{ks[0]} to {ks[-1]} people"
    named = ", ".join(str(k) for k in ks[:-1]) + (" or " if len(ks) > 1 else "") + str(ks[-1])
    return f"{named} {'person' if list(ks) == [1] else 'people'}"
