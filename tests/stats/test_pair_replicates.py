import numpy as np
import pytest

from core.stats.agreement import agreement
from core.stats.arrays import FloatArray
from core.stats.estimates import Flag, IntervalMethod, Reason
from core.stats.formulas import cohen
from core.stats.pair_replicates import replicate_mean_of_pairs
from core.stats.pairs import MIN_OVERLAP, PairStatistic, pair_tables
from core.stats.ratings import RatingTable
from core.stats.resampling import resample_weights
from tests.stats.builders import noisy_codes, nominal, table_of, tables_by_hand


def crowd(units: int, raters: int, per_unit: int, *, seed: int) -> RatingTable:
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 3, units)
    unit = np.repeat(np.arange(units), per_unit)
    rater = np.concatenate([rng.choice(raters, per_unit, replace=False) for _ in range(units)])
    code = np.where(rng.random(len(unit)) < 0.7, true[unit], rng.integers(0, 3, len(unit)))
    return RatingTable.from_triples(unit, rater, code, nominal(3), n_units=units, rater_ids=range(raters))


def mean_of_chosen_pairs(table: RatingTable, chosen: list[tuple[int, int]]) -> float:
    by_hand = tables_by_hand(np.asarray(table.matrix(), dtype=np.int8), 3)
    empty = np.zeros((3, 3), dtype=np.int64)
    kappas = [float(cohen(by_hand.get(pair, empty).astype(float), np.eye(3))) for pair in chosen]
    return float(np.nanmean(kappas))


def chosen_pairs(table: RatingTable) -> list[tuple[int, int]]:
    by_hand = tables_by_hand(np.asarray(table.matrix(), dtype=np.int8), 3)
    return [pair for pair, cells in by_hand.items() if cells.sum() >= MIN_OVERLAP]


def error_of(left_out: FloatArray) -> float:
    return float(np.sqrt((len(left_out) - 1) / len(left_out) * np.sum((left_out - left_out.mean()) ** 2)))


def test_a_crowd_has_the_mean_kappa_of_pairs_with_enough_shared_units_and_its_exact_jackknife() -> None:
    table = crowd(120, 14, 4, seed=0)
    chosen = chosen_pairs(table)
    assert 5 < len(chosen) < 14 * 13 / 2
    estimate = agreement(table, seed=0)["cohen"]
    assert estimate.value == pytest.approx(mean_of_chosen_pairs(table, chosen))
    assert Flag.PAIRS_LEFT_OUT in estimate.flags
    without = [mean_of_chosen_pairs(table.of_units(np.arange(120) != unit), chosen) for unit in range(120)]
    assert estimate.standard_error == pytest.approx(error_of(np.array(without)), rel=1e-9)
    assert estimate.interval is not None
    assert estimate.interval.method is IntervalMethod.JACKKNIFE
    assert estimate.interval.low < estimate.value < estimate.interval.high


def test_a_clustered_crowd_leaves_out_whole_clusters() -> None:
    plain = crowd(120, 14, 4, seed=1)
    clusters = np.repeat(np.arange(30), 4)
    table = RatingTable.from_triples(
        plain.units, plain.raters, plain.values, plain.scale, n_units=120, rater_ids=range(14), clusters=clusters
    )
    chosen = chosen_pairs(table)
    without = [mean_of_chosen_pairs(table.of_units(clusters != cluster), chosen) for cluster in range(30)]
    estimate = agreement(table, seed=0)["cohen"]
    assert estimate.standard_error == pytest.approx(error_of(np.array(without)), rel=1e-9)
    assert estimate.n_groups == 30


def test_a_crowd_that_hardly_overlaps_has_no_kappa() -> None:
    estimate = agreement(crowd(40, 60, 2, seed=0), seed=0)["cohen"]
    assert (estimate.value, estimate.reason) == (None, Reason.TOO_LITTLE_OVERLAP)


def test_the_mean_over_pairs_is_over_defined_ones_and_says_so() -> None:
    # Raters 0 and 1 share 30 units and vary; 2 rates alone.
    codes = np.vstack([np.column_stack([noisy_codes(30, 2, 3), np.full(30, -1)]), [[-1, -1, 0]]])
    report = agreement(table_of(codes, 3), seed=0)
    only_two = agreement(table_of(codes[:30, :2], 3), seed=0)
    assert report["cohen"].value == pytest.approx(only_two["cohen"].value)
    assert Flag.PAIRS_LEFT_OUT in report["cohen"].flags
    assert Flag.PAIRS_LEFT_OUT not in only_two["cohen"].flags


@pytest.mark.parametrize("right", [0.7, 1.0])
def test_a_resampled_mean_of_pairs_is_the_value_of_the_resampled_units(right: float) -> None:
    codes = noisy_codes(30, 3, 3, right=right)
    # The third rater shares only a few units, so that its pairs are undefined in many resamples.
    codes[5:, 2] = -1
    codes[:5] = [[0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 1, 0], [0, 0, 0]]
    table = table_of(codes, 3, clusters=np.arange(30))
    tables = pair_tables(table)
    statistic = PairStatistic(cohen, (0, 1, 2), np.eye(3))
    found = replicate_mean_of_pairs(table, tables, [statistic], rng=np.random.default_rng(8), resamples=40)
    assert found.draws is not None
    weights = np.concatenate(
        list(resample_weights(np.ones(30, dtype=np.int64), rng=np.random.default_rng(8), resamples=40))
    )
    by_hand = [
        agreement(table_of(np.repeat(codes, drawn.astype(int), axis=0), 3), seed=0, resamples=0)["cohen"].value
        for drawn in weights
    ]
    assert found.draws[0] == pytest.approx(np.array(by_hand, dtype=float))


def test_in_a_crowd_ten_shared_units_are_enough_and_nine_are_not() -> None:
    codes = np.full((40, 13), -1)
    codes[:10, :2] = noisy_codes(10, 2, 3)
    codes[10:19, 2:4] = noisy_codes(9, 2, 3, seed=1)
    assert pair_tables(table_of(codes, 3)).chosen(13).tolist() == [True, False]
    assert pair_tables(table_of(codes[:, :12], 3)).chosen(12).tolist() == [True, True]


@pytest.mark.parametrize("clustered", [False, True])
def test_the_jackknife_averages_the_pairs_that_are_still_defined(clustered: bool) -> None:
    # Raters 0 and 2 share two units; without either of them they no longer vary, and their kappa is undefined.
    codes = np.hstack([noisy_codes(25, 2, 3), np.full((25, 1), -1)])
    codes[:2] = [[0, 0, 0], [1, 0, 1]]
    clusters = np.arange(25) if clustered else None
    error = agreement(table_of(codes, 3, clusters=clusters), seed=0, resamples=0)["cohen"].standard_error
    without = [
        agreement(table_of(np.delete(codes, unit, axis=0), 3), seed=0, resamples=0)["cohen"].value for unit in range(25)
    ]
    assert error == pytest.approx(error_of(np.array(without, dtype=float)))
