"""Which scale a column of values probably is on, and what each of its values probably means."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.importing.mapping_scales import ScaleEntry
from core.scales import DeclaredScale, ScaleKind, yes_no

MOST_OPTIONS = 30
"""Different values from which labels become too many for options."""

_PREFERENCE_WORDS: Mapping[str, str] = {
    "A": r"\[*a\]*|left|first|x|chosen|(model|system|output|response|answer|assistant|option|candidate)[ _-]*[a1x]"
    r"|(a|left|first)( is)?[ _]better|[a1]>[b2]|win",
    "B": r"\[*b\]*|right|second|y|rejected|(model|system|output|response|answer|assistant|option|candidate)[ _-]*[b2y]"
    r"|(b|right|second)( is)?[ _]better|[b2]>[a1]|lose|loss",
    "tie": r"\[*c\]*|ties?|draw|equal|same|both|no[ _]preference|both[ _]good|[a1]=[b2]",
    "both_bad": r"both[ _]?bad|tie[ _]?\(?both[ _]?bad\)?|neither",
}
_UNREADABLE = re.compile(
    r"garbage|error|invalid|failed?|parse[ _]?error|unparsable|unparseable|unreadable|none|null|nan"
)
_MISSING = re.compile(r"n/?a|nan|none|null|missing|skip(ped)?|-+|\?+|unknown")
_ORDERED = (
    ("very poor", "poor", "fair", "good", "very good", "excellent"),
    ("very bad", "bad", "neutral", "ok", "okay", "good", "very good"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("none", "very low", "low", "medium", "moderate", "high", "very high"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("incorrect", "partially correct", "partly correct", "mostly correct", "correct"),
    ("no", "partial", "partially", "partly", "yes"),
    ("not relevant", "irrelevant", "somewhat relevant", "relevant", "highly relevant"),
)
_BINARY = (("yes", "no"), ("pass", "fail"), ("true", "false"), ("correct", "incorrect"), ("good", "bad"), ("y", "n"))


@dataclass(frozen=True, slots=True)
class GuessedScale:
    """A scale, and how values are read on it.

    Attributes:
        entry: As a mapping declares it.
        values: Raw value -> option key, where the scale does not read it by itself.
        names: What a preference names.
    """

    entry: ScaleEntry
    values: Mapping[str, str] = field(default_factory=dict)
    names: Literal["output", "system"] = "output"


def guess_scale(
    values: Sequence[str], *, more: bool = False, pair: bool = False, systems: Collection[str] = ()
) -> GuessedScale:
    """The scale that these different values are probably on.

    Args:
        values: Different raw values, as text.
        more: Whether there are more of them than these.
        pair: Whether two outputs are compared.
        systems: Names of systems, which a preference may name.
    """
    known = [value.strip() for value in values if value.strip()]
    if pair and (found := _preference(known, systems)) is not None:
        return found
    told = [value for value in known if not _MISSING.fullmatch(value.casefold())] or known
    for guess in (_binary(told), _numbers(told, more=more), _ordered(told), _nominal(told, more=more)):
        if guess is not None:
            return guess
    return GuessedScale(ScaleEntry(kind=ScaleKind.INTERVAL))


def guess_absent(values: Sequence[str], scale: DeclaredScale, known: Collection[str], *, judge: bool) -> dict[str, str]:
    """Values that say that there is none: raw value -> "missing", or "unreadable" where a judge's reply says it."""
    pattern, treatment = (_UNREADABLE, "unreadable") if judge else (_MISSING, "missing")
    return {
        value: treatment
        for value in values
        if pattern.fullmatch(value.strip().casefold()) and value not in known and scale.read(value) is None
    }


def _preference(values: Sequence[str], systems: Collection[str]) -> GuessedScale | None:
    by_word = {value: option for value in values if (option := _by_word(value)) is not None}
    if systems and sum(value in systems for value in values) >= max(1, len(values) - len(by_word)):
        words = {value: option for value, option in by_word.items() if value not in systems}
        return GuessedScale(_preference_entry(words), words, "system")
    read = by_word | _by_number([value for value in values if value not in by_word])
    if not {"A", "B"} <= set(read.values()):
        return None
    return GuessedScale(_preference_entry(read), read)


def _by_word(value: str) -> str | None:
    folded = value.casefold()
    return next((option for option, words in _PREFERENCE_WORDS.items() if re.fullmatch(words, folded)), None)


def _by_number(values: Sequence[str]) -> dict[str, str]:
    numbers = {value: number for value in values if (number := _whole(value)) is not None}
    found = set(numbers.values())
    if -1 in found:
        meaning = {1: "A", 0: "tie", -1: "B"}
    elif 2 in found and max(found) == 2:
        meaning = {1: "A", 2: "B", 0: "tie"}
    elif found == {0, 1}:
        meaning = {0: "A", 1: "B"}
    else:
        return {}
    return {value: meaning[number] for value, number in numbers.items() if number in meaning}


def _preference_entry(read: Mapping[str, str]) -> ScaleEntry:
    return ScaleEntry(preset="preference", both_bad="both_bad" in read.values())


