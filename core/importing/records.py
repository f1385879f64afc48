"""What shapes make of a file's rows: plain records, before any of them has a key in a database.

Named tuples, because a large file makes millions of them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Message = dict[str, str]
"""`{role, content}`."""

OutputName = tuple[str, int]
"""System and sample index: what names an output of an item."""


class ItemRecord(NamedTuple):
    """One input; `messages` None when a row only names the item."""

    external_id: str
    messages: Sequence[Message]
    context: str | None
    slices: Mapping[str, object]
    cluster: str | None
    split: str | None
    line: int


class OutputRecord(NamedTuple):
    """One system's answer to an item."""

    item: str
    system: str
    family: str
    sample: int
    messages: Sequence[Message]
    line: int


class ReferenceRecord(NamedTuple):
    """An expected answer of an item."""

    item: str
    text: str
    kind: str
    status: str
    line: int


class SubjectRecord(NamedTuple):
    """What is judged, by name: an item, one output, or a pair in the order in which the row names it."""

    item: str
    first: OutputName | None = None
    second: OutputName | None = None

    @property
    def kind(self) -> str:
        """Either "item", "output" or "pair"."""
        return "item" if self.first is None else "output" if self.second is None else "pair"


class RaterRecord(NamedTuple):
    """Who rates."""

    kind: str
    name: str
    group: str = ""
    family: str = ""


class RatingRecord(NamedTuple):
    """One rating; exactly one of option, number and absence is set.

    Attributes:
        criterion: Its number in the book of criteria.
        option: Key; of a pair, A is the output that `subject` names first.
        repetition: None: counted in file order.
        at: When it was given, ISO; "" where the file does not say.
        rating_id, supersedes: The file's own ids, where one rating takes another's place.
    """

    subject: SubjectRecord
    criterion: int
    rater: RaterRecord
    option: str | None
    number: float | None
    absence: str | None
    phase: str
    line: int
    probabilities: Mapping[str, float] | None = None
    confidence: float | None = None
    rationale: str = ""
    order: str | None = None
    repetition: int | None = None
    at: str = ""
    rating_id: str = ""
    supersedes: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it says no more than a value: nothing from `probabilities` on."""
        return self[_FIRST_DETAIL:] == _NO_DETAILS


_FIRST_DETAIL = RatingRecord._fields.index("probabilities")
_NO_DETAILS = tuple(RatingRecord._field_defaults.values())
