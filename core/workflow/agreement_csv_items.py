"""Where raters differ, with everybody's answers; whoever takes this table is noted to have read them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import numpy as np

from core.exporting.formats.face import Cell
from core.store.following import ABSENCES
from core.store.opened_items import read_titles
from core.workflow.agreement import Behind, note_reading, units_behind
from core.workflow.agreement_csv_rows import Row, Source
from core.workflow.agreement_view import AgreementView

BATCH = 400
One = TypeVar("One")


def in_batches(rows: Iterable[One]) -> Iterator[list[One]]:
    """Rows, some hundred at a time."""
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def disagreement_rows(source: Source) -> Iterator[Row]:
    """Units where raters split, the most split first; a row for every rater. The reading is noted before it happens."""
    view, cells = source.view, source.view.cells
    chosen = {line.id for line in view.raters}
    order = np.argsort(cells.unit, kind="stable")
    starts = np.searchsorted(cells.unit[order], np.arange(cells.n_units + 1))
    units = units_behind(source.live, view, Behind()).tolist()
    for batch in in_batches(enumerate(units, start=1)):
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
