"""The files of an import: which plays which part, and their rows with everything that is looked up or split out."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from core.errors import BadInput, shortened
from core.importing.mapping import FileEntry, FormatEntry, JoinEntry, SplitEntry
from core.importing.mapping import Mapping as FileMapping
from core.importing.problems import AddProblem, Problem
from core.importing.readers import FileFormat, count_hint, detect_format, read_rows
from core.importing.rows import SourceRow
from core.importing.templates import Template, Values, at_path, plain

_CHUNK = 1 << 20
_REMEMBERED = 4_096
TICK = 2_000
"""Rows between two looks at whether to go on."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was handed in.

    Attributes:
        name: What the person knows it as; an upload's path is another.
    """

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file with its part and format."""

    role: str
    path: Path
    name: str
    format: FileFormat

    def describe(self) -> dict[str, object]:
        """Name, hash and size, as an Import row keeps them."""
        digest = sha256()
        with self.path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return {"name": self.name, "part": self.role, "sha256": digest.hexdigest(), "bytes": self.path.stat().st_size}


def assign_files(mapping: FileMapping, files: Sequence[InputFile]) -> dict[str, SourceFile]:
    """Part -> file: exact names first, then patterns, then "*" takes what is left.

    Raises:
        BadInput: A part has no file or several, or a file has no part.
        FileProblem: A file's format is not known.
    """
    free = list(files)
    found: dict[str, InputFile] = {}
    for role, entry in sorted(mapping.files.items(), key=lambda part: (part[1].name == "*", "*" in part[1].name)):
        fitting = [file for file in free if file.name == entry.name or fnmatchcase(file.name, entry.name)]
        if len(fitting) > 1 and entry.name == "*" and len(mapping.files) > 1:
            fitting = fitting[:1]
        if len(fitting) > 1:
            names = ", ".join(file.name for file in fitting)
            raise BadInput(where=f'file for "{role}" ({entry.name})', found=names, expected="one file")
        if fitting:
            found[role] = fitting[0]
            free.remove(fitting[0])
        elif not entry.optional:
            names = ", ".join(file.name for file in files) or "no files"
            raise BadInput(where=f'file for "{role}"', found=names, expected=f"a file named {entry.name}")
    if free:
        parts = ", ".join(f"{role} ({entry.name})" for role, entry in mapping.files.items())
        raise BadInput(where=free[0].name, found="a file that the mapping has no part for", expected=f"one of {parts}")
    return {role: _source(role, found[role], mapping.files[role].format) for role in mapping.files if role in found}


def _source(role: str, file: InputFile, declared: FormatEntry) -> SourceFile:
    given = {key: value for key, value in declared.model_dump().items() if value is not None}
    detected = FileFormat(given["kind"]) if "kind" in given else detect_format(file.path, file.name)
    return SourceFile(role, file.path, file.name, replace(detected, **given))


