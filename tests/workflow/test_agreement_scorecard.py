"""The scorecard: every judge with people on the judge's own units, checked by hand."""

import time
from collections.abc import Mapping

import krippendorff
import numpy as np
import pytest

from core.scales import DeclaredScale, ScaleKind, likert, preference
from core.stats.estimates import Estimate, Reason
from core.workflow.agreement import Asked, LiveAgreement, LiveStudies, headline, plain_text
from core.workflow.agreement_scorecard import Row, Scorecard, scorecard
from core.workflow.agreement_shown import as_data
from core.workflow.agreement_view import MOST_JUDGES, MOST_PEOPLE, AgreementView
from core.workflow.workspace import Workspace
from tests.builders import Built, add_rating, build_study

OPTIONS = {"p": "pass", "f": "fail", "A": "A", "B": "B", "t": "tie"}


def study(workspace: Workspace, n: int, scale: DeclaredScale | None = None) -> Built:
    criteria = None if scale is None else {"acceptable": ("output", scale)}
    return build_study(workspace.database, items=tuple(f"q{k:03}" for k in range(n)), systems=("a",), criteria=criteria)


def rate(workspace: Workspace, built: Built, rows: Mapping[str, str | list[float]], kind: str = "person") -> None:
    """`{"Ana": "pf.p"}`: answers to the subjects in order, a dot for none; whose name begins with J is a judge."""
    with workspace.database.writing() as session:
        for name, answers in rows.items():
            who = "judge" if name.startswith("J") else kind
            for subject, answer in zip(built.subjects, answers, strict=False):
                if answer != ".":
                    value = OPTIONS.get(answer, answer) if isinstance(answer, str) else answer
                    add_rating(session, built, subject, "acceptable", name, value, kind=who)


def shown(workspace: Workspace, built: Built) -> tuple[LiveAgreement, AgreementView, Scorecard]:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    view = live.view(Asked())
    return live, view, scorecard(live, view)


def row(card: Scorecard, key: str) -> Row:
    found = card.row(key)
    assert found is not None, [one.key for one in card.rows]
    return found


def values(found: Row) -> tuple[float | None, float | None, float | None]:
    """The judge's number, the people's on its units, the difference."""
    (cell,) = found.cells
    return cell.judge.value, cell.people and cell.people.value, cell.difference and cell.difference.value


def people_of(found: Row) -> Estimate:
    assert found.people is not None
    return found.people


def beside(found: Row) -> Estimate:
    """The people's number on the judge's units."""
    people = found.cells[0].people
    assert people is not None
    return people


FOUR = {"Ana": "ppfp", "Bruno": "ppff", "Chioma": "pfff", "Jo": "pppf"}


def test_percent_and_kappa_are_means_over_people_beside_people_on_the_same_units(workspace: Workspace) -> None:
    built = study(workspace, 4)
    rate(workspace, built, FOUR)
    card = shown(workspace, built)[2]
    # Jo with Ana 2/4, Bruno 3/4, Chioma 2/4; people A-B 3/4, A-C 2/4, B-C 3/4
    assert values(row(card, "percent")) == pytest.approx((7 / 12, 2 / 3, -1 / 12))
    assert people_of(row(card, "percent")).value == pytest.approx(2 / 3)
    # kappas of Jo: Ana (8-10)/(16-10) = -1/3, Bruno (3/4-1/2)/(1/2) = 1/2, Chioma (8-6)/(16-6) = 1/5
    judge, people, difference = values(row(card, "kappa"))
    assert judge == pytest.approx((-1 / 3 + 1 / 2 + 1 / 5) / 3)
    # of people: A-B (3/4-1/2)/(1/2) = 1/2, A-C (8-6)/(16-6) = 1/5, B-C (3/4-1/2)/(1/2) = 1/2
    assert people == pytest.approx((1 / 2 + 1 / 5 + 1 / 2) / 3)
    assert difference == pytest.approx((judge or 0) - (people or 0))


def test_rates_are_held_against_the_majority_of_people(workspace: Workspace) -> None:
    built = study(workspace, 5)
    rate(workspace, built, {name: answers + last for (name, answers), last in zip(FOUR.items(), "pf.p", strict=True)})
    card = shown(workspace, built)[2]
    # majorities p p f f and a tie; Jo p p p f: both positives found, one of two negatives
    assert row(card, "tpr").cells[0].judge.value == 1.0
    assert row(card, "tnr").cells[0].judge.value == 0.5
    assert "“Pass” counts as positive" in row(card, "tpr").note
    assert row(card, "tpr").cells[0].left_out == ("1 of 5 units where people tie: no reference.",)
    assert row(card, "tpr").people is None


