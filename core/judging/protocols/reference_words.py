"""Reference words: an output is right if it has all words of a reference, in whatever order (arXiv 2406.12624)."""

from collections.abc import Mapping

from core.judging.protocols.by_reference import TEXTS, ByReference
from core.judging.protocols.without_model import HIT_AND_MISS, Setting
from core.judging.said import words_in


class ReferenceWords(ByReference):
    """Hit: all words of a reference occur in the output. A reference without a word is not looked for."""

    key = "reference words"
    title = "Has a reference's words"
    about = "A hit where all words of one of the item's references occur in the output, in any order. No LLM."
    settings: Mapping[str, Setting] = {"case": TEXTS["case"], **HIT_AND_MISS}
    hits_in_words = "has all words of"

    def hits(self, output: str, reference: str) -> bool:
        """Whether every word of the reference is a word of the output; how often it occurs does not count."""
        return set(words_in(reference)) <= set(words_in(output))

    def can_use(self, reference: str) -> bool:
        """Whether it has a word."""
        return bool(words_in(reference))
