import json
from fractions import Fraction

import numpy as np
import pytest

from core.stats.formulas import alpha_interval_of_numbers, alpha_ordinal, brennan_prediger, cohen, fleiss, gwet
from core.stats.moments import CountLayout, NumberSums
from tests.stats.builders import golden_cases


@pytest.mark.parametrize("metric", ["gwet", "fleiss", "brennan_prediger"])
def test_any_weights_will_do(metric: str) -> None:
    """Gwet's ordinal weights 1 - C(|k - l| + 1, 2) / C(q, 2), which Touchstone does not offer, against R irrCAC."""
    case = next(c for c in golden_cases() if (c["metric"], c["level_or_weights"]) == (metric, "ordinal"))
    q = len(case["categories"])
    apart = np.abs(np.subtract.outer(np.arange(q), np.arange(q)))
    layout = CountLayout(q, {"own": 1 - (apart + 1) * apart / (q * (q - 1))}, {})
    counts = np.array([[row.count(option) for option in case["categories"]] for row in case["ratings"]])
    sums = layout.sums(layout.rows(counts).sum(axis=0, keepdims=True))
    function = {"gwet": gwet, "fleiss": fleiss, "brennan_prediger": brennan_prediger}[metric]
    assert function(sums, weights="own")[0] == pytest.approx(case["expected"], abs=case["tol"])


def test_cohen_takes_any_disagreement_weights() -> None:
    case = next(c for c in golden_cases() if c["level_or_weights"] == "custom")
    note = case["disagreement_weights"]
    disagreement = np.array(json.loads(note) if isinstance(note, str) else note, dtype=float)
    table = np.zeros((3, 3))
    for first, second in case["ratings"]:
        table[first - 1, second - 1] += 1
    weights = 1 - disagreement / disagreement.max()
    assert cohen(table, weights) == pytest.approx(case["expected"], abs=case["tol"])


def test_a_scale_of_one_option_has_no_coefficient() -> None:
    layout = CountLayout(1, {"identity": np.eye(1)}, {})
    sums = layout.sums(layout.rows(np.array([[2], [3]])).sum(axis=0, keepdims=True))
    for function in (gwet, fleiss, brennan_prediger):
        assert np.isnan(function(sums, weights="identity")[0])


def test_ordinal_alpha_stays_exact_when_one_option_is_very_common() -> None:
    # 10^9 units with both ratings lowest, one unit rated middle and highest: n_1 = 2 * 10^9, n_2 = n_3 = 1.
    common, n = 10**9, 2 * 10**9 + 2
    layout = CountLayout(3, {}, {}, coincidences=True)
    rows = layout.rows(np.array([[2, 0, 0], [0, 1, 1]]))
    found = alpha_ordinal(layout.sums(np.array([[common, 1]]) @ rows))[0]
    # d_23 = 1/2 + 1/2 = 1; d_12 = common + 1/2; d_13 = common + 1 + 1/2; o_23 = 1 on each side.
    d12, d13 = common + Fraction(1, 2), common + Fraction(3, 2)
    exact = 1 - Fraction((n - 1) * 1) / (2 * common * d12**2 + 2 * common * d13**2 + 1)
    assert 1 - found == pytest.approx(float(1 - exact), rel=1e-6, abs=1e-15)
    by_rank = layout.sums(np.array([[common, 1]]) @ layout.rows(np.array([[2, 0, 0], [1, 0, 1]])))
    # One unit rated lowest and highest: d_13 = n / 2, n_3 = 1, so alpha = 1 - (n - 1) / ((n - 1) * 1) = 0.
    assert alpha_ordinal(by_rank)[0] == pytest.approx(0.0, abs=1e-6)


def test_equal_numbers_far_from_the_grand_mean_do_not_vary() -> None:
    # Six ratings, all 7300 from the grand mean: 6 * sum of squares - sum^2 is nothing but float noise.
    total, squares = np.array([6 * 7300.0]), np.array([6 * 7300.0**2 * (1 + 1e-15)])
    sums = NumberSums(np.array([3.0]), np.array([6.0]), total, squares, np.array([1e-9]), np.array([3.0]))
    assert 6 * squares[0] - total[0] ** 2 > 1e-9
    assert np.isnan(alpha_interval_of_numbers(sums)[0])
