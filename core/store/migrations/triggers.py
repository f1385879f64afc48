"""Triggers that hold the append-only rule on both databases, as of migration 0001."""

from alembic import op

_FROM_IMPORTS = ("rating", "item", "reference", "output", "subject", "criterion", "draw")
"""Never changed; deleted only while the unfinished import that brought them is being removed."""
_FOREVER = ("submission", "exposure", "guideline", "study_settings", "scale")
"""Never changed, never deleted."""

_PG_FUNCTIONS = """
create function touchstone_forever() returns trigger language plpgsql as $$
begin
    raise exception 'append-only: rows of % are never changed or deleted', TG_TABLE_NAME;
end $$;
create function touchstone_from_import() returns trigger language plpgsql as $$
begin
    if TG_OP = 'DELETE' and exists (select 1 from import where id = OLD.import_id and state = 'removing') then
        return OLD;
    end if;
    raise exception 'append-only: rows of % are never changed or deleted', TG_TABLE_NAME;
end $$;
create function touchstone_drawn() returns trigger language plpgsql as $$
begin
    if TG_OP = 'DELETE' and exists (
        select 1 from draw join import on import.id = draw.import_id
        where draw.id = OLD.draw_id and import.state = 'removing'
    ) then
        return OLD;
    end if;
    raise exception 'append-only: rows of % are never changed or deleted', TG_TABLE_NAME;
end $$;
create function touchstone_transaction() returns trigger language plpgsql as $$
begin
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    return NEW;
end $$;
create trigger rating_transaction before insert on rating for each row execute function touchstone_transaction();
create function touchstone_import_done() returns trigger language plpgsql as $$
begin
    if TG_OP = 'DELETE' or OLD.state in ('done', 'removed') then
        raise exception 'append-only: a finished import is never changed';
    end if;
    return NEW;
end $$;
create trigger import_done before update or delete on import for each row execute function touchstone_import_done();
"""


def guard_records() -> None:
    """Create every trigger on the database at hand."""
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgres()


def _guard_sqlite() -> None:
    importing = "exists (select 1 from import where id = OLD.import_id and state = 'removing')"
    drawing = (
        "exists (select 1 from draw join import on import.id = draw.import_id "
        "where draw.id = OLD.draw_id and import.state = 'removing')"
    )
    unless = dict.fromkeys(_FROM_IMPORTS, importing) | {"drawn_subject": drawing} | dict.fromkeys(_FOREVER, "0")
    for table, exception in unless.items():
        refuse = f"select raise(abort, 'append-only: rows of {table} are never changed or deleted')"
        op.execute(f"create trigger {table}_no_update before update on {table} begin {refuse}; end")
        op.execute(
            f"create trigger {table}_no_delete before delete on {table} when not {exception} begin {refuse}; end"
        )
    refuse = "select raise(abort, 'append-only: a finished import is never changed')"
    op.execute(
        f"create trigger import_done before update on import when OLD.state in ('done', 'removed') begin {refuse}; end"
    )
    op.execute(f"create trigger import_no_delete before delete on import begin {refuse}; end")


def _guard_postgres() -> None:
    for statement in _PG_FUNCTIONS.split(";\ncreate "):
        op.execute(statement if statement.lstrip().startswith("create") else f"create {statement}")
    functions = dict.fromkeys(_FROM_IMPORTS, "touchstone_from_import") | {"drawn_subject": "touchstone_drawn"}
    for table, function in (functions | dict.fromkeys(_FOREVER, "touchstone_forever")).items():
        op.execute(
            f"create trigger {table}_append_only before update or delete on {table} "
            f"for each row execute function {function}()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function touchstone_forever()"
        )
