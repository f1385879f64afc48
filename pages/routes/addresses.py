"""`/study`: the study page is the first one and lives at `/`; its own name leads there too."""

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route


def routes() -> list[Route]:
    """Addresses that lead elsewhere."""

    def study(request: Request) -> RedirectResponse:
        return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/", status_code=307)

    return [Route("/study", study)]
