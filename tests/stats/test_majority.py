import numpy as np

from core.stats.majority import majority
from core.stats.ratings import RatingTable
from tests.stats.builders import nominal


def test_a_tie_is_no_reference_and_never_the_first_option() -> None:
    found = majority(RatingTable.from_counts([[2, 1, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]], nominal(3)))
    assert found.codes.tolist() == [0, -1, -1, 2]
    assert (found.n_tied, found.n_unrated) == (1, 1)
    assert found.share[[0, 1, 3]].tolist() == [2 / 3, 0.5, 1.0]
    assert np.isnan(found.share[2])
    assert found.how_many(3).tolist() == [1, 0, 1]


def test_the_order_of_options_does_not_matter() -> None:
    counts = np.random.default_rng(0).integers(0, 4, (200, 3))
    before = majority(RatingTable.from_counts(counts, nominal(3))).codes
    after = majority(RatingTable.from_counts(counts[:, [2, 0, 1]], nominal(3))).codes
    assert np.where(before < 0, -1, np.array([1, 2, 0])[before]).tolist() == after.tolist()
