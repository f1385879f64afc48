"""The order in which a rater sees subjects and sides: a shuffle of one's own, the same after every restart.

A subject's place depends only on the study's seed, the rater's name and the subject: new subjects come in between and
the others keep their order. The hash is splitmix64's finaliser (Steele, Lea and Flood, 2014, "Fast splittable
pseudorandom number generators"), keyed by SHA-256 of seed, name and purpose.
"""

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def shuffled(subject_ids: NDArray[np.int64], *, seed: int, name: str) -> NDArray[np.int64]:
    """The subjects in the order of this rater.

    Args:
        subject_ids: Distinct ids, shape (n,).
        seed: The study's seed.
        name: The rater's name.
    """
    return subject_ids[np.argsort(_hashes(subject_ids, _key(seed, name, "subjects")), kind="stable")]


def side_order(subject_id: int, *, seed: int, name: str) -> str:
    """Which output of a pair this rater sees on the left: "AB" (A) or "BA" (B)."""
    found = _hashes(np.array([subject_id], dtype=np.int64), _key(seed, name, "sides"))
    return "BA" if int(found[0]) >> 63 else "AB"


def _key(seed: int, name: str, purpose: str) -> np.uint64:
    return np.uint64(int.from_bytes(sha256(f"{purpose}\0{seed}\0{name}".encode()).digest()[:8]))


def _hashes(subject_ids: NDArray[np.int64], key: np.uint64) -> NDArray[np.uint64]:
    state = (subject_ids.astype(np.uint64) + np.uint64(1)) * _GOLDEN + key
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
