"""What stands in the tables about judges: with people, against a reference, in a person's place, preferences."""

from collections.abc import Iterator

from core.scales import ScaleKind
from core.stats.estimates import Estimate, Reason
from core.stats.extra_rater import ReferenceVoters
from core.workflow.agreement_csv_rows import Row, Source, estimate_cells
from core.workflow.agreement_definitions import KAPPAS, definition_of, majority_key
from core.workflow.agreement_judged import Cell
from core.workflow.agreement_numbers import (
    DISTANCES,
    RATES,
    held_against,
    preference_numbers,
    preferences_beside_people,
    references_for,
    who_can_be_held,
)
from core.workflow.agreement_place import judge_place, judges_of, missing
from core.workflow.agreement_scorecard import JudgeUnits, scorecard

_REASONS = {reason.sentence: reason for reason in Reason}
_MEASURES = {
    definition_of(key).title: key for key in (*RATES, *DISTANCES, *map(majority_key, KAPPAS), "majority_percent")
}


def judge_rows(source: Source) -> Iterator[Row]:
    """The first numbers of the page: people on all their units; each judge, people on its units, and the difference."""
    view, card = source.view, scorecard(source.live, source.view)
    for row in card.rows:
        if row.people is not None:
            yield (row.measure, card.among, "", "", *estimate_cells(row.people))
        for judge, cell in zip(card.judges, row.cells, strict=True):
            yield from _beside(judge, row.measure, cell, card.among)
    if view.question.scale.kind is not ScaleKind.PREFERENCE:
        return
    for line in preference_numbers(source.live, view):
        yield (line.key, card.among, "", "", *estimate_cells(line.estimates[0]))
    for judge in card.judges if card.ceilings else ():
        for cell in preferences_beside_people(source.live, view, judge.id):
            yield from _beside(judge, cell.measure, cell, card.among)


def _beside(judge: JudgeUnits, measure: str, cell: Cell, among: str) -> Iterator[Row]:
    known = (
        ("judge", cell.judge), (f"{among} on the judge's units", cell.people), ("judge minus people", cell.difference),
    )  # fmt: skip
    for whose, estimate in known:
        if estimate is not None:
            yield (measure, whose, judge.name, judge.kind, *estimate_cells(estimate))


def reference_rows(source: Source) -> Iterator[Row]:
    """Each judge against people (their majority, or mean); or the rater and the reference that are asked for."""
    view, wanted = source.view, source.also.get("judge", "")
    raters = [one for one in who_can_be_held(view) if str(one.id) == wanted] if wanted else judges_of(view)
    for rater in raters:
        known = references_for(view, rater.id)
        asked = next((key for key in known if str(key) == source.also.get("reference", "")), None)
        if asked not in known:
            continue
        numbers = held_against(source.live, view, rater.id, asked).numbers
        for line in numbers.lines:
            yield (line.key, rater.name, rater.kind, known[asked], *estimate_cells(line.estimates[0]))
        for why, names in numbers.undefined.items():
            for name in names:
                none = Estimate(_MEASURES[name], None, 0, 0, reason=_REASONS[why])
                yield (none.name, rater.name, rater.kind, known[asked], *estimate_cells(none))


def place_rows(source: Source) -> Iterator[Row]:
    """Every judge in each person's place, and as one rater more beside k people."""
    view = source.view
    if missing(view) is not None:
        return
    wanted = source.also.get("reference", "everyone")
    reference: ReferenceVoters = "others" if wanted == "others" else "everyone"
    names = {line.id: line.name for line in view.raters}
    for judge in judges_of(view):
        place = judge_place(source.live, view, judge.id, reference=reference)
        found = place.replacement
        rows: list[tuple[str, str, str, Estimate]] = [
            (place.alpha, "people", "", found.people),
            (place.alpha, "the judge in a place, mean", "", found.replaced),
            (place.alpha, "the judge minus people", "", found.difference),
        ]
        for one in found.by_person:
            name = names[int(one.rater_id)]
            rows += [(place.alpha, "the judge instead of", name, one.estimate)]
            rows += [(place.alpha, "the judge instead of, minus people", name, one.difference)]
        for point in place.curve.points if place.curve else ():
            measure = f"vote_{place.curve.measure if place.curve else ''}"
            beside = "1 person" if point.k == 1 else f"{point.k} people"
            rows += [(measure, "alone", beside, point.without), (measure, "with the judge", beside, point.with_judge)]
            rows += [(measure, "gain", beside, point.gain)]
        for measure, whose, beside, estimate in rows:
            yield (measure, judge.name, whose, beside, *estimate_cells(estimate))
