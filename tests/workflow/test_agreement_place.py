"""A judge in a person's place: what is missing, what is computed, and that the words follow the intervals."""

from dataclasses import replace

import numpy as np
import pytest

from core.scales import DeclaredScale, ScaleKind, likert, pass_fail
from core.stats.estimates import Estimate, Interval, IntervalMethod, Reason
from core.stats.extra_rater import extra_rater_curve
from core.stats.replacement import replace_one
from core.workflow.agreement import AgreementView, Asked, LiveAgreement, LiveStudies, plain_text
from core.workflow.agreement_place import (
    MARGIN,
    JudgePlace,
    judge_place,
    judges_beside,
    judges_of,
    missing,
    place_sentence,
    signed,
)
from core.workflow.workspace import Workspace
from tests.builders import add_rating, build_study

ITEMS = tuple(f"q{number}" for number in range(60))
KINDS = {"J": "judge", "S": "seat"}


def opened(
    workspace: Workspace, raters: dict[str, float], *, scale: DeclaredScale | None = None
) -> tuple[LiveAgreement, AgreementView]:
    """Each rater gives the truth with this probability, else any answer; J... are judges, S... seats."""
    scale = scale or pass_fail()
    built = build_study(
        workspace.database, name=" ".join(raters), items=ITEMS, systems=("alder",), criteria={"good": ("output", scale)}
    )
    rng = np.random.default_rng(5)
    keys = scale.keys or tuple(str(value) for value in range(5))
    truth = rng.integers(0, len(keys), len(ITEMS))
    with workspace.database.writing() as session:
        for name, right in raters.items():
            for place, item in enumerate(ITEMS):
                code = truth[place] if rng.random() < right else rng.integers(0, len(keys))
                value = float(keys[code]) if scale.is_numeric else keys[code]
                add_rating(session, built, f"{item}/alder", "good", name, value, kind=KINDS.get(name[0], "person"))
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live, live.view(Asked())


def test_what_is_missing_is_said_with_what_would_help(workspace: Workspace) -> None:
    _, alone = opened(workspace, {"Ana": 0.9, "Jay": 0.9})
    _, people = opened(workspace, {"Ana": 0.9, "Bruno": 0.9})
    _, seats = opened(workspace, {"S1": 0.9, "S2": 0.9, "Jay": 0.9})
    lacking = [missing(view) for view in (alone, people, seats)]
    assert [one.why for one in lacking if one] == [
        "A judge can take a place only among two people or more, and there are fewer here.",
        "No judge has rated this criterion.",
        "The people are anonymous seats: it is not known who is who, so nobody can be replaced.",
    ]
    assert all(one and one.help for one in lacking)


def test_the_numbers_are_those_of_the_statistics(workspace: Workspace) -> None:
    live, view = opened(workspace, {"Ana": 0.9, "Bruno": 0.9, "Cy": 0.8, "Jay": 0.7}, scale=likert(1, 4))
    assert missing(view) is None
    (judge,) = judges_of(view)
    people = [line.id for line in view.raters if line.is_person]
    place = judge_place(live, view, judge.id)
    assert (place.alpha, place.people) == ("alpha_ordinal", 3)
    assert place.replacement == replace_one(view.table, judge.id, people, "alpha_ordinal", seed=view.seed)
    assert place.curve == extra_rater_curve(view.table, judge.id, people, seed=view.seed)
    other = judge_place(live, view, judge.id, reference="others")
    assert other.curve is not None
    assert other.curve.reference == "others"
    assert other.replacement is place.replacement, "computed once"


def test_free_numbers_have_a_place_but_no_vote(workspace: Workspace) -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=10.0)
    live, view = opened(workspace, {"Ana": 0.9, "Bruno": 0.9, "Jay": 0.9}, scale=scale)
    place = judge_place(live, view, judges_of(view)[0].id)
    assert place.curve is None
    assert place.replacement.difference.value is not None
    assert "fits the group" in plain_text(place_sentence(place)) or "cannot be told" in plain_text(
        place_sentence(place)
    )


