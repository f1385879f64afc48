import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.stats.patterns import unique_rows


@given(
    st.integers(1, 40), st.integers(1, 30), st.integers(2, 9), st.integers(0, 2**32 - 1), st.sampled_from([0.1, 0.9])
)
def test_patterns_are_the_unique_rows_of_the_array(n: int, width: int, base: int, seed: int, empty: float) -> None:
    # 30 positions of base 9 need 95 bits: several keys have to be joined.
    rng = np.random.default_rng(seed)
    array = rng.integers(0, base, (n, width)) * (rng.random((n, width)) > empty)
    units, positions = np.nonzero(array)
    found = unique_rows(units, positions, array[units, positions], base=base, n_positions=width, n_units=n)
    different, counts = np.unique(array, axis=0, return_counts=True)
    order = np.lexsort(found.rows.T[::-1])
    assert found.rows[order].tolist() == different.tolist()
    assert found.frequency[order].tolist() == counts.tolist()
    assert found.rows[found.of_unit].tolist() == array.tolist()


def test_entries_of_one_cell_are_counted() -> None:
    found = unique_rows(np.array([0, 0, 1]), np.array([1, 1, 0]), None, base=3, n_positions=2, n_units=3)
    assert found.rows[found.of_unit].tolist() == [[0, 2], [1, 0], [0, 0]]
