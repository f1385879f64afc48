"""A study with very many ratings, written by SQL alone."""

from sqlalchemy import text

from core.scales import pass_fail
from core.store.database import Database
from tests.builders import AT, Built, add_criterion, add_rater, build_study

_STATEMENTS = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < {items})"
    " insert into item (study_id, external_id, messages, slices, created_at)"
    " select {study}, 'many-' || i, json('[]'), json('{{}}'), '{at}' from n",
    "insert into subject (study_id, item_id, kind, key, created_at)"
    " select study_id, id, 'item', external_id, created_at from item"
    " where study_id = {study} and external_id like 'many-%'",
    "insert into import (study_id, files, mapping, counts, state, owner, created_at, created_by)"
    " values ({study}, json('[]'), json('{{}}'), json('{{}}'), 'done', '', '{at}', '')",
    "insert into rating (study_id, subject_id, criterion_id, rater_id, option, rationale, phase, repetition, import_id,"
    " created_at)"
    " select {study}, s.id, {criterion}, r.id,"
    " case when (s.id * 7919 + (s.id * r.id * 104729) % 5) % 3 = 0 then 'fail' else 'pass' end, '', 'blind', 0,"
    " (select max(id) from import), '{at}'"
    " from subject s, rater r where s.study_id = {study} and r.study_id = {study} and s.key like 'many-%'"
    " order by s.id, r.id",
)


def build_many(database: Database, *, items: int, raters: int = 3) -> Built:
    """A study whose criterion "fit" was answered by every rater on every item: items x raters rows of an import."""
    built = build_study(database, name="Many", items=("q1",), criteria={"fit": ("item", pass_fail())})
    with database.writing() as session:
        for number in range(raters):
            add_rater(session, built.study, f"rater {number}")
        for statement in _STATEMENTS:
            session.execute(
                text(
                    statement.format(
                        study=built.study, items=items, criterion=built.criteria["fit"], at=AT.replace(tzinfo=None)
                    )
                )
            )
    return built


__all__ = ["add_criterion", "build_many"]