def test_the_ceiling_faces_the_same_majorities_of_the_others(workspace: Workspace) -> None:
    built = study(workspace, 4)
    rate(workspace, built, FOUR)
    live, view, card = shown(workspace, built)
    # unit 1: everybody faces p, all right. 2 (p p f): only Chioma faces a majority, p: she is wrong, Jo right.
    # 3 (f f f): all right, Jo wrong three times. 4 (p f f): only Ana faces one, f: she is wrong, Jo right.
    assert values(row(card, "ceiling_percent")) == pytest.approx((5 / 8, 6 / 8, -1 / 8))
    # majority p in 4 of 8. People say p in 4: pe 1/2, kappa (3/4-1/2)/(1/2). Jo says p in 7: pe 1/2, kappa 1/4
    assert values(row(card, "ceiling_kappa")) == pytest.approx((1 / 4, 1 / 2, -1 / 4))
    assert row(card, "ceiling_kappa").cells[0].left_out == (
        "8 majorities of the others are compared with.",
        "4 majorities do not exist because the others tie.",
    )
    said = plain_text(headline(view, card))
    assert (
        "Jo: too few units to compare it with people (kappa .25 against a ceiling of .50, on the same 4 units)" in said
    )
    assert scorecard(live, view) is card, "computed once"


def test_alpha_has_the_judge_in_each_persons_place_in_turn(workspace: Workspace) -> None:
    built = study(workspace, 4)
    rate(workspace, built, FOUR)
    judge, people, difference = values(row(shown(workspace, built)[2], "alpha"))
    codes = np.array([["pf".index(one) for one in answers] for answers in FOUR.values()], dtype=float)

    def alpha(raters: list[int]) -> float:
        return float(krippendorff.alpha(codes[raters], level_of_measurement="nominal", value_domain=[0, 1]))

    swapped = np.mean([alpha([3, 1, 2]), alpha([0, 3, 2]), alpha([0, 1, 3])])
    assert (judge, people) == (pytest.approx(swapped), pytest.approx(alpha([0, 1, 2])))
    assert difference == pytest.approx(swapped - alpha([0, 1, 2]))


def test_everything_of_a_judge_is_on_its_own_units_and_it_says_how_many(workspace: Workspace) -> None:
    built = study(workspace, 9)
    # The people fall apart on the four units that Jo never saw; it saw one that nobody else did.
    rate(workspace, built, {"Ana": "ppfppppp.", "Bruno": "ppffffff.", "Chioma": "pfffpfpf.", "Jo": "pppf....p"})
    card = shown(workspace, built)[2]
    (judge,) = card.judges
    assert (judge.name, judge.n_units, judge.n_shared) == ("Jo", 5, 4)
    assert values(row(card, "percent")) == pytest.approx((7 / 12, 2 / 3, -1 / 12))
    assert row(card, "percent").cells[0].judge.n_units == 4
    assert values(row(card, "ceiling_kappa")) == pytest.approx((1 / 4, 1 / 2, -1 / 4))
    everywhere = people_of(row(card, "percent"))
    # 8 of 12 pairs alike on the first four units, and on each of the others one pair of three
    assert everywhere.n_units == 8
    assert everywhere.value == pytest.approx((8 / 3 + 4 / 3) / 8)
    for key in ("percent", "alpha", "kappa", "tpr"):
        assert "1 of 5 units rated by no person." in row(card, key).cells[0].left_out


def test_where_one_answer_is_so_common_that_kappa_falls_ac1_stands_in_its_place(workspace: Workspace) -> None:
    built = study(workspace, 60)
    rate(workspace, built, {"Ana": "p" * 58 + "ff", "Bruno": "ff" + "p" * 58, "Jo": "p" * 60})
    card = shown(workspace, built)[2]
    assert card.row("kappa") is None
    found = row(card, "ac")
    assert found.measure == "ac1"
    assert found.note.startswith("Instead of kappa: 97 % of the answers are “Pass”")
    # Ana and Bruno: pa 56/60, pi (58/60, 2/60): pe 2 * 58/60 * 2/60
    pe = 2 * 58 / 60 * 2 / 60
    assert people_of(found).value == pytest.approx((56 / 60 - pe) / (1 - pe))
    assert found.cells[0].measure == "ac1_in_place"
    assert card.commonest is not None
    assert card.commonest.label == "Pass"
    assert card.commonest.share == pytest.approx(58 / 60)
    assert card.judges[0].commonest is not None
    assert card.judges[0].commonest.share == 1.0


