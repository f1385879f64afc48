from typing import Any

import numpy as np
import pytest

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind
from core.stats.agreement import agreement
from core.stats.coefficients import COEFFICIENTS
from core.stats.ratings import RatingTable
from core.stats.resampling import jackknife_error
from core.stats.together import replicable, together
from tests.stats.builders import noisy_codes, table_of

TABLE = table_of(noisy_codes(40, 3, 4, missing=0.1, seed=2), 4)
KEYS = [key for key in COEFFICIENTS if replicable(key, TABLE.scale) and key != "scott"]


@pytest.mark.parametrize("key", KEYS)
def test_value_and_error_are_those_of_the_table_alone(key: str) -> None:
    for table in (TABLE, table_of(noisy_codes(60, 3, 4, seed=1), 4, clusters=np.repeat(np.arange(30), 2))):
        found = together([table, table], key, rng=np.random.default_rng(0), resamples=20)
        alone = agreement(table, seed=0, resamples=0, only=[key])[key]
        assert found.replicates.point == pytest.approx(np.repeat(alone.value, 2))
        errors = [jackknife_error(row, found.replicates.frequency) for row in found.replicates.left_out]
        # A unit that takes no part may still be drawn here: (n - 1) / n is of all rated units then.
        assert errors == pytest.approx([alone.standard_error] * 2, rel=0.02)
        assert found.replicates.draws is not None
        assert found.replicates.draws[0] == pytest.approx(found.replicates.draws[1], nan_ok=True)
        assert (found.bases[0].n_units, found.bases[0].n_groups) == (alone.n_units, alone.n_groups)


def test_free_numbers_go_the_same_way() -> None:
    numbers = np.random.default_rng(0).uniform(0, 9, (30, 3))
    table = RatingTable.from_numbers(numbers, DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=9.0))
    for key in ("alpha_interval", "percent", "icc_3_1"):
        found = together([table], key, rng=np.random.default_rng(0), resamples=10)
        assert found.replicates.point[0] == pytest.approx(agreement(table, seed=0)[key].value)


def test_weighted_sums_of_the_values_are_replicated_too() -> None:
    other = table_of(noisy_codes(40, 3, 4, seed=7), 4)
    found = together([TABLE, other], "fleiss", rng=np.random.default_rng(0), resamples=30)
    difference = found.with_rows(np.array([[1.0, -1.0]]))
    now: Any = found.replicates
    assert difference.point[0] == pytest.approx(now.point[0] - now.point[1])
    assert difference.draws is not None
    assert difference.draws[0] == pytest.approx(now.draws[0] - now.draws[1])
    assert difference.left_out[0] == pytest.approx(now.left_out[0] - now.left_out[1])


def test_means_over_pairs_of_raters_are_refused() -> None:
    with pytest.raises(BadInput, match="coefficient"):
        together([TABLE], "cohen", rng=np.random.default_rng(0), resamples=0)
