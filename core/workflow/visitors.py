"""Who is at the browser. On a laptop a name is enough: attribution, not authentication."""

from unicodedata import category, normalize
from urllib.parse import quote, unquote

from core.errors import BadInput, shortened
from core.workflow.workspace import Visitor

COOKIE = "touchstone_name"
LONGEST_NAME = 80


def visitor_named(name: str) -> Visitor:
    """The visitor of this name; trimmed and normalised (NFC), compared exactly.

    Raises:
        BadInput: Empty, longer than 80 characters, or with control or invisible characters.
    """
    tidy = " ".join(normalize("NFC", name).split())
    if not 1 <= len(tidy) <= LONGEST_NAME or any(category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") for letter in tidy):
        raise BadInput(where="name", found=shortened(name), expected=f"1 to {LONGEST_NAME} visible characters")
    return Visitor(tidy)


def visitor_from_cookie(value: str | None) -> Visitor:
    """The visitor a cookie names; an unknown one where it is missing or names nobody."""
    if not value:
        return Visitor()
    try:
        return visitor_named(unquote(value, errors="strict"))
    except (BadInput, UnicodeDecodeError):
        return Visitor()


def cookie_of(visitor: Visitor) -> str:
    """The cookie's value for a visitor."""
    return quote(visitor.name, safe="")
