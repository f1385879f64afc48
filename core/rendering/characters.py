"""Characters that a reader cannot see, made visible.

A text under judgement may carry characters that show nothing or turn the line round: bidirectional overrides,
zero-width spaces, tag characters, control codes, lone surrogates. A judge reads them, a person does not; so each is
shown as its code point, `⟦U+202E⟧`. Joiners and variation selectors stay where writing systems and emoji need them.
"""

import re

# Blank or line-turning characters (Unicode 16: default ignorable, bidi and general controls, fillers, surrogates,
# noncharacters). Tab and newline are left out: layout shows them.
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U0001fffe\U0001ffff\U000e0000-\U000e0fff\U000ffffe-\U000fffff"
    "\U0010fffe\U0010ffff"
)
# Scripts that join letters with U+200C and U+200D, and the symbols that emoji sequences are made of.
_JOINED = (
    "\u0600-\u061b\u061d-\u115e\u1161-\u17b3\u17b6-\u180a\u1810-\u1cff\u2190-\u27ff\u2900-\u2bff\U0001f000-\U0001faff"
)
_SUSPECT = re.compile(f"[{_UNSEEN}\u200c\u200d\ufe0e\ufe0f]")
_PATTERN = re.compile(
    f"[{_UNSEEN}]"
    f"|(?<![{_JOINED}\ufe0f])[\u200c\u200d]"
    f"|[\u200c\u200d](?![{_JOINED}])"
    "|(?<![0-9#*\xa9\xae\u2030-\u205f\u2100-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff])[\ufe0e\ufe0f]"
)
_MARK = re.compile("⟦(U\\+[0-9A-F]{4,6})⟧")


def marked(text: str) -> str:
    """The text with newlines as line ends and each unseen character replaced by its code point, as in `⟦U+202E⟧`.

    Works on text and on HTML whose markup is ASCII. The result can be encoded as UTF-8, whatever came in.
    """
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _SUSPECT.search(lines):  # most texts; the full pattern looks around at every character
        return lines
    return _PATTERN.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", lines)


def with_marks(html: str) -> str:
    """The HTML with each code point mark in its text wrapped in `<span class="mark">`."""
    return _MARK.sub(r'<span class="mark">\1</span>', html)
