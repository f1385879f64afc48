"""LLM judges, their runs and calls."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from core.models.base import Record, UtcTime, key, ref


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
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""


class Run(Record, table=True):
    """A judge over a set of units, driven by one lease."""

    __table_args__ = (
        Index("ix_run_state", "state"),
        CheckConstraint(
            "state in ('queued', 'running', 'paused', 'cancelled', 'done', 'stopped')", name="ck_run_state"
        ),
    )

    id: int | None = key()
    study_id: int = ref("study.id", index=True)
    judge_id: int = ref("judge.id", index=True)
    draw_id: int | None = ref("draw.id", nullable=True)
    state: str = Field(max_length=12)
    reason: str = ""
    owner: str = Field(default="", max_length=64)
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)
    budget: float | None = None
    """US dollars; None: no limit."""
    counters: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Call(Record, table=True):
    """One LLM call. `ok` only if every rating it should give was read."""

    __table_args__ = (
        UniqueConstraint("judge_id", "request_hash", "repetition"),
        Index("ix_call_run_status", "run_id", "status"),
        Index("ix_call_judge_subject", "judge_id", "subject_id"),
        CheckConstraint(
            "status in ('ok', 'unreadable', 'refused', 'provider error', 'skipped')", name="ck_call_status"
        ),
    )

    id: int | None = key()
    run_id: int = ref("run.id")
    judge_id: int = ref("judge.id")
    subject_id: int = ref("subject.id", index=True)
    rubric_id: int | None = ref("rubric.id", nullable=True)
    order_shown: str | None = Field(default=None, max_length=2)
    repetition: int = 0
    request_hash: str = Field(max_length=64)
    """Hash of the rendered messages and parameters: the same request is never paid for twice."""
    attempts: int = 0
    status: str = Field(max_length=16)
    reply: str = ""
    error: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    """US dollars."""
    latency: float | None = None
    """Seconds."""
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)
