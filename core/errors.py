"""Every error Touchstone raises on purpose.

```
TouchstoneError
├── BadInput              what somebody handed in cannot be used (where, found, expected)
│   └── FileProblem       the same, inside a file: file, line, column
├── NotFound              a named thing does not exist
├── NotAllowed            the visitor may not do this
├── Conflict              somebody else, or an earlier press, was there first
├── Cancelled             a person stopped a long task; nothing was kept
└── WrongDatabase         the database has another version, or cannot be used
```

A failure that belongs to the domain (an undefined coefficient, an unreadable reply) is a value, not one of these.
"""


class TouchstoneError(Exception):
    """Base of every error with a message that may be shown to a person."""


class BadInput(TouchstoneError):
    """Something handed in cannot be used.

    Args:
        where: The place, as the person knows it ("criterion 2, option key").
        found: What stood there, shortened.
        expected: What would have been accepted.
    """

    def __init__(self, *, where: str, found: str, expected: str) -> None:
        self.where, self.found, self.expected = where, found, expected
        super().__init__(f"{where}: found {found}; expected {expected}.")


class FileProblem(BadInput):
    """Something in a file cannot be used.

    Args:
        file: Name of the file, without its folder.
        line: Line (text files) or row (tables), counted from 1; None when the whole file is meant.
        column: Column name or JSON path; None when the whole line is meant.
        found: What stood there, shortened.
        expected: What would have been accepted.
    """

    def __init__(
        self, *, file: str, found: str, expected: str, line: int | None = None, column: str | None = None
    ) -> None:
        self.file, self.line, self.column = file, line, column
        where = file
        if line is not None:
            where += f", line {line}"
        if column is not None:
            where += f', column "{column}"'
        super().__init__(where=where, found=found, expected=expected)


class NotFound(TouchstoneError):
    """A named thing does not exist.

    Args:
        kind: What was looked for ("study").
        name: The name or id that was given.
        known: Names that do exist, shown as a hint.
    """

    def __init__(self, kind: str, name: object, known: tuple[str, ...] = ()) -> None:
        self.kind, self.name, self.known = kind, name, known
        hint = f" Known: {', '.join(known[:12])}." if known else ""
        super().__init__(f'There is no {kind} "{name}".{hint}')


class NotAllowed(TouchstoneError):
    """The visitor may not do this."""


class Conflict(TouchstoneError):
    """Somebody else, or an earlier press, was there first."""


class Cancelled(TouchstoneError):
    """A person stopped a long task; nothing of it was kept."""


class WrongDatabase(TouchstoneError):
    """The database has another version, is damaged, or cannot be reached."""


def shortened(value: object, limit: int = 60) -> str:
    """The value as it stands in an error message: quoted, one line, at most `limit` characters."""
    text = repr(value) if not isinstance(value, str) else '"' + " ".join(value.split()) + '"'
    return text if len(text) <= limit else text[: limit - 2] + '…"'
