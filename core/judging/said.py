"""What messages say, as plain text that can be compared, measured and hashed."""

import re
from collections.abc import Sequence
from hashlib import sha256
from json import dumps

from core.judging.asked import Messages

_WORD = re.compile(r"\w+")
_BLANK = re.compile(r"\s+")


def said(messages: Messages) -> str:
    """The words of messages, without their roles; messages are parted by an empty line."""
    return "\n\n".join(_words(message.get("content")) for message in messages)


def _words(content: object) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "\n".join(_words(part.get("text") if isinstance(part, dict) else part) for part in content)
    return dumps(content, ensure_ascii=False)


def compared(text: str, *, cased: bool, spaced: bool) -> str:
    """The text as it is compared: without case unless `cased`; blank space as single spaces unless `spaced`."""
    kept = text if spaced else _BLANK.sub(" ", text).strip()
    return kept if cased else kept.casefold()


def words_in(text: str) -> tuple[str, ...]:
    """Runs of letters, digits and underscores, in order."""
    return tuple(_WORD.findall(text))


def digest(text: str) -> str:
    """A hash of a text, 64 hexadecimal digits, whatever characters it has."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
