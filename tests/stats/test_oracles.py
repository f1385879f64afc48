"""Every golden case is claimed by a test: none can be added, or drop out of a selection, unseen."""

from collections import Counter

from tests.stats import test_agreement, test_two_raters
from tests.stats.builders import further_cases, golden_cases

ELSEWHERE = {
    ("gwet", "ordinal"): "test_formulas: any weights will do",
    ("fleiss", "ordinal"): "test_formulas: any weights will do",
    ("brennan_prediger", "ordinal"): "test_formulas: any weights will do",
    ("cohen_kappa", "custom"): "test_formulas: Cohen takes any disagreement weights",
    ("cohen_kappa_se", "identity"): "test_agreement: the jackknife error of Cohen 1960",
}
FURTHER = {"icc": 6, "bradley_terry_log_ability": 3, "fdr_rejections": 2, "win_rate": 3}


def test_every_case_of_agreement_is_computed_by_a_test() -> None:
    worked = [case["name"] for case in (*test_agreement.WORKED, *test_two_raters.WORKED)]
    single = [
        case["name"] for case in golden_cases() if (case["metric"], case["level_or_weights"]) in ELSEWHERE
    ]  # fmt: skip
    assert len(single) == len(ELSEWHERE)
    assert Counter(worked + single) == Counter(case["name"] for case in golden_cases())
    assert len(golden_cases()) == 120


def test_every_further_case_is_computed_by_a_test() -> None:
    cases = golden_cases("oracles_statistics.json")
    assert Counter(case["metric"] for case in cases) == FURTHER
    assert all(further_cases(metric) for metric in FURTHER)
