"""`/healthz`: whether the server and its database answer."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.errors import TouchstoneError
from core.workflow.serving import health
from core.workflow.workspace import Workspace


def routes(workspace: Workspace) -> list[Route]:
    """The health route."""

    def healthz(_request: Request) -> JSONResponse:
        try:
            return JSONResponse({"status": "ok", "database": health(workspace)})
        except TouchstoneError as error:
            return JSONResponse({"status": "failing", "message": str(error)}, status_code=503)

    return [Route("/healthz", healthz)]
