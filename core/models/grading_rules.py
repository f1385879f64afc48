"""How a study is graded: what people see, what they must fill in, in which order subjects come."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from core.errors import BadInput, shortened


class Reveal(StrEnum):
    """When verdicts, the original label and others' grades are shown to the person who grades."""

    NEVER = "never"
    AFTER = "after"


class Asked(StrEnum):
    """Whether a field beside the criteria is there."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class ReferenceShown(StrEnum):
    """When the reference is shown."""

    BEFORE = "before"
    AFTER = "after"
    NEVER = "never"


class SubjectOrder(StrEnum):
    """In which order subjects come: a shuffle of one's own for every rater, or the order they were brought in."""

    RANDOM = "random"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingRules:
    """The settings of a study, stored as JSON in `StudySettings.settings`."""

    reveal: Reveal = Reveal.NEVER
    comment: Asked = Asked.OPTIONAL
    confidence: Asked = Asked.OFF
    reference: ReferenceShown = ReferenceShown.BEFORE
    order: SubjectOrder = SubjectOrder.RANDOM

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back unchanged."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "GradingRules":
        """Read back what `to_json` wrote; what is not there has its default, what is not known is left alone.

        Raises:
            BadInput: A setting has a value that it cannot have.
        """
        kinds: dict[str, type[StrEnum]] = {
            "reveal": Reveal,
            "comment": Asked,
            "confidence": Asked,
            "reference": ReferenceShown,
            "order": SubjectOrder,
        }
        read: dict[str, Any] = {}
        for name, kind in kinds.items():
            if name not in data:
                continue
            try:
                read[name] = kind(data[name])
            except ValueError:
                expected = "one of " + ", ".join(f'"{value}"' for value in kind)
                raise BadInput(where=f'setting "{name}"', found=shortened(data[name]), expected=expected) from None
        return cls(**read)
