"""Who rates and what they said: raters, ratings, submissions, assignments, exposures, imports."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from core.models.base import KEY, Record, UtcTime, key, ref


class RaterKind(StrEnum):
    """Who or what rates."""

    PERSON = "person"
    JUDGE = "judge"
    JURY = "jury"
    BASELINE = "baseline"
    SOURCE = "source"
    SEAT = "seat"
    SIMULATED = "simulated"


TRUTH = "truth (simulated)"
"""Name of the simulated rater that always gives the true answer."""


class Phase(StrEnum):
    """What a person had seen when they answered."""

    BLIND = "blind"
    EXPOSED = "exposed"
    REVISED = "revised"


class Absence(StrEnum):
    """Why a rating has no value."""

    ABSTAINED = "abstained"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Order(StrEnum):
    """Which output of a pair stood first (left)."""

    AB = "AB"
    BA = "BA"


class ImportState(StrEnum):
    """Where an import stands; readers see its rows only when it is done."""

    RUNNING = "running"
    DONE = "done"
    REMOVING = "removing"
    REMOVED = "removed"


class AssignmentState(StrEnum):
    """Where one rater stands with one subject."""

    TO_DO = "to do"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    SKIPPED = "skipped"
    FLAGGED = "flagged"


class Rater(Record, table=True):
    """Whoever rates in one study: a person, a judge, a source, an anonymous seat, ..."""

    __table_args__ = (
        UniqueConstraint("study_id", "kind", "name"),
        CheckConstraint(
            "kind in ('person', 'judge', 'jury', 'baseline', 'source', 'seat', 'simulated')", name="ck_rater_kind"
        ),
    )

    id: int | None = key()
    study_id: int = ref("study.id")
    kind: str = Field(max_length=12)
    name: str = Field(max_length=200)
    group: str = Field(default="", max_length=100)
    """Anonymous group a seat belongs to."""
    family: str = Field(default="", max_length=100)
    judge_id: int | None = ref("judge.id", nullable=True, index=True)
    import_id: int | None = ref("import.id", nullable=True, index=True)
    created_at: datetime = Field(sa_type=UtcTime)


class Import(Record, table=True):
    """One file, or several joined ones, brought in."""

    __tablename__ = "import"
    __table_args__ = (
        Index("ix_import_one_running", "study_id", unique=True, sqlite_where=text("state in ('running', 'removing')"),
              postgresql_where=text("state in ('running', 'removing')")),
        Index("ix_import_study", "study_id", "state"),
        CheckConstraint("state in ('running', 'done', 'removing', 'removed')", name="ck_import_state"),
    )  # fmt: skip

    id: int | None = key()
    study_id: int = ref("study.id")
    files: list[dict[str, Any]] = Field(sa_type=JSON)
    """`{name, sha256, bytes}` of every file."""
    mapping: dict[str, Any] = Field(sa_type=JSON)
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: str = Field(max_length=12)
    owner: str = Field(default="", max_length=64)
    """The process that writes it; `heartbeat_at` tells whether it lives."""
    heartbeat_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Assignment(Record, table=True):
    """One rater's place on one subject. `draft` is the only field of the house that is overwritten."""

    __table_args__ = (
        UniqueConstraint("rater_id", "subject_id", "repetition"),
        Index("ix_assignment_rater_state", "rater_id", "repetition", "state", "subject_id"),
        Index("ix_assignment_study_state", "study_id", "state", "subject_id"),
        Index("ix_assignment_subject", "subject_id"),
        CheckConstraint("state in ('to do', 'draft', 'submitted', 'skipped', 'flagged')", name="ck_assignment_state"),
    )

    id: int | None = key()
    study_id: int = ref("study.id")
    draw_id: int | None = ref("draw.id", nullable=True)
    subject_id: int = ref("subject.id")
    rater_id: int = ref("rater.id")
    repetition: int = 0
    state: str = Field(max_length=12)
    reason: str = ""
    """Why it was skipped or flagged."""
    reserved_until: datetime | None = Field(default=None, sa_type=UtcTime)
    draft: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    draft_number: int = 0
    """Rises with every saved draft, so that a late write cannot undo a newer one."""
    order_shown: str | None = Field(default=None, max_length=2)
    first_shown_at: datetime | None = Field(default=None, sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)


