"""Agreement on a study, live: who agrees with whom, how far, on what; and the items behind every number.

`LiveStudies` follows studies; `LiveAgreement.view` computes; this module finds what people name and says what there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.errors import NotFound
from core.stats.weights import ordered_options
from core.store.current import AskedPhase
from core.store.questions import RaterRow
from core.workflow.agreement_behind import Behind, CountBehind, count_behind, has_slice, units_behind
from core.workflow.agreement_beside import AskedBeside
from core.workflow.agreement_disagreements import Disagreements, SplitLine, disagreements, most_split
from core.workflow.agreement_items import ItemsBehind, OpenedUnit, items_behind, note_reading, open_units
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement, LiveStudies
from core.workflow.agreement_narrowing import Asked
from core.workflow.agreement_questions import Question
from core.workflow.agreement_said import SaidOf
from core.workflow.agreement_view import AgreementView
from core.workflow.agreement_words import THRESHOLDS, Phrase, Sentence, headline, plain_text
from core.workflow.workspace import Workspace

__all__ = [
    "CREDITS",
    "PHASES",
    "THRESHOLDS",
    "AgreementView",
    "Asked",
    "AskedBeside",
    "Behind",
    "CountBehind",
    "Disagreements",
    "ItemsBehind",
    "LiveAgreement",
    "LiveStudies",
    "OpenedUnit",
    "Phrase",
    "Question",
    "RaterLine",
    "SaidOf",
    "Sentence",
    "SplitLine",
    "asked_of",
    "count_behind",
    "credits_of",
    "disagreements",
    "find_raters",
    "has_slice",
    "headline",
    "items_behind",
    "most_split",
    "note_reading",
    "open_units",
    "plain_text",
    "seconds_since",
    "standing",
    "units_behind",
]

PHASES: dict[AskedPhase, str] = {
    "blind": "Blind",
    "revised": "Revised after the reveal",
    "exposed": "First answers, exposed",
    "latest": "Latest of each",
}
"""The phases that can be asked for, in words."""

CREDITS = {"exact": "cohen", "linear": "cohen_linear", "quadratic": "cohen_quadratic"}
"""How close answers count in a kappa -> the coefficient."""

State = Literal["no criteria", "no ratings", "one rater", "nothing shared", "ready"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether there is anything to agree on, and who has rated so far."""

    state: State
    raters: tuple[str, ...]
    n_ratings: int


def standing(view: AgreementView | None, questions: Sequence[Question]) -> Standing:
    """What can be said of a view: nothing rated yet, one rater only, nothing in common, or numbers."""
    if not questions:
        return Standing("no criteria", (), 0)
    if view is None or not any(line.n for line in view.raters):
        return Standing("no ratings", (), 0)
    rated = tuple(line.name for line in view.raters if line.n)
    n = sum(line.n for line in view.raters)
    if len(rated) == 1:
        return Standing("one rater", rated, n)
    return Standing("nothing shared" if view.everyone.n_pairable == 0 else "ready", rated, n)


def seconds_since(workspace: Workspace, at: datetime | None) -> float | None:
    """Seconds from a time to now, never below 0; None where there is no time."""
    return None if at is None else max(0.0, (workspace.clock() - at).total_seconds())


def find_raters(raters: Sequence[RaterRow], names: Sequence[str]) -> tuple[int, ...]:
    """Rater ids by name, without regard to case, else by id; a name that several kinds of raters have means all.

    Raises:
        NotFound: Nobody has one of the names; names those there are.
    """
    found: list[int] = []
    for name in names:
        folded = name.strip().casefold()
        ids = [row.id for row in raters if row.name.casefold() == folded]
        ids = ids or [row.id for row in raters if str(row.id) == folded]
        if not ids:
            raise NotFound("rater", name.strip(), tuple(row.name for row in raters))
        found += [rater for rater in ids if rater not in found]
    return tuple(found)


def asked_of(
    live: LiveAgreement, *, criterion: str = "", phase: str = "", raters: Sequence[str] = (), credit: str = ""
) -> Asked:
    """What an address or a command asks for.

    Args:
        live: The study, refreshed.
        criterion: Key or name of a question; "" for the first that has ratings.
        phase: "blind" unless given.
        raters: Names; empty for all.
        credit: A key of `CREDITS`; "" for what fits the scale.

    Raises:
        NotFound: The criterion, the phase, a rater or the credit does not exist.
    """
    question = live.question(criterion)
    wanted = phase.strip().casefold() or "blind"
    known = next((found for found in PHASES if found == wanted), None)
    if known is None:
        raise NotFound("phase", phase, tuple(PHASES))
    chosen = tuple(sorted(find_raters(live.raters, raters)))
    return Asked(question.key, known, chosen, _coefficient(question, credit))


def _coefficient(question: Question, credit: str) -> str:
    if not credit:
        return ""
    known = credits_of(question)
    if credit not in known:
        raise NotFound("credit", credit, known)
    return CREDITS[credit]


def credits_of(question: Question) -> tuple[str, ...]:
    """The credits that the scale of a question allows: close answers need an order."""
    return tuple(CREDITS) if ordered_options(question.scale) else ("exact",)
