"""Confidence: bands in words, and token probabilities of a verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judging.asked import TokenChoice
from core.judging.confidence import BANDS, band_middle, option_probabilities

YES_NO = {"yes": "yes", "no": "no"}


def tokens(*texts: str, **likeliest: float) -> tuple[TokenChoice, ...]:
    """A reply whose last token but one is the verdict's, with these probabilities at its place."""
    given = tuple(TokenChoice(text, 1.0, {}) for text in texts)
    place = len(texts) - 2
    verdict = TokenChoice(texts[place], likeliest.get(texts[place], 0.5), likeliest)
    return (*given[:place], verdict, *given[place + 1 :])


def test_five_bands_of_twenty_points_cover_the_range() -> None:
    assert [(band.low, band.high) for band in BANDS] == [(0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1)]
    assert [band.middle for band in BANDS] == [0.1, 0.3, 0.5, 0.7, 0.9]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("sure", 0.7), ("Very sure.", 0.9), ("VERY_UNSURE", 0.1), ("**half sure**", 0.5), ("95%", 0.9), ("95", 0.9),
        (95, 0.9), (0.95, 0.9), ("0.2", 0.3), ("100%", 0.9), (100, 0.9), ("1%", 0.1), (0, 0.1), (2, 0.1),
        (1, None), (1.0, None), (True, None), (None, None), ("101%", None), (-0.5, None), ("high", None), ("", None),
        ("sure or unsure", None), ([], None),
    ],
)  # fmt: skip
def test_a_stated_confidence_is_its_bands_middle_or_nothing(raw: object, expected: float | None) -> None:
    assert band_middle(raw) == expected


@given(st.floats(0, 0.999))
def test_every_share_lies_in_the_band_whose_middle_is_taken(share: float) -> None:
    middle = band_middle(f"{share:.6f}")
    assert middle is None or abs(middle - share) <= 0.1 + 1e-6


def test_shares_are_divided_by_what_the_options_got() -> None:
    # yes .6 and " yes" .1 are both yes; "maybe" .1 is no option: yes .7 / .9, no .2 / .9.
    reply = tokens('{"verdict": "', "yes", '"}', yes=0.6, Yes=0.1, no=0.2, maybe=0.1)
    found = option_probabilities(reply, '{"verdict": "yes"}', 13, YES_NO)
    assert found == pytest.approx({"yes": 0.7 / 0.9, "no": 0.2 / 0.9})


def test_an_option_that_is_not_among_the_likeliest_has_none() -> None:
    reply = tokens("", "yes", "", yes=0.99)
    assert option_probabilities(reply, "yes", 0, YES_NO) == {"yes": 1.0, "no": 0.0}


def test_a_quote_that_shares_the_verdicts_token_does_not_hide_it() -> None:
    reply = tokens('{"verdict":', ' "ye', 's"}', **{' "ye': 0.8, ' "no': 0.2})
    assert option_probabilities(reply, '{"verdict": "yes"}', 13, YES_NO) == pytest.approx({"yes": 0.8, "no": 0.2})


def test_a_token_that_begins_two_options_tells_nothing() -> None:
    reply = tokens("", "1", "", **{"1": 0.6, "2": 0.4})
    assert option_probabilities(reply, "1", 0, {"1": "1", "2": "2", "10": "10"}) is None


def test_tokens_that_are_not_those_of_the_text_tell_nothing() -> None:
    reply = tokens("a", "yes", "", yes=0.9)
    assert option_probabilities(reply, "yes", 0, YES_NO) is None
    assert option_probabilities((), "yes", 0, YES_NO) is None


def test_a_place_behind_the_text_tells_nothing() -> None:
    assert option_probabilities(tokens("", "yes", "", yes=0.9), "yes", 3, YES_NO) is None


def test_no_mass_on_any_option_tells_nothing() -> None:
    assert option_probabilities(tokens("", "yes", "", yes=0.0), "yes", 0, YES_NO) is None


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=2))
def test_probabilities_are_shares_of_one(masses: list[float]) -> None:
    found = option_probabilities(tokens("", "yes", "", yes=masses[0], no=masses[1]), "yes", 0, YES_NO)
    assert found is not None
    assert sum(found.values()) == pytest.approx(1)
    assert found["yes"] == pytest.approx(masses[0] / sum(masses))
