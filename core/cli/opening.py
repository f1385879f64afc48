"""The workspace of one command."""

from core.settings import read_settings
from core.workflow.serving import is_empty, prepare, require_prepared
from core.workflow.workspace import Workspace, open_workspace


def prepared_workspace(*, create: bool = False, has_small_cache: bool = False) -> Workspace:
    """The workspace that the settings describe.

    Args:
        create: Make the tables where the database is empty. An older database is left to `touchstone serve`, which
            copies it before it migrates.
        has_small_cache: Keep little of the database in memory.

    Raises:
        WrongDatabase: Its database has another version, with what to do.
    """
    settings = read_settings()
    workspace = open_workspace(settings, has_small_cache=has_small_cache)
    if create and is_empty(workspace):
        prepare(workspace, settings)
    require_prepared(workspace)
    return workspace
