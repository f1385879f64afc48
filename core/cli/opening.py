"""The workspace of one command."""

from core.settings import read_settings
from core.workflow.serving import require_prepared
from core.workflow.workspace import Workspace, open_workspace


def prepared_workspace(*, migrate: bool = False) -> Workspace:
    """The workspace that the settings describe.

    Args:
        migrate: Bring an empty or older database to this version first (after a copy).

    Raises:
        WrongDatabase: Its database has another version, with what to do.
    """
    settings = read_settings()
    workspace = open_workspace(settings)
    if migrate:
        from core.workflow.serving import prepare

        prepare(workspace, settings)
    require_prepared(workspace)
    return workspace
