"""Where a reply offers a verdict outside JSON: in labelled lines, between tags, in sentences that decide."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from core.judging.asked import Ask
from core.judging.choices import Choices, folded
from core.judging.offers import VERDICTS, Offer, names_of
from core.judging.verdict_words import read_exactly, read_words

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


def prose_offers(ask: Ask, text: str) -> list[Offer]:
    """What a reply offers outside its objects (which are blank in `text`), in order."""
    names = names_of(ask)
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
    names = names_of(ask)
    for mention in _MENTION.finditer(text):
        named = names.get(folded(mention["name"]))
        for place in range(len(ask.questions)) if named is None else (named,):
            said = read_words(Choices(ask.questions[place], ask.order), mention["value"])
            if said is not None and (named is not None or folded(mention["name"]) in VERDICTS):
                found.append(Offer(place, said, mention["value"], *mention.span("value"), is_firm=False, is_hint=True))
    return found


def _line_around(text: str, offer: Offer) -> tuple[int, int]:
    end = text.find("\n", offer.end)
    return text.rfind("\n", 0, offer.start) + 1, end if end >= 0 else len(text)


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
    if place is None and len(ask.questions) == 1 and folded(name) in VERDICTS:
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
