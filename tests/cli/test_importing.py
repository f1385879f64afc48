"""`touchstone import` in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

from core.settings import ROOT
from core.store.database import Database
from tests.importing.imports import LONG, csv_file, long_row

ROWS = [long_row("q1", "ann", 4), long_row("q1", "bob", 2), long_row("q2", "ann", 5)]


def touchstone_import(database: Database, *arguments: str) -> "subprocess.CompletedProcess[str]":
    url = database.url.render_as_string(hide_password=False)
    environment = os.environ | {"TOUCHSTONE_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "core.cli", "import", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_is_checked_then_imported_then_there_already(sqlite_database: Database, tmp_path: Path) -> None:
    file, said = csv_file(tmp_path / "r.csv", ROWS), tmp_path / "m.toml"
    said.write_text(LONG)
    arguments = [str(file.path), "--mapping", str(said)]
    checked = touchstone_import(sqlite_database, *arguments, "--check")
    assert checked.returncode == 0, checked.stderr
    assert "Everything can be imported; nothing was written." in checked.stdout
    done = touchstone_import(sqlite_database, *arguments, "--new", "Study")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["ratings", "3", "3", "0", "0"] in lines
    assert ["raters", "(person)", "2"] in lines
    again = touchstone_import(sqlite_database, *arguments, "--study", "Study", "--json")
    plain = json.loads(again.stdout)
    assert plain["imported"] == {"study_id": 1, "import_id": None}
    assert plain["ratings"] == {"total": 3, "new": 0, "known": 3, "changed": 0}


def test_problems_are_told_by_line_and_end_with_code_2(sqlite_database: Database, tmp_path: Path) -> None:
    rows = [*ROWS, long_row("", "ann", 1), long_row("q3", "ann", "good")]
    file, said = csv_file(tmp_path / "r.csv", rows), tmp_path / "m.toml"
    said.write_text(LONG)
    done = touchstone_import(sqlite_database, str(file.path), "--mapping", str(said), "--new", "Study")
    assert done.returncode == 2
    assert "problem: r.csv, line 5: found no item id; expected 1 to 400 characters." in done.stderr
    assert 'line 6, column "ratings[0]": found the value "good" (1 times)' in done.stderr
    assert 'value "good" in r.csv: 1 times, stop (not mapped)' in done.stdout
    assert "Nothing was written: 2 problem(s)." in done.stdout


def test_a_wrong_mapping_is_one_line_and_code_2(sqlite_database: Database, tmp_path: Path) -> None:
    file, said = csv_file(tmp_path / "r.csv", ROWS), tmp_path / "m.toml"
    said.write_text(LONG + 'colour = "red"\n')
    done = touchstone_import(sqlite_database, str(file.path), "--mapping", str(said), "--new", "Study")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'touchstone: m.toml, ratings[0].colour: found "red"; expected no such entry.\n'


def test_a_file_that_is_not_there_is_one_line_and_code_2(sqlite_database: Database, tmp_path: Path) -> None:
    said = tmp_path / "m.toml"
    said.write_text(LONG)
    done = touchstone_import(sqlite_database, str(tmp_path / "none.csv"), "--mapping", str(said), "--new", "Study")
    assert done.returncode == 2
    assert done.stderr == "touchstone: none.csv: found no such file; expected an existing file.\n"
