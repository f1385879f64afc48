"""Very many rows as plain tuples: a million row objects would cost as much as reading them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause
from sqlmodel import Session

BATCH = 5_000
"""Rows fetched at once: few enough to stay in the processor's cache, which makes a million a fifth quicker."""


def is_sqlite(session: Session) -> bool:
    """Whether the database is SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def plain_batches(
    query: TextClause, parameters: Mapping[str, object], *, session: Session
) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows of a query, some thousands at a time; values as the driver gives them (times on SQLite are text)."""
    result = session.connection().execute(query, parameters, execution_options={"stream_results": True})
    source = result.cursor if is_sqlite(session) and result.cursor is not None else result
    while batch := source.fetchmany(BATCH):
        yield batch
    result.close()


def plain_rows(query: TextClause, parameters: Mapping[str, object], *, session: Session) -> list[Sequence[Any]]:
    """All rows of a query."""
    return [row for batch in plain_batches(query, parameters, session=session) for row in batch]
