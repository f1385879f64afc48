"""The words with which a judge answers a question, and what they stand for on its scale."""

from dataclasses import dataclass
from typing import Final

from core.judging.asked import Question
from core.scales import ScaleKind

ABSTENTION: Final = "cannot_tell"
"""The declared way out; not offered where an option of the scale is called so."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An option as a judge names it.

    Attributes:
        word: What it answers.
        key: The option it stands for.
        label, definition: As the prompt describes it.
    """

    word: str
    key: str
    label: str
    definition: str


@dataclass(frozen=True, slots=True)
class Choices:
    """A question with the order in which the outputs of a pair are shown; it decides what "first" means.

    Attributes:
        order: "AB", "BA" or None (not a pair).
    """

    question: Question
    order: str | None = None

    @property
    def is_preference(self) -> bool:
        """Whether a side is named, and not an option."""
        return self.question.scale.kind is ScaleKind.PREFERENCE

    @property
    def options(self) -> tuple[Choice, ...]:
        """The options as a judge names them, in the scale's order; of a preference, the first output comes first."""
        scale = self.question.scale
        if not self.is_preference:
            return tuple(Choice(one.key, one.key, one.label, one.definition) for one in scale.options)
        first, second = ("B", "A") if self.order == "BA" else ("A", "B")
        given = {one.key: one for one in scale.options}
        sides = [
            Choice("first", first, "The first output is better", ""),
            Choice("second", second, "The second output is better", ""),
        ]
        rest = [
            Choice(key, key, _PREFERENCE_LABELS[key], given[key].definition)
            for key in ("tie", "both_bad")
            if key in given
        ]
        return (*sides, *rest)

    @property
    def abstention(self) -> str:
        """The word for "cannot tell"; "" where an option has that name."""
        names = {name for one in self.options for name in (folded(one.word), folded(one.label))}
        return "" if folded(ABSTENTION) in names else ABSTENTION

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that may be answered; of a scale of free numbers only the abstention."""
        words = tuple(one.word for one in self.options)
        return (*words, self.abstention) if self.abstention else words

    def word_of(self, key: str) -> str:
        """The word for an option.

        Raises:
            KeyError: The scale has no such option.
        """
        return {one.key: one.word for one in self.options}[key]


_PREFERENCE_LABELS: Final = {"tie": "Both are equally good", "both_bad": "Both are bad"}


def folded(text: str) -> str:
    """A text for comparing: no case, `_` and `-` between words as spaces, one space between words."""
    words = text.strip().casefold().replace("_", " ")
    parts = [
        " " if sign == "-" and 0 < place < len(words) - 1 and words[place - 1].isalpha() else sign
        for place, sign in enumerate(words)
    ]
    return " ".join("".join(parts).split())
