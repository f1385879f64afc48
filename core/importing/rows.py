"""One record of a file, as every reader hands it on."""

from collections.abc import Mapping
from typing import NamedTuple


class SourceRow(NamedTuple):
    """One record, before anything is known about what its columns mean.

    Attributes:
        line: Where it stands: the line on which the record starts in a text file, the row number in a table,
            the position counted from 1 in a JSON list.
        values: Column or top-level key -> value: str, int, float, bool, None, list or dict. A text table (CSV) knows
            only str, and an empty cell is "".
    """

    line: int
    values: Mapping[str, object]
