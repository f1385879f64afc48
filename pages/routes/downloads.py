"""`/download/ratings`: an export, streamed."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core.errors import BadInput, NotFound, TouchstoneError, shortened
from core.workflow.exporting import SHAPES, ExportRequest, Shape, start_export
from core.workflow.visitors import COOKIE, visitor_from_cookie
from core.workflow.workspace import Workspace

_LISTS = {"criterion": "criteria", "rater": "raters", "kind": "kinds", "phase": "phases", "split": "splits"}
_FLAGS = ("history", "texts")


def routes(workspace: Workspace) -> list[Route]:
    """The download routes."""

    def ratings(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return JSONResponse({"error": {"message": "Open downloads from Touchstone's own pages."}}, status_code=403)
        visitor = visitor_from_cookie(request.cookies.get(COOKIE))
        try:
            export = start_export(workspace, visitor, request_of(request.query_params))
        except TouchstoneError as error:
            status = 404 if isinstance(error, NotFound) else 422 if isinstance(error, BadInput) else 503
            return JSONResponse({"error": {"message": str(error)}}, status_code=status)
        headers = {"Content-Disposition": f'attachment; filename="{export.filename}"', "Cache-Control": "no-store"}
        return StreamingResponse(export.pieces(), media_type=export.media_type, headers=headers)

    return [Route("/download/ratings", ratings)]


def request_of(parameters: QueryParams) -> ExportRequest:
    """The request an address asks for.

    Raises:
        BadInput: A parameter that is none, or a time that cannot be read.
    """
    known = {"study", "shape", "format", "since", "until", *_LISTS, *_FLAGS}
    for name in parameters:
        if name not in known:
            raise BadInput(where="address", found=shortened(name), expected=", ".join(sorted(known)))
    lists = {field: tuple(parameters.getlist(name)) for name, field in _LISTS.items()}
    return ExportRequest(
        study=parameters.get("study", ""),
        shape=_shape(parameters.get("shape", "long")),
        format=parameters.get("format", "csv"),
        criteria=lists["criteria"],
        raters=lists["raters"],
        kinds=lists["kinds"],
        phases=lists["phases"],
        splits=lists["splits"],
        since=_moment(parameters.get("since"), "since"),
        until=_moment(parameters.get("until"), "until"),
        history=_flag(parameters.get("history"), default=False, name="history"),
        texts=_flag(parameters.get("texts"), default=True, name="texts"),
    )


def address_of(request: ExportRequest) -> str:
    """The address that asks for a request: the inverse of `request_of`."""
    pairs: list[tuple[str, str]] = [("study", request.study), ("shape", request.shape), ("format", request.format)]
    for name, field in _LISTS.items():
        values: Sequence[str] = getattr(request, field)
        pairs += [(name, value) for value in values]
    pairs += [
        (name, moment.isoformat()) for name, moment in (("since", request.since), ("until", request.until)) if moment
    ]
    pairs += [(name, str(int(getattr(request, name)))) for name in _FLAGS]
    return f"/download/ratings?{urlencode(pairs)}"


def _shape(text: str) -> Shape:
    for known in SHAPES:
        if known == text:
            return known
    raise BadInput(where="shape", found=shortened(text), expected=" or ".join(SHAPES))


def _flag(text: str | None, *, default: bool, name: str) -> bool:
    if text is None:
        return default
    if text not in ("0", "1"):
        raise BadInput(where=name, found=shortened(text), expected="0 or 1")
    return text == "1"


def _moment(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(
            where=name, found=shortened(text), expected="a time such as 2026-03-02T09:00:00+00:00"
        ) from error
    if moment.tzinfo is None:
        raise BadInput(where=name, found=shortened(text), expected="a time with its zone, such as +00:00")
    return moment
