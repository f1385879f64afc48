"""Bring a database to this version: refuse a newer one, copy an older one, then migrate it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from core.errors import WrongDatabase
from core.store.backing_up import copy_sqlite
from core.store.database import Database

_FOLDER = Path(__file__).parent / "migrations"


def current_version(database: Database) -> str | None:
    """The version the database has; None for an empty one.

    Raises:
        WrongDatabase: It holds tables, but not Touchstone's.
    """
    with database.reading() as session:
        connection = session.connection()
        version = MigrationContext.configure(connection).get_current_revision()
        if version is None and inspect(connection).get_table_names():
            raise WrongDatabase(f"{database.shown} holds tables that are not Touchstone's; name another database.")
        return version


def newest_version() -> str:
    """The version this program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101 - the program ships at least one migration
    return head


def require_newest(database: Database) -> None:
    """Refuse to work on a database of another version.

    Raises:
        WrongDatabase: It is older (says how to migrate) or newer.
    """
    found, expected = current_version(database), newest_version()
    if found == expected:
        return
    if found is None:
        raise WrongDatabase(f"{database.shown} is empty. Start it once with: touchstone serve")
    if found in _known_versions():
        raise WrongDatabase(
            f"{database.shown} has version {found}, this program needs {expected}. Run: touchstone serve"
        )
    raise WrongDatabase(f"{database.shown} has version {found}, which is newer than this program ({expected}).")


def migrate(
    database: Database, *, backup_dir: Path, clock: Callable[[], datetime], further: Path | None = None
) -> Path | None:
    """Migrate to the newest version; returns the copy that was made before, None where there was nothing to lose.

    Args:
        database: What to migrate.
        backup_dir: Where the copy of a SQLite file goes.
        clock: Names the copy.
        further: A folder with migrations beyond the program's own.

    Raises:
        WrongDatabase: The database is newer than this program, or not Touchstone's.
    """
    found, config = current_version(database), _config(further)
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head()
    if found == newest:
        return None
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        require_newest(database)
    copy = None
    if found is not None and database.file is not None:
        copy = backup_dir / f"{database.file.stem}-{clock():%Y%m%d-%H%M%S}-before-{newest}.db"
        copy_sqlite(database, copy)
    with database.writing() as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "head")
    return copy


def _known_versions() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config(further: Path | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "newline")
    folders = [_FOLDER / "versions", *([further] if further else [])]
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders))
    return config
