from core.scales import preference
from core.store.database import Database
from core.store.pair_systems import read_pair_systems
from tests.builders import add_subject, build_study

CRITERIA = {"better": ("pair", preference())}


def test_every_pair_names_the_systems_in_the_order_of_its_outputs(database: Database) -> None:
    built = build_study(database, criteria=CRITERIA, items=("q1", "q2"), systems=("oak", "ash"))
    with database.writing() as session:
        turned = add_subject(
            session, built.study, built.items["q2"], "turned", built.outputs["q2", "ash"], built.outputs["q2", "oak"]
        )
    with database.reading() as session:
        found = read_pair_systems(built.study, session=session)
    assert found.systems == ("oak", "ash")
    assert found.subject.tolist() == [built.subjects["q1/oak|ash"], built.subjects["q2/oak|ash"], turned]
    assert [(found.systems[a], found.systems[b]) for a, b in zip(found.a, found.b, strict=True)] == [
        ("oak", "ash"), ("oak", "ash"), ("ash", "oak")
    ]  # fmt: skip


def test_pairs_and_systems_of_other_studies_and_other_subjects_are_not_seen(database: Database) -> None:
    build_study(database, name="Other", criteria=CRITERIA, systems=("elm", "fir"))
    outputs = build_study(database, name="Outputs", systems=("ash", "oak"))
    with database.reading() as session:
        found = read_pair_systems(outputs.study, session=session)
    assert (found.systems, len(found.subject), len(found.a)) == (("ash", "oak"), 0, 0)
