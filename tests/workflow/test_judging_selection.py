"""Which subjects a judge is run on: chosen once, frozen, read in ranges."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from core.errors import BadInput
from core.models.items import Draw, DrawnSubject, Item, Subject
from core.models.ratings import Import
from core.scales import pass_fail, preference
from core.store.judging_subjects import add_draw
from core.workflow.judging_selection import (
    Selection,
    check_selection,
    choose,
    count_selection,
    sampled,
    selected_subjects,
    slice_choices,
    write_drawn,
)
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, add_rating, add_subject, build_study

ANA = Visitor("Ana")
ITEMS = tuple(f"q{number}" for number in range(1, 9))
DESCRIBED = {
    name: {"split": ("train", "dev")[place % 2], "slices": {"topic": ("sums", "words")[place // 4]}}
    for place, name in enumerate(ITEMS)
}
"""q1 train, q2 dev, ...; q1 to q4 are about sums, the others about words."""


def built_in(workspace: Workspace) -> Built:
    criteria = {"acceptable": ("output", pass_fail()), "better": ("pair", preference())}
    return build_study(workspace.database, items=ITEMS, described=DESCRIBED, criteria=criteria)


def freeze(workspace: Workspace, visitor: Visitor, study: int, selection: Selection) -> tuple[Selection, int]:
    """The frozen selection and the key of its draw, written as a run writes them."""
    chosen = choose(workspace, visitor, study, selection)
    with workspace.database.writing() as session:
        draw_id = add_draw(chosen.draw, session=session)
    write_drawn(workspace, chosen, draw_id)
    return chosen.selection, draw_id


def taken(workspace: Workspace, built: Built, selection: Selection) -> list[str]:
    """Keys of the subjects that a selection takes once it is frozen."""
    n = count_selection(workspace, built.study, selection)
    frozen, draw_id = freeze(workspace, ANA, built.study, selection)
    with workspace.database.reading() as session:
        ids = selected_subjects(built.study, frozen, draw_id, session=session)
    assert list(ids) == sorted(set(ids.tolist()))
    assert len(ids) == n == frozen.n
    names = {key: name for name, key in built.subjects.items()}
    return [names[key] for key in ids.tolist()]


def test_all_of_a_kind_are_a_condition_and_not_a_list(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    assert len(taken(any_workspace, built, Selection(kind="output"))) == 16
    assert len(taken(any_workspace, built, Selection(kind="pair", splits=("dev",)))) == 4
    with any_workspace.database.reading() as session:
        assert session.exec(select(DrawnSubject)).all() == []
        draws = session.exec(select(Draw).order_by(Draw.id)).all()  # type: ignore[arg-type]
    assert [(draw.design, draw.kind, draw.population) for draw in draws] == [("all", "output", 16), ("all", "pair", 4)]
    assert draws[1].note == "Judge run: all pairs, split dev"


def test_subjects_that_come_later_do_not_come_in(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    frozen, draw_id = freeze(any_workspace, ANA, built.study, Selection(kind="output"))

    with any_workspace.database.writing() as session:
        add_subject(session, built.study, built.items["q1"], "q1/late", built.outputs["q1", "alder"])
    with any_workspace.database.reading() as session:
        assert len(selected_subjects(built.study, frozen, draw_id, session=session)) == 16
    assert count_selection(any_workspace, built.study, Selection(kind="output")) == 17


def test_what_an_unfinished_import_brings_stays_out_for_good(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    with any_workspace.database.writing() as session:
        brought = Import(study_id=built.study, files=[], mapping={}, state="running", created_at=AT)
        session.add(brought)
        session.flush()
        item = Item(study_id=built.study, external_id="new", messages=[], import_id=brought.id, created_at=AT)
        session.add(item)
        session.flush()
        late = Subject(study_id=built.study, item_id=item.id or 0, kind="output", import_id=brought.id, created_at=AT,
                       output_a_id=built.outputs["q1", "alder"], key="new")  # fmt: skip
        session.add(late)
    frozen, draw_id = freeze(any_workspace, ANA, built.study, Selection(kind="output"))
    assert frozen.is_drawn  # a condition would let them in once the import is done
    with any_workspace.database.writing() as session:
        brought.state = "done"
        session.add(brought)
    with any_workspace.database.reading() as session:
        ids = selected_subjects(built.study, frozen, draw_id, session=session)
    assert set(ids.tolist()) == {built.subjects[f"{item}/{system}"] for item in ITEMS for system in ("alder", "birch")}


def test_only_what_people_graded_and_did_not_withdraw(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    with any_workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
        add_rating(session, built, "q2/alder", "acceptable", "judge", "pass", kind="judge")
        first = add_rating(session, built, "q3/birch", "acceptable", "Bo", "pass")
        add_rating(session, built, "q3/birch", "acceptable", "Bo", None, absence="withdrawn", supersedes=first)
        before = add_rating(session, built, "q4/birch", "acceptable", "Bo", "pass")
        add_rating(session, built, "q4/birch", "acceptable", "Bo", "fail", supersedes=before)
    assert taken(any_workspace, built, Selection(kind="output", which="graded")) == ["q1/alder", "q4/birch"]
    assert taken(any_workspace, built, Selection(kind="output", which="graded", splits=("dev",))) == ["q4/birch"]


def test_slices_narrow_by_key_and_widen_by_name(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    sums = Selection(kind="pair", slices={"topic": ("sums",)})
    assert taken(any_workspace, built, sums) == [f"q{n}/alder|birch" for n in (1, 2, 3, 4)]
    both = Selection(kind="pair", slices={"topic": ("sums", "words")}, splits=("train",))
    assert taken(any_workspace, built, both) == [f"q{n}/alder|birch" for n in (1, 3, 5, 7)]
    of_one = Selection(kind="output", slices={"topic": ("words",), "system": ("birch",)})
    assert taken(any_workspace, built, of_one) == [f"q{n}/birch" for n in (5, 6, 7, 8)]
    assert [choice.key for choice in slice_choices(any_workspace, built.study)][:1] == ["system"]
    for wrong in ({"colour": ("red",)}, {"topic": ("red",)}):
        with pytest.raises(BadInput, match="selection, slice"):
            count_selection(any_workspace, built.study, Selection(kind="output", slices=wrong))


@pytest.mark.parametrize("wrong", [{"seed": 2**63}, {"seed": -1}, {"subjects": (2**63,)}, {"subjects": (1, -1)}])
def test_numbers_that_no_database_keeps_are_refused(wrong: dict[str, Any]) -> None:
    chosen: dict[str, Any] = {"kind": "output", "which": "random", "n": 1} | wrong
    with pytest.raises(BadInput, match="selection, "):
        check_selection(Selection(**chosen))


def test_a_random_sample_is_the_same_for_its_seed_and_knows_its_probability(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    wanted = Selection(kind="output", which="random", n=4, seed=11, splits=("train",))
    first = taken(any_workspace, built, wanted)
    assert first == taken(any_workspace, built, wanted)
    assert first != taken(
        any_workspace, built, Selection(kind="output", which="random", n=4, seed=12, splits=("train",))
    )
    with any_workspace.database.reading() as session:
        draw = session.exec(select(Draw)).first()
        rows = session.exec(select(DrawnSubject).where(DrawnSubject.draw_id == draw.id)).all()  # type: ignore[union-attr]
    assert draw is not None
    # 8 outputs are in the split train: each had a chance of 4 in 8
    assert (draw.design, draw.seed, draw.population) == ("random", 11, 8)
    assert [row.probability for row in rows] == [0.5] * 4
    assert sorted(row.rank for row in rows) == [0, 1, 2, 3]


def test_a_sample_without_a_seed_is_given_one_and_one_larger_than_all_takes_all(workspace: Workspace) -> None:
    built = built_in(workspace)
    frozen, _ = freeze(workspace, ANA, built.study, Selection(kind="output", which="random", n=99))
    assert frozen.seed is not None
    assert frozen.n == 16


def test_listed_subjects_are_those_of_the_study_and_kind(workspace: Workspace) -> None:
    built = built_in(workspace)
    other = build_study(workspace.database, name="Other")
    listed = (built.subjects["q2/birch"], built.subjects["q1/alder|birch"], other.subjects["q1/alder"])
    assert taken(workspace, built, Selection(kind="output", which="listed", subjects=listed)) == ["q2/birch"]
    with workspace.database.reading() as session:
        draw = session.exec(select(Draw)).one()
    assert (draw.design, draw.population) == ("by hand", 1)


@pytest.mark.parametrize(
    "wrong",
    [
        Selection(kind="system"),
        Selection(kind="output", which="random"),
        Selection(kind="output", which="random", n=0),
        Selection(kind="output", which="some"),  # type: ignore[arg-type]
        Selection(kind="output", splits=("final",)),
        Selection(kind="item"),
        Selection(kind="output", which="graded"),
    ],
)
def test_a_selection_that_cannot_be_or_takes_nothing_is_refused(workspace: Workspace, wrong: Selection) -> None:
    built = built_in(workspace)
    with pytest.raises(BadInput, match="selection"):
        freeze(workspace, ANA, built.study, wrong)
    with workspace.database.reading() as session:
        assert session.exec(select(Draw)).all() == []


def test_a_frozen_selection_is_read_in_ranges(any_workspace: Workspace) -> None:
    built = built_in(any_workspace)
    for selection in (
        Selection(kind="output"),
        Selection(kind="output", which="random", n=9, seed=3),
        Selection(kind="output", which="listed", subjects=tuple(built.subjects.values())),
    ):
        frozen, draw_id = freeze(any_workspace, ANA, built.study, selection)
        with any_workspace.database.reading() as session:
            whole = selected_subjects(built.study, frozen, draw_id, session=session).tolist()
            parts: list[int] = []
            while part := selected_subjects(
                built.study, frozen, draw_id, after=parts[-1] if parts else 0, limit=4, session=session
            ).tolist():
                assert len(part) <= 4
                parts += part
        assert parts == whole


def test_one_that_was_never_frozen_is_refused(workspace: Workspace) -> None:
    built = built_in(workspace)
    with workspace.database.reading() as session, pytest.raises(BadInput, match="never frozen"):
        selected_subjects(built.study, Selection(kind="output"), None, session=session)


def test_choosing_writes_nothing(workspace: Workspace) -> None:
    built = built_in(workspace)
    chosen = choose(workspace, ANA, built.study, Selection(kind="output", which="random", n=2, seed=1))
    assert len(chosen.subjects) == 2
    with workspace.database.reading() as session:
        assert session.exec(select(Draw)).all() == []


WORDS = st.text(max_size=8)
SELECTIONS = st.builds(
    Selection,
    kind=st.sampled_from(["item", "output", "pair"]),
    which=st.sampled_from(["all", "graded", "random", "listed"]),
    n=st.none() | st.integers(0, 9),
    seed=st.none() | st.integers(0, 9),
    splits=st.lists(st.sampled_from(["train", "dev", "test"]), unique=True).map(tuple),
    slices=st.dictionaries(WORDS, st.lists(WORDS, max_size=3).map(tuple), max_size=2),
    subjects=st.lists(st.integers(1, 99), max_size=3).map(tuple),
    statuses=st.lists(WORDS, max_size=2).map(tuple),
    causes=st.lists(WORDS, max_size=2).map(tuple),
    up_to_subject_id=st.none() | st.integers(0, 99),
    is_drawn=st.booleans(),
)


@given(SELECTIONS)
def test_a_selection_is_kept_as_json_and_read_back(selection: Selection) -> None:
    assert Selection.from_json(selection.to_json()) == selection
    assert selection.in_words


@given(st.lists(st.integers(1, 10_000), unique=True, min_size=1, max_size=60), st.integers(1, 80), st.integers())
def test_a_sample_has_its_size_and_nothing_twice(ids: list[int], n: int, seed: int) -> None:
    subjects = np.array(sorted(ids), np.int64)
    found = sampled(subjects, n, seed).tolist()
    assert len(found) == len(set(found)) == min(n, len(ids))
    assert set(found) <= set(ids)
    assert found == sampled(subjects, n, seed).tolist()


def test_every_subject_is_drawn_about_equally_often() -> None:
    subjects = np.arange(10, dtype=np.int64)
    counts = np.zeros(10)
    for seed in range(2_000):
        counts[sampled(subjects, 3, seed)] += 1
    # Each is expected 600 times; the standard deviation is sqrt(2000 * .3 * .7) = 20.5
    assert np.all(np.abs(counts - 600) < 5 * 20.5)


def test_a_selection_says_in_words_what_it_takes() -> None:
    assert Selection(kind="pair", splits=("dev", "test")).in_words == "all pairs, split dev or test"
    assert Selection(kind="output", which="graded", slices={"topic": ("a", "b")}).in_words == (
        "outputs graded by people, topic: a or b"
    )
    assert Selection(kind="item", which="random", n=1_500).in_words == "1,500 random items"
    assert Selection(kind="item", which="listed", subjects=(7,)).in_words == "1 chosen item"
    assert Selection(kind="output", which="listed", n=4_000, is_drawn=True).in_words == "4,000 chosen outputs"
    again = Selection(kind="output", n=6, statuses=("unreadable", "refused"))
    assert again.in_words == "all outputs, only what was unreadable or refused"
    every = Selection(kind="output", statuses=("unreadable", "refused", "provider error"))
    assert every.in_words == "all outputs, only what failed"
    assert Selection(kind="output", statuses=("unreadable",), causes=("cut off",)).in_words.endswith("was cut off")
