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


def test_an_older_database_is_copied_before_it_is_migrated(tmp_path: Path, clock) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.writing() as session:
        session.execute(text("create table alembic_version (version_num varchar(32) not null)"))
        session.execute(text("insert into alembic_version values ('0000')"))
        session.execute(text("create table precious (word text)"))
        session.execute(text("insert into precious values ('kept')"))
    with pytest.raises(WrongDatabase, match="newer than this program"):
        migrate(database, backup_dir=tmp_path / "backups", clock=clock)


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
