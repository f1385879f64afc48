import warnings
from typing import Any

import evalica
import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from core.errors import BadInput
from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail, preference, yes_no
from core.stats.agreement import agreement
from core.stats.coefficients import COEFFICIENTS, alpha_key
from core.stats.estimates import Flag, IntervalMethod, Reason
from core.stats.ratings import RatingTable
from tests.stats.builders import clustered_codes, code_arrays, golden_cases, noisy_codes, nominal, scale_of, table_of

KEYS = (
    {("krippendorff_alpha", level): f"alpha_{level}" for level in ("nominal", "ordinal", "interval", "ratio")}
    | {
        (metric, "identity"): key
        for metric, key in {
            "cohen_kappa": "cohen",
            "gwet": "ac1",
            "fleiss": "fleiss",
            "brennan_prediger": "brennan_prediger",
            "percent": "percent",
            "scott_pi": "scott",
        }.items()
    }
    | {
        (metric, weights): f"{key}_{weights}"
        for metric, key in {
            "cohen_kappa": "cohen",
            "gwet": "ac2",
            "fleiss": "fleiss",
            "brennan_prediger": "brennan_prediger",
        }.items()
        for weights in ("linear", "quadratic")
    }
)
WORKED = [case for case in golden_cases() if (case["metric"], case["level_or_weights"]) in KEYS]


def value(table: RatingTable, key: str) -> float | None:
    return agreement(table, seed=0, resamples=0, only=[key])[key].value


def test_there_are_worked_cases_for_every_kind_of_coefficient() -> None:
    assert len(WORKED) == 101
    assert {KEYS[case["metric"], case["level_or_weights"]] for case in WORKED} >= {
        "percent", "cohen", "cohen_linear", "scott", "fleiss", "ac1", "ac2_quadratic", "brennan_prediger",
        "alpha_nominal", "alpha_ordinal", "alpha_interval", "alpha_ratio",
    }  # fmt: skip


@pytest.mark.parametrize("case", WORKED, ids=[case["name"] for case in WORKED])
def test_a_worked_case_is_reproduced(case: dict[str, Any]) -> None:
    key = KEYS[case["metric"], case["level_or_weights"]]
    table = RatingTable.from_raw(case["ratings"], scale_of(case["categories"]))
    estimate = agreement(table, seed=0, resamples=0, only=[key])[key]
    if isinstance(case["expected"], dict):
        assert (estimate.value, estimate.reason) == (None, case["expected"]["undefined"])
    else:
        assert estimate.value == pytest.approx(case["expected"], abs=case["tol"])
        assert estimate.reason is None


def test_the_jackknife_error_of_cohen_1960_is_near_the_asymptotic_one() -> None:
    case = next(case for case in golden_cases() if case["metric"] == "cohen_kappa_se")
    table = RatingTable.from_raw(case["ratings"], scale_of(case["categories"]))
    error = agreement(table, seed=0, resamples=0, only=["cohen"])["cohen"].standard_error
    assert error == pytest.approx(case["expected"], rel=0.01)


