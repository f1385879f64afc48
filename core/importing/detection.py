"""A first look at a file: its format, its columns and what they probably mean. Proposals only; a person confirms."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Literal

from core.importing.columns import DetectedColumn, described
from core.importing.readers import FileFormat, count_hint, detect_format, read_rows
from core.importing.readers.text import shown_name
from core.importing.rows import SourceRow

ROWS_SAMPLED = 2_000
"""Rows from which types, shares and different values are taken."""

CHARACTERS_SAMPLED = 20_000_000
"""Characters after which sampling stops, whatever the number of rows."""

ROWS_SHOWN = 20
Shape = Literal["ratings_long", "ratings_wide", "orders", "pairs", "outputs", "nested", "counts", "probabilities"]


@dataclass(frozen=True, slots=True)
class Detected:
    """A first look at a file.

    Attributes:
        name: The file's name, without its folder.
        format: How it is read.
        columns: In the order first seen.
        first_rows: The first records, at most 20.
        rows_sampled: How many records the columns are described from.
        row_estimate: About how many records there are; None if that can't be told cheaply (XLSX).
        row_estimate_exact: Whether the estimate is a count.
        size: Bytes.
        sha256: Of the file's bytes, in hexadecimal.
    """

    name: str
    format: FileFormat
    columns: tuple[DetectedColumn, ...]
    first_rows: tuple[SourceRow, ...]
    rows_sampled: int
    row_estimate: int | None
    row_estimate_exact: bool
    size: int
    sha256: str

    def column(self, name: str) -> DetectedColumn:
        """The column of this name; KeyError if there is none."""
        return {column.name: column for column in self.columns}[name]


def detect(path: Path, name: str | None = None, *, format: FileFormat | None = None) -> Detected:  # noqa: A002 - the word everybody uses
    """Look at the first records of a file, and at all of its bytes for the hash.

    Args:
        path: The file.
        name: The name it was handed in under; None: the path's own.
        format: Declared by a person; None: detected.

    Raises:
        FileProblem: The file has no supported format, or something in its first records is wrong.
    """
    file_format = format or detect_format(path, name)
    rows = read_rows(path, file_format, name=name)
    sample = _sampled(rows)
    # A JSON document is in memory anyway, so that counting it costs nothing.
    rest = sum(1 for _ in rows) if file_format.kind == "json" else int(next(rows, None) is not None)
    exact = rest == 0 or file_format.kind in ("json", "parquet", "npy")
    counted = len(sample) + rest if rest == 0 or file_format.kind == "json" else count_hint(path, file_format)
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    names = dict.fromkeys(column for row in sample for column in row.values)
    return Detected(
        name=shown_name(path, name),
        format=file_format,
        columns=tuple(described(column, [row.values.get(column) for row in sample]) for column in names),
        first_rows=tuple(sample[:ROWS_SHOWN]),
        rows_sampled=len(sample),
        row_estimate=counted,
        row_estimate_exact=exact and counted is not None,
        size=path.stat().st_size,
        sha256=digest,
    )


def _sampled(rows: Iterator[SourceRow]) -> list[SourceRow]:
    sample: list[SourceRow] = []
    length = 0
    for row in rows:
        sample.append(row)
        length += sum(len(value if isinstance(value, str) else str(value)) for value in row.values.values())
        if len(sample) == ROWS_SAMPLED or length > CHARACTERS_SAMPLED:
            break
    return sample


_RATER = r"annotators?|raters?|workers?|judges?|labell?ers?|coders?|graders?|evaluators?|reviewers?|assessors?"
_OUTPUT = r"outputs?|responses?|answers?|completions?|generations?|predictions?|results?|candidates?|summary|summaries"
_SYSTEM = r"models?|systems?|generators?|assistants?"
_VERDICT = r"labels?|ratings?|scores?|grades?|values?|verdicts?|winners?|preferences?|votes?|choices?|results?"
_NAMES: Mapping[str, str] = {
    "item_id": rf"(?!(?:{_RATER}|{_SYSTEM}|user|cluster|group|session)_).*_id|_?id|idx|index|item(_index)?|uid|uuid|qid"
    r"|_?key|row",
    "rater": rf"(?:{_RATER})(_?(id|name))?|user(_id)?|annotated_by|rated_by",
    "system": rf"(?:\w+_)?(?:{_SYSTEM})(_?(id|name))?|llm",
    "reference": r"(gold_|correct_|expected_|ideal_)?(reference|target)(_\w+)?|ground_truth|gold"
    r"|(gold|expected|ideal|correct|best|true)_(answer|output|response)",
    "context": r"contexts?|passages?|background|system_prompt|evidence|sources?",
    "input": r"(user_|task_)?prompts?|instructions?|questions?|inputs?|query|queries|messages|conversations?"
    r"|dialogues?|instances?|text|article|document|post|url",
    "output": rf"(model_)?(?:{_OUTPUT})(_text)?",
    "rationale": r"(\w+_)?(rationales?|reasons?|reasoning|explanations?|justifications?|critiques?|comments?|feedback)",
    "criterion": r"(criterion|criteria|metrics?|aspects?|dimensions?)(_id|_name)?",
    "value": rf"(\w+_)?({_VERDICT})",
    "cluster": r"clusters?(_id)?|groups?(_id)?|session(_id)?|topics?",
    "split": r"(data_?)?splits?|partitions?|folds?|subsets?",
}
_SIDES = (("a", "b"), ("1", "2"), ("0", "1"), ("x", "y"), ("left", "right"))
_SPLITS = {"train", "training", "dev", "development", "valid", "val", "validation", "test", "calibration"}
_NESTED_NAMES = re.compile(r"(\w+_)?(annotations?|ratings?|scores?|labels?|judge?ments?|votes?|grades?)")
_PROBABILITY_NAMES = re.compile(r"p_?\d+|(\w+_)?prob(s|a|ability|abilities)?(_\w+)?")
_ORDER_NAMES = re.compile(r"\w*order_?(\d|ab|ba)|\w+_(ab|ba)")
_SHARE_SLACK = 1e-3  # shares of single precision reach past 1
_LONG = 25  # mean characters from which a cell is a text to read rather than a name or label
_PASSAGE = 60


@dataclass(slots=True)
class _Guess:
    """Roles given so far; a column has one role only, and a single role one column."""

    columns: Mapping[str, DetectedColumn]
    roles: dict[str, str] = field(default_factory=dict)

    def free(self) -> list[DetectedColumn]:
        return [column for column in self.columns.values() if column.name not in self.roles.values()]

    def give(self, role: str, name: str) -> None:
        self.roles[role] = name

    def give_all(self, role: str, names: Sequence[str]) -> None:
        self.roles.update({f"{role}_{number}": name for number, name in enumerate(names, start=1)})

    def give_sides(self, role: str, first: str, second: str) -> None:
        self.roles[f"{role}_a"], self.roles[f"{role}_b"] = first, second

    def named(self, role: str, suits: Callable[[DetectedColumn], bool]) -> None:
        """The first free column in file order with a fitting name, preferring the plain word over longer names."""
        pattern = re.compile(_NAMES[role])
        found = [column for column in self.free() if pattern.fullmatch(plain(column.name)) and suits(column)]
        if found and role not in self.roles:
            self.give(role, min(found, key=lambda column: "_" in plain(column.name).strip("_")).name)


def plain(name: str) -> str:
    """A column name in lower case with single underscores: "Model Output-1" and "modelOutput1" -> "model_output_1"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=\d+$)", "_", name.strip())
    return re.sub(r"[\W_]+", "_", spaced).lower()


