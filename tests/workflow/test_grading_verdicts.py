"""What the card tells of a verdict after the reveal: what it rests on, turned to the person's own sides."""

import json
from dataclasses import asdict

import pytest

from core.scales import DeclaredScale, ScaleKind, pass_fail, preference
from core.workflow.grading_answers import Answer
from core.workflow.grading_cards import Card
from core.workflow.grading_desk import GradingDesk
from core.workflow.grading_verdict_faces import OtherFace
from core.workflow.workspace import Workspace
from tests.builders import Built, build_study
from tests.judges import add_judge, add_jury, add_verdict
from tests.workflow.test_grading import Grader

PAIR = "q1/alder|birch"


def study(workspace: Workspace, scale: DeclaredScale) -> Built:
    applies_to = "pair" if scale.kind is ScaleKind.PREFERENCE else "output"
    return build_study(
        workspace.database, criteria={"good": (applies_to, scale)}, items=("q1",), settings={"reveal": "after"}
    )


def revealed(workspace: Workspace, built: Built, answer: str) -> tuple[Card, dict[str, OtherFace]]:
    """The card as it was, and the verdicts by rater once an answer is given."""
    grader = Grader(GradingDesk(workspace), built)
    card = grader.next()[0]
    assert card.reveal is None
    assert "v1" not in json.dumps(asdict(card))  # a blind card names no judge
    saved = grader.grade(card, answer)
    assert saved.reveal is not None
    return card, {other.rater: other for other in saved.reveal.rows[0].others}


def test_a_verdict_tells_model_prompt_version_and_where_its_confidence_comes_from(any_workspace: Workspace) -> None:
    built = study(any_workspace, pass_fail())
    with any_workspace.database.writing() as session:
        fir = add_judge(session, built, "Fir", version=2, model="openrouter/acme/big-1", confidence="verbal")
        length = add_judge(session, built, "Length", kind="baseline", protocol="length")
        for subject in built.subjects:
            add_verdict(session, built, subject, "good", fir, "fail", rationale="*Wrong*", confidence=0.8)
            add_verdict(session, built, subject, "good", length, "pass")
    _, others = revealed(any_workspace, built, "pass")
    told = others["Fir v2"]
    assert (told.kind, told.made_of, told.value, told.differs) == ("judge", "big-1, direct v2", "Fail", True)
    assert (told.confidence, told.confidence_source) == (0.8, "by its own word")
    assert told.rationale_html == "<p><em>Wrong</em></p>\n"
    assert (others["Length v1"].made_of, others["Length v1"].confidence) == ("length v1", None)


def test_an_unstable_verdict_tells_both_orders_on_the_persons_own_sides(any_workspace: Workspace) -> None:
    built = study(any_workspace, preference())
    with any_workspace.database.writing() as session:
        fir = add_judge(session, built, "Fir")
        for order, value in (("AB", "A"), ("BA", "B")):
            add_verdict(session, built, PAIR, "good", fir, value, order=order, rationale=f"because {value}")
    card, others = revealed(any_workspace, built, "tie")
    told = others["Fir v1"]
    assert (told.value, told.unstable, told.differs, told.rationale_html) == ("Tie", True, False, "")
    # Whatever stood first it took: with A first A, with B first B. A is this person's left in the order AB.
    left, right = ("A", "B") if card.order == "AB" else ("B", "A")
    assert [(part.name, part.value, part.rationale_html) for part in told.orders] == [
        ("left", "Left", f"<p>because {left}</p>\n"),
        ("right", "Right", f"<p>because {right}</p>\n"),
    ]


def test_two_orders_that_agree_are_one_verdict_with_its_rationale(any_workspace: Workspace) -> None:
    built = study(any_workspace, preference())
    with any_workspace.database.writing() as session:
        fir = add_judge(session, built, "Fir", confidence="token probabilities")
        for order, sure in (("AB", 0.9), ("BA", 0.7)):
            add_verdict(session, built, PAIR, "good", fir, "A", order=order, rationale="clear", confidence=sure)
    _, others = revealed(any_workspace, built, "tie")
    told = others["Fir v1"]
    assert (told.orders, told.unstable, told.rationale_html) == ((), False, "<p>clear</p>\n")
    assert told.confidence == pytest.approx(0.8)
    assert told.confidence_source == "by its token probabilities"


@pytest.mark.parametrize(
    ("values", "votes", "value"),
    [
        (["pass", "fail", "fail"], "2 of 3 repetitions", "Fail"),
        (["pass", "fail", None], "2 repetitions, no majority, 1 without an answer", ""),
        (["fail", "fail", None], "2 of 2 repetitions, 1 without an answer", "Fail"),
        ([None, None], "", ""),
        (["fail"], "", "Fail"),
    ],
)
def test_a_vote_of_repetitions_is_told_as_a_vote(
    any_workspace: Workspace, values: list[str | None], votes: str, value: str
) -> None:
    built = study(any_workspace, pass_fail())
    with any_workspace.database.writing() as session:
        fir = add_judge(session, built, "Fir", rule="majority", repetitions=3, confidence="vote share")
        for subject in built.subjects:
            for repetition, said in enumerate(values):
                absence = None if said else "unreadable"
                add_verdict(session, built, subject, "good", fir, said, absence=absence, repetition=repetition)
    _, others = revealed(any_workspace, built, "pass")
    assert (others["Fir v1"].votes, others["Fir v1"].value) == (votes, value)
    assert others["Fir v1"].confidence is None  # the vote says it already


def test_a_jury_tells_how_its_members_voted(any_workspace: Workspace) -> None:
    built = study(any_workspace, pass_fail())
    with any_workspace.database.writing() as session:
        members = tuple(add_judge(session, built, name) for name in ("Fir", "Oak", "Elm"))
        add_jury(session, built, "Three", members)
        for subject in built.subjects:
            for member, value in zip(members, ("fail", "fail", None), strict=True):
                absence = None if value else "refused"
                add_verdict(session, built, subject, "good", member, value, absence=absence, rationale="a word")
    _, others = revealed(any_workspace, built, "pass")
    told = others["Three v1"]
    assert (told.kind, told.made_of, told.value, told.rationale_html) == ("jury", "v1", "Fail", "")
    assert (told.confidence, told.confidence_source) == (1.0, "share of its members' votes")
    assert [(part.name, part.value, part.absence) for part in told.members] == [
        ("Fir v1", "Fail", None), ("Oak v1", "Fail", None), ("Elm v1", "", "refused"),
    ]  # fmt: skip


def test_a_mean_of_numbers_is_told_as_a_number(any_workspace: Workspace) -> None:
    built = study(any_workspace, DeclaredScale(ScaleKind.INTERVAL, low=0, high=10))
    with any_workspace.database.writing() as session:
        members = tuple(add_judge(session, built, name) for name in ("Fir", "Oak"))
        add_jury(session, built, "Mean", members, "mean")
        for subject in built.subjects:
            for member, value in zip(members, (4.0, 7.0), strict=True):
                add_verdict(session, built, subject, "good", member, value)
    grader = Grader(GradingDesk(any_workspace), built)
    card = grader.next()[0]
    saved = grader.grade(card, values={str(card.criteria[0]): Answer(number=4.0)})
    assert saved.reveal is not None
    others = {other.rater: (other.value, other.differs) for other in saved.reveal.rows[0].others}
    assert others == {"Fir v1": ("4", False), "Oak v1": ("7", True), "Mean v1": ("5.5", True)}
