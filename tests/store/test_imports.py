"""Writing an import's rows in bulk, one import at a time, and removing exactly what it brought."""

import json

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from core.errors import Conflict
from core.models.items import Item
from core.models.ratings import Import, ImportState
from core.store import imports
from core.store.database import Database
from core.store.imported import is_untouched, known_items, known_ratings, known_subjects
from tests.builders import AT, add_rater, add_rating, build_study

ITEM = ("id", "study_id", "external_id", "messages", "slices", "import_id", "created_at")


def begin(session: Session, study: int) -> int:
    record = Import(study_id=study, files=[], mapping={}, state=ImportState.RUNNING.value, owner="1@here",
                    heartbeat_at=AT, created_at=AT)  # fmt: skip
    return imports.begin_import(record, session=session)


def add_items(session: Session, study: int, import_id: int | None, names: list[str]) -> list[int]:
    ids = imports.reserve_ids("item", len(names), session=session)
    now = imports.stored_time(AT, session=session)
    said = json.dumps([{"role": "user", "content": "?"}])
    rows = [(key, study, name, said, "{}", import_id, now) for key, name in zip(ids, names, strict=True)]
    imports.insert_rows("item", ITEM, rows, session=session)
    return list(ids)


def names_of(database: Database, table: str, column: str) -> list[str]:
    with database.reading() as session:
        return [name for (name,) in session.execute(text(f"select {column} from {table} order by id"))]


@pytest.mark.parametrize("count", [1, 249, 250, 251, 777])
def test_any_number_of_rows_is_written_in_order(database: Database, count: int) -> None:
    built = build_study(database, items=())
    names = [f"n{n}" for n in range(count)]
    with database.writing() as session:
        ids = add_items(session, built.study, None, names)
    assert ids == sorted(ids)
    assert names_of(database, "item", "external_id") == names


def test_what_is_alike_in_every_row_is_the_same_as_if_it_stood_in_each(database: Database) -> None:
    built = build_study(database, items=())
    columns, said = ("id", "external_id", "messages", "slices"), json.dumps([{"role": "user", "content": "?"}])
    with database.writing() as session:
        add_items(session, built.study, None, ["in each"])
        ids = imports.reserve_ids("item", 251, session=session)
        rows = [(key, f"n{key}", said, "{}") for key in ids]
        imports.insert_rows("item", columns, rows, same={"study_id": built.study, "created_at": AT}, session=session)
    with database.reading() as session:
        stored = [(item.study_id, item.created_at) for item in session.exec(select(Item))]
    assert stored == [(built.study, AT)] * 252


def test_reserved_keys_do_not_meet_the_keys_of_others(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        first = add_items(session, built.study, None, ["a", "b"])
    with database.writing() as session:
        second = add_items(session, built.study, None, ["c"])
        session.execute(text("insert into item (study_id, external_id, messages, slices, created_at) "
                             "select study_id, 'd', messages, slices, created_at from item limit 1"))  # fmt: skip
    assert len({*first, *second, *built.items.values()}) == len(built.items) + 3
    assert names_of(database, "item", "external_id")[-1] == "d"


def test_a_row_that_somebody_wrote_meanwhile_is_a_conflict(database: Database) -> None:
    built = build_study(database)
    with pytest.raises(Conflict, match="changed the study"), database.writing() as session:
        add_items(session, built.study, None, ["q1"])


def test_one_import_of_a_study_runs_at_a_time(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        first = begin(session, built.study)
    with pytest.raises(Conflict, match='into "Study" is running'), database.writing() as session:
        begin(session, built.study)
    with database.writing() as session:
        imports.end_import(first, ImportState.DONE, counts={"n": 1}, now=AT, session=session)
    with database.writing() as session:
        assert begin(session, built.study) != first
        assert [one.study_id for one in imports.unfinished_imports(session=session)] == [built.study]


def test_an_import_that_was_taken_for_dead_may_not_write_on(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        import_id = begin(session, built.study)
        imports.still_running(import_id, AT, session=session)
        imports.end_import(import_id, ImportState.REMOVING, now=AT, session=session)
    with pytest.raises(Conflict, match="taken for dead"), database.writing() as session:
        imports.still_running(import_id, AT, session=session)


def test_removing_takes_what_the_import_brought_and_nothing_else(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        import_id = begin(session, built.study)
        add_items(session, built.study, import_id, [f"n{n}" for n in range(25)])
        made = {"study_id": built.study, "import_id": import_id, "created_at": AT}
        raters = [made | {"kind": "person", "name": name, "group": "", "family": ""} for name in ("ann", "bob")]
        imports.ensure_raters(raters, study_id=built.study, session=session)
        add_rating(session, built, "q1/alder", "acceptable", "bob", "pass")  # bob grades while the import runs
        imports.end_import(import_id, ImportState.REMOVING, now=AT, session=session)
    rounds = 0
    while True:
        with database.writing() as session:
            if not imports.remove_some(import_id, limit=10, session=session):
                break
        rounds += 1
    assert rounds >= 3
    assert names_of(database, "item", "external_id") == ["q1", "q2", "q3"]
    assert names_of(database, "rater", "name") == ["bob"]
    with database.reading() as session:
        assert session.execute(text("select count(*) from rating")).scalar_one() == 1


def test_what_an_unfinished_import_brought_is_not_known(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        add_items(session, built.study, begin(session, built.study), ["hidden"])
    with database.reading() as session:
        assert [row[1] for row in known_items(built.study, session=session)] == ["q1", "q2", "q3"]


def test_known_pairs_tell_which_output_is_a(database: Database) -> None:
    built = build_study(database, items=("q1",), pairs=True)
    with database.reading() as session:
        found = {row[0]: row[2:] for row in known_subjects(built.study, session=session)}
    assert found == {"q1/alder": (None, None), "q1/birch": (None, None), "q1/alder|birch": ("alder", 0)}


def test_known_ratings_are_those_of_the_raters_asked_for(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        for rater in ("ann", "bob"):
            add_rating(session, built, "q1/alder", "acceptable", rater, "pass")
        bob = add_rater(session, built.study, "bob")
    with database.reading() as session:
        assert [row[3] for row in known_ratings(built.study, [bob], session=session)] == [bob]
        assert list(known_ratings(built.study, [], session=session)) == []


def test_a_study_counts_as_untouched_only_where_a_removed_import_made_it(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        columns = "name, description, illustrative, closed, seed, created_at, created_by"
        session.execute(text(f"insert into study ({columns}) "
                             "select 'Other', '', illustrative, closed, seed, created_at, '' from study"))  # fmt: skip
        other = session.execute(text("select max(id) from study")).scalar_one()
        assert not is_untouched(other, session=session)
        import_id = begin(session, other)
        assert not is_untouched(other, session=session)
        imports.end_import(import_id, ImportState.REMOVING, now=AT, session=session)
        imports.end_import(import_id, ImportState.REMOVED, now=AT, session=session)
        assert is_untouched(other, session=session)
        assert not is_untouched(built.study, session=session)
