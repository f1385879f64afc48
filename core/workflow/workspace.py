"""What every use case works with: the database, the clock, fresh ids; handed in, so that tests patch nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from core.settings import Settings
from core.store.database import CACHE_MEGABYTES, SMALL_CACHE_MEGABYTES, Database, open_database


def utc_now() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


def _fresh_id() -> str:
    return uuid4().hex


@dataclass(frozen=True, slots=True)
class Workspace:
    """The outside world of one process."""

    database: Database
    clock: Callable[[], datetime] = field(default=utc_now)
    fresh_id: Callable[[], str] = field(default=_fresh_id)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the browser, as far as is known. On a laptop a name is enough: attribution, not authentication."""

    name: str = ""

    @property
    def is_known(self) -> bool:
        """Whether a name was given."""
        return bool(self.name)


def open_workspace(settings: Settings, *, has_small_cache: bool = False) -> Workspace:
    """The workspace that the settings describe; with a small cache for a process that reads most of the file once."""
    cache = SMALL_CACHE_MEGABYTES if has_small_cache else CACHE_MEGABYTES
    return Workspace(open_database(settings.database_url, cache_megabytes=cache))
