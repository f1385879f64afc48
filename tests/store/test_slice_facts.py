"""What slices the items, outputs and pairs of a study fall into, on both databases."""

from collections.abc import Mapping

import numpy as np

from core.models.items import Item, Output
from core.models.ratings import Import
from core.scales import pass_fail, preference
from core.store.database import Database
from core.store.slice_facts import SliceColumn, SliceFacts
from tests.builders import AT, Built, add_subject, build_study

FIT = {"fit": ("item", pass_fail())}


def described(slices: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    return {item: {"slices": values} for item, values in slices.items()}


def six(database: Database, slices: Mapping[str, Mapping[str, object]]) -> Built:
    return build_study(database, items=[f"q{n}" for n in range(6)], criteria=FIT, described=described(slices))


def columns_of(database: Database, built: Built) -> dict[str, SliceColumn]:
    return {column.key: column for column in facts_of(database, built).columns()}


def facts_of(database: Database, built: Built) -> SliceFacts:
    facts = SliceFacts(built.study)
    learn(facts, database, list(built.subjects.values()))
    return facts


def learn(facts: SliceFacts, database: Database, subjects: list[int]) -> int:
    with database.reading() as session:
        return facts.learn(np.array(subjects, np.int64), session=session)


def of(column: SliceColumn, facts: SliceFacts, built: Built) -> dict[str, str]:
    """Subject -> its slice; "" for none."""
    codes = column.codes[facts.places(np.array(list(built.subjects.values()), np.int64))]
    return {
        subject: "" if code < 0 else column.names[code]
        for subject, code in zip(built.subjects, codes.tolist(), strict=True)
    }


def test_metadata_with_a_few_values_parts_the_items(database: Database) -> None:
    built = six(database, {"q0": {"domain": "law"}, "q1": {"domain": "art"}, "q2": {"domain": None}})
    facts = facts_of(database, built)
    column = {found.key: found for found in facts.columns()}["domain"]
    assert column.names == ("art", "law")
    assert of(column, facts, built) == {"q0": "law", "q1": "art", "q2": "", "q3": "", "q4": "", "q5": ""}


def test_values_are_named_as_they_are_written_and_numbers_come_by_size(database: Database) -> None:
    values: list[object] = [10, 9.0, True, "x", 2.5, False]
    built = six(database, {f"q{n}": {"v": value} for n, value in enumerate(values)})
    assert columns_of(database, built)["v"].names == ("2.5", "9", "10", "false", "true", "x")


def test_one_value_lists_and_too_many_words_are_no_slices(database: Database) -> None:
    items = [f"q{n}" for n in range(60)]
    told = {item: {"same": "a", "tags": ["a", item], "word": f"w{item}", "ok": n % 50} for n, item in enumerate(items)}
    built = build_study(database, items=items, criteria=FIT, described=described(told))
    assert set(columns_of(database, built)) == {"ok"}, "50 different values are slices, 60 are not"


def test_many_numbers_are_put_in_quarters_named_by_what_is_in_them(database: Database) -> None:
    items = [f"q{n}" for n in range(80)]
    told = {item: {"year": 1900 + n} for n, item in enumerate(items[:-1])}
    built = build_study(database, items=items, criteria=FIT, described=described(told))
    facts = facts_of(database, built)
    (column,) = facts.columns()
    # 79 numbers, 1900 to 1978: the lower quartiles are the 20th, 40th and 59th of them
    assert column.names == ("1900 to 1919", "1920 to 1939", "1940 to 1958", "1959 to 1978")
    assert of(column, facts, built)["q79"] == ""
    assert np.bincount(column.codes[column.codes >= 0]).tolist() == [20, 20, 19, 20]


def test_systems_part_outputs_and_pairs_in_stored_order(database: Database) -> None:
    built = build_study(
        database, items=("q1",), criteria={"fit": ("output", pass_fail()), "better": ("pair", preference())}
    )
    facts = facts_of(database, built)
    column = facts.columns()[0]
    assert (column.key, column.title) == ("system", "System")
    assert of(column, facts, built) == {"q1/alder": "alder", "q1/birch": "birch", "q1/alder|birch": "alder vs birch"}


def test_length_parts_outputs_in_thirds_and_pairs_by_their_mean(database: Database) -> None:
    items = [f"q{n}" for n in range(6)]
    # two messages; a letter counts as one character however it is stored
    answers = {(item, "alder"): ["ä" * n, "xy"] for n, item in enumerate(items)}
    built = build_study(database, items=items, systems=("alder",), answers=answers)
    facts = facts_of(database, built)
    column = {found.key: found for found in facts.columns()}["length"]
    # lengths 2 to 7; the lower thirds are 3 and 5
    assert column.names == ("short (up to 3 characters)", "medium (4 to 5 characters)", "long (over 5 characters)")
    assert of(column, facts, built) == {
        "q0/alder": column.names[0], "q1/alder": column.names[0], "q2/alder": column.names[1],
        "q3/alder": column.names[1], "q4/alder": column.names[2], "q5/alder": column.names[2],
    }  # fmt: skip


def test_pairs_have_the_mean_length_of_their_two_outputs(database: Database) -> None:
    answers = {
        (f"q{n}", system): ["x" * n * times] for n in (1, 2, 3) for times, system in ((1, "alder"), (3, "birch"))
    }
    built = build_study(
        database, items=("q1", "q2", "q3"), criteria={"better": ("pair", preference())}, answers=answers
    )
    # means of 1 and 3, 2 and 6, 3 and 9: 2, 4, 6
    names = columns_of(database, built)["length"].names
    assert names == ("short (up to 2 characters)", "medium (3 to 4 characters)", "long (over 4 characters)")


def test_splits_come_in_the_order_of_the_work(database: Database) -> None:
    splits = {"q0": {"split": "test"}, "q1": {"split": "train"}, "q2": {"split": "dev"}}
    built = build_study(database, items=("q0", "q1", "q2", "q3"), criteria=FIT, described=splits)
    facts = facts_of(database, built)
    (column,) = facts.columns()
    assert column.names == ("train", "dev", "test")
    assert of(column, facts, built) == {"q0": "test", "q1": "train", "q2": "dev", "q3": ""}


def test_a_key_named_like_a_built_in_one_stands_beside_it(database: Database) -> None:
    told = {"q1": {"system": "a", "item:system": "c"}, "q2": {"system": "b", "item:system": "d"}}
    built = build_study(database, items=("q1", "q2"), described=described(told))
    found = columns_of(database, built)
    assert found["system"].names == ("alder", "birch")
    assert (found["item:system"].title, found["item:system"].names) == ("system (of the item)", ("a", "b"))
    assert found["item:system'"].names == ("c", "d"), "not even a second clash hides anything"


def test_only_subjects_that_were_not_met_are_read(database: Database) -> None:
    built = six(database, {"q0": {"domain": "law"}, "q1": {"domain": "art"}})
    facts = facts_of(database, built)
    assert learn(facts, database, list(built.subjects.values())) == 0
    with database.writing() as session:
        item = Item(study_id=built.study, external_id="new", messages=[], slices={"domain": "war"}, created_at=AT)
        session.add(item)
        session.flush()
        output = Output(item_id=item.id or 0, system_id=built.systems["alder"], messages=[], created_at=AT)
        session.add(output)
        session.flush()
        subject = add_subject(session, built.study, item.id or 0, "new/alder", output.id)
    assert learn(facts, database, [subject]) == 1
    found = {column.key: column for column in facts.columns()}
    place = facts.places(np.array([subject, 999_999], np.int64))
    assert [found["domain"].names[found["domain"].codes[place[0]]], place[1]] == ["war", -1]
    assert found["system"].names == ("alder",)


def test_a_study_without_items_has_no_slices(database: Database) -> None:
    built = build_study(database, items=())
    facts = facts_of(database, built)
    assert facts.columns() == ()
    assert facts.places(np.array([1], np.int64)).tolist() == [-1]


def test_items_of_an_import_that_is_not_done_are_in_no_slice(database: Database) -> None:
    built = build_study(database, items=())
    subjects = []
    with database.writing() as session:
        for state, domain in (("done", "law"), ("running", "art")):
            row = Import(study_id=built.study, files=[], mapping={}, state=state, created_at=AT)
            session.add(row)
            session.flush()
            item = Item(study_id=built.study, external_id=domain, messages=[], slices={"domain": domain},
                        split="dev", import_id=row.id, created_at=AT)  # fmt: skip
            session.add(item)
            session.flush()
            subjects.append(add_subject(session, built.study, item.id or 0, domain))
    facts = SliceFacts(built.study)
    learn(facts, database, subjects)
    assert {column.key: column.codes.tolist() for column in facts.columns()} == {"split": [0, -1]}


def test_metadata_that_is_no_object_parts_nothing(database: Database) -> None:
    built = build_study(database, items=("q1", "q2"), criteria=FIT, described={"q1": {"slices": ["a", "b"]}})
    assert columns_of(database, built) == {}
