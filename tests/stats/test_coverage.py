"""Do the intervals hold the true value as often as they say? Simulated, for every statistic with an interval."""

import numpy as np
import pytest

from tests.stats.coverage_studies import STUDIES, Size, coverage

ALONE, CLUSTERED, FEW_CLUSTERS = Size(100), Size(60, 3), Size(30, 3)


@pytest.mark.parametrize("name", STUDIES)
def test_intervals_hold_the_true_value_about_as_often_as_they_say(name: str) -> None:
    runs = 30
    shares = [share for share, n in coverage(name, CLUSTERED, runs=runs, resamples=200, large=9_000).values() if n]
    # One share: binomial(30, .95) is below 24 with probability .001. Their mean hides no broken one for long.
    assert min(shares) >= 0.77
    assert np.mean(shares) >= 0.87


@pytest.mark.soak
@pytest.mark.parametrize("size", [ALONE, CLUSTERED, FEW_CLUSTERS], ids=["100 units", "60 clusters", "30 clusters"])
@pytest.mark.parametrize("name", STUDIES)
def test_intervals_hold_the_true_value_in_every_setting(name: str, size: Size) -> None:
    runs = 200 if name == "paired numbers" else 1000
    # 30 clusters carry the flag of a small sample. Two and a half standard errors of the simulation on either side.
    low, high = (0.90, 0.98) if size is FEW_CLUSTERS else (0.92, 0.98)
    error = 2.5 * np.sqrt(0.95 * 0.05 / runs)
    found = coverage(name, size, runs=runs, resamples=1000, large=48_000)
    off = {key: share for key, (share, n) in found.items() if n > runs / 2 and not low - error <= share <= high + error}
    assert not off
