"""Judges that ran, their repetitions and juries stand among the raters of agreement, and are followed live."""

import pytest

from core.models.ratings import RaterKind
from core.scales import preference
from core.workflow import judging
from core.workflow.agreement import Asked, Behind, LiveAgreement, items_behind
from core.workflow.agreement_narrowing import Narrowing
from core.workflow.agreement_raters import raters_found
from core.workflow.agreement_view import AgreementView
from core.workflow.agreement_words import headline, plain_text
from core.workflow.workspace import Visitor, Workspace
from tests.builders import Built, add_rating, build_study
from tests.judges import BuiltJudge, add_judge, add_jury, add_verdict

ITEMS = tuple(f"q{number}" for number in range(1, 7))


@pytest.fixture
def built(any_workspace: Workspace) -> Built:
    """Six outputs that Ana and Bruno passed."""
    built = build_study(any_workspace.database, items=ITEMS, systems=("alder",))
    with any_workspace.database.writing() as session:
        for subject in built.subjects:
            for name in ("Ana", "Bruno"):
                add_rating(session, built, subject, "acceptable", name, "pass")
    return built


def judged(workspace: Workspace, built: Built, names: dict[str, str]) -> list[BuiltJudge]:
    """Judges with their verdicts in the order of the subjects: `{"Fir": "ppf..."}`."""
    with workspace.database.writing() as session:
        judges = [add_judge(session, built, name) for name in names]
        for judge, answers in zip(judges, names.values(), strict=True):
            for subject, answer in zip(built.subjects, answers, strict=False):
                if answer != ".":
                    add_verdict(
                        session, built, subject, "acceptable", judge, {"p": "pass", "f": "fail"}[answer],
                        rationale=f"{judge.name} said so",
                    )  # fmt: skip
    return judges


def counts(view: AgreementView) -> dict[str, tuple[str, dict[str, int]]]:
    return {line.name: (line.kind, dict(line.counts)) for line in view.raters}


def test_a_judge_that_ran_is_a_rater_and_a_superseded_verdict_falls_out(any_workspace: Workspace, built: Built) -> None:
    live = LiveAgreement(any_workspace, built.study)
    live.refresh()
    assert set(counts(live.view(Asked()))) == {"Ana", "Bruno"}
    with any_workspace.database.writing() as session:
        fir = add_judge(session, built, "Fir")
        first = add_verdict(session, built, "q1/alder", "acceptable", fir, "fail")
    assert live.refresh() == 1
    assert counts(live.view(Asked()))["Fir v1"] == ("judge", {"pass": 0, "fail": 1})
    with any_workspace.database.writing() as session:
        add_verdict(session, built, "q1/alder", "acceptable", fir, "pass", supersedes=first)
    assert live.refresh() == 1
    assert counts(live.view(Asked()))["Fir v1"] == ("judge", {"pass": 1, "fail": 0})


def test_a_jury_follows_its_members_without_a_row_of_its_own(any_workspace: Workspace, built: Built) -> None:
    fir, oak, elm = judged(any_workspace, built, {"Fir": "ppp", "Oak": "pff", "Elm": "f.."})
    live = LiveAgreement(any_workspace, built.study)
    live.refresh()
    assert "Three v1" not in counts(live.view(Asked()))
    with any_workspace.database.writing() as session:
        three = add_jury(session, built, "Three", (fir, oak, elm))
    # No new row, but a new rater: q1 pass pass fail -> pass; q2 and q3 pass fail -> no majority.
    assert live.refresh() == 0
    view = live.view(Asked())
    assert counts(view)["Three v1"] == ("jury", {"pass": 1, "fail": 0})
    line = next(line for line in view.raters if line.name == "Three v1")
    assert (dict(line.absences), line.n_unstable) == ({"abstained": 2}, 2)
    with any_workspace.database.writing() as session:
        add_verdict(session, built, "q2/alder", "acceptable", elm, "fail")
    assert live.refresh() == 1
    assert counts(live.view(Asked()))["Three v1"] == ("jury", {"pass": 1, "fail": 1})
    # What is followed is what is read at once.
    fresh = LiveAgreement(any_workspace, built.study)
    fresh.refresh()
    assert counts(fresh.view(Asked())) == counts(live.view(Asked()))
    assert three.rater in [row.id for row in live.raters_of("acceptable")]


