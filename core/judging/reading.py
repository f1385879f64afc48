"""Reads a judge's reply: tolerant of its form, strict about its meaning.

The verdict that is offered last counts. What is outside the scale, cut off, refused, or said in two ways without one
being the last word stays unread, with its cause; nothing is ever guessed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.errors import shortened
from core.judging.asked import Ask, Reading, ReadVerdict, Reply
from core.judging.asking_format import range_text, words_of
from core.judging.choices import Choices
from core.judging.confidence import band_middle, option_probabilities
from core.judging.loose_json import FoundObjects, find_objects
from core.judging.offers import Offer, json_offers
from core.judging.prose_offers import mentions, prose_offers
from core.judging.spec import ConfidenceSource
from core.judging.verdict_words import Said

EMPTY: Final = "empty reply"
CUT_OFF: Final = "cut off"
NO_VERDICT: Final = "no verdict found"
OUT_OF_SCALE: Final = "out of scale"
REFUSED: Final = "refused"
TWO_VERDICTS: Final = "two different verdicts"

_THOUGHT: Final = re.compile(r"<(think|thinking|thought|reasoning|reflection)>", re.IGNORECASE)
_END_OF_THOUGHTS: Final = re.compile(
    r"^.*</(?:think|thinking|thought|reasoning)>[ \t]*(?=\n|$|\{\s*\"\w|```[\w-]*[ \t]*\n)", re.DOTALL | re.IGNORECASE
)
"""What stands behind it begins an answer, and cannot stand behind a tag that a JSON string quotes: there quotes and
line breaks are escaped."""
_OPEN_THOUGHTS: Final = re.compile(r"^\s*<(?:think|thinking|thought|reasoning)>.*$", re.DOTALL | re.IGNORECASE)
_REFUSAL: Final = re.compile(
    r"^\W{0,9}(?:(?:(?:i'm|i am) (?:\w+ )?sorry|i apologi[sz]e|sorry|unfortunately|as an? (?:ai|language model))\b"
    r"[^\n]{0,80}?)?"
    r"\bi(?: (?:must |have to )?decline\b"
    r"|(?: (?:cannot|can't|can not|could not|won't|will not)|(?:'m| am) (?:unable to|not able to|not comfortable))"
    r" (?:be able to )?(?:help|assist|comply|provide|judg(?:e|ing)|evaluat(?:e|ing)|engag(?:e|ing)|do|fulfill?|answer"
    r"|continue|respond|discuss(?:ing)?|rat(?:e|ing)|grad(?:e|ing)|complete|process|review(?:ing)?|assess(?:ing)?"
    r"|support|proceed|with)\b)",
    re.IGNORECASE,
)
_STARTS_WITH_ANSWER: Final = re.compile(r"\s*(?:```[\w-]*\s*)?[\[{]")
_STRAY_MEMBER: Final = re.compile(r"[\"'“]verdict[\"'”]\s{0,9}:", re.IGNORECASE)
_FENCE_LINE: Final = re.compile(r"^[ \t]*```[\w-]*[ \t]*$", re.MULTILINE)
_NOT_A_BREAK: Final = re.compile(r"[^\n]")
_RATIONALE_LABEL: Final = re.compile(
    r"^\W*(?:rationale|reasons?|reasoning|explanation|justification)[*_ \t]*:[*_ \t]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What was found for one question: an offer that counts, or why none does."""

    offer: Offer | None
    cause: str = ""
    error: str = ""


def read_reply(ask: Ask, reply: Reply, *, confidence: ConfidenceSource = ConfidenceSource.NONE) -> Reading:
    """What a reply says on every question of a call.

    Args:
        ask: What was asked, and in which order the outputs stood.
        reply: As it came.
        confidence: Where the confidence is taken from; a vote share is computed elsewhere.

    Returns:
        A verdict for every question. Some may be read and others not: then the reading is unreadable and keeps those.
    """
    if reply.refusal.strip():
        return _refused(ask, reply.refusal)
    if not reply.text.strip() and reply.finish == "content_filter":
        return _refused(ask, "the provider's content filter")
    if not reply.text.strip():
        cause = CUT_OFF if reply.finish == "length" else EMPTY
        absent = tuple(ReadVerdict(question.id, absence="unreadable") for question in ask.questions)
        return Reading("unreadable", absent, cause, "found no text; expected a verdict")
    offers = _offers(ask, reply)
    words = without_thinking(reply.text)
    if not offers and (reply.finish == "content_filter" or _REFUSAL.match(words.replace("’", "'"))):
        return _refused(ask, words)
    outcomes = [
        _explained(
            _decided([offer for offer in offers if offer.place == place], reply.text),
            Choices(question, ask.order),
            reply,
        )
        for place, question in enumerate(ask.questions)
    ]
    rest = _prose_around([outcome.offer for outcome in outcomes], ask, reply)
    verdicts = tuple(_verdict(ask, place, outcome, reply, confidence, rest) for place, outcome in enumerate(outcomes))
    failed = [(question.name, one) for question, one in zip(ask.questions, outcomes, strict=True) if one.offer is None]
    if not failed:
        return Reading("ok", verdicts)
    name, first = failed[0]
    return Reading("unreadable", verdicts, first.cause, f"{shortened(_clean(name))}: {_clean(first.error)}")


