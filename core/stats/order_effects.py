"""What the order of two outputs does to a rater who judged every pair in both orders.

A rater whose answer names the output that stood first, whatever stands there, measures the order and not the outputs.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from core.errors import BadInput
from core.stats.arrays import BoolArray, FloatArray, IntArray, ratio
from core.stats.estimates import Estimate, Flag, Reason
from core.stats.estimating import Basis, estimated
from core.stats.resampling import replicate
from core.stats.samples import resampled_units

Unreadable = Literal["missing", "answer"]
"""What a verdict that could not be read counts as: nothing, or an answer of its own (a wrong one, the same as another
that could not be read), as published tables have it."""

UNREADABLE = -1
NOT_ASKED = -2

_KEYS = ("accuracy_ab", "accuracy_ba", "accuracy", "same", "first_shown")
_AS_ANSWER = (Flag.UNREADABLE_AS_ANSWER,)


@dataclass(frozen=True, slots=True)
class OrderEffects:
    """One rater's verdicts on pairs A, B in the orders AB (A first) and BA.

    Attributes:
        n_pairs: Pairs with a verdict, readable or not, in both orders.
        n_one_order: Pairs with a verdict in one order only; left out.
        n_unreadable: Verdicts on these pairs that could not be read.
        accuracy_ab, accuracy_ba: Share of pairs whose verdict in this order is the reference's option.
        accuracy: Mean of both.
        same: Positional agreement: share of pairs with the same verdict in both orders.
        first_shown: Of the verdicts for an output, the share for the one that stood first; 0.5 where the order does
            not matter. With "tie" or anything else left out.
    """

    n_pairs: int
    n_one_order: int
    n_unreadable: int
    accuracy_ab: Estimate
    accuracy_ba: Estimate
    accuracy: Estimate
    same: Estimate
    first_shown: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class BothOrders:
    """The verdicts of one rater, one entry a pair.

    Attributes:
        ab, ba: Code of the verdict in each order: 0 for A, 1 for B, further codes for other options; `UNREADABLE`
            where the reply could not be read, `NOT_ASKED` where there is none.
        reference: Code of the right option; negative where it is not known.
        clusters: Cluster of each pair; None where pairs stand alone.
    """

    ab: IntArray
    ba: IntArray
    reference: IntArray
    clusters: IntArray | None = None

    @classmethod
    def of(
        cls, ab: ArrayLike, ba: ArrayLike, *, reference: ArrayLike | None = None, clusters: ArrayLike | None = None
    ) -> "BothOrders":
        """From sequences of codes.

        Raises:
            BadInput: Lengths differ.
        """
        first, second = np.asarray(ab, dtype=np.int64), np.asarray(ba, dtype=np.int64)
        right = np.full(len(first), UNREADABLE) if reference is None else np.asarray(reference, dtype=np.int64)
        named = None if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1].reshape(-1)
        lengths = {len(column) for column in (first, second, right, named) if column is not None}
        if len(lengths) > 1:
            raise BadInput(where="verdicts", found=f"lengths {sorted(lengths)}", expected="one length")
        return cls(first, second, right, named)


def order_effects(
    verdicts: BothOrders, *, seed: int, unreadable: Unreadable = "missing", level: float = 0.95, resamples: int = 1000
) -> OrderEffects:
    """Accuracy by order, positional agreement, and the pull of the first place, on pairs judged in both orders.

    Args:
        verdicts: What one rater said.
        seed: Seed of the bootstrap.
        unreadable: With "missing", a verdict that could not be read leaves its pair out of `same` and itself out of
            everything else; with "answer" it counts as wrong and as the same as another one, and the estimates that
            it changes say so.
        level: Nominal coverage.
        resamples: Bootstrap resamples; 0 for values and standard errors only.
    """
    asked = (verdicts.ab > NOT_ASKED) & (verdicts.ba > NOT_ASKED)
    n_one_order = int(np.sum((verdicts.ab > NOT_ASKED) ^ (verdicts.ba > NOT_ASKED)))
    ab, ba, right = verdicts.ab[asked], verdicts.ba[asked], verdicts.reference[asked]
    clusters = None if verdicts.clusters is None else verdicts.clusters[asked]
    moments = _moments(ab, ba, right, unreadable)
    rows, frequency = resampled_units(moments, clusters)
    replicates = replicate(rows, frequency, _statistics, rng=np.random.default_rng(seed), resamples=resamples)
    n_unreadable = int(np.sum(ab == UNREADABLE) + np.sum(ba == UNREADABLE))
    found: dict[str, Estimate] = {}
    for which, key in enumerate(_KEYS):
        counted = moments[:, _COUNTS[key]].sum(axis=1)
        taking_part = counted > 0
        groups = int(taking_part.sum()) if clusters is None else len(np.unique(clusters[taking_part]))
        basis = Basis(int(taking_part.sum()), int(counted.sum()), groups, clustered=clusters is not None)
        flags = () if key == "first_shown" or unreadable == "missing" or not n_unreadable else _AS_ANSWER
        found[key] = estimated(
            key, replicates, which, basis, level=level, undefined=Reason.NO_PAIRABLE_ITEMS, proportion=True, flags=flags
        )
    return OrderEffects(int(asked.sum()), n_one_order, n_unreadable, **found)


_COUNTS = {"accuracy_ab": [0], "accuracy_ba": [2], "accuracy": [0, 2], "same": [4], "first_shown": [6]}
"""Which columns of the moments count what a statistic rests on."""


def _moments(ab: IntArray, ba: IntArray, right: IntArray, unreadable: Unreadable) -> FloatArray:
    """Pairs x (known, right) in AB, (known, right) in BA, (comparable, same), (for an output, for the first)."""
    lowest = UNREADABLE if unreadable == "answer" else 0
    columns: list[BoolArray | IntArray] = []
    for said in (ab, ba):
        known = (right >= 0) & (said >= lowest)
        columns += [known, known & (said == right)]
    both = (ab >= lowest) & (ba >= lowest)
    chosen = [np.isin(said, (0, 1)).astype(np.int64) for said in (ab, ba)]
    first = (ab == 0).astype(np.int64) + (ba == 1)
    columns += [both, both & (ab == ba), chosen[0] + chosen[1], first]
    return np.column_stack(columns).astype(np.float64)


def _statistics(summed: FloatArray) -> FloatArray:
    known_ab, right_ab, known_ba, right_ba, both, same, chosen, first = summed.T
    in_ab, in_ba = ratio(right_ab, known_ab), ratio(right_ba, known_ba)
    return np.array([in_ab, in_ba, (in_ab + in_ba) / 2, ratio(same, both), ratio(first, chosen)])
