"""How sure a judge is: bands it names in words, and the probabilities of the tokens of its verdict."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.judging.asked import TokenChoice
from core.judging.choices import folded


@dataclass(frozen=True, slots=True)
class Band:
    """A fifth of the range of confidence, in words.

    Attributes:
        key: What the judge answers.
        low, high: Shares that it stands for, 20 points apart.
        meaning: When to choose it.
    """

    key: str
    low: float
    high: float
    meaning: str

    @property
    def middle(self) -> float:
        """The share that is stored for it."""
        return round((self.low + self.high) / 2, 3)


BANDS: Final = (
    Band("very unsure", 0.0, 0.2, "next to nothing in the texts supports the verdict; it is close to a guess"),
    Band("unsure", 0.2, 0.4, "a little supports it, and as much or more speaks against it"),
    Band("half sure", 0.4, 0.6, "it is supported in part; a careful person could well decide otherwise"),
    Band("sure", 0.6, 0.8, "most of what matters supports it; a careful person would rarely decide otherwise"),
    Band("very sure", 0.8, 1.0, "everything that matters supports it; you would be surprised to be wrong"),
)
"""Five bands of 20 points; people and models tell words apart better than percentages."""

_NUMBER: Final = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(%?)")


def band_middle(raw: object) -> float | None:
    """The share that a stated confidence stands for: the middle of its band.

    Args:
        raw: The key of a band, or a number: with "%" or from 2 to 100 a percentage, below 1 a share. A bare 1 could be
            either and tells nothing.

    Returns:
        0.1, 0.3, 0.5, 0.7 or 0.9; None where no band can be told.
    """
    if isinstance(raw, bool) or raw is None:
        return None
    text = folded(str(raw)).strip(" .,;:!*`\"'()[]")
    for band in BANDS:
        if text == band.key:
            return band.middle
    number = _NUMBER.fullmatch(text)
    return _middle_of(float(number[1]), is_percentage=bool(number[2])) if number else None


def _middle_of(number: float, *, is_percentage: bool) -> float | None:
    if not is_percentage and 1 <= number < 2:
        return None
    share = number / 100 if is_percentage or number >= 2 else number
    return next((band.middle for band in BANDS if share < band.high or share == band.high == 1.0), None)


def option_probabilities(
    tokens: Sequence[TokenChoice], text: str, start: int, spellings: Mapping[str, str]
) -> dict[str, float] | None:
    """The probability of every option, from the token with which the reply's verdict begins.

    The likeliest tokens at its place are given to the option whose spelling they begin, and the shares are divided by
    what all options got together. An option that is not among the likeliest tokens has 0.

    Args:
        tokens: Of the whole reply, in order.
        text: The reply.
        start: Where in `text` the verdict begins.
        spellings: Option key -> how it is spelled in a reply.

    Returns:
        Option key -> share, with a sum of 1. None where it cannot be told: the tokens are not those of the text, or a
        token begins more than one option.
    """
    found = _token_at(tokens, text, start)
    if found is None:
        return None
    place, inside = found
    at = tokens[place]
    lead = at.token[:inside]
    masses = dict.fromkeys(spellings, 0.0)
    for token, probability in {at.token: at.probability, **at.likeliest}.items():
        begun = _beginning(token, lead)
        options = [key for key, spelling in spellings.items() if begun and spelling.casefold().startswith(begun)]
        if len(options) > 1:
            return None
        if options:
            masses[options[0]] += max(probability, 0.0)
    total = sum(masses.values())
    return {key: mass / total for key, mass in masses.items()} if total > 0 else None


def _token_at(tokens: Sequence[TokenChoice], text: str, start: int) -> tuple[int, int] | None:
    """The token that holds the character at `start`, and how many of its characters stand before it."""
    if "".join(token.token for token in tokens) != text:
        return None
    position = 0
    for place, token in enumerate(tokens):
        if position <= start < position + len(token.token):
            return place, start - position
        position += len(token.token)
    return None


def _beginning(token: str, lead: str) -> str:
    """What of a token belongs to the verdict: after the same lead, else after its spaces and quotes."""
    rest = token[len(lead) :] if lead and token.startswith(lead) else token.lstrip(" \t\n\"'`*:{[(")
    return rest.rstrip(" \t\n\"'`*,}.").casefold()
