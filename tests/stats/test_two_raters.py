from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from scipy.stats import kendalltau, pearsonr, spearmanr
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
    mean_absolute_error,
    precision_score,
    recall_score,
)

from core.scales import DeclaredScale, pass_fail, yes_no
from core.stats.estimates import Flag, IntervalMethod, Reason
from core.stats.ratings import RatingTable
from core.stats.two_raters import compare
from tests.stats.builders import code_arrays, golden_cases, noisy_codes, nominal, scale_of, table_of

METRICS = ("mcc", "spearman", "kendall_tau_b", "pearson")
WORKED = [case for case in golden_cases() if case["metric"] in METRICS]


def scale_for(case: dict[str, Any]) -> DeclaredScale:
    """The declared scale of a case; where none is given, the values that occur."""
    return scale_of(case["categories"] or sorted({value for row in case["ratings"] for value in row}))


@pytest.mark.parametrize("case", WORKED, ids=[case["name"] for case in WORKED])
def test_a_worked_case_is_reproduced(case: dict[str, Any]) -> None:
    table = RatingTable.from_raw(case["ratings"], scale_for(case), rater_ids=["human", "judge"])
    estimate = compare(table, "human", "judge", seed=0, resamples=0)[case["metric"]]
    if isinstance(case["expected"], dict):
        assert (estimate.value, estimate.reason) == (None, case["expected"]["undefined"])
    else:
        assert estimate.value == pytest.approx(case["expected"], abs=case["tol"])


@settings(max_examples=60, deadline=None)
@given(code_arrays(max_raters=2, missing=False))
def test_every_metric_is_what_the_libraries_compute(drawn: tuple[NDArray[np.int8], int]) -> None:
    codes, q = drawn
    human, judge = codes.T.astype(int)
    found = compare(table_of(codes, q), 0, 1, seed=0, resamples=0, positive="1")
    yes, said = human == 0, judge == 0
    expected = {
        "accuracy": accuracy_score(human, judge),
        "mae": mean_absolute_error(human, judge),
        "bias": np.mean(judge - human),
        "macro_f1": f1_score(human, judge, average="macro"),
        "prevalence_index": abs(np.sum(yes & said) - np.sum(~yes & ~said)) / len(human),
        "bias_index": abs(np.sum(yes) - np.sum(said)) / len(human),
    }
    if yes.any():
        expected |= {"tpr": recall_score(yes, said), "f1": f1_score(yes, said)}
    if not yes.all():
        expected["tnr"] = recall_score(~yes, ~said)
    if said.any():
        expected["ppv"] = precision_score(yes, said)
    if not said.all():
        expected["npv"] = precision_score(~yes, ~said)
    if yes.any() and not yes.all():
        expected["balanced_accuracy"] = balanced_accuracy_score(yes, said)
    if len(set(human)) > 1 and len(set(judge)) > 1:
        expected |= {
            "mcc": matthews_corrcoef(human, judge),
            "spearman": spearmanr(human, judge).statistic,
            "kendall_tau_b": kendalltau(human, judge).statistic,
            "pearson": pearsonr(human, judge).statistic,
        }
    assert {key: e.value for key, e in found.estimates.items() if e.value is not None} == pytest.approx(expected)


def test_what_is_undefined_says_why() -> None:
    human_all_pass = RatingTable.from_codes([[0, 0], [0, 1]], pass_fail(), rater_ids=["h", "j"])
    found = compare(human_all_pass, "h", "j", seed=0)
    assert found["tnr"].reason is Reason.NO_HUMAN_NEGATIVES
    assert found["balanced_accuracy"].reason is Reason.NO_HUMAN_NEGATIVES
    assert found["mcc"].reason is Reason.ZERO_VARIANCE
    assert found["tpr"].value == 0.5
    assert found["spearman"].reason is Reason.NEEDS_ORDER
    turned = compare(RatingTable.from_codes([[1, 1]], pass_fail()), 0, 1, seed=0)
    assert [turned[key].reason for key in ("tpr", "f1", "ppv", "balanced_accuracy")] == [
        Reason.NO_HUMAN_POSITIVES, Reason.NO_HUMAN_POSITIVES, Reason.NO_JUDGE_POSITIVES, Reason.NO_HUMAN_POSITIVES,
    ]  # fmt: skip
    assert (
        compare(RatingTable.from_codes([[0, 0]], pass_fail()), 0, 1, seed=0)["npv"].reason is Reason.NO_JUDGE_NEGATIVES
    )


def test_a_scale_without_a_positive_option_has_no_rates() -> None:
    found = compare(RatingTable.from_codes([[0, 1], [2, 2]], nominal(3)), 0, 1, seed=0)
    assert found["tpr"].reason is Reason.NO_POSITIVE_OPTION
    assert found["accuracy"].value == 0.5
    assert (
        compare(RatingTable.from_codes([[0, 1], [2, 2]], nominal(3)), 0, 1, seed=0, positive="k2")["tpr"].value == 1.0
    )


