"""A copy of the database, taken while it is in use."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import Conflict, WrongDatabase
from core.store.backing_up import copy_sqlite
from core.store.database import Database, open_database
from tests.builders import build_study


def test_a_copy_taken_while_others_write_is_whole_and_consistent(sqlite_database: Database, tmp_path: Path) -> None:
    build_study(sqlite_database, name="First")
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            build_study(sqlite_database, name=f"Study {number}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [copy_sqlite(sqlite_database, tmp_path / f"copy{number}.db") for number in range(3)]
    finally:
        stop.set()
        writer.join()
    for copy in copies:
        database = open_database(f"sqlite:///{copy}")
        with database.reading() as session:
            assert session.execute(text("pragma integrity_check")).scalar_one() == "ok"
            studies, criteria = session.execute(
                text("select (select count(*) from study), (select count(*) from criterion)")
            ).one()
        assert studies == criteria >= 1  # every study came with its criterion: no half transaction
        database.close()
    assert list(tmp_path.glob("*.part")) == []


def test_an_existing_file_is_never_overwritten(sqlite_database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(Conflict, match="exists"):
        copy_sqlite(sqlite_database, target)
    assert target.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_named(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(WrongDatabase, match="could not be copied"):
        copy_sqlite(sqlite_database, tmp_path / "file" / "copy.db")


@pytest.mark.postgres
def test_postgres_is_left_to_its_own_tool(postgres_database: Database, tmp_path: Path) -> None:
    with pytest.raises(WrongDatabase, match="pg_dump"):
        copy_sqlite(postgres_database, tmp_path / "copy.db")
