from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import FileProblem
from core.importing.readers import FileFormat, columns, count_hint, detect_format, read_rows
from core.importing.readers.format import CELL_LIMIT
from core.importing.readers.parquet import BATCH_ROWS
from core.importing.rows import SourceRow

PARQUET = FileFormat("parquet")


def saved(tmp_path: Path, table: Any) -> Path:
    path = tmp_path / "items.parquet"
    pq.write_table(table, path)
    return path


def problem(path: Path) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        list(read_rows(path, PARQUET))
    return caught.value


def test_values_are_plain_python_with_the_row_number(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2]),
            "text": pa.array(["a", None]),
            "share": pa.array([0.5, None]),
            "ok": pa.array([True, None]),
            "label": pa.array(["x", "y"]).dictionary_encode(),
            "at": pa.array([datetime(2025, 1, 2, 3, 4, tzinfo=UTC), None]),
            "day": pa.array([date(2025, 1, 31), None]),
            "money": pa.array([Decimal("1.50"), Decimal("2.00")]),
        }
    )
    path = saved(tmp_path, table)
    assert detect_format(path) == PARQUET
    assert list(read_rows(path, PARQUET)) == [
        SourceRow(
            1,
            {
                "id": 1,
                "text": "a",
                "share": 0.5,
                "ok": True,
                "label": "x",
                "at": "2025-01-02T03:04:00+00:00",
                "day": "2025-01-31",
                "money": 1.5,
            },
        ),
        SourceRow(
            2,
            {
                "id": 2,
                "text": None,
                "share": None,
                "ok": None,
                "label": "y",
                "at": None,
                "day": None,
                "money": 2,
            },
        ),
    ]


def test_structs_become_columns_by_path_and_lists_stay_lists(tmp_path: Path) -> None:
    rows = [{"a": {"b": {"c": 1}, "d": "x"}, "m": [{"role": "user", "content": "hi"}], "n": [1, 2]}, {"a": None}]
    path = saved(tmp_path, pa.Table.from_pylist(rows))
    assert columns(path, PARQUET) == ("a.b.c", "a.d", "m", "n")
    assert [dict(row.values) for row in read_rows(path, PARQUET)] == [
        {"a.b.c": 1, "a.d": "x", "m": [{"role": "user", "content": "hi"}], "n": [1, 2]},
        {"a.b.c": None, "a.d": None, "m": None, "n": None},
    ]


def test_row_numbers_go_on_from_batch_to_batch_and_the_hint_is_exact(tmp_path: Path) -> None:
    count = 2 * BATCH_ROWS + 3
    path = saved(tmp_path, pa.table({"n": list(range(count))}))
    assert [(row.line, row.values["n"]) for row in read_rows(path, PARQUET)] == [(n + 1, n) for n in range(count)]
    assert count_hint(path, PARQUET) == count


@pytest.mark.parametrize(
    ("column", "name", "kind"),
    [
        (pa.array([b"x"]), "c", "binary"),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "c", "map<string, int64 ('c')>"),
        (pa.array([1], pa.duration("s")), "c", "duration[s]"),
        (pa.array([{"x": {"y": b"z"}}]), "c.x.y", "binary"),
        (pa.array([[b"z"]]), "c", "binary"),
    ],
)
def test_a_type_without_a_plain_value_is_refused_by_column_and_type(
    tmp_path: Path, column: Any, name: str, kind: str
) -> None:
    found = problem(saved(tmp_path, pa.table({"c": column})))
    assert (found.column, found.found) == (name, f"the type {kind}")


def test_a_struct_path_that_meets_a_column_of_that_name_is_refused(tmp_path: Path) -> None:
    found = problem(saved(tmp_path, pa.table({"a": pa.array([{"b": 1}]), "a.b": [2]})))
    assert (found.column, found.found) == ("a.b", "2 columns of this name")


def test_no_rows_are_refused(tmp_path: Path) -> None:
    assert problem(saved(tmp_path, pa.table({"a": pa.array([], pa.int64())}))).found == "columns and no rows"


@pytest.mark.parametrize("keep", [4, 40, 0.5, 0.9])
def test_a_damaged_file_is_refused(tmp_path: Path, keep: float) -> None:
    path = saved(tmp_path, pa.table({"a": [str(n) for n in range(5_000)]}))
    raw = path.read_bytes()
    path.write_bytes(raw[: int(keep if keep > 1 else keep * len(raw))])
    assert detect_format(path) == PARQUET
    assert "damaged Parquet" in problem(path).found
    with pytest.raises(FileProblem, match="damaged Parquet"):
        count_hint(path, PARQUET)


def test_damaged_pages_inside_a_sound_frame_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, pa.table({"a": [f"text {n * 7919 % 5000}" for n in range(5_000)]}))
    raw = bytearray(path.read_bytes())
    raw[4:2_000] = b"\xff" * 1_996
    path.write_bytes(raw)
    assert "damaged Parquet" in problem(path).found


def test_a_text_above_the_limit_and_a_nul_are_named_by_row_and_column(tmp_path: Path) -> None:
    found = problem(saved(tmp_path, pa.table({"a": ["x", "y" * (CELL_LIMIT + 1)]})))
    assert (found.line, found.column, found.found) == (2, "a", "a text of 1,000,001 characters")
    found = problem(saved(tmp_path, pa.table({"a": ["x", "y\0"]})))
    assert (found.line, found.column, found.found) == (2, "a", "a NUL character")
