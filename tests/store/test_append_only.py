"""The append-only rule is held by the database itself."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.store.database import Database
from tests.builders import add_rating, build_study


@pytest.mark.parametrize(
    "statement",
    [
        "update rating set option = 'fail'",
        "delete from rating",
        "update submission set comment = 'other'",
        "delete from submission",
        "update item set external_id = 'other'",
        "delete from item",
        "update output set sample = 9",
        "update guideline set text = 'other'",
        "update criterion set name = 'other'",
        "delete from scale",
    ],
)
def test_a_record_is_neither_changed_nor_deleted(database: Database, statement: str) -> None:
    built = build_study(database)
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.execute(text(statement))
    with database.reading() as session:
        assert session.execute(text("select option from rating")).scalar_one() == "pass"


def test_rows_of_an_import_go_only_while_it_is_being_removed(database: Database) -> None:
    built = build_study(database)
    insert = (
        "insert into import (study_id, files, mapping, counts, state, owner, created_at, created_by) "
        f"values ({built.study}, '[]', '{{}}', '{{}}', 'running', '', '2026-03-02 09:00:00', '')"
    )
    item = (
        "insert into item (study_id, external_id, messages, slices, import_id, created_at) "
        f"select {built.study}, 'brought', '[]', '{{}}', max(id), '2026-03-02 09:00:00' from import"
    )
    with database.writing() as session:
        session.execute(text(insert))
        session.execute(text(item))
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.execute(text("delete from item where external_id = 'brought'"))
    with database.writing() as session:
        session.execute(text("update import set state = 'removing'"))
        session.execute(text("delete from item where external_id = 'brought'"))
    with database.reading() as session:
        assert session.execute(text("select count(*) from item where external_id = 'brought'")).scalar_one() == 0


def test_a_finished_import_is_never_changed(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        session.execute(
            text(
                "insert into import (study_id, files, mapping, counts, state, owner, created_at, created_by) "
                f"values ({built.study}, '[]', '{{}}', '{{}}', 'done', '', '2026-03-02 09:00:00', '')"
            )
        )
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.execute(text("update import set state = 'removing'"))


def test_a_rating_has_exactly_one_value(database: Database) -> None:
    built = build_study(database)
    with pytest.raises(DBAPIError), database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", None)
    with database.reading() as session:
        assert session.execute(text("select count(*) from rating")).scalar_one() == 0
