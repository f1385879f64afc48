"""Agreement on a study, live: who agrees with whom, how far, on what; and the items behind every number.

`LiveStudies` follows studies; `LiveAgreement.view` computes; this module finds what people name and says what there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.workflow.agreement_asking import CREDITS, PHASES, asked_of, credits_of, find_raters
from core.workflow.agreement_behind import Behind, CountBehind, count_behind, has_slice, units_behind
from core.workflow.agreement_beside import AskedBeside
from core.workflow.agreement_disagreements import Disagreements, SplitLine, disagreements, most_split
from core.workflow.agreement_items import ItemsBehind, OpenedUnit, items_behind, note_reading, open_units
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_narrowing import Asked
from core.workflow.agreement_questions import Question
from core.workflow.agreement_said import SaidOf
from core.workflow.agreement_studies import LiveStudies
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
