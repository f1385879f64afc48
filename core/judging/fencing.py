"""Fences around texts that others wrote: in a judge's prompt they are data, whatever they say."""

import hmac
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Fence:
    """Puts texts between marks that are derived from them by a keyed hash.

    Who writes a text does not know the key, so they cannot write its closing mark; the same text always gets the same
    mark, so the same request stays the same request.

    Args:
        key: Of the study.
        digits: Of a mark; enough of them that nobody guesses one.
    """

    key: str
    digits: int = 16

    def mark(self, name: str, text: str) -> str:
        """The mark of a text under its name; one that does not occur in the text."""
        turn = 0
        while True:
            signed = f"{name}\x00{turn}\x00{text}".encode("utf-8", "surrogatepass")
            found = hmac.new(self.key.encode(), signed, sha256).hexdigest()[: self.digits]
            if found not in text:
                return found
            turn += 1

    def around(self, name: str, text: str) -> str:
        """The text between an opening and a closing line that carry its mark; halves of characters become "?"."""
        text = text.encode("utf-8", "replace").decode()
        mark = self.mark(name, text)
        return f"<{name} {mark}>\n{text}\n</{name} {mark}>"
