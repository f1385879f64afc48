"""One rater against a group, beside how the group agrees among itself, on the same units and resamples."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail
from core.stats.against import against
from core.stats.agreement import agreement
from core.stats.estimates import Flag, Reason
from core.stats.ratings import RatingTable


def crowd(seed: int, n: int, q: int, skill: tuple[float, ...], missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    right = rng.integers(0, q, n)
    codes = [np.where(rng.random(n) < share, right, rng.integers(0, q, n)) for share in skill]
    return np.where(rng.random((n, len(skill))) < missing, -1, np.column_stack(codes))


def test_it_is_the_mean_over_the_members_and_the_ceiling_is_theirs() -> None:
    # judge p p p f; Ana p p f f: 3/4 alike, pe (3*2 + 1*2)/16 = 1/2, kappa 1/2
    # Bruno p f f f: 2/4, pe (3*1 + 1*3)/16 = 3/8, kappa (1/2 - 3/8)/(5/8) = 1/5.
    # Ana and Bruno: 3/4, pe (2*1 + 2*3)/16 = 1/2, kappa 1/2
    table = RatingTable.from_codes([[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]], pass_fail(), rater_ids=["j", "a", "b"])
    found = against(table, "j", ["a", "b"], seed=1)
    assert found.percent.value == pytest.approx(5 / 8)
    assert found.kappa.value == pytest.approx((1 / 2 + 1 / 5) / 2)
    assert (found.ceiling_percent.value, found.ceiling.value) == (pytest.approx(3 / 4), pytest.approx(1 / 2))
    assert found.difference.value == pytest.approx(0.35 - 0.5)
    assert found.percent_difference.value == pytest.approx(5 / 8 - 3 / 4)
    assert found.difference.interval_reason is Reason.TOO_FEW_ITEMS


@pytest.mark.parametrize("coefficient", ["cohen", "cohen_linear", "cohen_quadratic"])
def test_kappas_are_those_of_another_library(coefficient: str) -> None:
    codes = crowd(4, 200, 4, (0.8, 0.6, 0.7))
    table = RatingTable.from_codes(codes, likert(1, 4), rater_ids=["a", "b", "j"])
    weights = coefficient.partition("_")[2] or None
    kappas = [cohen_kappa_score(codes[:, 2], codes[:, k], labels=range(4), weights=weights) for k in (0, 1)]
    found = against(table, "j", ["a", "b"], seed=1, coefficient=coefficient)
    assert found.kappa.value == pytest.approx(np.mean(kappas))


def test_the_ceiling_looks_only_at_units_that_the_one_rated() -> None:
    codes = crowd(5, 80, 2, (0.9, 0.9, 0.9))
    codes[40:, 2] = -1
    table = RatingTable.from_codes(codes, pass_fail(), rater_ids=["a", "b", "j"])
    shared = RatingTable.from_codes(codes[:40], pass_fail(), rater_ids=["a", "b", "j"]).of_raters(["a", "b"])
    found = against(table, "j", ["a", "b"], seed=1)
    assert found.ceiling.value == pytest.approx(agreement(shared, seed=1)["cohen"].value or 0)
    assert found.ceiling.n_units == found.kappa.n_units == 40


def test_a_difference_is_paired_and_so_narrower_than_two_intervals() -> None:
    table = RatingTable.from_codes(crowd(6, 300, 3, (0.8, 0.8, 0.8, 0.8)), likert(1, 3), rater_ids=["a", "b", "c", "j"])
    found = against(table, "j", ["a", "b", "c"], seed=1)
    assert found.difference.interval is not None
    assert found.kappa.interval is not None
    assert found.ceiling.interval is not None
    width = found.difference.interval.high - found.difference.interval.low
    apart = np.hypot(
        found.kappa.interval.high - found.kappa.interval.low, found.ceiling.interval.high - found.ceiling.interval.low
    )
    assert width < apart


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("members", [3, 14])
def test_the_interval_of_a_true_difference_leaves_out_zero(members: int, clustered: bool) -> None:
    skill = (*([0.9] * members), 0.3)
    codes = crowd(7, 240, 3, skill, missing=0.2)
    ids = [*range(members), "j"]
    clusters = np.arange(240) // 2 if clustered else None
    table = RatingTable.from_codes(codes, likert(1, 3), rater_ids=ids, clusters=clusters)
    found = against(table, "j", ids[:-1], seed=1)
    assert found.difference.interval is not None
    assert found.difference.interval.high < 0
    assert (Flag.CLUSTERED in found.kappa.flags) is clustered


def test_the_same_seed_gives_the_same_intervals() -> None:
    table = RatingTable.from_codes(crowd(8, 60, 2, (0.8, 0.8, 0.8)), pass_fail(), rater_ids=["a", "b", "j"])
    assert against(table, "j", ["a", "b"], seed=9) == against(table, "j", ["a", "b"], seed=9)


def test_one_member_has_no_ceiling_and_no_difference() -> None:
    table = RatingTable.from_codes(crowd(9, 40, 2, (0.8, 0.8)), pass_fail(), rater_ids=["a", "j"])
    found = against(table, "j", ["a"], seed=1)
    assert found.kappa.value is not None
    assert (found.ceiling.value, found.ceiling.reason) == (None, Reason.NO_PAIRABLE_ITEMS)
    assert found.difference.value is None


def test_nothing_in_common_is_undefined_with_a_reason() -> None:
    table = RatingTable.from_codes([[0, -1], [-1, 1]], pass_fail(), rater_ids=["a", "j"])
    assert against(table, "j", ["a"], seed=1).kappa.reason is Reason.NO_PAIRABLE_ITEMS


def test_free_numbers_have_no_kappa() -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=10.0)
    table = RatingTable.from_triples([0, 0], [0, 1], [1.0, 2.0], scale, n_units=1, rater_ids=["a", "j"])
    assert against(table, "j", ["a"], seed=1).kappa.reason is Reason.NEEDS_OPTIONS


def test_an_unknown_name_is_refused() -> None:
    table = RatingTable.from_codes([[0, 0]], pass_fail(), rater_ids=["a", "j"])
    with pytest.raises(BadInput):
        against(table, "nix", ["a"], seed=1)
