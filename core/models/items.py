"""What is judged: items, references, systems, outputs, subjects, and how subjects were drawn."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from core.models.base import KEY, Record, UtcTime, key, ref


class Split(StrEnum):
    """Which part of the work an item belongs to."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


class Design(StrEnum):
    """How subjects were chosen: decides which estimates are allowed."""

    ALL = "all"
    RANDOM = "random"
    STRATIFIED = "stratified"
    HUNT = "hunt"
    BY_HAND = "by hand"
    UNKNOWN = "unknown"


class Item(Record, table=True):
    """One input. Its content never changes: a correction is a new row naming the one it replaces."""

    __table_args__ = (
        UniqueConstraint("study_id", "external_id"),
        Index("ix_item_replaces", "replaces_id", sqlite_where=text("replaces_id is not null"),
              postgresql_where=text("replaces_id is not null")),
        CheckConstraint("split is null or split in ('train', 'dev', 'test')", name="ck_item_split"),
    )  # fmt: skip

    id: int | None = key()
    study_id: int = ref("study.id")
    external_id: str = Field(max_length=400)
    messages: list[dict[str, Any]] = Field(sa_type=JSON)
    """`{role, content}` in order; a prompt is one message."""
    context: str | None = None
    slices: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Metadata that names the slices the item belongs to."""
    cluster: str | None = None
    """Items that hang together share it; None: the item stands alone."""
    split: str | None = Field(default=None, max_length=8)
    replaces_id: int | None = ref("item.id", nullable=True)
    import_id: int | None = ref("import.id", nullable=True, index=True)
    created_at: datetime = Field(sa_type=UtcTime)


class Reference(Record, table=True):
    """An expected answer of an item."""

    __table_args__ = (
        CheckConstraint("kind in ('answer', 'falsified')", name="ck_reference_kind"),
        CheckConstraint("status in ('unverified', 'verified')", name="ck_reference_status"),
    )

    id: int | None = key()
    item_id: int = ref("item.id", index=True)
    text: str
    kind: str = Field(default="answer", max_length=12)
    status: str = Field(default="unverified", max_length=12)
    created_by: str = ""
    import_id: int | None = ref("import.id", nullable=True, index=True)
    created_at: datetime = Field(sa_type=UtcTime)


class System(Record, table=True):
    """What made outputs: a model, a prompt, a pipeline."""

    __table_args__ = (UniqueConstraint("study_id", "name"),)

    id: int | None = key()
    study_id: int = ref("study.id")
    name: str = Field(max_length=200)
    family: str = Field(default="", max_length=100)
    """Model family; a judge of the same family is warned about."""
    import_id: int | None = ref("import.id", nullable=True, index=True)
    created_at: datetime = Field(sa_type=UtcTime)


class Output(Record, table=True):
    """One system's answer to an item."""

    __table_args__ = (UniqueConstraint("item_id", "system_id", "sample"),)

    id: int | None = key()
    item_id: int = ref("item.id")
    system_id: int = ref("system.id", index=True)
    sample: int = 0
    messages: list[dict[str, Any]] = Field(sa_type=JSON)
    import_id: int | None = ref("import.id", nullable=True, index=True)
    created_at: datetime = Field(sa_type=UtcTime)


class Subject(Record, table=True):
    """What is judged: an item, an output, or a pair of outputs of one item.

    A pair's order is the order in which it was first named; `key` is the same for both orders, so a pair stands once.
    """

    __table_args__ = (
        UniqueConstraint("study_id", "key"),
        Index("ix_subject_study_kind", "study_id", "kind", "id"),
        CheckConstraint(
            "(kind = 'item' and output_a_id is null and output_b_id is null)"
            " or (kind = 'output' and output_a_id is not null and output_b_id is null)"
            " or (kind = 'pair' and output_a_id is not null and output_b_id is not null"
            " and output_a_id <> output_b_id)",
            name="ck_subject_kind",
        ),
    )

    id: int | None = key()
    study_id: int = ref("study.id")
    item_id: int = ref("item.id", index=True)
    kind: str = Field(max_length=8)
    output_a_id: int | None = ref("output.id", nullable=True, index=True)
    output_b_id: int | None = ref("output.id", nullable=True, index=True)
    key: str = Field(max_length=1200)
    import_id: int | None = ref("import.id", nullable=True, index=True)
    created_at: datetime = Field(sa_type=UtcTime)


class Draw(Record, table=True):
    """How subjects were chosen, and from what."""

    __table_args__ = (
        CheckConstraint(
            "design in ('all', 'random', 'stratified', 'hunt', 'by hand', 'unknown')", name="ck_draw_design"
        ),
    )

    id: int | None = key()
    study_id: int = ref("study.id", index=True)
    design: str = Field(max_length=12)
    kind: str = Field(max_length=8)
    """Kind of the drawn subjects: item, output or pair."""
    seed: int | None = None
    population: int | None = None
    """How many subjects there were to choose from; None: not known."""
    strata: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    note: str = ""
    import_id: int | None = ref("import.id", nullable=True, index=True)
    created_at: datetime = Field(sa_type=UtcTime)
    created_by: str = ""


class DrawnSubject(Record, table=True):
    """One subject of a draw, with the probability it had; None where the design does not tell it."""

    __tablename__ = "drawn_subject"

    draw_id: int = Field(foreign_key="draw.id", primary_key=True, sa_type=KEY)
    subject_id: int = Field(foreign_key="subject.id", primary_key=True, index=True, sa_type=KEY)
    stratum: str = Field(default="", max_length=200)
    probability: float | None = None
    rank: int
