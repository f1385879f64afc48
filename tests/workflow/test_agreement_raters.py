"""The rater table: with whom raters are compared, what is decided about change, repeats, speed, order and pages."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core.models.ratings import Submission
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.agreement import agreement
from core.stats.estimates import Estimate, Interval, IntervalMethod, Reason
from core.store.rater_facts import Speed
from core.workflow.agreement import AgreementView, Asked, LiveAgreement, LiveStudies
from core.workflow.agreement_drifts import change_word, changed_together
from core.workflow.agreement_rater_words import of_agreement, of_change, of_repeats, of_speed, of_without
from core.workflow.agreement_raters import (
    ORDERS,
    PAGE,
    RaterRow,
    in_order,
    raters_found,
)
from core.workflow.demo import load_demo
from core.workflow.workspace import Workspace
from tests.builders import AT, Built, add_rater, add_rating, build_study

ITEMS = tuple(f"q{number}" for number in range(80))


def opened(workspace: Workspace, study: int, asked: Asked | None = None) -> tuple[LiveAgreement, AgreementView]:
    live = LiveStudies(workspace).of(study)
    live.refresh()
    return live, live.view(asked or Asked())


def rows_of(workspace: Workspace, built: Built) -> dict[str, RaterRow]:
    live, view = opened(workspace, built.study)
    return {row.line.name: row for row in raters_found(live, view).rows}


def build(workspace: Workspace, answers: dict[str, list[str]], *, scale: DeclaredScale | None = None) -> Built:
    """Each rater's answers to the items in order, a minute apart; J... are judges, S... sources."""
    n = max(len(given) for given in answers.values())
    built = build_study(
        workspace.database, items=ITEMS[:n], systems=("alder",), criteria={"good": ("output", scale or pass_fail())}
    )
    kinds = {"J": "judge", "S": "source"}
    with workspace.database.writing() as session:
        for name, given in answers.items():
            for place, (item, value) in enumerate(zip(ITEMS, given, strict=False)):
                if value:
                    add_rating(session, built, f"{item}/alder", "good", name, value, kind=kinds.get(name[0], "person"),
                               at=AT + timedelta(minutes=place))  # fmt: skip
    return built


def mixed(seed: int, n: int = 80, right: float = 0.8) -> list[str]:
    """Answers that follow a common truth with some noise."""
    truth = np.random.default_rng(1).integers(0, 2, n)
    noise = np.random.default_rng(seed).random(n) > right
    return ["fail" if value else "pass" for value in truth ^ noise]


def test_people_are_held_against_the_other_people_and_judges_against_all_of_them(workspace: Workspace) -> None:
    answers = {
        "Ana": ["pass", "pass", "fail"],
        "Bruno": ["pass", "fail", "fail"],
        "Jay": ["pass", "pass", "pass"],
        "Src": ["fail", "pass", "pass"],
    }
    rows = rows_of(workspace, build(workspace, answers))
    assert [(row.group, row.others) for row in rows.values()] == [
        ("People", "the other people"), ("People", "the other people"), ("Judges", "the people"),
        ("Labels that came along", "the people"),
    ]  # fmt: skip
    # Ana and Bruno: the same on 2 of 3. Jay with both: 2 + 1 + 0 of 6. Src: 0 + 1 + 0 of 6.
    assert [row.agreement.percent.value for row in rows.values()] == pytest.approx([2 / 3, 2 / 3, 3 / 6, 1 / 6])


def test_one_person_alone_is_held_against_everybody(workspace: Workspace) -> None:
    rows = rows_of(workspace, build(workspace, {"Ana": ["pass", "pass"], "Jay": ["pass", "fail"], "Jo": ["fail"] * 2}))
    assert rows["Ana"].others == "all other raters"
    assert rows["Ana"].agreement.percent.n_ratings == 6
    assert rows["Jay"].others == "the people"
    assert rows["Jay"].agreement.percent.n_ratings == 4
    assert rows["Ana"].without is None, "nobody is left when the only person is left out"


def test_leaving_out_changes_the_alpha_of_the_people(workspace: Workspace) -> None:
    built = build(workspace, {"Ana": mixed(2), "Bruno": mixed(3), "Cy": mixed(4, right=0.5), "Jay": mixed(5)})
    live, view = opened(workspace, built.study)
    found = raters_found(live, view)
    rows = {row.line.name: row for row in found.rows}
    people = [line.id for line in view.raters if line.is_person]
    rest = agreement(view.table.of_raters(people[:2]), seed=0, resamples=0).alpha.value
    cy = rows["Cy"].without
    assert cy is not None
    assert cy.estimate.value == pytest.approx(rest)
    assert cy.difference.value is not None
    assert cy.difference.value > 0
    assert cy.difference.interval is not None
    assert rows["Jay"].without is None
    assert found.has_without


