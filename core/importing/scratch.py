"""The scratch file of an import: normalised records on disk, so that memory stays bounded whatever the file's size.

Ids in it are its own; `db_id` is the key in the study, where there is one.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain
from pathlib import Path

from core.errors import shortened
from core.importing.problems import Problem, Problems
from core.importing.ratings import SWAPPED_ORDER, swapped_option, swapped_shares
from core.importing.records import (
    ItemRecord,
    Message,
    OutputName,
    OutputRecord,
    RaterRecord,
    RatingRecord,
    ReferenceRecord,
    SubjectRecord,
)
from core.models.keys import item_key, output_key, pair_key

_REMEMBERED = 100_000
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
    number real, absence text, probabilities text, confidence real, rationale text, phase text, shown text,
    repetition integer, given integer, n integer default 0, at text, rating_id text, supersedes text, file integer,
    line integer, state integer default 0, db_id integer);
create table known_item (id integer primary key, external_id text unique, digest blob);
create table known_output (id integer primary key, item integer, system text, sample integer, digest blob,
    unique (item, system, sample));
create table known_subject (key text primary key, id integer, system text, sample integer) without rowid;
"""
_RATING = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_RATINGS = (
    "insert into rating (subject, criterion, rater, option, number, absence, probabilities, confidence, rationale, "
    "phase, shown, repetition, given, at, rating_id, supersedes, file, line) values "
)
_AT_ONCE = 100
"""Ratings in one statement: cheaper than one each."""
_INSERT_ITEM = (
    "insert or ignore into item (external_id, digest, messages, context, slices, cluster, split, file, line) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE_ITEM = (
    "update item set digest = ?, messages = ?, context = ?, slices = ?, cluster = ?, split = ?, file = ?, line = ? "
    "where id = ?"
)
_INSERT_OUTPUT = (
    "insert or ignore into output (item, system, sample, digest, messages, file, line) values (?, ?, ?, ?, ?, ?, ?)"
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
        "cache_size=-48000",
    ):
        connection.execute(f"pragma {setting}")
    connection.executescript(_SCHEMA)
    connection.execute("begin")
    return connection


def content_digest(messages: Sequence[Mapping[str, object]], context: str | None = None) -> bytes:
    """A fingerprint of what an item or output says."""
    said = [[message.get("role"), message.get("content")] for message in messages]
    return blake2b(json.dumps([said, context]).encode(), digest_size=16).digest()


