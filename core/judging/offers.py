"""Finds where a reply offers a verdict: in JSON objects, in labelled lines, in sentences that decide."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from core.judging.asked import Ask
from core.judging.choices import Choices, folded
from core.judging.loose_json import FoundObjects, Listing, Members, Node, Scalar
from core.judging.verdict_words import Said, read_exactly, read_value, read_words


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


_VERDICTS: Final = (
    "verdict", "final verdict", "answer", "final answer", "rating", "grade", "score", "decision", "judgment",
    "judgement", "choice", "preference", "winner", "label", "result", "value", "option",
)  # fmt: skip
_RATIONALES: Final = ("rationale", "reason", "reasons", "reasoning", "explanation", "justification", "analysis")
_CONFIDENCES: Final = ("confidence", "certainty")
_IDENTITIES: Final = ("question", "criterion", "id", "key", "name", "q")
_LABEL: Final = r"(?:my |the |your |overall |so,? |therefore,? |thus,? )*(?P<final>final |last )?(?:overall )?"
_SURE_LABELS: Final = "verdict|rating|grade|score|decision|judge?ment|preference|choice"
_OTHER_LABELS: Final = "answer|winner|label|result|conclusion"
# Every run of blanks and marks is bounded, so that a long one is not walked again and again.
_GAP: Final = r"[ \t]{1,9}"
_MAYBE_GAP: Final = r"[ \t]{0,20}"
_LEAD: Final = r"^[ \t#*_\-•|(\[]{0,40}(?:\d{1,2}[.)][ \t]{1,4})?[*_`(\[|]{0,4}[ \t]{0,4}"
_SEPARATOR: Final = rf"{_MAYBE_GAP}[*_`\])]{{0,4}}{_MAYBE_GAP}(?:\bis\b{_MAYBE_GAP}:?|->|=>|→|:|=|\||–|—|-){_MAYBE_GAP}"
_BEGIN: Final = rf"(?:^|(?<=[.!?])\s{{1,20}}){_MAYBE_GAP}"
_SO: Final = rf"(?:(?:so|thus|therefore|overall|hence|finally|in (?:conclusion|summary)),?{_GAP})?"
_REST: Final = r"(?P<value>[^\n.!?]{1,120}(?:\.\d+)?)"
_WILL_BE: Final = rf"(?:verdict|rating|score|grade|decision|answer|judge?ment){_GAP}(?:is|would be|should be|will be)"
_GIVE: Final = r"(?:rate|grade|score|give|choose|pick|prefer|select|vote for|go with|answer|decide for)"
_JUDGED: Final = r"(?:this|it|the (?:output|answer|response))"
_DECIDING: Final = re.compile(
    rf"{_BEGIN}{_SO}(?:(?:the|my){_GAP})?(?P<final>final{_GAP})?(?:overall{_GAP})?{_WILL_BE}{_MAYBE_GAP}"
    rf"(?:(?:therefore|thus){_MAYBE_GAP})?:?{_MAYBE_GAP}{_REST}",
    re.IGNORECASE | re.MULTILINE,
)
_GIVING: Final = re.compile(
    rf"{_BEGIN}{_SO}i(?:'d| would| will|'ll| do)?{_GAP}(?P<final>finally{_GAP})?{_GIVE}{_GAP}"
    rf"(?:{_JUDGED}{_GAP})?(?:(?:with|as){_GAP})?(?:an?{_GAP})?{_REST}",
    re.IGNORECASE | re.MULTILINE,
)
_HINTING: Final = re.compile(
    rf"\b(?:(?:my|final|correct|corrected|actual|overall){_GAP}{_WILL_BE}"
    rf"|i(?:'d| would| will|'ll)?{_GAP}(?:now{_GAP})?{_GIVE}(?:{_GAP}{_JUDGED})?){_MAYBE_GAP}:?{_MAYBE_GAP}"
    rf"(?:an?{_GAP})?{_REST}",
    re.IGNORECASE,
)
_BETTER: Final = re.compile(
    rf"(?:{_BEGIN}|,{_GAP}){_SO}(?P<final>(?!))?(?P<value>(?:the{_GAP})?(?:first|second){_GAP}"
    rf"(?:output|answer|response|one){_GAP}is{_GAP}(?:(?:clearly|much|slightly|overall){_GAP})?(?:the{_GAP})?"
    rf"(?:better|best|preferred|superior|stronger)(?:{_GAP}one)?)",
    re.IGNORECASE | re.MULTILINE,
)
_PAIR: Final = re.compile(
    r"[\"'“](?P<name>[^\"'“”\n]{1,80})[\"'”]\s{0,9}:\s{0,9}"
    r"(?:[\"'“](?P<text>[^\"”\n]{1,80}?)[\"'”]|(?P<bare>[\w.+-]{1,30}))"
)
_MENTION: Final = re.compile(
    r"(?<![\w-])(?P<name>[\w][\w -]{0,40}?)[*_\"'”’`]{0,3}[ \t]{0,9}[:=][\s*_]{0,9}[\\\"'“‘`*\[]{0,3}"
    r"(?P<value>[^\"'“”’`,;}{\]\n\\]{1,60})"
)
_TAGGED: Final = re.compile(r"<(?P<name>[A-Za-z_][\w -]{0,60})>(?P<value>\s{0,9}[^<>\n]{1,80}\s{0,9})</(?P=name)>")
_HEADING: Final = re.compile(
    rf"{_LEAD}{_LABEL}(?:{_SURE_LABELS}|{_OTHER_LABELS}){_MAYBE_GAP}[*_:]{{0,6}}{_MAYBE_GAP}\n\s{{0,40}}"
    r"(?P<value>\S[^\n]{0,120})$",
    re.IGNORECASE | re.MULTILINE,
)
_LIST_MARK: Final = re.compile(r"\s*(?:>|\d{1,2}[.)]\s*$)")
_MARKS: Final = " \t*_\"'`#([{"
_SOME_WORDS: Final = 4


def json_offers(ask: Ask, found: FoundObjects) -> list[Offer]:
    """What the objects of a reply offer, in order."""
    names = _names(ask)
    offers = [
        replace(offer, outer=(members.start, members.end))
        for members in found.objects
        for offer in _of_members(ask, names, members)
    ]
    return sorted(offers, key=lambda offer: offer.start)


def prose_offers(ask: Ask, text: str) -> list[Offer]:
    """What a reply offers outside its objects (which are blank in `text`), in order."""
    names = _names(ask)
    offers = [*_of_lines(ask, names, text), *_of_tags(ask, names, text), *_of_pairs(ask, names, text)]
    if len(ask.questions) == 1:
        choices = Choices(ask.questions[0], ask.order)
        offers += _of_headed_lines(choices, text) or _of_last_line(choices, text)
        offers += _of_sentences(choices, text)
    offers = [replace(offer, outer=_line_around(text, offer)) for offer in offers]
    return sorted(offers, key=lambda offer: (offer.start, not offer.is_firm))


def mentions(ask: Ask, text: str) -> list[Offer]:
    """Whatever looks like `verdict: yes` anywhere in a reply, inside the texts of its objects, too.

    Only to be held against what was read from an object that is not well-formed: where such an object quotes another
    one, nobody can tell which of the two speaks. Of several questions, `verdict` is everybody's.
    """
    found = []
    names = _names(ask)
    for mention in _MENTION.finditer(text):
        named = names.get(folded(mention["name"]))
        for place in range(len(ask.questions)) if named is None else (named,):
            said = read_words(Choices(ask.questions[place], ask.order), mention["value"])
            if said is not None and (named is not None or folded(mention["name"]) in _VERDICTS):
                found.append(Offer(place, said, mention["value"], *mention.span("value"), is_firm=False, is_hint=True))
    return found


def _line_around(text: str, offer: Offer) -> tuple[int, int]:
    end = text.find("\n", offer.end)
    return text.rfind("\n", 0, offer.start) + 1, end if end >= 0 else len(text)


def _names(ask: Ask) -> dict[str, int]:
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
    called = ["verdict"] if "verdict" in fields else [*(name for name in _VERDICTS if name in fields), *own]
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


def _of_lines(ask: Ask, names: Mapping[str, int], text: str) -> Iterator[Offer]:
    """`Verdict: yes`, `**Accuracy**: 4 - two dates are wrong`, `| q1 | no |`, each on a line of its own."""
    is_single = len(ask.questions) == 1
    labels = "|".join(re.escape(name).replace(r"\ ", r"[ _-]") for name in sorted(names, key=len, reverse=True))
    generic = f"(?P<sure>{_SURE_LABELS})|(?P<other>{_OTHER_LABELS})" if is_single else "(?P<sure>(?!))|(?P<other>(?!))"
    pattern = re.compile(
        rf"{_LEAD}{_LABEL}(?:(?P<name>{labels})|{generic})(?:\s\([^)\n]{{1,40}}\))?{_SEPARATOR}(?P<value>\S[^\n]*)$",
        re.IGNORECASE | re.MULTILINE,
    )
    for found in pattern.finditer(text):
        place = names[folded(found["name"])] if found["name"] else 0
        choices = Choices(ask.questions[place], ask.order)
        said = read_words(choices, found["value"].strip().rstrip("|"))
        if said is None and (found["other"] or len(found["value"].split()) > _SOME_WORDS):
            continue  # a sentence behind a label is a rationale, or quotes the output
        yield Offer(
            place,
            said,
            found["value"].strip(),
            found.end("value") - len(found["value"].lstrip(_MARKS)),
            found.end("value"),
            is_final=bool(found["final"]),
            is_prose=True,
            is_complete=found.end() < len(text),
            rationale="" if is_single else found["value"].strip(),
        )


def _of_tags(ask: Ask, names: Mapping[str, int], text: str) -> Iterator[Offer]:
    """`<verdict>yes</verdict>`."""
    for found in _TAGGED.finditer(text):
        yield from _named_value(ask, names, found["name"], found["value"], found.span("value"), is_firm=True)


def _of_pairs(ask: Ask, names: Mapping[str, int], text: str) -> Iterator[Offer]:
    """`"verdict": "yes"` in what is left of an object that could not be read."""
    for found in _PAIR.finditer(text):
        group = "text" if found["text"] is not None else "bare"
        for offer in _named_value(ask, names, found["name"], found[group], found.span(group), is_firm=False):
            yield replace(offer, is_complete=group == "text" or found.end() < len(text))


def _named_value(
    ask: Ask, names: Mapping[str, int], name: str, value: str, span: tuple[int, int], *, is_firm: bool
) -> Iterator[Offer]:
    place = names.get(folded(name))
    if place is None and len(ask.questions) == 1 and folded(name) in _VERDICTS:
        place = 0
    if place is not None:
        said = read_words(Choices(ask.questions[place], ask.order), value)
        if said is not None or folded(name) == "verdict":
            yield Offer(place, said, value.strip(), span[0], span[1], is_firm=is_firm, is_prose=True)


def _of_headed_lines(choices: Choices, text: str) -> list[Offer]:
    """A heading `## Verdict` with nothing but a value in the next line that says something."""
    offers = []
    for found in _HEADING.finditer(text):
        said = read_exactly(choices, found["value"])
        if said is not None:
            offers.append(
                Offer(
                    0,
                    said,
                    found["value"].strip(),
                    found.start("value"),
                    found.end("value"),
                    is_final=bool(found["final"]),
                    is_prose=True,
                    is_complete=found.end() < len(text),
                )
            )
    return offers


def _of_last_line(choices: Choices, text: str) -> list[Offer]:
    """A value alone in the last line that says something."""
    start = text.rstrip().rfind("\n") + 1
    line = text[start:]
    said = read_exactly(choices, line)
    if said is None or _LIST_MARK.match(line) or ("}" in line and "\\boxed" not in line) or line.count('"') % 2:
        return []
    shift = len(line) - len(line.lstrip(_MARKS))
    return [Offer(0, said, line.strip(), start + shift, len(text.rstrip()), is_prose=True, is_complete=False)]


def _of_sentences(choices: Choices, text: str) -> Iterator[Offer]:
    """Sentences that decide, outside quotations; a value they do not name plainly is not looked for."""
    patterns = (_DECIDING, _GIVING, _HINTING, *((_BETTER,) if choices.is_preference else ()))
    for pattern in patterns:
        for found in pattern.finditer(text):
            said = read_words(choices, found["value"])
            if said is not None and not _is_quoted(text, found.start("value")):
                yield Offer(
                    0,
                    said,
                    found["value"].strip(),
                    found.start("value"),
                    found.end("value"),
                    is_firm=False,
                    is_final=pattern is not _HINTING and bool(found["final"]),
                    is_hint=pattern is _HINTING,
                    is_prose=True,
                    is_complete=found.end() < len(text),
                )


def _is_quoted(text: str, position: int) -> bool:
    paragraph = text[text.rfind("\n\n", 0, position) + 1 : position]
    return paragraph.count('"') % 2 == 1 or paragraph.count("“") > paragraph.count("”")
