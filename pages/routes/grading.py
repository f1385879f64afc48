"""The grading card's routes: JSON in, one call of `core.workflow`, JSON out."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import BadInput
from core.workflow import grading, grading_saving
from core.workflow.grading import GradingDesk
from core.workflow.grading_saving import Grade
from core.workflow.visitors import COOKIE, cookie_of, visitor_named
from core.workflow.workspace import Visitor
from pages.routes import grading_requests as asks
from pages.routes.exchange import asked, posted

_YEAR = 365 * 24 * 3600


def routes(desk: GradingDesk) -> list[Route]:
    """Every route of the grading card, over one desk."""

    def state(visitor: Visitor, query: asks.StudyQuery) -> object:
        return grading.state(desk, visitor, study=query.study)

    def take_next(visitor: Visitor, request: asks.NextRequest) -> object:
        return grading.next_cards(desk, visitor, study=request.study, holding=request.holding, count=request.count)

    def submit(visitor: Visitor, request: asks.SubmitRequest) -> object:
        return grading_saving.submit(desk, visitor, _grade(request))

    def draft(visitor: Visitor, request: asks.DraftRequest) -> object:
        return grading_saving.save_draft(
            desk, visitor, study=request.study, subject=request.subject, number=request.number,
            draft=request.draft.model_dump(exclude_none=False) | {"values": _values(request.draft.values)},
        )  # fmt: skip

    def skip(visitor: Visitor, request: asks.SetAsideRequest) -> object:
        return _set_aside(desk, visitor, request, "skipped")

    def flag(visitor: Visitor, request: asks.SetAsideRequest) -> object:
        return _set_aside(desk, visitor, request, "flagged")

    def undo(visitor: Visitor, request: asks.UndoRequest) -> object:
        if request.submission is not None and request.subject is None:
            return grading_saving.undo(
                desk, visitor, study=request.study, submission=request.submission, nonce=request.nonce
            )
        if request.subject is not None and request.submission is None:
            return grading_saving.take_up(
                desk, visitor, study=request.study, subject=request.subject, nonce=request.nonce
            )
        raise BadInput(where="undo", found="both or neither", expected="a submission, or a subject")

    def keep(visitor: Visitor, request: asks.KeepRequest) -> object:
        return grading_saving.keep(
            desk, visitor, study=request.study, subject=request.subject, submission=request.submission,
            nonce=request.nonce,
        )  # fmt: skip

    def open_card(visitor: Visitor, query: asks.SubjectQuery) -> object:
        return {"card": grading.open_card(desk, visitor, study=query.study, subject=query.subject)}

    def diff(visitor: Visitor, query: asks.SubjectQuery) -> object:
        return grading.diff(desk, visitor, study=query.study, subject=query.subject)

    def mine(visitor: Visitor, query: asks.MineQuery) -> object:
        return grading.mine(desk, visitor, study=query.study, which=query.state, before=query.before)

    return [
        Route("/grading/who", _who, methods=["POST"]),
        Route("/grading/state", asked(asks.StudyQuery, state), methods=["GET"]),
        Route("/grading/next", posted(asks.NextRequest, take_next), methods=["POST"]),
        Route("/grading/submit", posted(asks.SubmitRequest, submit), methods=["POST"]),
        Route("/grading/draft", posted(asks.DraftRequest, draft), methods=["POST"]),
        Route("/grading/skip", posted(asks.SetAsideRequest, skip), methods=["POST"]),
        Route("/grading/flag", posted(asks.SetAsideRequest, flag), methods=["POST"]),
        Route("/grading/undo", posted(asks.UndoRequest, undo), methods=["POST"]),
        Route("/grading/keep", posted(asks.KeepRequest, keep), methods=["POST"]),
        Route("/grading/open", asked(asks.SubjectQuery, open_card), methods=["GET"]),
        Route("/grading/diff", asked(asks.SubjectQuery, diff), methods=["GET"]),
        Route("/grading/mine", asked(asks.MineQuery, mine), methods=["GET"]),
    ]


async def _who(request: Request) -> Response:
    """Set the cookie that names the visitor."""
    named: list[Visitor] = []

    def name(_visitor: Visitor, wanted: asks.WhoRequest) -> object:
        named.append(visitor_named(wanted.name))
        return {"name": named[0].name}

    response = await posted(asks.WhoRequest, name)(request)
    if named:
        response.set_cookie(COOKIE, cookie_of(named[0]), max_age=_YEAR, path="/", httponly=True, samesite="lax")
    return response


def _grade(request: asks.SubmitRequest) -> Grade:
    return Grade(
        study=request.study,
        subject=request.subject,
        nonce=request.nonce,
        values={key: value.answer() for key, value in request.values.items()},
        comment=request.comment or "",
        confidence=request.confidence,
        seconds=request.seconds,
        shown_ms_ago=request.shown_ms_ago,
        order=request.order,
        rubric=request.rubric,
        guideline=request.guideline,
        act=request.act,
        number=request.number,
    )


def _values(values: dict[str, asks.Value]) -> dict[str, dict[str, str | float]]:
    return {key: value.answer().to_json() for key, value in values.items()}


def _set_aside(desk: GradingDesk, visitor: Visitor, request: asks.SetAsideRequest, state: str) -> object:
    return grading_saving.set_aside(
        desk, visitor, study=request.study, subject=request.subject, nonce=request.nonce, reason=request.reason,
        state=state,
    )  # fmt: skip
