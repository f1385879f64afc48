"""A rater with the others: pooled percent, kappa and leniency, by hand and against other functions."""

import numpy as np
import pytest
from hypothesis import given

from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.agreement import agreement
from core.stats.estimates import IntervalMethod, Reason
from core.stats.formulas import cohen
from core.stats.others import Others
from core.stats.ratings import RatingTable
from core.stats.weights import agreement_weights, identity_weights
from core.stats.with_others import MANY_GROUPS, with_others
from tests.stats.builders import code_arrays, noisy_codes, nominal, table_of

NAMES = ("ann", "bob", "cy")
SLIDER = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)


def test_percent_kappa_and_leniency_by_hand() -> None:
    # ann beside bob and cy on the scale 1..2: (1: 1 1), (1: 1 2), (2: 2 2), (2: 1 2).
    table = RatingTable.from_codes([[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 0, 1]], likert(1, 2), rater_ids=NAMES)
    found = with_others(Others.of(table, NAMES), "ann", coefficient="cohen", seed=0, resamples=0)
    # 2 + 1 + 2 + 1 of 8 pairs; pooled table 3 1 / 1 3: po = .75, pe = .5, kappa = .5; differences 0 -.5 0 .5.
    assert (found.percent.value, found.kappa.value, found.leniency.value) == pytest.approx((0.75, 0.5, 0.0))
    assert (found.percent.n_units, found.percent.n_ratings) == (4, 12)


@given(code_arrays())
def test_kappa_is_that_of_the_pooled_table(drawn: tuple[np.ndarray[tuple[int, ...], np.dtype[np.int8]], int]) -> None:
    codes, q = drawn
    table = table_of(codes, q)
    pooled = np.zeros((q, q))
    for row in codes:
        for other in row[1:]:
            if row[0] >= 0 and other >= 0:
                pooled[row[0], other] += 1
    others = Others.of(table, table.rater_ids)
    for coefficient, weights in (
        ("cohen", identity_weights(q)),
        ("cohen_quadratic", agreement_weights("quadratic", np.arange(1.0, q + 1))),
    ):
        found = with_others(others, 0, coefficient=coefficient, seed=0, resamples=0).kappa.value
        expected = float(cohen(pooled, weights))
        assert found == (None if np.isnan(expected) else pytest.approx(expected, abs=1e-9))


def test_with_one_other_percent_is_plain_percent_agreement() -> None:
    codes = noisy_codes(60, 2, 3, missing=0.2, seed=3)
    table = RatingTable.from_codes(codes, nominal(3), rater_ids=NAMES[:2])
    found = with_others(Others.of(table, NAMES[:2]), "ann", coefficient="cohen", seed=1)
    report = agreement(table, seed=1, only=["percent", "cohen"])
    assert found.percent.value == pytest.approx(report["percent"].value)
    assert found.kappa.value == pytest.approx(report["cohen"].value)
    assert found.percent.interval is not None
    assert found.leniency.reason is Reason.NEEDS_ORDER


def test_free_numbers_have_lins_concordance() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(50, 10, 40)
    y = x + rng.normal(3, 5, 40)
    table = RatingTable.from_numbers(np.column_stack([x, y]), SLIDER, rater_ids=NAMES[:2])
    found = with_others(Others.of(table, NAMES[:2]), "ann", coefficient="cohen", seed=0)
    lin = 2 * np.cov(x, y, bias=True)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert found.coefficient == "concordance"
    assert found.kappa.value == pytest.approx(lin)
    assert found.leniency.value == pytest.approx(float(np.mean(x - y)))
    assert found.kappa.interval is not None


def test_large_numbers_that_hardly_differ_keep_their_digits() -> None:
    x = 1e6 + np.arange(30.0)
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=1e7)
    table = RatingTable.from_numbers(np.column_stack([x, x + 1]), scale, rater_ids=NAMES[:2])
    found = with_others(Others.of(table, NAMES[:2]), "ann", coefficient="cohen", seed=0, resamples=0).kappa.value
    # var 74.9167 each, distance 1: 2 * 74.9167 / (2 * 74.9167 + 1)
    assert found == pytest.approx(149.833333 / 150.833333, rel=1e-6)


def test_generous_and_strict_raters_have_opposite_leniency() -> None:
    codes = np.array([[0, 1]] * 15 + [[0, 0]] * 15, dtype=np.int8)
    table = RatingTable.from_codes(codes, pass_fail(), rater_ids=NAMES[:2])
    others = Others.of(table, NAMES[:2])
    first, second = (with_others(others, name, coefficient="cohen", seed=0).leniency.value for name in NAMES[:2])
    assert first is not None
    assert second == pytest.approx(-first)
    assert abs(first) == pytest.approx(0.5)


def test_both_bad_is_outside_the_order_of_weighted_kappa_and_inside_percent() -> None:
    scale = preference(both_bad=True)
    bad = next(code for code, option in enumerate(scale.options) if option.value is None)
    table = RatingTable.from_codes([[0, 0], [bad, bad], [2, 0], [0, 1]], scale, rater_ids=NAMES[:2])
    found = with_others(Others.of(table, NAMES[:2]), "ann", coefficient="cohen_linear", seed=0, resamples=0)
    only = RatingTable.from_codes([[0, 0], [2, 0], [0, 1]], scale, rater_ids=NAMES[:2])
    rest = agreement(only, seed=0, resamples=0, only=["cohen_linear"])["cohen_linear"]
    assert found.percent.value == pytest.approx(0.5)
    assert found.kappa.value == pytest.approx(rest.value)


def test_nothing_shared_is_undefined_and_says_why() -> None:
    table = RatingTable.from_codes([[0, -1], [-1, 1]], pass_fail(), rater_ids=NAMES[:2])
    found = with_others(Others.of(table, NAMES[:2]), "ann", coefficient="cohen", seed=0)
    assert found.percent.reason is found.kappa.reason is found.leniency.reason is Reason.NO_PAIRABLE_ITEMS


def test_clusters_are_resampled_together_and_many_groups_get_the_jackknife() -> None:
    codes = noisy_codes(120, 3, 3, seed=2)
    table = RatingTable.from_codes(codes, nominal(3), rater_ids=NAMES, clusters=np.arange(120) // 4)
    found = with_others(Others.of(table, NAMES), "ann", coefficient="cohen", seed=0).percent
    assert (found.n_units, found.n_groups) == (120, 30)
    n = MANY_GROUPS + 10
    numbers = np.random.default_rng(1).normal(50, 10, (n, 2)).clip(0, 100)
    many = RatingTable.from_numbers(numbers, SLIDER, rater_ids=NAMES[:2])
    interval = with_others(Others.of(many, NAMES[:2]), "ann", coefficient="cohen", seed=0).kappa.interval
    assert interval is not None
    assert interval.method is IntervalMethod.JACKKNIFE
