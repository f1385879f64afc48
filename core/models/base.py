"""What every record shares: its registry, its key type, and how times are kept."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

KEY = BigInteger().with_variant(Integer, "sqlite")
"""Primary and foreign keys: 64 bits on both databases (SQLite's INTEGER is)."""


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite, which knows no zones, stores it as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the interface
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Record(SQLModel, registry=registry()):
    """Base of every table. A registry of its own lets Streamlit reload the module without "table already defined"."""


def key() -> Any:
    """A primary key column."""
    return Field(default=None, primary_key=True, sa_type=KEY)


def ref(column: str, *, nullable: bool = False, index: bool = False, unique: bool = False) -> Any:
    """A foreign key column to `table.column`."""
    default: Any = None if nullable else ...
    return Field(default, foreign_key=column, sa_type=KEY, nullable=nullable, index=index, unique=unique)
