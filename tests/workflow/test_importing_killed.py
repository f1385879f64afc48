"""A process that is killed while it writes an import: the next start finds the study as it was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from core.settings import ROOT
from core.store.database import Database
from core.workflow.importing import clear_dead_imports, run_import
from core.workflow.studies import find_study
from core.workflow.workspace import Visitor, Workspace
from tests.importing.imports import LONG, csv_file, long_row, mapping

_IMPORT = """
import sys
from pathlib import Path
from core.store.database import open_database
from core.workflow.importing import input_files, read_mapping, run_import
from core.workflow.workspace import Visitor, Workspace

url, file, study, said = sys.argv[1:]
workspace = Workspace(open_database(url))
run_import(workspace, Visitor("Ann"), input_files([Path(file)]), read_mapping(said), study=int(study))
"""


def _ratings_of_the_import(database: Database) -> int:
    with database.reading() as session:
        found: int = session.execute(text("select count(*) from rating where import_id > 1")).scalar_one()
        return found


def _kill_while_writing(database: Database, url: str, file: Path, study: int, *, at: int) -> None:
    command = [sys.executable, "-c", _IMPORT, url, str(file), str(study), LONG]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        deadline = time.monotonic() + 60
        while _ratings_of_the_import(database) < at:
            assert process.poll() is None, "the import ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _killed_and_cleared(workspace: Workspace, url: str, tmp_path: Path, *, at: int, n_rows: int) -> None:
    first = csv_file(tmp_path / "first.csv", [long_row("q1", "ann", 4)])
    study = run_import(workspace, Visitor("Ann"), [first], mapping(), new_name="Study").study_id
    file = csv_file(tmp_path / "more.csv", [long_row(f"n{n // 20}", f"r{n % 20}", 3) for n in range(n_rows)])
    _kill_while_writing(workspace.database, url, file.path, study, at=at)
    assert _ratings_of_the_import(workspace.database) >= at
    assert find_study(workspace, study).n_ratings == 1
    assert clear_dead_imports(workspace) == 1
    assert _ratings_of_the_import(workspace.database) == 0
    summary = find_study(workspace, study)
    assert (summary.n_items, summary.n_ratings) == (1, 1)
    with workspace.database.reading() as session:
        assert session.execute(text("select count(*) from item")).scalar_one() == 1
        assert session.execute(text("select count(*) from rater")).scalar_one() == 1
        states = [state for (state,) in session.execute(text("select state from import order by id"))]
    assert states == ["done", "removed"]
    again = run_import(workspace, Visitor("Ann"), [file], mapping(), study=study)
    assert again.checked.ratings.new == n_rows


def test_a_killed_import_is_removed_at_the_next_start(workspace: Workspace, tmp_path: Path) -> None:
    url = workspace.database.url.render_as_string(hide_password=False)
    _killed_and_cleared(workspace, url, tmp_path, at=5_000, n_rows=25_000)


@pytest.mark.soak
@pytest.mark.parametrize("at", [1, 5_000, 15_000, 35_000, 50_000])
def test_an_import_killed_at_any_moment_is_removed_at_the_next_start(
    any_workspace: Workspace, tmp_path: Path, at: int
) -> None:
    url = any_workspace.database.url.render_as_string(hide_password=False)
    _killed_and_cleared(any_workspace, url, tmp_path, at=at, n_rows=60_000)
