import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.scales import DeclaredScale, Option, ScaleKind
from core.stats.estimates import Flag, Reason
from core.stats.order_effects import NOT_ASKED, UNREADABLE, BothOrders, Unreadable, order_effects
from core.stats.pair_matrix import pair_matrix
from core.stats.ratings import RatingTable
from core.stats.two_raters import compare

A, B, TIE, NONE, NEVER = 0, 1, 2, UNREADABLE, NOT_ASKED
BY_HAND = BothOrders.of([A, A, B, NONE, A], [A, B, B, A, NEVER], reference=[A, A, A, B, A])


def test_accuracy_positional_agreement_and_the_pull_of_the_first_place_by_hand() -> None:
    # The fifth pair was asked in one order only. In AB two of three readable verdicts are right, in BA one of four.
    # Of three pairs readable in both, two have the same. First stood A in AB (2 of 3 chosen), B in BA (2 of 4).
    found = order_effects(BY_HAND, seed=0, resamples=0)
    assert (found.n_pairs, found.n_one_order, found.n_unreadable) == (4, 1, 1)
    assert found.accuracy_ab.value == pytest.approx(2 / 3)
    assert found.accuracy_ba.value == pytest.approx(1 / 4)
    assert found.accuracy.value == pytest.approx((2 / 3 + 1 / 4) / 2)
    assert found.same.value == pytest.approx(2 / 3)
    assert found.first_shown.value == pytest.approx(4 / 7)
    assert (found.accuracy_ab.n_units, found.same.n_units, found.first_shown.n_ratings) == (3, 3, 7)
    assert all(Flag.UNREADABLE_AS_ANSWER not in each.flags for each in (found.accuracy, found.same))


def test_what_cannot_be_read_counts_as_a_wrong_answer_of_its_own_only_where_asked_for_and_says_so() -> None:
    both_unreadable = BothOrders.of([A, NONE, NONE], [A, NONE, B], reference=[A, A, B])
    found = order_effects(both_unreadable, seed=0, resamples=0, unreadable="answer")
    # AB: right, wrong, wrong; BA: right, wrong, right. The second pair has the same in both orders, the third not.
    assert (found.accuracy_ab.value, found.accuracy_ba.value) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert found.same.value == pytest.approx(2 / 3)
    assert all(Flag.UNREADABLE_AS_ANSWER in each.flags for each in (found.accuracy, found.accuracy_ab, found.same))
    assert Flag.UNREADABLE_AS_ANSWER not in found.first_shown.flags
    readable = BothOrders.of([A], [A], reference=[A])
    assert order_effects(readable, seed=0, resamples=0, unreadable="answer").same.flags == (Flag.SMALL_SAMPLE,)


def test_a_tie_is_a_verdict_and_names_no_output() -> None:
    found = order_effects(BothOrders.of([TIE, TIE], [TIE, B], reference=[TIE, A]), seed=0, resamples=0)
    assert (found.accuracy.value, found.same.value) == (0.5, 0.5)
    assert (found.first_shown.value, found.first_shown.n_ratings) == (1.0, 1)


def test_without_a_reference_there_is_no_accuracy_and_without_pairs_nothing() -> None:
    found = order_effects(BothOrders.of([A, B], [A, A]), seed=0, resamples=0)
    assert (found.accuracy.value, found.accuracy.reason) == (None, Reason.NO_PAIRABLE_ITEMS)
    assert found.same.value == 0.5
    nothing = order_effects(BothOrders.of([], []), seed=0)
    assert (nothing.n_pairs, nothing.same.reason) == (0, Reason.NO_PAIRABLE_ITEMS)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(BadInput, match="one length"):
        BothOrders.of([A, B], [A], reference=[A, B])


def test_whoever_always_takes_the_first_agrees_with_no_order_and_is_right_half_the_time() -> None:
    reference = np.random.default_rng(1).integers(0, 2, 200)
    found = order_effects(BothOrders.of([A] * 200, [B] * 200, reference=reference), seed=0)
    assert (found.same.value, found.first_shown.value, found.accuracy.value) == (0.0, 1.0, 0.5)
    # None of 200 pairs is the same: Wilson's interval starts at 0 and ends below 2 %.
    assert found.same.interval is not None
    assert found.same.interval.low == 0.0
    assert 0 < found.same.interval.high < 0.02


def test_pairs_of_a_cluster_are_resampled_together() -> None:
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(30), 5)
    ab = np.repeat(rng.integers(0, 2, 30), 5)
    ba = np.repeat(rng.integers(0, 2, 30), 5)
    alone = order_effects(BothOrders.of(ab, ba), seed=0).same
    together = order_effects(BothOrders.of(ab, ba, clusters=[f"prompt {c}" for c in cluster]), seed=0).same
    assert alone.interval is not None
    assert together.interval is not None
    assert together.n_groups == 30
    assert Flag.CLUSTERED in together.flags
    # Five copies of every pair: an interval that took them for 150 pairs would be too short by the root of 5.
    width = [each.interval.high - each.interval.low for each in (alone, together) if each.interval]
    assert width[1] / width[0] == pytest.approx(5**0.5, rel=0.2)


VERDICTS = st.lists(st.tuples(*[st.sampled_from([A, B, TIE, NONE])] * 2, st.sampled_from([A, B])), min_size=1)


@given(VERDICTS, st.sampled_from(["missing", "answer"]))
def test_exchanging_the_two_outputs_and_the_two_orders_changes_nothing(
    rows: list[tuple[int, int, int]], unreadable: Unreadable
) -> None:
    other = {A: B, B: A, TIE: TIE, NONE: NONE}
    ab, ba, reference = (list(column) for column in zip(*rows, strict=True))
    exchanged = [[other[code] for code in column] for column in (ba, ab, reference)]
    first = order_effects(BothOrders.of(ab, ba, reference=reference), seed=0, resamples=0, unreadable=unreadable)
    second = order_effects(
        BothOrders.of(exchanged[0], exchanged[1], reference=exchanged[2]), seed=0, resamples=0, unreadable=unreadable
    )
    assert first.accuracy_ab.value == second.accuracy_ba.value
    for name in ("accuracy", "same", "first_shown"):
        assert getattr(first, name).value == getattr(second, name).value


@given(VERDICTS)
def test_it_is_what_the_tables_of_two_raters_say(rows: list[tuple[int, int, int]]) -> None:
    scale = DeclaredScale(ScaleKind.NOMINAL, tuple(Option(key, key) for key in ("A", "B", "tie")))
    ab, ba, reference = (list(column) for column in zip(*rows, strict=True))
    table = RatingTable.from_codes(np.array([reference, ab, ba]).T, scale, rater_ids=["gold", "ab", "ba"])
    found = order_effects(BothOrders.of(ab, ba, reference=reference), seed=0, resamples=0)
    for order, estimate in (("ab", found.accuracy_ab), ("ba", found.accuracy_ba)):
        expected = compare(table, "gold", order, seed=0, resamples=0)["accuracy"]
        assert estimate.n_units == expected.n_units
        assert estimate.value == (None if expected.value is None else pytest.approx(expected.value))
    pairs = pair_matrix(table.of_raters(["ab", "ba"]))
    percent = np.nan if pairs.reason else pairs.percent[0, 1]
    assert (found.same.value is None) == np.isnan(percent)
    assert found.same.value is None or found.same.value == pytest.approx(percent)
