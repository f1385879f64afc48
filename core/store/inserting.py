"""Inserts that let stand what is already there, on both databases."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from core.models.base import Record


def insert_missing(table: type[Record], rows: Sequence[Mapping[str, Any]], *, session: Session) -> None:
    """Insert the rows whose unique keys are free; leave the others as they are (a repeated press, two writers at once).

    Args:
        table: Table of the rows.
        rows: Column name -> value, the same columns in every row.
        session: A writing session.
    """
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(table).on_conflict_do_nothing(), [dict(row) for row in rows])


def add_records(records: Iterable[Record], *, session: Session) -> None:
    """Insert new records and give them their keys."""
    session.add_all(list(records))
    session.flush()
