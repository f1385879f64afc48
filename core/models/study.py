"""Studies and what they ask: settings, guidelines, scales, criteria, rubrics."""

from datetime import datetime
from enum import StrEnum
from secrets import token_hex
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, false, text
from sqlmodel import Field

from core.models.base import Record, UtcTime, key, ref


class Target(StrEnum):
    """What a criterion is asked about, and what a subject is."""

    ITEM = "item"
    OUTPUT = "output"
    PAIR = "pair"


class RubricStatus(StrEnum):
    """Where a rubric stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"


class Study(Record, table=True):
    """A named body of work."""

    id: int | None = key()
    name: str = Field(max_length=200, unique=True)
    description: str = ""
    illustrative: bool = False
    """Whether its grades and verdicts were written for illustration."""
    simulated: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether all its raters are simulated, for good. The database refuses real ones then, and simulated ones else."""
    closed: bool = False
    seed: int
    """Seeds every shuffle of the study (order of subjects and of sides, per rater)."""
    fence_key: str = Field(
        default_factory=lambda: token_hex(16), max_length=32, sa_column_kwargs={"server_default": ""}
    )
    """Keys the marks that fence items' texts in judges' prompts; nobody who writes such a text knows it."""
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""


class StudySettings(Record, table=True):
    """A version of how the study is graded; the newest one holds."""

    __tablename__ = "study_settings"
    __table_args__ = (UniqueConstraint("study_id", "version"),)

    id: int | None = key()
    study_id: int = ref("study.id")
    version: int
    settings: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""


class Guideline(Record, table=True):
    """A version of the study's instructions (Markdown), for people and judges alike."""

    __table_args__ = (UniqueConstraint("study_id", "version"),)

    id: int | None = key()
    study_id: int = ref("study.id")
    version: int
    text: str
    note: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""


class Scale(Record, table=True):
    """A declared scale (`core.scales.DeclaredScale` as JSON), stored once and shared by criteria."""

    id: int | None = key()
    fingerprint: str = Field(max_length=64, unique=True)
    declared: dict[str, Any] = Field(sa_type=JSON)


class Criterion(Record, table=True):
    """One immutable version of one question.

    `meaning` goes up only when an edit changes what is asked: ratings of different meanings never share a table.
    """

    __table_args__ = (
        UniqueConstraint("study_id", "lineage", "version"),
        Index("ix_criterion_item", "item_id"),
        CheckConstraint("applies_to in ('item', 'output', 'pair')", name="ck_criterion_applies_to"),
        CheckConstraint("version >= 1 and meaning >= 1 and meaning <= version", name="ck_criterion_version"),
    )

    id: int | None = key()
    study_id: int = ref("study.id")
    item_id: int | None = ref("item.id", nullable=True)
    """Set on a checklist question: the item it was written for."""
    lineage: str = Field(max_length=64)
    """Stable key of the question through all its versions, unique in the study."""
    version: int = 1
    meaning: int = 1
    name: str = Field(max_length=200)
    question: str = ""
    guidance: str = ""
    applies_to: str = Field(max_length=8)
    scale_id: int = ref("scale.id")
    note: str = ""
    import_id: int | None = ref("import.id", nullable=True)
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""


class Rubric(Record, table=True):
    """A versioned, ordered set of criterion versions; for the study, or for one item (a checklist)."""

    __table_args__ = (
        Index("ix_rubric_study_version", "study_id", "version", unique=True, sqlite_where=text("item_id is null"),
              postgresql_where=text("item_id is null")),
        Index("ix_rubric_item_version", "item_id", "version", unique=True, sqlite_where=text("item_id is not null"),
              postgresql_where=text("item_id is not null")),
        CheckConstraint("status in ('draft', 'approved', 'retired')", name="ck_rubric_status"),
    )  # fmt: skip

    id: int | None = key()
    study_id: int = ref("study.id")
    item_id: int | None = ref("item.id", nullable=True)
    version: int = 1
    status: str = Field(default=RubricStatus.APPROVED.value, max_length=12)
    note: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""


class RubricEntry(Record, table=True):
    """One criterion version in a rubric, at its place."""

    __tablename__ = "rubric_entry"
    __table_args__ = (UniqueConstraint("rubric_id", "position"), UniqueConstraint("rubric_id", "criterion_id"))

    id: int | None = key()
    rubric_id: int = ref("rubric.id")
    criterion_id: int = ref("criterion.id", index=True)
    position: int
    required: bool = True
    weight: float = 1.0
    critical: bool = False
