"""The numbers of a view as tables in CSV, one number a row, with everything that must stand beside it.

Full precision; text that would start a formula in a spreadsheet is made harmless. Tables that say who answered what on
which item note, before they are written, that the visitor reads it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import TypeVar

import numpy as np

from core.errors import NotAllowed, NotFound
from core.exporting.formats.csv_format import FORMAT
from core.exporting.formats.face import Cell, ColumnType
from core.stats.estimates import Estimate
from core.stats.pairs import pair_tables
from core.store.following import ABSENCES
from core.store.opened_items import read_titles
from core.workflow.agreement import Behind, note_reading, units_behind
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_pictures import file_name, filters_text
from core.workflow.agreement_view import AgreementView
from core.workflow.workspace import Visitor, Workspace

IDENTITY = ("study", "criterion", "meaning", "phase", "filters")
ESTIMATE = (
    "value", "low", "high", "level", "method", "n_units", "n_ratings", "n_clusters", "resamples", "undefined_resamples",
    "reason", "interval_reason", "flags",
)  # fmt: skip
_NUMBERS = {"value", "low", "high", "level", "split"}
_INTEGERS = {"meaning", "n_units", "n_ratings", "n_clusters", "resamples", "undefined_resamples", "place", "n"}
_BATCH = 400

Row = tuple[Cell, ...]
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Source:
    """What the tables are made of.

    Attributes:
        workspace: The outside world.
        visitor: Who takes the table.
        study: Name of the study.
        live: The study, followed.
        view: The agreement.
    """

    workspace: Workspace
    visitor: Visitor
    study: str
    live: LiveAgreement
    view: AgreementView


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table that can be downloaded.

    Attributes:
        title: What it holds, for people.
        columns: After `IDENTITY`.
        rows: Its rows without `IDENTITY`.
        exposes: Whether it says who answered what on which item.
    """

    title: str
    columns: tuple[str, ...]
    rows: Callable[[Source], Iterator[Row]]
    exposes: bool = False


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A table as a file: its name, its media type and its pieces, each made when it is asked for."""

    filename: str
    media_type: str
    pieces: Iterator[bytes]


def csv_file(source: Source, table: str) -> CsvFile:
    """A table of a view as a CSV file.

    Args:
        source: What it is made of.
        table: A key of `TABLES`.

    Raises:
        NotFound: There is no such table.
        NotAllowed: The table says who answered what, and nobody is known to be there.
    """
    known = TABLES.get(table)
    if known is None:
        raise NotFound("table", table, tuple(TABLES))
    if known.exposes and not source.visitor.is_known:
        raise NotAllowed(
            "This table says who answered what, and whoever reads it no longer grades these items blind. Give your name"
            " on the grading page first, so that it can be noted."
        )
    question = source.view.question
    identity = (source.study, question.lineage, question.meaning, source.view.phase, filters_text(source.view))
    columns: dict[str, ColumnType] = {name: _type(name) for name in (*IDENTITY, *known.columns)}
    batches = ([(*identity, *row) for row in batch] for batch in _in_batches(known.rows(source)))
    return CsvFile(
        f"{file_name('touchstone', source.study, question.key, table)}.csv",
        FORMAT.media_type,
        FORMAT.write(columns, batches),
    )


def _in_batches(rows: Iterable[One]) -> Iterator[list[One]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _type(column: str) -> ColumnType:
    return "number" if column in _NUMBERS else "integer" if column in _INTEGERS else "text"


def estimate_cells(estimate: Estimate) -> Row:
    """An estimate in the columns `ESTIMATE`."""
    interval = estimate.interval
    return (
        estimate.value,
        interval.low if interval else None,
        interval.high if interval else None,
        interval.level if interval else None,
        interval.method.value if interval else None,
        estimate.n_units,
        estimate.n_ratings,
        estimate.n_groups or None,
        estimate.resamples,
        estimate.undefined_resamples,
        estimate.reason.value if estimate.reason else None,
        estimate.interval_reason.value if estimate.interval_reason and estimate.value is not None else None,
        " ".join(flag.value for flag in estimate.flags),
    )


def _coefficients(source: Source) -> Iterator[Row]:
    for whose, report in (("people", source.view.people), ("everyone", source.view.everyone)):
        for key, estimate in report.estimates.items():
            yield (key, whose, *estimate_cells(estimate))


def _judges(source: Source) -> Iterator[Row]:
    view = source.view
    for one in (*view.judges, *view.members):
        line = view.rater(int(one.rater_id))
        for estimate in (one.percent, one.kappa, one.ceiling_percent, one.ceiling, one.difference):
            percent = estimate.name.endswith("percent")
            coefficient = "percent" if percent else one.coefficient
            yield (estimate.name, coefficient, line.name, line.kind, *estimate_cells(estimate))


def _pairs(source: Source) -> Iterator[Row]:
    pairs, lines = source.view.pairs, source.view.named_raters
    for i, j in combinations(range(len(lines)), 2):
        names, n, reason = (lines[i].name, lines[j].name), int(pairs.n[i, j]), pairs.reason_at(i, j)
        for measure, value in (("percent", pairs.percent[i, j]), (pairs.coefficient, pairs.kappa[i, j])):
            known = None if np.isnan(value) else float(value)
            yield (measure, *names, known, n, reason.value if reason and known is None else None)


def _answers(source: Source) -> Iterator[Row]:
    for line in source.view.raters:
        counts = [("ratings", "", line.n), *(("answer", key, n) for key, n in line.counts.items())]
        counts += [("no answer", why, n) for why, n in line.absences.items()]
        counts += [("off the scale", "", line.n_invalid), ("turned by the order shown", "", line.n_unstable)]
        for measure, answer, n in counts:
            yield (measure, answer, line.name, line.kind, n)


def _confusion(source: Source) -> Iterator[Row]:
    view = source.view
    if view.question.scale.is_numeric or len(view.table.rater_ids) < 2:
        return
    names = {line.id: line.name for line in view.raters}
    raters = [names[int(found)] for found in view.table.rater_ids]
    keys = view.question.scale.keys
    found = pair_tables(view.table)
    for (i, j), counts in zip(found.pairs.tolist(), found.tables.astype(np.int64).tolist(), strict=True):
        for first, row in zip(keys, counts, strict=True):
            for second, n in zip(keys, row, strict=True):
                yield raters[i], raters[j], first, second, n


def _disagreements(source: Source) -> Iterator[Row]:
    view, cells = source.view, source.view.cells
    chosen = {line.id for line in view.raters}
    order = np.argsort(cells.unit, kind="stable")
    starts = np.searchsorted(cells.unit[order], np.arange(cells.n_units + 1))
    units = units_behind(source.live, view, Behind()).tolist()
    for batch in _in_batches(enumerate(units, start=1)):
        subjects = [int(cells.subject[unit]) for _, unit in batch]
        note_reading(source.workspace, source.visitor, view.study_id, subjects)
        with source.workspace.database.reading() as session:
            titles = read_titles(view.study_id, subjects, session=session)
        for place, unit in batch:
            titled = titles.get(int(cells.subject[unit]))
            asked = view.question.texts.get(int(cells.standing[unit]), "")
            systems = " | ".join(titled.systems) if titled else ""
            named = (place, titled.external_id if titled else "", systems, asked, float(view.splits[unit]))
            for row in order[starts[unit] : starts[unit + 1]].tolist():
                rater = cells.raters[int(cells.rater[row])]
                if rater.id in chosen:
                    yield (*named, rater.name, rater.kind, *_said(view, row))


def _said(view: AgreementView, row: int) -> tuple[Cell, Cell]:
    """The answer as the key of its option or its number, and why there is none."""
    cells, scale = view.cells, view.question.scale
    if not cells.present[row]:
        return None, ABSENCES[int(cells.current.absence[row])] or "not on the scale"
    value = float(cells.values[row])
    return value if scale.is_numeric else scale.keys[int(value)], None


TABLES: Mapping[str, CsvTable] = {
    "coefficients": CsvTable("Every coefficient", ("measure", "whose", *ESTIMATE), _coefficients),
    "judges": CsvTable(
        "Each rater against the people", ("measure", "coefficient", "rater", "kind", *ESTIMATE), _judges
    ),
    "pairs": CsvTable("Every pair of raters", ("measure", "first", "second", "value", "n_units", "reason"), _pairs),
    "answers": CsvTable("What every rater answered", ("measure", "answer", "rater", "kind", "n"), _answers),
    "confusion": CsvTable(
        "Who answered what, pair by pair", ("first", "second", "first_answer", "second_answer", "n_units"), _confusion
    ),
    "disagreements": CsvTable(
        "Where raters differ, with everybody's answers",
        ("place", "item", "systems", "question", "split", "rater", "kind", "answer", "no_answer"),
        _disagreements,
        exposes=True,
    ),
}
"""Every table by its name in addresses."""


def table_titles() -> Sequence[tuple[str, str]]:
    """Name and title of every table."""
    return [(name, table.title) for name, table in TABLES.items()]
