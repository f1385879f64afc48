"""Agreement as it is said elsewhere: the words of a saved picture, a sentence for a paper, and how it was computed."""

import re
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

from core.rendering import snippet
from core.workflow.agreement import PHASES
from core.workflow.agreement_view import AgreementView

_NO_FILE_NAME = re.compile(r"[^\w.-]+")


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
    study: str, view: AgreementView, name: str, *, today: date, illustrative: bool = False
) -> PictureWords:
    """The words of a saved picture.

    Args:
        study: Name of the study.
        view: The agreement it shows.
        name: What the picture shows.
        today: The day of the picture.
        illustrative: Whether the study is made up.
    """
    parts = ["Touchstone", snippet(study, 60) + (" (illustrative)" if illustrative else "")]
    parts += [
        snippet(view.question.title, 60),
        PHASES[view.phase].lower(),
        today.isoformat(),
        f"{view.n_units:,} units",
    ]
    return PictureWords(
        title=f"{name}: {snippet(view.question.title, 80)}",
        foot=" · ".join(parts),
        file=file_name("touchstone", study, view.question.key, name),
    )


def file_name(*parts: str) -> str:
    """Parts as a file name that every system takes: letters, digits, `_`, `.` and `-`."""
    tidy = (_NO_FILE_NAME.sub("-", normalize("NFKC", part)).strip("-.").lower()[:40] for part in parts)
    return "-".join(part for part in tidy if part)
