"""JSON in, JSON out: who asks, from where, what they sent; results and errors on the way back."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from json import dumps, loads
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from core.errors import BadInput, Conflict, NotAllowed, NotFound, TouchstoneError, WrongDatabase, shortened
from core.workflow.grading_scene import require_shown
from core.workflow.visitors import COOKIE, visitor_from_cookie
from core.workflow.workspace import Visitor

BODY_BYTES = 1_000_000
"""A longer request is refused before it is read to its end."""

SHOWN_NAME = "touchstone-rater"
"""The header with the name that the page shows, percent-encoded."""

Q = TypeVar("Q", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(TouchstoneError):
    """A request that is refused before anybody looks at what it says; `status` is the answer's."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


def visitor_of(request: Request) -> Visitor:
    """Who asks, by the cookie; an unknown visitor without one."""
    return visitor_from_cookie(request.cookies.get(COOKIE))


def posted(model: type[Q], act: Callable[[Visitor, Q], object]) -> Endpoint:
    """An endpoint that reads a JSON body and answers with what `act` returns, run beside the event loop."""

    async def endpoint(request: Request) -> Response:
        visitor = visitor_of(request)
        try:
            _require_own_page(request)
            body = await _read_body(request)
            return answer(await run_in_threadpool(lambda: act(visitor, _parsed(model, body))))
        except TouchstoneError as error:
            return problem(error, visitor)

    return endpoint


def asked(model: type[Q], act: Callable[[Visitor, Q], object]) -> Endpoint:
    """An endpoint that reads the address's parameters and answers with what `act` returns."""

    async def endpoint(request: Request) -> Response:
        visitor = visitor_of(request)
        try:
            _require_same_rater(request, visitor)
            query = _validated(lambda: model.model_validate(dict(request.query_params)))
            return answer(await run_in_threadpool(act, visitor, query))
        except TouchstoneError as error:
            return problem(error, visitor)

    return endpoint


def answer(result: object, status: int = 200) -> Response:
    """A result (dataclasses, mappings, texts, numbers) as JSON; never kept by the browser."""
    body = dumps(result, default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(
        body.encode("utf-8", "replace"), status, {"Cache-Control": "no-store"}, "application/json; charset=utf-8"
    )


def problem(error: TouchstoneError, visitor: Visitor) -> Response:
    """An error as JSON, with the field it belongs to where there is one."""
    told = {
        "message": str(error),
        "where": getattr(error, "where", None),
        "found": getattr(error, "found", None),
        "expected": getattr(error, "expected", None),
        "criterion": getattr(error, "criterion", None),
        "rater": getattr(error, "rater", None),
    }
    if isinstance(error, WrongDatabase):
        told["message"] = "The database did not answer: nothing was saved. Try again."
    return answer({"error": told}, _status(error, visitor))


def _status(error: TouchstoneError, visitor: Visitor) -> int:
    if isinstance(error, Refused):
        return error.status
    if isinstance(error, NotAllowed):
        return 403 if visitor.is_known else 401
    statuses = {NotFound: 404, Conflict: 409, BadInput: 422, WrongDatabase: 503}
    return next((status for kind, status in statuses.items() if isinstance(error, kind)), 400)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _require_own_page(request: Request) -> None:
    """Refuse what another site's page sends with our visitor's cookie."""
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if origin is None or urlsplit(origin).netloc.casefold() != host.casefold() or not host or site != "same-origin":
        raise Refused(403, "This came from another page than Touchstone's own.")
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != "application/json":
        raise Refused(415, "Send JSON (Content-Type: application/json).")


def _require_same_rater(request: Request, visitor: Visitor) -> None:
    """Refuse one person's own work to a page that shows another's name; a header, for addresses end up in logs."""
    shown = request.headers.get(SHOWN_NAME)
    if shown is not None:
        require_shown(visitor, unquote(shown))


async def _read_body(request: Request) -> bytes:
    too_long = Refused(413, f"The request is longer than {BODY_BYTES:,} bytes.")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > BODY_BYTES:
        raise too_long
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise too_long
    return bytes(body)


def _parsed(model: type[Q], body: bytes) -> Q:
    _refuse_unkeepable(body)
    return _validated(lambda: model.model_validate_json(body))


def _refuse_unkeepable(body: bytes) -> None:
    """Refuse texts with NUL or half a surrogate pair, by the name of their field: no database keeps both.

    In JSON either can only be written as an escape; most bodies have none and are not read twice.
    """
    escapes = body.lower()
    if rb"\u0000" not in escapes and rb"\ud" not in escapes:
        return
    try:
        texts = list(_texts(loads(body), ""))
    except (ValueError, RecursionError):
        return  # the model says what is wrong with it
    for where, words in texts:
        wrong = next((letter for letter in words if letter == "\0" or "\ud800" <= letter <= "\udfff"), None)
        if wrong is not None:
            letter, expected = f"the character U+{ord(wrong):04X}", "characters that can be kept"
            raise BadInput(where=where[:80] or "request", found=letter, expected=expected)


def _texts(found: object, where: str) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, with the way to it; of a field's name, the way to what it is in."""
    if isinstance(found, str):
        yield where, found
    elif isinstance(found, dict):
        for name, value in found.items():
            yield where, name
            yield from _texts(value, f"{where}.{name}" if where else name)
    elif isinstance(found, list):
        for value in found:
            yield from _texts(value, where)


def _validated(read: Callable[[], Q]) -> Q:
    try:
        return read()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "request"
        found = "nothing" if first["type"] == "missing" else shortened(first["input"])
        raise BadInput(where=where[:80], found=found, expected=first["msg"].lower()) from None
