import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from core.errors import BadInput
from core.stats.estimates import Flag, IntervalMethod, Reason
from core.stats.games import Games
from core.stats.ranking_agreement import rank_correlations, ranking_agreement


@settings(max_examples=40)
@given(st.integers(0, 100_000), st.integers(3, 9))
def test_correlations_are_what_scipy_computes(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 4, n).astype(float), rng.integers(0, 4, n).astype(float)
    tau, rho = rank_correlations(x[None], y[None])[:, 0]
    if np.ptp(x) and np.ptp(y):
        assert (tau, rho) == pytest.approx((kendalltau(x, y).statistic, spearmanr(x, y).statistic))
    else:
        assert np.isnan([tau, rho]).all()


def games(noise: float, seed: int, prompts: int = 60) -> Games:
    """Every two of six systems on some prompts; `noise` is the chance of a random winner."""
    rng = np.random.default_rng(seed)
    names = [f"s{i}" for i in range(6)]
    left, right = np.triu_indices(6, 1)
    rows = [(i, j, p) for p in range(prompts) for i, j in zip(left, right, strict=True)]
    score = [float(rng.random() < 0.5) if rng.random() < noise else float(i > j) for i, j, _ in rows]
    return Games.of(
        [names[i] for i, _, _ in rows], [names[j] for _, j, _ in rows], score, players=names,
        clusters=[f"prompt {p}" for _, _, p in rows],
    )  # fmt: skip


def test_two_good_rankings_agree_and_noise_does_not() -> None:
    people = games(0.5, seed=0)
    for method in ("win_rate", "bradley_terry"):
        good = ranking_agreement(people, games(0.6, seed=1), method, seed=0, resamples=100)
        assert good.kendall_tau_b.value == pytest.approx(1.0)
        assert good.same_first is not None
        assert good.same_first > 0.9
        random = ranking_agreement(people, games(1.0, seed=2), method, seed=0, resamples=100)
        assert random.spearman.interval is not None
        assert random.spearman.interval.high - random.spearman.interval.low > 0.5
        assert (random.spearman.n_groups, random.n_players) == (60, 6)


def test_a_ranking_agrees_with_itself_on_every_resample() -> None:
    people = games(0.9, seed=3)
    same = ranking_agreement(people, people, "win_rate", seed=0, resamples=100)
    assert (same.kendall_tau_b.value, same.spearman.value, same.same_first) == (1.0, pytest.approx(1.0), 1.0)


def test_different_players_missing_clusters_and_too_few_players_are_refused_or_undefined() -> None:
    people = games(0.5, seed=0)
    with pytest.raises(BadInput, match="players"):
        ranking_agreement(people, Games.of(["a"], ["b"], [1], clusters=[1]), seed=0)
    alone = Games(people.players, people.left, people.right, people.score)
    with pytest.raises(BadInput, match="clusters"):
        ranking_agreement(people, alone, seed=0)
    two = Games.of(["a", "a"], ["b", "b"], [1, 0], clusters=[1, 2])
    assert ranking_agreement(two, two, seed=0).spearman.reason is Reason.NEEDS_THREE_PLAYERS


def test_intervals_are_percentiles_and_start_at_20_items() -> None:
    people, judge = games(0.8, seed=4), games(0.8, seed=5)
    found = ranking_agreement(people, judge, "win_rate", seed=0, resamples=200)
    for estimate in (found.kendall_tau_b, found.spearman):
        assert estimate.interval is not None
        assert estimate.interval.method is IntervalMethod.PERCENTILE
        assert estimate.standard_error is None
    few = ranking_agreement(games(0.8, 4, prompts=15), games(0.8, 5, prompts=15), "win_rate", seed=0, resamples=50)
    assert (few.spearman.interval, few.spearman.interval_reason) == (None, Reason.TOO_FEW_ITEMS)
    unasked = ranking_agreement(people, judge, "win_rate", seed=0, resamples=0)
    assert (unasked.spearman.interval_reason, unasked.same_first) == (Reason.NOT_RESAMPLED, None)


def test_rankings_that_noise_pulls_apart_are_flagged() -> None:
    # The true order is the same in both; with nine games in ten random, 60 items do not show it.
    noisy = ranking_agreement(games(0.9, 1), games(0.9, 2), "win_rate", seed=0, resamples=200)
    clear = ranking_agreement(games(0.3, 1), games(0.3, 2), "win_rate", seed=0, resamples=200)
    assert Flag.NOISY_RANKINGS in noisy.kendall_tau_b.flags
    assert Flag.NOISY_RANKINGS not in clear.kendall_tau_b.flags
    assert clear.kendall_tau_b.value == 1.0
    assert noisy.steadiness is not None
    assert clear.steadiness is not None
    assert max(noisy.steadiness) < 0.8 < min(clear.steadiness)


def test_players_that_one_cluster_alone_connects_have_no_strengths_in_too_many_resamples() -> None:
    # Only the last prompt lets a lose; a resample misses it with probability (24/25)^25 = 36 %.
    rows = [("c", "b", "a")] * 24 + [("a", "c", "b")]
    left = [name for winner, middle, _ in rows for name in (winner, middle, winner)]
    right = [name for _, middle, loser in rows for name in (middle, loser, loser)]
    chain = Games.of(left, right, [1.0] * 75, clusters=np.repeat(np.arange(25), 3))
    found = ranking_agreement(chain, chain, "bradley_terry", seed=0, resamples=100)
    assert found.kendall_tau_b.interval_reason is Reason.UNDEFINED_RESAMPLES
    assert 15 < found.kendall_tau_b.undefined_resamples < 60