def without_thinking(text: str) -> str:
    """A reply without what the model thought aloud between tags before it answered."""
    return _blanked_thoughts(text, blank="")


def _blanked_thoughts(text: str, *, blank: str = " ") -> str:
    """Thoughts taken out, or blank in the same length; a reply that begins with its answer has none before it."""
    if _STARTS_WITH_ANSWER.match(text):
        return text
    text = _without_closed_thoughts(text, blank)
    for pattern in (_END_OF_THOUGHTS, _OPEN_THOUGHTS):
        text = pattern.sub(lambda found: blank * len(found.group()), text)
    return text


def _without_closed_thoughts(text: str, blank: str) -> str:
    """Thoughts with an opening and a closing tag taken out, or blank."""
    kept: list[str] = []
    begun, position, endless = 0, 0, set[str]()
    while (opening := _THOUGHT.search(text, position)) is not None:
        name = opening[1].lower()
        closing = None if name in endless else re.compile(f"</{name}>", re.IGNORECASE).search(text, opening.end())
        if closing is None:
            endless.add(name)
            position = opening.end()
            continue
        position = closing.end()
        kept += [text[begun : opening.start()], blank * (position - opening.start())]
        begun = position
    return "".join([*kept, text[begun:]])


def _offers(ask: Ask, reply: Reply) -> list[Offer]:
    """Everything the reply offers, in order; without what may have been cut off."""
    text = _blanked_thoughts(reply.text)
    found = find_objects(text)
    outside = _FENCE_LINE.sub(lambda line: " " * len(line.group()), blanked(text, found))
    in_prose = prose_offers(ask, outside) if outside.strip() else []
    offers = sorted([*json_offers(ask, found), *in_prose], key=lambda offer: offer.start)
    if found.open_at is not None:  # what follows may still be the judge's own words, or what it quotes
        offers = [_as_hint(offer) if offer.start > found.open_at else offer for offer in offers]
    if found.has_broken and reply.finish == "length":
        offers = [_as_hint(offer) if offer.is_prose else offer for offer in offers]
    if found.is_loose or _STRAY_MEMBER.search(outside):
        offers = _without_quotations(offers, mentions(ask, text))
    return [offer for offer in offers if offer.is_complete or reply.finish != "length"]


def _as_hint(offer: Offer) -> Offer:
    return replace(offer, is_firm=False, is_hint=True)


def blanked(text: str, found: FoundObjects) -> str:
    """The text with spaces where its objects stand; line breaks stay."""
    for members in found.objects:
        inside = _NOT_A_BREAK.sub(" ", text[members.start : members.end])
        text = text[: members.start] + inside + text[members.end :]
    return text


def _without_quotations(offers: list[Offer], mentioned: list[Offer]) -> list[Offer]:
    """Where an object is not well-formed, what was read may be a quotation: all that is said must be the same."""
    said: dict[int, set[Said | None]] = {}
    for offer in (*offers, *mentioned):
        said.setdefault(offer.place, set()).add(offer.said)
    return [replace(offer, has_rival=offer.has_rival or len(said[offer.place]) > 1) for offer in offers]


def _decided(offers: list[Offer], text: str) -> _Outcome:
    """The offer that counts for a question: the last firm one.

    Not if something after it says otherwise; nor if another firm one does and the last is not clearly the last word.
    Prose never overrules an object: it may have been quoted in a text of the object that was not well written.
    """
    firm = [offer for offer in offers if offer.is_firm]
    if not firm:
        return _decided_by_sentences(offers)
    last = firm[-1]
    later = [offer for offer in offers if offer.start >= last.end and offer.said != last.said]
    rivals = [offer for offer in firm if offer.said != last.said]
    is_overruling = last.is_prose and not all(offer.is_prose for offer in rivals)
    unsure = is_overruling or not (last.is_final or _ends_reply(last, text))
    if last.has_rival or later or (unsure and rivals):
        return _Outcome(None, TWO_VERDICTS, _said_by([*rivals, *later, last]))
    return _Outcome(last) if last.said is not None else _out_of_scale(last)


