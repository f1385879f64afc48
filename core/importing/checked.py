"""What pass one found: counts, problems, what is new and what is not, and the first subjects as they will be graded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.importing.problems import Problem, SetAside
from core.importing.records import Message
from core.scales import DeclaredScale


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file, its part, and how it was read."""

    role: str
    name: str
    kind: str
    encoding: str
    delimiter: str
    n_rows: int


@dataclass(frozen=True, slots=True)
class Compared:
    """How many there are in the files, and how they stand to the study: new + known + changed = all.

    Attributes:
        changed: There already, with other content or another value; reported, never overwritten.
    """

    total: int
    new: int
    known: int
    changed: int


@dataclass(frozen=True, slots=True)
class CriterionCounts:
    """Ratings of one criterion version.

    Attributes:
        n_values: With an option or number.
        absences: Absence -> how many without a value.
        brought: Whether the import adds the criterion to the study.
    """

    lineage: str
    version: int
    name: str
    n_values: int
    absences: Mapping[str, int]
    brought: bool


@dataclass(frozen=True, slots=True)
class PreviewCriterion:
    """A question as it will be asked."""

    lineage: str
    name: str
    question: str
    guidance: str
    applies_to: str
    scale: DeclaredScale


@dataclass(frozen=True, slots=True)
class PreviewRating:
    """A rating that came along.

    Attributes:
        value: Option key or number; "" where there is only an absence.
        absence: Why there is no value; "" where there is one.
    """

    rater: str
    kind: str
    criterion: str
    value: str
    absence: str
    rationale: str


@dataclass(frozen=True, slots=True)
class PreviewSubject:
    """A subject as the grading page will show it.

    Attributes:
        outputs: Messages of A, then B; empty for an item. System names are not part of it: graders are blind.
        ratings: The first of those that came along, which the importer sees and graders do not.
    """

    key: str
    kind: str
    item: str
    messages: Sequence[Message]
    context: str | None
    references: tuple[str, ...]
    outputs: tuple[Sequence[Message], ...]
    criteria: tuple[PreviewCriterion, ...]
    ratings: tuple[PreviewRating, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedImport:
    """The whole of what pass one found; nothing has been written.

    Attributes:
        subjects: Kind -> how they stand to the study.
        raters: Kind -> number of raters.
        ratings: All rating rows.
        set_aside: Raw values that gave no option or number, with counts.
        n_missing: Values that leave no rating at all.
        problems: The first of `n_problems`; with any, the import is refused.
        changed: The first of the rows and contents that differ from the study's; they are left out.
        preview: The first three subjects.
    """

    files: tuple[CheckedFile, ...]
    items: Compared
    outputs: Compared
    references: Compared
    systems: Compared
    subjects: Mapping[str, Compared]
    raters: Mapping[str, int]
    ratings: Compared
    criteria: tuple[CriterionCounts, ...]
    set_aside: tuple[SetAside, ...]
    n_missing: int
    problems: tuple[Problem, ...]
    n_problems: int
    changed: tuple[Problem, ...]
    preview: tuple[PreviewSubject, ...]

    @property
    def can_run(self) -> bool:
        """Whether nothing stands against the import."""
        return self.n_problems == 0

    @property
    def adds_nothing(self) -> bool:
        """Whether the study has everything already."""
        compared = (self.items, self.outputs, self.references, self.ratings, *self.subjects.values())
        return all(part.new == 0 for part in compared) and not any(criterion.brought for criterion in self.criteria)