def test_judges_stand_side_by_side_the_busiest_first_and_progress_is_told_once(workspace: Workspace) -> None:
    live, view = opened(workspace, {"Ana": 0.9, "Bruno": 0.9, "Jay": 0.9, "Jo": 0.4})
    said: list[str] = []
    places = judges_beside(live, view, progress=lambda *told: said.append(str(told[1])))
    assert [place.judge.name for place in places] == ["Jay", "Jo"]
    assert said == [
        "Putting Jay in each person's place", "Adding Jay to the votes of few people",
        "Putting Jo in each person's place", "Adding Jo to the votes of few people",
    ]  # fmt: skip
    said.clear()
    judges_beside(live, view, progress=lambda *told: said.append(str(told[1])))
    assert not said


@pytest.fixture
def place(workspace: Workspace) -> JudgePlace:
    live, view = opened(workspace, {"Ana": 0.9, "Bruno": 0.9, "Cy": 0.9, "Jay": 0.9})
    return judge_place(live, view, judges_of(view)[0].id)


def with_change(place: JudgePlace, low: float, high: float) -> JudgePlace:
    interval = Interval(low, high, 0.95, IntervalMethod.BCA)
    change = replace(place.replacement.difference, value=(low + high) / 2, interval=interval)
    return replace(place, replacement=replace(place.replacement, difference=change), curve=None)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.2, -0.01, "fits the group not as well as a person"),
        (0.01, 0.2, "fits the group better than a person"),
        (-MARGIN + 0.001, 0.1, "fits the group as well as a person"),
        (-MARGIN - 0.001, 0.1, "in a person's place: it cannot be told whether"),
    ],
)
def test_the_sentence_follows_the_interval(place: JudgePlace, low: float, high: float, said: str) -> None:
    assert plain_text(place_sentence(with_change(place, low, high))).startswith(f"Jay {said}")


def test_without_an_interval_nothing_is_claimed(place: JudgePlace) -> None:
    bare = with_change(place, -0.2, -0.1)
    change = replace(bare.replacement.difference, interval=None, interval_reason=Reason.TOO_FEW_ITEMS)
    said = plain_text(place_sentence(replace(bare, replacement=replace(bare.replacement, difference=change))))
    assert "not told" in said
    assert Reason.TOO_FEW_ITEMS.sentence in said
    none = replace(change, value=None, reason=Reason.NO_VARIATION)
    said = plain_text(place_sentence(replace(bare, replacement=replace(bare.replacement, difference=none))))
    assert "cannot be compared" in said


def gains(place: JudgePlace, *ends: tuple[float, float]) -> str:
    curve = place.curve
    assert curve is not None
    points = tuple(
        replace(
            curve.points[0], k=k,
            gain=Estimate("gain", sum(one) / 2, 60, 60, 60, Interval(*one, 0.95, IntervalMethod.BCA)),
        )
        for k, one in enumerate(ends, start=1)
    )  # fmt: skip
    text = plain_text(place_sentence(replace(place, curve=replace(curve, points=points))))
    return text[text.index(" units).") + len(" units).") :].strip()


def test_the_vote_is_said_by_its_gains(place: JudgePlace) -> None:
    up, none, down = (0.01, 0.1), (-0.1, 0.1), (-0.1, -0.01)
    assert gains(place, up, none) == "Beside 1 person it brings the vote nearer to the reference."
    assert gains(place, up, up, up, down) == (
        "Beside 1 to 3 people it brings the vote nearer to the reference; beside 4 people it takes the vote farther"
        " from it."
    )
    assert gains(place, none, down, down) == "Beside 2 or 3 people it takes the vote farther from the reference."
    assert gains(place, none) == "As one rater more it is not shown to help or to hurt."


def test_a_difference_is_written_with_its_sign() -> None:
    up = Estimate("difference", 0.04, 60, 60, 60, Interval(-0.01, 0.09, 0.95, IntervalMethod.BCA))
    assert signed(up) == "+.04, −.01 to .09"
    assert signed(replace(up, value=-0.04, interval=None)) == "−.04"
    assert signed(replace(up, value=None)) == ""
