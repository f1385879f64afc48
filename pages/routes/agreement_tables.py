"""`/download/agreement/<table>.csv`: the numbers of the agreement page, with the parameters of its address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core.errors import BadInput, NotAllowed, NotFound, TouchstoneError, shortened
from core.workflow.agreement import LiveAgreement, asked_of
from core.workflow.agreement_csv import CsvFile, Source, csv_file
from core.workflow.agreement_narrowing import Asked
from core.workflow.studies import find_study
from core.workflow.visitors import COOKIE, visitor_from_cookie
from core.workflow.workspace import Visitor, Workspace
from pages.parts.live import live_studies

VIEW_PARAMETERS = (
    "criterion", "phase", "raters", "credit", "kinds", "slices", "split", "since", "until",
)  # fmt: skip
"""The parameters of the page that say which ratings are meant."""

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
        if name not in ("study", *VIEW_PARAMETERS):
            expected = ", ".join(("study", *VIEW_PARAMETERS))
            raise BadInput(where="address", found=shortened(name), expected=expected)
    study = find_study(workspace, given.get("study", ""))
    live = live_studies(workspace).of(study.id)
    live.refresh()
    view = live.view(wanted(live, given))
    return csv_file(Source(workspace, visitor, study.name, live, view), table)


def wanted(live: LiveAgreement, given: Mapping[str, str]) -> Asked:
    """The view that the parameters of an address ask for, as on the page.

    Raises:
        NotFound: Something that they name does not exist.
    """
    raters = [part for part in given.get("raters", "").split(".") if part]
    return asked_of(
        live,
        criterion=given.get("criterion", ""),
        phase=given.get("phase", ""),
        raters=raters,
        credit=given.get("credit", ""),
    )


def table_address(table: str, study_id: int, given: Mapping[str, str]) -> str:
    """The address of a table of what the page shows.

    Args:
        table: Which table.
        study_id: The study.
        given: The parameters of the page's address.
    """
    kept = [(name, given[name]) for name in VIEW_PARAMETERS if given.get(name)]
    return f"/download/agreement/{table}.csv?{urlencode([('study', str(study_id)), *kept])}"