def guess_roles(detected: Detected) -> dict[str, str]:
    """What the columns probably mean, by their names and values: role -> column.

    Single roles: item_id, input, context, reference, output, output_a, output_b, system, system_a, system_b, rater,
    criterion, value, rationale, cluster, split, ratings (a column of nested scores), counts (an object of votes).
    Numbered ones, from 1 in file order: rater_1.. (one column a rater), criterion_1.. (one column a criterion),
    probability_1.. (one column an option), order_1, order_2 (the verdict in each order of a pair).
    A column has one role at most; a role that nothing fits is missing.
    """
    guess = _Guess({column.name: column for column in detected.columns})
    _guess_many(guess)
    _guess_sides(guess)
    guess.named("item_id", lambda column: column.type not in ("list", "object", "number", "empty"))
    guess.named("rater", _is_scalar)
    guess.named("split", lambda column: {value.casefold() for value in column.values} <= _SPLITS)
    guess.named("criterion", _is_scalar)
    guess.named("reference", lambda column: column.type in ("text", "list"))
    guess.named("input", lambda column: column.type in ("text", "list", "mixed"))
    guess.named("rationale", lambda column: column.type == "text")
    if "output_a" not in guess.roles:
        guess.named("output", lambda column: column.type in ("text", "list") and _is_long(column))
    if "rater_1" not in guess.roles and "order_1" not in guess.roles and "criterion_1" not in guess.roles:
        guess.named("value", lambda column: _is_scalar(column) and not _is_long(column))
    guess.named("context", lambda column: column.type in ("text", "list"))
    if "system_a" not in guess.roles:
        guess.named("system", _is_scalar)
    guess.named("cluster", _is_scalar)
    _instruction_with_input(guess)
    return guess.roles


def _is_scalar(column: DetectedColumn) -> bool:
    return column.type in ("integer", "number", "boolean", "text")


def _is_long(column: DetectedColumn) -> bool:
    return column.mean_length > _LONG or (column.more_values and column.type == "text")


