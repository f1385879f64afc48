"""The demo: loaded once, all at once, and true to its files."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import col, select

from core.errors import Conflict, FileProblem
from core.models.items import Item, Reference, Subject
from core.models.judging import Judge
from core.models.ratings import Import, Rater, Rating
from core.store import studies as stored
from core.workflow.demo import FOLDER, load_demo
from core.workflow.pairs import list_draws
from core.workflow.studies import create_study, list_studies
from core.workflow.study_detail import study_detail
from core.workflow.workspace import Visitor, Workspace


def rows(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_demo_loads_once_and_is_marked_as_illustrative(any_workspace: Workspace) -> None:
    first = load_demo(any_workspace)
    assert first.illustrative
    assert load_demo(any_workspace) == first
    assert [study.id for study in list_studies(any_workspace)] == [first.id]


def test_nothing_in_the_files_is_lost(any_workspace: Workspace) -> None:
    study = load_demo(any_workspace)
    answers = [answer for row in rows("checklists") for answer in row["answers"]]  # type: ignore[attr-defined] # a list
    assert study.n_items == len(rows("items"))
    assert study.n_outputs == len(rows("outputs"))
    assert study.n_ratings == len(rows("ratings")) + len(answers)
    with any_workspace.database.reading() as session:
        ratings = session.exec(select(Rating)).all()
        raters = {rater.id: rater for rater in session.exec(select(Rater))}
        references = session.exec(select(Reference)).all()
        (brought,) = session.exec(select(Import)).all()
    comments = sum(bool(row.get("comment") or row.get("rationale")) for row in rows("ratings"))
    notes = sum(bool(answer.get("note")) for answer in answers)
    assert sum(bool(rating.rationale) for rating in ratings) == comments + notes
    assert {rating.import_id for rating in ratings} == {brought.id}
    assert brought.state == "done"
    assert len(references) == sum(len(row["references"]) for row in rows("items"))  # type: ignore[arg-type] # a list
    in_file = Counter(str(row["rater"]) for row in [*rows("ratings"), *answers])
    assert Counter(raters[rating.rater_id].name for rating in ratings) == in_file
    assert sum(rating.absence is not None for rating in ratings) == sum("absence" in row for row in rows("ratings"))


def test_the_demo_has_something_for_every_page(workspace: Workspace) -> None:
    study = load_demo(workspace)
    detail = study_detail(workspace, study.id)
    assert detail.kinds_asked == ("item", "output", "pair")
    assert (study.n_people, study.n_judges) == (4, 3)
    assert detail.guideline
    assert 0 < detail.n_graded["pair"] < study.n_subjects["pair"], "some pairs are left to grade"
    assert {draw.kind for draw in list_draws(workspace, study.id)} == {"item", "output", "pair"}
    with workspace.database.reading() as session:
        judges = session.exec(select(Judge)).all()
        linked = session.exec(select(Rater).where(col(Rater.judge_id).is_not(None))).all()
        item = session.exec(select(Item).where(Item.external_id == str(rows("checklists")[0]["item"]))).one()
        checklist = stored.current_rubric(study.id, session=session, item_id=item.id)
    assert len({judge.fingerprint for judge in judges}) == len(linked) == 3
    assert all(judge.parameters == {"illustrative": True} for judge in judges)
    assert checklist is not None
    assert [asked.scale.keys for asked in checklist.criteria] == [("yes", "no", "na")] * len(checklist.criteria)


def test_a_rated_pair_keeps_the_order_in_which_its_file_names_it(workspace: Workspace) -> None:
    study = load_demo(workspace)
    named = {(row["subject"]["item"], *row["subject"]["pair"]) for row in rows("ratings") if "pair" in row["subject"]}  # type: ignore[index,operator,misc] # a subject
    with workspace.database.reading() as session:
        stored_pairs = {
            (session.get_one(Item, pair.item_id).external_id, *_systems(session, pair))
            for pair in session.exec(select(Subject).where(Subject.study_id == study.id, Subject.kind == "pair"))
        }
    assert named <= stored_pairs


def _systems(session: object, pair: Subject) -> tuple[str, str]:
    from sqlmodel import Session

    from core.models.items import Output, System

    assert isinstance(session, Session)
    first, second = (session.get_one(Output, key) for key in (pair.output_a_id, pair.output_b_id))
    return (session.get_one(System, first.system_id).name, session.get_one(System, second.system_id).name)


def test_a_study_of_the_same_name_is_left_alone(workspace: Workspace) -> None:
    name = json.loads((FOLDER / "study.json").read_text(encoding="utf-8"))["name"]
    mine = create_study(workspace, Visitor("Ann"), name.upper())
    with pytest.raises(Conflict):
        load_demo(workspace)
    assert list_studies(workspace) == (mine,)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    shutil.copytree(FOLDER, folder)
    return folder


def change_line(file: Path, number: int, old: str, new: str) -> None:
    lines = file.read_text(encoding="utf-8").split("\n")
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new)
    file.write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("ratings.jsonl", '"subject"', '"subjekt"', r"ratings\.jsonl, line 1: found no such field or name"),
        ("ratings.jsonl", "}", "", r"ratings\.jsonl, line 1: found .*expected JSON"),
        ("ratings.jsonl", '"rater": "', '"rater": "Nobody ', r"ratings\.jsonl: found the rater Nobody"),
        ("ratings.jsonl", '"criterion": "quality"', '"criterion": "beauty"', r'ratings\.jsonl, line 1: .*"beauty"'),
        ("ratings.jsonl", '"value": "', '"value": "9', r"ratings\.jsonl, line 1: .*a value of its scale"),
        ("ratings.jsonl", '"item": "', '"item": "no', r"ratings\.jsonl: found a rating of no"),
        ("items.jsonl", '"references"', '"refs"', r"items\.jsonl, line 1: found no such field"),
        ("checklists.jsonl", '"questions"', '"q"', r"checklists\.jsonl, line 1: found no such field"),
        ("study.json", "{", "[", r"study\.json, line .*expected JSON"),
    ],
)
def test_a_broken_file_says_where_and_leaves_nothing(
    workspace: Workspace, copied: Path, file: str, old: str, new: str, problem: str
) -> None:
    change_line(copied / file, 1, old, new)
    with pytest.raises(FileProblem, match=problem):
        load_demo(workspace, folder=copied)
    assert list_studies(workspace) == ()


def test_a_missing_file_is_named(workspace: Workspace, copied: Path) -> None:
    (copied / "outputs.jsonl").unlink()
    with pytest.raises(FileProblem, match=r"outputs\.jsonl"):
        load_demo(workspace, folder=copied)


def test_grades_of_a_person_follow_each_other_in_time_and_none_is_later_than_the_study(workspace: Workspace) -> None:
    study = load_demo(workspace)
    with workspace.database.reading() as session:
        ana = session.exec(select(Rater.id).where(Rater.study_id == study.id, Rater.name == "Ana")).one()
        found = session.exec(select(Rating.subject_id, Rating.created_at).where(Rating.rater_id == ana)).all()
        brought = session.exec(select(Import.created_at).where(Import.study_id == study.id)).one()
    by_subject = dict(found)
    # One time a subject: what was answered together was written together.
    assert len(set(found)) == len(by_subject)
    assert len(set(by_subject.values())) > 0.95 * len(by_subject)
    assert max(by_subject.values()) <= brought
    assert (max(by_subject.values()) - min(by_subject.values())).days >= 2
