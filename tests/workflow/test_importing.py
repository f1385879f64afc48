"""Imports into a study, on both databases: what comes in, what does not come twice, and that it is all or nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.errors import BadInput, Cancelled, Conflict, WrongDatabase
from core.importing.mapping import Mapping
from core.importing.sources import InputFile
from core.models.ratings import ImportState
from core.store.database import Database
from core.workflow.import_liveness import SILENT
from core.workflow.importing import ImportResult, RefusedImport, check_import, clear_dead_imports, run_import
from core.workflow.studies import create_study, find_study
from core.workflow.templates import Template
from core.workflow.workspace import Visitor, Workspace
from tests.conftest import Clock
from tests.importing.imports import LONG, PAIRS, csv_file, json_file, long_row, mapping, pair_row

ANN = Visitor("Ann")
ROWS = [long_row(item, rater, score) for item, rater, score in [("q1", "ann", 4), ("q1", "bob", 2), ("q2", "ann", 5)]]


def rows_of(database: Database, query: str, **values: Any) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(query), values)]


def count(database: Database, table: str) -> int:
    found: int = rows_of(database, f"select count(*) from {table}")[0][0]
    return found


def everything(database: Database) -> dict[str, int]:
    tables = "item output system reference subject rater criterion rubric rating draw drawn_subject"
    return {table: count(database, table) for table in tables.split()}


def bring(workspace: Workspace, file: InputFile, said: Mapping, study: int | None = None) -> ImportResult:
    return run_import(workspace, ANN, [file], said, study=study, new_name="" if study else "Study")


def values(database: Database) -> list[tuple[Any, ...]]:
    return rows_of(
        database,
        "select s.key, a.name, coalesce(r.option, r.absence), r.order_shown, r.repetition from rating r "
        "join subject s on s.id = r.subject_id join rater a on a.id = r.rater_id order by r.id",
    )


def test_a_long_file_becomes_items_outputs_subjects_raters_and_ratings(
    any_workspace: Workspace, tmp_path: Path
) -> None:
    database = any_workspace.database
    result = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    assert values(database) == [
        ("q1/alder", "ann", "4", None, 0), ("q1/alder", "bob", "2", None, 0), ("q2/alder", "ann", "5", None, 0)
    ]  # fmt: skip
    summary = find_study(any_workspace, "Study")
    assert (summary.n_items, summary.n_outputs, summary.n_subjects, summary.n_ratings) == (2, 2, {"output": 2}, 3)
    assert rows_of(database, "select distinct phase, import_id from rating") == [("blind", result.import_id)]
    assert rows_of(database, "select state, created_by from import") == [(ImportState.DONE.value, "Ann")]


def test_the_criteria_of_an_import_stand_in_a_new_rubric_behind_those_there_were(
    any_workspace: Workspace, tmp_path: Path
) -> None:
    study = create_study(any_workspace, ANN, "Study", template=Template.PAIRWISE)
    bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping(), study.id)
    rubric = "select c.lineage from rubric_entry e join criterion c on c.id = e.criterion_id where e.rubric_id = "
    rubric += "(select max(id) from rubric) order by e.position"
    assert [lineage for (lineage,) in rows_of(any_workspace.database, rubric)] == ["preference", "quality"]


def test_the_same_file_twice_adds_nothing(any_workspace: Workspace, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "r.csv", ROWS)
    first = bring(any_workspace, file, mapping())
    before = everything(any_workspace.database)
    again = bring(any_workspace, file, mapping(), first.study_id)
    assert again.import_id is None
    assert (again.checked.ratings.new, again.checked.ratings.known) == (0, 3)
    assert everything(any_workspace.database) == before
    assert count(any_workspace.database, "import") == 1


def test_a_longer_file_adds_only_what_is_new(any_workspace: Workspace, tmp_path: Path) -> None:
    first = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    longer = [*ROWS, long_row("q2", "bob", 1), long_row("q3", "cat", 3)]
    checked = bring(any_workspace, csv_file(tmp_path / "r2.csv", longer), mapping(), first.study_id).checked
    assert (checked.ratings.new, checked.ratings.known, checked.items.new) == (2, 3, 1)
    assert [row[:3] for row in values(any_workspace.database)][3:] == [
        ("q2/alder", "bob", "1"),
        ("q3/alder", "cat", "3"),
    ]


def test_a_changed_row_is_reported_and_never_overwritten(any_workspace: Workspace, tmp_path: Path) -> None:
    first = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    before = values(any_workspace.database)
    other = csv_file(tmp_path / "r2.csv", [*ROWS[:2], long_row("q2", "ann", 1)])
    checked = bring(any_workspace, other, mapping(), first.study_id).checked
    assert (checked.ratings.new, checked.ratings.known, checked.ratings.changed) == (0, 2, 1)
    assert str(checked.changed[0]) == (
        'r2.csv, line 4: found 1 by "ann" for "q2/alder"; expected 5, as in the study, which stays.'
    )
    assert values(any_workspace.database) == before


def test_other_content_for_an_item_of_the_study_is_reported_and_never_overwritten(
    any_workspace: Workspace, tmp_path: Path
) -> None:
    first = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    other = csv_file(tmp_path / "r2.csv", [long_row("q1", "cat", 3, answer="Something else")])
    checked = bring(any_workspace, other, mapping(), first.study_id).checked
    assert (checked.outputs.changed, checked.ratings.new) == (1, 1)
    assert "other content" in str(checked.changed[0])
    assert len(rows_of(any_workspace.database, "select id from output")) == 2


def test_a_second_row_of_a_rater_for_a_unit_is_a_repetition_in_file_order(
    any_workspace: Workspace, tmp_path: Path
) -> None:
    rows = [long_row("q1", "ann", 4), long_row("q1", "bob", 1), long_row("q1", "ann", 2), long_row("q1", "ann", 4)]
    file = csv_file(tmp_path / "r.csv", rows)
    first = bring(any_workspace, file, mapping())
    assert [(rater, value, n) for _, rater, value, _, n in values(any_workspace.database)] == [
        ("ann", "4", 0), ("bob", "1", 0), ("ann", "2", 1), ("ann", "4", 2)
    ]  # fmt: skip
    assert bring(any_workspace, file, mapping(), first.study_id).checked.ratings.known == 4


def test_a_pair_named_the_other_way_round_is_the_same_pair_and_its_value_names_the_same_output(
    any_workspace: Workspace, tmp_path: Path
) -> None:
    rows = [
        pair_row("q1", "alder", "birch", "ann", "A", "AB"),
        pair_row("q1", "birch", "alder", "bob", "A", "AB"),  # bob prefers birch, and saw birch first
        pair_row("q1", "birch", "alder", "cat", "tie", ""),
    ]
    bring(any_workspace, csv_file(tmp_path / "r.csv", rows), mapping(PAIRS))
    assert values(any_workspace.database) == [
        ("q1/alder|birch", "ann", "A", "AB", 0),
        ("q1/alder|birch", "bob", "B", "BA", 0),
        ("q1/alder|birch", "cat", "tie", None, 0),
    ]


def test_a_pair_follows_the_order_that_the_study_has(any_workspace: Workspace, tmp_path: Path) -> None:
    first = bring(
        any_workspace,
        csv_file(tmp_path / "r.csv", [pair_row("q1", "birch", "alder", "ann", "A", "AB")]),
        mapping(PAIRS),
    )
    turned = csv_file(
        tmp_path / "r2.csv", [pair_row("q1", "alder", "birch", rater, "A", "BA") for rater in ("ann", "bob")]
    )
    checked = bring(any_workspace, turned, mapping(PAIRS), first.study_id).checked
    # The study's A is birch. In the second file ann's A is alder: that is B here, and differs from her row.
    assert (checked.ratings.changed, checked.ratings.new) == (1, 1)
    assert values(any_workspace.database)[1:] == [("q1/alder|birch", "bob", "B", "AB", 0)]


def test_a_judge_asked_in_both_orders_has_no_repetitions_and_a_person_has(
    any_workspace: Workspace, tmp_path: Path
) -> None:
    rows = [pair_row("q1", "alder", "birch", "x", "A", order) for order in ("AB", "BA")]
    file = csv_file(tmp_path / "r.csv", rows)
    judged = mapping(PAIRS, **{'rater = "{rater}"': 'rater = "{rater}"\nkind = "judge"'})
    first = bring(any_workspace, file, judged)
    bring(any_workspace, file, mapping(PAIRS), first.study_id)
    assert [row[3:] for row in values(any_workspace.database)] == [("AB", 0), ("BA", 0), ("AB", 0), ("BA", 1)]


def test_the_draw_says_what_the_mapping_declares(any_workspace: Workspace, tmp_path: Path) -> None:
    said = mapping(LONG + '[chosen]\ndesign = "random"\npopulation = 8\n')
    bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), said)
    assert rows_of(any_workspace.database, "select design, kind, population from draw") == [("random", "output", 8)]
    drawn = rows_of(any_workspace.database, "select probability, rank from drawn_subject order by rank")
    assert drawn == [(0.25, 0), (0.25, 1)]


def test_what_is_not_declared_is_unknown(any_workspace: Workspace, tmp_path: Path) -> None:
    bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    assert rows_of(any_workspace.database, "select design, population from draw") == [("unknown", None)]
    assert rows_of(any_workspace.database, "select distinct probability from drawn_subject") == [(None,)]


@pytest.mark.parametrize(
    ("choice", "kept", "absences"), [("missing", 2, {}), ("unreadable", 2, {"unreadable": 1}), ("stop", 2, {})]
)
def test_an_unmapped_value_is_counted_and_treated_as_chosen(
    workspace: Workspace, tmp_path: Path, choice: str, kept: int, absences: dict[str, int]
) -> None:
    file = csv_file(tmp_path / "r.csv", [*ROWS[:2], long_row("q2", "ann", "??")])
    said = mapping(LONG + f'unmapped = "{choice}"\n')
    checked = check_import(workspace, [file], said)
    (aside,) = checked.set_aside
    assert (aside.value, aside.count, aside.treated, aside.declared) == ("??", 1, choice, False)
    assert (checked.criteria[0].n_values, checked.criteria[0].absences) == (kept, absences)
    assert checked.can_run is (choice != "stop")
    if choice == "stop":
        with pytest.raises(RefusedImport, match=r'"\?\?" \(1 times\)'):
            bring(workspace, file, said)
        assert count(workspace.database, "rating") == 0


def test_a_broken_line_leaves_the_study_as_it_was(any_workspace: Workspace, tmp_path: Path) -> None:
    first = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    before = everything(any_workspace.database)
    long = csv_file(tmp_path / "long.csv", [long_row(f"n{n}", "ann", 3) for n in range(1_000)])
    lines = long.path.read_text().splitlines()
    lines[899] = lines[899].replace(",alder", "")
    long.path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RefusedImport, match=r"long\.csv, line 900: found 5 fields; expected 6"):
        bring(any_workspace, long, mapping(), first.study_id)
    assert everything(any_workspace.database) == before


def test_a_refused_import_makes_no_study(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(RefusedImport):
        bring(workspace, csv_file(tmp_path / "r.csv", [long_row("q1", "ann", 9)]), mapping())
    assert count(workspace.database, "study") == 0


def test_checking_writes_nothing_and_shows_the_first_subjects(workspace: Workspace, tmp_path: Path) -> None:
    checked = check_import(workspace, [csv_file(tmp_path / "r.csv", ROWS)], mapping())
    assert count(workspace.database, "study") == 0
    first = checked.preview[0]
    assert (first.kind, first.item, first.messages[0]["content"]) == ("output", "q1", "What is q1?")
    assert [output[0]["content"] for output in first.outputs] == ["q1 by alder"]
    assert [criterion.lineage for criterion in first.criteria] == ["quality"]


def test_an_item_with_two_contents_is_a_problem_that_names_both_lines(workspace: Workspace, tmp_path: Path) -> None:
    rows = [*ROWS, long_row("q1", "cat", 3, answer="Another")]
    checked = check_import(workspace, [csv_file(tmp_path / "r.csv", rows)], mapping())
    assert [str(problem) for problem in checked.problems] == [
        'r.csv, line 5: found other content for the output of "alder" for item "q1"; '
        "expected the same as in line 2, or another id."
    ]


def test_ratings_of_items_that_nobody_knows_are_a_problem(workspace: Workspace, tmp_path: Path) -> None:
    said = mapping(
        'version = 1\n[files.r]\n[[criteria]]\nkey = "quality"\napplies_to = "item"\n'
        'scale = { preset = "likert", low = 1, high = 5 }\n[[ratings]]\nfile = "r"\nshape = "rows"\n'
        'item = "{id}"\ncriterion = "quality"\nrater = "{rater}"\nvalue = "{score}"\n'
    )
    checked = check_import(workspace, [csv_file(tmp_path / "r.csv", ROWS)], said)
    assert checked.n_problems == 2
    assert 'item "q1"; expected an item that is in the study' in str(checked.problems[0])


def test_ratings_find_the_items_that_the_study_has(any_workspace: Workspace, tmp_path: Path) -> None:
    first = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    said = mapping(
        'version = 1\n[files.r]\n[[ratings]]\nfile = "r"\nshape = "rows"\nitem = "{id}"\n'
        'outputs = [{ system = "alder" }]\ncriterion = "Quality"\nrater = "gpt"\nkind = "judge"\nvalue = "{verdict}"\n'
    )
    file = json_file(tmp_path / "v.json", [{"id": "q1", "verdict": 3}, {"id": "q2", "verdict": 4.0}])
    checked = bring(any_workspace, file, said, first.study_id).checked
    assert (checked.ratings.new, checked.items.new, checked.subjects["output"].new) == (2, 0, 0)
    assert [row[:3] for row in values(any_workspace.database)][3:] == [
        ("q1/alder", "gpt", "3"),
        ("q2/alder", "gpt", "4"),
    ]


def test_another_scale_for_a_criterion_of_the_study_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "r.csv", ROWS)
    first = bring(workspace, file, mapping())
    with pytest.raises(BadInput, match=r"another scale .* expected the study's \(1, 2, 3, 4, 5\)"):
        bring(workspace, file, mapping(LONG, **{"high = 5": "high = 7"}), first.study_id)


def test_a_column_that_is_not_there_is_named_with_those_that_are(workspace: Workspace, tmp_path: Path) -> None:
    checked = check_import(workspace, [csv_file(tmp_path / "r.csv", ROWS)], mapping(LONG, **{"{score}": "{points}"}))
    assert [(p.column, p.found) for p in checked.problems] == [("points", "no such column")]
    assert "question, system, answer, rater, score" in checked.problems[0].expected


def test_problems_are_shown_up_to_a_limit_and_all_counted(workspace: Workspace, tmp_path: Path) -> None:
    rows = [long_row("", "ann", 3) for _ in range(300)]
    checked = check_import(workspace, [csv_file(tmp_path / "r.csv", rows)], mapping())
    assert (len(checked.problems), checked.n_problems) == (200, 300)
    assert (checked.problems[0].line, checked.problems[199].line) == (2, 201)


def test_files_are_joined_by_a_key(workspace: Workspace, tmp_path: Path) -> None:
    said = mapping(
        'version = 1\n[files.items]\nname = "items.json"\n[files.votes]\nname = "votes.csv"\n'
        'join = [{ file = "items", key = "{n}", by = "{item}" }]\n'
        '[[content]]\nfile = "items"\nitem = { id = "{name}", text = "{question}" }\n'
        '[[criteria]]\nkey = "ok"\napplies_to = "item"\nscale = { preset = "yes_no" }\n'
        '[[ratings]]\nfile = "votes"\nshape = "rows"\ncriterion = "ok"\nrater = "{who}"\nvalue = "{vote}"\n'
    )
    items = json_file(
        tmp_path / "items.json", [{"n": 1, "name": "one", "question": "?"}, {"n": 2, "name": "two", "question": "!"}]
    )
    votes = csv_file(
        tmp_path / "votes.csv", [{"item": 2, "who": "ann", "vote": "yes"}, {"item": 1, "who": "ann", "vote": "No"}]
    )
    run_import(workspace, ANN, [votes, items], said, new_name="Study")
    assert [row[:3] for row in values(workspace.database)] == [("two", "ann", "yes"), ("one", "ann", "no")]
    lonely = csv_file(tmp_path / "votes.csv", [{"item": 3, "who": "ann", "vote": "yes"}])
    checked = check_import(workspace, [lonely, items], said)
    assert str(checked.problems[0]) == (
        'votes.csv, line 2, column "item": found "3"; expected one that stands in items.json ({n}).'
    )


def test_a_key_that_stands_twice_in_a_joined_file_is_a_problem(workspace: Workspace, tmp_path: Path) -> None:
    join = 'join = [{ file = "more", key = "{id}", by = "{id}" }]'
    files = f'[files.ratings]\nname = "r.csv"\n{join}\n[files.more]\nname = "m.json"'
    said = mapping(LONG, **{"[files.ratings]": files})
    more = json_file(tmp_path / "m.json", [{"id": "q1"}, {"id": "q2"}, {"id": "q1"}])
    checked = check_import(workspace, [csv_file(tmp_path / "r.csv", ROWS), more], said)
    assert str(checked.problems[0]) == 'm.json, line 3, column "id": found "q1" a second time; expected every key once.'


def test_a_file_that_no_part_wants_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    named = mapping(LONG, **{"[files.ratings]": '[files.ratings]\nname = "ratings.csv"'})
    with pytest.raises(BadInput, match=r"expected a file named ratings.csv"):
        check_import(workspace, [csv_file(tmp_path / "r.csv", ROWS)], named)
    files = [csv_file(tmp_path / name, ROWS) for name in ("ratings.csv", "other.csv")]
    with pytest.raises(BadInput, match="no part for"):
        check_import(workspace, files, named)


def test_formula_looking_text_of_a_foreign_file_stays_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    rows = [long_row("q1", "ann", 3, answer="'=1+1"), long_row("q2", "ann", 3, answer="=1+1")]
    bring(workspace, csv_file(tmp_path / "r.csv", rows), mapping())
    messages = [row[0] for row in rows_of(workspace.database, "select messages from output order by id")]
    assert "'=1+1" in messages[0]
    assert "'" not in messages[1]
    assert "=1+1" in messages[1]


def test_what_touchstone_put_before_a_formula_is_taken_away_again(workspace: Workspace, tmp_path: Path) -> None:
    rows = [long_row("q1", "ann", 3, answer="'=1+1"), long_row("q2", "ann", 3, answer="''=1+1")]
    bring(workspace, csv_file(tmp_path / "r.csv", rows), mapping("from_touchstone = true" + LONG))
    messages = [row[0] for row in rows_of(workspace.database, "select messages from output order by id")]
    assert '"=1+1"' in messages[0]
    assert '"\'=1+1"' in messages[1]


def after(calls: int) -> Callable[[], bool]:
    """Says yes from that call on."""
    seen = iter(range(1_000_000))
    return lambda: next(seen) >= calls


def test_stopping_in_pass_one_writes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "r.csv", [long_row(f"q{n}", "ann", 3) for n in range(5_000)])
    with pytest.raises(Cancelled):
        run_import(workspace, ANN, [file], mapping(), new_name="Study", cancelled=after(1))
    assert count(workspace.database, "study") == 0


def test_stopping_in_pass_two_takes_everything_back(any_workspace: Workspace, tmp_path: Path) -> None:
    first = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    before = everything(any_workspace.database)
    file = csv_file(tmp_path / "more.csv", [long_row(f"n{n}", "cat", 3) for n in range(6_000)])
    seen: list[str] = []

    def cancelled() -> bool:
        return seen[-1:] == ["Writing"] and count(any_workspace.database, "item") > 2

    with pytest.raises(Cancelled):
        run_import(any_workspace, ANN, [file], mapping(), study=first.study_id, cancelled=cancelled,
                   progress=lambda _done, _total, doing: seen.append(doing))  # fmt: skip
    assert everything(any_workspace.database) == before
    assert rows_of(any_workspace.database, "select state from import order by id") == [("done",), ("removed",)]


def test_nothing_of_an_import_is_seen_before_it_is_done(any_workspace: Workspace, tmp_path: Path) -> None:
    first = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    file = csv_file(tmp_path / "more.csv", [long_row(f"n{n}", "cat", 3) for n in range(50)])
    seen: set[tuple[int, int]] = set()

    def look(_done: int, _total: int | None, doing: str) -> None:
        summary = find_study(any_workspace, first.study_id)
        seen.add((summary.n_items, summary.n_ratings))
        assert doing

    run_import(any_workspace, ANN, [file], mapping(), study=first.study_id, progress=look)
    assert seen == {(2, 3)}
    assert find_study(any_workspace, first.study_id).n_ratings == 53


def test_the_name_of_a_stopped_import_can_be_used_again(workspace: Workspace, tmp_path: Path) -> None:
    file = csv_file(tmp_path / "r.csv", ROWS)
    with pytest.raises(Cancelled):
        run_import(workspace, ANN, [file], mapping(), new_name="Study", cancelled=after(2))
    assert rows_of(workspace.database, "select state from import") == [("removed",)]
    bring(workspace, file, mapping())
    assert [row[0] for row in rows_of(workspace.database, "select name from study")] == ["Study"]
    with pytest.raises(Conflict, match="called"):
        bring(workspace, file, mapping())


def test_a_second_import_into_a_study_is_refused_while_one_runs(any_workspace: Workspace, tmp_path: Path) -> None:
    first = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    more = csv_file(tmp_path / "more.csv", [long_row("n1", "cat", 3)])
    other = csv_file(tmp_path / "other.csv", [long_row("n2", "cat", 3)])
    refused: list[str] = []

    def meanwhile(_done: int, _total: int | None, doing: str) -> None:
        if doing == "Writing" and not refused:
            with pytest.raises(Conflict) as caught:
                bring(any_workspace, other, mapping(), first.study_id)
            refused.append(str(caught.value))

    run_import(any_workspace, ANN, [more], mapping(), study=first.study_id, progress=meanwhile)
    assert refused == ["Another import into this study is running; wait until it is done."]


def test_what_a_dead_import_left_is_removed_at_start(any_workspace: Workspace, tmp_path: Path, clock: Clock) -> None:
    first = bring(any_workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    before = everything(any_workspace.database)
    died = (
        "insert into import "
        "(study_id, files, mapping, counts, state, owner, heartbeat_at, created_at, created_by) "
        "select study_id, files, mapping, counts, 'running', '1@another-machine', heartbeat_at, created_at, '' "
        "from import"
    )
    left = (
        "insert into item (study_id, external_id, messages, slices, import_id, created_at) "
        "select study_id, 'left', messages, slices, (select max(id) from import), created_at from item limit 1"
    )
    with any_workspace.database.writing() as session:
        session.execute(text(died))
        session.execute(text(left))
    assert clear_dead_imports(any_workspace) == 0  # it was heard of a moment ago
    clock.advance(seconds=SILENT.total_seconds() + 1)
    assert clear_dead_imports(any_workspace) == 1
    assert everything(any_workspace.database) == before
    assert clear_dead_imports(any_workspace) == 0
    assert first.import_id is not None


def test_a_full_disk_leaves_nothing_behind(workspace: Workspace, tmp_path: Path) -> None:
    first = bring(workspace, csv_file(tmp_path / "r.csv", ROWS), mapping())
    before = everything(workspace.database)
    file = csv_file(tmp_path / "more.csv", [long_row(f"n{n}", "cat", 3, answer="long " * 200) for n in range(6_000)])
    with workspace.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar_one()
        connection.exec_driver_sql(f"pragma max_page_count = {pages + 800}")
    with pytest.raises(WrongDatabase, match="full"):
        bring(workspace, file, mapping(), first.study_id)
    with workspace.database.engine.connect() as connection:
        connection.exec_driver_sql("pragma max_page_count = 1000000")
    clear_dead_imports(workspace)
    assert everything(workspace.database) == before
    assert bring(workspace, file, mapping(), first.study_id).checked.ratings.new == 6_000


def test_rows_that_say_what_they_supersede_stay_a_chain(any_workspace: Workspace, tmp_path: Path) -> None:
    said = mapping(
        LONG + 'phase = "{phase}"\nrepetition = "{n}"\nrating_id = "{rid}"\nsupersedes = "{old}"\nat = "{when}"\n'
    )
    when = "2025-01-02T03:04:05+01:00"
    chain = [("4", "blind", "r1", ""), ("2", "blind", "r2", "r1"), ("3", "revised", "r3", "")]
    rows = [
        long_row("q1", "ann", score) | {"phase": phase, "n": 0, "rid": rid, "old": old, "when": when}
        for score, phase, rid, old in chain
    ]
    file = csv_file(tmp_path / "r.csv", rows)
    first = bring(any_workspace, file, said)
    query = (
        "select r.option, r.phase, o.option from rating r left join rating o on o.id = r.supersedes_id order by r.id"
    )
    expected = [("4", "blind", None), ("2", "blind", "4"), ("3", "revised", None)]
    assert rows_of(any_workspace.database, query) == expected
    times = rows_of(any_workspace.database, "select distinct cast(created_at as varchar) from rating")
    assert "02:04:05" in times[0][0] or "03:04:05+01" in times[0][0]
    assert bring(any_workspace, file, said, first.study_id).checked.ratings.known == 3
    doubled = csv_file(tmp_path / "d.csv", [row | {"old": ""} for row in rows])
    checked = check_import(any_workspace, [doubled], said)
    assert [problem.found for problem in checked.problems] == ["a second rating of the same repetition"]
