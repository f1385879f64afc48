"""Rankings of players (systems) from games: win rate, average win rate, Bradley-Terry strength; and Elo.

Intervals resample games, or whole clusters of them (all games of a prompt). Sequential Elo hangs on the order of the
games; it is here to reproduce published tables, and no page offers it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import sparse

from core.stats.arrays import FloatArray, ratio
from core.stats.bradley_terry import bradley_terry, strengths
from core.stats.estimates import Estimate, Flag, Reason
from core.stats.estimating import Basis, estimated, undefined_estimate
from core.stats.games import Games, group_wins, resampled_wins
from core.stats.resampling import Replicates

RankingMethod = Literal["win_rate", "average_win_rate", "bradley_terry"]

_MAX_LEFT_OUT = 4_000_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """One player of a ranking.

    Attributes:
        player: Name.
        score: Win rate, average win rate, or log strength (mean 0 over players), with its interval.
        rank: 1 for the best; players with the same score share the best rank of theirs.
        n_games: Games played.
    """

    player: str
    score: Estimate
    rank: int | None
    n_games: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking, best first.

    Attributes:
        method: How scores were made.
        players: The players, best first, those without a score last.
        reason: Why there is no ranking.
    """

    method: RankingMethod
    players: tuple[Ranked, ...]
    reason: Reason | None = None


def win_rates(wins: FloatArray) -> FloatArray:
    """(wins + ties / 2) / games of each player; NaN without games. Of S x n x n win matrices."""
    return ratio(wins.sum(axis=-1), (wins + np.swapaxes(wins, -1, -2)).sum(axis=-1))


def average_win_rates(wins: FloatArray) -> FloatArray:
    """The mean over opponents met of the win rate against each; NaN without games. Of S x n x n win matrices."""
    games = wins + np.swapaxes(wins, -1, -2)
    against = np.nan_to_num(ratio(wins, games), nan=0.0)
    return ratio(against.sum(axis=-1), (games > 0).sum(axis=-1).astype(np.float64))


def elo(games: Games, *, k: float = 4.0, initial: float = 1000.0, scale: float = 400.0) -> FloatArray:
    """Elo ratings after all games in their order (Elo 1978): each moves both by k (score - expected score)."""
    rating = np.full(games.n_players, initial)
    for left, right, score in zip(games.left.tolist(), games.right.tolist(), games.score.tolist(), strict=True):
        expected = 1 / (1 + 10 ** ((rating[right] - rating[left]) / scale))
        rating[left] += k * (score - expected)
        rating[right] -= k * (score - expected)
    return rating


def strength_shares(log_strengths: FloatArray) -> FloatArray:
    """Bradley-Terry strengths that sum to 1."""
    strength = np.exp(log_strengths - np.nanmax(log_strengths))
    return np.asarray(strength / np.nansum(strength), dtype=np.float64)


def elo_scale(log_strengths: FloatArray) -> FloatArray:
    """Bradley-Terry strengths on the scale of Elo: 400 log10 of the strength, 1000 on average."""
    return np.asarray(1000 + 400 * log_strengths / np.log(10), dtype=np.float64)


def ranking(
    games: Games,
    method: RankingMethod = "bradley_terry",
    *,
    seed: int,
    level: float = 0.95,
    resamples: int = 1000,
    ridge: float = 0.0,
) -> Ranking:
    """Rank players.

    Args:
        games: The games.
        method: "win_rate", "average_win_rate" or "bradley_terry".
        seed: Seed of the bootstrap.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
        ridge: For Bradley-Terry: precision of a normal prior around 0, which gives strengths to games that do not
            connect all players; above 0 every score is flagged.
    """
    wins = games.wins()
    played = (wins + wins.T).sum(axis=1)
    reason = _reason_against(wins, method, ridge)
    if reason is not None:
        nothing = undefined_estimate(method, reason)
        players = [Ranked(name, nothing, None, round(n)) for name, n in zip(games.players, played, strict=True)]
        return Ranking(method, tuple(players), reason)
    replicates = replicate_scores(games, method, rng=np.random.default_rng(seed), resamples=resamples, ridge=ridge)
    flags = (Flag.WITH_PRIOR,) if ridge > 0 else ()
    found = []
    for place, name in enumerate(games.players):
        basis = _basis(games, place)
        alone = (Flag.NO_DECISIVE_COMPARISON,) if _only_ties(games, place) else ()
        score = estimated(
            method, replicates, place, basis, level=level, undefined=Reason.NO_GAMES,
            proportion=method == "win_rate", flags=flags + alone,
        )  # fmt: skip
        if not basis.n_units:
            score = replace(score, reason=Reason.NO_GAMES) if score.value is None else score
        found.append(Ranked(name, score, None, round(played[place])))
    return Ranking(method, _in_order(found))


