"""Every number explains itself: definition, what was left out with counts, how the interval was made."""

import pytest

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Estimate, Flag, Interval, IntervalMethod, Reason
from core.stats.number_pairs import compare_numbers
from core.stats.ratings import RatingTable
from core.stats.two_raters import compare
from core.workflow.agreement import Asked, LiveStudies
from core.workflow.agreement_definitions import DEFINITIONS, definition_of
from core.workflow.agreement_explained import (
    counted,
    explained,
    interval_made,
    pairs_left_out,
    report_left_out,
    without_value,
)
from core.workflow.agreement_numbers import CONVENTIONS, every_coefficient, held_against, references_for
from core.workflow.agreement_scorecard import scorecard
from core.workflow.agreement_view import AgreementView
from core.workflow.workspace import Workspace
from tests.builders import Built, add_rating, build_study

ITEMS = tuple(f"q{n:02}" for n in range(24))
SCALES = {
    "pass and fail": (pass_fail(), ("pass", "fail")),
    "five steps": (likert(1, 5), ("1", "2", "3", "4", "5")),
    "preference": (preference(both_bad=True), ("A", "tie", "B", "both_bad")),
    "numbers": (DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=10.0), (1.0, 4.0, 9.0)),
}


def rated(workspace: Workspace, scale: DeclaredScale, values: tuple[str | float, ...], *raters: str) -> Built:
    """Everybody answers all items by turns, each a little out of step; whose name begins with J is a judge."""
    built = build_study(workspace.database, items=ITEMS, systems=("a",), criteria={"it": ("output", scale)})
    with workspace.database.writing() as session:
        for step, name in enumerate(raters):
            for place, subject in enumerate(built.subjects):
                turn = place + (place % (step + 3) == 0)
                kind = "judge" if name.startswith("J") else "person"
                add_rating(session, built, subject, "it", name, values[turn % len(values)], kind=kind)
    return built


def view_of(workspace: Workspace, built: Built) -> AgreementView:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live.view(Asked())


def test_every_number_that_can_be_shown_is_defined() -> None:
    shown = set(COEFFICIENTS) | set(CONVENTIONS)
    two = RatingTable.from_codes([[0, 0], [1, 1], [1, 0]], pass_fail(), rater_ids=["a", "b"])
    shown |= set(compare(two, "a", "b", seed=1, resamples=0).estimates)
    shown |= set(compare_numbers([1.0, 2.0], [1.0, 3.0], seed=1, resamples=0).estimates)
    assert shown <= set(DEFINITIONS)
    for key, found in DEFINITIONS.items():
        assert found.key == key
        assert all((found.title, found.definition, found.formula, found.source)), key


def test_a_number_that_nobody_defined_is_refused() -> None:
    with pytest.raises(BadInput, match="nix"):
        definition_of("nix")


@pytest.mark.parametrize("named", SCALES)
def test_every_number_of_every_scale_explains_itself(workspace: Workspace, named: str) -> None:
    scale, values = SCALES[named]
    built = rated(workspace, scale, values, "Ana", "Bruno", "Chioma", "Jo")
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    view = live.view(Asked())
    card = scorecard(live, view)
    estimates: list[tuple[str, Estimate | None]] = [(row.measure, row.people) for row in card.rows]
    for row in card.rows:
        for cell in row.cells:
            estimates += [
                (cell.measure, cell.judge),
                (cell.people_measure, cell.people),
                ("difference", cell.difference),
            ]
    estimates += [(line.key, one) for line in every_coefficient(view).lines for one in line.estimates]
    jo = view.rater(card.judges[0].id).id
    for reference in references_for(view, jo):
        held = held_against(live, view, jo, reference)
        estimates += [(line.key, line.estimates[0]) for line in held.numbers.lines]
    told = [(one, explained(view, one, measure=key)) for key, one in estimates if one is not None]
    assert len(told) > 20
    for one, said in told:
        assert said.definition
        assert said.source
        assert (one.value is None) == bool(said.reason)
        assert (one.value is None) == (said.interval == "")


def test_an_interval_says_its_method_its_resamples_and_those_that_had_no_value() -> None:
    interval = Interval(0.2, 0.6, 0.95, IntervalMethod.BCA)
    found = Estimate("cohen", 0.4, 60, 120, 60, interval, resamples=1000, undefined_resamples=12)
    assert interval_made(found).startswith("95 % interval. Bias-corrected accelerated bootstrap")
    assert interval_made(found).endswith("1,000 resamples, of which 12 had no value and were dropped.")
    whole = Estimate("cohen", 0.4, 60, 120, 60, interval, resamples=1000)
    assert interval_made(whole).endswith("1,000 resamples, each with a value.")
    wilson = Estimate("tpr", 1.0, 60, 120, 60, Interval(0.9, 1.0, 0.95, IntervalMethod.WILSON))
    assert interval_made(wilson) == "95 % interval. Wilson score interval of a proportion."


