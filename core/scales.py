"""The declared scale of a criterion: which values exist, in which order, worth what.

A scale is declared by the study, never inferred from the values that happen to occur: an inferred scale
changes weights and chance agreement. Storage and pages know it as JSON, statistics as codes 0..q-1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from json import dumps
from math import isfinite
from typing import Any, Literal

from core.errors import BadInput, shortened

MISSING = -1
"""The code of a rating that has no value."""

AlphaLevel = Literal["nominal", "ordinal", "interval", "ratio"]


class ScaleKind(StrEnum):
    """What the values of a scale mean to each other."""

    BINARY = "binary"
    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"
    PREFERENCE = "preference"


@dataclass(frozen=True, slots=True)
class Option:
    """One allowed value.

    Attributes:
        key: Stable name stored with every rating; never changes when the label is reworded.
        label: What people read.
        value: Its number on the scale; None where only the position counts.
        definition: When to choose it.
    """

    key: str
    label: str
    value: float | None = None
    definition: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredScale:
    """A kind and its allowed values: a list of options, or a range of numbers (`low` to `high` in steps).

    Attributes:
        kind: See `ScaleKind`.
        options: In order, lowest first; empty for a scale of free numbers.
        low, high, step: The range of a scale of free numbers; None where open.
        positive: Key of the option that counts as "pass" for rates; None where there is none.
    """

    kind: ScaleKind
    options: tuple[Option, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None
    positive: str | None = None

    def __post_init__(self) -> None:
        """Refuse a scale that cannot be rated on.

        Raises:
            BadInput: Options are missing, doubled or out of order; the range is empty.
        """
        _refuse_wrong_keys(self.kind, self.keys)
        _refuse_wrong_range(self.kind, self.keys, self.low, self.high, self.step)
        _refuse_wrong_values(self.kind, [option.value for option in self.options])
        if self.positive is not None and self.positive not in self.keys:
            found, expected = shortened(self.positive), f"one of {', '.join(self.keys)}"
            raise BadInput(where=f"{self.kind} scale, positive option", found=found, expected=expected)

    @property
    def is_numeric(self) -> bool:
        """Whether ratings are free numbers, stored in `Rating.number`, and not options."""
        return not self.options

    @property
    def keys(self) -> tuple[str, ...]:
        """The option keys in order; their index is the code."""
        return tuple(option.key for option in self.options)

    @property
    def alpha_level(self) -> AlphaLevel:
        """The level at which Krippendorff's alpha reads this scale; a preference is interval on -1, 0, 1."""
        levels: dict[ScaleKind, AlphaLevel] = {
            ScaleKind.ORDINAL: "ordinal",
            ScaleKind.INTERVAL: "interval",
            ScaleKind.RATIO: "ratio",
            ScaleKind.PREFERENCE: "nominal",
        }
        return levels.get(self.kind, "nominal")

    def code(self, key: str | None) -> int:
        """The code of an option key, 0..q-1; `MISSING` for None or a key outside the scale."""
        return self.codes_by_key().get(key, MISSING) if key is not None else MISSING

    def codes_by_key(self) -> dict[str, int]:
        """Option key -> code."""
        return {option.key: code for code, option in enumerate(self.options)}

    def option(self, key: str) -> Option:
        """The option with this key.

        Raises:
            BadInput: No option has it.
        """
        for option in self.options:
            if option.key == key:
                return option
        raise BadInput(where="value", found=shortened(key), expected=f"one of {', '.join(self.keys)}")

    def values(self) -> tuple[float, ...]:
        """A number for every option: its declared value, else its position 0..q-1 (a preference: B -1, tie 0, A 1)."""
        if self.kind is ScaleKind.PREFERENCE:
            return tuple(_PREFERENCE_VALUES[option.key] for option in self.options)
        if any(option.value is None for option in self.options):
            return tuple(float(code) for code in range(len(self.options)))
        return tuple(float(option.value) for option in self.options if option.value is not None)

    def read(self, raw: object) -> str | float | None:
        """The option key or number that `raw` stands for; None if it stands for none (outside the scale, NaN, "").

        Booleans, "1", 1.0 and 1 are the same on a scale whose keys, labels or values include 1. Keys win over labels,
        labels over values; labels are compared without case and surrounding space.
        """
        if raw is None or (isinstance(raw, float) and not isfinite(raw)):
            return None
        return self._read_number(raw) if self.is_numeric else self._read_option(raw)

    def _read_number(self, raw: object) -> float | None:
        try:
            number = float(str(raw).strip()) if not isinstance(raw, bool) else float(raw)
        except ValueError:
            return None
        inside = (
            isfinite(number) and (self.low is None or self.low <= number) and (self.high is None or number <= self.high)
        )
        return number if inside else None

    def _read_option(self, raw: object) -> str | None:
        text = str(raw).strip()
        folded = text.casefold()
        if not text or text in self.keys:
            return text or None
        for option in self.options:
            if folded in (option.key.casefold(), option.label.strip().casefold()):
                return option.key
        if isinstance(raw, bool) or folded in ("true", "false"):
            return self._read_boolean(folded == "true")
        number = _as_number(text)
        matching = (
            one.key for one in self.options if number is not None and number in (one.value, _as_number(one.key))
        )
        return next(matching, None)

    def _read_boolean(self, raw: bool) -> str | None:  # noqa: FBT001 - the value itself is a boolean
        by_value = {option.value: option.key for option in self.options}
        if float(raw) in by_value:
            return by_value[float(raw)]
        if self.kind is ScaleKind.BINARY and self.positive is not None:
            others = [key for key in self.keys if key not in (self.positive, "na")]
            return self.positive if raw else others[0]
        return None

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back unchanged."""
        return asdict(self) | {"kind": self.kind.value, "options": [asdict(option) for option in self.options]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "DeclaredScale":
        """Read back what `to_json` wrote."""
        options = tuple(Option(**option) for option in data.get("options", ()))
        rest = {name: data.get(name) for name in ("low", "high", "step", "positive")}
        return cls(kind=ScaleKind(data["kind"]), options=options, **rest)

    def fingerprint(self) -> str:
        """A hash of everything declared: two scales with the same fingerprint are the same scale."""
        return sha256(dumps(self.to_json(), sort_keys=True, ensure_ascii=True).encode()).hexdigest()


_PREFERENCE_KEYS = ("A", "tie", "B", "both_bad")
_PREFERENCE_VALUES = {"A": 1.0, "tie": 0.0, "B": -1.0, "both_bad": float("nan")}
_NEED_OPTIONS = {ScaleKind.BINARY, ScaleKind.NOMINAL, ScaleKind.ORDINAL, ScaleKind.PREFERENCE}
_NUMERIC = {ScaleKind.INTERVAL, ScaleKind.RATIO}


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _refuse_wrong_keys(kind: ScaleKind, keys: Sequence[str]) -> None:
    where = f"{kind} scale"
    for key in keys:
        if not key.strip() or key != key.strip() or len(key) > 64:
            raise BadInput(where="option key", found=shortened(key), expected="1 to 64 characters without space around")
        if [other.casefold() for other in keys].count(key.casefold()) > 1:
            raise BadInput(where="option key", found=f"{shortened(key)} twice", expected="every key once")
    if len(keys) == 1 or (not keys and kind in _NEED_OPTIONS):
        expected = "at least 2" if kind in _NEED_OPTIONS else "none or at least 2"
        raise BadInput(where=where, found=f"{len(keys)} option(s)", expected=expected)
    if kind is ScaleKind.BINARY and len(set(keys) - {"na"}) != 2:
        raise BadInput(where=where, found=f"options {list(keys)}", expected='two options, and "na" if wanted')
    if kind is ScaleKind.PREFERENCE and not {"A", "B"} <= set(keys) <= set(_PREFERENCE_KEYS):
        expected = '"A", "B", and "tie", "both_bad" if wanted'
        raise BadInput(where=where, found=f"options {list(keys)}", expected=expected)


def _refuse_wrong_range(
    kind: ScaleKind, keys: Sequence[str], low: float | None, high: float | None, step: float | None
) -> None:
    where = f"{kind} scale"
    if not keys and (low is None) != (high is None):
        raise BadInput(where=where, found="one end of the range", expected="both ends, or neither")
    if low is not None and high is not None and not low < high:
        raise BadInput(where=where, found=f"range {low:g} to {high:g}", expected="a low end below the high end")
    if step is not None and not step > 0:
        raise BadInput(where=where, found=f"step {step:g}", expected="a step above 0")


def _refuse_wrong_values(kind: ScaleKind, values: Sequence[float | None]) -> None:
    where = f"{kind} scale"
    numbers = [value for value in values if value is not None]
    if not all(isfinite(value) for value in numbers):
        raise BadInput(where=where, found=f"values {list(values)}", expected="finite numbers")
    if kind in _NUMERIC and len(numbers) != len(values):
        raise BadInput(where=where, found="an option without a number", expected="a number for every option")
    if kind in _NUMERIC and numbers != sorted(set(numbers)):
        raise BadInput(where=where, found=f"values {numbers}", expected="rising numbers, none twice")


def preference(*, tie: bool = True, both_bad: bool = False) -> DeclaredScale:
    """A / tie / B, optionally "both bad" (which is outside the order)."""
    options = [Option("A", "A is better", 1.0)]
    options += [Option("tie", "Tie", 0.0)] if tie else []
    options += [Option("B", "B is better", -1.0)]
    options += [Option("both_bad", "Both bad")] if both_bad else []
    return DeclaredScale(ScaleKind.PREFERENCE, tuple(options))


def likert(
    low: int, high: int, labels: Mapping[int, str] | None = None, *, kind: ScaleKind = ScaleKind.ORDINAL
) -> DeclaredScale:
    """Whole numbers from `low` to `high` as options, with their value; ordinal unless said otherwise."""
    labels = labels or {}
    options = tuple(Option(str(n), labels.get(n, str(n)), float(n)) for n in range(low, high + 1))
    return DeclaredScale(kind, options)


def yes_no(*, na: bool = False) -> DeclaredScale:
    """YES / NO, YES = requirement met; with NA where the question may not apply."""
    options = (Option("yes", "Yes", 1.0), Option("no", "No", 0.0))
    return DeclaredScale(ScaleKind.BINARY, options + ((Option("na", "NA"),) if na else ()), positive="yes")


def pass_fail() -> DeclaredScale:
    """Pass / fail."""
    return DeclaredScale(ScaleKind.BINARY, (Option("pass", "Pass", 1.0), Option("fail", "Fail", 0.0)), positive="pass")
