"""After the last row: numbering of repetitions, what is missing, and what the study has already."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.errors import shortened
from core.importing.book import KnownCriterion
from core.importing.problems import Problem, Problems
from core.importing.scratch import content_digest

NEW, SAME, CHANGED = 0, 1, 2
"""States of a staged rating."""

_ASKED_IN_BOTH_ORDERS = "kind in ('judge', 'baseline', 'jury')"
"""Such a rater's row in the other order is no repetition; a person's is."""


@dataclass(frozen=True, slots=True)
class KnownRating:
    """A rating of the study, by its keys there."""

    id: int
    subject_id: int
    criterion_id: int
    rater_id: int
    option: str | None
    number: float | None
    absence: str | None
    rationale: str
    phase: str
    order: str | None
    repetition: int
    supersedes_id: int | None


class KnownStudy(Protocol):
    """What the study has; only rows that everybody sees."""

    def criteria(self) -> Iterable[KnownCriterion]:
        """Every criterion version of the study (not of single items)."""

    def items(self) -> Iterator[tuple[int, str, Sequence[Mapping[str, object]], str | None]]:
        """Key, external id, messages, context."""

    def outputs(self) -> Iterator[tuple[int, int, str, int, Sequence[Mapping[str, object]]]]:
        """Key, item's key, system's name, sample, messages."""

    def references(self) -> Iterator[tuple[int, str, str]]:
        """Item's key, text, kind."""

    def subjects(self) -> Iterator[tuple[str, int, str | None, int | None]]:
        """Subject key, key, and for pairs the system and sample of output A."""

    def systems(self) -> Iterator[tuple[int, str]]:
        """Key, name."""

    def raters(self) -> Iterator[tuple[int, str, str]]:
        """Key, kind, name."""

    def item_said(self, item_id: int) -> tuple[Sequence[Mapping[str, object]], str | None]:
        """Messages and context of one item."""

    def output_said(self, output_id: int) -> Sequence[Mapping[str, object]]:
        """Messages of one output."""

    def ratings(self, rater_ids: Sequence[int]) -> Iterator[KnownRating]:
        """Every rating of these raters, oldest first."""


def number_repetitions(scratch: sqlite3.Connection, files: Sequence[str], problems: Problems) -> None:
    """A rater's second row for a unit is repetition 1, in file order; where the file numbers them, they stay."""
    scratch.execute("create index rating_unit on rating (subject, criterion, rater)")
    scratch.execute(
        "create temp table repeated as "
        "select subject, criterion, rater from rating group by 1, 2, 3 having count(*) > 1"
    )
    if scratch.execute("select 1 from repeated limit 1").fetchone() is None:
        return
    order = f"case when r.given or k.{_ASKED_IN_BOTH_ORDERS} then coalesce(r.shown, '') else '' end"
    numbered = "case when r.given then r.repetition || r.phase else '' end"
    scratch.execute(
        "create temp table place as select r.seq, row_number() over (partition by r.subject, r.criterion, r.rater, "  # noqa: S608 - our own words
        f"{order}, {numbered} order by r.seq) - 1 as n, r.given "
        "from repeated t join rating r using (subject, criterion, rater) join rater k on k.id = r.rater"
    )
    scratch.execute("create index place_seq on place (seq)")
    update = "update rating set {} = place.n from place where place.seq = rating.seq and place.n > 0 and {} place.given"
    scratch.execute(update.format("repetition", "not"))
    scratch.execute(update.format("n", ""))
    doubled = scratch.execute("select file, line from rating where n > 0 and supersedes = '' order by seq")
    for file, line in doubled:
        expected = "every repetition once, or the id of the rating it supersedes"
        problems.add(Problem(files[file], line, "", "a second rating of the same repetition", expected))


def require_content(
    scratch: sqlite3.Connection, files: Sequence[str], problems: Problems, *, has_content: bool
) -> None:
    """Every item and output that is rated must be in the files or in the study."""
    hint = "in the content, or in the study" if has_content else "in the study (the mapping has no [[content]])"
    for external_id, file, line in scratch.execute(
        "select i.external_id, s.file, s.line from subject s join item i on i.id = s.item "
        "where i.digest is null and i.db_id is null group by i.id order by s.id"
    ):
        problems.add(Problem(files[file], line, "", f"item {shortened(external_id)}", f"an item that is {hint}"))
    for system, external_id, file, line in scratch.execute(
        "select y.name, i.external_id, s.file, s.line from output o join system y on y.id = o.system "
        "join item i on i.id = o.item join subject s on o.id in (s.a, s.b) "
        "where o.digest is null and o.db_id is null and (i.digest is not null or i.db_id is not null) "
        "group by o.id order by s.id"
    ):
        found = f"an output of {shortened(system)} for item {shortened(external_id)}"
        problems.add(Problem(files[file], line, "", found, f"an output that is {hint}"))


