"""Where a reply offers a verdict, and how its JSON objects do; see `core.judging.prose_offers` for the rest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from core.judging.asked import Ask
from core.judging.choices import Choices, folded
from core.judging.loose_json import FoundObjects, Listing, Members, Node, Scalar
from core.judging.verdict_words import Said, read_value


@dataclass(frozen=True, slots=True)
class Offer:
    """A place of a reply that answers a question.

    Attributes:
        place: Index of the question.
        said: The value; None where it is none of the scale.
        raw: As it stands there.
        start, end: Of the value in the reply.
        outer: Where the object or the line around it begins and ends.
        is_firm: In JSON or behind a label on a line of its own; else somewhere in a sentence.
        is_final: It says that it is the last word.
        is_hint: It may only speak against another offer: too loose to be taken for a verdict itself.
        is_prose: Outside JSON.
        is_complete: Something follows, so that it cannot have been cut off.
        has_rival: The same object says something else under another name.
        rationale, confidence: As given with it.
    """

    place: int
    said: Said | None
    raw: str
    start: int
    end: int
    outer: tuple[int, int] = (0, 0)
    is_firm: bool = True
    is_final: bool = False
    is_hint: bool = False
    is_prose: bool = False
    is_complete: bool = True
    has_rival: bool = False
    rationale: str = ""
    confidence: object = None


VERDICTS: Final = (
    "verdict", "final verdict", "answer", "final answer", "rating", "grade", "score", "decision", "judgment",
    "judgement", "choice", "preference", "winner", "label", "result", "value", "option",
)  # fmt: skip
_RATIONALES: Final = ("rationale", "reason", "reasons", "reasoning", "explanation", "justification", "analysis")
_CONFIDENCES: Final = ("confidence", "certainty")
_IDENTITIES: Final = ("question", "criterion", "id", "key", "name", "q")


def json_offers(ask: Ask, found: FoundObjects) -> list[Offer]:
    """What the objects of a reply offer, in order."""
    names = names_of(ask)
    offers = [
        replace(offer, outer=(members.start, members.end))
        for members in found.objects
        for offer in _of_members(ask, names, members)
    ]
    return sorted(offers, key=lambda offer: offer.start)


def names_of(ask: Ask) -> dict[str, int]:
    """The names by which a reply can answer a question, and its index; names of two questions are nobody's."""
    found: dict[str, set[int]] = {}
    for place, question in enumerate(ask.questions):
        number = place + 1
        for name in (f"q{number}", f"question {number}", question.name, question.lineage):
            found.setdefault(folded(name), set()).add(place)
    return {name: min(places) for name, places in found.items() if len(places) == 1 and name}


def _of_members(ask: Ask, names: Mapping[str, int], members: Members) -> Iterator[Offer]:
    fields = _fields(members)
    if len(ask.questions) == 1:
        offer = _picked(Choices(ask.questions[0], ask.order), 0, fields, names)
        if offer is not None:
            yield offer
            return
    else:
        identity = _identified(fields, names)
        if identity is not None:
            offer = _picked(Choices(ask.questions[identity], ask.order), identity, fields, {})
            if offer is not None:
                yield offer
            return
    for name, node in fields.items():
        place = names.get(name)
        if place is None:
            yield from _of_node(ask, names, node)
        elif len(ask.questions) > 1 or isinstance(node, Members):
            offer = _answered(Choices(ask.questions[place], ask.order), place, node)
            if offer is not None:
                yield offer


def _of_node(ask: Ask, names: Mapping[str, int], node: Node) -> Iterator[Offer]:
    if isinstance(node, Members):
        yield from _of_members(ask, names, node)
    elif isinstance(node, Listing):
        for entry in node.entries:
            yield from _of_node(ask, names, entry)


def _fields(members: Members) -> dict[str, Node]:
    """Folded key -> node; of a key that stands twice the last, as JSON has it."""
    return {folded(key): node for key, node in members.pairs}


def _identified(fields: Mapping[str, Node], names: Mapping[str, int]) -> int | None:
    for identity in _IDENTITIES:
        node = fields.get(identity)
        if isinstance(node, Scalar) and folded(str(node.value)) in names:
            return names[folded(str(node.value))]
    return None


def _answered(choices: Choices, place: int, node: Node) -> Offer | None:
    """The answer under a question's own name: a value, or an object with the value in it."""
    if isinstance(node, Members):
        return _picked(choices, place, _fields(node), {})
    return _offered(choices, place, node, {})


def _picked(choices: Choices, place: int, fields: Mapping[str, Node], names: Mapping[str, int]) -> Offer | None:
    """The verdict of an object: its `verdict`, else what stands under another word for it."""
    own = [name for name in fields if names.get(name) == place and not isinstance(fields[name], Members)]
    called = ["verdict"] if "verdict" in fields else [*(name for name in VERDICTS if name in fields), *own]
    offers = [offer for name in called if (offer := _offered(choices, place, fields[name], fields)) is not None]
    readable = [offer for offer in offers if offer.said is not None]
    if len({offer.said for offer in readable}) > 1:
        last = max(readable, key=lambda offer: offer.start)
        return replace(last, has_rival=True)
    return next(iter([*readable, *offers]), None)


def _offered(choices: Choices, place: int, node: Node, fields: Mapping[str, Node]) -> Offer | None:
    if isinstance(node, Listing) and len(node.entries) == 1:
        return _offered(choices, place, node.entries[0], fields)
    if isinstance(node, Members):
        return _picked(choices, place, _fields(node), {})
    if not isinstance(node, Scalar):
        return Offer(place, None, "a list", node.start, node.end)
    is_text = isinstance(node.value, str)
    if node.value is None or (is_text and (not str(node.value).strip() or not node.is_complete)):
        return None
    return Offer(
        place,
        read_value(choices, node.value),
        str(node.value),
        node.start,
        node.end,
        is_complete=node.is_complete,
        rationale=next((text for name in _RATIONALES if (text := _text_in(fields.get(name)))), ""),
        confidence=next((_value_in(fields[name]) for name in _CONFIDENCES if name in fields), None),
    )


def _text_in(node: Node | None) -> str:
    if isinstance(node, Listing):
        return "\n".join(text for text in map(_text_in, node.entries) if text)
    return str(node.value) if isinstance(node, Scalar) and node.value is not None else ""


def _value_in(node: Node) -> object:
    return node.value if isinstance(node, Scalar) else None
