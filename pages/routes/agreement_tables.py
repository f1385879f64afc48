"""`/download/agreement/<table>.csv`: the numbers of the agreement page, with the same address parameters."""

from collections.abc import Mapping
from urllib.parse import urlencode

VIEW_PARAMETERS = (
    "criterion", "phase", "raters", "credit", "kinds", "slices", "split", "since", "until",
)  # fmt: skip
"""The parameters of the page that say which ratings are meant."""


def table_address(table: str, study_id: int, given: Mapping[str, str]) -> str:
    """The address of a table of what the page shows.

    Args:
        table: Which table.
        study_id: The study.
        given: The parameters of the page's address.
    """
    kept = [(name, given[name]) for name in VIEW_PARAMETERS if given.get(name)]
    return f"/download/agreement/{table}.csv?{urlencode([('study', str(study_id)), *kept])}"
