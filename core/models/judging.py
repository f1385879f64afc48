"""LLM judges, their runs and calls, and the workers that drive them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from core.models.base import KEY, Record, UtcTime, key, ref

_ACTIVE = "state in ('queued', 'running', 'paused')"


class Judge(Record, table=True):
    """An immutable version of a judge: everything we choose about it, and a fingerprint of all of it."""

    __table_args__ = (UniqueConstraint("study_id", "name", "version"), UniqueConstraint("study_id", "fingerprint"))

    id: int | None = key()
    study_id: int = ref("study.id")
    name: str = Field(max_length=200)
    version: int = 1
    fingerprint: str = Field(max_length=64)
    protocol: str = Field(max_length=40)
    model: str = Field(default="", max_length=200)
    family: str = Field(default="", max_length=100)
    prompt: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    reference_mode: str = Field(default="none", max_length=20)
    rubric_id: int | None = ref("rubric.id", nullable=True)
    """The study's rubric it answers; None: the item's approved checklist."""
    order_rule: str = Field(default="both", max_length=20)
    repetition_rule: str = Field(default="first", max_length=20)
    note: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Why this version was made."""
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""


class Run(Record, table=True):
    """A judge over a set of units, driven by one lease."""

    __table_args__ = (
        Index("ix_run_state", "state"),
        Index("ix_run_one_active", "judge_id", "purpose", unique=True, sqlite_where=text(_ACTIVE),
              postgresql_where=text(_ACTIVE)),
        CheckConstraint(
            "state in ('queued', 'running', 'paused', 'cancelled', 'done', 'stopped')", name="ck_run_state"
        ),
        CheckConstraint("purpose in ('run', 'trial', 'probe')", name="ck_run_purpose"),
    )  # fmt: skip

    id: int | None = key()
    study_id: int = ref("study.id", index=True)
    judge_id: int = ref("judge.id", index=True)
    draw_id: int | None = ref("draw.id", nullable=True)
    """How its subjects were chosen."""
    retry_of_id: int | None = ref("run.id", nullable=True)
    """The run whose failures it asks again."""
    purpose: str = Field(default="run", max_length=8)
    selection: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Which subjects; see `core.workflow.judging_selection`."""
    settings: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Pace, patience and prices: what is no part of the judge's identity; see `core.judging.pace.RunSettings`."""
    state: str = Field(max_length=12)
    reason: str = ""
    """Why it stands where it does, in words for a person."""
    position: int = Field(default=0, sa_type=KEY)
    """Every subject up to this id is settled: a resumed run begins after it."""
    owner: str = Field(default="", max_length=64)
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)
    budget: float | None = None
    """US dollars; None: no limit."""
    counters: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Call(Record, table=True):
    """One LLM call, with what came of its last attempt. `ok` only if every rating it should give was read.

    A call may serve several subjects whose requests are the same; `subject_id` is the first of them.
    """

    __table_args__ = (
        UniqueConstraint("judge_id", "request_hash", "repetition"),
        Index("ix_call_run_status", "run_id", "status"),
        Index("ix_call_judge_subject", "judge_id", "subject_id"),
        Index("ix_call_request", "request_hash", "repetition"),
        CheckConstraint("kind in ('verdict', 'answer', 'probe')", name="ck_call_kind"),
        CheckConstraint(
            "status in ('ok', 'unreadable', 'refused', 'provider error', 'skipped')", name="ck_call_status"
        ),
    )

    id: int | None = key()
    run_id: int = ref("run.id")
    judge_id: int = ref("judge.id")
    subject_id: int = ref("subject.id", index=True)
    rubric_id: int | None = ref("rubric.id", nullable=True)
    kind: str = Field(default="verdict", max_length=8)
    """`answer`: the judge's own answer to the item, asked for before the verdict; it yields no rating. `probe`: the
    subject's text was altered on purpose (`variation`); it yields no rating either."""
    variation: str = Field(default="", max_length=80)
    asked: list[int] = Field(default_factory=list, sa_type=JSON)
    """Criterion ids it answers."""
    order_shown: str | None = Field(default=None, max_length=2)
    repetition: int = 0
    request_hash: str = Field(max_length=64)
    """Hash of the rendered messages and parameters: the same request is never paid for twice."""
    copied_from_id: int | None = ref("call.id", nullable=True)
    """The call of another version of the judge that asked the very same: its reply was taken, nothing was paid."""
    attempts: int = 0
    status: str = Field(max_length=16)
    reply: str = ""
    reply_parts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """What came beside the text, where it did: why it ended, a refusal, tokens with probabilities. The reply can be
    read again from both, for another subject or another judge with the very same request."""
    error: str = ""
    cause: str = Field(default="", max_length=40)
    """Kind of failure, to group by: "time-out", "rate limit", "out of scale", ..."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    """US dollars."""
    latency: float | None = None
    """Seconds."""
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)


class CallAttempt(Record, table=True):
    """What an earlier attempt at a call brought and cost, kept when a later one took its place."""

    __tablename__ = "call_attempt"
    __table_args__ = (UniqueConstraint("call_id", "number"), Index("ix_call_attempt_run", "run_id"))

    id: int | None = key()
    call_id: int = ref("call.id")
    run_id: int = ref("run.id")
    number: int
    """Counted from 1."""
    status: str = Field(max_length=16)
    cause: str = Field(default="", max_length=40)
    reply: str = ""
    error: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    latency: float | None = None
    created_at: datetime = Field(sa_type=UtcTime)


class Worker(Record, table=True):
    """A process that drives runs, as long as its heart beats."""

    id: str = Field(max_length=64, primary_key=True)
    """`PID@HOST:NONCE`."""
    heartbeat_at: datetime = Field(sa_type=UtcTime)
    variables: list[str] = Field(default_factory=list, sa_type=JSON)
    """Names of the key variables that are set where it runs; never their values."""
    started_at: datetime = Field(sa_type=UtcTime)
