"""Reads one verdict: the words or the number with which a judge answers a question."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isclose
from typing import Final

from core.judging.choices import Choices, folded
from core.scales import DeclaredScale, ScaleKind

_LONGEST = 400
_FRONT = " \t\r\n*_\"'`‘’“”«»[](){}<>#|~:=✅❌✔✘"
_BACK = _FRONT + ".,;!"
_BOXED: Final = re.compile(r"^\s*\\boxed\{(?:\\text\{)?([^{}]*)\}?\}\s*\.?\s*$")
_FRACTION: Final = re.compile(r"^([-+]?\d+(?:\.\d+)?)\s*(?:/|out of|of)\s*(\d+(?:\.\d+)?)$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"^[-+]?(?:\d+(?:\.\d*)?|\.\d+)$")
_DELIMITER: Final = re.compile(r"[;:!(\n–—]|[.,](?!\d)|\s-+\s|\*\*|\s+(?=(?:because|since|as|due to)\b)", re.IGNORECASE)
_FURTHER_MEMBER: Final = re.compile(r"[\"'“”]\s*:")
_HEDGE: Final = re.compile(r"^(?:but|however|although|though|or|and|no|not|unless|if|yet|only)\b", re.IGNORECASE)
_FIRST_OR_SECOND: Final = re.compile(
    r"^(?:the )?(?:(?P<rank>first|1st|second|2nd)(?: (?:output|answer|response|one|option|text))?"
    r"|(?:output|answer|response|option) (?:#|no |number )?(?P<number>1|one|2|two))"
    r"(?: (?:is|was)(?: (?:clearly|much|slightly|overall))? (?:the )?(?:better|best|preferred|superior|stronger)"
    r"(?: one)?)?$"
)
_FIRST: Final = frozenset({"first", "1st", "1", "one"})
_EQUAL: Final = frozenset(
    {"tie", "a tie", "tied", "it is a tie", "it's a tie", "draw", "a draw", "equal", "both equal", "equally good"}
    | {"both are equally good", "both equally good"}
)
_BOTH_BAD: Final = frozenset({"both bad", "both are bad", "bothbad"})
_NA: Final = frozenset({"na", "n/a", "n.a", "not applicable"})
_CANNOT_TELL: Final = frozenset(
    {"cannot tell", "can't tell", "can not tell", "cannottell", "i cannot tell", "i can't tell"}
)
_NUMBER_WORDS: Final = {
    word: number
    for number, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}


@dataclass(frozen=True, slots=True)
class Said:
    """A value of the scale: an option key, a number, or neither (an abstention)."""

    option: str | None = None
    number: float | None = None

    @property
    def is_abstention(self) -> bool:
        """Whether the judge took the declared way out."""
        return self.option is None and self.number is None


def read_value(choices: Choices, raw: object) -> Said | None:
    """What a value of a JSON answer stands for.

    Args:
        choices: The question and its words.
        raw: A text, number or boolean.

    Returns:
        None where it is no value of the scale, or could be more than one. A boolean counts only on a binary scale.
    """
    if isinstance(raw, str):
        return read_words(choices, raw)
    scale = choices.question.scale
    if raw is None or choices.is_preference:
        return None
    if isinstance(raw, bool):
        return _boolean(choices, is_true=raw)
    if not isinstance(raw, int | float):
        return None
    return _free_number(scale, float(raw)) if scale.is_numeric else _option_of_number(scale, float(raw))


def read_words(choices: Choices, text: str) -> Said | None:
    """What a text stands for that should name a value, perhaps with decoration, a label or reasons behind it.

    Returns:
        None where it names no value of the scale, or could name more than one.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        text = text[:_LONGEST]
    return read_exactly(choices, text) or _read_beginning(choices, text)


def read_exactly(choices: Choices, text: str) -> Said | None:
    """What a text stands for that names a value and nothing else, apart from marks around it."""
    boxed = _BOXED.match(text)
    text = boxed[1] if boxed else text
    exact = [one.key for one in choices.options if one.word == text.strip()]
    if exact:
        return Said(option=exact[0])
    bare = _bare(text)
    if not bare:
        return None
    if choices.abstention and folded(bare) in _CANNOT_TELL:
        return Said()
    if choices.is_preference:
        return _side(choices, folded(bare))
    return _number_in(choices.question.scale, bare) if choices.question.scale.is_numeric else _option_in(choices, bare)


def _bare(text: str) -> str:
    return text.lstrip(_FRONT).removeprefix("- ").lstrip(_FRONT).rstrip(_BACK)


