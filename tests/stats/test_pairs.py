import numpy as np
from hypothesis import given, settings
from numpy.typing import NDArray

from core.stats.pairs import pair_tables
from core.stats.ratings import RatingTable
from tests.stats.builders import code_arrays, nominal, table_of, tables_by_hand


@settings(deadline=None)
@given(code_arrays())
def test_pair_tables_count_the_units_two_raters_share(drawn: tuple[NDArray[np.int8], int]) -> None:
    codes, q = drawn
    found = pair_tables(table_of(codes, q))
    by_hand = tables_by_hand(codes, q)
    assert {tuple(pair): table.tolist() for pair, table in zip(found.pairs.tolist(), found.tables, strict=True)} == {
        pair: table.tolist() for pair, table in by_hand.items()
    }


def test_a_big_sparse_crowd_takes_little_memory() -> None:
    rng = np.random.default_rng(0)
    units = np.repeat(np.arange(5000), 3)
    raters = (rng.integers(0, 4000, 5000)[:, None] + np.arange(3)).ravel()
    table = RatingTable.from_triples(
        units, raters, rng.integers(0, 3, 15_000), nominal(3), n_units=5000, rater_ids=range(4002)
    )
    found = pair_tables(table)
    assert found.n.sum() == 15_000
    assert np.all(found.pairs[:, 0] < found.pairs[:, 1])
