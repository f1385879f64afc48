"""What the headline picture draws: judges against people with their ceiling, or people alone."""

from dataclasses import dataclass

from core.charts.headline import HeadlineRow
from core.stats.estimates import Estimate
from core.workflow.agreement_behind import Behind
from core.workflow.agreement_definitions import definition_of, majority_key
from core.workflow.agreement_judged import Cell
from core.workflow.agreement_scorecard import JudgeUnits, Scorecard, first_report
from core.workflow.agreement_shown import measures
from core.workflow.agreement_view import AgreementView


@dataclass(frozen=True, slots=True)
class Picture:
    """The headline picture in words and rows.

    Attributes:
        title, note: Above it.
        rows: From top to bottom.
        behind: What a click on each row opens; None for nothing.
        has_percent: Whether the same can be had in percent.
    """

    title: str
    note: str
    rows: tuple[HeadlineRow, ...]
    behind: tuple[Behind | None, ...]
    has_percent: bool


def headline_picture(view: AgreementView, card: Scorecard, *, percent: bool = False) -> Picture:
    """The picture of a view.

    Args:
        view: The agreement.
        card: Its scorecard.
        percent: Percent agreement instead of chance-corrected numbers, where both can be had.
    """
    if not card.judges:
        return _alone(view)
    numeric = view.question.scale.is_numeric
    percent = percent and not numeric
    wanted = "alpha" if numeric else "ceiling_percent" if percent else "ceiling_kappa"
    cells = _cells(card, wanted, fallback="percent" if percent else "kappa")
    people = first_report(view)["percent"] if percent else first_report(view).alpha
    rows = [HeadlineRow("People with each other", people, percent=percent, note=definition_of(people.name).title)]
    rows += [_row(judge, cell, wanted, percent=percent) for judge, cell in zip(card.judges, cells, strict=True)]
    number = definition_of("majority_percent" if percent else majority_key(view.coefficient)).title
    said = (
        "Krippendorff's alpha with the judge in a person's place; the band: people's own on the same units."
        if numeric
        else f"{number}. The band: people with the same majorities, on the judge's units."
    )
    return Picture(
        "Judge against people, with their ceiling",
        f"{said} 95 % intervals. A click on a row opens its items.",
        tuple(rows),
        (Behind(), *(Behind(first=judge.id, majority=True) for judge in card.judges)),
        has_percent=not numeric,
    )


def _cells(card: Scorecard, wanted: str, *, fallback: str) -> list[Cell]:
    """The cells of a row; where people set no ceiling, the judge's agreement with each of them."""
    first, second = card.row(wanted), card.row(fallback)
    cells = list(first.cells) if first else []
    others = second.cells if second else ()
    for place, other in enumerate(others):
        if cells[place].judge.value is None and other.judge.value is not None:
            cells[place] = other
    return cells


def _row(judge: JudgeUnits, cell: Cell, wanted: str, *, percent: bool) -> HeadlineRow:
    usual = {"alpha": "alpha_", "ceiling_kappa": "majority_kappa", "ceiling_percent": "majority_percent"}[wanted]
    note = "" if cell.measure.startswith(usual) else definition_of(cell.measure).title
    return HeadlineRow(judge.name, cell.judge, judge.kind, cell.people, percent=percent, note=note)


def _alone(view: AgreementView) -> Picture:
    """The coefficients of people, or of everybody where no person rated."""
    among_people = view.people.n_ratings > 0
    found: list[tuple[str, Estimate, bool]] = [
        (row.coefficient.title, row.people if among_people else row.everyone, row.coefficient.proportion)
        for row in measures(view)
    ]
    only_judges = all(line.is_judge for line in view.raters)
    kind = "person" if among_people else "judge" if only_judges else "other"
    return Picture(
        "How far people agree" if among_people else "How far raters agree",
        "Each coefficient with its 95 % interval.",
        tuple(HeadlineRow(title, estimate, kind, percent=share) for title, estimate, share in found),
        tuple(Behind() for _ in found),
        has_percent=False,
    )
