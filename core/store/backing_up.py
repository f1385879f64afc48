"""Copies of a SQLite database, taken while it is in use."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from core.errors import Conflict, WrongDatabase
from core.store.database import Database

_PAGES_AT_ONCE = 2_000
"""Small steps leave room for people who grade meanwhile."""


def copy_sqlite(database: Database, target: Path) -> Path:
    """Copy the database to a new file by SQLite's online backup, and check the copy.

    The copy appears under its name only when it is whole.

    Raises:
        Conflict: The target exists.
        WrongDatabase: The database is no SQLite file, or the copy is damaged.
    """
    if database.file is None:
        raise WrongDatabase(f"{database.shown} is no SQLite file; back it up with pg_dump.")
    if target.exists():
        raise Conflict(f"{target} exists; name another file.")
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(database.file)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy, pages=_PAGES_AT_ONCE, sleep=0.005)
            copy.execute("PRAGMA journal_mode=DELETE")
            verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
        if verdict != "ok":
            raise WrongDatabase(f"The copy of {database.shown} is damaged: {verdict}")
        part.rename(target)
    except (sqlite3.Error, OSError) as error:
        raise WrongDatabase(f"{database.shown} could not be copied to {target}: {error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return target
