"""Pass one: read and check everything, write nothing to the study.

Normalised records go to a scratch file in a temporary folder; `Staged` then tells what was found, and hands out in
order what pass two has to write.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import BadInput, Cancelled, FileProblem, shortened
from core.importing.book import CriteriaBook, CriterionTexts
from core.importing.comparing import KnownStudy, compare, number_repetitions, require_content
from core.importing.content import ContentReader, RowContent
from core.importing.mapping import CriteriaFrom, Mapping
from core.importing.problems import Problem, Problems, Tally
from core.importing.ratings import RatingsReader, require_names
from core.importing.rows import SourceRow
from core.importing.scratch import Scratch, open_scratch
from core.importing.shapes import RowProblem
from core.importing.sources import InputFile, SourceFile, Sources, assign_files
from core.importing.templates import ABSENT, Template, Values, at_path

Progress = Callable[[int, int | None, str], None]
"""Told how many of how many are done (None: not known), and what is being done."""

_NO_VALUES: Values = {}
_TABLES = {"csv", "parquet", "xlsx", "npy"}


@dataclass
class Staged:
    """What pass one has put into the scratch file."""

    connection: sqlite3.Connection
    files: tuple[SourceFile, ...]
    book: CriteriaBook
    problems: Problems
    tallies: list[Tally]
    rows_by_file: dict[str, int] = field(default_factory=dict)


@contextmanager
def staging(
    mapping: Mapping, files: Sequence[InputFile], known: KnownStudy, *,
    progress: Progress = lambda _done, _total, _doing: None, cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Staged]:  # fmt: skip
    """Read and check all files; the scratch file is gone afterwards.

    Args:
        mapping: What the files mean.
        files: The files, in any order.
        known: What the study has.
        progress: Called every few thousand rows.
        cancelled: Asked as often.

    Raises:
        BadInput: The mapping does not fit the files or the study.
        FileProblem: A file cannot be read on at all; what is wrong with single rows is collected instead.
        Cancelled: `cancelled` said so.
    """
    assigned = assign_files(mapping, files)
    with TemporaryDirectory(prefix="touchstone-import-") as folder:
        connection = open_scratch(Path(folder))
        try:
            yield _Reading(mapping, assigned, known, connection, progress, cancelled).run()
        finally:
            connection.close()


class _Reading:
    """One run of pass one."""

    def __init__(
        self, mapping: Mapping, files: dict[str, SourceFile], known: KnownStudy, connection: sqlite3.Connection,
        progress: Progress, cancelled: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._mapping, self._files, self._known = mapping, files, known
        self._progress, self._cancelled = progress, cancelled
        self._problems, self._connection = Problems(), connection
        self._sources = Sources(mapping, files, scratch=connection, add_problem=self._problems.add, tick=self._tick)
        self._names = [file.name for file in files.values()]
        self._scratch = Scratch(connection, self._names, self._problems)
        self._book = CriteriaBook(known.criteria(), mapping.criteria)
        self._done, self._total, self._doing = 0, self._sources.count_hint(), ""
        self._tallies: list[Tally] = []
        self._rows: dict[str, int] = {}

    def run(self) -> Staged:
        self._scratch.add_known_subjects(self._known.subjects())
        readers = [self._reader_of(role) for role in self._files]
        for place, (role, reader) in enumerate(zip(self._files, readers, strict=True)):
            if reader.reads_anything:
                self._doing = f"Reading {self._files[role].name}"
                self._rows[role] = self._read(role, place, reader)
        self._scratch.flush()
        self._report("Comparing with the study")
        self._finish()
        return Staged(
            self._connection, tuple(self._files.values()), self._book, self._problems, self._tallies, self._rows
        )

    def _reader_of(self, role: str) -> "_FileReader":
        texts_only = self._files[role].format.kind == "csv" and not self._mapping.files[role].join
        contents = [(entry.file, ContentReader(entry, texts_only=texts_only)) for entry in self._mapping.content]
        default = next((reader.names for file, reader in contents if file == role), None)
        default = default or (contents[0][1].names if contents else None)
        ratings = []
        for number, entry in enumerate(self._mapping.ratings):
            if entry.file != role:
                continue
            tally = Tally(self._files[role].name, number)
            self._tallies.append(tally)
            names = require_names(entry, default, f"ratings[{number}]")
            try:
                ratings.append(
                    RatingsReader(entry, number, names=names, book=self._book, tally=tally, texts_only=texts_only)
                )
            except RowProblem as problem:
                where = f"ratings[{number}].criterion"
                raise BadInput(where=where, found=problem.found, expected=problem.expected) from problem
        criteria = self._mapping.criteria_from
        return _FileReader(
            [reader for file, reader in contents if file == role],
            ratings,
            _CriteriaReader(criteria, self._book) if criteria and criteria.file == role else None,
        )

    def _read(self, role: str, place: int, reader: "_FileReader") -> int:
        file = self._files[role]
        unseen, n_rows, first = set(reader.paths), 0, _NO_VALUES
        try:
            for row in self._sources.rows(role):
                n_rows += 1
                if unseen:
                    first = first or row.values
                    unseen = {path for path in unseen if at_path(row.values, path) is ABSENT}
                    if unseen and file.format.kind in _TABLES:
                        break
                self._read_row(row, place, reader)
        except FileProblem as error:
            self._problems.add(read_error(error))
            return n_rows
        for path in reader.paths if n_rows else ():
            if path in unseen:
                known = ", ".join(list(first)[:30])
                self._problems.add(Problem(file.name, None, path, "no such column", f"one of {known}"))
        return n_rows

    def _read_row(self, row: SourceRow, place: int, reader: "_FileReader") -> None:
        values, line = row.values, row.line
        try:
            if reader.criteria:
                reader.criteria.read(values)
            for content in reader.contents:
                found = content.read(values, line)
                if found is not None:
                    self._add_content(found, place)
            add_rating = self._scratch.add_rating
            for ratings in reader.ratings:
                for rating in ratings.read(values, line):
                    add_rating(rating, place)
        except RowProblem as problem:
            self._problems.add(Problem(self._names[place], line, problem.column, problem.found, problem.expected))
        except BadInput as error:
            self._problems.add(Problem(self._names[place], line, error.where, error.found, error.expected))

    def _add_content(self, content: RowContent, place: int) -> None:
        self._scratch.add_item(content.item, place)
        for output in content.outputs:
            self._scratch.add_output(output, place)
        for reference in content.references:
            self._scratch.add_reference(reference)
        for subject in content.subjects:
            self._scratch.add_subject(subject, place, content.item.line)

    def _finish(self) -> None:
        connection = self._connection
        connection.execute("create temp table criterion_id (number integer primary key, db_id integer)")
        connection.executemany(
            "insert into criterion_id values (?, ?)", [(one.number, one.known_id) for one in self._book]
        )
        number_repetitions(connection, self._names, self._problems)
        compare(connection, self._known)
        require_content(connection, self._names, self._problems, has_content=bool(self._mapping.content))
        for tally in self._tallies:
            self._stop_at(tally)

    def _stop_at(self, tally: Tally) -> None:
        for aside in tally.result():
            if aside.treated == "stop":
                found = f"the value {shortened(aside.value)} ({aside.count} times)"
                expected = 'a value that the mapping or the scale knows (or unmapped = "missing" or "unreadable")'
                self._problems.add(Problem(aside.file, aside.first_line, f"ratings[{aside.ratings}]", found, expected))

    def _tick(self, count: int) -> None:
        self._done += count
        self._report(self._doing)

    def _report(self, doing: str) -> None:
        if self._cancelled():
            raise Cancelled("The import was stopped; nothing was written.")
        self._progress(self._done, self._total and max(self._total, self._done), doing)


class _FileReader:
    """Everything the mapping reads from the rows of one file."""

    def __init__(
        self, contents: list[ContentReader], ratings: list[RatingsReader], criteria: "_CriteriaReader | None"
    ) -> None:
        self.contents, self.ratings, self.criteria = contents, ratings, criteria
        self.reads_anything = bool(contents or ratings or criteria)
        self.paths = tuple(dict.fromkeys([
            *(path for content in contents for path in content.paths), *(path for one in ratings for path in one.paths)
        ]))  # fmt: skip


class _CriteriaReader:
    """Criteria spelt out in the rows; each is looked at once."""

    def __init__(self, entry: CriteriaFrom, book: CriteriaBook) -> None:
        texts = (
            entry.key,
            entry.version,
            entry.meaning,
            entry.name,
            entry.question,
            entry.guidance,
            entry.applies_to,
            entry.scale,
        )
        self._fills = [Template(text).fill for text in texts]
        self._book = book
        self._seen: set[tuple[str, ...]] = set()

    def read(self, values: Values) -> None:
        texts = tuple(fill(values) for fill in self._fills)
        if texts in self._seen or not texts[0]:
            return
        lineage, version, meaning, name, question, guidance, applies_to, scale = texts
        self._book.find_in_row(CriterionTexts(lineage, version, meaning, name, question, guidance, applies_to, scale))
        self._seen.add(texts)


def read_error(error: FileProblem) -> Problem:
    """A reader's error, as one of the problems of an import."""
    return Problem(error.file, error.line, error.column or "", error.found, error.expected)
