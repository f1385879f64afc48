"""What messages say, as plain text that can be compared, measured and hashed."""

import re
from hashlib import sha256

from core.judging.asked import Messages
from core.judging.showing import text_of

_WORD = re.compile(r"\w+")
_BLANK = re.compile(r"\s+")


def said(messages: Messages) -> str:
    """The words of messages, without their roles; messages are parted by an empty line."""
    return "\n\n".join(text_of(message) for message in messages)


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