class Sources:
    """Rows by part, with joins and splits done.

    Args:
        mapping: What the files mean.
        files: Part -> file.
        scratch: A database for what is looked up, so that memory stays bounded.
        add_problem: Told about rows that cannot be joined or split.
        tick: Told every `TICK` rows how many more were read; it may raise to stop.
    """

    def __init__(
        self, mapping: FileMapping, files: Mapping[str, SourceFile], *, scratch: sqlite3.Connection,
        add_problem: AddProblem, tick: Callable[[int], None],
    ) -> None:  # fmt: skip
        self._mapping, self.files, self._scratch = mapping, files, scratch
        self._add_problem, self._tick = add_problem, tick
        self._lookups: dict[tuple[str, str], _Lookup] = {}
        for role in mapping.files:
            self._refuse_circles(role, ())

    def count_hint(self) -> int | None:
        """About how many rows all files have; None where one cannot tell."""
        hints = [count_hint(file.path, file.format) for file in self.files.values()]
        return None if None in hints else sum(hint or 0 for hint in hints)

    def rows(self, role: str) -> Iterator[SourceRow]:
        """The rows of a part's file.

        Raises:
            FileProblem: The file cannot be read on.
        """
        file, entry = self.files[role], self._mapping.files[role]
        rows: Iterator[SourceRow] = read_rows(file.path, file.format, name=file.name)
        if self._mapping.from_touchstone and file.format.kind in ("csv", "xlsx"):
            rows = _without_guards(rows)
        for split in entry.split:
            rows = self._split(rows, split, file.name)
        for join in entry.join:
            if join.file in self.files:
                rows = self._joined(rows, join, file.name)
        for number, row in enumerate(rows, start=1):
            if number % TICK == 0:
                self._tick(TICK)
            yield row

    def _split(self, rows: Iterator[SourceRow], split: SplitEntry, name: str) -> Iterator[SourceRow]:
        try:
            pattern = re.compile(split.pattern)
        except re.error as error:
            raise BadInput(
                where=f'split of "{split.column}"', found=str(error), expected="a regular expression"
            ) from error
        for row in rows:
            text = plain(at_path(row.values, split.column))
            match = pattern.fullmatch(text)
            if match is None:
                expected = f"text that fits {shortened(split.pattern)}"
                self._add_problem(Problem(name, row.line, split.column, shortened(text), expected))
                continue
            yield SourceRow(row.line, {**row.values, **{key: value or "" for key, value in match.groupdict().items()}})

    def _joined(self, rows: Iterator[SourceRow], join: JoinEntry, name: str) -> Iterator[SourceRow]:
        lookup = self._lookup(join)
        by = Template(join.by)
        for row in rows:
            key = by.fill(row.values)
            found = lookup.find(key)
            if found is None and join.required:
                expected = f"one that stands in {self.files[join.file].name} ({join.key})"
                self._add_problem(Problem(name, row.line, ", ".join(by.paths), shortened(key), expected))
                continue
            looked_up = found or {}
            if join.prefix:
                looked_up = {f"{join.prefix}.{column}": value for column, value in looked_up.items()}
            yield SourceRow(row.line, {**looked_up, **row.values})

    def _lookup(self, join: JoinEntry) -> "_Lookup":
        known = self._lookups.get((join.file, join.key))
        if known is None:
            known = _Lookup(self._scratch, f"lookup_{len(self._lookups)}")
            key, name = Template(join.key), self.files[join.file].name
            for row in self.rows(join.file):
                text = key.fill(row.values)
                if not known.add(text, row.values):
                    column = ", ".join(key.paths)
                    self._add_problem(
                        Problem(name, row.line, column, f"{shortened(text)} a second time", "every key once")
                    )
            self._lookups[join.file, join.key] = known
        return known

    def _refuse_circles(self, role: str, above: tuple[str, ...]) -> None:
        if role in above:
            where = f"files.{role}.join"
            raise BadInput(where=where, found=" -> ".join((*above, role)), expected="joins that don't come back")
        entry: FileEntry = self._mapping.files[role]
        for join in entry.join:
            self._refuse_circles(join.file, (*above, role))


class _Lookup:
    """Rows by key, on disk, the last used ones in memory."""

    def __init__(self, scratch: sqlite3.Connection, table: str) -> None:
        self._scratch, self._table = scratch, table
        scratch.execute(f"create table {table} (key text primary key, data text) without rowid")
        self._recent: dict[str, Values | None] = {}

    def add(self, key: str, values: Values) -> bool:
        """Keep a row; whether its key is new."""
        data = json.dumps(dict(values), ensure_ascii=False)
        insert = f"insert or ignore into {self._table} values (?, ?)"  # noqa: S608 - a name we made
        return self._scratch.execute(insert, (key, data)).rowcount == 1

    def find(self, key: str) -> Values | None:
        """The row of a key."""
        if key not in self._recent:
            if len(self._recent) >= _REMEMBERED:
                self._recent.clear()
            select = f"select data from {self._table} where key = ?"  # noqa: S608 - a name we made
            row = self._scratch.execute(select, (key,)).fetchone()
            self._recent[key] = json.loads(row[0]) if row else None
        return self._recent[key]


def _without_guards(rows: Iterator[SourceRow]) -> Iterator[SourceRow]:
    from core.rendering.spreadsheet import spreadsheet_unsafe  # noqa: PLC0415 - its package is heavy, and rarely needed

    for row in rows:
        yield SourceRow(
            row.line,
            {key: spreadsheet_unsafe(value) if isinstance(value, str) else value for key, value in row.values.items()},
        )
