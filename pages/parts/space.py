"""The one workspace of the web process, shared by its routes and its pages."""

from functools import cache

from core.settings import Settings, read_settings
from core.workflow.grading import GradingDesk
from core.workflow.workspace import Workspace, open_workspace


@cache
def shared_settings() -> Settings:
    """The settings, read once."""
    return read_settings()


@cache
def shared_workspace() -> Workspace:
    """The workspace that the settings describe, opened once."""
    return open_workspace(shared_settings())


@cache
def shared_desk() -> GradingDesk:
    """The desk that serves and saves grades, with its caches."""
    return GradingDesk(shared_workspace())
