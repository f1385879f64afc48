"""NumPy arrays: labels (one dimension) or probabilities (items x classes)."""

from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.typing import NDArray

from core.errors import FileProblem, shortened
from core.importing.readers.csv import check_header
from core.importing.readers.format import FileFormat
from core.importing.readers.json import check_value
from core.importing.readers.text import require_file, shown_name
from core.importing.rows import SourceRow

_AT_A_TIME = 4_096
# NumPy reads the header as a piece of Python source, so that a damaged one fails in many ways.
_DAMAGE = (ValueError, OSError, EOFError, SyntaxError, TypeError, OverflowError, KeyError, TokenError, MemoryError)


def read(path: Path, file_format: FileFormat, *, name: str | None = None) -> Iterator[SourceRow]:  # noqa: ARG001 - every reader takes it
    """One record an entry: `row` (0-based, as the array is indexed) and `value`, or `p0`, `p1` and so on.

    Raises:
        FileProblem: Objects (pickled code), other types than numbers, booleans and text, other shapes, no entries, a
            damaged file.
    """
    file = shown_name(path, name)
    require_file(path, file)
    array = _open(path, file)
    for start in range(0, len(array), _AT_A_TIME):
        block: list[object] = array[start : start + _AT_A_TIME].tolist()
        for row, entry in enumerate(block, start=start):
            if isinstance(entry, list):
                values: dict[str, object] = {"row": row}
                values.update((f"p{column}", share) for column, share in enumerate(entry))
            else:
                check_value(entry, file, row + 1)
                values = {"row": row, "value": entry}
            yield SourceRow(row + 1, values)


def count_rows(path: Path) -> int:
    """The length of the first dimension."""
    return len(_open(path, path.name))


def _open(path: Path, file: str) -> NDArray[np.generic]:
    try:
        array: NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
    except _DAMAGE as error:
        found = (
            "an array of Python objects"
            if "Object arrays" in str(error) or "Python objects" in str(error)
            else (f"a damaged NPY file ({shortened(str(error))})")
        )
        raise FileProblem(file=file, found=found, expected="a whole array of numbers or text") from error
    kinds = "biufU" if array.ndim == 1 else "biuf"
    if array.dtype.kind not in kinds or (array.dtype.itemsize > 8 and array.dtype.kind != "U"):
        raise FileProblem(file=file, found=f"the type {array.dtype}", expected="numbers, booleans or (labels) text")
    if array.ndim not in (1, 2):
        shape = " x ".join(map(str, array.shape)) or "a single value"
        raise FileProblem(file=file, found=shape, expected="labels (one dimension) or probabilities (two)")
    if 0 in array.shape:
        raise FileProblem(file=file, found="an array without entries", expected="at least one")
    if array.ndim == 2:
        check_header([f"p{column}" for column in range(min(array.shape[1], 20_000))], file, None)
    return array
