"""What a judge has to be asked about some subjects: every call they take, and which of them are made already.

A call is known by the hash of its request, and the request holds everything the judge is shown. So a changed guideline,
text or reference opens exactly the calls that show it, and the same request is never paid for twice: not for another
subject, not by another judge of the study.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from json import dumps
from typing import Literal

from core.judging.asked import Ask, Kind, Material, Question, Request
from core.judging.protocols.face import JudgeProtocol
from core.judging.spec import JudgeSpec
from core.store import calls
from core.store.calls import CallKey, KnownCall, Place, StandingRating
from core.store.database import Session
from core.store.runs import RunRow
from core.workflow.judging_material import JudgedStudy, read_materials

NO_OWN_ANSWER = "no own answer"
"""Cause of a verdict that could not be asked for, since the judge's own answer did not come."""

ItemState = Literal["open", "settled", "shared", "copy", "left"]
"""open: to be asked (or, with `skip`, to be noted as skipped). settled: nothing to do. shared: the judge asked the very
same before, only this subject's ratings are not written. copy: another judge of the study did. left: not what a retry
asks for."""


@dataclass(frozen=True, slots=True)
class JudgeAtWork:
    """A judge as the engine needs it."""

    id: int
    study_id: int
    rater_id: int
    spec: JudgeSpec


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """The judge's own answer to an item, which comes before its verdicts.

    Attributes:
        text: As it was given; None where it is not known yet.
        known: The judge's own call for it, where there is one.
        copy_of: Another judge's call for the very same, where only that one is known.
    """

    request: Request
    hash: str
    text: str | None
    known: KnownCall | None
    copy_of: int | None

    @property
    def key(self) -> CallKey:
        """Own answers are asked for once, whatever the repetitions."""
        return self.hash, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One call's worth of work.

    Attributes:
        request: None while the own answer it contains is not known, or where it is skipped.
        request_hash: Its hash; of a skipped one a hash of why; "" while the request is not known.
        skip: Why no request is made; "".
        status: Of a skipped one: "skipped", or "provider error" where the own answer met one.
        call: The judge's own call for it, where there is one.
        copy_of: In state "copy", the call of the other judge.
        standing: Criterion id -> the rating that stands for this subject, order and repetition.
        kind: "probe" where the subject's text was altered on purpose: it yields no rating.
        variation: How it was altered; "".
    """

    material: Material
    ask: Ask
    repetition: int
    request: Request | None
    request_hash: str
    own_answer: OwnAnswer | None = None
    skip: str = ""
    status: str = "ok"
    state: ItemState = "open"
    call: int | None = None
    copy_of: int | None = None
    known: KnownCall | None = None
    standing: Mapping[int, StandingRating] = field(default_factory=dict)
    kind: Kind = "verdict"
    variation: str = ""

    @property
    def key(self) -> CallKey:
        """Request hash and repetition."""
        return self.request_hash, self.repetition

    @property
    def answer_request(self) -> Request | None:
        """The request for the judge's own answer; None where none is wanted."""
        return self.own_answer.request if self.own_answer else None

    @property
    def place(self) -> Place:
        """Where its ratings go."""
        return self.material.subject_id, self.ask.order, self.repetition

    @property
    def criteria(self) -> tuple[int, ...]:
        """The criteria it asks about."""
        return tuple(question.id for question in self.ask.questions)


def asked_questions(judged: JudgedStudy, spec: JudgeSpec, kind: str) -> tuple[Question, ...]:
    """What the judge is asked about subjects of a kind."""
    return tuple(one for one in judged.questions.get(kind, ()) if not spec.criteria or one.lineage in spec.criteria)


def asks_of(judged: JudgedStudy, protocol: JudgeProtocol, spec: JudgeSpec, kind: str) -> tuple[Ask, ...]:
    """The calls that one repetition of a subject of this kind takes; none where nothing is asked about the kind."""
    questions = asked_questions(judged, spec, kind)
    return protocol.asks(spec, questions) if questions else ()


def read_work(
    judged: JudgedStudy,
    judge: JudgeAtWork,
    protocol: JudgeProtocol,
    run: RunRow | None,
    subject_ids: Sequence[int],
    *,
    majorities: Mapping[str, str | float] | None = None,
    session: Session,
) -> list[WorkItem]:
    """Every call that a judge makes about these subjects, in their order, with what is there already.

    Args:
        judged: The study as the judge sees it now.
        judge: Who is asked.
        protocol: Its protocol.
        run: The run that asks; None: as a run that begins now would find it.
        subject_ids: At most some thousands.
        majorities: See `read_materials`.
        session: Any session.
    """
    materials = read_materials(judged, subject_ids, majorities=majorities, session=session)
    asks = {kind: asks_of(judged, protocol, judge.spec, kind) for kind in {one.kind for one in materials}}
    answers = _own_answers(judged, judge, protocol, run, materials, session)
    items = [
        item
        for material in materials
        for ask in asks[material.kind]
        for item in _drafted(judged, judge, protocol, ask, material, answers.get(material.subject_id))
    ]
    return with_states(judge, run, items, session)


@dataclass(frozen=True, slots=True)
class _Answer:
    """An own answer, and how its asking ended where nothing usable came ("")."""

    own: OwnAnswer
    failed: str = ""