def _guess_many(guess: _Guess) -> None:
    """Roles that several columns share."""
    orders = [
        column.name for column in guess.free() if _ORDER_NAMES.fullmatch(plain(column.name)) and _is_scalar(column)
    ]
    if len(orders) == 2:
        guess.give_all("order", orders)
    shares = [
        column.name
        for column in guess.free()
        if _PROBABILITY_NAMES.fullmatch(plain(column.name))
        and column.low is not None
        and column.high is not None
        and column.low >= -_SHARE_SLACK
        and column.high <= 1 + _SHARE_SLACK
    ]
    if len(shares) >= 2:
        guess.give_all("probability", shares)
    for column in guess.free():
        if column.holds_counts and "counts" not in guess.roles:
            guess.give("counts", column.name)
        elif column.type in ("list", "object") and _NESTED_NAMES.fullmatch(plain(column.name)):
            guess.roles.setdefault("ratings", column.name)
    _guess_numbered(guess)


def _guess_numbered(guess: _Guess) -> None:
    """annotator1, annotator2, .. and Q0, Q1, ..: the largest family of short columns that differ by a number only."""
    families: dict[str, list[str]] = {}
    for column in guess.free():
        if (match := re.fullmatch(r"(\w*?[a-z])_?\d+(_(?:rating|score|label|grade))?", plain(column.name))) is None:
            continue
        if _is_scalar(column) and not _is_long(column) and not column.more_values:
            families.setdefault(match[1], []).append(column.name)
    for stem in [stem for stem, names in families.items() if re.fullmatch(_RATER, stem) and len(names) > 1]:
        guess.give_all("rater", families[stem])
        return
    numeric = {
        stem: names
        for stem, names in families.items()
        if not re.fullmatch(f"{_OUTPUT}|{_SYSTEM}", stem)
        and len(names) >= 2
        and all(guess.columns[name].type in ("integer", "number", "boolean") for name in names)
    }
    if numeric:
        guess.give_all("criterion", max(numeric.values(), key=len))


def _guess_sides(guess: _Guess) -> None:
    """The two outputs and the two systems of a pair."""
    by_name = {plain(column.name): column.name for column in guess.free()}
    for role, words in (("output", _OUTPUT), ("system", _SYSTEM)):
        if (found := _two_sides(by_name, words)) is not None:
            guess.give_sides(role, *found)
    if "chosen" in by_name and "rejected" in by_name and "output_a" not in guess.roles:
        guess.give_sides("output", by_name["chosen"], by_name["rejected"])
    # Votes "left" and "right" speak of the columns of that name, whatever else names the two.
    if "left" in by_name and "right" in by_name:
        texts = guess.columns[by_name["left"]].mean_length > _PASSAGE
        guess.give_sides("output" if texts else "system", by_name["left"], by_name["right"])


def _two_sides(by_name: Mapping[str, str], words: str) -> tuple[str, str] | None:
    """Two columns of one name, but for 1 and 2, a and b, x and y or the like."""
    for first, second in _SIDES:
        for name, column in by_name.items():
            match = re.fullmatch(rf"((?:\w+_)?(?:{words}))_{first}", name)
            if match and (other := by_name.get(f"{match[1]}_{second}")):
                return column, other
    return None


def _instruction_with_input(guess: _Guess) -> None:
    """Where an instruction stands beside an input, the instruction is what is asked, and the input its context."""
    chosen = guess.roles.get("input")
    words = {plain(column.name): column.name for column in guess.free() if column.type == "text"}
    if chosen is None or "context" in guess.roles:
        return
    if plain(chosen) == "input" and "instruction" in words:
        guess.roles["input"], guess.roles["context"] = words["instruction"], chosen
    elif plain(chosen) in ("instruction", "question") and "input" in words:
        guess.roles["context"] = words["input"]


def guess_shape(detected: Detected) -> Shape:
    """What one record of the file probably is.

    counts: an item with votes per answer. nested: an item with scores inside. probabilities: a share per option.
    orders: a pair's verdict in both orders. ratings_wide: one column a rater or a criterion. ratings_long: one
    rating. pairs: two outputs or systems. outputs: an item, with or without an output.
    """
    roles = guess_roles(detected)
    tests: tuple[tuple[Shape, bool], ...] = (
        ("counts", "counts" in roles),
        ("nested", "ratings" in roles),
        ("probabilities", "probability_1" in roles),
        ("orders", "order_1" in roles),
        ("ratings_wide", "rater_1" in roles or "criterion_1" in roles),
        ("ratings_long", "value" in roles and ("rater" in roles or "criterion" in roles)),
        ("pairs", "output_a" in roles or "system_a" in roles),
        ("outputs", "output" in roles or "value" not in roles),
    )
    return next((shape for shape, fits in tests if fits), "ratings_long")