def _binary(values: Sequence[str]) -> GuessedScale | None:
    folded = {value.casefold() for value in values}
    for first, second in _BINARY:
        if folded and folded <= {first, second} and len(folded) == 2:
            return _two(first, second, {value.casefold(): value for value in values})
    if {_whole(value) for value in values} == {0, 1}:
        return GuessedScale(_entry(ScaleKind.BINARY, [("1", "1", 1.0), ("0", "0", 0.0)], positive="1"))
    return None


def _two(first: str, second: str, written: Mapping[str, str]) -> GuessedScale:
    if first == "yes":
        return GuessedScale(ScaleEntry(preset="yes_no"))
    if first == "pass":
        return GuessedScale(ScaleEntry(preset="pass_fail"))
    options = [(first, written[first].capitalize(), 1.0), (second, written[second].capitalize(), 0.0)]
    return GuessedScale(_entry(ScaleKind.BINARY, options, positive=first))


def _numbers(values: Sequence[str], *, more: bool) -> GuessedScale | None:
    wholes = [_whole(value) for value in values]
    if values and not more and all(number is not None for number in wholes):
        low, high = min(n for n in wholes if n is not None), max(n for n in wholes if n is not None)
        if 0 < high - low <= 10 and low >= -10 and high <= 20:
            return GuessedScale(likert_entry(low, high))
        if 1 < len(set(wholes)) <= MOST_OPTIONS and high - low <= MOST_OPTIONS:
            return GuessedScale(likert_entry(low, high))
    if values and all(_number(value) is not None for value in values):
        return GuessedScale(ScaleEntry(kind=ScaleKind.INTERVAL))
    return None


def likert_entry(low: int, high: int) -> ScaleEntry:
    """Whole numbers from `low` to `high`, ordinal."""
    return ScaleEntry(preset="likert", low=low, high=high)


def _ordered(values: Sequence[str]) -> GuessedScale | None:
    written = {value.casefold(): value for value in values}
    for ladder in _ORDERED:
        if len(written) >= 3 and set(written) <= set(ladder):
            steps = [written[step] for step in ladder if step in written]
            options = [(step, step, float(place)) for place, step in enumerate(steps, start=1)]
            return GuessedScale(_entry(ScaleKind.ORDINAL, options))
    return None


def _nominal(values: Sequence[str], *, more: bool) -> GuessedScale | None:
    keys: dict[str, str] = {}
    for value in values:
        keys.setdefault(value.casefold()[:64].strip(), value)
    if more or not 2 <= len(keys) <= MOST_OPTIONS:
        return None
    options = [(value[:64].strip(), value, None) for value in keys.values()]
    return GuessedScale(
        _entry(ScaleKind.NOMINAL, options),
        {value: value[:64].strip() for value in keys.values() if len(value) > 64},
    )


def _entry(
    kind: ScaleKind, options: Sequence[tuple[str, str, float | None]], *, positive: str | None = None
) -> ScaleEntry:
    declared: list[dict[str, Any]] = [{"key": key, "label": label, "value": value} for key, label, value in options]
    return ScaleEntry.model_validate({"kind": kind, "options": declared, "positive": positive})


def nominal_entry(options: Sequence[str]) -> ScaleEntry | None:
    """Labels without order; None where they cannot be options."""
    guess = _nominal(list(dict.fromkeys(options)), more=False)
    return guess.entry if guess else None


def scale_entry(scale: DeclaredScale) -> ScaleEntry:
    """A scale as a mapping declares it."""
    if scale == yes_no():
        return ScaleEntry(preset="yes_no")
    data = scale.to_json()
    return ScaleEntry.model_validate({name: value for name, value in data.items() if value is not None})


def merged_scale(first: ScaleEntry, second: ScaleEntry) -> ScaleEntry | None:
    """One scale for values of both; None where they ask different things."""
    if first == second:
        return first
    if first.preset == second.preset == "preference":
        return first.model_copy(update={"both_bad": first.both_bad or second.both_bad})
    if first.preset == second.preset == "likert":
        ends = [end for end in (first.low, second.low, first.high, second.high) if end is not None]
        return likert_entry(int(min(ends)), int(max(ends)))
    return _merged_options(first, second)


def _merged_options(first: ScaleEntry, second: ScaleEntry) -> ScaleEntry | None:
    one, other = first.declared(), second.declared()
    if ScaleKind.NOMINAL in (one.kind, other.kind) and one.keys and other.keys:
        few, many = sorted((one, other), key=lambda scale: len(scale.keys))
        plain_numbers = all(key.lstrip("-").isdigit() for key in many.keys)
        return nominal_entry(many.keys) if plain_numbers and set(few.keys) <= set(many.keys) else _joined(one, other)
    if one.kind is not other.kind or one.is_numeric != other.is_numeric:
        return None
    return first if set(other.keys) <= set(one.keys) else second if set(one.keys) <= set(other.keys) else None


def _joined(one: DeclaredScale, other: DeclaredScale) -> ScaleEntry | None:
    """The labels of both, where they are labels without order and share one."""
    if one.kind is not other.kind or not set(one.keys) & set(other.keys):
        return None
    return nominal_entry([*one.keys, *(key for key in other.keys if key not in one.keys)])


def _whole(value: str) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() and abs(number) < 1e9 else None


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None  # noqa: PLR0124 - NaN alone is unlike itself
