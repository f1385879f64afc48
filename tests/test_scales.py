"""Declared scales: what they refuse, and which values they read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.scales import MISSING, DeclaredScale, Option, ScaleKind, likert, pass_fail, preference, yes_no


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(1, "1"), (1.0, "1"), ("1", "1"), (" 1 ", "1"), (True, "1"), ("5.0", "5"), (6, None), ("", None), (None, None),
     (float("nan"), None), ("one", None), (2.5, None)],
)  # fmt: skip
def test_a_number_in_any_dress_is_the_same_option(raw: object, expected: str | None) -> None:
    assert likert(1, 5).read(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("PASS", "pass"), ("Fail", "fail"), (True, "pass"), (False, "fail"), ("true", "pass"), (1, "pass"), (0, "fail"),
     ("maybe", None)],
)  # fmt: skip
def test_words_booleans_and_numbers_read_on_a_binary_scale(raw: object, expected: str | None) -> None:
    assert pass_fail().read(raw) == expected


def test_keys_win_over_labels_and_labels_over_values() -> None:
    scale = DeclaredScale(ScaleKind.NOMINAL, (Option("1", "2", 3.0), Option("2", "1", 1.0), Option("x", "y", 2.0)))
    assert scale.read("1") == "1"
    assert scale.read("y") == "x"
    assert scale.read(3) == "1"


@pytest.mark.parametrize(
    ("raw", "expected"), [("7", 7.0), (7.25, 7.25), (101, None), (-1, None), ("x", None), (float("inf"), None)]
)
def test_a_scale_of_numbers_reads_what_lies_in_its_range(raw: object, expected: float | None) -> None:
    assert DeclaredScale(ScaleKind.INTERVAL, low=0, high=100).read(raw) == expected


@pytest.mark.parametrize(
    ("declare", "complaint"),
    [
        (lambda: DeclaredScale(ScaleKind.NOMINAL), "at least 2"),
        (lambda: DeclaredScale(ScaleKind.NOMINAL, (Option("a", "A"),)), "at least 2"),
        (lambda: DeclaredScale(ScaleKind.NOMINAL, (Option("a", "A"), Option("A", "B"))), "every key once"),
        (lambda: DeclaredScale(ScaleKind.NOMINAL, (Option(" a", "A"), Option("b", "B"))), "without space around"),
        (lambda: DeclaredScale(ScaleKind.BINARY, likert(1, 3).options), "two options"),
        (lambda: DeclaredScale(ScaleKind.PREFERENCE, pass_fail().options), '"A", "B"'),
        (lambda: DeclaredScale(ScaleKind.INTERVAL, (Option("a", "A"), Option("b", "B"))), "a number for every option"),
        (lambda: DeclaredScale(ScaleKind.RATIO, tuple(reversed(likert(1, 3).options))), "rising numbers"),
        (lambda: DeclaredScale(ScaleKind.INTERVAL, low=1.0), "both ends"),
        (lambda: DeclaredScale(ScaleKind.INTERVAL, low=2.0, high=1.0), "below the high end"),
        (lambda: DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=1.0, step=0.0), "a step above 0"),
        (lambda: DeclaredScale(ScaleKind.NOMINAL, pass_fail().options, positive="maybe"), "one of pass, fail"),
    ],
)
def test_a_scale_that_cannot_be_rated_on_is_refused(declare: object, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        declare()  # type: ignore[operator]


@pytest.mark.parametrize(
    "scale",
    [
        likert(1, 7),
        yes_no(na=True),
        pass_fail(),
        preference(both_bad=True),
        DeclaredScale(ScaleKind.RATIO, low=0, high=9),
    ],
)
def test_a_scale_survives_json_and_keeps_its_fingerprint(scale: DeclaredScale) -> None:
    back = DeclaredScale.from_json(scale.to_json())
    assert back == scale
    assert back.fingerprint() == scale.fingerprint()


def test_codes_follow_the_declared_order() -> None:
    assert [preference().code(key) for key in ("A", "tie", "B", "both_bad", None)] == [0, 1, 2, MISSING, MISSING]
    assert preference().values() == (1.0, 0.0, -1.0)
    assert yes_no(na=True).values() == (0.0, 1.0, 2.0)  # one option has no number: positions count


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.integers())))
def test_whatever_is_read_lies_on_the_scale(raw: object) -> None:
    assert likert(1, 5).read(raw) in {"1", "2", "3", "4", "5", None}
    assert preference(both_bad=True).read(raw) in {"A", "tie", "B", "both_bad", None}