class Submission(Record, table=True):
    """One press by one rater on one subject; yields one rating per criterion. Append-only."""

    __table_args__ = (
        UniqueConstraint("nonce"),
        UniqueConstraint("supersedes_id"),
        Index("ix_submission_rater", "rater_id", "id"),
        Index("ix_submission_subject", "subject_id"),
        CheckConstraint("phase in ('blind', 'exposed', 'revised')", name="ck_submission_phase"),
        CheckConstraint("act in ('grade', 'undo', 'keep', 'revise')", name="ck_submission_act"),
    )

    id: int | None = key()
    study_id: int = ref("study.id")
    rater_id: int = ref("rater.id")
    subject_id: int = ref("subject.id")
    assignment_id: int | None = ref("assignment.id", nullable=True)
    nonce: str = Field(max_length=64)
    """Unique: a doubled press, or a retry, falls on it."""
    act: str = Field(default="grade", max_length=8)
    phase: str = Field(max_length=8)
    order_shown: str | None = Field(default=None, max_length=2)
    shown_at: datetime | None = Field(default=None, sa_type=UtcTime)
    seconds: float | None = None
    """Active time on the subject, as the browser measured it."""
    comment: str = ""
    confidence: float | None = None
    rubric_id: int | None = ref("rubric.id", nullable=True)
    guideline_id: int | None = ref("guideline.id", nullable=True)
    supersedes_id: int | None = ref("submission.id", nullable=True)
    created_at: datetime = Field(sa_type=UtcTime)


class Rating(Record, table=True):
    """Subject x criterion x rater: an option key *or* a number, or none with an absence. Append-only.

    A row supersedes only within its phase: a revised answer leaves the blind one standing.
    """

    __table_args__ = (
        CheckConstraint(
            "(case when option is not null then 1 else 0 end) + (case when number is not null then 1 else 0 end)"
            " + (case when absence is not null then 1 else 0 end) = 1",
            name="ck_rating_one_value",
        ),
        CheckConstraint(
            "(case when submission_id is not null then 1 else 0 end)"
            " + (case when call_id is not null then 1 else 0 end)"
            " + (case when import_id is not null then 1 else 0 end) = 1",
            name="ck_rating_one_origin",
        ),
        CheckConstraint("phase in ('blind', 'exposed', 'revised')", name="ck_rating_phase"),
        CheckConstraint("order_shown is null or order_shown in ('AB', 'BA')", name="ck_rating_order"),
        Index("ix_rating_unit", "subject_id", "criterion_id", "rater_id"),
        Index("ix_rating_criterion", "criterion_id", "id"),
        Index("ix_rating_study", "study_id", "id"),
        Index("ix_rating_rater", "rater_id", "import_id"),
        Index("ix_rating_transaction", "study_id", "transaction_id",
              postgresql_where=text("transaction_id is not null"),
              sqlite_where=text("transaction_id is not null")),
        Index("ix_rating_supersedes", "supersedes_id", unique=True, sqlite_where=text("supersedes_id is not null"),
              postgresql_where=text("supersedes_id is not null")),
        *(
            Index(f"ix_rating_{origin}", f"{origin}_id", sqlite_where=text(f"{origin}_id is not null"),
                  postgresql_where=text(f"{origin}_id is not null"))
            for origin in ("submission", "call", "import")
        ),
    )  # fmt: skip

    id: int | None = key()
    study_id: int = Field(sa_column=Column(KEY, nullable=False))
    subject_id: int = ref("subject.id")
    criterion_id: int = ref("criterion.id")
    rater_id: int = ref("rater.id")
    option: str | None = Field(default=None, max_length=64)
    number: float | None = None
    absence: str | None = Field(default=None, max_length=12)
    probabilities: dict[str, float] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    confidence: float | None = None
    rationale: str = ""
    phase: str = Field(max_length=8)
    order_shown: str | None = Field(default=None, max_length=2)
    repetition: int = 0
    supersedes_id: int | None = ref("rating.id", nullable=True)
    submission_id: int | None = ref("submission.id", nullable=True)
    call_id: int | None = ref("call.id", nullable=True)
    import_id: int | None = ref("import.id", nullable=True)
    transaction_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    """Postgres only, filled by the database: ids become visible out of order there, transactions can be told apart."""
    created_at: datetime = Field(sa_type=UtcTime)


class Exposure(Record, table=True):
    """The first time a rater was shown others' ratings, verdicts or gold of a subject, on any page. Append-only.

    Without a subject it covers every subject that the study had by then (somebody took an export).
    """

    __table_args__ = (
        UniqueConstraint("rater_id", "subject_id"),
        Index("ix_exposure_subject", "subject_id"),
    )

    id: int | None = key()
    study_id: int = ref("study.id")
    rater_id: int = ref("rater.id")
    subject_id: int | None = ref("subject.id", nullable=True)
    up_to_subject_id: int | None = None
    """With no subject: the last subject there was."""
    shown_on: str = Field(max_length=20)
    """The page: grade, agreement, export, ..."""
    created_at: datetime = Field(sa_type=UtcTime)