def test_who_grows_strict_changes_and_who_does_not_is_not_said_to(workspace: Workspace) -> None:
    answers = {"Ana": mixed(2), "Bruno": mixed(3, right=0.97), "Cy": mixed(4, right=0.97)}
    answers["Ana"] = ["pass"] * 40 + ["fail"] * 40
    rows = rows_of(workspace, build(workspace, answers))
    ana = rows["Ana"]
    assert (ana.change.word, ana.change.leniency_changes, ana.beside) == ("changes", True, ())
    assert ana.drift.leniency_change.value is not None
    assert ana.drift.leniency_change.value < -0.5
    assert len(ana.drift.parts) == 4
    # Beside Ana the others would seem to grow generous; without her they do not.
    for name in ("Bruno", "Cy"):
        assert rows[name].beside == ("Ana",)
        assert rows[name].change.word != "changes"
        assert "without Ana" in of_change(rows[name])[0].left_out[-1]


def test_of_two_people_both_seem_to_change_since_it_cannot_be_told_who_does(workspace: Workspace) -> None:
    rows = rows_of(workspace, build(workspace, {"Ana": ["pass"] * 40 + ["fail"] * 40, "Bruno": mixed(3)}))
    assert [(row.change.word, row.beside) for row in rows.values()] == [("changes", ()), ("changes", ())]
    first, second = (row.drift.leniency_change.value for row in rows.values())
    assert first is not None
    assert second == pytest.approx(-first)


def test_a_judge_that_changes_leaves_the_people_as_they_are(workspace: Workspace) -> None:
    answers = {"Ana": mixed(2, right=0.97), "Bruno": mixed(3, right=0.97), "Jay": ["pass"] * 40 + ["fail"] * 40}
    rows = rows_of(workspace, build(workspace, answers))
    assert rows["Jay"].change.word == "changes"
    assert {row.beside for row in rows.values()} == {()}, "the judge is none of those they are held against"
    assert "changes" not in (rows["Ana"].change.word, rows["Bruno"].change.word)


def test_one_moment_for_all_says_no_times(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=ITEMS[:45], systems=("alder",))
    with workspace.database.writing() as session:
        for item in ITEMS[:45]:
            for name in ("Ana", "Bruno"):
                add_rating(session, built, f"{item}/alder", "acceptable", name, "pass")
    live, view = opened(workspace, built.study)
    found = raters_found(live, view)
    assert {row.drift.reason for row in found.rows} == {Reason.NO_TIMES}
    assert {row.change.word for row in found.rows} == {""}
    assert found.n_tests == 0


def sure(low: float, high: float, p: float = 0.001) -> tuple[Estimate, float]:
    middle = (low + high) / 2
    return Estimate("change", middle, 80, 160, 40, Interval(low, high, 0.95, IntervalMethod.BCA)), p


@pytest.mark.parametrize(
    ("agreement_change", "leniency_change", "said"),
    [
        (sure(-0.3, -0.1), sure(-0.02, 0.02, 0.9), "changes"),
        (sure(-0.05, 0.05, 0.9), sure(-0.02, 0.02, 0.9), "steady"),
        (sure(-0.05, 0.2, 0.4), sure(-0.02, 0.02, 0.9), "not clear"),
        (sure(-0.05, 0.05, 0.9), sure(-0.02, 0.3, 0.2), "not clear"),
        (sure(0.01, 0.3, 0.04), sure(-0.02, 0.02, 0.9), "not clear"),
    ],
)
def test_words_follow_the_intervals_and_the_adjusted_p(
    workspace: Workspace,
    agreement_change: tuple[Estimate, float],
    leniency_change: tuple[Estimate, float],
    said: str,
) -> None:
    drifting = next(iter(rows_of(workspace, build(workspace, {"Ana": mixed(2), "Bruno": mixed(3)})).values())).drift
    one = replace(
        drifting, agreement_change=agreement_change[0], agreement_p=agreement_change[1],
        leniency_change=leniency_change[0], leniency_p=leniency_change[1],
    )  # fmt: skip
    other = replace(one, agreement_change=sure(-0.01, 0.01)[0], agreement_p=0.9)
    changed = changed_together([one, other, other])
    assert change_word(one, changed[0], 0.1) == said


def test_repeats_are_a_raters_own_answers_and_orders_are_none(workspace: Workspace) -> None:
    built = build_study(
        workspace.database, items=ITEMS[:4], systems=("alder", "birch"), criteria={"better": ("pair", preference())}
    )
    with workspace.database.writing() as session:
        for item in ITEMS[:4]:
            subject = f"{item}/alder|birch"
            add_rating(session, built, subject, "better", "Ana", "A")
            add_rating(session, built, subject, "better", "Bruno", "B")
            for order in ("AB", "BA"):
                add_rating(session, built, subject, "better", "Jay", "A", kind="judge", order=order)
        for item, value in zip(ITEMS[:4], ("A", "A", "B"), strict=False):
            add_rating(session, built, f"{item}/alder|birch", "better", "Ana", value, repetition=1)
    live, view = opened(workspace, built.study)
    found = raters_found(live, view)
    rows = {row.line.name: row for row in found.rows}
    ana = rows["Ana"].repeats
    assert ana is not None
    # A A, A A, A B
    assert ana.percent.value == pytest.approx(2 / 3)
    assert (ana.percent.n_units, ana.n_runs) == (3, 2)
    assert rows["Bruno"].repeats is rows["Jay"].repeats is None
    assert rows["Ana"].line.n == 4, "a repeat is no rating in force"
    assert found.has_repeats
    assert "Up to 2 answers" in " ".join(of_repeats(ana).notes)


