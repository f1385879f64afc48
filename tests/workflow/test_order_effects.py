"""Judges by presentation order, read from single ratings and never from the reduced ones."""

import pytest

from core.errors import BadInput, NotFound
from core.scales import pass_fail, preference
from core.stats.estimates import Flag
from core.workflow.agreement import Asked, LiveAgreement, LiveStudies
from core.workflow.agreement_view import AgreementView
from core.workflow.order_effects import JudgeOrders, judges_by_order
from core.workflow.workspace import Workspace
from tests.builders import Built, add_rating, build_study


def pairs(workspace: Workspace, n: int, levels: tuple[str, ...] = ()) -> Built:
    items = tuple(f"q{number}" for number in range(n))
    described = {item: {"slices": {"level": level}} for item, level in zip(items, levels, strict=False)}
    criteria = {"better": ("pair", preference())}
    return build_study(workspace.database, criteria=criteria, items=items, described=described)


def said(workspace: Workspace, built: Built, judge: str, ab: str, ba: str, *, kind: str = "judge") -> None:
    """One letter a pair: A, B, t for a tie, u for an unreadable reply, a dot for none."""
    words = {"A": "A", "B": "B", "t": "tie"}
    with workspace.database.writing() as session:
        for order, letters in (("AB", ab), ("BA", ba)):
            for subject, letter in zip(built.subjects, letters, strict=True):
                if letter != ".":
                    absence = "unreadable" if letter == "u" else None
                    add_rating(
                        session, built, subject, "better", judge, words.get(letter), kind=kind, order=order,
                        absence=absence,
                    )  # fmt: skip


def right(workspace: Workspace, built: Built, letters: str) -> None:
    with workspace.database.writing() as session:
        for subject, letter in zip(built.subjects, letters, strict=True):
            add_rating(session, built, subject, "better", "gold", letter, kind="source")


def opened(workspace: Workspace, built: Built, asked: Asked | None = None) -> tuple[LiveAgreement, AgreementView]:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live, live.view(asked or Asked())


def gold(view: AgreementView) -> int:
    return next(line.id for line in view.raters if line.name == "gold")


def measured(workspace: Workspace, built: Built, slices: str = "") -> tuple[JudgeOrders, ...]:
    live, view = opened(workspace, built)
    return judges_by_order(live, view, reference=gold(view), slices=slices, seed=0, resamples=0)


def test_single_orders_are_measured_though_the_rating_in_force_is_a_tie(any_workspace: Workspace) -> None:
    built = pairs(any_workspace, 4)
    said(any_workspace, built, "J1", "AABu", "ABBA")
    said(any_workspace, built, "J2", "BBBB", "BBBB")
    right(any_workspace, built, "AAAB")
    first, second = measured(any_workspace, built)
    # J1 in AB: right, right, wrong, unreadable: 2 of 3; in BA: right, wrong, wrong, wrong: 1 of 4. Same in 2 of 3.
    assert (first.rater.name, first.rater.n_unstable, first.slice) == ("J1", 1, "")
    assert first.effects.accuracy.value == pytest.approx((2 / 3 + 1 / 4) / 2)
    assert first.effects.same.value == pytest.approx(2 / 3)
    assert first.effects.n_unreadable == 1
    assert (second.rater.name, second.effects.accuracy.value, second.effects.same.value) == ("J2", 0.25, 1.0)
    # J2 always says B: second in AB, first in BA.
    assert second.effects.first_shown.value == 0.5


def test_an_unreadable_reply_is_wrong_only_where_asked_for(workspace: Workspace) -> None:
    built = pairs(workspace, 2)
    said(workspace, built, "J", "uA", "uA")
    right(workspace, built, "AA")
    live, view = opened(workspace, built)
    published = judges_by_order(live, view, reference=gold(view), unreadable="answer", seed=0, resamples=0)[0].effects
    assert (published.accuracy.value, published.same.value) == (0.5, 1.0)
    assert Flag.UNREADABLE_AS_ANSWER in published.accuracy.flags
    ours = measured(workspace, built)[0].effects
    assert (ours.accuracy.value, ours.same.value, ours.same.n_units) == (1.0, 1.0, 1)


def test_repetitions_superseded_rows_and_whoever_saw_one_order_are_left_out(workspace: Workspace) -> None:
    built = pairs(workspace, 2)
    said(workspace, built, "J", "AA", "AB")
    said(workspace, built, "Ana", "AA", "..", kind="person")
    subject = next(iter(built.subjects))
    with workspace.database.writing() as session:
        add_rating(session, built, subject, "better", "J", "B", kind="judge", order="AB", repetition=1)
        wrong = add_rating(session, built, subject, "better", "K", "B", kind="judge", order="AB")
        add_rating(session, built, subject, "better", "K", "A", kind="judge", order="AB", supersedes=wrong)
        add_rating(session, built, subject, "better", "K", "A", kind="judge", order="BA")
    right(workspace, built, "AA")
    found = {each.rater.name: each.effects for each in measured(workspace, built)}
    assert set(found) == {"J", "K"}
    assert (found["J"].accuracy_ab.value, found["J"].same.value) == (1.0, 0.5)
    assert (found["K"].same.value, found["K"].n_pairs) == (1.0, 1)


def test_every_slice_has_its_own_numbers(workspace: Workspace) -> None:
    built = pairs(workspace, 3, ("easy", "hard", "hard"))
    said(workspace, built, "J", "AAB", "ABA")
    right(workspace, built, "AAA")
    found = {each.slice: each.effects.same.value for each in measured(workspace, built, "level")}
    assert found == {"easy": 1.0, "hard": 0.0}
    with pytest.raises(NotFound, match="slice"):
        measured(workspace, built, "colour")


def test_the_chosen_raters_are_those_measured(workspace: Workspace) -> None:
    built = pairs(workspace, 2)
    said(workspace, built, "J1", "AA", "AA")
    said(workspace, built, "J2", "AA", "AA")
    live, view = opened(workspace, built)
    chosen = next(line.id for line in view.raters if line.name == "J2")
    live, view = opened(workspace, built, Asked(raters=(chosen,)))
    found = judges_by_order(live, view, seed=0, resamples=0)
    assert [each.rater.name for each in found] == ["J2"]
    assert found[0].effects.accuracy.value is None


def test_a_question_that_asks_for_no_preference_has_no_orders(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"ok": ("output", pass_fail())})
    with workspace.database.writing() as session:
        add_rating(session, built, next(iter(built.subjects)), "ok", "J", "pass", kind="judge")
    live, view = opened(workspace, built)
    with pytest.raises(BadInput, match="a preference between outputs"):
        judges_by_order(live, view, seed=0)
