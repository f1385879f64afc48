import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.stats.probabilities import expected_values, likeliest_values

NAN = np.nan
FOUR = np.array([1.0, 2.0, 3.0, 4.0])


def test_the_expected_value_and_the_likeliest_by_hand() -> None:
    # 1 x .1 + 2 x .2 + 3 x .3 + 4 x .4 = 3.
    shares = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]])
    np.testing.assert_allclose(expected_values(shares, FOUR), [3.0, 1.6])
    np.testing.assert_array_equal(likeliest_values(shares, FOUR), [4.0, 1.0])


def test_a_sum_beside_one_is_rounding() -> None:
    np.testing.assert_allclose(expected_values(np.array([[0.0, 0.49, 0.49, 0.0]]), FOUR), [2.5])


def test_two_likeliest_options_and_nothing_known_give_no_value() -> None:
    shares = np.array([[0.4, 0.4, 0.1, 0.1], [NAN, NAN, NAN, NAN]])
    np.testing.assert_array_equal(likeliest_values(shares, FOUR), [NAN, NAN])
    np.testing.assert_allclose(expected_values(shares, FOUR), [1.9, NAN])


def test_an_option_without_a_value_is_left_out_of_the_mean_and_may_be_the_likeliest() -> None:
    values = np.array([0.0, 1.0, NAN])
    shares = np.array([[0.1, 0.3, 0.6], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(expected_values(shares, values), [0.75, NAN])
    np.testing.assert_array_equal(likeliest_values(shares, values), [NAN, NAN])


@given(arrays(np.float64, st.tuples(st.integers(1, 6), st.just(4)), elements=st.floats(0.01, 1)))
def test_the_expected_value_lies_within_the_values_and_moves_with_them(shares: np.ndarray) -> None:
    found = expected_values(shares, FOUR)
    assert np.all((found >= 1 - 1e-9) & (found <= 4 + 1e-9))
    np.testing.assert_allclose(expected_values(shares, 10 + 2 * FOUR), 10 + 2 * found)
