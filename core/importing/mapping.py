"""What the columns of a file mean: one declarative language for every set, read from and written to TOML.

```
[files.NAME]      which file plays which part; what is looked up in another file; what is split out of a column
[[content]]       what a row of a file holds: an item, and no, one or two outputs of it
[[criteria]]      the questions that were answered, with their scales (those the study has need not be declared)
[[ratings]]       where ratings stand, in which shape, whose, and what their values mean
[chosen]          how the subjects were chosen
```

Texts are templates over columns (`core.importing.templates`). No set has code of its own: `data/mappings/*.toml`.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import BadInput, FileProblem, shortened
from core.importing.mapping_scales import ScaleEntry
from core.importing.templates import Template

Unmapped = Literal["stop", "missing", "unreadable"]
Treatment = Literal["missing", "unreadable", "abstained", "refused"]
Blind = Literal["declared", "no", "unknown"]


def _checked_template(text: str) -> str:
    Template(text)
    return text


Text = Annotated[str, AfterValidator(_checked_template)]
"""A template."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FormatEntry(_Entry):
    """What overrides the detected format of a file."""

    kind: Literal["csv", "jsonl", "json", "parquet", "xlsx", "npy"] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    records: str | None = None


class JoinEntry(_Entry):
    """Columns looked up in another file: the row whose `key` equals `by` here.

    Attributes:
        file: The other file's part.
        key: Template over its columns; stands once in it.
        by: Template over this file's columns.
        prefix: With "x", its columns are named `x.column`; with "", as they are, where this file has no such column.
        required: Whether a row without a match is a problem.
    """

    file: str
    key: Text
    by: Text
    prefix: str = ""
    required: bool = True


class SplitEntry(_Entry):
    """Columns taken out of one column by a regular expression with named groups that matches the whole text."""

    column: str
    pattern: str


class FileEntry(_Entry):
    """One file's part.

    Attributes:
        name: Its name, or a pattern with `*`; "*" takes any file that no other part claims.
        optional: Whether the import goes on without it (its content and ratings are left out).
    """

    name: str = "*"
    optional: bool = False
    format: FormatEntry = FormatEntry()
    join: tuple[JoinEntry, ...] = ()
    split: tuple[SplitEntry, ...] = ()


class ItemEntry(_Entry):
    """What names an item, and what it says.

    Attributes:
        id: Template; unique in the study.
        text: Template of one user message.
        messages: Column that holds a list of `{role, content}` instead.
        slices: Name -> template.
    """

    id: Text
    text: Text | None = None
    messages: str | None = None
    context: Text | None = None
    cluster: Text | None = None
    split: Text | None = None
    slices: dict[str, Text] = {}
    slices_from: str | None = None
    """Column that holds an object of slices instead."""

    @model_validator(mode="after")
    def _one_source(self) -> "ItemEntry":
        if (self.text is None) == (self.messages is None):
            raise ValueError("one of text and messages")
        return self


class OutputEntry(_Entry):
    """What names an output and what it says; left out of a row in which `system` is empty."""

    system: Text
    family: Text = ""
    sample: Text = "0"
    text: Text | None = None
    messages: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "OutputEntry":
        if (self.text is None) == (self.messages is None):
            raise ValueError("one of text and messages")
        return self


class ReferenceEntry(_Entry):
    """An expected answer; left out of a row in which the text is empty."""

    text: Text | None = None
    texts: str | None = None
    """Column that holds a list of texts, or of `{text, kind, status}`, instead."""
    kind: Literal["answer", "falsified"] = "answer"
    status: Literal["unverified", "verified"] = "unverified"


class ContentEntry(_Entry):
    """What a row of one file holds."""

    file: str
    item: ItemEntry
    outputs: Annotated[tuple[OutputEntry, ...], Field(max_length=2)] = ()
    references: tuple[ReferenceEntry, ...] = ()
    subjects: tuple[Literal["item", "output", "pair"], ...] | None = None
    """Which subjects every row makes; unset: what the row holds most of (a pair, an output, or the item)."""


class CriterionEntry(_Entry):
    """A question that was answered."""

    key: str = Field(min_length=1, max_length=64)
    name: str = ""
    question: str = ""
    guidance: str = ""
    applies_to: Literal["item", "output", "pair"]
    scale: ScaleEntry
    required: bool = True


class CriteriaFrom(_Entry):
    """Criteria read from the rows of a file that repeats them beside every rating."""

    file: str
    key: Text
    name: Text = ""
    question: Text = ""
    guidance: Text = ""
    version: Text = "1"
    meaning: Text = "1"
    applies_to: Text
    scale: Text


class OutputNameEntry(_Entry):
    """What names an output in a file of ratings."""

    system: Text
    sample: Text = "0"


