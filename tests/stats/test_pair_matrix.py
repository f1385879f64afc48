import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kendalltau, pearsonr, spearmanr
from sklearn.metrics import cohen_kappa_score

from core.errors import BadInput
from core.scales import DeclaredScale, ScaleKind, pass_fail, preference
from core.stats.agreement import agreement
from core.stats.estimates import Reason
from core.stats.pair_matrix import PAIR_KEYS, confusion, pair_matrix
from core.stats.ratings import RatingTable
from tests.stats.builders import noisy_codes, scale_of, table_of


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


SLIDER = DeclaredScale(ScaleKind.INTERVAL, low=0, high=100)


def test_every_coefficient_of_a_pair_by_hand() -> None:
    # Two raters, four units: pass pass, pass pass, pass fail, fail fail.
    # po = 3/4. Row margins 3/4 1/4, column margins 1/2 1/2: pe = 3/8 + 1/8 = 1/2, kappa = 1/2.
    # Mean share of pass 5/8: Scott's pe = 25/64 + 9/64 = 34/64, pi = (48 - 34) / (64 - 34) = 7/15.
    # AC1: pe = 2 * 5/8 * 3/8 = 15/32, (24 - 15) / (32 - 15) = 9/17. Brennan-Prediger: (3/4 - 1/2) / (1/2) = 1/2.
    # Alpha: 5 pass and 3 fail of 8; observed 2 of 8, expected 2 * 5 * 3 / (8 * 7) = 30/56: 1 - (1/4) / (30/56) = 8/15.
    table = RatingTable.from_codes([[0, 0], [0, 0], [0, 1], [1, 1]], pass_fail(), rater_ids=["a", "b"])
    expected = {"percent": 3 / 4, "cohen": 1 / 2, "scott": 7 / 15, "fleiss": 7 / 15, "ac1": 9 / 17,
                "brennan_prediger": 1 / 2, "alpha_nominal": 8 / 15}  # fmt: skip
    found = {key: pair_matrix(table, coefficient=key).values[0, 1] for key in expected}
    assert found == pytest.approx(expected)


@given(st.integers(0, 10_000), st.integers(2, 5))
@settings(max_examples=25)
def test_every_pair_agrees_with_the_other_libraries(seed: int, q: int) -> None:
    codes = noisy_codes(40, 4, q, missing=0.3, seed=seed)
    table = table_of(codes, q)
    matrices = {key: pair_matrix(table, coefficient=key) for key in PAIR_KEYS if key != "alpha_ratio"}
    for row, column in ((0, 1), (1, 3)):
        both = (codes[:, row] >= 0) & (codes[:, column] >= 0)
        a, b = codes[both, row], codes[both, column]
        for key, matrix in matrices.items():
            assert matrix.used[row, column] == matrix.n[row, column] == both.sum()
            value = matrix.values[column, row]
            expected = _other(key, a, b, q)
            if expected is not None and not np.isnan(value):
                assert value == pytest.approx(expected, abs=1e-9), key


def _other(key: str, a: NDArray[np.int8], b: NDArray[np.int8], q: int) -> float | None:
    """The same number by scikit-learn, krippendorff or scipy; None where they have none."""
    constant = len(set(a.tolist())) < 2 or len(set(b.tolist())) < 2
    if key.startswith("cohen"):
        weights = key.partition("_")[2] or None
        return None if constant else float(cohen_kappa_score(a, b, labels=list(range(q)), weights=weights))
    if key.startswith("alpha"):
        data, level = np.array([a, b], float), key.partition("_")[2]
        return float(krippendorff.alpha(data, level_of_measurement=level)) if len(np.unique(data)) > 1 else None
    by_scipy = {"spearman": spearmanr, "kendall_tau_b": kendalltau, "pearson": pearsonr}
    if key in by_scipy:
        return None if constant else float(by_scipy[key](a, b)[0])
    return float(np.mean(a == b)) if key == "percent" else None


