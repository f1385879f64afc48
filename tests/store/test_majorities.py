"""The most frequent grade of people: which ratings count, on which split, and when there is none."""

from core.scales import DeclaredScale, ScaleKind, pass_fail
from core.store.database import Database
from core.store.majorities import Majorities, read_majorities
from tests.builders import Built, add_criterion, add_rating, build_study

PEOPLE = ("person", "seat")


def _read(database: Database, built: Built, **meanings: int) -> Majorities:
    with database.reading() as session:
        return read_majorities(built.study, meanings or {"acceptable": 1}, kinds=PEOPLE, session=session)


def test_the_most_frequent_blind_grade_of_people_is_the_majority(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        for subject, rater, value in (("q1/alder", "ann", "pass"), ("q1/alder", "bob", "fail"),
                                      ("q2/alder", "ann", "pass")):  # fmt: skip
            add_rating(session, built, subject, "acceptable", rater, value)
        for item in ("q1", "q2", "q3"):  # judges and sources are no people
            add_rating(session, built, f"{item}/alder", "acceptable", "judge", "fail", kind="judge")
            add_rating(session, built, f"{item}/birch", "acceptable", "given", "fail", kind="source")
    found = _read(database, built)
    # pass 2 of 3
    assert found.split is None
    assert found.values == {"acceptable": "pass"}
    assert (found.by_lineage["acceptable"].n, found.by_lineage["acceptable"].n_most) == (3, 2)


def test_equally_frequent_values_leave_no_majority(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "ann", "pass")
        add_rating(session, built, "q1/birch", "acceptable", "ann", "fail")
    found = _read(database, built)
    assert found.values == {}
    assert found.by_lineage["acceptable"].n_tied == 2


def test_nobody_rated_means_no_majority(database: Database) -> None:
    built = build_study(database)
    assert _read(database, built).by_lineage["acceptable"].n == 0
    assert _read(database, built).values == {}


def test_only_the_train_split_counts_where_items_are_split(database: Database) -> None:
    described = {"q1": {"split": "train"}, "q2": {"split": "test"}, "q3": {"split": "dev"}}
    built = build_study(database, described=described)
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "ann", "fail")
        for subject in ("q2/alder", "q2/birch", "q3/alder"):
            add_rating(session, built, subject, "acceptable", "ann", "pass")
    found = _read(database, built)
    assert (found.split, found.values) == ("train", {"acceptable": "fail"})


def test_without_train_the_dev_split_counts_and_never_the_test_split(database: Database) -> None:
    built = build_study(database, described={"q1": {"split": "dev"}, "q2": {"split": "test"}, "q3": {"split": "test"}})
    with database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "ann", "fail")
        add_rating(session, built, "q2/alder", "acceptable", "ann", "pass")
        add_rating(session, built, "q3/alder", "acceptable", "ann", "pass")
    assert _read(database, built).values == {"acceptable": "fail"}
    only_test = build_study(
        database, name="Test only", described={item: {"split": "test"} for item in ("q1", "q2", "q3")}
    )
    with database.writing() as session:
        add_rating(session, only_test, "q1/alder", "acceptable", "ann", "pass")
    assert _read(database, only_test).values == {}


def test_superseded_withdrawn_exposed_and_repeated_grades_do_not_count(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        old = add_rating(session, built, "q1/alder", "acceptable", "ann", "fail")
        add_rating(session, built, "q1/alder", "acceptable", "ann", "pass", supersedes=old)
        add_rating(session, built, "q1/birch", "acceptable", "ann", None, absence="abstained")
        add_rating(session, built, "q2/alder", "acceptable", "ann", "fail", phase="exposed")
        add_rating(session, built, "q2/birch", "acceptable", "ann", "fail", repetition=1)
        add_rating(session, built, "q3/alder", "acceptable", "ann", "fail", phase="revised")
    found = _read(database, built).by_lineage["acceptable"]
    assert (found.value, found.n) == ("pass", 1)


def test_versions_of_the_same_meaning_count_together_and_other_meanings_do_not(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        typo = add_criterion(session, built.study, "acceptable", "output", pass_fail(), version=2, meaning=1)
        other = add_criterion(session, built.study, "acceptable", "output", pass_fail(), version=3, meaning=2)
        versions = Built(
            **{**vars(built), "criteria": {"first": built.criteria["acceptable"], "typo": typo, "other": other}}
        )
        add_rating(session, versions, "q1/alder", "first", "ann", "pass")
        add_rating(session, versions, "q2/alder", "typo", "ann", "pass")
        for subject in ("q1/birch", "q2/birch", "q3/birch"):
            add_rating(session, versions, subject, "other", "ann", "fail")
    assert _read(database, built, acceptable=1).by_lineage["acceptable"].n == 2
    assert _read(database, built, acceptable=1).values == {"acceptable": "pass"}
    assert _read(database, built, acceptable=2).values == {"acceptable": "fail"}


def test_of_free_numbers_the_most_frequent_one_counts(database: Database) -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0, high=10)
    built = build_study(database, criteria={"length": ("output", scale)})
    with database.writing() as session:
        for subject, value in (("q1/alder", 3.5), ("q2/alder", 3.5), ("q3/alder", 9.0)):
            add_rating(session, built, subject, "length", "ann", value)
    assert _read(database, built, length=1).values == {"length": 3.5}