def _ends_reply(offer: Offer, text: str) -> bool:
    """Whether it begins a line and nothing comes behind it."""
    begin, end = offer.outer
    before = text[text.rfind("\n", 0, begin) + 1 : begin]
    return not before.strip(" \t`[*_") and not text[end:].strip(" \t\r\n`]})")


def _decided_by_sentences(offers: list[Offer]) -> _Outcome:
    """Sentences must agree, or one says that it is the final word."""
    final = [offer for offer in offers if offer.is_final]
    counting = final or offers
    plain = [offer for offer in counting if not offer.is_hint]
    if not plain:
        return _Outcome(None, NO_VERDICT)
    last = plain[-1]
    if len({offer.said for offer in counting}) > 1 or last.has_rival:
        return _Outcome(None, TWO_VERDICTS, _said_by(counting))
    return _Outcome(last) if last.said is not None else _out_of_scale(last)


def _said_by(offers: Sequence[Offer]) -> str:
    found = " and ".join(dict.fromkeys(shortened(offer.raw) for offer in offers))
    return f"found {found}; expected one verdict, or one that is clearly the last"


def _out_of_scale(offer: Offer) -> _Outcome:
    return _Outcome(None, OUT_OF_SCALE, f"found {shortened(offer.raw)}")


def _explained(outcome: _Outcome, choices: Choices, reply: Reply) -> _Outcome:
    """The cause and error of a question without an offer that counts."""
    if outcome.offer is not None:
        return outcome
    scale = choices.question.scale
    allowed = ", ".join(((range_text(scale),) if scale.is_numeric else ()) + choices.words)
    if outcome.cause == NO_VERDICT and reply.finish == "length":
        return _Outcome(None, CUT_OFF, f"the reply ended at its longest; expected one of {allowed}")
    if outcome.cause == NO_VERDICT:
        return _Outcome(None, NO_VERDICT, f"found {shortened(reply.text)}; expected one of {allowed}")
    if outcome.cause == OUT_OF_SCALE:
        return replace(outcome, error=f"{outcome.error}; expected one of {allowed}")
    return outcome


def _verdict(ask: Ask, place: int, outcome: _Outcome, reply: Reply, source: ConfidenceSource, rest: str) -> ReadVerdict:
    question, offer = ask.questions[place], outcome.offer
    if offer is None or offer.said is None:
        return ReadVerdict(question.id, absence="unreadable")
    said = offer.said
    probabilities = None
    if source is ConfidenceSource.TOKENS and said.option is not None:
        spellings = words_of(question, ask.order)
        probabilities = option_probabilities(reply.tokens, reply.text, offer.start, spellings)
    confidence = band_middle(offer.confidence) if source is ConfidenceSource.VERBAL else None
    if probabilities is not None and said.option is not None:
        confidence = probabilities[said.option]
    return ReadVerdict(
        question.id,
        option=said.option,
        number=said.number,
        absence="abstained" if said.is_abstention else None,
        rationale=_clean(offer.rationale or rest),
        confidence=confidence,
        probabilities=probabilities,
    )


def _prose_around(offers: Sequence[Offer | None], ask: Ask, reply: Reply) -> str:
    """What stands beside the verdict of a reply in prose; "" for JSON and for several questions."""
    offer = offers[0] if len(ask.questions) == 1 else None
    if offer is None or not offer.is_prose:
        return ""
    text = _blanked_thoughts(reply.text)
    begin = text.rfind("\n", 0, offer.start) + 1
    end = text.find("\n", offer.end)
    kept = text[:begin] + text[end:] if end >= 0 else text[:begin]
    beside = text[begin : end if end >= 0 else len(text)] if not kept.strip() and len(text.split()) > 3 else ""
    return _RATIONALE_LABEL.sub("", _FENCE_LINE.sub("", kept + beside)).strip()


def _clean(text: str) -> str:
    """A text that every database and file can hold: without NUL and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def _refused(ask: Ask, words: str) -> Reading:
    verdicts = tuple(ReadVerdict(question.id, absence="refused") for question in ask.questions)
    return Reading("refused", verdicts, REFUSED, f"the model refused: {shortened(_clean(words), 200)}")
