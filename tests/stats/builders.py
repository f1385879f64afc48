"""Rating tables for tests: a scale of given values, noisy raters, random tables of every shape."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.scales import DeclaredScale, Option, ScaleKind
from core.stats.ratings import RatingTable

GOLDEN = Path(__file__).parent.parent / "golden"


def golden_cases(file: str = "oracles_agreement.json") -> list[dict[str, Any]]:
    """The published and independently computed cases, with their sources."""
    cases: list[dict[str, Any]] = json.loads((GOLDEN / file).read_text(encoding="utf-8"))
    return cases


def further_cases(metric: str) -> list[dict[str, Any]]:
    """The cases of one metric beyond agreement coefficients."""
    return [case for case in golden_cases("oracles_statistics.json") if case["metric"] == metric]


def scale_of(values: Sequence[float], kind: ScaleKind = ScaleKind.INTERVAL) -> DeclaredScale:
    """A scale with these numbers as options."""
    return DeclaredScale(kind, tuple(Option(f"{value:g}", f"{value:g}", float(value)) for value in values))


def nominal(q: int) -> DeclaredScale:
    """A scale of q names."""
    return DeclaredScale(ScaleKind.NOMINAL, tuple(Option(f"k{code}", f"k{code}") for code in range(q)))


def noisy_codes(
    n: int, raters: int, q: int, *, missing: float = 0.0, right: float = 0.7, seed: int = 0
) -> NDArray[np.int8]:
    """Units x raters: each rater gives the unit's true option with probability `right`, else any option."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, q, n)
    codes = np.where(rng.random((n, raters)) < right, true[:, None], rng.integers(0, q, (n, raters)))
    return np.where(rng.random((n, raters)) < missing, -1, codes).astype(np.int8)


def clustered_codes(clusters: int, size: int, raters: int, *, seed: int) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Binary ratings whose difficulty belongs to the cluster, and the cluster of each unit."""
    rng = np.random.default_rng(seed)
    accuracy = np.repeat(rng.choice([0.55, 0.98], clusters), size)
    true = np.repeat(rng.integers(0, 2, clusters), size)
    right = rng.random((clusters * size, raters)) < accuracy[:, None]
    return np.where(right, true[:, None], 1 - true[:, None]).astype(np.int8), np.repeat(np.arange(clusters), size)


@st.composite
def code_arrays(draw: st.DrawFn, *, max_raters: int = 5, missing: bool = True) -> tuple[NDArray[np.int8], int]:
    """A random units x raters array of codes, and its q."""
    q = draw(st.integers(2, 5))
    n, raters = draw(st.integers(2, 12)), draw(st.integers(2, max_raters))
    cells = draw(st.lists(st.integers(-1 if missing else 0, q - 1), min_size=n * raters, max_size=n * raters))
    return np.array(cells, dtype=np.int8).reshape(n, raters), q


def table_of(codes: NDArray[np.integer], q: int, **rest: Any) -> RatingTable:
    """A table on the interval scale 1..q."""
    return RatingTable.from_codes(codes, scale_of(range(1, q + 1)), **rest)


def tables_by_hand(codes: NDArray[np.int8], q: int) -> dict[tuple[int, int], NDArray[np.int64]]:
    """The q x q table of every pair of raters that shares a unit, counted one unit at a time."""
    tables = {}
    for a in range(codes.shape[1]):
        for b in range(a + 1, codes.shape[1]):
            table = np.zeros((q, q), dtype=np.int64)
            for first, second in zip(codes[:, a], codes[:, b], strict=True):
                if first >= 0 and second >= 0:
                    table[first, second] += 1
            if table.any():
                tables[a, b] = table
    return tables
