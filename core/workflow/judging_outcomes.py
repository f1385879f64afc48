"""From what a judge answered to the rows that are kept: calls, attempts, ratings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.judging.asked import Reading, ReadVerdict, Reply, TokenChoice
from core.judging.protocols.face import JudgeProtocol
from core.judging.spec import JudgeSpec
from core.store.call_writing import AttemptRow, CallRow, GivenRatings, RatingRow
from core.store.calls import StoredReply
from core.workflow.judging_worklist import OwnAnswer, WorkItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How asking ended: a reply, or the failure of the last attempt; and what came before it.

    Attributes:
        failure: The last attempt, where it brought no reply.
        earlier: Failed attempts before the last one.
        sent: Requests that went out.
        copied_from: The call whose reply it is, where another judge had asked the very same.
    """

    reply: Reply | None
    failure: AttemptRow | None = None
    earlier: tuple[AttemptRow, ...] = ()
    sent: int = 0
    copied_from: int | None = None


def parts_of(reply: Reply) -> dict[str, Any]:
    """What came beside the text, as JSON; only what is not as usual."""
    parts: dict[str, Any] = {}
    if reply.finish != "stop":
        parts["finish"] = reply.finish
    if reply.refusal:
        parts["refusal"] = reply.refusal
    if reply.tokens:
        parts["tokens"] = [[one.token, one.probability, dict(one.likeliest)] for one in reply.tokens]
    return parts


def reply_again(stored: StoredReply) -> Reply:
    """A stored reply as it came; what it cost is paid already."""
    parts = stored.parts
    tokens = tuple(
        TokenChoice(token, probability, likeliest) for token, probability, likeliest in parts.get("tokens", ())
    )
    return Reply(stored.text, parts.get("finish", "stop"), parts.get("refusal", ""), tokens, cost=0.0)


def read_reply(protocol: JudgeProtocol, spec: JudgeSpec, item: WorkItem, reply: Reply) -> Reading:
    """What a reply says; one that breaks its protocol's reader is unreadable, for it was paid for and is kept."""
    try:
        reading = protocol.read(spec, item.ask, reply)
    except Exception as error:  # whatever hostile text does to a reader, the reply is not lost
        verdicts = tuple(ReadVerdict(key, absence="unreadable") for key in item.criteria)
        return Reading("unreadable", verdicts, "reading failed", f"{type(error).__name__}: {error}")
    return reading


def read_answer(reply: Reply) -> tuple[str, str]:
    """Status and cause of an own answer."""
    if reply.refusal or reply.finish == "content_filter":
        return "refused", "refused"
    return ("ok", "") if reply.text.strip() else ("unreadable", "empty reply")


def verdict_call(item: WorkItem, asked: Asked, reading: Reading | None, *, at: datetime) -> CallRow:
    """The call of a verdict that was asked for.

    Args:
        item: What was asked.
        asked: How it ended.
        reading: What the reply says; None where there was none.
        at: When.
    """
    last = asked.failure if asked.reply is None else _answered(asked.reply, reading, at)
    return CallRow(
        subject_id=item.material.subject_id,
        asked=item.criteria,
        order_shown=item.ask.order,
        repetition=item.repetition,
        request_hash=item.request_hash,
        last=last or AttemptRow(status="provider error", at=at),
        earlier=asked.earlier,
        sent=asked.sent,
        kind=item.kind,
        variation=item.variation,
        copied_from_id=asked.copied_from,
        parts=parts_of(asked.reply) if asked.reply is not None else {},
        ratings=ratings_of(item, reading) if reading is not None and item.kind == "verdict" else (),
        replaces=item.known,
    )


def _answered(reply: Reply, reading: Reading | None, at: datetime) -> AttemptRow:
    status, cause, error = (reading.status, reading.cause, reading.error) if reading else ("ok", "", "")
    return AttemptRow(
        status=status, cause=cause[:40], reply=reply.text, error=error, tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out, cost=reply.cost, latency=reply.latency, at=at,
    )  # fmt: skip


def answer_call(own: OwnAnswer, item: WorkItem, asked: Asked, *, at: datetime) -> CallRow:
    """The call of an own answer, which yields no rating."""
    last = asked.failure
    if asked.reply is not None:
        status, cause = read_answer(asked.reply)
        last = _answered(asked.reply, Reading("ok", (), cause), at) if status == "ok" else AttemptRow(
            status=status, cause=cause, reply=asked.reply.text, tokens_in=asked.reply.tokens_in,
            tokens_out=asked.reply.tokens_out, cost=asked.reply.cost, latency=asked.reply.latency, at=at,
        )  # fmt: skip
    return CallRow(
        subject_id=item.material.subject_id,
        asked=(),
        order_shown=None,
        repetition=0,
        request_hash=own.hash,
        last=last or AttemptRow(status="provider error", at=at),
        earlier=asked.earlier,
        sent=asked.sent,
        kind="answer",
        copied_from_id=asked.copied_from,
        parts=parts_of(asked.reply) if asked.reply is not None else {},
        replaces=own.known,
    )


def skipped_call(item: WorkItem, *, at: datetime) -> CallRow:
    """What is noted where no request could be made, with its reason."""
    return CallRow(
        subject_id=item.material.subject_id,
        asked=item.criteria,
        order_shown=item.ask.order,
        repetition=item.repetition,
        request_hash=item.request_hash,
        last=AttemptRow(status=item.status, cause=item.skip[:40], at=at),
        kind=item.kind,
        variation=item.variation,
    )


def given_ratings(item: WorkItem, reading: Reading) -> GivenRatings:
    """Ratings of a subject by a call that another subject made."""
    return GivenRatings(item.key, ratings_of(item, reading) if item.kind == "verdict" else ())


def ratings_of(item: WorkItem, reading: Reading) -> tuple[RatingRow, ...]:
    """One rating for every question that was asked: a value, or why there is none."""
    if reading.status not in ("ok", "unreadable", "refused"):
        return ()
    said: Mapping[int, ReadVerdict] = {one.criterion_id: one for one in reading.verdicts}
    return tuple(_rating(item, key, said.get(key), reading.status) for key in item.criteria)


def _rating(item: WorkItem, criterion_id: int, said: ReadVerdict | None, status: str) -> RatingRow:
    has_value = said is not None and (said.option is not None or said.number is not None)
    absence = said.absence if said is not None else None
    if not has_value and absence is None:
        absence = "refused" if status == "refused" else "unreadable"
    return RatingRow(
        subject_id=item.material.subject_id,
        criterion_id=criterion_id,
        option=said.option if said else None,
        number=said.number if said and said.option is None else None,
        absence=None if has_value else absence,
        probabilities=said.probabilities if said else None,
        confidence=said.confidence if said else None,
        rationale=said.rationale if said else "",
        order_shown=item.ask.order,
        repetition=item.repetition,
    )


def failed_attempt(status_cause: str, message: str, *, at: datetime, latency: float | None = None) -> AttemptRow:
    """An attempt that brought no reply."""
    return AttemptRow(status="provider error", cause=status_cause[:40], error=message, latency=latency, at=at)


def closed(attempts: Sequence[AttemptRow]) -> Asked:
    """Asking that ended with nothing but failed attempts."""
    return Asked(reply=None, failure=attempts[-1], earlier=tuple(attempts[:-1]), sent=len(attempts))
