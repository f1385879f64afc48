"""`/download/agreement/<table>.csv`: the numbers of the agreement page, with the parameters of its address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core.errors import BadInput, NotAllowed, NotFound, TouchstoneError, shortened
from core.workflow.agreement import CREDITS, LiveAgreement, asked_of
from core.workflow.agreement_asking import short_name
from core.workflow.agreement_csv import CsvFile, Source, csv_file
from core.workflow.agreement_narrowing import Asked
from core.workflow.studies import find_study
from core.workflow.visitors import COOKIE, visitor_from_cookie
from core.workflow.workspace import Visitor, Workspace
from pages.parts.live import live_studies

_ALSO = ("by", "beside", "measure", "judge", "reference")
"""What the page says of its slices, its pairs and its judges."""

_KNOWN = ("study", "criterion", "phase", "raters", "credit", "kinds", "slice", "split", "since", "until", *_ALSO)
"""The parameters of the page that say which ratings and numbers are meant."""

_STATUS = {NotFound: 404, BadInput: 422, NotAllowed: 403}


def routes(workspace: Workspace) -> list[Route]:
    """The routes of the tables."""

    def table(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return _refused("Open downloads from Touchstone's own pages.", 403)
        visitor = visitor_from_cookie(request.cookies.get(COOKIE))
        try:
            file = _file(workspace, visitor, request.path_params["table"], request.query_params)
        except TouchstoneError as error:
            return _refused(str(error), next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 503))
        headers = {"Content-Disposition": f'attachment; filename="{file.filename}"', "Cache-Control": "no-store"}
        return StreamingResponse(file.pieces, media_type=file.media_type, headers=headers)

    return [Route("/download/agreement/{table}.csv", table)]


def _refused(message: str, status: int) -> Response:
    return JSONResponse({"error": {"message": message}}, status_code=status)


def _file(workspace: Workspace, visitor: Visitor, table: str, given: QueryParams) -> CsvFile:
    for name in given:
        if name not in _KNOWN:
            raise BadInput(where="address", found=shortened(name), expected=", ".join(_KNOWN))
    study = find_study(workspace, given.get("study", ""))
    live = live_studies(workspace).of(study.id)
    live.refresh()
    view = live.view(wanted(live, given))
    also = {name: given[name] for name in _ALSO if given.get(name)}
    return csv_file(Source(workspace, visitor, study.name, live, view, also), table)


def wanted(live: LiveAgreement, given: QueryParams) -> Asked:
    """The view that the parameters of an address ask for, as on the page.

    Raises:
        NotFound: Something that they name does not exist.
        BadInput: Something in them is not written as it must be.
    """
    return asked_of(
        live,
        criterion=given.get("criterion", ""),
        phase=given.get("phase", ""),
        raters=_parts(given.get("raters", "")),
        credit=given.get("credit", ""),
        kinds=_parts(given.get("kinds", "")),
        slices=given.getlist("slice"),
        split=given.get("split", ""),
        since=given.get("since", ""),
        until=given.get("until", ""),
    )


def _parts(text: str) -> list[str]:
    return [part for part in text.split(".") if part]


def table_address(table: str, study_id: int, asked: Asked, also: Mapping[str, str] | None = None) -> str:
    """The address of a table of a view.

    Args:
        table: Which table.
        study_id: The study.
        asked: The view, filled in.
        also: What else the table is about: `by`, `beside` and `measure` of slices.
    """
    narrowing = asked.narrowing
    pairs = [
        ("study", str(study_id)),
        ("criterion", asked.question),
        ("phase", asked.phase),
        ("raters", ".".join(str(found) for found in asked.raters)),
        ("credit", next((credit for credit, found in CREDITS.items() if found == asked.coefficient), "")),
        ("kinds", ".".join(narrowing.kinds)),
        *(("slice", f"{key}={short_name(key, name)}") for key, name in narrowing.slices),
        ("split", narrowing.split),
        ("since", narrowing.since.isoformat() if narrowing.since else ""),
        ("until", narrowing.until.isoformat() if narrowing.until else ""),
        *(also or {}).items(),
    ]
    return f"/download/agreement/{table}.csv?{urlencode([pair for pair in pairs if pair[1]])}"
