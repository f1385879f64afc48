"""What is wrong with the rows of an import, collected so that a person sees many at once, and what was set aside."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import FileProblem, shortened

KEPT = 200
"""Problems that are shown; the others are counted."""

DISTINCT = 1_000
"""Distinct raw values that are counted one by one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should look at.

    Attributes:
        file, line, column: Where; line None and column "" where it is not one of them.
        found, expected: What stood there, and what would have been accepted.
    """

    file: str
    line: int | None
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        """One sentence."""
        return str(self.as_error())

    def as_error(self) -> FileProblem:
        """The same as an error."""
        return FileProblem(
            file=self.file, line=self.line, column=self.column or None, found=self.found, expected=self.expected
        )


@dataclass
class Problems:
    """The first `KEPT` problems, and how many there were."""

    kept: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it while there is room."""
        self.total += 1
        if len(self.kept) < KEPT:
            self.kept.append(problem)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A raw value that gave no option or number.

    Attributes:
        file, ratings: The file's name, and which of the mapping's `[[ratings]]` (from 0).
        value: As the file writes it, shortened; "" for empty and null.
        treated: "stop" (the import is refused), "missing" (no rating), or the absence its ratings have.
        declared: Whether the mapping names the value (`absent`), rather than leaving it to `unmapped`.
        first_line: Where it stood first.
    """

    file: str
    ratings: int
    value: str
    count: int
    treated: str
    declared: bool
    first_line: int


class Tally:
    """Counts of raw values set aside, for one file and `[[ratings]]`."""

    def __init__(self, file: str, ratings: int) -> None:
        self.file, self.ratings = file, ratings
        self._counts: Counter[tuple[str, str, bool]] = Counter()
        self._first: dict[tuple[str, str, bool], int] = {}

    def add(self, value: str, treated: str, line: int, *, declared: bool) -> None:
        """Count one; beyond `DISTINCT` values, the rest together."""
        name = (value if len(value) <= 60 else shortened(value).strip('"'), treated, declared)
        if name not in self._counts and len(self._counts) >= DISTINCT:
            name = ("(other values)", treated, declared)
        self._counts[name] += 1
        self._first.setdefault(name, line)

    def result(self) -> tuple[SetAside, ...]:
        """The most frequent first."""
        return tuple(
            SetAside(self.file, self.ratings, value, count, treated, declared, self._first[value, treated, declared])
            for (value, treated, declared), count in self._counts.most_common()
        )


AddProblem = Callable[[Problem], None]
