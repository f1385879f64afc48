import pytest

from core.errors import BadInput
from core.importing.mapping import RatingsEntry
from core.importing.values import Reading, ValueReader
from core.scales import DeclaredScale, ScaleKind, likert, preference


def reader(scale: DeclaredScale, **entry: object) -> ValueReader:
    return ValueReader(RatingsEntry(file="f", shape="rows", **entry), scale, where="ratings[0]")  # type: ignore[arg-type]


def test_keys_labels_and_numbers_of_the_scale_are_read_as_they_are() -> None:
    read = reader(likert(1, 5)).read
    assert [read(raw).option for raw in (4, 4.0, "4", "4.0", " 4 ")] == ["4"] * 5


def test_listed_values_leave_nothing_to_numbers_that_happen_to_fit() -> None:
    # A preference counts A as 1; a file in which 1 is the second output says so, and its 0 is then unknown.
    read = reader(preference(), values={"1": "B", "2": "A"}).read
    assert read("1") == Reading(option="B")
    assert read(2) == Reading(option="A")
    assert read("0").treated == "stop"
    assert read("tie") == Reading(option="tie")


@pytest.mark.parametrize(("choice", "absence"), [("stop", None), ("missing", None), ("unreadable", "unreadable")])
def test_an_unmapped_value_is_never_an_option(choice: str, absence: str | None) -> None:
    reading = reader(preference(), values={"1": "A"}, unmapped=choice).read("garbage")
    assert reading == Reading(absence=absence, treated=choice, declared=False)


def test_nothing_null_and_nan_are_missing() -> None:
    read = reader(likert(1, 5)).read
    assert [read(raw).treated for raw in ("", None, float("nan"), "  ")] == ["missing"] * 4


def test_a_value_can_be_declared_absent_for_a_reason() -> None:
    read = reader(likert(1, 5), absent={"0": "missing", "refused!": "refused", "": "unreadable"}).read
    assert read(0.0) == Reading(treated="missing", declared=True)
    assert read("0.0").treated == "missing"
    assert read("refused!").absence == "refused"
    assert read("").absence == "unreadable"


def test_free_numbers_are_numbers_within_the_range() -> None:
    read = reader(DeclaredScale(ScaleKind.INTERVAL, low=0, high=1)).read
    assert read("0.25") == Reading(number=0.25)
    assert read("1.5").treated == "stop"


def test_a_target_that_the_scale_does_not_have_is_refused() -> None:
    with pytest.raises(BadInput, match="one of A, tie, B"):
        reader(preference(), values={"1": "left"})
