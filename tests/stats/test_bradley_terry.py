import warnings
from typing import Any

import evalica
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from core.stats.bradley_terry import bradley_terry, strengths, strongly_connected
from core.stats.estimates import Reason
from core.stats.games import Games
from core.stats.rankings import strength_shares
from tests.stats.builders import further_cases


@pytest.mark.parametrize("case", further_cases("bradley_terry_log_ability"), ids=lambda case: case["name"])
def test_a_worked_case_is_reproduced(case: dict[str, Any]) -> None:
    fit = bradley_terry(np.array(case["inputs"]["wins"], dtype=float))
    if isinstance(case["expected"], dict):
        assert fit.reason == case["expected"]["undefined"]
        assert np.isnan(fit.log_strengths).all()
        return
    abilities, errors = fit.against(0)
    assert abilities == pytest.approx(case["expected"], abs=case["tol"])
    assert errors[1:] == pytest.approx(case["expected_se"][1:], abs=1e-5)


def random_wins(seed: int, n: int, games: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    rng = np.random.default_rng(seed)
    wins = np.zeros((n, n))
    for _ in range(games):
        a, b = rng.choice(n, 2, replace=False)
        score = rng.choice([0.0, 0.5, 1.0])
        wins[a, b] += score
        wins[b, a] += 1 - score
    return wins


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000), st.integers(2, 7), st.integers(1, 30))
def test_connected_is_what_scipy_finds_in_the_graph(seed: int, n: int, games: int) -> None:
    wins = random_wins(seed, n, games)
    components, _ = connected_components(wins > 0, directed=True, connection="strong")
    assert strongly_connected(wins[None])[0] == (components == 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000), st.integers(3, 6))
def test_it_is_what_evalica_computes(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    left = rng.integers(0, n, 120)
    right = (left + rng.integers(1, n, 120)) % n
    score = rng.choice([0.0, 0.5, 1.0], 120)
    names = [f"s{i}" for i in range(n)]
    games = Games.of([names[i] for i in left], [names[i] for i in right], score, players=names)
    fit = bradley_terry(games.wins())
    assume(fit.reason is None)
    winners = [{1.0: evalica.Winner.X, 0.0: evalica.Winner.Y, 0.5: evalica.Winner.Draw}[s] for s in score]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        theirs = evalica.bradley_terry(
            [names[i] for i in left], [names[i] for i in right], winners, tolerance=1e-10, limit=10_000
        ).scores
    expected = np.array([theirs[name] for name in names])
    assert strength_shares(fit.log_strengths) == pytest.approx(expected / expected.sum(), rel=1e-5)


def test_the_fit_solves_the_likelihood_equations_and_does_not_hang_on_order() -> None:
    wins = random_wins(3, 6, 200)
    theta = bradley_terry(wins).log_strengths
    games = wins + wins.T
    expected = games / (1 + np.exp(theta[None, :] - theta[:, None]))
    assert expected.sum(axis=1) == pytest.approx(wins.sum(axis=1))
    order = np.array([3, 1, 5, 0, 2, 4])
    assert bradley_terry(wins[np.ix_(order, order)]).log_strengths == pytest.approx(theta[order])


def test_many_matrices_at_once_are_each_on_its_own() -> None:
    stack = np.array([random_wins(seed, 5, 12) for seed in range(40)])
    together = strengths(stack)
    for wins, theta in zip(stack, together, strict=True):
        assert theta == pytest.approx(bradley_terry(wins).log_strengths, nan_ok=True)
    assert np.isnan(together).any()
    assert not np.isnan(together).all()


def test_a_prior_gives_separated_players_finite_strengths_in_their_order() -> None:
    wins = np.array([[0, 5, 3], [0, 0, 4], [0, 0, 0]], dtype=float)
    fit = bradley_terry(wins, ridge=0.5)
    assert (fit.reason, fit.ridge) == (None, 0.5)
    assert fit.log_strengths[0] > fit.log_strengths[1] > fit.log_strengths[2]
    # A prior precision r: gradient is zero at the solution, sum_j (w_ij - g_ij p_ij) = r theta_i.
    games = wins + wins.T
    gap = (wins - games / (1 + np.exp(fit.log_strengths[None] - fit.log_strengths[:, None]))).sum(axis=1)
    assert gap == pytest.approx(0.5 * fit.log_strengths, abs=1e-8)
    assert bradley_terry(wins).reason is Reason.SEPARATED_OR_DISCONNECTED


def test_extreme_but_connected_games_converge() -> None:
    wins = np.array([[0, 1e6, 1e6], [1, 0, 1e6], [1, 1, 0]], dtype=float)
    assert bradley_terry(wins).reason is None
