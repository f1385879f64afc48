"""What pass one found, told in numbers and with the first subjects."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import cast

from core.errors import shortened
from core.importing.book import BookedCriterion
from core.importing.checked import (
    CheckedFile,
    CheckedImport,
    Compared,
    CriterionCounts,
    PreviewCriterion,
    PreviewRating,
    PreviewSubject,
)
from core.importing.comparing import CHANGED, NEW, SAME, KnownStudy
from core.importing.problems import KEPT, Problem
from core.importing.records import Message
from core.importing.staging import Staged

PREVIEWED, RATINGS_PREVIEWED = 3, 60


def summarise(staged: Staged, known: KnownStudy) -> CheckedImport:
    """The whole of what pass one found."""
    scratch, files = staged.connection, [file.name for file in staged.files]
    asides = tuple(aside for tally in staged.tallies for aside in tally.result())
    return CheckedImport(
        files=tuple(
            CheckedFile(
                file.role, file.name, file.format.kind, file.format.encoding, file.format.delimiter,
                staged.rows_by_file.get(file.role, 0),
            )
            for file in staged.files
        ),
        items=_compared(scratch, "item", "digest is not null or db_id is not null"),
        outputs=_compared(scratch, "output", "digest is not null or db_id is not null"),
        references=_compared(scratch, "reference"),
        systems=_compared(scratch, "system"),
        subjects={
            kind: _compared(scratch, "subject", "kind = ?", kind)
            for (kind,) in scratch.execute("select distinct kind from subject order by kind")
        },
        raters=dict(scratch.execute("select kind, count(*) from rater group by kind order by kind")),
        ratings=_ratings(scratch),
        criteria=_criteria(staged),
        set_aside=asides,
        n_missing=sum(aside.count for aside in asides if aside.treated == "missing"),
        problems=tuple(staged.problems.kept),
        n_problems=staged.problems.total,
        changed=_changed(staged, files),
        preview=_preview(staged, known),
    )  # fmt: skip


def _compared(scratch: sqlite3.Connection, table: str, where: str = "1", *values: str) -> Compared:
    changed = "coalesce(sum(changed), 0)" if table in ("item", "output") else "0"
    total, there, other = scratch.execute(
        f"select count(*), count(db_id), {changed} from {table} where {where}",  # noqa: S608 - our own words
        values,
    ).fetchone()
    return Compared(total, total - there, there - other, other)


def _ratings(scratch: sqlite3.Connection) -> Compared:
    counts = dict(scratch.execute("select state, count(*) from rating group by state"))
    new, same, changed = (counts.get(state, 0) for state in (NEW, SAME, CHANGED))
    return Compared(new + same + changed, new, same, changed)


def _criteria(staged: Staged) -> tuple[CriterionCounts, ...]:
    counts: dict[int, dict[str, int]] = {}
    select = "select criterion, coalesce(absence, ''), count(*) from rating group by 1, 2"
    for number, absence, count in staged.connection.execute(select):
        counts.setdefault(number, {})[absence] = count
    return tuple(
        CriterionCounts(
            criterion.lineage, criterion.version, criterion.name, found.get("", 0),
            {absence: count for absence, count in found.items() if absence}, criterion.known_id is None,
        )
        for criterion in staged.book
        if (found := counts.get(criterion.number, {})) or criterion.known_id is None
    )  # fmt: skip


def _changed(staged: Staged, files: Sequence[str]) -> tuple[Problem, ...]:
    found = [*_changed_contents(staged, files), *_changed_ratings(staged, files)]
    return tuple(found[:KEPT])


def _changed_contents(staged: Staged, files: Sequence[str]) -> list[Problem]:
    items = staged.connection.execute(
        "select file, line, external_id, null from item where changed union all select o.file, o.line, i.external_id, "
        "y.name from output o join item i on i.id = o.item join system y on y.id = o.system where o.changed limit ?",
        (KEPT,),
    )
    expected = "the study's, which stays; a correction is an item or output of another id"
    return [
        Problem(
            files[file], line, "", f"other content for {f'{shortened(system)} on ' if system else ''}item "
            f"{shortened(item)}", expected,
        )
        for file, line, item, system in items
    ]  # fmt: skip


def _changed_ratings(staged: Staged, files: Sequence[str]) -> list[Problem]:
    rows = staged.connection.execute(
        "select r.file, r.line, a.name, s.key, coalesce(r.option, r.number, r.absence), "
        "coalesce(k.option, k.number, k.absence) from rating r join rater a on a.id = r.rater "
        "join subject s on s.id = r.subject join known_rating k on k.id = r.db_id "
        "where r.state = ? order by r.seq limit ?",
        (CHANGED, KEPT),
    ) if _has_known_ratings(staged.connection) else ()  # fmt: skip
    return [
        Problem(
            files[file], line, "", f"{value} by {shortened(rater)} for {shortened(subject)}",
            f"{old}, as in the study, which stays" if old != value else "the study's rationale or order, which stays",
        )
        for file, line, rater, subject, value, old in rows
    ]  # fmt: skip


def _has_known_ratings(scratch: sqlite3.Connection) -> bool:
    select = "select 1 from sqlite_temp_master where name = 'known_rating'"
    return scratch.execute(select).fetchone() is not None


def _preview(staged: Staged, known: KnownStudy) -> tuple[PreviewSubject, ...]:
    rows = staged.connection.execute(
        "select s.id, s.key, s.kind, i.id, i.external_id, i.db_id, s.a, s.b from subject s "
        "join item i on i.id = s.item where i.digest is not null or i.db_id is not null order by s.id limit ?",
        (PREVIEWED,),
    ).fetchall()
    return tuple(_previewed(staged, known, *row) for row in rows)


def _previewed(  # noqa: PLR0913, PLR0917 - a row of a query
    staged: Staged, known: KnownStudy, subject: int, key: str, kind: str, item: int, external_id: str,
    item_id: int | None, a: int | None, b: int | None,
) -> PreviewSubject:  # fmt: skip
    scratch = staged.connection
    if item_id is not None:
        messages, context = known.item_said(item_id)
    else:
        said, context = scratch.execute("select messages, context from item where id = ?", (item,)).fetchone()
        messages = json.loads(said)
    references = scratch.execute("select text from reference where item = ? order by id", (item,))
    return PreviewSubject(
        key=key,
        kind=kind,
        item=external_id,
        messages=_messages(messages),
        context=context,
        references=tuple(text for (text,) in references),
        outputs=tuple(_output(scratch, known, output) for output in (a, b) if output is not None),
        criteria=tuple(_shown(criterion) for criterion in staged.book if criterion.applies_to == kind),
        ratings=_ratings_of(staged, subject),
    )


def _ratings_of(staged: Staged, subject: int) -> tuple[PreviewRating, ...]:
    names = {criterion.number: criterion.name for criterion in staged.book}
    rows = staged.connection.execute(
        "select a.name, a.kind, r.criterion, r.option, r.number, r.absence, r.rationale from rating r "
        "join rater a on a.id = r.rater where r.subject = ? order by r.seq limit ?",
        (subject, RATINGS_PREVIEWED),
    )
    return tuple(
        PreviewRating(
            rater, kind, names.get(criterion, ""), option or ("" if number is None else f"{number:.10g}"),
            absence or "", rationale,
        )
        for rater, kind, criterion, option, number, absence, rationale in rows
    )  # fmt: skip


def _output(scratch: sqlite3.Connection, known: KnownStudy, output: int) -> Sequence[Message]:
    said, output_id = scratch.execute("select messages, db_id from output where id = ?", (output,)).fetchone()
    return _messages(known.output_said(output_id) if output_id is not None else json.loads(said or "[]"))


def _messages(messages: Sequence[Mapping[str, object]]) -> Sequence[Message]:
    return tuple(cast("Message", dict(message)) for message in messages)


def _shown(criterion: BookedCriterion) -> PreviewCriterion:
    return PreviewCriterion(
        criterion.lineage, criterion.name, criterion.question, criterion.guidance, criterion.applies_to, criterion.scale
    )
