"""What a judge will be asked about one subject, word for word, before anything is sent or paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import BadInput
from core.judging.asked import Ask, Material, Request
from core.judging.prices import estimated_tokens
from core.judging.protocols import protocol_of
from core.judging.protocols.face import JudgeProtocol
from core.judging.spec import JudgeSpec
from core.judging.templates import check_template
from core.store import calls, judging_subjects
from core.store.opened_items import read_titles
from core.workflow.judging_checks import Warning_, asked_questions, judged_kinds_in, warnings_of
from core.workflow.judging_majorities import majorities_for
from core.workflow.judging_material import JudgedStudy, read_judged_study, read_materials
from core.workflow.judging_worklist import asks_of
from core.workflow.workspace import Workspace

GAP = "[The judge's own answer stands here. It is asked for first, and not known yet.]"
"""What stands for an own answer that was not asked for yet."""

_NOBODY = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewStep:
    """One request, as it would be sent.

    Attributes:
        title: What is asked, in words.
        model, api_base: Who is asked; "" for a baseline, which is asked nothing.
        messages: `{role, content}`, whole and in order.
        parameters: What is sent beside them.
        hash: Of the request; "" where a part of it is not known yet.
        order: Which output of a pair stands first: "AB" or "BA"; None for others.
        missing: Why nothing is sent ("no reference"); "".
        has_gap: Whether the judge's own answer is still missing from it (`GAP` stands there).
    """

    title: str
    model: str
    api_base: str
    messages: tuple[Mapping[str, str], ...]
    parameters: Mapping[str, Any]
    hash: str
    characters: int
    tokens: int
    order: str | None
    missing: str
    has_gap: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything a judge is asked about a subject.

    Attributes:
        steps: The requests of one repetition, in order.
        repetitions: How often each verdict is asked for.
        missing: Why it is not asked at all; "" where at least one request is sent.
        warnings: See `core.workflow.judging.check_judge`.
    """

    subject_id: int
    kind: str
    steps: tuple[PreviewStep, ...]
    repetitions: int
    missing: str
    warnings: tuple[Warning_, ...]

    @property
    def n_calls(self) -> int:
        """Requests in all, with repetitions; an own answer is asked for once."""
        verdicts = sum(1 for step in self.steps if step.title != OWN_ANSWER and not step.missing)
        return verdicts * self.repetitions + sum(1 for step in self.steps if step.title == OWN_ANSWER)


OWN_ANSWER = "The judge's own answer"
"""Title of the step that asks for it."""


def preview(workspace: Workspace, study_id: int, spec: JudgeSpec, subject_id: int) -> Preview:
    """The requests that this judge would send about a subject; it need not be saved.

    Raises:
        BadInput: The subject is none of the study; or the judge's prompt or criteria cannot be used.
        NotFound: Its rubric is none of the study.
    """
    spec = spec.normal()
    protocol = protocol_of(spec)
    with workspace.database.reading() as session:
        asked_questions(study_id, spec, protocol, session=session)
        if protocol.asks_model:
            check_template(spec.prompt, protocol.fields(spec))
        judged = read_judged_study(study_id, spec.rubric_id, session=session)
        majorities = majorities_for(study_id, spec, session)
        materials = read_materials(judged, [subject_id], majorities=majorities, session=session)
        if not materials:
            raise BadInput(where="subject", found=str(subject_id), expected="one of the study")
        material = materials[0]
        warnings = warnings_of(study_id, spec, session=session)
        answer = protocol.answer_request(spec, material, fence=judged.fence)
        known = None
        if answer is not None:
            elsewhere = calls.calls_elsewhere(study_id, _NOBODY, [answer.hash()], session=session)
            replies = calls.stored_replies(list(elsewhere.values()), session=session)
            known = next((one.text for one in replies.values() if one.status == "ok"), None)
    asks = asks_of(judged, protocol, spec, material.kind)
    steps = [_step(OWN_ANSWER, answer, order=None)] if answer is not None else []
    gap = answer is not None and known is None
    own = GAP if gap else known
    verdicts = [_verdict(spec, protocol, judged, ask, material, own, has_gap=gap) for ask in asks]
    missing = verdicts[0].missing if verdicts and all(one.missing for one in verdicts) else ""
    missing = missing or ("" if asks else f"nothing is asked about an {material.kind}".replace("an p", "a p"))
    steps = [] if missing else steps
    return Preview(subject_id, material.kind, (*steps, *verdicts), spec.repetitions, missing, warnings)


