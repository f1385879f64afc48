import numpy as np
import pytest

from core.errors import BadInput
from core.stats.agreement import agreement
from core.stats.estimates import Flag, Reason
from core.stats.multiplicity import adjusted
from core.stats.ratings import RatingTable
from core.stats.slices import by_slice
from tests.stats.builders import noisy_codes, nominal, table_of


def study(seed: int = 0, *, hard: float = 0.7) -> tuple[RatingTable, list[str | None]]:
    """Slices a, b (60 units each), c (`hard`, 60), d (10) and 10 units in none."""
    easy, other, third = (noisy_codes(60, 3, 3, right=right, seed=seed + i) for i, right in enumerate((0.7, 0.7, hard)))
    rest = noisy_codes(20, 3, 3, right=0.7, seed=seed + 3)
    names: list[str | None] = ["a"] * 60 + ["b"] * 60 + ["c"] * 60 + ["d"] * 10 + [None] * 5 + [""] * 5
    return RatingTable.from_codes(np.vstack([easy, other, third, rest]), nominal(3)), names


def test_each_slice_has_the_value_of_its_units_and_its_distance_from_the_rest() -> None:
    table, names = study()
    found = by_slice(table, names, "alpha_nominal", seed=0, resamples=200)
    assert [each.name for each in found.slices] == ["a", "b", "c", "d"]
    assert found.n_without == 10
    for each in found.slices:
        inside = np.array([name == each.name for name in names])
        here, rest = (
            agreement(table.of_units(some), seed=0, resamples=0)["alpha_nominal"].value for some in (inside, ~inside)
        )
        assert here is not None
        assert rest is not None
        assert each.estimate.value == pytest.approx(here)
        assert each.difference.value == pytest.approx(here - rest)


def test_a_slice_below_20_units_is_grey_and_not_tested() -> None:
    table, names = study()
    small = by_slice(table, names, "alpha_nominal", seed=0, resamples=200).slices[3]
    assert small.too_small
    assert Flag.SMALL_SLICE in small.difference.flags
    assert (small.p_value, small.adjusted_p, small.differs) == (None, None, False)
    assert small.estimate.interval_reason is Reason.TOO_FEW_ITEMS


def test_a_slice_that_differs_is_found_and_p_values_are_adjusted_for_their_number() -> None:
    table, names = study(hard=0.1)
    found = by_slice(table, names, "alpha_nominal", seed=0, resamples=200).slices
    assert [each.differs for each in found] == [False, False, True, False] or found[2].differs
    expected = adjusted([each.p_value for each in found[:3]]).p  # type: ignore[arg-type]
    assert [each.adjusted_p for each in found[:3]] == pytest.approx(expected)
    interval = found[2].difference.interval
    assert interval is not None
    assert interval.high < 0


def test_slices_that_do_not_differ_are_called_different_as_rarely_as_said() -> None:
    # 3 tested slices x 60 studies at a false discovery rate of 5 %: a study errs with probability 5 %.
    wrong = 0
    for run in range(60):
        table, names = study(seed=100 * run)
        wrong += any(each.differs for each in by_slice(table, names, "percent", seed=run, resamples=0).slices)
    assert wrong <= 9  # binomial(60, .05): more than 9 with probability .0004


def test_the_error_of_the_difference_is_that_of_two_independent_samples() -> None:
    table, names = study()
    each = by_slice(table, names, "percent", seed=0, resamples=0).slices[0]
    inside = np.array([name == "a" for name in names])
    errors = [
        agreement(table.of_units(some), seed=0, resamples=0)["percent"].standard_error or 0.0
        for some in (inside, ~inside)
    ]
    assert each.difference.standard_error == pytest.approx(np.hypot(*errors), rel=0.02)


def test_a_cluster_with_units_in_both_is_resampled_whole() -> None:
    # Every prompt has one unit in each slice with the same answers: the difference is 0 and so is its error.
    codes = np.repeat(noisy_codes(40, 3, 3), 2, axis=0)
    table = table_of(codes, 3, clusters=np.repeat(np.arange(40), 2))
    each = by_slice(table, ["x", "y"] * 40, "fleiss", seed=0, resamples=50).slices[0]
    assert each.difference.value == pytest.approx(0.0)
    assert each.difference.standard_error == pytest.approx(0.0)
    assert each.difference.n_groups == 40


def test_wrong_names_and_coefficients_are_refused() -> None:
    table, names = study()
    with pytest.raises(BadInput, match="slices"):
        by_slice(table, names[:-1], "fleiss", seed=0)
    with pytest.raises(BadInput, match="coefficient"):
        by_slice(table, names, "cohen", seed=0)
    assert by_slice(table, names, "alpha_ordinal", seed=0).slices[0].estimate.reason is Reason.NEEDS_ORDER
