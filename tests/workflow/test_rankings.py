"""Systems ranked from preferences: what people said in the order in which they said it."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import BadInput
from core.scales import pass_fail, preference
from core.stats.estimates import Reason
from core.workflow.agreement import Asked, LiveStudies
from core.workflow.agreement_view import AgreementView
from core.workflow.rankings import system_games, system_rankings
from core.workflow.workspace import Workspace
from tests.builders import Built, add_rating, add_subject, build_study


def league(workspace: Workspace) -> Built:
    """Two items and three systems, whose outputs meet pairwise: `q1/ash|elm`, `q1/ash|oak`, `q1/elm|oak`, ..."""
    scale = preference(both_bad=True)
    built = build_study(
        workspace.database, criteria={"better": ("pair", scale)}, items=("q1", "q2"), systems=("ash", "elm", "oak")
    )
    with workspace.database.writing() as session:
        for item in built.items:
            for a, b in (("ash", "oak"), ("elm", "oak")):
                key = f"{item}/{a}|{b}"
                outputs = built.outputs[item, a], built.outputs[item, b]
                made = add_subject(session, built.study, built.items[item], key, *outputs)
                built = replace(built, subjects={**built.subjects, key: made})
    return built


def vote(workspace: Workspace, built: Built, rows: list[tuple[str, str, str]], kind: str = "person") -> None:
    with workspace.database.writing() as session:
        for subject, rater, value in rows:
            add_rating(session, built, subject, "better", rater, value, kind=kind)


def view_of(workspace: Workspace, built: Built) -> AgreementView:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live.view(Asked())


def test_votes_become_games_in_the_order_they_were_given(any_workspace: Workspace) -> None:
    built = league(any_workspace)
    votes = [
        ("q2/elm|oak", "Bo", "B"),
        ("q1/ash|elm", "Ana", "A"),
        ("q1/ash|elm", "Bo", "tie"),
        ("q1/ash|oak", "Ana", "both_bad"),
    ]
    vote(any_workspace, built, votes)
    vote(any_workspace, built, [("q1/ash|elm", "J", "B")], kind="judge")
    view = view_of(any_workspace, built)
    found = system_games(any_workspace, view)
    named = [(found.games.players[left], found.games.players[right]) for left, right in
             zip(found.games.left, found.games.right, strict=True)]  # fmt: skip
    assert named == [("elm", "oak"), ("ash", "elm"), ("ash", "elm")]
    assert found.games.score.tolist() == [0.0, 1.0, 0.5]
    assert found.n_outside == 1
    # Both votes on the outputs of q1 hang together.
    assert found.games.clusters is not None
    assert found.games.clusters.tolist() == [1, 0, 0]
    judge = next(line.id for line in view.raters if line.name == "J")
    assert system_games(any_workspace, view, [judge]).games.score.tolist() == [0.0]


def test_a_changed_vote_counts_once(workspace: Workspace) -> None:
    built = league(workspace)
    with workspace.database.writing() as session:
        first = add_rating(session, built, "q1/ash|elm", "better", "Ana", "A")
        add_rating(session, built, "q1/ash|elm", "better", "Ana", "B", supersedes=first)
    assert system_games(workspace, view_of(workspace, built)).games.score.tolist() == [0.0]


def test_strength_win_rate_and_elo_by_hand(workspace: Workspace) -> None:
    built = league(workspace)
    # Ash beats elm three times of four: a strength of 3 to 1.
    vote(workspace, built, [("q1/ash|elm", name, value) for name, value in zip("abcd", "AAAB", strict=True)])
    found = system_rankings(system_games(workspace, view_of(workspace, built)), seed=0, k=4.0, resamples=0)
    assert found.strength_shares == pytest.approx({"ash": 0.75, "elm": 0.25})
    rates = {each.player: each.score.value for each in found.average_win_rate.players}
    assert rates == {"ash": 0.75, "elm": 0.25}
    # Elo with k = 4: 1002, 1003.977, 1005.931, then a loss: what one wins the other loses.
    rating = [1000.0, 1000.0]
    for score in (1, 1, 1, 0):
        gain = 4 * (score - 1 / (1 + 10 ** ((rating[1] - rating[0]) / 400)))
        rating = [rating[0] + gain, rating[1] - gain]
    assert found.elo == pytest.approx({"ash": rating[0], "elm": rating[1]})
    assert [each.player for each in found.bradley_terry.players] == ["ash", "elm"]


def test_who_never_lost_leaves_no_strengths_and_says_so(workspace: Workspace) -> None:
    built = league(workspace)
    vote(workspace, built, [("q1/ash|elm", "Ana", "A"), ("q1/elm|oak", "Ana", "A")])
    found = system_rankings(system_games(workspace, view_of(workspace, built)), seed=0, resamples=0)
    assert found.bradley_terry.reason is Reason.SEPARATED_OR_DISCONNECTED
    assert np.isnan(list(found.strength_shares.values())).all()
    assert found.elo["ash"] > found.elo["elm"] > found.elo["oak"]


def test_a_question_that_asks_for_no_preference_has_no_games(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"ok": ("output", pass_fail())})
    with workspace.database.writing() as session:
        add_rating(session, built, next(iter(built.subjects)), "ok", "Ana", "pass")
    with pytest.raises(BadInput, match="a preference between outputs"):
        system_games(workspace, view_of(workspace, built))
