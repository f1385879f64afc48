"""Parquet: streamed in batches; structs become columns "a.b", lists stay lists."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import FileProblem, shortened
from core.importing.readers.csv import check_header
from core.importing.readers.format import CELL_LIMIT, FileFormat
from core.importing.readers.json import check_value
from core.importing.readers.text import require_file, shown_name
from core.importing.rows import SourceRow

BATCH_ROWS = 1_024
"""Rows decoded at a time."""


def read(path: Path, file_format: FileFormat, *, name: str | None = None) -> Iterator[SourceRow]:  # noqa: ARG001 - every reader takes it
    """The rows, streamed: times as ISO text, decimals as numbers, dictionary columns as their values, null as None.

    Raises:
        FileProblem: A damaged file, a column of maps, bytes or another type that has no plain value, two columns of
            one name, no rows, a text above the limit.
    """
    file = shown_name(path, name)
    require_file(path, file)
    line = 0
    try:
        with pq.ParquetFile(path) as source:
            names = [flat for field in source.schema_arrow for flat in _flat_names(field, field.name, file)]
            check_header(names, file, None)
            for batch in source.iter_batches(batch_size=BATCH_ROWS):
                lists = [_values(column, flat, file, line) for flat, column in _flat_columns(batch)]
                for cells in zip(*lists, strict=True):
                    line += 1
                    yield SourceRow(line, dict(zip(names, cells, strict=True)))
    except (pa.ArrowException, OSError, OverflowError, UnicodeDecodeError) as error:
        raise _damaged(error, file, line + 1 if line else None) from error
    if line == 0:
        raise FileProblem(file=file, found="columns and no rows", expected="at least one row")


def count_rows(path: Path) -> int:
    """The number of rows the file says it has.

    Raises:
        FileProblem: It is damaged.
    """
    try:
        with pq.ParquetFile(path) as source:
            return int(source.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(error, shown_name(path), None) from error


def _damaged(error: Exception, file: str, line: int | None) -> FileProblem:
    found = f"a damaged Parquet file ({shortened(str(error))})"
    return FileProblem(file=file, line=line, found=found, expected="a whole one")


def _flat_names(field: pa.Field, name: str, file: str) -> Iterator[str]:
    if pa.types.is_struct(field.type):
        for inner in field.type:
            yield from _flat_names(inner, f"{name}.{inner.name}", file)
        return
    _require_plain(field.type, name, file)
    yield name


def _flat_columns(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.Array]]:
    waiting = list(zip(batch.schema.names, batch.columns, strict=True))[::-1]
    while waiting:
        name, column = waiting.pop()
        if pa.types.is_struct(column.type):
            inner = [f"{name}.{field.name}" for field in column.type]
            waiting.extend(list(zip(inner, column.flatten(), strict=True))[::-1])
        else:
            yield name, column


def _require_plain(kind: pa.DataType, name: str, file: str) -> None:
    types = pa.types
    if types.is_dictionary(kind) or types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        _require_plain(kind.value_type, name, file)
    elif types.is_struct(kind):
        for inner in kind:
            _require_plain(inner.type, f"{name}.{inner.name}", file)
    elif not (
        types.is_null(kind)
        or types.is_boolean(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_timestamp(kind)
        or types.is_date(kind)
        or types.is_time(kind)
    ):
        expected = "text, numbers, booleans, times, or lists and structs of them"
        raise FileProblem(file=file, column=name, found=f"the type {kind}", expected=expected)


def _values(column: pa.Array, name: str, file: str, before: int) -> list[object]:
    kind = column.type
    cells: list[object] = column.to_pylist()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        longest = pc.max(pc.utf8_length(column)).as_py() or 0
        if longest > CELL_LIMIT or pc.any(pc.match_substring(column, "\0")).as_py():
            _check_each(cells, name, file, before)
        return cells
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return cells
    cells = [_plain(cell) for cell in cells]
    _check_each(cells, name, file, before)
    return cells


def _check_each(cells: list[object], name: str, file: str, before: int) -> None:
    for row, cell in enumerate(cells, start=before + 1):
        check_value(cell, file, row, name)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return value
