import warnings
from typing import Any

import evalica
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.stats.bradley_terry import bradley_terry
from core.stats.estimates import Flag, Reason
from core.stats.games import Games
from core.stats.rankings import average_win_rates, elo, elo_scale, ranking, replicate_scores, win_rates
from core.stats.resampling import jackknife_error
from tests.stats.builders import further_cases


@pytest.mark.parametrize("case", further_cases("win_rate"), ids=lambda case: case["name"])
def test_a_worked_win_rate_is_reproduced(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    score = [1.0] * inputs["wins"] + [0.5] * inputs["ties"] + [0.0] * inputs["losses"]
    games = Games.of(["a"] * len(score), ["b"] * len(score), score)
    first = next(each for each in ranking(games, "win_rate", seed=0).players if each.player == "a")
    expected = case["expected"]
    if isinstance(expected, dict):
        assert first.score.value == expected["value"]
        assert [str(flag) for flag in first.score.flags if flag is Flag.NO_DECISIVE_COMPARISON] == [expected["flag"]]
    else:
        assert first.score.value == pytest.approx(expected)


def tournament(n: int = 5, games: int = 400, seed: int = 0, clusters: int = 0) -> Games:
    rng = np.random.default_rng(seed)
    left = rng.integers(0, n, games)
    right = (left + rng.integers(1, n, games)) % n
    chance = 1 / (1 + np.exp(-(left - right) * 0.5))
    draw = rng.random(games)
    score = np.where(draw < 0.1, 0.5, (rng.random(games) < chance).astype(float))
    names = [f"s{i}" for i in range(n)]
    prompt = None if not clusters else np.array([f"p{i}" for i in range(clusters)])[np.arange(games) % clusters]
    return Games.of([names[i] for i in left], [names[i] for i in right], score, players=names, clusters=prompt)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100_000))
def test_scores_are_what_evalica_computes(seed: int) -> None:
    games = tournament(games=60, seed=seed)
    xs, ys = ([games.players[i] for i in side] for side in (games.left, games.right))
    winners = [{1.0: evalica.Winner.X, 0.0: evalica.Winner.Y, 0.5: evalica.Winner.Draw}[s] for s in games.score]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        average = evalica.average_win_rate(xs, ys, winners).scores
        ratings = evalica.elo(xs, ys, winners, k=4.0).scores
    for ours, theirs in ((average_win_rates(games.wins()[None])[0], average), (elo(games, k=4.0), ratings)):
        for player, value in zip(games.players, ours, strict=True):
            if player in theirs.index:
                assert value == pytest.approx(theirs[player])


def test_elo_moves_by_k_times_the_surprise() -> None:
    # Equal ratings: expected 1/2, so the first win moves both by 2. Then 1002 against 998: expected
    # 1 / (1 + 10^(-4/400)) = 0.505756; a tie moves by 4 (0.5 - 0.505756) = -0.023025.
    games = Games.of(["a", "a"], ["b", "b"], [1, 0.5])
    assert elo(games) == pytest.approx([1002 - 0.023025, 998 + 0.023025], abs=1e-5)


def test_a_ranking_is_in_order_with_intervals_and_games() -> None:
    found = ranking(tournament(games=800), "bradley_terry", seed=1, resamples=200)
    assert [each.player for each in found.players] == ["s4", "s3", "s2", "s1", "s0"]
    assert [each.rank for each in found.players] == [1, 2, 3, 4, 5]
    assert sum(each.n_games for each in found.players) == 1600
    for each in found.players:
        assert each.score.interval is not None
        assert each.score.value is not None
        assert each.score.interval.low < each.score.value < each.score.interval.high
    # Centred log strengths (mean 0) of the simulation: -1, -0.5, 0, 0.5, 1, a tie pulls them together a little.
    best, worst = found.players[0].score, found.players[-1].score
    assert (best.value, worst.value) == pytest.approx((1, -1), abs=0.25)


@pytest.mark.parametrize("method", ["win_rate", "average_win_rate"])
def test_the_jackknife_is_the_score_without_each_game_or_cluster(method: Any) -> None:
    for games in (tournament(3, 40), tournament(3, 60, clusters=20)):
        replicates = replicate_scores(games, method, rng=np.random.default_rng(0), resamples=0)
        groups = np.arange(len(games.left)) if games.clusters is None else games.clusters
        score = win_rates if method == "win_rate" else average_win_rates
        without = []
        for group in range(groups.max() + 1):
            kept = groups != group
            rest = Games(games.players, games.left[kept], games.right[kept], games.score[kept])
            without.append(score(rest.wins()[None])[0])
        values = np.array(without)
        n = len(values)
        expected = np.sqrt((n - 1) / n * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
        found = [jackknife_error(row, replicates.frequency) for row in replicates.left_out]
        assert found == pytest.approx(expected)


def test_one_newton_step_is_close_to_the_strengths_without_a_cluster() -> None:
    games = tournament(4, 300, clusters=30)
    replicates = replicate_scores(games, "bradley_terry", rng=np.random.default_rng(0), resamples=0)
    assert games.clusters is not None
    for cluster in (0, 7, 29):
        kept = games.clusters != cluster
        rest = Games(games.players, games.left[kept], games.right[kept], games.score[kept])
        assert replicates.left_out[:, cluster] == pytest.approx(bradley_terry(rest.wins()).log_strengths, abs=0.02)


def test_the_bootstrap_error_of_strengths_is_near_that_of_the_information() -> None:
    games = tournament(4, 2000, seed=5)
    found = replicate_scores(games, "bradley_terry", rng=np.random.default_rng(0), resamples=400)
    assert found.draws is not None
    information = np.sqrt(np.diag(bradley_terry(games.wins()).covariance))
    # Ties as half wins make the information's errors a few percent too wide.
    assert found.draws.std(axis=1) == pytest.approx(information, rel=0.15)


def test_games_that_do_not_connect_everybody_have_no_strengths_unless_a_prior_is_asked_for() -> None:
    games = Games.of(["a", "a", "b"], ["b", "c", "c"], [1, 1, 1])
    plain, prior = ranking(games, seed=0), ranking(games, seed=0, ridge=1.0)
    assert plain.reason is Reason.SEPARATED_OR_DISCONNECTED
    assert {each.rank for each in plain.players} == {None}
    assert [each.player for each in prior.players] == ["a", "b", "c"]
    assert all(Flag.WITH_PRIOR in each.score.flags for each in prior.players)


def test_a_player_without_games_has_no_score_and_stands_last() -> None:
    found = ranking(Games.of(["a"] * 30, ["b"] * 30, [1, 0] * 15, players=["z", "a", "b"]), "win_rate", seed=0)
    assert (found.players[-1].player, found.players[-1].score.reason) == ("z", Reason.NO_GAMES)
    assert [each.rank for each in found.players] == [1, 1, None]
    assert ranking(Games.of([], [], [], players=["a", "b"]), "win_rate", seed=0).reason is Reason.NO_GAMES


def test_wrong_games_are_refused() -> None:
    for left, right, score in ((["a"], ["a"], [1]), (["a"], ["b"], [0.3]), (["a"], ["b"], [1, 0])):
        with pytest.raises(BadInput):
            Games.of(left, right, score)
    with pytest.raises(BadInput, match="players"):
        Games.of(["a"], ["b"], [1], players=["a"])


def test_the_elo_scale_gives_400_points_to_ten_to_one() -> None:
    assert np.diff(elo_scale(np.log(np.array([1.0, 10.0])))) == pytest.approx([400])