def _own_answers(
    judged: JudgedStudy, judge: JudgeAtWork, protocol: JudgeProtocol, run: RunRow | None,
    materials: Sequence[Material], session: Session,
) -> dict[int, _Answer]:  # fmt: skip
    """Subject id -> the own answer to its item; subjects that want none are left out."""
    requests = {
        one.subject_id: request
        for one in materials
        if (request := protocol.answer_request(judge.spec, one, fence=judged.fence)) is not None
    }
    if not requests:
        return {}
    hashes = {subject: request.hash() for subject, request in requests.items()}
    known = calls.known_calls(judge.id, hashes.values(), session=session)
    elsewhere = calls.calls_elsewhere(judge.study_id, judge.id, hashes.values(), session=session)
    wanted = [call.id for call in known.values()] + list(elsewhere.values())
    replies = calls.stored_replies(wanted, session=session)
    found = {}
    for subject, request in requests.items():
        key = (hashes[subject], 0)
        call, other = known.get(key), elsewhere.get(key)
        text, failed, copy_of = None, "", None
        if call is not None and not _is_open(call, run):
            text, failed = (replies[call.id].text, "") if call.status == "ok" else (None, call.status)
        elif call is None and other is not None and replies[other].status == "ok":
            text, copy_of = replies[other].text, other
        own = OwnAnswer(request, hashes[subject], text, call, copy_of)
        found[subject] = _Answer(own, failed)
    return found


def _drafted(
    judged: JudgedStudy, judge: JudgeAtWork, protocol: JudgeProtocol, ask: Ask, material: Material,
    answer: _Answer | None,
) -> list[WorkItem]:  # fmt: skip
    """One item per repetition, rendered once."""
    skip = protocol.missing(judge.spec, ask, material)
    status = "skipped" if skip else "ok"
    request, request_hash = None, ""
    if not skip and answer is not None and answer.failed:
        skip, status = NO_OWN_ANSWER, "provider error" if answer.failed == "provider error" else "skipped"
    if skip:
        request_hash = skip_hash(ask, material, skip)
    elif answer is None or answer.own.text is not None:
        text = answer.own.text if answer else None
        request = protocol.request(judge.spec, ask, material, fence=judged.fence, own_answer=text)
        request_hash = request.hash()
    own = answer.own if answer is not None and not skip else None
    return [
        WorkItem(
            material=material, ask=ask, repetition=repetition, request=request, request_hash=request_hash,
            own_answer=own, skip=skip, status=status,
        )
        for repetition in range(max(1, judge.spec.repetitions))
    ]  # fmt: skip


def skip_hash(ask: Ask, material: Material, reason: str) -> str:
    """What stands for the request that was not made: the same subject, questions and reason give the same."""
    said = ["skipped", material.subject_id, [one.id for one in ask.questions], ask.order, reason]
    return sha256(dumps(said).encode()).hexdigest()


def _is_open(call: KnownCall, run: RunRow | None) -> bool:
    """Whether a call that was made is to be made again."""
    if run is None:
        return call.status == "provider error"
    if call.run_id == run.id or call.changed_at > run.created_at:
        return False
    if run.retried:
        return call.status in run.retried and (not run.causes or call.cause in run.causes)
    return call.status == "provider error"


def with_states(judge: JudgeAtWork, run: RunRow | None, items: Sequence[WorkItem], session: Session) -> list[WorkItem]:
    """The items with what is there of them already."""
    hashes = {item.request_hash for item in items if item.request_hash}
    known = calls.known_calls(judge.id, hashes, session=session)
    asked = {item.request_hash for item in items if item.request is not None and item.key not in known}
    elsewhere = calls.calls_elsewhere(judge.study_id, judge.id, asked, session=session)
    subjects = {item.material.subject_id for item in items}
    criteria = {criterion for item in items for criterion in item.criteria}
    standing = calls.standing_ratings(judge.rater_id, subjects, criteria, session=session)
    failed = _failed_places(judge, run, subjects, session)
    found = []
    for item in items:
        call = known.get(item.key) if item.request_hash else None
        stands = standing.get(item.place, {})
        state = _state(item, call, stands, run, elsewhere, failed)
        found.append(
            replace(
                item, state=state, call=call.id if call else None, known=call, standing=stands,
                copy_of=elsewhere.get(item.key) if state == "copy" else None,
            )
        )  # fmt: skip
    return found


def _failed_places(
    judge: JudgeAtWork, run: RunRow | None, subjects: Collection[int], session: Session
) -> set[tuple[Place, tuple[int, ...]]]:
    """For a retry: where earlier calls failed, whatever they asked."""
    if run is None or not run.retried:
        return set()
    rows = calls.calls_of_subjects(judge.id, subjects, run.retried, session=session)
    return {(place, asked) for place, asked, cause in rows if not run.causes or cause in run.causes}


def _state(
    item: WorkItem, call: KnownCall | None, stands: Mapping[int, StandingRating], run: RunRow | None,
    elsewhere: Mapping[CallKey, int], failed: Collection[tuple[Place, tuple[int, ...]]],
) -> ItemState:  # fmt: skip
    if call is not None:
        if item.skip:
            return "settled"
        if _is_open(call, run):
            return "open"
        if call.status not in calls.ANSWERED or item.kind == "probe":
            return "settled"
        return "settled" if all(_says(stands.get(key), call) for key in item.criteria) else "shared"
    awaits_answer = item.own_answer is not None and item.own_answer.text is None
    if run is not None and run.retried and not awaits_answer and (item.place, item.criteria) not in failed:
        return "left"
    return "copy" if item.key in elsewhere and item.request is not None else "open"


def _says(stands: StandingRating | None, call: KnownCall) -> bool:
    """Whether a rating is what the call gives now, and not what an earlier attempt at it gave."""
    return stands is not None and stands.call_id == call.id and stands.at >= call.changed_at
