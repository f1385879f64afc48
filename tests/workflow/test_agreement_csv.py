"""The numbers of a view as rows: what stands in them, also where there is nothing to say."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO

import pytest

from core.errors import BadInput, NotAllowed, NotFound
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.estimates import Estimate, Flag, Interval, IntervalMethod, Reason
from core.workflow.agreement import LiveStudies, asked_of
from core.workflow.agreement_csv import ESTIMATE, TABLES, Source, csv_file
from core.workflow.agreement_csv_rows import estimate_cells
from core.workflow.agreement_place import judge_place
from core.workflow.agreement_raters import raters_found
from core.workflow.workspace import Visitor, Workspace
from tests.builders import add_rating, build_study

ITEMS = tuple(f"q{number}" for number in range(1, 26))
NUMBERS = DeclaredScale(ScaleKind.INTERVAL, low=-100.0, high=100.0)


def source(
    workspace: Workspace, answers: Mapping[str, Sequence[str | float | None]], scale: DeclaredScale,
    *, kind: str = "person", judge: str = "", visitor: str = "Zoe", also: Mapping[str, str] | None = None,
) -> Source:  # fmt: skip
    """What the tables are made of, where each rater gave its answers to q1, q2, ..."""
    built = build_study(workspace.database, name="Study", items=ITEMS, systems=("alder",),
                        criteria={"quality": ("output", scale)})  # fmt: skip
    with workspace.database.writing() as session:
        for rater, given in answers.items():
            for item, value in zip(ITEMS, given, strict=False):
                if value is not None:
                    add_rating(session, built, f"{item}/alder", "quality", rater, value,
                               kind="judge" if rater == judge else kind)  # fmt: skip
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return Source(workspace, Visitor(visitor), "Study", live, live.view(asked_of(live)), also or {})


def rows(found: Source, table: str) -> list[dict[str, str]]:
    text = b"".join(csv_file(found, table).pieces).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def test_an_estimate_keeps_everything_that_stands_beside_it() -> None:
    interval = Interval(-0.1, 0.5, 0.95, IntervalMethod.BCA)
    known = Estimate("cohen", 1 / 3, 30, 60, 12, interval, 0.1, flags=(Flag.SMALL_SAMPLE, Flag.CLUSTERED),
                     resamples=1000, undefined_resamples=7)  # fmt: skip
    assert dict(zip(ESTIMATE, estimate_cells(known), strict=True)) == {
        "value": 1 / 3, "low": -0.1, "high": 0.5, "level": 0.95, "method": "bca", "n_units": 30, "n_ratings": 60,
        "n_clusters": 12, "resamples": 1000, "undefined_resamples": 7, "reason": None, "interval_reason": None,
        "flags": "small_sample clustered",
    }  # fmt: skip
    undefined = Estimate("cohen", None, 5, 10, reason=Reason.NO_VARIATION, interval_reason=Reason.NO_VARIATION)
    cells = dict(zip(ESTIMATE, estimate_cells(undefined), strict=True))
    assert (cells["value"], cells["reason"], cells["interval_reason"]) == (None, "no_variation", None)


def test_pairs_say_units_value_and_reason(workspace: Workspace) -> None:
    found = rows(source(workspace, {"Ana": ["1", "2", "3"], "Bruno": ["1", "2", "5"], "Chioma": [None, None, "3"]},
                        likert(1, 5)), "pairs")  # fmt: skip
    by_pair = {(row["measure"], row["first"], row["second"]): row for row in found}
    assert len(by_pair) == len(found) == 3 * len({row["measure"] for row in found})
    assert {"percent", "cohen", "cohen_quadratic", "alpha_ordinal", "spearman"} <= {row["measure"] for row in found}
    both = by_pair["percent", "Ana", "Bruno"]
    assert float(both["value"]) == pytest.approx(2 / 3)
    assert (both["n_units"], both["reason"]) == ("3", "")
    # (1,1) (2,2) (3,5): mean squared distance 4/3; chance: mean over pairs of {1,2,3} x {1,2,5}
    # = (0 + 1 + 16 + 1 + 0 + 9 + 4 + 1 + 4) / 9 = 4; kappa = 1 - (4/3) / 4
    assert float(by_pair["cohen_quadratic", "Ana", "Bruno"]["value"]) == pytest.approx(2 / 3)
    alone = by_pair["cohen_quadratic", "Ana", "Chioma"]
    assert (alone["value"], alone["n_units"], alone["reason"]) == ("", "1", "no_variation")


def test_free_numbers_have_no_confusion_and_keep_their_sign(workspace: Workspace) -> None:
    found = source(workspace, {"Ana": [-1.5, 20.0, 3.0], "Bruno": [-1.5, 21.0, 4.0]}, NUMBERS)
    assert rows(found, "confusion") == []
    listed = rows(found, "disagreements")
    assert [(row["item"], row["rater"], row["answer"]) for row in listed] == [
        ("q2", "Ana", "20.0"), ("q2", "Bruno", "21.0"), ("q3", "Ana", "3.0"), ("q3", "Bruno", "4.0"),
    ]  # fmt: skip
    answers = rows(found, "answers")
    assert {row["measure"] for row in answers} == {"ratings", "off the scale", "turned by the order shown"}


def test_anonymous_raters_are_in_no_pair_and_no_coefficient_of_named_ones(workspace: Workspace) -> None:
    seats = {f"seat {seat}": ["pass", "fail", "pass"] for seat in range(3)}
    found = source(workspace, seats, pass_fail(), kind="seat")
    assert rows(found, "pairs") == rows(found, "confusion") == rows(found, "raters") == []
    cohen = next(row for row in rows(found, "coefficients") if (row["measure"], row["whose"]) == ("cohen", "people"))
    assert (cohen["value"], cohen["reason"]) == ("", "anonymous_raters")


def test_where_nothing_is_rated_every_table_has_its_header_only_or_says_why(workspace: Workspace) -> None:
    found = source(workspace, {}, pass_fail())
    for table in TABLES:
        said = rows(found, table)
        assert all(row["value"] == "" and row["reason"] for row in said), table
        assert bool(said) == (table in ("coefficients", "judges", "criteria")), table


def test_disagreements_stand_most_split_first(workspace: Workspace) -> None:
    found = source(
        workspace,
        {"Ana": ["1", "1", "3"], "Bruno": ["1", "5", "3"], "Chioma": ["2", "5", "3"]},
        likert(1, 5),
    )
    listed = rows(found, "disagreements")
    assert [(row["place"], row["item"], row["systems"]) for row in listed[::3]] == [
        ("1", "q2", "alder"), ("2", "q1", "alder"),
    ]  # fmt: skip
    assert float(listed[0]["split"]) > float(listed[3]["split"]) > 0


def test_an_unknown_table_is_named_with_those_there_are(workspace: Workspace) -> None:
    found = source(workspace, {}, pass_fail())
    with pytest.raises(NotFound, match=r'There is no table "nix"\. Known: judges, coefficients,'):
        csv_file(found, "nix")


def test_who_answered_what_is_given_to_known_visitors_only(workspace: Workspace) -> None:
    found = source(workspace, {"Ana": ["pass"], "Bruno": ["fail"]}, pass_fail(), visitor="")
    with pytest.raises(NotAllowed, match="Give your name"):
        csv_file(found, "disagreements")
    assert rows(found, "answers"), "how often somebody answered what exposes no item"


def test_judges_stand_beside_people_on_their_own_units(workspace: Workspace) -> None:
    answers = {"Ana": every(5), "Bruno": every(4), "Fir": every(3)[:20]}
    found = source(workspace, answers, pass_fail(), judge="Fir")
    listed = {(row["measure"], row["whose"], row["judge"]): row for row in rows(found, "judges")}
    # Ana and Bruno on all 25: the same on 17; on the first 20: all but 4 5 8 10 12 15 16, so 13
    assert float(listed["percent", "people", ""]["value"]) == pytest.approx(17 / 25)
    there = listed["percent", "people on the judge's units", "Fir"]
    assert float(there["value"]) == pytest.approx(13 / 20)
    assert there["n_units"] == "20"
    # Fir fails 0 3 6 9 12 15 18; Ana 0 5 10 15: apart on 3 5 6 9 10 12 18 = 13/20;
    # Bruno 0 4 8 12 16: apart on 3 4 6 8 9 15 16 18 = 12/20; mean 12.5/20
    assert float(listed["percent", "judge", "Fir"]["value"]) == pytest.approx(12.5 / 20)
    assert float(listed["percent", "judge minus people", "Fir"]["value"]) == pytest.approx(-0.5 / 20)


def every(step: int) -> list[str]:
    """Fail at every so manieth of the 25 items."""
    return ["fail" if place % step == 0 else "pass" for place in range(25)]


def test_raters_have_every_number_of_the_rater_table(workspace: Workspace) -> None:
    found = source(workspace, {"Ana": every(5), "Bruno": every(4), "Chioma": every(3)}, pass_fail())
    listed = {(row["measure"], row["rater"]): row for row in rows(found, "raters")}
    table = raters_found(found.live, found.view).rows
    for row in table:
        ours = row.agreement.percent
        assert float(listed["percent", row.line.name]["value"]) == ours.value
        assert row.without is not None
        without = listed["people_alpha_nominal_without", row.line.name]
        assert float(without["value"]) == row.without.estimate.value
        assert listed["percent", row.line.name]["beside"] == row.others
    # without Chioma only Ana and Bruno are left: 1 - 49 * 16 / (2 * 12 * 38)
    assert float(listed["people_alpha_nominal_without", "Chioma"]["value"]) == pytest.approx(1 - 784 / 912)


def test_slices_are_those_asked_for_or_all(workspace: Workspace) -> None:
    answers = {"Ana": every(5), "Bruno": every(4), "Fir": every(3)}
    found = source(workspace, answers, pass_fail(), judge="Fir")
    keys = [one.key for one in found.live.slice_keys(found.view)]
    listed = rows(found, "slices")
    assert list(dict.fromkeys(row["slices"] for row in listed)) == keys
    whole = next(row for row in listed if row["slice"] == "all units")
    assert (float(whole["value"]), whole["whose"]) == (found.view.people.alpha.value, "People")
    judge = next(line.id for line in found.view.raters if line.name == "Fir")
    also = {"by": keys[0], "beside": str(judge), "measure": "majority_percent"}
    beside = rows(replace(found, also=also), "slices")
    assert {row["measure"] for row in beside} == {"majority_percent"}
    assert {"Fir", "People", "Fir minus people"} <= {row["whose"] for row in beside}


def test_judges_are_held_against_the_majority_of_people_or_who_is_asked_for(workspace: Workspace) -> None:
    answers = {"Ana": every(5), "Bruno": every(5), "Chioma": every(4), "Fir": every(3)}
    found = source(workspace, answers, pass_fail(), judge="Fir")
    listed = {row["measure"]: row for row in rows(found, "reference")}
    # the majority is Ana's and Bruno's: pass on 20, of which Fir fails 3 6 9 12 18 21 24 -> 13 of 20 found
    assert float(listed["tpr"]["value"]) == pytest.approx(13 / 20)
    assert {row["reference"] for row in listed.values()} == {"Majority of people"}
    ids = {line.name: str(line.id) for line in found.view.raters}
    also = {"judge": ids["Bruno"], "reference": ids["Chioma"]}
    other = {row["measure"]: row for row in rows(replace(found, also=also), "reference")}
    assert {(row["rater"], row["reference"]) for row in other.values()} == {("Bruno", "Chioma")}
    # Chioma passes 18 (all but 0 4 8 12 16 20 24); Bruno fails 5 10 15 of these
    assert float(other["tpr"]["value"]) == pytest.approx(15 / 18)


def test_what_a_constant_judge_leaves_undefined_says_why(workspace: Workspace) -> None:
    answers = {"Ana": every(5), "Bruno": every(5), "Fir": ["pass"] * 25}
    listed = {row["measure"]: row for row in rows(source(workspace, answers, pass_fail(), judge="Fir"), "reference")}
    assert (listed["npv"]["value"], listed["npv"]["reason"]) == ("", "no_judge_negatives")


def test_preferences_stand_in_three_conventions(workspace: Workspace) -> None:
    answers = {"Ana": ["A", "B", "tie", "A"] * 6, "Bruno": ["A", "tie", "tie", "B"] * 6}
    found = source(workspace, answers, preference())
    listed = {row["measure"]: row for row in rows(found, "judges") if row["whose"] == "people"}
    # of every four pairs: A A, B tie, tie tie, A B: exact 2/4; without ties A A and A B: 1/2 of 2/4; half credit 2.5/4
    values = {key: float(listed[key]["value"]) for key in ("exact", "decisive", "coverage", "half_credit")}
    assert values == {"exact": 0.5, "decisive": 0.5, "coverage": 0.5, "half_credit": 0.625}


def test_every_criterion_names_itself(workspace: Workspace) -> None:
    found = source(workspace, {"Ana": every(5), "Bruno": every(4), "Fir": every(3)}, pass_fail(), judge="Fir")
    listed = rows(found, "criteria")
    assert [(row["criterion"], row["meaning"], row["whose"], row["judge"]) for row in listed] == [
        ("quality", "1", "people", ""), ("quality", "1", "judge", "Fir"),
        ("quality", "1", "people on the judge's units", "Fir"), ("quality", "1", "judge minus people", "Fir"),
    ]  # fmt: skip
    # among people: 1 - 49 * 16 / (2 * 12 * 38), as in the rater table
    assert float(listed[0]["value"]) == pytest.approx(1 - 784 / 912)


def test_a_judge_in_every_persons_place(workspace: Workspace) -> None:
    answers = {"Ana": every(5), "Bruno": every(4), "Chioma": every(3), "Fir": every(2)}
    found = source(workspace, answers, pass_fail(), judge="Fir")
    listed = {(row["measure"], row["whose"], row["beside"]): row for row in rows(found, "place")}
    place = judge_place(found.live, found.view, next(line.id for line in found.view.raters if line.name == "Fir"))
    for one in place.replacement.by_person:
        name = found.view.rater(int(one.rater_id)).name
        assert float(listed["alpha_nominal", "the judge instead of", name]["value"]) == one.estimate.value
    assert place.curve is not None
    for point in place.curve.points:
        beside = "1 person" if point.k == 1 else f"{point.k} people"
        assert float(listed["vote_majority", "gain", beside]["value"]) == point.gain.value


@pytest.mark.parametrize("also", [{"by": "nix"}, {"beside": "0"}, {"beside": "Fir"}])
def test_slices_that_do_not_exist_are_refused_before_the_file_begins(
    workspace: Workspace, also: Mapping[str, str]
) -> None:
    found = source(workspace, {"Ana": every(5), "Bruno": every(4)}, pass_fail(), also=also)
    with pytest.raises((NotFound, BadInput)):
        csv_file(found, "slices")
