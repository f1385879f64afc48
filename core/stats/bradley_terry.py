"""Bradley-Terry strengths by Newton's method on win matrices, one or many at a time.

P(i beats j) = 1 / (1 + exp(theta_j - theta_i)); a tie is half a win each (Bradley and Terry 1952). The likelihood has a
maximum only if every player has, through others, beaten every other.
"""

from dataclasses import dataclass

import numpy as np

from core.stats.arrays import BoolArray, FloatArray
from core.stats.estimates import Reason

_STEPS = 60
_CLOSE = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class BradleyTerry:
    """Strengths of n players.

    Attributes:
        log_strengths: Shape n, mean 0; NaN where undefined.
        covariance: n x n, inverse of the information (of differences, hence of contrasts with mean 0).
        reason: Why there are none.
        ridge: Precision of the prior; 0 for none.
    """

    log_strengths: FloatArray
    covariance: FloatArray
    reason: Reason | None = None
    ridge: float = 0.0

    def against(self, reference: int) -> tuple[FloatArray, FloatArray]:
        """Log strengths minus that of one player, and their standard errors."""
        variance = np.diag(self.covariance)
        error = variance + variance[reference] - 2 * self.covariance[reference]
        return self.log_strengths - self.log_strengths[reference], np.sqrt(np.maximum(error, 0.0))


def bradley_terry(wins: FloatArray, *, ridge: float = 0.0) -> BradleyTerry:
    """Fit one win matrix.

    Args:
        wins: Players x players, wins of the row over the column, ties half.
        ridge: Precision of a normal prior around 0 on every log strength; 0 for maximum likelihood.
    """
    theta = strengths(wins[None], ridge=ridge)[0]
    n = len(theta)
    if np.isnan(theta).any():
        return BradleyTerry(theta, np.full((n, n), np.nan), Reason.SEPARATED_OR_DISCONNECTED, ridge)
    _, information = _score_and_information(wins[None], theta[None], ridge)
    return BradleyTerry(theta, np.linalg.pinv(information[0]), None, ridge)


def strengths(wins: FloatArray, *, ridge: float = 0.0) -> FloatArray:
    """Log strengths of S win matrices (S x n x n), S x n, mean 0; NaN in a whole row where they do not exist."""
    n = wins.shape[-1]
    result = np.full(wins.shape[:2], np.nan)
    defined = np.full(len(wins), fill_value=True) if ridge > 0 else strongly_connected(wins)
    here = wins[defined]
    theta = np.zeros((len(here), n))
    moving = np.arange(len(here))
    for _ in range(_STEPS):
        if not len(moving):
            break
        gradient, information = _score_and_information(here[moving], theta[moving], ridge)
        # The constant direction has no information; 1/n everywhere fixes the mean and changes nothing else.
        step = np.linalg.solve(information + 1 / n, gradient[..., None])[..., 0]
        step /= np.maximum(np.abs(step).max(axis=1, keepdims=True, initial=0), 1.0)
        theta[moving] += step
        moving = moving[np.abs(step).max(axis=1, initial=0) > _CLOSE]
    theta[moving] = np.nan
    result[defined] = theta - theta.mean(axis=1, keepdims=True)
    return result


def strongly_connected(wins: FloatArray) -> BoolArray:
    """Whether in each of S win matrices everybody has, directly or through others, beaten everybody."""
    n = wins.shape[-1]
    reach = ((wins > 0) | np.eye(n, dtype=np.bool_)).astype(np.float32)
    for _ in range(max(1, int(np.ceil(np.log2(max(n, 2)))))):
        reach = (reach @ reach > 0).astype(np.float32)
    return np.asarray(reach.all(axis=(1, 2)), dtype=np.bool_)


def _score_and_information(wins: FloatArray, theta: FloatArray, ridge: float) -> tuple[FloatArray, FloatArray]:
    games = wins + wins.transpose(0, 2, 1)
    expected = 1 / (1 + np.exp(theta[:, None, :] - theta[:, :, None]))
    gradient = (wins - games * expected).sum(axis=2) - ridge * theta
    information = -games * expected * (1 - expected)
    diagonal = np.arange(wins.shape[-1])
    information[:, diagonal, diagonal] += (games * expected * (1 - expected)).sum(axis=2) + ridge
    return gradient, information