@settings(max_examples=60, deadline=None)
@given(code_arrays(), st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
def test_alpha_is_what_krippendorff_and_evalica_compute(drawn: tuple[NDArray[np.int8], int], level: Any) -> None:
    codes, q = drawn
    ours = value(table_of(codes, q), alpha_key(level))
    assume(ours is not None)
    numbers = np.where(codes < 0, np.nan, codes + 1.0).T
    reference = krippendorff.alpha(
        reliability_data=numbers, value_domain=np.arange(1.0, q + 1), level_of_measurement=level
    )
    assert ours == pytest.approx(float(reference), abs=1e-9)
    second = evalica.alpha(_frame(numbers), distance=level)
    assert ours == pytest.approx(second.alpha, abs=1e-9)


def _frame(numbers: NDArray[np.float64]) -> Any:
    import pandas as pd

    return pd.DataFrame(numbers)


@settings(max_examples=60, deadline=None)
@given(code_arrays(max_raters=2, missing=False), st.sampled_from([None, "linear", "quadratic"]))
def test_cohen_is_what_sklearn_computes_on_the_declared_labels(drawn: tuple[NDArray[np.int8], int], how: Any) -> None:
    codes, q = drawn
    ours = value(table_of(codes, q), "cohen" if how is None else f"cohen_{how}")
    assume(ours is not None)
    theirs = cohen_kappa_score(codes[:, 0], codes[:, 1], labels=np.arange(q), weights=how)
    assert ours == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(code_arrays(missing=False))
def test_fleiss_is_what_statsmodels_computes(drawn: tuple[NDArray[np.int8], int]) -> None:
    codes, q = drawn
    ours = value(table_of(codes, q), "fleiss")
    assume(ours is not None)
    counts, _ = aggregate_raters(codes, n_cat=q)
    assert ours == pytest.approx(fleiss_kappa(counts), abs=1e-9)


def values(table: RatingTable) -> dict[str, float]:
    report = agreement(table, seed=0, resamples=0)
    return {key: np.nan if e.value is None else e.value for key, e in report.estimates.items()}


@settings(max_examples=25, deadline=None)
@given(code_arrays(), st.randoms(use_true_random=False))
def test_the_order_of_units_and_raters_does_not_matter(drawn: tuple[NDArray[np.int8], int], random: Any) -> None:
    codes, q = drawn
    units, raters = list(range(codes.shape[0])), list(range(codes.shape[1]))
    random.shuffle(units)
    random.shuffle(raters)
    assert values(table_of(codes[units][:, raters], q)) == pytest.approx(values(table_of(codes, q)), nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(code_arrays(), st.randoms(use_true_random=False))
def test_renaming_options_does_not_matter_without_order(drawn: tuple[NDArray[np.int8], int], random: Any) -> None:
    codes, q = drawn
    names = list(range(q))
    random.shuffle(names)
    renamed = np.where(codes < 0, -1, np.array(names)[codes])
    before = values(RatingTable.from_codes(codes, nominal(q)))
    assert values(RatingTable.from_codes(renamed, nominal(q))) == pytest.approx(before, nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(code_arrays())
def test_repeating_every_unit_leaves_percent_and_fleiss(drawn: tuple[NDArray[np.int8], int]) -> None:
    codes, q = drawn
    once, twice = values(table_of(codes, q)), values(table_of(np.repeat(codes, 2, axis=0), q))
    for key in ("percent", "fleiss", "ac1", "brennan_prediger", "cohen"):
        assert twice[key] == pytest.approx(once[key], nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(code_arrays(), st.floats(-50, 50), st.floats(0.1, 9))
def test_interval_alpha_and_quadratic_kappa_ignore_origin_and_unit(
    drawn: tuple[NDArray[np.int8], int], a: float, b: float
) -> None:
    codes, q = drawn
    before = values(table_of(codes, q))
    after = values(RatingTable.from_codes(codes, scale_of([a + b * k for k in range(q)])))
    for key in ("alpha_interval", "cohen_quadratic", "fleiss_linear", "ac2_quadratic"):
        assert after[key] == pytest.approx(before[key], abs=1e-7, nan_ok=True)


def test_two_options_without_order_make_brennan_prediger_twice_percent_minus_one() -> None:
    found = values(RatingTable.from_codes(noisy_codes(40, 2, 2), pass_fail()))
    assert found["brennan_prediger"] == pytest.approx(2 * found["percent"] - 1)


def test_units_alone_in_their_cluster_have_the_errors_of_unclustered_ones() -> None:
    codes = noisy_codes(60, 3, 3, missing=0.2)
    alone = agreement(table_of(codes, 3, clusters=np.arange(60)), seed=0, resamples=0)
    plain = agreement(table_of(codes, 3), seed=0, resamples=0)
    for key in COEFFICIENTS:
        assert alone[key].value == plain[key].value or alone[key].value == pytest.approx(plain[key].value)
        assert alone[key].standard_error == pytest.approx(plain[key].standard_error)


def test_clusters_widen_the_interval_of_units_that_hang_together() -> None:
    codes, clusters = clustered_codes(40, 5, 3, seed=5)
    plain = agreement(table_of(codes, 2), seed=1)
    clustered = agreement(table_of(codes, 2, clusters=clusters), seed=1)
    for key in ("percent", "cohen", "fleiss", "alpha_nominal"):
        wide, narrow = clustered[key].interval, plain[key].interval
        assert wide is not None
        assert narrow is not None
        assert wide.high - wide.low > 1.2 * (narrow.high - narrow.low)
        assert clustered[key].value == pytest.approx(plain[key].value)
        assert Flag.CLUSTERED in clustered[key].flags
    assert (clustered["percent"].n_units, clustered["percent"].n_groups, clustered.n_clusters) == (200, 40, 40)


def test_a_seed_fixes_every_interval() -> None:
    table = table_of(noisy_codes(80, 3, 4, missing=0.1), 4)
    assert agreement(table, seed=3).estimates == agreement(table, seed=3).estimates
    assert agreement(table, seed=3)["fleiss"].interval != agreement(table, seed=4)["fleiss"].interval


def brute_force_error(codes: NDArray[np.int8], q: int, key: str) -> float:
    left_out = [value(table_of(np.delete(codes, unit, axis=0), q), key) for unit in range(len(codes))]
    deviations = np.array(left_out, dtype=float) - np.mean(np.array(left_out, dtype=float))
    return float(np.sqrt((len(codes) - 1) / len(codes) * np.sum(deviations**2)))


@pytest.mark.parametrize("key", [key for key in COEFFICIENTS if key != "scott"])
def test_the_jackknife_is_the_value_without_each_unit_in_turn(key: str) -> None:
    # Intraclass correlations resample complete units, so that here all are.
    codes = noisy_codes(24, 3, 4, missing=0.0 if key.startswith("icc") else 0.15, seed=11)
    codes = codes[(codes >= 0).any(axis=1)]
    error = agreement(table_of(codes, 4), seed=0, resamples=0)[key].standard_error
    assert error == pytest.approx(brute_force_error(codes, 4, key), rel=1e-9)


def test_the_jackknife_over_clusters_is_the_value_without_each_cluster_in_turn() -> None:
    codes, clusters = clustered_codes(25, 3, 3, seed=2)
    for key in ("fleiss", "cohen", "alpha_nominal"):
        error = agreement(table_of(codes, 2, clusters=clusters), seed=0, resamples=0)[key].standard_error
        without = np.array([value(table_of(codes[clusters != c], 2), key) for c in range(25)], dtype=float)
        assert error == pytest.approx(np.sqrt(24 / 25 * np.sum((without - without.mean()) ** 2)), rel=1e-9)


# The table of edge cases: what is undefined says why and is neither 0 nor 1.


def test_nothing_rated_is_undefined_everywhere() -> None:
    report = agreement(table_of(np.full((3, 2), -1), 3), seed=0)
    assert {e.reason for e in report.estimates.values()} == {Reason.NO_RATINGS}
    assert report.base_rates == {}


def test_no_units_at_all_are_no_ratings() -> None:
    report = agreement(table_of(np.zeros((0, 2), dtype=int), 3), seed=0)
    assert {e.reason for e in report.estimates.values()} == {Reason.NO_RATINGS}


def test_raters_that_share_no_unit_are_undefined_everywhere() -> None:
    report = agreement(table_of(np.array([[0, -1], [-1, 1], [2, -1]]), 3), seed=0)
    assert {e.reason for e in report.estimates.values()} == {Reason.NO_PAIRABLE_ITEMS}
    assert (report.n_rated, report.n_pairable) == (3, 0)


def test_one_answer_throughout_leaves_percent_ac1_and_brennan_prediger_with_a_flag() -> None:
    report = agreement(table_of(np.ones((30, 2), dtype=int), 3), seed=0, only=[k for k in COEFFICIENTS if "_" not in k])
    for key in ("percent", "ac1"):
        assert report[key].value == pytest.approx(1.0)
        assert Flag.NO_VARIATION in report[key].flags
    for key in ("cohen", "fleiss", "scott"):
        assert (report[key].value, report[key].reason) == (None, Reason.NO_VARIATION)
    # 30 of 30: Wilson's lower end is 1 / (1 + z^2 / n) = 1 / (1 + 3.8415 / 30) = 0.8865.
    interval = report["percent"].interval
    assert interval is not None
    assert (interval.method, interval.high) == (IntervalMethod.WILSON, 1.0)
    assert interval.low == pytest.approx(0.8865, abs=1e-4)
    assert (report["ac1"].interval, report["ac1"].interval_reason) == (None, Reason.ONE_SIDED_RESAMPLES)


def test_a_single_rating_that_differs_does_not_make_variation() -> None:
    # The only unit with another answer has one rating: no disagreement was possible, so Fleiss is not 1 but undefined.
    codes = np.array([[0, 0], [0, 0], [1, -1]])
    report = agreement(table_of(codes, 2), seed=0)
    assert report["fleiss"].reason is Reason.NO_VARIATION
    assert report.base_rates["2"] == pytest.approx(1 / 3)


def test_a_constant_rater_makes_cohen_exactly_zero_with_a_flag() -> None:
    codes = np.array([[0, 0], [0, 1], [0, 2], [0, 0], [0, 1]] * 6)
    report = agreement(table_of(codes, 3), seed=0)
    for key in ("cohen", "cohen_linear", "cohen_quadratic"):
        assert report[key].value == 0.0
        assert Flag.CONSTANT_RATER in report[key].flags
    assert Flag.CONSTANT_RATER in report.flags


def test_one_unit_has_alpha_zero_on_disagreement_none_on_agreement_and_never_an_interval() -> None:
    apart = agreement(table_of(np.array([[0, 1]]), 2), seed=0)["alpha_nominal"]
    alike = agreement(table_of(np.array([[1, 1]]), 2), seed=0)["alpha_nominal"]
    assert (apart.value, apart.interval, apart.interval_reason) == (0.0, None, Reason.TOO_FEW_ITEMS)
    assert (alike.value, alike.reason) == (None, Reason.NO_VARIATION)


@pytest.mark.parametrize(
    ("n", "reason", "flagged"),
    [(19, Reason.TOO_FEW_ITEMS, True), (20, None, True), (49, None, True), (50, None, False)],
)
def test_intervals_start_at_20_units_and_lose_their_flag_at_50(n: int, reason: Reason | None, flagged: bool) -> None:
    estimate = agreement(table_of(noisy_codes(n, 3, 3, seed=4), 3), seed=0)["fleiss"]
    assert estimate.interval_reason is reason
    assert (estimate.interval is None) is (reason is not None)
    assert (Flag.SMALL_SAMPLE in estimate.flags) is flagged


def test_a_rare_answer_leaves_too_many_undefined_resamples_for_an_interval() -> None:
    # One unit of 30 differs: a resample misses it with probability (29/30)^30 = 36 %, and then has no variation.
    codes = np.zeros((30, 2), dtype=int)
    codes[0] = [0, 1]
    estimate = agreement(table_of(codes, 2), seed=0)["alpha_nominal"]
    assert (estimate.interval, estimate.interval_reason) == (None, Reason.UNDEFINED_RESAMPLES)
    assert 0.3 < estimate.undefined_resamples / estimate.resamples < 0.42
    assert Flag.UNDEFINED_RESAMPLES in estimate.flags


def test_anonymous_seats_have_every_number_that_does_not_ask_who_is_who() -> None:
    rng = np.random.default_rng(1)
    counts = rng.multinomial(20, [0.6, 0.3, 0.1], size=40)
    report = agreement(RatingTable.from_counts(counts, likert(1, 3)), seed=0)
    for key, row in COEFFICIENTS.items():
        expected = (
            Reason.ANONYMOUS_RATERS if row.needs_identities else Reason.NEEDS_TWO_RATERS if row.two_raters else None
        )
        assert report[key].reason is expected
    assert Flag.ANONYMOUS_RATERS in report.flags
    assert dict(report.ratings_by_rater) == {}


def test_a_scale_without_order_has_no_weighted_numbers() -> None:
    report = agreement(RatingTable.from_codes(noisy_codes(30, 2, 3), nominal(3)), seed=0)
    ordered = {key for key, estimate in report.estimates.items() if estimate.reason is Reason.NEEDS_ORDER}
    assert ordered == {
        key
        for key in COEFFICIENTS
        if key.endswith(("linear", "quadratic", "ordinal", "interval", "ratio")) or key.startswith("icc")
    }
    assert report.alpha.name == "alpha_nominal"


def test_ratio_alpha_needs_numbers_of_zero_or_more() -> None:
    codes = noisy_codes(30, 2, 3)
    unnumbered = DeclaredScale(ScaleKind.ORDINAL, tuple(Option(k, k) for k in ("low", "mid", "high")))
    assert agreement(RatingTable.from_codes(codes, unnumbered), seed=0)["alpha_ratio"].reason is Reason.NEEDS_NUMBERS
    negative = RatingTable.from_codes(codes, scale_of([-1, 0, 1]))
    assert agreement(negative, seed=0)["alpha_ratio"].reason is Reason.NEGATIVE_VALUES


def test_na_is_a_category_of_a_checklist() -> None:
    codes = np.array([[0, 0], [1, 1], [2, 2], [0, 2]])
    report = agreement(RatingTable.from_codes(codes, yes_no(na=True)), seed=0)
    assert report["percent"].value == 0.75
    assert report.base_rates["na"] == pytest.approx(0.375)


def test_both_bad_is_outside_the_order_and_left_out_of_weighted_numbers() -> None:
    # A tie against A counts half; the unit where one says "both bad" has one rating left and is not compared.
    codes = np.array([[0, 0], [0, 1], [3, 0], [2, 2]])
    report = agreement(RatingTable.from_codes(codes, preference(both_bad=True)), seed=0)
    assert report["percent"].value == 0.5
    assert report["percent_linear"].value == pytest.approx(2.5 / 3)
    assert report["percent_linear"].n_units == 3
    assert Flag.OUTSIDE_ORDER_LEFT_OUT in report["percent_linear"].flags
    assert report.n_outside_order == 1
    assert report.alpha.name == "alpha_nominal"


def test_half_credit_does_not_depend_on_where_the_tie_is_declared() -> None:
    late = DeclaredScale(
        ScaleKind.PREFERENCE, (Option("A", "A", 1.0), Option("B", "B", -1.0), Option("tie", "Tie", 0.0))
    )
    keys = np.array([["A", "tie"], ["B", "A"], ["tie", "tie"], ["B", "B"], ["A", "B"]])
    for key in ("percent_linear", "alpha_ordinal", "cohen_quadratic"):
        found = [
            value(RatingTable.from_codes(np.vectorize(scale.code)(keys), scale), key) for scale in (late, preference())
        ]
        assert found[0] == pytest.approx(found[1])


def test_weights_follow_declared_numbers_or_positions_as_told() -> None:
    table = RatingTable.from_codes(np.array([[0, 1], [0, 1], [1, 2], [2, 2]]), scale_of([0, 1, 10]))
    declared = agreement(table, seed=0, only=["percent_linear"])["percent_linear"].value
    positions = agreement(table, seed=0, only=["percent_linear"], spacing="positions")["percent_linear"].value
    assert declared == pytest.approx((0.9 + 0.9 + 0.1 + 1) / 4)
    assert positions == pytest.approx((0.5 + 0.5 + 0.5 + 1) / 4)


def test_invalid_values_are_missing_counted_and_flagged() -> None:
    table = RatingTable.from_raw([["1", 7], [2, float("nan")], [1.0, True], ["", None]], likert(1, 3))
    report = agreement(table, seed=0)
    assert (report.n_invalid, report.n_ratings, report.n_pairable) == (3, 4, 1)
    assert Flag.INVALID_VALUES in report.flags


def test_an_unknown_coefficient_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"kappa_of_fleiss.*expected some of percent"):
        agreement(table_of(np.array([[0, 1]]), 2), seed=0, only=["kappa_of_fleiss"])


def test_too_many_options_leave_ordinal_alpha_with_a_value_but_no_interval() -> None:
    report = agreement(RatingTable.from_codes(noisy_codes(60, 2, 50), likert(1, 50)), seed=0, resamples=50)
    assert report["alpha_ordinal"].value is not None
    assert report["alpha_ordinal"].interval_reason is Reason.TOO_MANY_OPTIONS
    assert report["alpha_interval"].interval is not None


# Free numbers.

SLIDER = DeclaredScale(ScaleKind.INTERVAL, low=0, high=100)


def test_free_numbers_have_interval_alpha_and_percent_of_exact_matches() -> None:
    rng = np.random.default_rng(2)
    numbers = np.clip(np.round(rng.normal(60, 20, 80)[:, None] + rng.normal(0, 8, (80, 4))), 0, 100)
    numbers[rng.random(numbers.shape) < 0.2] = np.nan
    report = agreement(RatingTable.from_numbers(numbers, SLIDER), seed=0)
    reference = krippendorff.alpha(reliability_data=numbers.T, level_of_measurement="interval")
    assert report["alpha_interval"].value == pytest.approx(reference, abs=1e-10)
    interval = report["alpha_interval"].interval
    assert interval is not None
    assert interval.low < reference < interval.high
    pairs = [
        np.mean([x == y for i, x in enumerate(row) for y in row[i + 1 :]])
        for row in (row[~np.isnan(row)] for row in numbers)
        if len(row) > 1
    ]
    assert report["percent"].value == pytest.approx(np.mean(pairs))
    undefined = {e.reason for key, e in report.estimates.items() if e.value is None}
    assert undefined == {Reason.NEEDS_OPTIONS}
    defined = {key for key, e in report.estimates.items() if e.value is not None and not key.startswith("icc")}
    assert defined == {"percent", "alpha_interval", "alpha_ratio"}


def test_free_numbers_on_options_and_as_options_have_the_same_interval_alpha() -> None:
    codes = noisy_codes(60, 3, 5, missing=0.2)
    numbers = RatingTable.from_numbers(np.where(codes < 0, np.nan, codes.astype(float)), SLIDER)
    as_numbers = agreement(numbers, seed=0, resamples=0)["alpha_interval"]
    as_options = agreement(RatingTable.from_codes(codes, scale_of(range(5))), seed=0, resamples=0)["alpha_interval"]
    assert as_numbers.value == pytest.approx(as_options.value)


def test_equal_free_numbers_have_no_alpha() -> None:
    report = agreement(RatingTable.from_numbers(np.full((30, 2), 0.1), SLIDER), seed=0)
    assert report["alpha_interval"].reason is Reason.NO_VARIATION
    assert report["percent"].value == 1.0


def test_numbers_outside_the_range_are_missing_and_counted() -> None:
    table = RatingTable.from_numbers(np.array([[50, 101], [np.nan, -1], [np.inf, 0]]), SLIDER)
    assert (table.n_ratings, table.n_invalid) == (2, 3)


def coverage(n: int, raters: int, prevalence: float, runs: int) -> float:
    """Share of simulated studies whose 95 % interval of alpha holds the value of a very large one."""

    def draw(size: int, rng: np.random.Generator) -> NDArray[np.int8]:
        true = rng.random(size) < prevalence
        right = rng.random((size, raters)) < 0.85
        return np.where(right, true[:, None], ~true[:, None]).astype(np.int8)

    true_value = value(table_of(draw(400_000, np.random.default_rng(0)), 2), "alpha_nominal")
    assert true_value is not None
    held = []
    for run in range(runs):
        estimate = agreement(
            table_of(draw(n, np.random.default_rng([1, run])), 2), seed=run, resamples=600, only=["alpha_nominal"]
        )["alpha_nominal"]
        held.append(estimate.interval is not None and estimate.interval.low <= true_value <= estimate.interval.high)
    return float(np.mean(held))


def test_the_interval_of_alpha_covers_about_as_often_as_it_says() -> None:
    assert coverage(60, 3, 0.5, runs=200) == pytest.approx(0.95, abs=0.035)


@pytest.mark.soak
@pytest.mark.parametrize(("n", "raters", "prevalence"), [(50, 2, 0.5), (100, 5, 0.5), (100, 5, 0.9), (300, 5, 0.9)])
def test_the_interval_of_alpha_covers_in_every_setting(n: int, raters: int, prevalence: float) -> None:
    assert coverage(n, raters, prevalence, runs=1000) == pytest.approx(0.95, abs=0.025)


def test_no_warning_is_raised_on_any_edge() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for codes in (
            np.zeros((0, 3), dtype=int),
            np.zeros((1, 3), dtype=int),
            np.full((2, 1), 1),
            np.eye(3, dtype=int),
        ):
            agreement(table_of(codes, 2), seed=0, resamples=20)
            agreement(table_of(codes, 2, clusters=np.arange(len(codes))), seed=0, resamples=20)
            agreement(table_of(codes, 2, anonymous=True), seed=0, resamples=20)


def test_high_percent_with_low_kappa_is_flagged() -> None:
    # Feinstein and Cicchetti (1990): 85 % agreement both, kappa .70 (balanced) and .32 (one answer common).
    balanced = [[0, 0]] * 40 + [[0, 1]] * 9 + [[1, 0]] * 6 + [[1, 1]] * 45
    skewed = [[0, 0]] * 80 + [[0, 1]] * 10 + [[1, 0]] * 5 + [[1, 1]] * 5
    for codes, kappa, flagged in ((balanced, 0.70, False), (skewed, 0.32, True)):
        report = agreement(RatingTable.from_codes(codes, pass_fail()), seed=0, resamples=0)
        assert report["percent"].value == pytest.approx(0.85)
        assert report["cohen"].value == pytest.approx(kappa, abs=0.005)
        assert (Flag.HIGH_PERCENT_LOW_KAPPA in report.flags) is flagged
