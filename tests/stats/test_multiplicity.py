from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from core.errors import BadInput
from core.stats.multiplicity import adjusted
from tests.stats.builders import further_cases


@pytest.mark.parametrize("case", further_cases("fdr_rejections"), ids=lambda case: case["name"])
def test_a_worked_case_is_reproduced(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    assert adjusted(inputs["p"], q=inputs["q"], method=inputs["method"]).rejected.tolist() == case["expected"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.sampled_from(["bh", "by"]))
def test_it_is_what_statsmodels_computes(p: list[float], method: Any) -> None:
    rejected, expected, _, _ = multipletests(p, alpha=0.05, method=f"fdr_{method}")
    found = adjusted(p, method=method)
    assert found.p == pytest.approx(expected, abs=1e-12)
    assert found.rejected.tolist() == (expected <= 0.05).tolist()
    assert np.all(found.rejected == rejected) or np.any(np.isclose(expected, 0.05))


def test_tests_that_were_not_made_do_not_count() -> None:
    with_gap, without = adjusted([0.01, np.nan, 0.04]), adjusted([0.01, 0.04])
    assert with_gap.p[[0, 2]].tolist() == without.p.tolist()
    assert np.isnan(with_gap.p[1])
    assert with_gap.rejected.tolist() == [True, False, True]
    assert adjusted([]).p.tolist() == []


def test_a_probability_above_one_is_refused() -> None:
    with pytest.raises(BadInput, match="p-values"):
        adjusted([0.5, 1.5])