@pytest.mark.parametrize("phase", ["blind", "latest", "exposed"])
def test_juries_stand_beside_every_phase_of_people(any_workspace: Workspace, built: Built, phase: str) -> None:
    fir, oak = judged(any_workspace, built, {"Fir": "ppp", "Oak": "ppp"})
    with any_workspace.database.writing() as session:
        add_jury(session, built, "Both", (fir, oak))
    live = LiveAgreement(any_workspace, built.study)
    live.refresh()
    assert counts(live.view(Asked(phase=phase)))["Both v1"] == ("jury", {"pass": 3, "fail": 0})  # type: ignore[arg-type] # phases


def test_raters_can_be_narrowed_to_juries_and_baselines(any_workspace: Workspace, built: Built) -> None:
    (fir,) = judged(any_workspace, built, {"Fir": "ppf"})
    with any_workspace.database.writing() as session:
        length = add_judge(session, built, "Length", kind="baseline", protocol="length")
        for subject in built.subjects:
            add_verdict(session, built, subject, "acceptable", length, "fail")
        add_jury(session, built, "Both", (fir, length))
    live = LiveAgreement(any_workspace, built.study)
    live.refresh()
    narrowed = {
        kind: set(counts(live.view(Asked(narrowing=Narrowing(kinds=(kind.value,))))))
        for kind in (RaterKind.JURY, RaterKind.BASELINE, RaterKind.JUDGE)
    }
    assert narrowed == {
        RaterKind.JURY: {"Both v1"},
        RaterKind.BASELINE: {"Length v1"},
        RaterKind.JUDGE: {"Fir v1"},
    }


def test_a_filter_on_days_keeps_a_jury_by_the_newest_of_its_members(any_workspace: Workspace, built: Built) -> None:
    fir, oak = judged(any_workspace, built, {"Fir": "pp", "Oak": "pp"})
    with any_workspace.database.writing() as session:
        add_jury(session, built, "Both", (fir, oak))
    live = LiveAgreement(any_workspace, built.study)
    live.refresh()
    day = live.last_rating_at
    assert day is not None
    assert "Both v1" in counts(live.view(Asked(narrowing=Narrowing(since=day.date(), until=day.date()))))


def test_an_opened_item_lists_the_votes_of_a_jury_even_where_its_members_are_left_out(
    any_workspace: Workspace, built: Built
) -> None:
    fir, oak, elm = judged(any_workspace, built, {"Fir": "p", "Oak": "f", "Elm": "f"})
    with any_workspace.database.writing() as session:
        jury = add_jury(session, built, "Three", (fir, oak, elm))
    live = LiveAgreement(any_workspace, built.study)
    live.refresh()
    view = live.view(Asked(narrowing=Narrowing(kinds=("jury",))))
    opened = items_behind(any_workspace, Visitor("Zoe"), live, view, Behind(first=jury.rater)).units[0]
    three = next(one for one in opened.said if one.rater == "Three v1")
    assert [(member.name, member.value) for member in three.members] == [
        ("Fir v1", "Pass"), ("Oak v1", "Fail"), ("Elm v1", "Fail"),
    ]  # fmt: skip
    # Its words are not those of whoever's row it names.
    assert (three.value, three.rationale_html, three.at) == ("Fail", "", None)
    assert three.confidence == pytest.approx(2 / 3)


