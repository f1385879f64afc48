"""The grading card's routes: JSON in, one call of `core.workflow`, JSON out."""

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import pages.routes.grading_requests as asks
from core.errors import BadInput
from core.workflow import grading, grading_saving, grading_undoing
from core.workflow.grading import GradingDesk
from core.workflow.grading_saving import Grade
from core.workflow.grading_scene import require_shown
from core.workflow.visitors import COOKIE, cookie_of, visitor_named
from core.workflow.workspace import Visitor
from pages.routes.exchange import asked, posted

_YEAR = 365 * 24 * 3600


class _Own(Protocol):
    @property
    def rater(self) -> str | None:
        """The name that the page shows."""


Own = TypeVar("Own", bound=_Own)


def routes(desk: GradingDesk) -> list[Route]:
    """Every route of the grading card, over one desk."""
    read = {
        "state": asked(asks.StudyQuery, partial(_state, desk)),
        "open": asked(asks.SubjectQuery, partial(_open, desk)),
        "diff": asked(asks.SubjectQuery, partial(_diff, desk)),
        "mine": asked(asks.MineQuery, partial(_mine, desk)),
    }
    write = {
        "who": _who,
        "next": posted(asks.NextRequest, _own(partial(_next, desk))),
        "submit": posted(asks.SubmitRequest, _own(partial(_submit, desk))),
        "draft": posted(asks.DraftRequest, _own(partial(_draft, desk))),
        "skip": posted(asks.SetAsideRequest, _own(partial(_set_aside, desk, "skipped"))),
        "flag": posted(asks.SetAsideRequest, _own(partial(_set_aside, desk, "flagged"))),
        "undo": posted(asks.UndoRequest, _own(partial(_undo, desk))),
        "keep": posted(asks.KeepRequest, _own(partial(_keep, desk))),
    }
    return [
        *(Route(f"/grading/{name}", endpoint, methods=["GET"]) for name, endpoint in read.items()),
        *(Route(f"/grading/{name}", endpoint, methods=["POST"]) for name, endpoint in write.items()),
    ]


def _own(act: Callable[[Visitor, Own], object]) -> Callable[[Visitor, Own], object]:
    """An act that is refused where somebody else is signed in than the page shows; reading may leave that out."""

    def checked(visitor: Visitor, wanted: Own) -> object:
        return act(visitor if wanted.rater is None else require_shown(visitor, wanted.rater), wanted)

    return checked


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


def _state(desk: GradingDesk, visitor: Visitor, query: asks.StudyQuery) -> object:
    return grading.state(desk, visitor, study=query.study)


def _open(desk: GradingDesk, visitor: Visitor, query: asks.SubjectQuery) -> object:
    return {"card": grading.open_card(desk, visitor, study=query.study, subject=query.subject)}


def _diff(desk: GradingDesk, visitor: Visitor, query: asks.SubjectQuery) -> object:
    return grading.diff(desk, visitor, study=query.study, subject=query.subject)


def _mine(desk: GradingDesk, visitor: Visitor, query: asks.MineQuery) -> object:
    return grading.mine(desk, visitor, study=query.study, which=query.state, before=query.before)


def _next(desk: GradingDesk, visitor: Visitor, wanted: asks.NextRequest) -> object:
    return grading.next_cards(desk, visitor, study=wanted.study, holding=wanted.holding, count=wanted.count)


def _submit(desk: GradingDesk, visitor: Visitor, press: asks.SubmitRequest) -> object:
    grade = Grade(
        study=press.study,
        subject=press.subject,
        nonce=press.nonce,
        values={key: value.answer() for key, value in press.values.items()},
        comment=press.comment or "",
        confidence=press.confidence,
        seconds=press.seconds,
        shown_ms_ago=press.shown_ms_ago,
        order=press.order,
        rubric=press.rubric,
        guideline=press.guideline,
        act=press.act,
        number=press.number,
    )
    return grading_saving.submit(desk, visitor, grade)


def _draft(desk: GradingDesk, visitor: Visitor, sent: asks.DraftRequest) -> object:
    draft = sent.draft.model_dump(exclude={"values"})
    draft["values"] = {key: value.answer().to_json() for key, value in sent.draft.values.items()}
    return grading_undoing.save_draft(
        desk, visitor, study=sent.study, subject=sent.subject, number=sent.number, draft=draft
    )


def _set_aside(desk: GradingDesk, state: str, visitor: Visitor, press: asks.SetAsideRequest) -> object:
    return grading_undoing.set_aside(
        desk, visitor, study=press.study, subject=press.subject, nonce=press.nonce, reason=press.reason, state=state
    )


def _undo(desk: GradingDesk, visitor: Visitor, press: asks.UndoRequest) -> object:
    study, nonce = press.study, press.nonce
    if press.submission is not None and press.subject is None:
        return grading_undoing.undo(desk, visitor, study=study, submission=press.submission, nonce=nonce)
    if press.subject is not None and press.submission is None:
        return grading_undoing.take_up(desk, visitor, study=study, subject=press.subject, nonce=nonce)
    raise BadInput(where="undo", found="both or neither", expected="a submission, or a subject")


def _keep(desk: GradingDesk, visitor: Visitor, press: asks.KeepRequest) -> object:
    return grading_saving.keep(
        desk, visitor, study=press.study, subject=press.subject, submission=press.submission, nonce=press.nonce
    )
