"""What judges, juries, baselines and sources said of a subject: the verdicts of the reveal. Never people's ratings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from core.models.judging import Judge
from core.models.ratings import Order, Rater, Rating
from core.store.current import MAJORITY, CurrentRatings
from core.store.following import ABSENCES, NO_OPTION, ORDERS, RatingLog, ratings_of
from core.store.juries import Reductions, member_rows, ratings_in_force, read_reductions
from core.store.rater_facts import repetitions

REVEALED = ("judge", "baseline", "source")
"""Kinds of raters whose rows a reveal shows; juries are made of them."""

_SEQUENCE = ("judge", "jury", "baseline", "source")


@dataclass(frozen=True, slots=True)
class Said:
    """An option, a number, or why there is neither."""

    option: str | None
    number: float | None
    absence: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """What a verdict is made of: what was said in one presentation order, or by one member of a jury.

    Attributes:
        name: "AB" or "BA"; or the member's name.
    """

    name: str
    said: Said
    rationale: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What a judge is; `confidence_source` as `core.judging.spec.ConfidenceSource` names it, "" where it is not known.

    Attributes:
        model: As litellm names it; "" for a baseline and a jury.
    """

    model: str
    protocol: str
    version: int
    confidence_source: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How the repetitions of a judge voted.

    Attributes:
        n: Those that gave the value; 0 where values tie.
        answered: Those with a value.
        asked: All of them.
    """

    n: int
    answered: int
    asked: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rating in force of one rater on one question, presentation orders and repetitions reduced.

    Attributes:
        question: The id that stands for the criterion's lineage and meaning.
        said: The value.
        unstable: Whether it comes of two orders that gave different answers, or of values that tie.
        rationale: "" for a jury, and where two orders differ: these have their own.
        judge: None for a source, and for a judge whose verdicts came with a file.
        orders: What was said in either order, where these differ.
        tally: Where the majority of several repetitions counts.
        members: What the members of a jury said; empty for all others.
    """

    question: int
    rater: str
    kind: str
    said: Said
    unstable: bool
    rationale: str
    confidence: float | None
    judge: Identity | None = None
    orders: tuple[Part, ...] = ()
    tally: Tally | None = None
    members: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything read of a subject."""

    log: RatingLog
    reductions: Reductions
    now: CurrentRatings
    raters: Mapping[int, tuple[str, str, Identity | None]]
    rationales: Mapping[int, str]
    single: Sequence[CurrentRatings]
    """Of judges whose repetitions vote: what each repetition said."""

    def name(self, rater: int) -> str:
        return self.raters[rater][0]


def read_verdicts(
    study_id: int, subject_id: int, questions: Mapping[int, int], *, ties: Collection[int],
    numeric: Collection[int], session: Session,
) -> Sequence[Verdict]:  # fmt: skip
    """The verdicts in force on a subject, by question, then judges, juries, baselines, sources, then by name.

    Args:
        study_id: Where.
        subject_id: What was judged.
        questions: Criterion id -> the id that stands for its lineage and meaning.
        ties: Questions (as `questions` names them) whose scale has the option "tie".
        numeric: Questions whose scale is one of free numbers.
        session: Any session.
    """
    log = ratings_of(study_id, [subject_id], list(questions), REVEALED, session=session)
    if not len(log):
        return []
    reductions = read_reductions(study_id, session=session)
    now = ratings_in_force(log, reductions, questions=questions, ties=ties, numeric=numeric, phase="latest")
    voting = {rater for rater, rule in reductions.rules.items() if rule == MAJORITY}
    again = repetitions(log, questions=questions, ties=ties, voting=voting) if voting else ()
    known = _Known(
        log, reductions, now, _raters(study_id, session), _rationales(log, session), [one.ratings for one in again]
    )  # fmt: skip
    found = [_verdict(known, row) for row in range(len(now))]
    return sorted(found, key=lambda one: (one.question, _SEQUENCE.index(one.kind), one.rater))


def _raters(study_id: int, session: Session) -> Mapping[int, tuple[str, str, Identity | None]]:
    """Rater id -> name, kind and identity, of whoever is no person."""
    source = col(Judge.parameters)["confidence"].as_string()
    columns = (Rater.id, Rater.name, Rater.kind, Judge.id, Judge.model, Judge.protocol, Judge.version, source)
    query = (
        select(*columns)  # type: ignore[call-overload] # more columns than its overloads know
        .join(Judge, col(Judge.id) == Rater.judge_id, isouter=True)
        .where(Rater.study_id == study_id, col(Rater.kind).in_((*REVEALED, "jury")))
    )
    return {
        rater: (name, kind, Identity(model, protocol, version, told or "") if judge is not None else None)
        for rater, name, kind, judge, model, protocol, version, told in session.exec(query)
    }


def _rationales(log: RatingLog, session: Session) -> Mapping[int, str]:
    """Rating id -> rationale, where there is one."""
    query = select(Rating.id, Rating.rationale).where(
        col(Rating.id).in_(log.id[log.standing].tolist()), Rating.rationale != ""
    )
    return {found or 0: rationale for found, rationale in session.exec(query)}


def _verdict(known: _Known, row: int) -> Verdict:
    now, rater = known.now, int(known.now.rater[row])
    name, kind, judge = known.raters[rater]
    jury, sure = known.reductions.jury(rater), float(now.confidence[row])
    tally = _tally(known, row) if known.reductions.rules.get(rater) == MAJORITY else None
    orders = _orders(known, row) if now.unstable[row] and jury is None and tally is None else ()
    return Verdict(
        question=int(now.question[row]),
        rater=name,
        kind=kind,
        said=_said(now, row),
        unstable=bool(now.unstable[row]),
        rationale="" if jury is not None or orders else known.rationales.get(int(now.rating[row]), ""),
        confidence=None if np.isnan(sure) else sure,
        judge=judge,
        orders=orders,
        tally=tally,
        members=() if jury is None else tuple(
            Part(known.name(int(now.rater[member])), _said(now, member), "")
            for member in member_rows(now, jury, int(now.subject[row]), int(now.question[row]))
        ),
    )  # fmt: skip


def _said(found: CurrentRatings, row: int) -> Said:
    return _value(found.options, int(found.option[row]), float(found.number[row]), int(found.absence[row]))


def _value(options: Sequence[str], code: int, number: float, absence: int) -> Said:
    return Said(
        option=options[code] if code != NO_OPTION else None,
        number=None if np.isnan(number) else number,
        absence=ABSENCES[absence] or None,
    )


def _orders(known: _Known, row: int) -> tuple[Part, ...]:
    """What was said in either order in the repetition that counts; nothing where one is missing."""
    log = known.log
    place = int(np.flatnonzero(log.id == known.now.rating[row])[0])
    same: NDArray[np.bool_] = log.standing & (log.rater == log.rater[place]) & (log.criterion == log.criterion[place])
    same &= log.repetition == log.repetition[place]
    parts = []
    for order in Order:
        here = np.flatnonzero(same & (log.order == ORDERS.index(order.value)))
        if len(here):
            last = int(here[np.argmax(log.id[here])])
            said = _value(log.options, int(log.option[last]), float(log.number[last]), int(log.absence[last]))
            parts.append(Part(order.value, said, known.rationales.get(int(log.id[last]), "")))
    return tuple(parts) if len(parts) == len(Order) else ()


def _tally(known: _Known, row: int) -> Tally | None:
    """How the repetitions voted; None where there is only one."""
    now, votes = known.now, []
    for one in known.single:
        here = (one.rater == now.rater[row]) & (one.question == now.question[row])
        votes += [_said(one, int(found)) for found in np.flatnonzero(here)]
    if len(votes) < 2:
        return None
    value, answered = _said(now, row), sum(vote.absence is None for vote in votes)
    ties = answered > 1 and bool(np.isnan(now.confidence[row]))
    return Tally(0 if ties or value.absence else sum(vote == value for vote in votes), answered, len(votes))
