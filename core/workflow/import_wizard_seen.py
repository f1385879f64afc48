"""What the proposals of the import wizard are made from and of."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.importing.detection import Detected, Shape, guess_roles
from core.workflow.import_wizard_scales import GuessedScale, guess_scale


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file at first sight, and what a person took it for.

    Attributes:
        shape: What one record is; None: the file takes no part of its own, it is at most looked up in.
        item_id: Template that names its items; "" where the proposal chooses.
    """

    detected: Detected
    shape: Shape | None
    item_id: str = ""

    @property
    def name(self) -> str:
        """As it was handed in."""
        return self.detected.name

    @property
    def roles(self) -> dict[str, str]:
        """Role -> column; a name with braces or bars cannot stand in a template, so that a person has to say."""
        found = guess_roles(self.detected)
        return {role: column for role, column in found.items() if can_be_read_alone(column)}

    def several(self, role: str) -> list[str]:
        """The columns of a numbered role, in order."""
        roles = self.roles
        return [roles[name] for name in roles if re.fullmatch(rf"{role}_\d+", name)]

    def values(self, columns: Sequence[str]) -> tuple[list[str], bool]:
        """Different values of columns, and whether there are more."""
        found = [self.detected.column(name) for name in columns]
        values = dict.fromkeys(value for column in found for value in column.values)
        return list(values), any(column.more_values for column in found)


@dataclass(frozen=True, slots=True)
class RatingsDraft:
    """Ratings of one file before their questions have names.

    Attributes:
        entry: A `[[ratings]]` entry without file, criterion and what its values mean.
        raw: Different raw values.
        guess: The scale they are on.
        questions: Criterion keys that the file itself names; empty: one question for all.
        name: What the one question may be called.
    """

    entry: Mapping[str, Any]
    raw: Sequence[str]
    guess: GuessedScale
    name: str
    questions: tuple[str, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Around:
    """What is known before a file's ratings are looked at.

    Attributes:
        content: Name of the file with the texts, which a judge's file may be named after.
        on_pair: Whether pairs are judged.
        systems: Names of systems, which a preference may name.
    """

    content: str
    on_pair: bool
    systems: Collection[str] = ()

    def scale_of(self, raw: Sequence[str], *, more: bool = False) -> GuessedScale:
        """The scale that raw values are probably on."""
        return guess_scale(raw, more=more, pair=self.on_pair, systems=self.systems)


def can_be_read_alone(column: str) -> bool:
    """Whether a template can name this column."""
    return bool(column) and column == column.strip() and not column.startswith("@") and not set(column) & set("{}|")


def template(column: str) -> str:
    """The template that reads a column alone."""
    return "{" + column + "}"