class RatingsEntry(_Entry):
    """Where ratings stand, in which shape, whose, and what their values mean.

    Attributes:
        item, outputs: What names the subject; unset: as in the content of the same file, else the first content.
        output: Which of a row's two outputs is rated, for a criterion on outputs.
        criterion, criterion_version: Key (or name) of the criterion; templates.
        value, columns, path: Where the shape finds values (`core.importing.shapes`).
        values: What the file writes -> option key; unset: keys, labels and numbers of the scale are read as they are.
        absent: What the file writes -> why there is no value; "missing" leaves no rating at all. Empty cells, null and
            NaN are "missing" unless "" says otherwise.
        unmapped: What happens to any other value.
        names: What a preference names: an output of the row (A the first), a side (A the left one), or a system.
        rater, kind: Templates; unset: what the shape gives (the column's name and a person; numbered seats).
        left: Template naming the system shown left; `order`: template giving AB or BA instead.
        blind: Whether the ratings were given blind, as far as is declared.
        phase: Template; overrides `blind`.
    """

    file: str
    shape: str
    item: Text | None = None
    outputs: Annotated[tuple[OutputNameEntry, ...], Field(max_length=2)] | None = None
    output: Literal["first", "second"] | None = None
    criterion: Text = ""
    criterion_version: Text | None = None
    value: Text | None = None
    columns: dict[str, str] | tuple[str, ...] = ()
    path: str = ""
    values: dict[str, str] = {}
    absent: dict[str, Treatment] = {}
    unmapped: Unmapped = "stop"
    names: Literal["output", "side", "system"] = "output"
    left: Text | None = None
    order: Text | None = None
    rater: Text | None = None
    kind: Text | None = None
    group: Text = ""
    family: Text = ""
    absence: Text | None = None
    probabilities: str | None = None
    confidence: Text | None = None
    rationale: Text | None = None
    comment: Text | None = None
    blind: Blind = "unknown"
    phase: Text | None = None
    repetition: Text | None = None
    at: Text | None = None
    rating_id: Text | None = None
    supersedes: Text | None = None

    @property
    def column_names(self) -> dict[str, str]:
        """Column -> what it stands for; a plain list stands for itself."""
        return dict(self.columns) if isinstance(self.columns, dict) else {name: name for name in self.columns}


class ChosenEntry(_Entry):
    """How the subjects were chosen: all there were, a random sample, or not known."""

    design: Literal["all", "random", "unknown"] = "unknown"
    population: int | None = Field(default=None, ge=1)
    """Of how many, for a random sample."""
    note: str = ""

    @model_validator(mode="after")
    def _population(self) -> "ChosenEntry":
        if (self.design == "random") != (self.population is not None):
            raise ValueError('a population (of how many) with "random", and only there')
        return self


class Mapping(_Entry):
    """What the columns of one or several files mean."""

    version: Literal[1] = 1
    name: str = ""
    description: str = ""
    from_touchstone: bool = False
    """Whether the files are Touchstone's own export: the `'` before formula-looking cells is taken away again."""
    files: dict[str, FileEntry] = Field(min_length=1)
    content: tuple[ContentEntry, ...] = ()
    criteria: tuple[CriterionEntry, ...] = ()
    criteria_from: CriteriaFrom | None = None
    ratings: tuple[RatingsEntry, ...] = ()
    chosen: ChosenEntry = ChosenEntry()

    @model_validator(mode="after")
    def _names_fit(self) -> "Mapping":
        used = [(f"content[{n}].file", entry.file) for n, entry in enumerate(self.content)]
        used += [(f"ratings[{n}].file", entry.file) for n, entry in enumerate(self.ratings)]
        used += [(f"files.{role}.join", join.file) for role, entry in self.files.items() for join in entry.join]
        used += [("criteria_from.file", self.criteria_from.file)] if self.criteria_from else []
        for where, role in used:
            if role not in self.files:
                raise ValueError(f"{where}: no [files.{role}]; there is {', '.join(self.files)}")
        keys = [entry.key for entry in self.criteria]
        if len(set(keys)) < len(keys):
            raise ValueError("every criterion's key once")
        if not self.content and not self.ratings:
            raise ValueError("content or ratings")
        return self


def parse_mapping(data: dict[str, Any], *, name: str = "mapping") -> Mapping:
    """The mapping that plain data describes.

    Raises:
        BadInput: Something is missing, unknown or out of place; the first of it is named.
    """
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = _place(first["loc"])
        found = "nothing" if first["type"] == "missing" else shortened(first["input"])
        expected = "no such entry" if first["type"] == "extra_forbidden" else _in_words(first["msg"])
        more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise BadInput(where=f"{name}, {place}" if place else name, found=found, expected=expected + more) from error


def read_mapping(text: str, *, name: str = "mapping.toml") -> Mapping:
    """The mapping that a TOML text describes.

    Raises:
        FileProblem: The text is no TOML.
        BadInput: As `parse_mapping`.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileProblem(file=name, found=str(error), expected="TOML") from error
    return parse_mapping(data, name=name)


def read_mapping_file(path: Path) -> Mapping:
    """The mapping in a TOML file.

    Raises:
        FileProblem: There is no such file, or it is no TOML in UTF-8.
        BadInput: As `parse_mapping`.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FileProblem(file=path.name, found=error.strerror or "a read error", expected="a mapping") from error
    except UnicodeDecodeError as error:
        raise FileProblem(file=path.name, found="other bytes", expected="a mapping: TOML in UTF-8") from error
    return read_mapping(text, name=path.name)


def mapping_data(mapping: Mapping) -> dict[str, Any]:
    """The mapping as plain data, without what is left at its default."""
    return mapping.model_dump(mode="json", exclude_defaults=True, exclude_none=True) | {"version": mapping.version}


def write_mapping(mapping: Mapping) -> str:
    """The mapping as TOML; `read_mapping` reads it back unchanged."""
    data = mapping_data(mapping)
    return tomli_w.dumps({"version": data.pop("version")} | data, multiline_strings=True)


def _place(location: Sequence[str | int]) -> str:
    place = ""
    for step in location:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else step
    return place


def _in_words(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