def test_where_there_is_no_interval_it_says_why() -> None:
    few = Estimate("cohen", 0.4, 12, 24, 12, interval_reason=Reason.TOO_FEW_ITEMS)
    assert interval_made(few).startswith("No interval. Fewer than 20 independent units")
    dropped = Estimate("cohen", 0.4, 60, 120, 60, interval_reason=Reason.UNDEFINED_RESAMPLES, resamples=1000,
                       undefined_resamples=80)  # fmt: skip
    assert interval_made(dropped).endswith("80 of 1,000 had no value.")
    assert interval_made(Estimate("cohen", None, 0, 0, reason=Reason.NO_RATINGS)) == ""


def test_counts_are_units_ratings_and_clusters() -> None:
    assert counted(Estimate("cohen", 0.4, 184, 552, 60)) == "184 units, 552 ratings, in 60 clusters"
    assert counted(Estimate("cohen", 0.4, 1, 2, 1)) == "1 unit, 2 ratings"


def test_answers_without_a_value_and_units_rated_once_are_counted(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=("q1", "q2", "q3", "q4"), systems=("a",))
    with workspace.database.writing() as session:
        for subject in ("q1/a", "q2/a"):
            for name in ("Ana", "Bruno"):
                add_rating(session, built, subject, "acceptable", name, "pass")
        add_rating(session, built, "q3/a", "acceptable", "Ana", "fail")
        add_rating(session, built, "q3/a", "acceptable", "Bruno", None, absence="abstained")
        add_rating(session, built, "q4/a", "acceptable", "Bruno", "perhaps")
        add_rating(session, built, "q1/a", "acceptable", "Jo", None, kind="judge", absence="unreadable")
    view = view_of(workspace, built)
    assert without_value(view.raters) == (
        "2 answers without a value: 1 abstained, 1 unreadable.",
        "1 value not on the scale, counted as missing.",
    )
    assert report_left_out(view.people) == ("1 unit with a single rating: nothing to compare there.",)
    people = [line.id for line in view.raters if line.is_person]
    said = explained(view, view.people["percent"], raters=people, left_out=report_left_out(view.people))
    assert said.left_out == (
        "1 unit with a single rating: nothing to compare there.",
        "1 answer without a value: 1 abstained.",
        "1 value not on the scale, counted as missing.",
    )
    assert said.title == "Percent agreement"


def test_pairs_that_share_nothing_or_never_vary_are_counted(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=("q1", "q2", "q3", "q4"), systems=("a",))
    answers = {"Ana": "pf..", "Bruno": "pf..", "Chioma": "..pp", "Dmitri": "..pp"}
    with workspace.database.writing() as session:
        for name, given in answers.items():
            for subject, answer in zip(built.subjects, given, strict=True):
                if answer != ".":
                    add_rating(session, built, subject, "acceptable", name, {"p": "pass", "f": "fail"}[answer])
    view = view_of(workspace, built)
    # of 6 pairs Ana and Bruno have a kappa, Chioma and Dmitri never vary, and four share nothing
    assert pairs_left_out(view, [line.id for line in view.raters]) == (
        "4 of 6 pairs of raters that share no unit.",
        "1 of 6 pairs of raters that gave a single answer throughout.",
    )
    assert pairs_left_out(view, [view.raters[0].id], [view.raters[1].id]) == ()


def test_what_a_reader_must_know_stands_apart_from_what_was_left_out(workspace: Workspace) -> None:
    built = rated(workspace, preference(both_bad=True), ("A", "tie", "B", "both_bad"), "Ana", "Bruno")
    view = view_of(workspace, built)
    weighted, exact = view.people["percent_linear"], view.people["percent"]
    assert Flag.OUTSIDE_ORDER_LEFT_OUT in weighted.flags
    said = explained(view, weighted, left_out=report_left_out(view.people, weighted))
    assert any("outside the order of the options" in one for one in said.left_out)
    assert not any("outside the order" in one for one in report_left_out(view.people, exact))
    assert said.notes == (Flag.SMALL_SAMPLE.sentence,)
