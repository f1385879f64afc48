"""One rater beside the others: counts by hand, and the rest of the group where the rater is one of it."""

import numpy as np
import pytest
from hypothesis import given

from core.errors import BadInput
from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail, preference
from core.stats.others import Others, answer_numbers
from core.stats.ratings import RatingTable
from tests.stats.builders import code_arrays, nominal, table_of

SLIDER = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)
NAMES = ("ann", "bob", "cy", "judge")


def test_a_member_is_compared_with_the_rest_and_a_judge_with_everybody() -> None:
    # Units: 1 2 2 . | 1 1 . 3 | . 2 2 2 | 1 . . 1 on the scale 1..3
    codes = [[0, 1, 1, -1], [0, 0, -1, 2], [-1, 1, 1, 1], [0, -1, -1, 0]]
    others = Others.of(RatingTable.from_codes(codes, likert(1, 3), rater_ids=NAMES), NAMES[:3])
    ann = others.beside("ann")
    # Unit 0: bob and cy say 2, so 0 of 2 the same and 1 - 2 = -1; unit 1: bob says 1 too. Unit 3: nobody else.
    assert (ann.place.tolist(), ann.pairs.tolist(), ann.same.tolist()) == ([0, 1], [2, 1], [0, 1])
    assert ann.difference.tolist() == [-1, 0]
    judge = others.beside("judge")
    # Unit 1: 3 against 1 1; unit 2: 2 against 2 2; unit 3: 1 against ann's 1.
    assert (judge.place.tolist(), judge.pairs.tolist(), judge.same.tolist()) == ([0, 1, 2], [2, 2, 1], [0, 2, 1])
    assert judge.difference.tolist() == [2, 0, 0]


def test_free_numbers_are_the_same_only_where_they_are_equal() -> None:
    numbers = [[10.0, 10.0, 30.0], [50.0, 60.0, np.nan], [np.nan, 1.0, 2.0]]
    others = Others.of(RatingTable.from_numbers(numbers, SLIDER, rater_ids=NAMES[:3]), NAMES[:3])
    ann = others.beside("ann")
    assert (ann.same.tolist(), ann.pairs.tolist()) == ([1, 0], [2, 1])
    # The mean of 10 and 30 is 20; the other says 60.
    assert ann.difference.tolist() == [-10, -10]


def test_clusters_are_numbered_anew_without_gaps() -> None:
    codes = [[0, 0], [-1, 0], [1, 1], [0, 1]]
    table = RatingTable.from_codes(codes, pass_fail(), rater_ids=("ann", "bob"), clusters=["a", "b", "c", "c"])
    clusters = Others.of(table, ("ann", "bob")).beside("ann").clusters
    assert clusters is not None
    assert clusters.tolist() == [0, 1, 1]


@given(code_arrays())
def test_equal_kinds_are_equal_rows(drawn: tuple[np.ndarray[tuple[int, ...], np.dtype[np.int8]], int]) -> None:
    codes, q = drawn
    table = table_of(codes, q)
    others = Others.of(table, table.rater_ids)
    for rater in table.rater_ids:
        beside = others.beside(rater)
        rows = np.column_stack([beside.own, beside.others])
        by_kind = {int(kind): row.tolist() for kind, row in zip(beside.kind, rows, strict=True)}
        assert all(by_kind[int(kind)] == row.tolist() for kind, row in zip(beside.kind, rows, strict=True))
        assert len({tuple(row) for row in rows.tolist()}) == len(by_kind)
        assert np.all(beside.others >= 0)


def test_the_numbers_of_answers_follow_the_scale() -> None:
    numbers = answer_numbers(pass_fail())
    assert numbers is not None
    assert sorted(numbers.tolist()) == [0, 1]
    assert numbers[pass_fail().code("pass")] == 1
    assert answer_numbers(nominal(3)) is None
    assert answer_numbers(preference()) is None, "neither output is the better answer"
    odd = DeclaredScale(ScaleKind.ORDINAL, (Option("a", "a", 1.0), Option("b", "b", 5.0)))
    values = answer_numbers(odd)
    assert values is not None
    assert values.tolist() == [1, 5]


def test_nobody_of_that_name_is_an_error() -> None:
    table = table_of(np.array([[0, 1]], dtype=np.int8), 2)
    with pytest.raises(BadInput, match="rater"):
        Others.of(table, (0, 1)).beside("zoe")
