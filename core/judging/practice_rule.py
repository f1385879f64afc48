"""A rule that answers a judge's prompt without understanding it: it counts words. It is no LLM, and says so.

The rule: *overlap* is the share of the distinct words of the references (where none are shown: of the input) that stand
in the judged output; where no output is shown, the share of the input's words that are distinct. Of two options the
first one is chosen from one half up; of more, the one as far down the list as the overlap is high; a number is as far
up its range. Of two outputs the one with more overlap is better, and equal ones tie. It is never unable to tell.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from core.judging.confidence import BANDS

MODEL: Final = "practice-no-llm"
"""What the practice server calls itself."""

RATIONALE: Final = "A rule, no LLM"
"""How every rationale begins."""

_FENCED: Final = re.compile(r"^<([\w-]+) ([0-9a-f]{8,})>\n(.*?)\n</\1 \2>$", re.DOTALL | re.MULTILINE)
_FORM: Final = re.compile(r"^Answer with a JSON object of this form[^\n]*\n\s*", re.MULTILINE)
_RANGE: Final = re.compile(r"^(a whole number|a number)(?: from (\S+) to (\S+))?(?: in steps of (\S+))?$")
_WORD: Final = re.compile(r"\w+")
_NOT_CHOSEN: Final = ("cannot_tell", "na")
_MOST_WORDS: Final = 40


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the rule looks at: how much the output, or each of two, has in common with what it should hold."""

    overlap: float
    first: float | None = None
    second: float | None = None

    @property
    def words(self) -> str:
        if self.first is None or self.second is None:
            return f"{RATIONALE}: an overlap of {self.overlap:.0%} in words."
        return f"{RATIONALE}: overlaps of {self.first:.0%} and {self.second:.0%} in words."


def completion(body: Mapping[str, Any]) -> str:
    """The reply to a chat request: a verdict in the form it asks for, else the beginning of what it shows.

    The form is read where Touchstone's own prompts state it: in the JSON object behind "Answer with a JSON object of
    this form". What stands between a prompt's marks is taken as the texts to judge, and nothing in it as a question.

    Args:
        body: A request of the OpenAI chat API.
    """
    prompt = "\n\n".join(_text(message.get("content")) for message in body.get("messages", ()))
    texts = [(found[1], found[3]) for found in _FENCED.finditer(prompt)]
    form = _form(_FENCED.sub("", prompt))
    if form is None:
        words = (texts[0][1] if texts else prompt).split()
        return f"{RATIONALE}: {' '.join(words[:_MOST_WORDS])}"
    return json.dumps(_filled(form, _seen(texts)), ensure_ascii=False)


def chat_completion(body: Mapping[str, Any], *, number: int, created: int) -> dict[str, Any]:
    """The same as an answer of the OpenAI chat API, with the words counted as tokens.

    Args:
        body: The request.
        number: Of the answer, for its id.
        created: Seconds since 1970.
    """
    reply = completion(body)
    words_in = sum(len(_text(message.get("content")).split()) for message in body.get("messages", ()))
    words_out = len(reply.split())
    return {
        "id": f"practice-{number}",
        "object": "chat.completion",
        "created": created,
        "model": MODEL,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": reply}, "finish_reason": "stop", "logprobs": None}
        ],
        "usage": {
            "prompt_tokens": words_in,
            "completion_tokens": words_out,
            "total_tokens": words_in + words_out,
        },
    }


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, Mapping))


def _form(prompt: str) -> dict[str, Any] | None:
    """The form of the answer that stands last in a prompt."""
    for place in reversed(list(_FORM.finditer(prompt))):
        try:
            form, _ = json.JSONDecoder().raw_decode(prompt, place.end())
        except ValueError:
            continue
        if isinstance(form, dict):
            return form
    return None


def _seen(texts: list[tuple[str, str]]) -> _Seen:
    def under(*names: str) -> list[str]:
        return [text for name, text in texts if re.sub(r"-\d+$", "", name) in names]

    wanted = _words(*(under("reference", "own-answer") or under("input")))
    outputs, first, second = under("output"), under("first-output"), under("second-output")
    if first or second:
        one, other = _share(wanted, _words(*first)), _share(wanted, _words(*second))
        return _Seen(max(one, other), one, other)
    if outputs:
        return _Seen(_share(wanted, _words(*outputs)))
    said = list(chain.from_iterable(_WORD.findall(text) for text in under("input")))
    return _Seen(len(wanted) / len(said) if said else 0.0)


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(text))


def _share(wanted: frozenset[str], found: frozenset[str]) -> float:
    return len(wanted & found) / len(wanted) if wanted else 0.0


def _filled(form: Mapping[str, Any], seen: _Seen) -> dict[str, Any]:
    """The form with its placeholders filled in; an answer within an answer likewise."""
    filled: dict[str, Any] = {}
    for name, asked in form.items():
        if isinstance(asked, Mapping):
            filled[name] = _filled(asked, seen)
        elif name == "rationale":
            filled[name] = seen.words
        elif name == "confidence":
            filled[name] = _band(seen)
        else:
            filled[name] = _chosen(str(asked).strip("<>").split(" | "), seen)
    return filled


def _chosen(allowed: list[str], seen: _Seen) -> str | float:
    ranged = _RANGE.match(allowed[0])
    if ranged:
        return _number(ranged, seen.overlap)
    options = [word for word in allowed if word.casefold() not in _NOT_CHOSEN] or allowed
    if seen.first is not None and seen.second is not None and {"first", "second"} <= set(options):
        return _side(options, seen.first, seen.second)
    if len(options) == 2:
        return options[0] if seen.overlap >= 0.5 else options[1]
    return options[min(int(seen.overlap * len(options)), len(options) - 1)]


def _side(options: list[str], first: float, second: float) -> str:
    if first == second:
        return "tie" if "tie" in options else "first"
    return "first" if first > second else "second"


def _number(ranged: re.Match[str], overlap: float) -> float:
    low, high = (float(ranged[2]), float(ranged[3])) if ranged[2] else (0.0, 100.0)
    step = float(ranged[4]) if ranged[4] else 1.0
    number = low + step * int(overlap * (high - low) / step)
    return int(number) if number.is_integer() else round(number, 6)


def _band(seen: _Seen) -> str:
    """The further from one half, the surer."""
    return BANDS[min(int(abs(seen.overlap - 0.5) * 2 * len(BANDS)), len(BANDS) - 1)].key
