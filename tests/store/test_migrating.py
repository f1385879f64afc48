"""Migrations against models, versions refused, copies before migrations."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from core.errors import WrongDatabase
from core.models import metadata
from core.store.database import Database, open_database
from core.store.migrating import current_version, migrate, newest_version, require_newest
from tests.builders import build_study


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_empty_database_is_migrated_without_a_copy(tmp_path: Path, clock) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    assert current_version(database) is None
    assert migrate(database, backup_dir=tmp_path / "backups", clock=clock) is None
    assert current_version(database) == newest_version()
    require_newest(database)


NEXT = """
from alembic import op
revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    op.execute("create table added (word text)")
    {then}
"""


def _next_version(folder: Path, then: str = "pass") -> Path:
    folder.mkdir()
    (folder / "next.py").write_text(NEXT.format(before=newest_version(), then=then))
    return folder


def test_an_older_database_is_copied_before_it_is_migrated(sqlite_database: Database, tmp_path: Path, clock) -> None:
    build_study(sqlite_database, name="Precious")
    copy = migrate(
        sqlite_database, backup_dir=tmp_path / "backups", clock=clock, further=_next_version(tmp_path / "next")
    )
    assert copy is not None
    assert copy.name == "touchstone-20260302-090000-before-9999.db"
    assert current_version(sqlite_database) == "9999"
    before = open_database(f"sqlite:///{copy}")
    assert current_version(before) == newest_version()
    with before.reading() as session:
        assert session.execute(text("select name from study")).scalar_one() == "Precious"
    before.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(sqlite_database: Database, tmp_path: Path, clock) -> None:
    further = _next_version(tmp_path / "next", 'op.execute("insert into nowhere values (1)")')
    with pytest.raises(WrongDatabase, match="no such table: nowhere"):
        migrate(sqlite_database, backup_dir=tmp_path / "backups", clock=clock, further=further)
    require_newest(sqlite_database)
    with sqlite_database.reading() as session:
        assert session.execute(text("select count(*) from sqlite_master where name = 'added'")).scalar_one() == 0


def test_a_database_of_a_newer_program_is_refused_and_left_alone(
    sqlite_database: Database, tmp_path: Path, clock
) -> None:
    migrate(sqlite_database, backup_dir=tmp_path / "backups", clock=clock, further=_next_version(tmp_path / "next"))
    with pytest.raises(WrongDatabase, match="newer than this program"):
        migrate(sqlite_database, backup_dir=tmp_path / "more", clock=clock)
    with pytest.raises(WrongDatabase, match="newer than this program"):
        require_newest(sqlite_database)
    assert not (tmp_path / "more").exists()


def test_foreign_tables_are_refused_and_left_alone(tmp_path: Path, clock) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    with database.writing() as session:
        session.execute(text("create table invoices (id integer)"))
    with pytest.raises(WrongDatabase, match="not Touchstone's"):
        migrate(database, backup_dir=tmp_path, clock=clock)
    with database.reading() as session:
        assert session.execute(text("select count(*) from sqlite_master")).scalar_one() == 1


def test_a_file_that_is_no_database_is_refused(tmp_path: Path, clock) -> None:
    file = tmp_path / "junk.db"
    file.write_bytes(b"this is not a database, it only looks long enough" * 100)
    with pytest.raises(WrongDatabase):
        migrate(open_database(f"sqlite:///{file}"), backup_dir=tmp_path, clock=clock)
