"""A verdict as the card shows it after the reveal: in words, turned to the sides on which this person saw outputs."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.models.ratings import RaterKind
from core.rendering import rendered
from core.store.grading_verdicts import Identity, Part, Said, Tally, Verdict
from core.store.studies import AskedCriterion
from core.workflow.grading_answers import Answer, shown_label

_SURE_BY: Mapping[str, str] = {
    "verbal": "by its own word",
    "vote share": "share of its votes",
    "token probabilities": "by its token probabilities",
}


@dataclass(frozen=True, slots=True)
class PartFace:
    """What a verdict is made of: one presentation order, or one member of a jury.

    Attributes:
        name: A member's name, or which output stood first: "left" or "right", as this person sees them.
        value: The answer as the card words it; "" where there is none.
        absence: Why there is none.
        rationale_html: Safe HTML; "" for none.
    """

    name: str
    value: str
    absence: str | None
    rationale_html: str


@dataclass(frozen=True, slots=True)
class OtherFace:
    """What a judge, a jury, a baseline or a source said.

    Attributes:
        made_of: Model, protocol and version in words ("gpt-4o-mini, direct v2"); "" for a source.
        confidence: Share in [0, 1]; None for none, and where `votes` tells the same.
        confidence_source: Where the confidence comes from, in words; "" where that is not known.
        unstable: Whether it comes of orders or votes that differ.
        orders: What was said in either order, where these differ.
        votes: How repetitions voted ("4 of 5 repetitions"); "" where there is one.
        members: What the members of a jury said.
    """

    rater: str
    kind: str
    made_of: str
    value: str
    absence: str | None
    rationale_html: str
    confidence: float | None
    confidence_source: str
    unstable: bool
    differs: bool
    orders: tuple[PartFace, ...]
    votes: str
    members: tuple[PartFace, ...]


def other_face(criterion: AskedCriterion, verdict: Verdict, mine: Answer | None, order: str | None) -> OtherFace:
    """A verdict as the card shows it.

    Args:
        criterion: What was asked.
        verdict: What was said.
        mine: What the person answered.
        order: How the outputs of a pair stood for this person.
    """
    said = verdict.said
    value = Answer(said.option, said.number, said.absence)
    judge = verdict.judge
    return OtherFace(
        rater=verdict.rater,
        kind=verdict.kind,
        made_of=_made_of(judge, verdict.kind),
        value=_label(criterion, said, order),
        absence=said.absence,
        rationale_html=rendered(verdict.rationale) if verdict.rationale else "",
        confidence=None if verdict.tally is not None else verdict.confidence,
        confidence_source=_sure_by(verdict),
        unstable=verdict.unstable,
        differs=said.absence is None and mine is not None and mine.absence is None and mine != value,
        orders=tuple(
            _part(criterion, part, order, name=side)
            for side, part in sorted(
                ((_first_side(one.name, order), one) for one in verdict.orders), key=lambda pair: pair[0]
            )
        ),
        votes=_votes(verdict.tally),
        members=tuple(_part(criterion, part, order, name=part.name) for part in verdict.members),
    )


def _part(criterion: AskedCriterion, part: Part, order: str | None, *, name: str) -> PartFace:
    html = rendered(part.rationale) if part.rationale else ""
    return PartFace(name, _label(criterion, part.said, order), part.said.absence, html)


def _label(criterion: AskedCriterion, said: Said, order: str | None) -> str:
    return "" if said.absence is not None else shown_label(criterion, Answer(said.option, said.number), order)


def _first_side(shown: str, order: str | None) -> str:
    """Where the output that a judge was shown first stands for this person."""
    return "left" if shown == (order or "AB") else "right"


def _made_of(judge: Identity | None, kind: str) -> str:
    if judge is None:
        return ""
    if kind == RaterKind.JURY.value:
        return f"v{judge.version}"
    asked = f"{judge.protocol} v{judge.version}"
    return f"{judge.model.rsplit('/', 1)[-1]}, {asked}" if judge.model else asked


def _sure_by(verdict: Verdict) -> str:
    if verdict.kind == RaterKind.JURY.value:
        return "share of its members' votes"
    return _SURE_BY.get(verdict.judge.confidence_source, "") if verdict.judge is not None else ""


def _votes(tally: Tally | None) -> str:
    """A repetition without an answer is counted and said, never left out in silence."""
    if tally is None:
        return ""
    silent = tally.asked - tally.answered
    words = f"{tally.n} of {tally.answered} repetitions" if tally.n else f"{tally.answered} repetitions, no majority"
    return f"{words}, {silent} without an answer" if silent and tally.answered else words if tally.answered else ""
