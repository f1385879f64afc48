"""The scratch file of an import: normalised records on disk, so that memory stays bounded whatever the file's size.

Ids in it are its own; `db_id` is the key in the study, where there is one.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from core.errors import shortened
from core.importing.problems import Problem, Problems
from core.importing.ratings import SWAPPED_ORDER, swapped_option, swapped_shares
from core.importing.recent import Recent
from core.importing.records import (
    ItemRecord,
    OutputName,
    OutputRecord,
    RaterRecord,
    RatingRecord,
    ReferenceRecord,
    SubjectRecord,
)
from core.models.keys import item_key, output_key, pair_key

_REMEMBERED = 60_000
"""Items, outputs and subjects in memory, each."""

_BUFFER = 5_000
_SCHEMA = """
create table item (id integer primary key, external_id text unique, digest blob, messages text, context text,
    slices text, cluster text, split text, file integer, line integer, db_id integer, changed integer default 0);
create table system (id integer primary key, name text unique, family text, db_id integer);
create table output (id integer primary key, item integer, system integer, sample integer, digest blob, messages text,
    file integer, line integer, db_id integer, changed integer default 0, unique (item, system, sample));
create table reference (id integer primary key, item integer, text text, kind text, status text, db_id integer,
    unique (item, text, kind));
create table subject (id integer primary key, key text unique, kind text, item integer, a integer, b integer,
    file integer, line integer, db_id integer);
create table rater (id integer primary key, kind text, name text, "group" text, family text, db_id integer,
    unique (kind, name));
create table rating (seq integer primary key, subject integer, criterion integer, rater integer, option text,
    number real, absence text, probabilities text, confidence real, rationale text default '', phase text, shown text,
    repetition integer default 0, given integer default 0, n integer default 0, at text default '',
    rating_id text default '', supersedes text default '', file integer, line integer, state integer default 0,
    db_id integer);
create table known_item (id integer primary key, external_id text unique, digest blob);
create table known_output (id integer primary key, item integer, system text, sample integer, digest blob,
    unique (item, system, sample));
