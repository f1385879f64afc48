import numpy as np
import pytest

from core.scales import pass_fail
from core.stats.agreement import agreement
from core.stats.estimates import Reason
from core.stats.ratings import RatingTable
from core.stats.repeats import self_consistencies, self_consistency
from tests.stats.builders import noisy_codes, nominal


def test_five_runs_that_split_four_to_one_flip_in_two_of_five_pairs() -> None:
    # 4 against 1: 6 of 10 pairs are the same, so flip noise is .4.
    found = self_consistency(RatingTable.from_codes([[0, 0, 0, 0, 1]] * 30, pass_fail()), "judge", seed=0)
    assert (found.percent.value, found.flip_noise.value, found.n_runs) == (pytest.approx(0.6), pytest.approx(0.4), 5)


def test_flip_noise_is_percent_turned_round_with_its_interval() -> None:
    runs = RatingTable.from_codes(noisy_codes(80, 3, 3), nominal(3))
    found = self_consistency(runs, "judge", seed=0, resamples=200)
    percent, flip = found.percent.interval, found.flip_noise.interval
    assert percent is not None
    assert flip is not None
    assert (flip.low, flip.high) == (1 - percent.high, 1 - percent.low)
    assert found.flip_noise.name == "flip_noise"
    report = agreement(runs, seed=0, resamples=200)
    assert (found.kappa.value, found.alpha.value) == (report["fleiss"].value, report["alpha_nominal"].value)


def test_each_rater_is_compared_with_itself_only() -> None:
    # Rater a repeats unit 0 alike and unit 1 differently; rater b rates everything once.
    found = self_consistencies(
        [0, 0, 1, 1, 0, 1], [0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1], pass_fail(), n_units=2, rater_ids=["a", "b"], seed=0
    )
    assert found["a"].percent.value == 0.5
    assert (found["a"].percent.n_units, found["a"].n_runs) == (2, 2)
    assert found["b"].percent.reason is found["b"].flip_noise.reason is Reason.NO_REPEATS


def test_no_ratings_at_all_are_no_repeats() -> None:
    runs = RatingTable.from_codes(np.full((3, 2), -1), pass_fail())
    assert self_consistency(runs, "judge", seed=0).kappa.reason is Reason.NO_REPEATS