def test_often_alike_but_hardly_more_than_by_chance_is_said(workspace: Workspace) -> None:
    built = study(workspace, 100)
    # alike on 69 + 11 of 100, 79 passes each: pe .79^2 + .21^2 = .668, kappa (.8 - .668)/.332 = .397;
    # AC1: pe 2 * .79 * .21 = .332, (.8 - .332)/.668 = .70
    rate(workspace, built, {"Ana": "p" * 79 + "f" * 21, "Bruno": "p" * 69 + "f" * 21 + "p" * 10})
    _, view, card = shown(workspace, built)
    assert card.row("kappa") is not None, "79 % is not yet common enough to put AC1 first"
    assert "79 % of their answers are “Pass”" in plain_text(headline(view, card))
    assert "mostly the same (AC1 .70)" in plain_text(headline(view, card))


def test_with_one_person_there_is_no_ceiling_and_alpha_is_that_of_the_two(workspace: Workspace) -> None:
    built = study(workspace, 30)
    rate(workspace, built, {"Ana": "ppf" * 10, "Jo": "pff" * 10})
    _, view, card = shown(workspace, built)
    (alpha,) = row(card, "alpha").cells
    assert alpha.judge.value == view.everyone.alpha.value
    assert (alpha.people and alpha.people.reason, alpha.difference) == (Reason.NO_PAIRABLE_ITEMS, None)
    assert "Only one person" in alpha.left_out[0]
    assert row(card, "ceiling_kappa").cells[0].judge.reason is Reason.NO_PAIRABLE_ITEMS
    # alike on 20 of 30; p 20 and 10: pe (20*10 + 10*20)/900 = 4/9, kappa (2/3 - 4/9)/(5/9)
    assert row(card, "kappa").cells[0].judge.value == pytest.approx(0.4)
    said = plain_text(headline(view, card))
    assert "Jo agrees with people at kappa .40 on 30 units; how well people agree with each other there is not" in said


def test_anonymous_people_still_set_a_majority(workspace: Workspace) -> None:
    built = study(workspace, 4)
    rate(workspace, built, {"s1": "ppfp", "s2": "ppff", "s3": "pfff"}, kind="seat")
    rate(workspace, built, {"Jo": "pppf"})
    _, view, card = shown(workspace, built)
    assert row(card, "kappa").measure == "fleiss"
    assert people_of(row(card, "percent")).value is not None
    for key in ("percent", "alpha", "kappa", "ceiling_kappa"):
        assert row(card, key).cells[0].judge.reason is Reason.ANONYMOUS_RATERS
    assert (row(card, "tpr").cells[0].judge.value, row(card, "tnr").cells[0].judge.value) == (1.0, 0.5)
    assert not card.ceilings
    assert "Jo cannot be compared with people: the ratings do not say who gave them" in plain_text(headline(view, card))


def test_without_people_or_without_judges_the_rest_is_there(workspace: Workspace) -> None:
    built = study(workspace, 4)
    rate(workspace, built, {"Jo": "ppff", "Ji": "pppf"})
    card = shown(workspace, built)[2]
    assert (card.among, card.judges) == ("raters", ())
    assert [one.key for one in card.rows] == ["percent", "alpha", "kappa"]
    assert people_of(row(card, "percent")).value == 0.75
    other = build_study(workspace.database, name="Other", systems=("a",))
    rate(workspace, other, {"Ana": "ppf", "Bruno": "pff"})
    card = shown(workspace, other)[2]
    assert (card.among, card.judges, [one.cells for one in card.rows]) == ("people", (), [(), (), ()])


def test_free_numbers_are_held_against_the_mean_of_people(workspace: Workspace) -> None:
    built = study(workspace, 3, DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0))
    rate(workspace, built, {"Ana": [10.0, 30.0, 50.0], "Bruno": [20.0, 40.0, 60.0], "Jo": [15.0, 35.0, 58.0]})
    _, view, card = shown(workspace, built)
    # means 15, 35, 55: apart 0, 0, 3
    assert row(card, "mae").cells[0].judge.value == pytest.approx(1.0)
    assert row(card, "bias").cells[0].judge.value == pytest.approx(1.0)
    assert row(card, "spearman").cells[0].judge.value == pytest.approx(1.0)
    assert beside(row(card, "icc")).value == view.people["icc_2_1"].value
    assert "alpha with it in a person's place" in plain_text(headline(view, card))
    assert card.commonest is None