def replicate_scores(
    games: Games, method: RankingMethod, *, rng: np.random.Generator, resamples: int, ridge: float = 0.0
) -> Replicates:
    """Scores of all players on the games, on resamples, and without each group (players x ...)."""
    by_group, frequency = group_wins(games)
    score = scores_of(method, ridge)
    draws = [
        score(wins).T for wins in resampled_wins(by_group, frequency, games.n_players, rng=rng, resamples=resamples)
    ]
    left_out = left_out_scores(games, by_group, method, ridge)
    return Replicates(
        point=score(games.wins()[None])[0],
        draws=np.concatenate(draws, axis=1) if draws else np.zeros((games.n_players, 0)),
        left_out=left_out,
        frequency=frequency,
    )


def scores_of(method: RankingMethod, ridge: float) -> Callable[[FloatArray], FloatArray]:
    """From S x n x n win matrices to S x n scores."""
    if method == "bradley_terry":
        return lambda wins: strengths(wins, ridge=ridge)
    return win_rates if method == "win_rate" else average_win_rates


def left_out_scores(games: Games, by_group: sparse.csr_array, method: RankingMethod, ridge: float) -> FloatArray:
    """Scores without each group, players x groups; for Bradley-Terry one Newton step away from the full fit."""
    n, n_groups = games.n_players, by_group.shape[0]
    wins = games.wins()
    step = max(1, _MAX_LEFT_OUT // (n * n))
    fit = bradley_terry(wins, ridge=ridge) if method == "bradley_terry" else None
    parts = []
    for start in range(0, n_groups, step):
        own = by_group[start : start + step].toarray().reshape(-1, n, n)
        if fit is None:
            parts.append(scores_of(method, ridge)(wins - own).T)
            continue
        expected = 1 / (1 + np.exp(fit.log_strengths[None, :] - fit.log_strengths[:, None]))
        gradient = (own - (own + own.transpose(0, 2, 1)) * expected).sum(axis=2)
        parts.append(fit.log_strengths[:, None] - fit.covariance @ gradient.T)
    return np.concatenate(parts, axis=1) if parts else np.zeros((n, 0))


def _reason_against(wins: FloatArray, method: RankingMethod, ridge: float) -> Reason | None:
    if not wins.any():
        return Reason.NO_GAMES
    return bradley_terry(wins, ridge=ridge).reason if method == "bradley_terry" else None


def _basis(games: Games, place: int) -> Basis:
    """The games of a player, and the groups they belong to."""
    mine = (games.left == place) | (games.right == place)
    n = int(mine.sum())
    groups = n if games.clusters is None else len(np.unique(games.clusters[mine]))
    return Basis(n, n, groups, clustered=games.clusters is not None)


def _only_ties(games: Games, place: int) -> bool:
    mine = (games.left == place) | (games.right == place)
    return bool(mine.any() and np.all(games.score[mine] == 0.5))


def _in_order(found: list[Ranked]) -> tuple[Ranked, ...]:
    values = np.array([np.nan if each.score.value is None else each.score.value for each in found])
    ranks = [None if np.isnan(value) else 1 + int(np.sum(values > value + 1e-12)) for value in values]
    ordered = [replace(each, rank=rank) for each, rank in zip(found, ranks, strict=True)]
    return tuple(sorted(ordered, key=lambda each: (each.rank is None, each.rank or 0)))