def test_speed_is_of_whom_was_timed(workspace: Workspace) -> None:
    built = build(workspace, {"Ana": ["pass"], "Bruno": ["pass"]})
    with workspace.database.writing() as session:
        ana = add_rater(session, built.study, "Ana")
        for number, seconds in enumerate((3.0, 9.0)):
            session.add(
                Submission(study_id=built.study, rater_id=ana, subject_id=next(iter(built.subjects.values())),
                           nonce=f"timed {number}", phase="blind", seconds=seconds, created_at=AT)
            )  # fmt: skip
    rows = rows_of(workspace, built)
    assert rows["Ana"].speed == Speed(2, 6.0)
    assert rows["Bruno"].speed is None
    assert "2 timed submissions" in of_speed(rows["Ana"]).counted


def test_free_numbers_have_a_mean_and_a_concordance(workspace: Workspace) -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)
    built = build_study(workspace.database, items=ITEMS[:30], systems=("alder",), criteria={"s": ("output", scale)})
    with workspace.database.writing() as session:
        for place, item in enumerate(ITEMS[:30]):
            for shift, name in ((0.0, "Ana"), (2.0, "Bruno")):
                add_rating(session, built, f"{item}/alder", "s", name, 10.0 + place + shift)
    rows = rows_of(workspace, built)
    assert rows["Ana"].mean == pytest.approx(10 + 14.5)
    assert rows["Ana"].agreement.leniency.value == pytest.approx(-2)
    assert of_agreement(rows["Ana"])[1].title == "Concordance with the others"


def test_orders_sort_and_those_without_a_number_come_last(workspace: Workspace) -> None:
    built = build(workspace, {"Bruno": mixed(2), "Ana": mixed(3, right=0.5), "Jay": mixed(4), "Solo": ["", *["pass"]]})
    live, view = opened(workspace, built.study)
    rows = raters_found(live, view).rows
    assert [row.line.name for row in in_order(rows, "group")] == ["Ana", "Bruno", "Jay", "Solo"]
    assert in_order(rows, "nonsense") == in_order(rows, "group")
    for order in ORDERS:
        assert sorted(row.line.id for row in in_order(rows, order)) == sorted(row.line.id for row in rows)
    assert in_order(rows, "ratings")[-1].line.name == "Solo"
    assert in_order(rows, "change")[-1].line.name == "Solo", "too few units for a change"
    kappas = [row.agreement.kappa.value for row in in_order(rows, "agreement")]
    known = [value for value in kappas if value is not None]
    assert kappas[: len(known)] == sorted(known)


def test_more_raters_than_a_page_are_paged_the_busiest_first(workspace: Workspace) -> None:
    names = [f"w{number:03}" for number in range(PAGE + 3)]
    built = build(workspace, {name: ["pass", "fail"] if name == "w150" else ["pass"] for name in names})
    live, view = opened(workspace, built.study)
    first, second = raters_found(live, view), raters_found(live, view, page=9)
    assert (len(first.rows), first.n_pages, first.n_raters) == (PAGE, 2, PAGE + 3)
    assert first.rows[0].line.name == "w150"
    assert (len(second.rows), second.page) == (3, 2)


def test_the_same_table_is_computed_once_for_a_view(workspace: Workspace) -> None:
    built = build(workspace, {"Ana": mixed(2), "Bruno": mixed(3)})
    live, view = opened(workspace, built.study)
    said: list[str] = []
    first = raters_found(live, view, progress=lambda share, doing: said.append(f"{share:.1f} {doing}"))
    assert any("Comparing raters" in one for one in said)
    said.clear()
    assert raters_found(live, view, progress=lambda *told: said.append(str(told))).rows is first.rows
    assert not said


def test_every_number_of_the_demo_explains_itself(workspace: Workspace) -> None:
    demo = load_demo(workspace)
    for question in ("quality", "acceptable", "preference"):
        live, view = opened(workspace, demo.id, Asked(question))
        found = raters_found(live, view)
        for row in found.rows:
            explanations = [*of_agreement(row), *of_change(row), of_without(view, row, found.alpha)]
            for one in explanations:
                assert one is None or (one.definition and one.formula and one.source)
            assert row.others in explanations[0].notes[0]  # type: ignore[union-attr]


def test_likert_leniency_is_in_units_of_the_scale(workspace: Workspace) -> None:
    built = build(workspace, {"Ana": ["5"] * 25, "Bruno": ["2"] * 25}, scale=likert(1, 5))
    rows = rows_of(workspace, built)
    assert rows["Ana"].agreement.leniency.value == pytest.approx(3)
    assert rows["Bruno"].agreement.leniency.value == pytest.approx(-3)
