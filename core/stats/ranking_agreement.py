"""Do two rankings of the same players agree: by people and by a judge, from games on the same items.

Items are resampled for both rankings at once, so that what makes both hard or easy stays together. A rank correlation
of few players moves in steps, so what one item changes says nothing, and corrections for bias mislead: ends are plain
percentiles (simulated, 10 players, true tau .47, 50 and 100 items: percentiles hold it in .99, BCa in .86). Noise in
the rankings pulls their correlation towards 0, and no interval shows it (simulated, true tau 1, noisy rankings:
percentiles held it in .02 to .81 of the studies, no other method in more than .95). So each ranking is correlated with
its own resamples; below `STEADY` the estimates are flagged.
"""

from dataclasses import dataclass, replace

import numpy as np

from core.errors import BadInput
from core.stats.arrays import FloatArray, IntArray, ratio
from core.stats.bradley_terry import bradley_terry
from core.stats.estimates import Estimate, Flag, Interval, IntervalMethod, Reason
from core.stats.estimating import Basis, estimated, undefined_estimate
from core.stats.games import Games, win_matrices
from core.stats.rankings import RankingMethod, left_out_scores, scores_of
from core.stats.resampling import Replicates, resample_weights

STEADY = 0.8
"""A ranking whose resamples have a mean tau-b with it below this raises `Flag.NOISY_RANKINGS`."""

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class RankingAgreement:
    """How far two rankings agree.

    Attributes:
        kendall_tau_b: Pairs of players in the same order minus pairs in the other, as a share.
        spearman: Correlation of ranks.
        same_first: Share of resamples where both have the same player first; None without resamples.
        steadiness: Mean tau-b of the resamples of each ranking with that ranking; None without resamples. Two rankings
            cannot be expected to agree more than they do with themselves.
        n_players: Players ranked by both.
    """

    kendall_tau_b: Estimate
    spearman: Estimate
    same_first: float | None
    steadiness: tuple[float, float] | None
    n_players: int


def ranking_agreement(
    first: Games,
    second: Games,
    method: RankingMethod = "bradley_terry",
    *,
    seed: int,
    level: float = 0.95,
    resamples: int = 1000,
    ridge: float = 0.0,
) -> RankingAgreement:
    """Correlate the rankings of two sets of games.

    Args:
        first: Games of one rater (people).
        second: Games of the other (a judge), with the same players and the clusters of the same items.
        method: How players are scored.
        seed: Seed of the bootstrap.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
        ridge: See `ranking`.

    Raises:
        BadInput: Players differ, or games have no clusters to resample together.
    """
    if first.players != second.players:
        raise BadInput(where="players", found="two different lists", expected="the same players in the same order")
    if first.clusters is None or second.clusters is None:
        raise BadInput(where="clusters", found="none", expected="the item of every game, in both rankings")
    wins = [first.wins(), second.wins()]
    reason = _reason_against(wins, method, ridge)
    if reason is not None:
        return RankingAgreement(
            undefined_estimate("kendall_tau_b", reason),
            undefined_estimate("spearman", reason),
            None,
            None,
            len(first.players),
        )
    replicates, same_first, steadiness = _replicates(first, second, method, seed, resamples, ridge)
    flags = (Flag.NOISY_RANKINGS,) if steadiness is not None and min(steadiness) < STEADY else ()
    n_games = len(first.left) + len(second.left)
    basis = Basis(n_games, n_games, len(replicates.frequency), clustered=True)
    tau, rho = (
        _between_percentiles(
            estimated(name, replicates, k, basis, level=level, undefined=Reason.ZERO_VARIANCE, flags=flags),
            replicates,
            k,
            level,
        )
        for k, name in enumerate(("kendall_tau_b", "spearman"))
    )
    return RankingAgreement(tau, rho, same_first, steadiness, len(first.players))


def _between_percentiles(estimate: Estimate, replicates: Replicates, which: int, level: float) -> Estimate:
    """The estimate with percentiles as ends where it may have an interval; a step function has no jackknife error."""
    bare = replace(estimate, standard_error=None)
    none = estimate.interval is None and estimate.interval_reason is not Reason.ONE_SIDED_RESAMPLES
    if estimate.value is None or replicates.draws is None or none or np.isnan(replicates.draws[which]).all():
        return bare
    draws = replicates.draws[which][~np.isnan(replicates.draws[which])]
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    interval = Interval(float(low), float(high), level=level, method=IntervalMethod.PERCENTILE)
    return replace(bare, interval=interval, interval_reason=None)


