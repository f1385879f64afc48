"""What stands on a saved picture of agreement and in the name of its file, and which ratings a view is about."""

import re
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

from core.rendering import snippet
from core.workflow.agreement_asking import PHASES, narrowing_words
from core.workflow.agreement_view import AgreementView
from core.workflow.studies import StudySummary

_ACCENTS = re.compile("[\u0300-\u036f]")
_NO_FILE_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class PictureWords:
    """What stands on a saved picture, as text.

    Attributes:
        title: What it shows, and of which criterion.
        foot: Which study, ratings and day, so that the picture says what it is when it is alone.
        file: File name without its ending.
    """

    title: str
    foot: str
    file: str


def picture_words(
    study: StudySummary, view: AgreementView, name: str, *, today: date, of_all_criteria: bool = False
) -> PictureWords:
    """The words of a saved picture.

    Args:
        study: The study.
        view: The agreement it shows.
        name: What the picture shows.
        today: The day of the picture.
        of_all_criteria: Whether it is about every criterion of the study and not about the view's.
    """
    question = snippet(view.question.title, 80)
    parts = ["Touchstone", snippet(study.name, 60) + mark_of(study)]
    parts += [] if of_all_criteria else [question]
    parts += [PHASES[view.phase].lower()]
    parts += [snippet(filters, 160)] if (filters := filters_text(view)) else []
    parts += [today.isoformat()] + ([] if of_all_criteria else [f"{view.n_units:,}\u00a0units"])
    return PictureWords(
        title=name if of_all_criteria else f"{name}: {question}",
        foot=" · ".join(parts),
        file=file_name("touchstone", study.name, "" if of_all_criteria else view.question.key, name),
    )


def mark_of(study: StudySummary) -> str:
    """What must stand beside the name of a study that is not about real answers; "" for any other."""
    return " (simulated)" if study.simulated else " (illustrative)" if study.illustrative else ""


def file_name(*parts: str) -> str:
    """Parts as a file name that every system takes: Latin letters, digits, `_`, `.` and `-`."""
    plain = (_ACCENTS.sub("", normalize("NFKD", part.casefold())) for part in parts)
    tidy = (_NO_FILE_NAME.sub("-", part).strip("-.")[:40] for part in plain)
    return "-".join(part for part in tidy if part)


def filters_text(view: AgreementView) -> str:
    """Which of the ratings a view is about, beside its phase; "" where it is about all of them."""
    parts = ["raters: " + ", ".join(line.name for line in view.raters)] if view.chosen else []
    return "; ".join([*parts, *narrowing_words(view.narrowing)])
