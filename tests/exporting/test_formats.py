"""Every export format gives back what went in."""

import csv
import json
from io import BytesIO, StringIO

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exporting.formats import FORMATS, Cell, Format
from core.models.exchange import ColumnType
from core.rendering import spreadsheet_unsafe

COLUMNS: dict[str, ColumnType] = {"word": "text", "count": "integer", "share": "number"}
ROWS: list[list[Cell]] = [["=1+1", 1, 0.5], ['line\nbreak, "quoted"', -3, None], [None, None, 2.0], ["'=kept", 0, 0.0]]


def _read(found: Format, content: bytes) -> list[list[Cell]]:
    if found.key == "csv":
        rows = list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))[1:]
        return [
            [spreadsheet_unsafe(word) or None, int(count) if count else None, float(share) if share else None]
            for word, count, share in rows
        ]
    if found.key == "jsonl":
        return [list(json.loads(line).values()) for line in content.decode().split("\n") if line]
    return [list(row.values()) for row in pq.read_table(BytesIO(content)).to_pylist()]


@pytest.mark.parametrize("found", FORMATS.values(), ids=list(FORMATS))
def test_what_is_written_in_batches_is_read_back_unchanged(found: Format) -> None:
    assert _read(found, b"".join(found.write(COLUMNS, [ROWS[:2], ROWS[2:]]))) == ROWS


@pytest.mark.parametrize("found", FORMATS.values(), ids=list(FORMATS))
def test_a_file_without_rows_still_names_its_columns(found: Format) -> None:
    content = b"".join(found.write(COLUMNS, []))
    assert _read(found, content) == []
    if found.key == "csv":
        assert content.decode("utf-8-sig") == "word,count,share\r\n"
    if found.key == "parquet":
        assert pq.read_schema(BytesIO(content)).names == list(COLUMNS)


def test_a_cell_that_would_start_a_formula_is_neutralised_in_csv_and_a_number_is_not() -> None:
    content = b"".join(FORMATS["csv"].write(COLUMNS, [[["=cmd|' /C calc'!A0", -3, -0.5], ["@x", 1, 1.0]]])).decode(
        "utf-8-sig"
    )
    assert content.splitlines()[1:] == ["'=cmd|' /C calc'!A0,-3,-0.5", "'@x,1,1.0"]


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_text_survives_csv(words: list[str]) -> None:
    # csv.reader gives a lone "\r" back as it was only inside quotes, which csv.writer uses for it
    rows: list[list[Cell]] = [[word, 1, 1.0] for word in words]
    content = b"".join(FORMATS["csv"].write(COLUMNS, [rows]))
    read = list(csv.reader(StringIO(content.decode("utf-8-sig", errors="surrogatepass"), newline="")))[1:]
    assert [spreadsheet_unsafe(row[0]) for row in read] == [word.replace("\x00", "\ufffd") for word in words]


def test_parquet_comes_in_pieces_and_not_all_at_the_end() -> None:
    batches = [[[f"word {n}" * 50, n, 0.5] for n in range(start, start + 2_000)] for start in range(0, 10_000, 2_000)]
    pieces = list(FORMATS["parquet"].write(COLUMNS, batches))
    assert len(pieces) == 6
    assert all(len(piece) > 0 for piece in pieces)
    assert pq.read_table(BytesIO(b"".join(pieces))).num_rows == 10_000