class Scratch:
    """Takes records in, gives each thing one id, and notices what contradicts itself.

    Args:
        connection: From `open_scratch`.
        files: File names; records name a file by its place.
        problems: Where contradictions go.
    """

    def __init__(self, connection: sqlite3.Connection, files: Sequence[str], problems: Problems) -> None:
        self.connection, self._files, self._problems = connection, files, problems
        self._items: dict[str, int] = {}
        self._outputs: dict[tuple[int, int, int], int] = {}
        self._families: set[str] = set()
        self._systems: dict[str, int] = {}
        self._raters: dict[RaterRecord, int] = {}
        self._subjects: dict[SubjectRecord, tuple[int, bool]] = {}
        self._buffer: list[_Row] = []
        self._has_known_subjects = False

    def add_known_subjects(self, subjects: Iterator[tuple[str, int, str | None, int | None]]) -> None:
        """Tell which subjects the study has: key, id, and for pairs the system and sample of output A."""
        self.connection.executemany("insert into known_subject values (?, ?, ?, ?)", subjects)
        self._has_known_subjects = self._one("select 1 from known_subject limit 1") is not None

    def add_item(self, record: ItemRecord, file: int) -> None:
        """Take an item; the same id with other content is a problem."""
        digest = content_digest(record.messages, record.context)
        slices = _json(record.slices) if record.slices else "{}"
        texts = (
            digest,
            _json(record.messages),
            record.context,
            slices,
            record.cluster,
            record.split,
            file,
            record.line,
        )
        made = self.connection.execute(_INSERT_ITEM, (record.external_id, *texts))
        if made.rowcount == 1:
            self._remember_item(record.external_id, made.lastrowid or 0)
            return
        item = self._item(record.external_id)
        found = self.connection.execute("select digest, file, line from item where id = ?", (item,)).fetchone()
        if found[0] is None:
            self.connection.execute(_UPDATE_ITEM, (*texts, item))
        elif found[0] != digest:
            self._contradiction(f"item {shortened(record.external_id)}", file, record.line, found[1], found[2])

    def add_output(self, record: OutputRecord, file: int) -> None:
        """Take an output; the same name with other content is a problem."""
        item, system = self._item(record.item), self._system(record.system)
        self._note_family(record.system, record.family)
        digest = content_digest(record.messages)
        place = (item, system, record.sample)
        made = self.connection.execute(_INSERT_OUTPUT, (*place, digest, _json(record.messages), file, record.line))
        if made.rowcount == 1:
            self._remember_output(place, made.lastrowid or 0)
            return
        output = self._output(item, (record.system, record.sample))
        found = self.connection.execute("select digest, file, line from output where id = ?", (output,)).fetchone()
        if found[0] is None:
            update = "update output set digest = ?, messages = ?, file = ?, line = ? where id = ?"
            self.connection.execute(update, (digest, _json(record.messages), file, record.line, output))
        elif found[0] != digest:
            what = f"the output of {shortened(record.system)} for item {shortened(record.item)}"
            self._contradiction(what, file, record.line, found[1], found[2])

    def _note_family(self, system: str, family: str) -> None:
        if family and system not in self._families:
            self._families.add(system)
            self.connection.execute("update system set family = ? where name = ?", (family, system))

    def add_reference(self, record: ReferenceRecord) -> None:
        """Take a reference; the same text twice is one."""
        self.connection.execute(
            "insert or ignore into reference (item, text, kind, status) values (?, ?, ?, ?)",
            (self._item(record.item), record.text, record.kind, record.status),
        )

    def add_subject(self, record: SubjectRecord, file: int, line: int) -> tuple[int, bool]:
        """Take a subject: its id, and whether the record names its outputs in the other order than the study."""
        known = self._subjects.get(record)
        if known is None:
            if len(self._subjects) >= _REMEMBERED:
                self._subjects.clear()
            known = self._subjects[record] = self._subject(record, file, line)
        return known

    def add_rating(self, record: RatingRecord, file: int) -> None:
        """Take a rating; a pair's value and order follow the study's order of the two outputs."""
        subject, turned = self._subjects.get(record.subject) or self.add_subject(record.subject, file, record.line)
        rater = self._raters.get(record.rater)
        if rater is None:
            rater = self._raters[record.rater] = self._rater(record.rater)
        option, shares, shown = record.option, record.probabilities, record.order
        if turned:
            option, shares = swapped_option(option), swapped_shares(shares)
            shown = SWAPPED_ORDER[shown] if shown else None
        self._buffer.append((
            subject, record.criterion, rater, option, record.number, record.absence,
            None if shares is None else _json(shares), record.confidence, record.rationale, record.phase, shown,
            record.repetition or 0, int(record.repetition is not None), record.at, record.rating_id,
            record.supersedes, file, record.line,
        ))  # fmt: skip
        if len(self._buffer) >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered."""
        rows, several = self._buffer, _INSERT_RATINGS + ", ".join([_RATING] * _AT_ONCE)
        whole = len(rows) - len(rows) % _AT_ONCE
        flat = (list(chain.from_iterable(rows[start : start + _AT_ONCE])) for start in range(0, whole, _AT_ONCE))
        self.connection.executemany(several, flat)
        self.connection.executemany(_INSERT_RATINGS + _RATING, rows[whole:])
        self._buffer.clear()

    def _one(self, select: str, *values: object) -> int | None:
        row = self.connection.execute(select, values).fetchone()
        return row[0] if row else None

    def _made(self, insert: str, *values: object) -> int:
        return self.connection.execute(insert, values).lastrowid or 0

    def _item(self, external_id: str) -> int:
        known = self._items.get(external_id)
        if known is None:
            known = self._one("select id from item where external_id = ?", external_id)
            known = known or self._made("insert into item (external_id) values (?)", external_id)
            self._remember_item(external_id, known)
        return known

    def _remember_item(self, external_id: str, item: int) -> None:
        if len(self._items) >= _REMEMBERED:
            self._items.clear()
        self._items[external_id] = item

    def _system(self, name: str) -> int:
        if name not in self._systems:
            self._systems[name] = self._made("insert into system (name, family) values (?, '')", name)
        return self._systems[name]

    def _output(self, item: int, name: OutputName) -> int:
        place = (item, self._system(name[0]), name[1])
        known = self._outputs.get(place)
        if known is None:
            known = self._one("select id from output where item = ? and system = ? and sample = ?", *place)
            known = known or self._made("insert into output (item, system, sample) values (?, ?, ?)", *place)
            self._remember_output(place, known)
        return known

    def _remember_output(self, place: tuple[int, int, int], output: int) -> None:
        if len(self._outputs) >= _REMEMBERED:
            self._outputs.clear()
        self._outputs[place] = output

    def _rater(self, rater: RaterRecord) -> int:
        known = self._one("select id from rater where kind = ? and name = ?", rater.kind, rater.name)
        return known or self._made('insert into rater (kind, name, "group", family) values (?, ?, ?, ?)', *rater)

    def _subject(self, record: SubjectRecord, file: int, line: int) -> tuple[int, bool]:
        item = self._item(record.item)
        outputs = [self._output(item, name) for name in (record.first, record.second) if name is not None]
        key = subject_key(record)
        turned = len(outputs) == 2 and self._stands_turned(key, record.first)
        a, b = [*(reversed(outputs) if turned else outputs), None, None][:2]
        insert = "insert or ignore into subject (key, kind, item, a, b, file, line) values (?, ?, ?, ?, ?, ?, ?)"
        made = self.connection.execute(insert, (key, record.kind, item, a, b, file, line))
        if made.rowcount == 1:
            return made.lastrowid or 0, turned
        found = self.connection.execute("select id, a from subject where key = ?", (key,)).fetchone()
        return found[0], len(outputs) == 2 and found[1] != outputs[0]

    def _stands_turned(self, key: str, first: OutputName | None) -> bool:
        if not self._has_known_subjects:
            return False
        row = self.connection.execute("select system, sample from known_subject where key = ?", (key,)).fetchone()
        return row is not None and row != first

    def _contradiction(self, what: str, file: int, line: int, first_file: int, first_line: int) -> None:
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


def _json(value: Sequence[Message] | Mapping[str, object] | Mapping[str, float]) -> str:
    return json.dumps(value, ensure_ascii=False)