create table known_subject (key text primary key, id integer, system text, sample integer) without rowid;
"""
_RATING = ("subject", "criterion", "rater", "option", "number", "absence", "phase", "file", "line")
_DETAILS = ("probabilities", "confidence", "rationale", "shown", "repetition", "given", "at", "rating_id", "supersedes")
_NO_DETAILS = (None, None, "", None, 0, 0, "", "", "")
"""As the schema has them by itself."""

_AT_ONCE = 100
"""Ratings in one statement: cheaper than one each."""
_INSERTS = {
    "item": "insert into item (id, external_id, digest, messages, context, slices, cluster, split, file, line) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "output": "insert into output (id, item, system, sample, digest, messages, file, line) "
    "values (?, ?, ?, ?, ?, ?, ?, ?)",
    "subject": "insert into subject (id, key, kind, item, a, b, file, line) values (?, ?, ?, ?, ?, ?, ?, ?)",
    "reference": "insert or ignore into reference (item, text, kind, status) values (?, ?, ?, ?)",
}
_UPDATE_ITEM = (
    "update item set digest = ?, messages = ?, context = ?, slices = ?, cluster = ?, split = ?, file = ?, line = ? "
    "where id = ?"
)

_Row = tuple[object, ...]


def open_scratch(folder: Path) -> sqlite3.Connection:
    """An empty scratch file: fast and worthless after a crash, which is what it is for."""
    connection = sqlite3.connect(folder / "scratch.db", isolation_level=None, check_same_thread=False)
    for setting in (
        "journal_mode=off",
        "synchronous=off",
        "locking_mode=exclusive",
        "temp_store=file",
        "cache_size=-24000",
    ):
        connection.execute(f"pragma {setting}")
    connection.executescript(_SCHEMA)
    connection.execute("begin")
    return connection


def said_text(messages: Sequence[Mapping[str, object]]) -> str:
    """Messages as JSON, role and content only; the same text for the same messages."""
    said = (
        f'{{"role": {_quoted(message.get("role"))}, "content": {_quoted(message.get("content"))}}}'
        for message in messages
    )
    return f"[{', '.join(said)}]"


def _quoted(value: object) -> str:
    return encode_basestring(value) if isinstance(value, str) else json.dumps(value)


def content_digest(messages: Sequence[Mapping[str, object]], context: str | None = None) -> bytes:
    """A fingerprint of what an item or output says."""
    return _digest(said_text(messages), context)


def _digest(said: str, context: str | None = None) -> bytes:
    whole = said if context is None else f"{said}\0{context}"
    return blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Scratch:
    """Takes records in, gives each thing one id, and notices what contradicts itself.

    New rows wait in buffers: what is looked up in the file itself is either written, or still in memory.

    Args:
        connection: From `open_scratch`.
        files: File names; records name a file by its place.
        problems: Where contradictions go.
        remembered, buffered: How many names and rows are in memory.
    """

    def __init__(
        self, connection: sqlite3.Connection, files: Sequence[str], problems: Problems, *,
        remembered: int = _REMEMBERED, buffered: int = _BUFFER,
    ) -> None:  # fmt: skip
        self._buffered = buffered
        self.connection, self._files, self._problems = connection, files, problems
        self._items: Recent[str, tuple[int, bytes | None]] = Recent(remembered, self._write_names)
        self._outputs: Recent[tuple[int, int, int], tuple[int, bytes | None]] = Recent(remembered, self._write_names)
        self._subjects: Recent[SubjectRecord, tuple[int, bool]] = Recent(remembered, self._write_names)
        self._families: set[str] = set()
        self._systems: dict[str, int] = {}
        self._raters: dict[RaterRecord, int] = {}
        self._last: tuple[SubjectRecord | None, tuple[int, bool]] = (None, (0, False))
        self._last_id = {"item": 0, "output": 0, "subject": 0}
        self._new: dict[str, list[_Row]] = {table: [] for table in _INSERTS}
        self._ratings: list[_Row] = []
        self._has_details = False
        self._has_known_subjects = False

    def add_known_subjects(self, subjects: Iterator[tuple[str, int, str | None, int | None]]) -> None:
        """Tell which subjects the study has: key, id, and for pairs the system and sample of output A."""
        self.connection.executemany("insert into known_subject values (?, ?, ?, ?)", subjects)
        self._has_known_subjects = self._row("select 1 from known_subject limit 1") is not None

    def add_item(self, record: ItemRecord, file: int) -> None:
        """Take an item; the same id with other content is a problem."""
        said = said_text(record.messages)
        digest = _digest(said, record.context)
        found = self._find_item(record.external_id)
        if found is not None and found[1] is not None:
            if found[1] != digest:
                self._contradiction(f"item {shortened(record.external_id)}", file, record.line, "item", found[0])
            return
        slices = _json(record.slices) if record.slices else "{}"
        texts = (digest, said, record.context, slices, record.cluster, record.split, file, record.line)
        if found is None:
            item = self._insert("item", record.external_id, *texts)
        else:
            item = found[0]
            self._write_names()
            self.connection.execute(_UPDATE_ITEM, (*texts, item))
        self._items.put(record.external_id, (item, digest))

    def add_output(self, record: OutputRecord, file: int) -> None:
        """Take an output; the same name with other content is a problem."""
        place = (self._item(record.item), self._system(record.system), record.sample)
        if record.family:
            self._note_family(record.system, record.family)
        said = said_text(record.messages)
        digest = _digest(said)
        found = self._find_output(place)
        if found is not None and found[1] is not None:
            if found[1] != digest:
                what = f"the output of {shortened(record.system)} for item {shortened(record.item)}"
                self._contradiction(what, file, record.line, "output", found[0])
            return
        if found is None:
            output = self._insert("output", *place, digest, said, file, record.line)
        else:
            output = found[0]
            self._write_names()
            update = "update output set digest = ?, messages = ?, file = ?, line = ? where id = ?"
            self.connection.execute(update, (digest, said, file, record.line, output))
        self._outputs.put(place, (output, digest))

    def _note_family(self, system: str, family: str) -> None:
        if system not in self._families:
            self._families.add(system)
            self.connection.execute("update system set family = ? where name = ?", (family, system))

    def add_reference(self, record: ReferenceRecord) -> None:
        """Take a reference; the same text twice is one."""
        self._buffer("reference", (self._item(record.item), record.text, record.kind, record.status))

    def add_subject(self, record: SubjectRecord, file: int, line: int) -> tuple[int, bool]:
        """Take a subject: its id, and whether the record names its outputs in the other order than the study."""
        known = self._subjects.get(record)
        if known is None:
            known = self._subject(record, file, line)
            self._subjects.put(record, known)
        return known

    def add_rating(self, record: RatingRecord, file: int) -> None:
        """Take a rating; a pair's value and order follow the study's order of the two outputs."""
        last, known = self._last
        if record.subject is not last:
            known = self.add_subject(record.subject, file, record.line)
            self._last = record.subject, known
        subject, turned = known
        rater = self._raters.get(record.rater)
        if rater is None:
            rater = self._raters[record.rater] = self._rater(record.rater)
        row: _Row = (subject, record.criterion, rater, record.option, record.number, record.absence, record.phase, file,
               record.line)  # fmt: skip
        if not record.is_plain:
            row = self._with_details(row, record, turned=turned)
        elif turned:
            row = (*row[:3], swapped_option(record.option), *row[4:])
        self._ratings.append(row)
        if len(self._ratings) >= self._buffered:
            self._write_ratings()

    def _with_details(self, row: _Row, record: RatingRecord, *, turned: bool) -> _Row:
        option, shares, shown, repetition = record.option, record.probabilities, record.order, record.repetition
        if turned:
            option, shares = swapped_option(option), swapped_shares(shares)
            shown = SWAPPED_ORDER[shown] if shown else None
        self._has_details = True
        return (
            *row[:3], option, *row[4:], None if shares is None else _json(shares), record.confidence, record.rationale,
            shown, repetition or 0, int(repetition is not None), record.at, record.rating_id, record.supersedes,
        )  # fmt: skip

    def flush(self) -> None:
        """Write what is buffered."""
        self._write_names()
        self._write_ratings()

    def _write_names(self) -> None:
        for table, rows in self._new.items():
            if rows:
                self.connection.executemany(_INSERTS[table], rows)
                rows.clear()

    def _write_ratings(self) -> None:
        rows, columns = self._ratings, _RATING + (_DETAILS if self._has_details else ())
        if self._has_details:
            rows = [row if len(row) > len(_RATING) else row + _NO_DETAILS for row in rows]
        one = f"({', '.join('?' * len(columns))})"
        insert = f"insert into rating ({', '.join(columns)}) values "  # noqa: S608 - our own names
        whole = len(rows) - len(rows) % _AT_ONCE
        flat = (list(chain.from_iterable(rows[start : start + _AT_ONCE])) for start in range(0, whole, _AT_ONCE))
        self.connection.executemany(insert + ", ".join([one] * _AT_ONCE), flat)
        self.connection.executemany(insert + one, rows[whole:])
        self._ratings.clear()
        self._has_details = False

    def _row(self, select: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self.connection.execute(select, values).fetchone()
        return row

    def _made(self, insert: str, *values: object) -> int:
        return self.connection.execute(insert, values).lastrowid or 0

    def _insert(self, table: str, *values: object) -> int:
        key = self._last_id[table] = self._last_id[table] + 1
        self._buffer(table, (key, *values))
        return key

    def _buffer(self, table: str, row: _Row) -> None:
        rows = self._new[table]
        rows.append(row)
        if len(rows) >= self._buffered:
            self._write_names()

    def _find_item(self, external_id: str) -> tuple[int, bytes | None] | None:
        known = self._items.get(external_id)
        if known is None and not self._items.whole:
            known = self._row("select id, digest from item where external_id = ?", external_id)
            if known is not None:
                self._items.put(external_id, known)
        return known

    def _item(self, external_id: str) -> int:
        known = self._find_item(external_id)
        if known is None:
            known = self._insert("item", external_id, *[None] * 8), None
            self._items.put(external_id, known)
        return known[0]

    def _system(self, name: str) -> int:
        if name not in self._systems:
            self._systems[name] = self._made("insert into system (name, family) values (?, '')", name)
        return self._systems[name]

    def _find_output(self, place: tuple[int, int, int]) -> tuple[int, bytes | None] | None:
        known = self._outputs.get(place)
        if known is None and not self._outputs.whole:
            known = self._row("select id, digest from output where item = ? and system = ? and sample = ?", *place)
            if known is not None:
                self._outputs.put(place, known)
        return known

    def _output(self, item: int, name: OutputName) -> int:
        place = (item, self._system(name[0]), name[1])
        known = self._find_output(place)
        if known is None:
            known = self._insert("output", *place, *[None] * 4), None
            self._outputs.put(place, known)
        return known[0]

    def _rater(self, rater: RaterRecord) -> int:
        known = self._row("select id from rater where kind = ? and name = ?", rater.kind, rater.name)
        insert = 'insert into rater (kind, name, "group", family) values (?, ?, ?, ?)'
        return known[0] if known else self._made(insert, *rater)

    def _subject(self, record: SubjectRecord, file: int, line: int) -> tuple[int, bool]:
        item = self._item(record.item)
        outputs = [self._output(item, name) for name in (record.first, record.second) if name is not None]
        is_pair = len(outputs) == 2
        turned_round = self._subjects.get(SubjectRecord(record.item, record.second, record.first)) if is_pair else None
        if turned_round is not None:
            return turned_round[0], not turned_round[1]
        key = subject_key(record)
        if not self._subjects.whole:
            found = self._row("select id, a from subject where key = ?", key)
            if found is not None:
                return found[0], is_pair and found[1] != outputs[0]
        turned = is_pair and self._stands_turned(key, record.first)
        a, b = [*(reversed(outputs) if turned else outputs), None, None][:2]
        return self._insert("subject", key, record.kind, item, a, b, file, line), turned

    def _stands_turned(self, key: str, first: OutputName | None) -> bool:
        if not self._has_known_subjects:
            return False
        row = self._row("select system, sample from known_subject where key = ?", key)
        return row is not None and row != first

    def _contradiction(self, what: str, file: int, line: int, table: str, key: int) -> None:
        self._write_names()
        first = self._row(f"select file, line from {table} where id = ?", key)  # noqa: S608 - our own names
        first_file, first_line = first or (file, line)
        at = f"line {first_line}" if file == first_file else f"{self._files[first_file]}, line {first_line}"
        self._problems.add(
            Problem(self._files[file], line, "", f"other content for {what}", f"the same as in {at}, or another id")
        )


def subject_key(record: SubjectRecord) -> str:
    """The key of a subject in its study."""
    if record.first is None:
        return item_key(record.item)
    if record.second is None:
        return output_key(record.item, *record.first)
    return pair_key(record.item, record.first, record.second)


def _json(value: Mapping[str, object] | Mapping[str, float]) -> str:
    return json.dumps(value, ensure_ascii=False)
