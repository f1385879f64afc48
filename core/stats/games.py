"""Comparisons of two players (systems) at a time, and the win matrices of any resample of them.

A tie is half a win for each side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from core.errors import BadInput
from core.stats.arrays import FloatArray, IntArray
from core.stats.resampling import resample_weights


@dataclass(frozen=True, slots=True, eq=False)
class Games:
    """Games in the order they were played.

    Attributes:
        players: Names.
        left: Player on one side of each game (index into `players`).
        right: Player on the other side.
        score: 1 where left won, 0 where right won, 0.5 for a tie.
        clusters: Group 0..c-1 of each game, which is resampled whole; None where games stand alone.
        cluster_names: Its name, by which groups of other games are found; None where games stand alone.
    """

    players: tuple[str, ...]
    left: IntArray
    right: IntArray
    score: FloatArray
    clusters: IntArray | None = None
    cluster_names: NDArray[np.generic] | None = None

    @classmethod
    def of(
        cls,
        left: Sequence[str],
        right: Sequence[str],
        score: ArrayLike,
        *,
        players: Sequence[str] | None = None,
        clusters: ArrayLike | None = None,
    ) -> "Games":
        """Games from names.

        Args:
            left: Player on one side of each game.
            right: Player on the other side.
            score: 1, 0.5 or 0 for the left one.
            players: All players, in order; default those that occur, sorted.
            clusters: Group of each game.

        Raises:
            BadInput: Lengths differ, a score is not one of the three, or a player meets itself or is unknown.
        """
        names = tuple(players) if players is not None else tuple(sorted({*left, *right}))
        index = {name: place for place, name in enumerate(names)}
        unknown = sorted({*left, *right} - set(names))
        if unknown:
            raise BadInput(where="players", found=", ".join(unknown[:5]), expected="one of those named")
        points = np.asarray(score, dtype=np.float64)
        if not len(left) == len(right) == len(points):
            raise BadInput(where="games", found=f"{len(left)}, {len(right)}, {len(points)}", expected="one length")
        if not np.isin(points, (0.0, 0.5, 1.0)).all():
            raise BadInput(where="score", found="another number", expected="1, 0.5 or 0")
        first, second = (np.array([index[name] for name in side], dtype=np.int64) for side in (left, right))
        if np.any(first == second):
            raise BadInput(where="games", found="a player against itself", expected="two players")
        named = None if clusters is None else np.asarray(clusters)
        groups = None if named is None else np.unique(named, return_inverse=True)[1].reshape(-1).astype(np.int64)
        return cls(names, first, second, points, groups, named)

    @property
    def n_players(self) -> int:
        """How many players there are, those without a game included."""
        return len(self.players)

    def wins(self) -> FloatArray:
        """Players x players: wins of the row over the column, ties half."""
        return win_matrices(self, np.zeros(len(self.left), dtype=np.int64), 1).toarray().reshape((self.n_players,) * 2)

    def kinds(self) -> tuple[IntArray, IntArray]:
        """What is resampled: the group of each game, and how many groups are alike.

        Clusters are all different; games that stand alone are alike where the same players had the same score.
        """
        if self.clusters is not None:
            return self.clusters, np.ones(int(self.clusters.max(initial=-1)) + 1, dtype=np.int64)
        key = (self.left * self.n_players + self.right) * 3 + (2 * self.score).astype(np.int64)
        _, kind, frequency = np.unique(key, return_inverse=True, return_counts=True)
        return kind.reshape(-1).astype(np.int64), frequency.astype(np.int64)


def win_matrices(games: Games, groups: IntArray, n_groups: int) -> sparse.csr_array:
    """Groups x (players * players) win matrices, flat."""
    n = games.n_players
    cells = np.concatenate([games.left * n + games.right, games.right * n + games.left])
    points = np.concatenate([games.score, 1 - games.score])
    return sparse.csr_array((points, (np.tile(groups, 2), cells)), shape=(n_groups, n * n))


def group_wins(games: Games) -> tuple[sparse.csr_array, IntArray]:
    """The win matrix of one group of each kind (flat), and how many groups are of that kind."""
    kind, frequency = games.kinds()
    summed = win_matrices(games, kind, len(frequency))
    return sparse.csr_array(sparse.diags_array(1 / frequency) @ summed), frequency


def resampled_wins(
    by_group: sparse.csr_array,
    frequency: IntArray,
    n_players: int,
    *,
    rng: np.random.Generator,
    resamples: int,
    at_once: int = 64,
) -> Iterator[FloatArray]:
    """Win matrices of bootstrap resamples of groups, in chunks of some x players x players."""
    for weights in resample_weights(frequency, rng=rng, resamples=resamples):
        for start in range(0, len(weights), at_once):
            drawn = by_group.T @ weights[start : start + at_once].T
            yield np.ascontiguousarray(drawn.T).reshape(-1, n_players, n_players)
