"""The numbers of a view as tables in CSV.

Full precision; text that would start a formula in a spreadsheet is made harmless. Tables that say who answered what on
which item note, before they are written, that the visitor reads it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from core.errors import NotAllowed, NotFound
from core.exporting.formats.csv_format import FORMAT
from core.exporting.formats.face import ColumnType
from core.workflow.agreement_csv_items import disagreement_rows, in_batches
from core.workflow.agreement_csv_judges import judge_rows, place_rows, reference_rows
from core.workflow.agreement_csv_rows import (
    ESTIMATE,
    Row,
    Source,
    answer_rows,
    coefficient_rows,
    confusion_rows,
    criterion_rows,
    pair_rows,
    rater_rows,
    slice_rows,
)
from core.workflow.agreement_pictures import file_name, filters_text

__all__ = ["ESTIMATE", "IDENTITY", "TABLES", "CsvFile", "CsvTable", "Source", "csv_file"]

IDENTITY = ("study", "criterion", "meaning", "phase", "filters")
_NUMBERS = {"value", "low", "high", "level", "split", "p", "adjusted_p"}
_INTEGERS = {"meaning", "n_units", "n_ratings", "n_clusters", "resamples", "undefined_resamples", "place", "n"}


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table that can be downloaded.

    Attributes:
        title: What it holds, for people.
        columns: After `IDENTITY`.
        rows: Its rows without `IDENTITY`.
        exposes: Whether it says who answered what on which item.
        of_all_criteria: Whether its rows begin with the criterion and meaning that they are about.
    """

    title: str
    columns: tuple[str, ...]
    rows: Callable[[Source], Iterator[Row]]
    exposes: bool = False
    of_all_criteria: bool = False


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
    rows = known.rows(source)
    first = next(rows, None)  # a problem shows before the answer has begun
    question = source.view.question
    about = () if known.of_all_criteria else (question.key,)
    which = (source.view.phase, filters_text(source.view))

    def full(row: Row) -> Row:
        asked = row[:2] if known.of_all_criteria else (question.lineage, question.meaning)
        return (source.study, *asked, *which, *(row[2:] if known.of_all_criteria else row))

    columns: dict[str, ColumnType] = {name: _type(name) for name in (*IDENTITY, *known.columns)}
    every = chain([] if first is None else [first], rows)
    return CsvFile(
        f"{file_name('touchstone', source.study, *about, table)}.csv",
        FORMAT.media_type,
        FORMAT.write(columns, ([full(row) for row in batch] for batch in in_batches(every))),
    )


def _type(column: str) -> ColumnType:
    return "number" if column in _NUMBERS else "integer" if column in _INTEGERS else "text"


TABLES: Mapping[str, CsvTable] = {
    "judges": CsvTable("Judges with people, and people", ("measure", "whose", "judge", "kind", *ESTIMATE), judge_rows),
    "coefficients": CsvTable("Every coefficient", ("measure", "whose", *ESTIMATE), coefficient_rows),
    "slices": CsvTable(
        "Slice by slice", ("slices", "slice", "measure", "whose", *ESTIMATE, "p", "adjusted_p"), slice_rows
    ),
    "criteria": CsvTable(
        "Every criterion", ("measure", "whose", "judge", *ESTIMATE), criterion_rows, of_all_criteria=True
    ),
    "raters": CsvTable("Raters", ("measure", "rater", "kind", "beside", *ESTIMATE, "p"), rater_rows),
    "reference": CsvTable(
        "Judges against the majority of people", ("measure", "rater", "kind", "reference", *ESTIMATE), reference_rows
    ),
    "place": CsvTable("A judge in a person's place", ("measure", "judge", "whose", "beside", *ESTIMATE), place_rows),
    "pairs": CsvTable("Every pair of raters", ("measure", "first", "second", "value", "n_units", "reason"), pair_rows),
    "answers": CsvTable("What every rater answered", ("measure", "answer", "rater", "kind", "n"), answer_rows),
    "confusion": CsvTable(
        "Answers of every pair", ("first", "second", "first_answer", "second_answer", "n_units"), confusion_rows
    ),
    "disagreements": CsvTable(
        "Where raters differ, with everybody's answers",
        ("place", "item", "systems", "question", "split", "rater", "kind", "answer", "no_answer"),
        disagreement_rows,
        exposes=True,
    ),
}
"""Every table by its name in addresses."""