def _read_beginning(choices: Choices, text: str) -> Said | None:
    """A value with something behind it; the rest must not name another value or take it back."""
    if _FURTHER_MEMBER.search(text):
        return None  # two members of an object that ran into each other
    for delimiter in reversed(list(_DELIMITER.finditer(text))):
        head = text[: delimiter.start()]
        said = read_exactly(choices, head)
        if said is None:
            continue
        if _begins_longer_name(choices, text, head):
            return None
        rest = _bare(text[delimiter.start() :]).lstrip("-–—.,;! \t\n")
        clause = _DELIMITER.split(rest, maxsplit=1)[0]
        other = read_exactly(choices, rest) or read_exactly(choices, clause)
        first_word = read_exactly(choices, rest.split()[0]) if rest.split() else None
        clashes = any(one is not None and one != said for one in (other, first_word))
        return None if clashes or _HEDGE.match(rest) else said
    return None


def _begins_longer_name(choices: Choices, text: str, head: str) -> bool:
    """Whether the text goes on as an option does that begins with the same words ("good" and "good, but long")."""
    begun, whole = folded(_bare(head)), folded(_bare(text))
    names = {folded(name) for one in choices.options for name in (one.key, one.label)}
    longer = (name[len(begun) :].lstrip(" ,.;:–—-").split(maxsplit=1) for name in names if name.startswith(begun))
    rest = whole[len(begun) :].lstrip(" ,.;:–—-")
    return any(words and rest.startswith(words[0]) for words in longer)


def _side(choices: Choices, text: str) -> Said | None:
    keys = {one.word: one.key for one in choices.options}
    found = _FIRST_OR_SECOND.match(text)
    if found:
        is_first = (found["rank"] or found["number"]) in _FIRST
        return Said(option=keys["first" if is_first else "second"])
    labels = {one.key: folded(one.label) for one in choices.question.scale.options if one.key in ("tie", "both_bad")}
    for key, words in (("tie", _EQUAL), ("both_bad", _BOTH_BAD)):
        if key in keys and (text in words or text == labels[key]):
            return Said(option=key)
    return None


def _number_in(scale: DeclaredScale, text: str) -> Said | None:
    fraction = _FRACTION.match(text)
    if fraction:
        return _free_number(scale, float(fraction[1])) if float(fraction[2]) == scale.high else None
    if text.endswith("%") and scale.high == 100:
        text = text[:-1].strip()
    if _NUMBER.match(text):
        return _free_number(scale, float(text))
    word = _NUMBER_WORDS.get(folded(text))
    return _free_number(scale, float(word)) if word is not None else None


def _free_number(scale: DeclaredScale, number: float) -> Said | None:
    """The number if it is on the scale: inside its range and on one of its steps."""
    read = scale.read(number)
    if not isinstance(read, float):
        return None
    if scale.step is not None:
        steps = (read - (scale.low or 0.0)) / scale.step
        if not isclose(steps, round(steps), abs_tol=1e-6):
            return None
    return Said(number=read)


def _option_in(choices: Choices, text: str) -> Said | None:
    """The option a text names by key, label or number; keys win over labels, labels over numbers."""
    options, scale = choices.question.scale.options, choices.question.scale
    asked = folded(text)
    by_name = _only(one.key for one in options if folded(one.key) == asked)
    by_name = by_name or _only(one.key for one in options if folded(_bare(one.label)) == asked)
    if by_name:
        return Said(option=by_name)
    if asked in _NA and "na" in scale.keys:
        return Said(option="na")
    if asked in ("true", "false"):
        return _boolean(choices, is_true=asked == "true")
    fraction = _FRACTION.match(text)
    if fraction:
        top = _option_of_number(scale, float(fraction[2]))
        is_of_top = top is not None and top.option == scale.keys[-1]
        return _option_of_number(scale, float(fraction[1])) if is_of_top else None
    if _NUMBER.match(text):
        return _option_of_number(scale, float(text))
    word = _NUMBER_WORDS.get(asked)
    return _option_of_number(scale, float(word)) if word is not None else None


def _boolean(choices: Choices, *, is_true: bool) -> Said | None:
    scale = choices.question.scale
    named = _only(one.key for one in scale.options if folded(one.key) == str(is_true).casefold())
    if named:
        return Said(option=named)
    read = scale.read(is_true) if scale.kind is ScaleKind.BINARY else None
    return Said(option=read) if isinstance(read, str) else None


def _option_of_number(scale: DeclaredScale, number: float) -> Said | None:
    """The option with this number: as its key, else as its declared value."""
    key = _only(key for key in scale.keys if _as_number(key) == number)
    key = key or _only(one.key for one in scale.options if one.value == number)
    return Said(option=key) if key else None


def _as_number(text: str) -> float | None:
    return float(text) if _NUMBER.match(text) else None


def _only(keys: Iterable[str]) -> str | None:
    """The one key there is; None for none or several."""
    found = list(keys)
    return found[0] if len(found) == 1 else None