def test_two_raters_of_a_table_have_the_numbers_of_the_report() -> None:
    table = table_of(noisy_codes(60, 2, 4), 4)
    report = agreement(table, seed=0, resamples=0)
    for key in PAIR_KEYS:
        if key in report.estimates and report[key].value is not None:
            assert pair_matrix(table, coefficient=key).values[0, 1] == pytest.approx(report[key].value), key


def test_answers_outside_the_order_are_not_looked_at_and_counted_so() -> None:
    scale = preference(both_bad=True)
    order = [scale.code(key) for key in ("A", "tie", "B")]
    bad = next(code for code in range(len(scale.options)) if code not in order)
    codes = [[order[0], order[0]], [order[2], order[2]], [order[0], order[2]], [bad, order[0]], [bad, bad]]
    found = pair_matrix(RatingTable.from_codes(codes, scale), coefficient="cohen_linear")
    assert (found.n[0, 1], found.used[0, 1]) == (5, 3)
    assert found.percent[0, 1] == pytest.approx(3 / 5), "of all five"


def test_free_numbers_agree_with_scipy_and_krippendorff() -> None:
    rng = np.random.default_rng(4)
    numbers = np.round(rng.normal(50, 8, 90)[:, None] + rng.normal(0, 6, (90, 4)) + 40)
    numbers = np.clip(np.where(rng.random((90, 4)) < 0.3, np.nan, numbers), 0, 100)
    table = RatingTable.from_numbers(numbers, SLIDER)
    found = {key: pair_matrix(table, coefficient=key) for key in ("percent", "alpha_interval", "pearson", "spearman")}
    for row in range(4):
        for column in range(row + 1, 4):
            both = ~np.isnan(numbers[:, row]) & ~np.isnan(numbers[:, column])
            a, b = numbers[both, row], numbers[both, column]
            expected = {
                "percent": float(np.mean(a == b)),
                "alpha_interval": float(krippendorff.alpha(np.array([a, b]), level_of_measurement="interval")),
                "pearson": float(pearsonr(a, b)[0]),
                "spearman": float(spearmanr(a, b)[0]),
            }
            assert {key: matrix.values[row, column] for key, matrix in found.items()} == pytest.approx(expected)
            assert found["pearson"].n[row, column] == both.sum()
    assert np.isnan(np.diag(found["percent"].values)).all()


def test_numbers_far_from_zero_lose_nothing() -> None:
    table = RatingTable.from_numbers(
        [[1e9 + 1, 1e9 + 1], [1e9 + 2, 1e9 + 3], [1e9 + 3, 1e9 + 2]], DeclaredScale(ScaleKind.INTERVAL)
    )
    assert pair_matrix(table, coefficient="pearson").values[0, 1] == pytest.approx(0.5)


def test_an_undefined_correlation_says_that_one_rater_never_varies() -> None:
    table = RatingTable.from_codes([[0, 0], [1, 0], [2, 0]], scale_of(range(1, 4)))
    assert pair_matrix(table, coefficient="spearman").reason_at(0, 1) is Reason.ZERO_VARIANCE
    numbers = RatingTable.from_numbers([[1.0, 7.0], [2.0, 7.0]], SLIDER)
    assert pair_matrix(numbers, coefficient="pearson").reason_at(0, 1) is Reason.ZERO_VARIANCE
    alone = RatingTable.from_numbers([[1.0, np.nan], [np.nan, 2.0]], SLIDER)
    assert pair_matrix(alone, coefficient="alpha_interval").reason_at(0, 1) is Reason.NO_PAIRABLE_ITEMS


def test_a_scale_without_order_has_no_correlation_and_there_is_no_unknown_coefficient() -> None:
    table = RatingTable.from_codes([[0, 1]], pass_fail())
    assert pair_matrix(table, coefficient="pearson").reason is Reason.NEEDS_ORDER
    assert pair_matrix(RatingTable.from_numbers([[1.0, 2.0]], SLIDER), coefficient="ac1").reason is Reason.NEEDS_OPTIONS
    with pytest.raises(BadInput, match="coefficient of pairs"):
        pair_matrix(table, coefficient="icc_1_1")


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
