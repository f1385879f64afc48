import pytest

from core.stats.estimates import Flag, IntervalMethod, Reason


@pytest.mark.parametrize("word", [*Reason, *Flag, *IntervalMethod])
def test_every_reason_flag_and_method_is_a_sentence(word: Reason | Flag | IntervalMethod) -> None:
    assert word.sentence[0].isupper()
    assert word.sentence.endswith(".")
    assert len(word.sentence) > 20
