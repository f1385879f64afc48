"""Judge runs: what they ask, how far they are, every attempt at a call, the workers; a key for the fences of prompts."""

from secrets import token_hex

import sqlalchemy as sa
from alembic import op

from core.models.base import KEY, UtcTime

revision = "0003"
down_revision = "0002"

_ACTIVE = sa.text("state in ('queued', 'running', 'paused')")


def upgrade() -> None:
    _add_fence_keys()
    op.add_column("judge", sa.Column("note", sa.String(), nullable=False, server_default=""))
    _rebuild_run()
    _rebuild_call()
    op.create_table(
        "call_attempt",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("call_id", KEY, sa.ForeignKey("call.id"), nullable=False),
        sa.Column("run_id", KEY, sa.ForeignKey("run.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("tokens_in", sa.Integer()),
        sa.Column("tokens_out", sa.Integer()),
        sa.Column("cost", sa.Float()),
        sa.Column("latency", sa.Float()),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.UniqueConstraint("call_id", "number"),
    )
    op.create_index("ix_call_attempt_run", "call_attempt", ["run_id"])
    op.create_table(
        "worker",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("heartbeat_at", UtcTime(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
    )


def _add_fence_keys() -> None:
    op.add_column("study", sa.Column("fence_key", sa.String(32), nullable=False, server_default=""))
    connection = op.get_bind()
    for (study_id,) in connection.execute(sa.text("select id from study")).all():
        key = {"key": token_hex(16), "id": study_id}
        connection.execute(sa.text("update study set fence_key = :key where id = :id"), key)


def _rebuild_run() -> None:
    with op.batch_alter_table("run") as table:
        table.add_column(sa.Column("retry_of_id", KEY, nullable=True))
        table.create_foreign_key("fk_run_retry_of", "run", ["retry_of_id"], ["id"])
        table.add_column(sa.Column("purpose", sa.String(8), nullable=False, server_default="run"))
        table.add_column(sa.Column("selection", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("settings", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("position", KEY, nullable=False, server_default="0"))
        table.add_column(sa.Column("started_at", UtcTime(), nullable=True))
        table.create_check_constraint("ck_run_purpose", "purpose in ('run', 'trial', 'probe')")
    op.create_index(
        "ix_run_one_active", "run", ["judge_id", "purpose"], unique=True,
        sqlite_where=_ACTIVE, postgresql_where=_ACTIVE,
    )  # fmt: skip


def _rebuild_call() -> None:
    with op.batch_alter_table("call") as table:
        table.add_column(sa.Column("kind", sa.String(8), nullable=False, server_default="verdict"))
        table.add_column(sa.Column("variation", sa.String(80), nullable=False, server_default=""))
        table.add_column(sa.Column("asked", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("reply_parts", sa.JSON(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("copied_from_id", KEY, nullable=True))
        table.create_foreign_key("fk_call_copied_from", "call", ["copied_from_id"], ["id"])
        table.add_column(sa.Column("cause", sa.String(40), nullable=False, server_default=""))
        table.create_check_constraint("ck_call_kind", "kind in ('verdict', 'answer', 'probe')")
    op.create_index("ix_call_request", "call", ["request_hash", "repetition"])
