"""Exact match: an output is right if it equals a reference ("Judging the Judges", arXiv 2406.12624)."""

from core.judging.protocols.by_reference import ByReference


class ExactMatch(ByReference):
    """Hit: the output equals a reference."""

    key = "exact match"
    title = "Exact match"
    about = "A hit where the output equals a reference of its item. No LLM."
    hits_in_words = "equals"

    def hits(self, output: str, reference: str) -> bool:
        """Whether the texts are the same."""
        return output == reference
