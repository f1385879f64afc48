"""Contains: an output is right if a reference is a part of it ("Judging the Judges", arXiv 2406.12624)."""

from core.judging.protocols.by_reference import ByReference


class Contains(ByReference):
    """Hit: a reference is a substring of the output."""

    key = "contains"
    title = "Contains a reference"
    about = "A hit where a reference of the item stands, as it is, somewhere in the output. No LLM."
    hits_in_words = "contains"

    def hits(self, output: str, reference: str) -> bool:
        """Whether the reference stands in the output; also within a word."""
        return reference in output