def test_na_is_neither_positive_nor_negative() -> None:
    # yes, no, na are 0, 1, 2: the judge's "na" on a positive unit leaves the rates, not the accuracy.
    found = compare(RatingTable.from_codes([[0, 0], [0, 2], [1, 0], [2, 2]], yes_no(na=True)), 0, 1, seed=0)
    assert (found["tpr"].value, found["tpr"].n_units) == (1.0, 1)
    assert found["accuracy"].value == 0.5


def test_raters_that_share_no_unit_have_no_metric() -> None:
    for clusters in (None, [0, 1]):
        table = RatingTable.from_codes([[0, -1], [-1, 1]], pass_fail(), clusters=clusters)
        found = compare(table, 0, 1, seed=0)
        assert {found[key].reason for key in ("accuracy", "tpr", "mcc", "f1")} == {Reason.NO_PAIRABLE_ITEMS}


def test_a_rate_has_an_interval_when_its_own_class_has_20_units() -> None:
    codes = np.array([[0, 0]] * 18 + [[1, 1]] * 40 + [[1, 0]] * 10)
    found = compare(RatingTable.from_codes(codes, pass_fail()), 0, 1, seed=0)
    assert found["tpr"].interval_reason is Reason.TOO_FEW_ITEMS
    assert found["tnr"].interval is not None
    assert found["tnr"].interval.low < 0.8 < found["tnr"].interval.high
    assert found["accuracy"].interval is not None
    assert found["tnr"].value == 0.8


def test_a_perfect_rate_has_wilsons_interval() -> None:
    codes = np.array([[0, 0]] * 30 + [[1, 0]] * 30)
    interval = compare(RatingTable.from_codes(codes, pass_fail()), 0, 1, seed=0)["tpr"].interval
    assert interval is not None
    assert interval.method is IntervalMethod.WILSON


def test_clusters_are_resampled_whole_and_the_error_is_their_jackknife() -> None:
    codes = noisy_codes(120, 2, 3, seed=2)
    clusters = np.repeat(np.arange(40), 3)
    found = compare(table_of(codes, 3, clusters=clusters), 0, 1, seed=0)["spearman"]
    without = np.array([spearmanr(*codes[clusters != c].T).statistic for c in range(40)])
    assert found.standard_error == pytest.approx(np.sqrt(39 / 40 * np.sum((without - without.mean()) ** 2)))
    assert Flag.CLUSTERED in found.flags
    assert found.n_groups == 40


@settings(max_examples=40, deadline=None)
@given(code_arrays(max_raters=2, missing=False))
def test_macro_f1_and_the_rates_of_every_option_are_what_sklearn_computes(drawn: tuple[NDArray[np.int8], int]) -> None:
    codes, q = drawn
    human, judge = codes.T.astype(int)
    found = compare(table_of(codes, q), 0, 1, seed=0, resamples=0)
    assert found["macro_f1"].value == pytest.approx(f1_score(human, judge, average="macro"))
    for option in range(q):
        rates = found.by_option[str(option + 1)]
        yes, said = human == option, judge == option
        for key, total, function in (("tpr", yes, recall_score), ("ppv", said, precision_score)):
            expected = function(yes, said) if total.any() else None
            assert rates[key].value == (None if expected is None else pytest.approx(expected))
        assert rates["f1"].value == (pytest.approx(f1_score(yes, said)) if yes.any() else None)


def test_prevalence_and_bias_index_by_hand() -> None:
    # a = 40 both yes, b = 10, c = 20, d = 30: |a - d| / n = 10 / 100, |b - c| / n = 10 / 100.
    codes = [[0, 0]] * 40 + [[0, 1]] * 10 + [[1, 0]] * 20 + [[1, 1]] * 30
    found = compare(RatingTable.from_codes(codes, pass_fail()), 0, 1, seed=0, resamples=0)
    assert (found["prevalence_index"].value, found["bias_index"].value) == pytest.approx((0.1, 0.1))
    assert found["mcc"].value == pytest.approx(0.408248, abs=1e-6)


def test_the_interval_of_an_index_around_zero_starts_at_zero() -> None:
    codes = [[0, 0]] * 40 + [[0, 1]] * 10 + [[1, 0]] * 11 + [[1, 1]] * 80
    found = compare(RatingTable.from_codes(codes, pass_fail()), 0, 1, seed=0)
    bias, prevalence = found["bias_index"].interval, found["prevalence_index"].interval
    assert bias is not None
    assert prevalence is not None
    assert bias.low == 0 < found["bias_index"].value < bias.high  # type: ignore[operator]
    # 40 against 80 of 141: the sign is sure, so the interval is the one of (d - a) / n.
    assert 0 < prevalence.low < 40 / 141 < prevalence.high
