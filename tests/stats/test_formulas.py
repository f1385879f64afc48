import json

import numpy as np
import pytest

from core.stats.formulas import brennan_prediger, cohen, fleiss, gwet
from core.stats.moments import CountLayout
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
