"""Agreement ready for a paper: what the sentence says, what the methods own up to, and the second program."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from core.charts.writing import decimal, percentage
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail
from core.stats.estimates import Estimate
from core.workflow.agreement import LiveStudies, asked_of
from core.workflow.agreement_citing import Citation, citation
from core.workflow.agreement_recomputed import Recomputed, recomputed
from core.workflow.agreement_scorecard import scorecard
from core.workflow.agreement_view import AgreementView
from core.workflow.studies import find_study
from core.workflow.workspace import Workspace
from tests.builders import add_rating, build_study

TODAY = date(2026, 3, 3)
ITEMS = tuple(f"q{number}" for number in range(1, 26))
NUMBERS = DeclaredScale(ScaleKind.RATIO, low=0.0, high=100.0)


def rated(
    workspace: Workspace, answers: Mapping[str, Sequence[str | float | None]], *, scale: DeclaredScale | None = None,
    kinds: Mapping[str, str] | None = None, **asked: str,
) -> AgreementView:  # fmt: skip
    """The view of a study in which each rater gives its answers to q1, q2, ..."""
    built = build_study(workspace.database, name="Study", items=ITEMS, systems=("alder",),
                        criteria={"acceptable": ("output", scale or pass_fail())})  # fmt: skip
    with workspace.database.writing() as session:
        for rater, given_ in answers.items():
            for item, value in zip(ITEMS, given_, strict=False):
                if value is not None:
                    kind = (kinds or {}).get(rater, "person")
                    add_rating(session, built, f"{item}/alder", "acceptable", rater, value, kind=kind)
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live.view(asked_of(live, **asked))


def cited(workspace: Workspace, view: AgreementView, checked: Sequence[Recomputed] | None = None) -> Citation:
    study = find_study(workspace, str(view.study_id))
    live = LiveStudies(workspace).of(view.study_id)
    live.refresh()
    return citation(view, study, scorecard(live, view), today=TODAY, software="0.1.0", checked=checked)


def every(step: int) -> list[str]:
    """Fail at every so manieth of the 25 items."""
    return ["fail" if place % step == 0 else "pass" for place in range(25)]


def ends(estimate: Estimate, *, percent: bool = False) -> str:
    assert estimate.interval is not None
    low, high = estimate.interval.low, estimate.interval.high
    return f"{round(100 * low)} to {percentage(high)}" if percent else f"{decimal(low)} to {decimal(high)}"


def test_the_sentence_says_value_interval_method_units_and_what_must_stand_beside(workspace: Workspace) -> None:
    view = rated(workspace, {"Ana": every(5), "Bruno": every(4)})
    # Ana fails 5, Bruno 7; they differ on 8 of 25 (5 10 15 and 4 8 12 16 24): the same on 17 = 68 %.
    # alpha = 1 - 49 * 16 / (2 * 12 * 38) = .14; base rate of pass = 38 / 50 = 76 %.
    percent, alpha = view.people["percent"], view.people.alpha
    assert cited(workspace, view).sentence == (
        "Krippendorff's alpha (nominal) among 2 annotators on 25 units for “Acceptable” in the study “Study” was .14"
        f" (95 % BCa interval {ends(alpha)}, 1,000 bootstrap resamples of units); they gave the same answer in 68 % of"
        f" comparisons (95 % Wilson interval {ends(percent, percent=True)}), and the most common answer, “Pass”, was"
        " 76 % of answers."
    )


def test_a_judge_is_cited_beside_the_people_on_the_same_units(workspace: Workspace) -> None:
    view = rated(workspace, {"Ana": every(5), "Bruno": every(4), "Fir": every(3)}, kinds={"Fir": "judge"})
    judge = view.judges[0]
    said = cited(workspace, view)
    # kappa with Ana: fails 5 and 9, both on 0 15; po = 1 - (3 + 7) / 25 = .6, pe = (5 * 9 + 20 * 16) / 625 = .584:
    # .0385. With Bruno: fails 7 and 9, both on 0 12 24; po = 1 - (4 + 6) / 25 = .6, pe = (63 + 18 * 16) / 625 = .5616:
    # .0876. Mean .06. Ana and Bruno: po = .68, pe = (35 + 360) / 625 = .632: .13; the difference -.07.
    assert said.sentence.splitlines()[1].startswith("Judge “Fir”: kappa with the majority of the others was ")
    assert said.sentence.endswith(
        f"; Cohen's kappa with each person was .06 (95 % BCa interval {ends(judge.kappa)}) on 25 units, that of people"
        f" .13 (95 % BCa interval {ends(judge.ceiling)}), the difference −.07 (95 % BCa interval"
        f" {ends(judge.difference)})."
    )
    assert "Cohen (1960), Educational and Psychological Measurement 20; mean of pairs: Light (1971)" in said.references
    assert "judges answer once" in said.methods


def test_the_ceiling_and_what_it_leaves_out_are_cited(workspace: Workspace) -> None:
    answers = {"Ana": every(5), "Bruno": every(5), "Chioma": every(4), "Fir": every(5)[:22]}
    view = rated(workspace, answers, kinds={"Fir": "judge"})
    said = cited(workspace, view)
    # on the judge's 22 units Ana and Bruno are alike, Chioma differs on 4 5 8 10 12 15 16 20 -> 20: both fail; so on
    # 4 5 8 10 12 15 16: there Ana and Bruno face a tie (2 each), Chioma faces a majority: 22 * 3 - 14 = 52 majorities
    assert "kappa with the majority of the others was " in said.sentence
    assert "For “Fir”: 52 majorities of the others are compared with. 14 majorities do not exist" in said.methods


def test_what_is_undefined_is_cited_as_undefined_with_its_reason(workspace: Workspace) -> None:
    said = cited(workspace, rated(workspace, {"Ana": ["pass"] * 25, "Bruno": ["pass"] * 25}))
    assert said.sentence.startswith(
        "Krippendorff's alpha (nominal) among 2 annotators for “Acceptable” in the study “Study” is undefined: all"
        " compared ratings are the same, so agreement cannot be told from chance. They gave the same answer in 100 % of"
        " comparisons"
    )


def test_few_units_are_cited_without_an_interval_and_say_why_once(workspace: Workspace) -> None:
    view = rated(workspace, {"Ana": ["1", "2", "4"], "Bruno": ["1", "3", "5"]}, scale=likert(1, 5))
    said = cited(workspace, view).sentence
    assert said.count("fewer than 20 independent units") == 1
    assert said.count("no interval") == 2
    assert "interval" not in said.replace("no interval", "").replace("an interval would promise", "")


def test_methods_say_which_ratings_what_was_left_out_and_which_software(workspace: Workspace) -> None:
    answers = {"Ana": every(5), "Bruno": every(4)[:20], "Fir": every(3)}
    view = rated(workspace, answers, kinds={"Fir": "judge"})
    methods = cited(workspace, view).methods
    assert methods.startswith("Ratings are first answers, given before the rater had seen anybody else's;")
    assert "The scale is binary with 2 options: Pass, Fail." in methods
    assert "5 units with a single rating: nothing to compare there." in methods
    assert f"1,000 resamples were drawn with seed {view.seed}; all had a value." in methods
    assert "Computed with Touchstone 0.1.0 on 2026-03-03." in methods
    assert "Alpha was not recomputed with the package krippendorff" in methods


def test_a_filter_is_told_with_what_it_leaves_out(workspace: Workspace) -> None:
    view = rated(workspace, {"Ana": every(5), "Bruno": every(4), "Fir": every(3)}, kinds={"Fir": "judge"})
    live = LiveStudies(workspace).of(view.study_id)
    live.refresh()
    narrowed = live.view(asked_of(live, kinds=["person"], raters=["Ana", "Bruno"]))
    methods = cited(workspace, narrowed).methods
    # 3 x 25 ratings, of which the judge's 25 are left out; every unit keeps its people
    assert "Only these ratings are included: people; that leaves out 25 of 75 ratings and 0 of 25 units." in methods
    assert "2 of 2 raters were chosen." in methods


def test_only_what_is_cited_is_referenced(workspace: Workspace) -> None:
    view = rated(workspace, {"Ana": every(5), "Bruno": every(4)})
    assert cited(workspace, view, recomputed(view)).references == (
        "Krippendorff (2011), Computing Krippendorff's Alpha-Reliability",
        "Fleiss (1971), Psychological Bulletin 76",
        "Efron (1987), Better bootstrap confidence intervals, Journal of the American Statistical Association 82",
        "Wilson (1927), Journal of the American Statistical Association 22",
        "Castro (2017), Fast Krippendorff: Fast computation of Krippendorff's alpha agreement measure",
    )


def test_where_one_answer_is_very_common_ac1_is_cited_too(workspace: Workspace) -> None:
    ana, bruno = ["pass"] * 25, ["pass"] * 25
    ana[0] = bruno[1] = "fail"
    said = cited(workspace, rated(workspace, {"Ana": ana, "Bruno": bruno}))
    # they agree on 23 of 25; pi = .04: pe = 2 * .04 * .96 = .0768, AC1 = (.92 - .0768) / .9232 = .91
    assert "One answer is very common, which lowers alpha; Gwet's AC1 was .91 (95 % " in said.sentence
    assert any(reference.startswith("Gwet (2008)") for reference in said.references)


def test_the_second_program_is_quoted_with_what_it_found(workspace: Workspace) -> None:
    view = rated(workspace, {"Ana": every(5), "Bruno": every(4)})
    found = recomputed(view)
    assert [one.key for one in found] == ["alpha_nominal"], "a binary scale has no order"
    # 1 - 49 * 16 / 912
    assert "nominal 0.140351 (here 0.140351); the same to 1e-9." in cited(workspace, view, found).methods
    apart = [Recomputed("alpha_nominal", 0.14, 0.15), Recomputed("alpha_ratio", 0.5, None, "it is too large")]
    methods = cited(workspace, view, apart).methods
    assert "nominal 0.150000 (here 0.140000); they differ by up to 0.01." in methods
    assert "Krippendorff's alpha, ratio was not recomputed: it is too large." in methods


def test_hostile_names_stay_words(workspace: Workspace) -> None:
    name = "Fir\n\nReferences\n- \u202eeverybody\x00"
    view = rated(workspace, {"Ana": every(5), "Bruno": every(4), name: every(3)}, kinds={name: "judge"})
    said = cited(workspace, view)
    assert len(said.sentence.splitlines()) == 2
    assert "\u202e" not in said.text
    assert "\x00" not in said.text


@pytest.mark.parametrize("phase", ["revised", "exposed", "latest"])
def test_nothing_rated_is_cited_as_nothing_rated(workspace: Workspace, phase: str) -> None:
    view = rated(workspace, {"Ana": every(5)[:1]}, phase=phase)
    assert "is undefined: n" in cited(workspace, view, recomputed(view)).sentence
