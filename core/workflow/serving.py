"""What happens around a running server: preparing the database, health, copies, housekeeping."""

import os
import signal
import threading
import time
from pathlib import Path

from core.settings import Settings
from core.store import upkeep
from core.store.backing_up import copy_sqlite
from core.store.migrating import current_version, migrate, require_newest
from core.workflow.workspace import Workspace

_PARENT_EVERY = 0.5
"""Seconds between two looks at the parent process."""


def prepare(workspace: Workspace, settings: Settings) -> Path | None:
    """Bring the database to this version; returns the copy made before a migration.

    Raises:
        WrongDatabase: It is newer than this program, or not Touchstone's.
    """
    return migrate(workspace.database, backup_dir=settings.backup_dir, clock=workspace.clock)


def is_empty(workspace: Workspace) -> bool:
    """Whether the database holds no tables yet.

    Raises:
        WrongDatabase: It holds tables that are not Touchstone's.
    """
    return current_version(workspace.database) is None


def require_prepared(workspace: Workspace) -> None:
    """Refuse a database of another version.

    Raises:
        WrongDatabase: With what to do.
    """
    require_newest(workspace.database)


def health(workspace: Workspace) -> str:
    """The database's version, read now.

    Raises:
        WrongDatabase: It does not answer.
    """
    return current_version(workspace.database) or "empty"


def back_up(workspace: Workspace, target: Path) -> Path:
    """Copy the database to a new file while it is in use.

    Raises:
        Conflict: The file exists.
        WrongDatabase: Not a SQLite database, or the copy is damaged.
    """
    return copy_sqlite(workspace.database, target)


def keep_house(workspace: Workspace) -> None:
    """What the worker does between runs: give the log's space back, refresh the query planner's statistics."""
    upkeep.keep_house(workspace.database)


def end_with_parent(parent: int) -> None:
    """End this process (as by SIGTERM) soon after its parent is gone, so that a killed server leaves none behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_EVERY)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()
