"""Sums slice by slice against the plain way: mask the units, sum, compute."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.stats.arrays import FloatArray, IntArray, ratio
from core.stats.slicing import SliceReplicates, Slicing, replicate_slices


def mean(summed: FloatArray) -> FloatArray:
    return ratio(summed[:, :1], summed[:, 1:]).T


def drawn(seed: int, *, clustered: bool) -> tuple[FloatArray, IntArray, Slicing, IntArray | None]:
    """Rows (value, 1) of 4 values; 30 units in 3 slices or none, in 12 clusters."""
    rng = np.random.default_rng(seed)
    rows = np.column_stack([np.arange(4.0), np.ones(4)])
    clusters = rng.integers(0, 12, 30) if clustered else None
    return rows, rng.integers(0, 4, 30), Slicing(("a", "b", "c"), rng.integers(-1, 3, 30)), clusters


def replicated(seed: int, *, clustered: bool, resamples: int = 0) -> SliceReplicates:
    rows, of_unit, slicing, clusters = drawn(seed, clustered=clustered)
    rng = np.random.default_rng(seed)
    everything = np.ones(4, np.bool_)
    return replicate_slices(rows, of_unit, everything, slicing, clusters, mean, rng=rng, resamples=resamples)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_values_are_those_of_the_units_inside_and_outside(seed: int, clustered: bool) -> None:
    rows, of_unit, slicing, _ = drawn(seed, clustered=clustered)
    found = replicated(seed, clustered=clustered)
    values = rows[of_unit, 0]
    assert found.whole.point[0] == pytest.approx(values.mean())
    for code, each in enumerate(found.slices):
        inside = slicing.codes == code
        expected = [values[side].mean() if side.any() else np.nan for side in (inside, ~inside)]
        assert each.point.tolist() == pytest.approx(expected, nan_ok=True)


def in_order(rows: FloatArray) -> FloatArray:
    """The rows sorted, NaN as -1."""
    filled = np.nan_to_num(np.round(rows, 9), nan=-1.0)
    return filled[np.lexsort(filled.T)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_what_is_left_out_is_a_whole_group(seed: int, clustered: bool) -> None:
    rows, of_unit, slicing, clusters = drawn(seed, clustered=clustered)
    found = replicated(seed, clustered=clustered)
    values = rows[of_unit, 0]
    group = np.arange(30) if clusters is None else clusters
    for code, each in enumerate(found.slices):
        inside = slicing.codes == code
        expected = []
        for one in np.unique(group):
            kept = group != one
            sides = [values[kept & side] for side in (inside, ~inside)]
            expected.append([side.mean() if len(side) else np.nan for side in sides])
        # Units with the same row in the same slice are one column with a frequency: compare as multisets.
        got = np.repeat(each.left_out, each.frequency, axis=1).T
        assert in_order(got) == pytest.approx(in_order(np.array(expected)))


def test_a_resample_is_the_same_in_every_slice_and_its_rest() -> None:
    # The sums of a slice and its rest add up to the sums of all units, draw by draw.
    def sums(summed: FloatArray) -> FloatArray:
        return summed.T.copy()

    for clustered in (False, True):
        rows, of_unit, slicing, clusters = drawn(5, clustered=clustered)
        found = replicate_slices(
            rows, of_unit, np.ones(4, np.bool_), slicing, clusters, sums, rng=np.random.default_rng(1), resamples=50
        )
        assert found.whole.draws is not None
        assert found.whole.draws.std() > 0
        for each in found.slices:
            assert each.draws is not None
            assert each.draws[:2] + each.draws[2:] == pytest.approx(found.whole.draws)


def test_units_clusters_and_ratings_are_counted_on_both_sides() -> None:
    # Slices a a b b - -, clusters 0 0 0 1 2 2; the last unit is not compared.
    slicing = Slicing(("a", "b"), np.array([0, 0, 1, 1, -1, -1]))
    compared = np.array([True] * 5 + [False])
    bases = slicing.bases(compared, np.array([2, 3, 2, 2, 2, 9]), np.array([0, 0, 0, 1, 2, 2]))
    assert (bases.whole.n_units, bases.whole.n_ratings, bases.whole.n_groups) == (5, 11, 3)
    assert [(each.n_units, each.n_ratings, each.n_groups) for each in bases.inside] == [(2, 5, 1), (2, 4, 2)]
    # Outside a: units 2, 3, 4 in clusters 0, 1, 2. Outside b: units 0, 1, 4 in clusters 0 and 2.
    assert [(each.n_units, each.n_groups) for each in bases.rest] == [(3, 3), (3, 2)]
    alone = slicing.bases(compared, np.full(6, 2), None)
    assert [each.n_groups for each in (*alone.inside, *alone.rest)] == [2, 2, 3, 3]


def test_names_become_codes_and_wrong_ones_are_refused() -> None:
    slicing = Slicing.of(["b", None, "a", "", "b"])
    assert (slicing.names, slicing.codes.tolist()) == (("a", "b"), [1, -1, 0, -1, 1])
    assert slicing.of_units(np.array([True, False, True, False, False])).codes.tolist() == [1, 0]
    with pytest.raises(BadInput, match="5 names"):
        slicing.checked(4)
    with pytest.raises(BadInput, match="-1 to 7"):
        Slicing(("a",), np.array([7, -1])).checked(2)