def test_a_vote_of_repetitions_is_in_force_and_single_ones_tell_how_steady_the_judge_is(workspace: Workspace) -> None:
    # Every unit: pass, fail, fail. In force is fail. Of the three pairs of repetitions one agrees.
    built = build_study(workspace.database, items=ITEMS, systems=("alder",))
    with workspace.database.writing() as session:
        voting = add_judge(session, built, "Voting", rule="majority", repetitions=3)
        first = add_judge(session, built, "First", repetitions=3)
        for subject in built.subjects:
            add_rating(session, built, subject, "acceptable", "Ana", "pass")
            for judge in (voting, first):
                for repetition, value in enumerate(("pass", "fail", "fail")):
                    add_verdict(session, built, subject, "acceptable", judge, value, repetition=repetition)
    live = LiveAgreement(workspace, built.study)
    live.refresh()
    view = live.view(Asked())
    assert counts(view)["Voting v1"] == ("judge", {"pass": 0, "fail": 6})
    assert counts(view)["First v1"] == ("judge", {"pass": 6, "fail": 0})
    repeats = {row.line.name: row.repeats for row in raters_found(live, view).rows}
    alike = [repeats[name].percent.value for name in ("Voting v1", "First v1") if repeats[name] is not None]  # type: ignore[union-attr] # told apart by the filter
    assert alike == [pytest.approx(1 / 3), pytest.approx(1 / 3)]


def test_a_jury_of_judges_that_flip_is_a_tie(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"better": ("pair", preference())}, items=("q1",))
    with workspace.database.writing() as session:
        fir, oak = members = (add_judge(session, built, "Fir"), add_judge(session, built, "Oak"))
        jury = add_jury(session, built, "Both", members)
        for judge, in_ab, in_ba in ((fir, "A", "B"), (oak, "tie", "tie")):
            for order, value in (("AB", in_ab), ("BA", in_ba)):
                add_verdict(session, built, "q1/alder|birch", "better", judge, value, order=order)
    live = LiveAgreement(workspace, built.study)
    live.refresh()
    line = next(line for line in live.view(Asked()).raters if line.id == jury.rater)
    assert (dict(line.counts)["tie"], line.n_unstable) == (1, 1)


def test_agreement_among_all_leaves_juries_out_unless_they_are_chosen(workspace: Workspace) -> None:
    # Fir and Oak agree on q1 to q3 and differ on q4 to q6: half of the units. A jury that says what Fir says agrees
    # with Fir on all six: of three comparisons a unit, (3 * 3 + 3 * 1) / 18 are alike.
    built = build_study(workspace.database, items=ITEMS, systems=("alder",))
    fir, oak = judged(workspace, built, {"Fir": "pppppp", "Oak": "pppfff"})
    with workspace.database.writing() as session:
        jury = add_jury(session, built, "Weighted", (fir, oak), "weights", (2.0, 1.0))
    live = LiveAgreement(workspace, built.study)
    live.refresh()
    view = live.view(Asked())
    assert [line.name for line in view.raters] == ["Fir v1", "Oak v1", "Weighted v1"]
    assert view.everyone["percent"].value == pytest.approx(1 / 2)
    assert "Juries repeat their members" in plain_text(headline(view))
    chosen = live.view(Asked(raters=(fir.rater, oak.rater, jury.rater)))
    assert chosen.everyone["percent"].value == pytest.approx(12 / 18)
    alone = live.view(Asked(narrowing=Narrowing(kinds=("jury",))))
    assert [line.name for line in alone.compared] == ["Weighted v1"]


def test_a_jury_that_somebody_makes_is_a_rater_at_once(any_workspace: Workspace, built: Built) -> None:
    fir, oak, elm = judged(any_workspace, built, {"Fir": "pp", "Oak": "ff", "Elm": "ff"})
    live = LiveAgreement(any_workspace, built.study)
    live.refresh()
    made = judging.add_jury(
        any_workspace, Visitor("Zoe"), built.study, "Panel", members=[elm.judge, fir.judge, oak.judge], rule="weights",
        weights=[1, 3, 1],
    )  # fmt: skip
    live.refresh()
    # Fir has 3 of 5 parts of the weight.
    line = next(line for line in live.view(Asked()).raters if line.id == made.rater_id)
    assert (line.kind, dict(line.counts)) == ("jury", {"pass": 2, "fail": 0})