def _verdict(
    spec: JudgeSpec, protocol: JudgeProtocol, judged: JudgedStudy, ask: Ask, material: Material, own: str | None, *,
    has_gap: bool,
) -> PreviewStep:  # fmt: skip
    names = ", ".join(question.name for question in ask.questions)
    title = names if ask.order is None else f"{names}, {'A' if ask.order == 'AB' else 'B'} first"
    missing = protocol.missing(spec, ask, material)
    if missing:
        return _step(title, None, order=ask.order, missing=missing)
    request = protocol.request(spec, ask, material, fence=judged.fence, own_answer=own)
    return _step(title, request, order=ask.order, has_gap=has_gap)


def _step(
    title: str, request: Request | None, *, order: str | None, missing: str = "", has_gap: bool = False
) -> PreviewStep:
    request = request or Request("", (), {})
    return PreviewStep(
        title=title,
        model=request.model,
        api_base=request.api_base,
        messages=request.messages,
        parameters=request.parameters,
        hash="" if has_gap or missing else request.hash(),
        characters=request.characters,
        tokens=estimated_tokens(request.characters),
        order=order,
        missing=missing,
        has_gap=has_gap,
    )


@dataclass(frozen=True, slots=True)
class PreviewPlace:
    """Where a subject stands among those a judge can judge.

    Attributes:
        subject: The one asked for, or the first there is; None where there is none.
        first, previous, next: Others, to page through; None where there is none.
        place: From 1; 0 where there is none.
        total: Subjects in all.
        name: The item's name and the systems of its outputs; plain text that others wrote.
    """

    subject: int | None
    first: int | None
    previous: int | None
    next: int | None
    place: int
    total: int
    name: str


def preview_subjects(workspace: Workspace, study_id: int, spec: JudgeSpec, *, near: int | None = None) -> PreviewPlace:
    """A subject that the judge can judge, with its neighbours: the one with the id `near`, else the first.

    Raises:
        BadInput: The judge's criteria cannot be used.
        NotFound: Its rubric is none of the study.
    """
    with workspace.database.reading() as session:
        kinds = judged_kinds_in(study_id, spec, session=session)
        found = judging_subjects.place_among(study_id, kinds, near, session=session)
        first = judging_subjects.place_among(study_id, kinds, None, session=session).subject
        titles = read_titles(study_id, [found.subject], session=session) if found.subject is not None else {}
    name = " · ".join(part for one in titles.values() for part in (one.external_id, *one.systems))
    return PreviewPlace(found.subject, first, found.before, found.after, found.place, found.total, name)


def preview_subject_at(workspace: Workspace, study_id: int, spec: JudgeSpec, place: int) -> int | None:
    """The subject at this place, from 1, among those the judge can judge; None where it has no such place.

    Raises:
        BadInput: The judge's criteria cannot be used.
        NotFound: Its rubric is none of the study.
    """
    with workspace.database.reading() as session:
        kinds = judged_kinds_in(study_id, spec, session=session)
        return judging_subjects.subject_at(study_id, kinds, place, session=session)


def find_subject(workspace: Workspace, study_id: int, key: str) -> int:
    """The id of the subject with this key ("q1/alder"), or this id.

    Raises:
        NotFound: The study has none; names some it has.
    """
    with workspace.database.reading() as session:
        return judging_subjects.subject_named(study_id, key, session=session)
