import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, pass_fail
from core.stats.agreement import agreement
from core.stats.estimates import Reason
from core.stats.pair_matrix import confusion, pair_matrix
from core.stats.ratings import RatingTable
from tests.stats.builders import noisy_codes, table_of


def test_the_matrix_holds_every_pair_on_its_shared_units() -> None:
    codes = noisy_codes(50, 4, 3, missing=0.3)
    found = pair_matrix(table_of(codes, 3, rater_ids=["a", "b", "c", "d"]), coefficient="cohen_linear")
    for row in range(4):
        for column in range(row + 1, 4):
            both = (codes[:, row] >= 0) & (codes[:, column] >= 0)
            first, second = codes[both, row], codes[both, column]
            kappa = cohen_kappa_score(first, second, labels=[0, 1, 2], weights="linear")
            assert found.n[row, column] == found.n[column, row] == both.sum()
            assert found.percent[row, column] == pytest.approx(np.mean(first == second))
            assert found.kappa[row, column] == found.kappa[column, row] == pytest.approx(kappa)
    assert np.diag(found.n).tolist() == (codes >= 0).sum(axis=0).tolist()
    assert np.isnan(np.diag(found.kappa)).all()


def test_the_mean_of_the_matrix_is_the_cohen_of_the_report() -> None:
    table = table_of(noisy_codes(60, 4, 3, missing=0.1), 3)
    mean = np.nanmean(pair_matrix(table).kappa)
    assert agreement(table, seed=0)["cohen"].value == pytest.approx(mean)


def test_a_cell_without_kappa_says_why() -> None:
    codes = np.array([[0, 0, -1], [0, 0, -1], [-1, 1, -1], [-1, -1, 1]])
    found = pair_matrix(table_of(codes, 2))
    assert found.reason_at(0, 1) is Reason.NO_VARIATION
    assert found.reason_at(0, 2) is Reason.NO_PAIRABLE_ITEMS
    assert found.percent[0, 1] == 1.0
    assert pair_matrix(table_of(noisy_codes(30, 2, 2), 2)).reason_at(0, 1) is None


def test_there_is_no_matrix_of_anonymous_seats_nor_of_free_numbers() -> None:
    seats = pair_matrix(RatingTable.from_counts([[2, 1]], pass_fail()))
    assert (seats.reason, seats.kappa.size, seats.rater_ids) == (Reason.ANONYMOUS_RATERS, 0, ())
    slider = DeclaredScale(ScaleKind.INTERVAL, low=0, high=1)
    assert pair_matrix(RatingTable.from_numbers([[0.1, 0.2]], slider)).reason is Reason.NEEDS_OPTIONS


def test_a_confusion_has_the_first_rater_in_rows_whatever_the_order_of_the_table() -> None:
    codes = np.array([[0, 1], [0, 1], [1, 1], [0, -1]])
    table = RatingTable.from_codes(codes, pass_fail(), rater_ids=["judge", "human"])
    assert confusion(table, "judge", "human").counts.tolist() == [[0, 2], [0, 1]]
    turned = confusion(table, "human", "judge")
    assert (turned.counts.tolist(), turned.n) == ([[0, 0], [2, 1]], 3)


def test_a_confusion_of_raters_without_shared_units_is_empty() -> None:
    table = RatingTable.from_codes([[0, -1], [-1, 1]], pass_fail(), rater_ids=["a", "b"])
    assert confusion(table, "a", "b").counts.tolist() == [[0, 0], [0, 0]]


def test_a_rater_is_not_compared_with_itself_nor_with_strangers() -> None:
    table = RatingTable.from_codes([[0, 1]], pass_fail(), rater_ids=["a", "b"])
    with pytest.raises(ValueError, match="itself"):
        confusion(table, "a", "a")
    with pytest.raises(BadInput, match="rater"):
        confusion(table, "a", "zoe")
