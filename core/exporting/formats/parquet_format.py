"""Parquet with declared column types, one row group a batch, in bounded memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO

from core.exporting.formats.face import Cell, ColumnType, Format


def write(columns: Mapping[str, ColumnType], batches: Iterable[Sequence[Sequence[Cell]]]) -> Iterator[bytes]:
    """The file, a row group at a time."""
    import pyarrow as pa  # noqa: PLC0415 - costs half a second, and only this format needs it
    from pyarrow import parquet  # noqa: PLC0415 - as above

    types = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    sink = _Drained()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in batches:
            arrays = [
                pa.array([_clean(row[place]) for row in batch], type=field.type) for place, field in enumerate(schema)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.drain()
    yield sink.drain()


def _clean(cell: Cell) -> Cell:
    """Lone surrogates have no UTF-8."""
    return cell.encode("utf-8", errors="replace").decode() if isinstance(cell, str) else cell


class _Drained(BytesIO):
    """A sink that forgets what was taken from it, and still knows its position in the file."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def drain(self) -> bytes:
        """Everything written since the last call."""
        piece = self.getvalue()
        self.taken += len(piece)
        self.seek(0)
        self.truncate()
        return piece

    def tell(self) -> int:
        """The position in the whole file."""
        return self.taken + super().tell()

    def close(self) -> None:
        """Stay readable: the last piece is drained after the writer is done."""


FORMAT = Format(key="parquet", title="Parquet", media_type="application/vnd.apache.parquet", write=write)