def compare(scratch: sqlite3.Connection, known: KnownStudy) -> None:
    """Give what the study has its key there, and mark what says something else."""
    _match_items(scratch, known)
    scratch.execute("create temp table known_name (id integer, kind text, name text)")
    scratch.executemany("insert into known_name values (?, 'system', ?)", known.systems())
    scratch.executemany("insert into known_name values (?, ?, ?)", known.raters())
    for table, kind in (("system", "'system'"), ("rater", "rater.kind")):
        scratch.execute(
            f"update {table} set db_id = k.id from known_name k where k.kind = {kind} and k.name = {table}.name"  # noqa: S608 - our own names
        )
    scratch.execute("update subject set db_id = k.id from known_subject k where k.key = subject.key")
    _match_ratings(scratch, known)


def _match_items(scratch: sqlite3.Connection, known: KnownStudy) -> None:
    scratch.executemany(
        "insert into known_item values (?, ?, ?)",
        ((key, name, content_digest(messages, context)) for key, name, messages, context in known.items()),
    )
    scratch.execute(
        "update item set db_id = k.id, changed = item.digest is not null and item.digest <> k.digest from known_item k "
        "where k.external_id = item.external_id"
    )
    scratch.executemany(
        "insert into known_output values (?, ?, ?, ?, ?)",
        ((key, item, system, n, content_digest(said)) for key, item, system, n, said in known.outputs()),
    )
    scratch.execute(
        "update output set db_id = k.id, changed = output.digest is not null and output.digest <> k.digest "
        "from known_output k, item i, system y where i.id = output.item and y.id = output.system "
        "and k.item = i.db_id and k.system = y.name and k.sample = output.sample"
    )
    scratch.execute("create temp table known_reference (item integer, text text, kind text)")
    scratch.executemany("insert into known_reference values (?, ?, ?)", known.references())
    scratch.execute(
        "update reference set db_id = 0 where exists (select 1 from item i join known_reference k on k.item = i.db_id "
        "where i.id = reference.item and k.text = reference.text and k.kind = reference.kind)"
    )


def _match_ratings(scratch: sqlite3.Connection, known: KnownStudy) -> None:
    raters = [row[0] for row in scratch.execute("select db_id from rater where db_id is not null")]
    if not raters:
        return
    scratch.execute(
        "create temp table known_rating (id integer primary key, subject integer, criterion integer, rater integer, "
        "option text, number real, absence text, rationale text, phase text, shown text, repetition integer, "
        "supersedes integer, n integer default 0)"
    )
    subjects = "select db_id, id from subject where db_id is not null"
    scratch.execute(f"create temp table subject_by_key as {subjects}")
    scratch.execute("create index subject_by_key_id on subject_by_key (db_id)")
    staged_rater = dict(scratch.execute("select db_id, id from rater where db_id is not null"))
    scratch.executemany(
        "insert into known_rating select ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0 from subject_by_key where db_id = ?",
        (
            (r.id, r.criterion_id, staged_rater[r.rater_id], r.option, r.number, r.absence, r.rationale, r.phase,
             r.order, r.repetition, r.supersedes_id, r.subject_id)
            for r in known.ratings(raters)
        ),
    )  # fmt: skip
    scratch.execute("create index known_rating_unit on known_rating (subject, rater, criterion)")
    scratch.execute(
        "update known_rating set n = p.n from (select id, row_number() over (partition by subject, criterion, rater, "
        "shown, repetition, phase order by id) - 1 as n from known_rating) p where p.id = known_rating.id and p.n > 0"
    )
    same = "rating.option is k.option and rating.number is k.number and rating.absence is k.absence"
    same += " and rating.rationale = k.rationale and rating.shown is k.shown"
    scratch.execute(
        f"update rating set db_id = k.id, state = case when {same} then {SAME} else {CHANGED} end "  # noqa: S608 - our own words
        "from known_rating k, rater a, criterion_id c where k.subject = rating.subject and k.rater = rating.rater "
        "and c.number = rating.criterion and k.criterion = c.db_id and a.id = rating.rater "
        f"and (rating.shown is k.shown or not a.{_ASKED_IN_BOTH_ORDERS}) "
        "and k.repetition = rating.repetition and k.phase = rating.phase and k.n = rating.n"
    )
