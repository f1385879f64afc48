"""What leaves by an export comes back by an import, unchanged."""

import csv
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from core.importing.mapping import read_mapping_file
from core.models.exchange import JUDGE_COLUMNS
from core.settings import ROOT
from core.store.database import open_database
from core.workflow.demo import load_demo
from core.workflow.exporting import ExportRequest, plan_export, write_export
from core.workflow.importing import input_files, run_import
from core.workflow.workspace import Visitor, Workspace
from tests.builders import build_study
from tests.conftest import Clock, make_workspace
from tests.judges import add_judge, add_verdict

# What belongs to the database, not to the rating: ids and, for a person's press, what surrounded it.
# The same holds for the record of a judge and its calls: verdicts brought back have the judge's name and no more.
_OF_THE_DATABASE = {"rating_id", "supersedes", "rubric_version", "guideline_version", "seconds", *JUDGE_COLUMNS}
_KEY = ("subject", "criterion", "criterion_version", "rater", "rater_kind", "phase", "order_shown", "repetition")


@pytest.fixture
def other_workspace(tmp_path: Path, migrated_file: Path, clock: Clock) -> Iterator[Workspace]:
    file = tmp_path / "other.db"
    shutil.copy(migrated_file, file)
    database = open_database(f"sqlite:///{file}")
    yield make_workspace(database, clock)
    database.close()


def _long(workspace: Workspace, study: str) -> dict[tuple[str, ...], dict[str, str]]:
    content = b"".join(plan_export(workspace, ExportRequest(study=study)).pieces()).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(content, newline="")))
    found = {tuple(row[name] for name in _KEY): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_demo_study_survives_export_and_import(
    workspace: Workspace, other_workspace: Workspace, tmp_path: Path, kind: str
) -> None:
    demo = load_demo(workspace)
    file = tmp_path / f"ratings.{kind}"
    export = write_export(workspace, Visitor(), ExportRequest(study=demo.name, format=kind), file)
    mapping = read_mapping_file(ROOT / "data" / "mappings" / "touchstone.toml")
    result = run_import(other_workspace, Visitor(), input_files([file]), mapping, new_name="Back")
    before, after = _long(workspace, demo.name), _long(other_workspace, "Back")
    assert export.rows == len(before) == len(after) > 3_000
    differing = {
        (column, before[key][column], after[key][column])
        for key in before
        for column in before[key]
        if column not in _OF_THE_DATABASE and before[key][column] != after[key][column]
    }
    assert differing == set()
    again = run_import(other_workspace, Visitor(), input_files([file]), mapping, study=result.study_id)
    assert again.import_id is None
    assert _long(other_workspace, "Back") == after


def test_verdicts_of_a_run_come_back_without_their_calls(
    workspace: Workspace, other_workspace: Workspace, tmp_path: Path
) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        judge = add_judge(session, built, "Fir", version=2, confidence="verbal")
        for place, subject in enumerate(built.subjects):
            value = ("pass", "fail", None)[place % 3]
            add_verdict(
                session, built, subject, "acceptable", judge, value, absence=None if value else "unreadable",
                rationale="=Why", confidence=0.5, repetition=place % 2,
            )  # fmt: skip
    file = tmp_path / "ratings.csv"
    write_export(workspace, Visitor(), ExportRequest(study="Study"), file)
    mapping = read_mapping_file(ROOT / "data" / "mappings" / "touchstone.toml")
    run_import(other_workspace, Visitor(), input_files([file]), mapping, new_name="Back")
    before, after = _long(workspace, "Study"), _long(other_workspace, "Back")
    assert before.keys() == after.keys()
    assert all(row["cost"] and row["request_hash"] for row in before.values())
    assert not any(row["cost"] or row["call_id"] or row["judge_model"] for row in after.values())
    same = {name for row in before.values() for name in row} - _OF_THE_DATABASE
    assert [{name: row[name] for name in same} for row in before.values()] == [
        {name: after[key][name] for name in same} for key in before
    ]
