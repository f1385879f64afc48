"""What an export holds, what it leaves out, and what it records."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from sqlmodel import col, select

from core.errors import BadInput, Cancelled, Conflict, NotFound
from core.models.ratings import Exposure
from core.scales import pass_fail, preference
from core.workflow.exporting import ExportRequest, choices, column_guide, plan_export, start_export, write_export
from core.workflow.workspace import Visitor, Workspace
from tests.builders import Built, add_rater, add_rating, build_study


def _rows(workspace: Workspace, request: ExportRequest) -> list[dict[str, str]]:
    content = b"".join(plan_export(workspace, request).pieces()).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(content, newline="")))


@pytest.fixture
def built(any_workspace: Workspace) -> Built:
    criteria = {"acceptable": ("output", pass_fail()), "better": ("pair", preference())}
    built = build_study(any_workspace.database, criteria=criteria)
    with any_workspace.database.writing() as session:
        first = add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass", rationale="fine")
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "fail", supersedes=first, rationale="=1+1")
        add_rating(session, built, "q1/alder", "acceptable", "Bruno", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Bruno", "fail", phase="revised")
        add_rating(session, built, "q1/alder|birch", "better", "Fir", "A", kind="judge", order="AB")
        add_rating(session, built, "q1/alder|birch", "better", "Fir", "B", kind="judge", order="BA")
        add_rating(session, built, "q2/alder", "acceptable", "Fir", None, kind="judge", absence="unreadable")
    return built


def test_a_long_export_has_one_row_for_every_rating_in_force(any_workspace: Workspace, built: Built) -> None:
    rows = _rows(any_workspace, ExportRequest(study=str(built.study)))
    told = {
        (row["rater"], row["subject"], row["phase"], row["order_shown"], row["value"], row["absence"]) for row in rows
    }
    assert told == {
        ("Ana", "q1/alder", "blind", "", "fail", ""),
        ("Bruno", "q1/alder", "blind", "", "pass", ""),
        ("Bruno", "q1/alder", "revised", "", "fail", ""),
        ("Fir", "q1/alder|birch", "blind", "AB", "A", ""),
        ("Fir", "q1/alder|birch", "blind", "BA", "B", ""),
        ("Fir", "q2/alder", "blind", "", "", "unreadable"),
    }
    assert len(rows) == 6


def test_the_history_has_the_superseded_row_too(any_workspace: Workspace, built: Built) -> None:
    rows = _rows(any_workspace, ExportRequest(study=str(built.study), history=True))
    assert len(rows) == 7
    changed = next(row for row in rows if row["supersedes"])
    assert changed["value"] == "fail"
    assert changed["supersedes"] in {row["rating_id"] for row in rows}


def test_texts_go_along_unless_left_out(any_workspace: Workspace, built: Built) -> None:
    full = _rows(any_workspace, ExportRequest(study=str(built.study)))[0]
    assert json.loads(full["input"]) == [{"role": "user", "content": "Question q1"}]
    assert json.loads(full["output_a"])[0]["content"].startswith("Answer to q1")
    assert "input" not in _rows(any_workspace, ExportRequest(study=str(built.study), texts=False))[0]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"criteria": ("better",)}, 2),
        ({"raters": ("Ana",)}, 1),
        ({"kinds": ("judge",)}, 3),
        ({"phases": ("revised",)}, 1),
        ({"splits": ("test",)}, 0),
        ({"raters": ("Bruno",), "phases": ("blind",)}, 1),
    ],
)
def test_filters_leave_only_what_was_chosen(
    any_workspace: Workspace, built: Built, chosen: dict[str, tuple[str, ...]], expected: int
) -> None:
    request = ExportRequest(study=str(built.study), **chosen)  # type: ignore[arg-type] # tuples of words only
    assert plan_export(any_workspace, request).rows == expected
    assert len(_rows(any_workspace, request)) == expected


def test_a_wide_export_has_one_column_per_rater_and_the_rating_in_force(any_workspace: Workspace, built: Built) -> None:
    rows = _rows(any_workspace, ExportRequest(study=str(built.study), shape="wide", texts=False))
    by_unit = {(row["subject"], row["criterion"]): row for row in rows}
    assert by_unit["q1/alder", "acceptable"]["person:Ana"] == "fail"
    assert by_unit["q1/alder", "acceptable"]["person:Bruno"] == "pass"
    assert by_unit["q1/alder|birch", "better"]["judge:Fir"] == "tie"  # A in one order, B in the other
    assert by_unit["q2/alder", "acceptable"]["judge:Fir"] == "[unreadable]"
    assert by_unit["q2/alder", "acceptable"]["person:Ana"] == ""
    assert len(rows) == 3


def test_a_wide_export_refuses_what_only_the_long_one_can_hold(any_workspace: Workspace, built: Built) -> None:
    with pytest.raises(BadInput, match="long shape"):
        plan_export(any_workspace, ExportRequest(study=str(built.study), shape="wide", history=True))


@pytest.mark.parametrize(
    "wrong",
    [{"criteria": ("nothing",)}, {"raters": ("An",)}, {"kinds": ("robot",)}, {"format": "xls"}, {"splits": ("x",)}],
)
def test_an_unknown_word_names_the_known_ones(
    any_workspace: Workspace, built: Built, wrong: dict[str, tuple[str, ...]]
) -> None:
    with pytest.raises(BadInput, match="expected"):
        plan_export(any_workspace, ExportRequest(study=str(built.study), **wrong))  # type: ignore[arg-type] # wrong on purpose


def test_an_unknown_study_is_named(any_workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        plan_export(any_workspace, ExportRequest(study="nowhere"))


def test_ratings_given_after_the_export_began_are_not_in_it(any_workspace: Workspace, built: Built) -> None:
    export = plan_export(any_workspace, ExportRequest(study=str(built.study)))
    with any_workspace.database.writing() as session:
        add_rating(session, built, "q3/alder", "acceptable", "Ana", "pass")
    content = b"".join(export.pieces()).decode("utf-8-sig")
    assert len(list(csv.DictReader(StringIO(content, newline="")))) == export.rows == 6


def test_whoever_takes_an_export_is_exposed_to_every_subject_there_is(any_workspace: Workspace, built: Built) -> None:
    for _ in range(2):
        start_export(any_workspace, Visitor("Ana"), ExportRequest(study=str(built.study)))
    start_export(any_workspace, Visitor("Somebody new"), ExportRequest(study=str(built.study)))
    start_export(any_workspace, Visitor(), ExportRequest(study=str(built.study)))
    with any_workspace.database.writing() as session:
        rows = session.exec(select(Exposure).order_by(col(Exposure.id))).all()
        assert [(row.rater_id, row.subject_id, row.up_to_subject_id) for row in rows] == [
            (add_rater(session, built.study, "Ana"), None, max(built.subjects.values())),
            (add_rater(session, built.study, "Somebody new"), None, max(built.subjects.values())),
        ]


def test_a_file_appears_only_when_it_is_whole(any_workspace: Workspace, built: Built, tmp_path: Path) -> None:
    target = tmp_path / "ratings.csv"
    request = ExportRequest(study=str(built.study))
    with pytest.raises(Cancelled):
        write_export(any_workspace, Visitor(), request, target, cancelled=lambda: True)
    assert list(tmp_path.glob("ratings*")) == []
    seen: list[tuple[int, int]] = []
    write_export(any_workspace, Visitor(), request, target, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (6, 6)
    with pytest.raises(Conflict, match="exists"):
        write_export(any_workspace, Visitor(), request, target)


def test_the_guide_explains_every_column_and_shows_no_rating(any_workspace: Workspace, built: Built) -> None:
    long = column_guide(plan_export(any_workspace, ExportRequest(study=str(built.study))))
    wide = column_guide(plan_export(any_workspace, ExportRequest(study=str(built.study), shape="wide")))
    assert dict(long)["value"].startswith("Key of the option")
    assert dict(wide)["person:Ana"] == "The rating in force of this rater."
    assert all(meaning for _, meaning in [*long, *wide])


def test_choices_list_what_the_study_has(any_workspace: Workspace, built: Built) -> None:
    found = choices(any_workspace, str(built.study))
    assert found.criteria == ("acceptable", "better")
    assert found.raters == ("Ana", "Bruno", "Fir")
    assert found.kinds == ("person", "judge")
