"""Studies that are simulated as a whole; the database itself keeps simulated raters and real ones apart."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_APART = "simulated raters and real ones never share a study"
_FOR_GOOD = "a study is simulated, or not, for good"

_SQLITE = (
    "create trigger rater_apart_{act} before {event} on rater"  # noqa: S608 - our own words
    " when (NEW.kind = 'simulated') <> (select simulated from study where id = NEW.study_id)"
    f" begin select raise(abort, '{_APART}'); end"
)
_POSTGRES = f"""
create function touchstone_rater_apart() returns trigger language plpgsql as $$
begin
    if (NEW.kind = 'simulated') <> (select simulated from study where id = NEW.study_id) then
        raise exception '{_APART}' using errcode = 'check_violation';
    end if;
    return NEW;
end $$;
create function touchstone_simulated_for_good() returns trigger language plpgsql as $$
begin
    raise exception '{_FOR_GOOD}' using errcode = 'check_violation';
end $$;
create trigger rater_apart before insert or update of kind, study_id on rater
    for each row execute function touchstone_rater_apart();
create trigger study_simulated_for_good before update of simulated on study
    for each row when (OLD.simulated <> NEW.simulated) execute function touchstone_simulated_for_good()"""  # noqa: S608 - our own words


def upgrade() -> None:
    op.add_column("study", sa.Column("simulated", sa.Boolean(), nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE.format(act="insert", event="insert"))
        op.execute(_SQLITE.format(act="update", event="update of kind, study_id"))
        op.execute(
            "create trigger study_simulated_for_good before update of simulated on study"
            f" when OLD.simulated <> NEW.simulated begin select raise(abort, '{_FOR_GOOD}'); end"
        )
    else:
        for statement in _POSTGRES.split(";\ncreate "):
            op.execute(statement if statement.lstrip().startswith("create") else f"create {statement}")
