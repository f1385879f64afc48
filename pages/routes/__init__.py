"""The routes beside Streamlit's own: thin wrappers of `core.workflow`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.routing import BaseRoute

from core.settings import read_settings
from core.workflow.serving import end_with_parent, require_prepared
from pages.parts.space import shared_desk, shared_workspace
from pages.routes import addresses, agreement_tables, downloads, health
from pages.routes.grading import routes as grading_routes


def all_routes() -> list[BaseRoute]:
    """Every route; refuses to start on a database of another version.

    Raises:
        WrongDatabase: With what to do.
    """
    workspace = shared_workspace()
    require_prepared(workspace)
    return [
        *health.routes(workspace),
        *addresses.routes(),
        *grading_routes(shared_desk()),
        *downloads.routes(workspace),
        *agreement_tables.routes(workspace),
    ]


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, Any] | None]:
    """From start to end of the web process."""
    parent = read_settings().parent
    if parent is not None:
        end_with_parent(parent)
    yield None
    shared_workspace().database.close()
