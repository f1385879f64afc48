"""Change over time: halves by hand, time turned around, times stretched, and what cannot be said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.scales import likert, pass_fail
from core.stats.drift import Drift, drift, middle_ranks
from core.stats.estimates import Reason
from core.stats.others import Others
from core.stats.ratings import RatingTable
from core.stats.simulation import SimulatedRater, SimulatedStudy, simulate
from tests.stats.builders import noisy_codes, nominal

NAMES = ("ann", "bob", "cy")


def others_of(codes: np.ndarray[tuple[int, ...], np.dtype[np.int8]], **rest: object) -> Others:
    clusters = rest.get("clusters")
    assert clusters is None or isinstance(clusters, np.ndarray)
    table = RatingTable.from_codes(codes, likert(1, 5), rater_ids=NAMES, clusters=clusters)
    return Others.of(table, NAMES)


def test_the_change_is_the_last_half_minus_the_first_half() -> None:
    # 20 units each: first ann, bob and cy say 3; then ann says 4 beside 3 and 4.
    codes = np.array([[2, 2, 2]] * 20 + [[3, 2, 3]] * 20, dtype=np.int8)
    found = drift(others_of(codes), "ann", np.arange(40.0), seed=0, resamples=50)
    # Agreement 40 of 40 pairs, then 20 of 40; leniency 0, then 4 - 3.5.
    assert found.agreement_change.value == pytest.approx(-0.5)
    assert found.leniency_change.value == pytest.approx(0.5)
    assert [part.agreement.value for part in found.parts] == [1.0, 0.5]
    assert [part.leniency.value for part in found.parts] == [0.0, 0.5]
    assert [(part.start, part.end) for part in found.parts] == [(0, 19), (20, 39)]
    assert [part.agreement.n_units for part in found.parts] == [20, 20]
    assert (found.n_units, found.n_untimed, found.reason) == (40, 0, None)
    assert (found.agreement_change.n_units, found.agreement_change.n_groups) == (40, 40)


@pytest.mark.parametrize(("n", "parts"), [(39, 0), (40, 2), (60, 3), (79, 3), (80, 4), (400, 4)])
def test_every_part_has_twenty_units_or_there_are_fewer(n: int, parts: int) -> None:
    found = drift(others_of(noisy_codes(n, 3, 5)), "bob", np.arange(float(n)), seed=0, resamples=0)
    assert len(found.parts) == parts
    assert (found.reason is Reason.TOO_FEW_ITEMS) == (parts == 0)
    assert sum(part.agreement.n_units for part in found.parts) == (n if parts else 0)


def test_clusters_count_for_their_number_and_not_for_their_units() -> None:
    codes, clusters = noisy_codes(160, 3, 5), np.arange(160) // 4
    found = drift(others_of(codes, clusters=clusters), "ann", np.arange(160.0), seed=0, resamples=0)
    assert len(found.parts) == 2, "160 units in 40 clusters"
    assert found.parts[0].agreement.n_groups == 20


def _seen(found: Drift) -> list[float | None]:
    return [found.agreement_change.value, found.leniency_change.value, found.agreement_p, found.leniency_p]


@given(st.integers(0, 10**6), st.integers(1, 40))
def test_time_turned_around_turns_the_change_around(seed: int, moments: int) -> None:
    rng = np.random.default_rng(seed)
    codes = noisy_codes(90, 3, 5, missing=0.1, seed=seed)
    n = int(np.sum(codes[:, 0] >= 0))
    times = rng.integers(0, moments, n).astype(float)
    others = others_of(codes)
    forth, back = (drift(others, "ann", times * way, seed=0, resamples=0) for way in (1, -1))
    assert forth.reason is back.reason or {len(forth.parts), len(back.parts)} <= {0, 2, 3, 4}
    if forth.parts and back.parts:
        for there, again in zip(_seen(forth)[:2], _seen(back)[:2], strict=True):
            assert there is not None
            assert again == pytest.approx(-there, abs=1e-12)
        assert _seen(forth)[2:] == pytest.approx(_seen(back)[2:])


@given(st.integers(0, 10**6))
def test_only_the_order_of_times_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    others = others_of(noisy_codes(100, 3, 5, seed=seed))
    times = rng.normal(size=100)
    plain, stretched = (drift(others, "cy", at, seed=3, resamples=60) for at in (times, np.exp(times) * 1e3 + 5))
    assert plain.agreement_change == stretched.agreement_change
    assert plain.leniency_change == stretched.leniency_change
    assert [part.agreement for part in plain.parts] == [part.agreement for part in stretched.parts]


def test_equal_times_stand_together_in_the_middle_of_their_places() -> None:
    assert middle_ranks(np.array([5.0, 1.0, 5.0, 9.0])).tolist() == [0.5, 0.125, 0.5, 0.875]


def test_without_times_or_with_one_only_nothing_is_said() -> None:
    others = others_of(noisy_codes(100, 3, 5))
    for times in (np.full(100, np.nan), np.full(100, 7.0)):
        found = drift(others, "ann", times, seed=0)
        assert (found.reason, found.parts) == (Reason.NO_TIMES, ())
        assert found.agreement_change.reason is Reason.NO_TIMES
        assert found.agreement_p is None
    half = np.where(np.arange(100) < 50, np.nan, np.arange(100.0))
    assert drift(others, "ann", half, seed=0).n_untimed == 50


def test_nobody_else_is_no_pair() -> None:
    codes = np.full((50, 3), -1, dtype=np.int8)
    codes[:, 0] = 2
    assert drift(others_of(codes), "ann", np.arange(50.0), seed=0).reason is Reason.NO_PAIRABLE_ITEMS


def test_names_without_order_have_no_leniency_but_an_agreement() -> None:
    table = RatingTable.from_codes(noisy_codes(100, 3, 4), nominal(4), rater_ids=NAMES)
    found = drift(Others.of(table, NAMES), "ann", np.arange(100.0), seed=0)
    assert found.leniency_change.reason is Reason.NEEDS_ORDER
    assert found.parts[0].leniency.reason is Reason.NEEDS_ORDER
    assert found.agreement_change.interval is not None


def test_wrong_times_and_wrong_parts_are_refused() -> None:
    others = others_of(noisy_codes(50, 3, 5))
    with pytest.raises(BadInput, match="50 times"):
        drift(others, "ann", np.arange(49.0), seed=0)
    with pytest.raises(BadInput, match="2 parts"):
        drift(others, "ann", np.arange(50.0), seed=0, most_parts=1)


def test_a_rater_that_grows_generous_is_found_and_a_steady_one_is_not() -> None:
    raters = (SimulatedRater("ann", drift=1.5), SimulatedRater("bob"), SimulatedRater("cy"))
    table = simulate(SimulatedStudy(likert(1, 5), raters, 400), seed=4).table()
    others = Others.of(table, NAMES)
    ann, bob = (drift(others, name, np.arange(400.0), seed=0) for name in ("ann", "bob"))
    assert ann.leniency_change.interval is not None
    assert ann.leniency_change.interval.low > 0.3
    assert ann.leniency_p is not None
    assert ann.leniency_p < 1e-6
    # Bob is measured against ann and cy, so ann's change weighs on his, turned around and by half.
    assert bob.leniency_change.value is not None
    assert ann.leniency_change.value is not None
    assert abs(bob.leniency_change.value) < ann.leniency_change.value


def test_two_options_have_a_leniency_of_the_positive_one() -> None:
    codes = np.array([[0, 0, 0]] * 20 + [[0, 1, 1]] * 20, dtype=np.int8)
    table = RatingTable.from_codes(codes, pass_fail(), rater_ids=NAMES)
    found = drift(Others.of(table, NAMES), "ann", np.arange(40.0), seed=0, resamples=0)
    sign = 1 if pass_fail().options[0].key == pass_fail().positive else -1
    assert found.leniency_change.value == pytest.approx(sign)
