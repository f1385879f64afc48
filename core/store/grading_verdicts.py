"""What judges, baselines and sources said of a subject: the verdicts of the reveal. Never other people's ratings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, text
from sqlmodel import Session

from core.store.current import current_ratings
from core.store.following import ABSENCES, NO_OPTION, ratings_of

REVEALED = ("judge", "baseline", "source")
"""Kinds of raters that a reveal shows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rating in force of one rater on one question, both presentation orders and repetitions reduced.

    Attributes:
        question: The id that stands for the criterion's lineage and meaning.
        option, number, absence: The value: one of them.
        unstable: Whether two presentation orders gave different answers.
    """

    question: int
    rater: str
    kind: str
    option: str | None
    number: float | None
    absence: str | None
    unstable: bool
    rationale: str
    confidence: float | None


_ROWS = text(
    "select r.id, r.rationale, r.confidence, t.name, t.kind from rating r join rater t on t.id = r.rater_id"
    " where r.id in :ratings"
).bindparams(bindparam("ratings", expanding=True))


def read_verdicts(
    study_id: int, subject_id: int, questions: Mapping[int, int], *, ties: Collection[int], session: Session
) -> Sequence[Verdict]:
    """The verdicts in force on a subject, by question and then by name.

    Args:
        study_id: Where.
        subject_id: What was judged.
        questions: Criterion id -> the id that stands for its lineage and meaning.
        ties: Questions (as `questions` names them) whose scale has the option "tie".
        session: Any session.
    """
    log = ratings_of(study_id, [subject_id], list(questions), REVEALED, session=session)
    if not len(log):
        return []
    now = current_ratings(log, questions=questions, ties=ties, phase="latest")
    rows = {row.id: row for row in session.connection().execute(_ROWS, {"ratings": now.rating.tolist()})}
    found = []
    for place, rating in enumerate(now.rating.tolist()):
        row, code, number = rows[rating], int(now.option[place]), float(now.number[place])
        found.append(
            Verdict(
                question=int(now.question[place]),
                rater=row.name,
                kind=row.kind,
                option=now.options[code] if code != NO_OPTION else None,
                number=number if number == number else None,  # noqa: PLR0124 - NaN stands for none
                absence=ABSENCES[int(now.absence[place])] or None,
                unstable=bool(now.unstable[place]),
                rationale=row.rationale,
                confidence=row.confidence,
            )
        )
    return sorted(found, key=lambda verdict: (verdict.question, verdict.kind, verdict.rater))
