"""From what a file writes to what the scale knows: an option, a number, or a reason why there is neither."""

from collections.abc import Mapping
from typing import NamedTuple

from core.errors import BadInput, shortened
from core.importing.mapping import RatingsEntry
from core.importing.shapes.probabilities import TIED
from core.importing.templates import plain
from core.scales import DeclaredScale

_REMEMBERED = 10_000


class Reading(NamedTuple):
    """What a raw value means.

    Attributes:
        option, number, absence: At most one is set; none of them: there is no rating.
        treated: "" for a value; else as in `core.importing.problems.SetAside`.
        declared: Whether the mapping named the value.
    """

    option: str | None = None
    number: float | None = None
    absence: str | None = None
    treated: str = ""
    declared: bool = False


class ValueReader:
    """Reads the raw values of one `[[ratings]]` on one scale.

    Where the mapping lists `values`, only those and the option keys themselves count; "1" then never means the option
    whose number happens to be 1.
    """

    def __init__(self, entry: RatingsEntry, scale: DeclaredScale, *, where: str) -> None:
        self._scale, self._unmapped = scale, entry.unmapped
        self._values = _checked(entry.values, scale, where)
        self._strict = bool(entry.values) and not scale.is_numeric
        self._absent: Mapping[str, str] = {"": "missing", TIED: "abstained"} | dict(entry.absent)
        self._known: dict[str, Reading] = {}

    def read(self, raw: object) -> Reading:
        """What a raw value means; the same for 4, 4.0, "4" and, where nothing else fits, "4.0"."""
        text = raw if isinstance(raw, str) else plain(raw)
        known = self._known.get(text)
        if known is None:
            known = self._read(text.strip())
            if len(self._known) < _REMEMBERED:
                self._known[text] = known
        return known

    def _read(self, text: str) -> Reading:
        for form in (text, _as_whole(text)):
            if form in self._absent:
                return _aside(self._absent[form], declared=True)
            if form in self._values:
                return self._value(self._values[form])
        if self._strict:
            return Reading(option=text) if text in self._scale.keys else _aside(self._unmapped, declared=False)
        return self._value(text)

    def _value(self, text: str) -> Reading:
        value = self._scale.read(text)
        if value is None:
            return _aside(self._unmapped, declared=False)
        return Reading(option=value) if isinstance(value, str) else Reading(number=value)


def _aside(treated: str, *, declared: bool) -> Reading:
    absence = None if treated in ("missing", "stop") else treated
    return Reading(absence=absence, treated=treated, declared=declared)


def _as_whole(text: str) -> str:
    head, _, tail = text.partition(".")
    return head if tail and not tail.strip("0") else text


def _checked(values: Mapping[str, str], scale: DeclaredScale, where: str) -> Mapping[str, str]:
    for raw, target in values.items():
        known = scale.read(target) is not None if scale.is_numeric else target in scale.keys
        if not known:
            expected = "a number of the scale" if scale.is_numeric else f"one of {', '.join(scale.keys)}"
            raise BadInput(where=f'{where}.values, "{raw}"', found=shortened(target), expected=expected)
    return values
