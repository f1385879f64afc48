"""The kernel against others' alpha: bootstraps of 10,000 units, points and bootstraps of 1,000,000, interleaved.

Everybody starts from the same array in memory. Ours counts the making of the rating table, five coefficients and the
report's counts; of the others only alpha is measured, at interval level, where both are quickest, and their own input
format is made beforehand.
"""

import time
from collections.abc import Callable, Iterator, Mapping

import evalica
import krippendorff
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.stats.agreement import AgreementReport, agreement
from core.stats.estimates import IntervalMethod
from core.stats.ratings import RatingTable
from tests.bench.rows import Row
from tests.stats.builders import noisy_codes, scale_of

KEYS = ("percent", "fleiss", "ac2_quadratic", "brennan_prediger", "alpha_interval")
RESAMPLES = 1_000
LOOPED = 20
"""Resamples of the loop around krippendorff; its time is multiplied up to `RESAMPLES`."""

ROUNDS = 9
Q = 5
OPTIONS = np.arange(1.0, Q + 1)

Codes = NDArray[np.int8]


def rows() -> Iterator[Row]:
    """Five rows: two of bootstraps at 10,000 units, three at 1,000,000."""
    yield from _bootstraps(noisy_codes(10_000, 5, Q, seed=1))
    yield from _points(noisy_codes(1_000_000, 5, Q, missing=0.2, seed=2))


def ours(codes: Codes, resamples: int) -> AgreementReport:
    """Table, five coefficients, jackknife; with resamples bootstrap and BCa as well."""
    table = RatingTable.from_codes(codes, scale_of(OPTIONS.tolist()))
    return agreement(table, seed=1, resamples=resamples, only=KEYS)


def _bootstraps(codes: Codes) -> Iterator[Row]:
    numbers = _numbers(codes)
    frame = pd.DataFrame(numbers)
    rng = np.random.default_rng(3)

    def loop() -> list[float]:
        n = numbers.shape[1]
        return [_krippendorff(numbers[:, rng.integers(0, n, n)]) for _ in range(LOOPED)]

    def kalpha() -> object:
        return evalica.alpha_bootstrap(frame, distance="interval", n_resamples=RESAMPLES, random_state=1)

    seconds = _interleaved({"ours": lambda: ours(codes, RESAMPLES), "loop": loop, "evalica": kalpha}, rounds=3)
    _check(codes, numbers, frame)
    scaled = seconds["loop"] * RESAMPLES / LOOPED
    mine = f"{1_000 * seconds['ours']:.0f} ms for five coefficients, {RESAMPLES:,} bootstraps, BCa"
    detail = f"{mine}; alpha alone {scaled:.1f} s ({LOOPED} resamples, scaled to {RESAMPLES:,})"
    yield Row("statistics: a loop around krippendorff / 10,000 x 5", scaled / seconds["ours"], 100, "higher", detail)
    detail = f"{mine}; alpha alone {seconds['evalica']:.2f} s"
    yield Row("statistics: evalica's bootstrap / 10,000 x 5", seconds["evalica"] / seconds["ours"], 4, "higher", detail)


def _points(codes: Codes) -> Iterator[Row]:
    numbers = _numbers(codes)
    frame = pd.DataFrame(numbers)
    seconds = _interleaved(
        {
            "point": lambda: ours(codes, 0),
            "bootstraps": lambda: ours(codes, RESAMPLES),
            "krippendorff": lambda: _krippendorff(numbers),
            "evalica": lambda: evalica.alpha(frame, distance="interval"),
        },
        rounds=ROUNDS,
    )
    point, mine = seconds["point"], f"{seconds['point']:.3f} s for five coefficients"
    theirs = f"{mine}; alpha alone {seconds['krippendorff']:.2f} s"
    ratio = seconds["krippendorff"] / point
    yield Row("statistics: krippendorff / point of 1,000,000 x 5", ratio, 4, "higher", theirs)
    theirs = f"{mine}; alpha alone {seconds['evalica']:.3f} s"
    yield Row("statistics: point of 1,000,000 x 5 / evalica", point / seconds["evalica"], 1.0, "lower", theirs)
    detail = f"{seconds['bootstraps']:.3f} s with {RESAMPLES:,} bootstraps and BCa; {mine}"
    ratio = seconds["bootstraps"] / point
    yield Row("statistics: bootstraps of 1,000,000 x 5 / its own point", ratio, 1.5, "lower", detail)


def _numbers(codes: Codes) -> NDArray[np.float64]:
    """Raters x units numbers, NaN where there is none, as both libraries take them."""
    return np.ascontiguousarray(np.where(codes < 0, np.nan, codes + 1.0).T)


def _krippendorff(numbers: NDArray[np.float64]) -> float:
    alpha = krippendorff.alpha(
        reliability_data=numbers, value_domain=OPTIONS.tolist(), level_of_measurement="interval"
    )  # fmt: skip
    return float(alpha)


def _check(codes: Codes, numbers: NDArray[np.float64], frame: pd.DataFrame) -> None:
    """All three measured the same thing."""
    report = ours(codes, RESAMPLES)
    found = report["alpha_interval"].value
    assert found is not None
    assert abs(found - _krippendorff(numbers)) < 1e-9
    assert abs(found - evalica.alpha(frame, distance="interval").alpha) < 1e-9
    for key in KEYS:
        interval = report[key].interval
        assert interval is not None
        assert interval.method is IntervalMethod.BCA


def _interleaved(measured: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """The quickest of some rounds for each: what else the machine does can only add to pure computing.

    One after the other in every round, after one to warm up, so that all see the same machine.
    """
    seconds: dict[str, list[float]] = {name: [] for name in measured}
    for number in range(rounds + 1):
        for name, run in measured.items():
            start = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return {name: min(found) for name, found in seconds.items()}