def test_a_scale_without_a_positive_option_says_so(workspace: Workspace) -> None:
    built = study(workspace, 4, likert(1, 3))
    rate(workspace, built, {"Ana": "1223", "Bruno": "1233", "Jo": "1233"})
    card = shown(workspace, built)[2]
    assert row(card, "tpr").cells[0].judge.reason is Reason.NO_POSITIVE_OPTION
    assert row(card, "tpr").note == ""
    assert row(card, "alpha").measure == "alpha_ordinal"
    assert row(card, "kappa").measure == "cohen_quadratic"


def test_of_a_crowd_only_those_who_share_most_units_are_replaced(workspace: Workspace) -> None:
    built = study(workspace, 6)
    crowd = {f"P{k:02}": "pfpfp" + ("f" if k else ".") for k in range(MOST_PEOPLE + 1)}
    rate(workspace, built, crowd | {"Jo": "pfppff"})
    (cell,) = row(shown(workspace, built)[2], "alpha").cells
    assert cell.left_out == ("1 of 13 people: only the 12 who share most units with the judge are replaced.",)
    assert cell.people is not None
    assert cell.people.n_ratings == 6 * MOST_PEOPLE


def test_more_judges_than_are_shown_are_counted(workspace: Workspace) -> None:
    built = study(workspace, 3)
    rate(workspace, built, {"Ana": "ppf", "Bruno": "pff"} | {f"J{k:02}": "ppf" for k in range(MOST_JUDGES + 2)})
    card = shown(workspace, built)[2]
    assert (len(card.judges), card.n_more) == (MOST_JUDGES, 2)
    assert all(len(one.cells) == MOST_JUDGES for one in card.rows)


def test_a_provisional_view_has_no_intervals_and_says_that_they_come(workspace: Workspace) -> None:
    built = study(workspace, 30)
    rate(workspace, built, {"Ana": "ppf" * 10, "Bruno": "pff" * 10, "Jo": "ppf" * 10})
    live = LiveAgreement(workspace, built.study, slow_seconds=0.0)
    live.refresh()
    live.view(Asked())
    rate(workspace, built, {"Chioma": "p"})
    live.refresh()
    quick = live.view(Asked(), patient=False)
    assert quick.provisional
    for one in scorecard(live, quick).rows:
        assert one.cells[0].judge.interval is None
    assert row(scorecard(live, quick), "ceiling_kappa").cells[0].judge.interval_reason is Reason.NOT_RESAMPLED


def test_the_scorecard_of_a_slow_view_is_ready_before_anybody_sees_the_view(workspace: Workspace) -> None:
    built = study(workspace, 30)
    rate(workspace, built, {"Ana": "ppf" * 10, "Bruno": "pff" * 10, "Jo": "ppf" * 10})
    prepared: list[tuple[AgreementView, Scorecard]] = []
    live = LiveAgreement(
        workspace, built.study, slow_seconds=0.0, prepare=lambda of, view: prepared.append((view, scorecard(of, view)))
    )
    live.refresh()
    live.view(Asked())
    rate(workspace, built, {"Chioma": "p"})
    live.refresh()
    quick = live.view(Asked(), patient=False)
    meanwhile = scorecard(live, quick)
    deadline = time.monotonic() + 10
    while live.view(Asked(), patient=False).provisional and time.monotonic() < deadline:
        time.sleep(0.02)
    whole = live.view(Asked(), patient=False)
    ((view, card),) = prepared
    assert whole is view
    assert scorecard(live, whole) is card
    assert row(meanwhile, "percent").cells[0].judge.interval is None
    assert row(card, "percent").cells[0].judge.interval is not None


def test_as_data_every_cell_has_a_value_or_a_reason(workspace: Workspace) -> None:
    built = study(workspace, 25, preference())
    rate(workspace, built, {"Ana": "ABtAA" * 5, "Bruno": "ABAAA" * 5, "Jo": "BBtAA" * 5})
    _, view, card = shown(workspace, built)
    data = as_data(view, card)["scorecard"]
    assert [one["key"] for one in data["measures"]] == [one.key for one in card.rows]
    for measure in data["measures"]:
        (cell,) = measure["judges"]
        assert cell["rater"] == "Jo"
        for estimate in (cell["judge"], cell["people_on_the_same_units"], cell["difference"]):
            assert estimate is None or (estimate["value"] is None) == (estimate["reason"] is not None)