def _reason_against(wins: list[FloatArray], method: RankingMethod, ridge: float) -> Reason | None:
    if not all(each.any() for each in wins):
        return Reason.NO_GAMES
    if len(wins[0]) < 3:
        return Reason.NEEDS_THREE_PLAYERS
    if method != "bradley_terry":
        return None
    return next((fit.reason for each in wins if (fit := bradley_terry(each, ridge=ridge)).reason), None)


def _replicates(
    first: Games, second: Games, method: RankingMethod, seed: int, resamples: int, ridge: float
) -> tuple[Replicates, float | None, tuple[float, float] | None]:
    groups, n_groups = _together(first, second)
    both = (first, second)
    matrices = [win_matrices(games, group, n_groups) for games, group in zip(both, groups, strict=True)]
    n, score = first.n_players, scores_of(method, ridge)
    frequency = np.ones(n_groups, dtype=np.int64)
    rng = np.random.default_rng(seed)
    full = [score(games.wins()[None]) for games in both]
    draws, firsts, own = [], [], []
    for weights in resample_weights(frequency, rng=rng, resamples=resamples):
        for start in range(0, len(weights), _AT_ONCE):
            chunk = weights[start : start + _AT_ONCE]
            x, y = (score(np.ascontiguousarray((m.T @ chunk.T).T).reshape(-1, n, n)) for m in matrices)
            draws.append(rank_correlations(x, y))
            own.append(
                [rank_correlations(z, np.broadcast_to(f, z.shape))[0] for z, f in zip((x, y), full, strict=True)]
            )
            defined = ~np.isnan(x).any(axis=1) & ~np.isnan(y).any(axis=1)
            firsts.append(x[defined].argmax(axis=1) == y[defined].argmax(axis=1))
    left = [left_out_scores(games, m, method, ridge).T for games, m in zip(both, matrices, strict=True)]
    point = rank_correlations(*full)[:, 0]
    replicates = Replicates(
        point, np.concatenate(draws, axis=1) if draws else np.zeros((2, 0)), rank_correlations(*left), frequency
    )
    if not draws:
        return replicates, None, None
    same, taus = np.concatenate(firsts), np.concatenate(own, axis=1)
    taus = taus[:, ~np.isnan(taus).any(axis=0)]
    steadiness = (float(taus[0].mean()), float(taus[1].mean())) if taus.size else None
    return replicates, float(same.mean()) if len(same) else None, steadiness


def _together(first: Games, second: Games) -> tuple[tuple[IntArray, IntArray], int]:
    """Group of each game of both, numbered together."""
    if first.cluster_names is None or second.cluster_names is None:
        raise ValueError("Games without clusters have no common items.")
    joint, place = np.unique(np.concatenate([first.cluster_names, second.cluster_names]), return_inverse=True)
    place = place.reshape(-1).astype(np.int64)
    return (place[: len(first.left)], place[len(first.left) :]), len(joint)


def rank_correlations(x: FloatArray, y: FloatArray) -> FloatArray:
    """Kendall's tau-b and Spearman's rank correlation of each row of two S x n arrays, 2 x S.

    Players without a score in one of the two (NaN) leave the row undefined, as does a row of equal scores.
    """
    x_sign, y_sign = (np.sign(s[:, :, None] - s[:, None, :]) for s in (x, y))
    untied = [np.sum(sign**2, axis=(1, 2)) for sign in (x_sign, y_sign)]
    tau = ratio(np.sum(x_sign * y_sign, axis=(1, 2)), np.sqrt(untied[0] * untied[1]))
    # The sum of the signs of a player's differences is twice its mid-rank, up to a constant.
    x_rank, y_rank = x_sign.sum(axis=2), y_sign.sum(axis=2)
    spread = np.sqrt(np.sum(x_rank**2, axis=1) * np.sum(y_rank**2, axis=1))
    return np.array([tau, ratio(np.sum(x_rank * y_rank, axis=1), spread)])
