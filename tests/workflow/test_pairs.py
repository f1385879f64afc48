"""Making pairs, items and outputs subjects: counted first, recorded as a draw, twice is once."""

import pytest
from sqlmodel import select

from core.errors import BadInput, NotFound
from core.models.items import Design, DrawnSubject, Item, Output, Subject, System
from core.models.ratings import Import
from core.models.study import Target
from core.scales import preference
from core.workflow.pairs import (
    Made,
    PairDesign,
    list_draws,
    make_pairs,
    make_subjects,
    missing_subjects,
    plan_pairs,
)
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, build_study

ANN = Visitor("Ann")
THREE = ("alder", "birch", "cedar")


def study(workspace: Workspace, systems: tuple[str, ...] = THREE, items: tuple[str, ...] = ("q1", "q2")) -> Built:
    """Outputs of every system; one pair subject per item is there already (alder and birch)."""
    return build_study(workspace.database, criteria={"better": ("pair", preference())}, systems=systems, items=items)


def subjects(workspace: Workspace, kind: str) -> list[Subject]:
    with workspace.database.reading() as session:
        return list(session.exec(select(Subject).where(Subject.kind == kind).order_by(Subject.key)).all())


def test_all_pairs_are_counted_then_made_then_there(any_workspace: Workspace) -> None:
    built = study(any_workspace)
    plan = plan_pairs(any_workspace, built.study, PairDesign())
    # 2 items x 3 pairs of systems, one of each item there already
    assert (plan.n_items, plan.n_possible, plan.n_chosen, plan.n_there, plan.n_new) == (2, 6, 6, 2, 4)
    assert plan.by_systems == (("alder", "birch", 2), ("alder", "cedar", 2), ("birch", "cedar", 2))
    assert plan.probability == 1.0
    made = make_pairs(any_workspace, ANN, built.study, PairDesign())
    assert (made.n_new, made.draw_is_new) == (4, True)
    assert [subject.key for subject in subjects(any_workspace, "pair")] == [
        f"{item}/{pair}" for item in ("q1", "q2") for pair in ("alder|birch", "alder|cedar", "birch|cedar")
    ]
    assert make_pairs(any_workspace, ANN, built.study, PairDesign()) == Made(0, made.draw_id, draw_is_new=False)
    (draw,) = list_draws(any_workspace, built.study)
    assert (draw.design, draw.kind, draw.population, draw.n_drawn, draw.seed, draw.by) == (
        "all",
        "pair",
        6,
        6,
        None,
        "Ann",
    )


def test_a_random_subset_records_seed_and_probability(any_workspace: Workspace) -> None:
    built = study(any_workspace)
    design = PairDesign(design=Design.RANDOM, per_item=2, seed=11)
    plan = plan_pairs(any_workspace, built.study, design)
    assert plan.n_chosen == 4
    assert plan.probability == pytest.approx(4 / 6)
    made = make_pairs(any_workspace, ANN, built.study, design)
    with any_workspace.database.reading() as session:
        drawn = session.exec(select(DrawnSubject).where(DrawnSubject.draw_id == made.draw_id)).all()
    assert [row.probability for row in drawn] == [pytest.approx(4 / 6)] * 4
    assert sorted(row.rank for row in drawn) == [0, 1, 2, 3]
    again = make_pairs(any_workspace, ANN, built.study, design)
    assert not again.draw_is_new
    other = make_pairs(any_workspace, ANN, built.study, PairDesign(design=Design.RANDOM, per_item=2, seed=12))
    assert other.draw_is_new
    assert [(draw.seed, draw.population, draw.n_drawn) for draw in list_draws(any_workspace, built.study)] == [
        (12, 6, 4),
        (11, 6, 4),
    ]


def test_where_items_have_different_systems_the_probability_is_not_known(workspace: Workspace) -> None:
    built = study(workspace)
    with workspace.database.writing() as session:
        item = Item(study_id=built.study, external_id="q3", messages=[], created_at=AT)
        session.add(item)
        session.flush()
        assert item.id is not None
        for system in ("alder", "cedar"):
            session.add(Output(item_id=item.id, system_id=built.systems[system], messages=[], created_at=AT))
    plan = plan_pairs(workspace, built.study, PairDesign(design=Design.RANDOM, per_item=1, seed=1))
    assert (plan.n_items, plan.n_possible, plan.n_chosen, plan.probability) == (3, 7, 3, None)
    made = make_pairs(workspace, ANN, built.study, PairDesign(design=Design.RANDOM, per_item=1, seed=1))
    with workspace.database.reading() as session:
        drawn = session.exec(select(DrawnSubject).where(DrawnSubject.draw_id == made.draw_id)).all()
    assert [row.probability for row in drawn] == [None, None, None]


def test_of_several_samples_the_first_stands_for_its_system(workspace: Workspace) -> None:
    built = study(workspace, systems=("alder", "birch"), items=("q1",))
    with workspace.database.writing() as session:
        session.add(
            Output(item_id=built.items["q1"], system_id=built.systems["alder"], sample=1, messages=[], created_at=AT)
        )
    assert plan_pairs(workspace, built.study, PairDesign()).n_possible == 1


def test_an_unfinished_import_s_outputs_and_a_replaced_item_are_not_paired(workspace: Workspace) -> None:
    built = study(workspace, systems=("alder", "birch"))
    with workspace.database.writing() as session:
        running = Import(study_id=built.study, files=[], mapping={}, state="running", created_at=AT)
        session.add(running)
        session.flush()
        late = System(study_id=built.study, name="late", import_id=running.id, created_at=AT)
        session.add(late)
        session.flush()
        assert late.id is not None
        session.add(
            Output(item_id=built.items["q1"], system_id=late.id, messages=[], import_id=running.id, created_at=AT)
        )
        session.add(Item(study_id=built.study, external_id="q2, corrected", messages=[], replaces_id=built.items["q2"],
                         created_at=AT))  # fmt: skip
    plan = plan_pairs(workspace, built.study, PairDesign())
    assert (plan.n_items, plan.n_possible) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"design": Design.HUNT},
        {"design": Design.RANDOM},
        {"design": Design.RANDOM, "per_item": 1, "total": 1},
        {"design": Design.RANDOM, "total": 0},
        {"per_item": 1},
    ],
)
def test_a_design_that_says_too_little_or_too_much_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        PairDesign(**wrong)  # type: ignore[arg-type] # the fields above


def test_without_two_systems_there_is_nothing_to_pair(workspace: Workspace) -> None:
    built = build_study(workspace.database, systems=("alder",))
    assert plan_pairs(workspace, built.study, PairDesign()).n_chosen == 0
    with pytest.raises(BadInput, match="no item with outputs of two systems"):
        make_pairs(workspace, ANN, built.study, PairDesign())
    assert list_draws(workspace, built.study) == ()


def test_items_and_outputs_become_subjects_once(any_workspace: Workspace) -> None:
    built = study(any_workspace)
    missing = {one.kind: (one.n_there, one.n_missing) for one in missing_subjects(any_workspace, built.study)}
    assert missing == {Target.ITEM: (0, 2), Target.OUTPUT: (0, 6)}
    told: list[tuple[int, int]] = []
    made = make_subjects(any_workspace, ANN, built.study, Target.OUTPUT, progress=lambda *step: told.append(step))
    assert (made.n_new, told) == (6, [(6, 6)])
    assert make_subjects(any_workspace, ANN, built.study, Target.OUTPUT) == Made(0, made.draw_id, draw_is_new=False)
    make_subjects(any_workspace, ANN, built.study, Target.ITEM)
    assert [subject.key for subject in subjects(any_workspace, "item")] == ["q1", "q2"]
    assert all(one.n_missing == 0 for one in missing_subjects(any_workspace, built.study))
    with pytest.raises(BadInput):
        make_subjects(any_workspace, ANN, built.study, Target.PAIR)
    with pytest.raises(BadInput, match="import a file first"):
        make_subjects(any_workspace, ANN, 999, Target.ITEM)


def test_many_subjects_are_written_in_short_batches(workspace: Workspace) -> None:
    built = study(workspace, items=tuple(f"q{n}" for n in range(5)))
    told: list[tuple[int, int]] = []
    make_subjects(workspace, ANN, built.study, Target.OUTPUT, batch=4, progress=lambda *step: told.append(step))
    assert told == [(4, 15), (8, 15), (12, 15), (15, 15)]


def test_what_a_crash_left_is_found_by_the_next_try(workspace: Workspace) -> None:
    built = study(workspace, items=tuple(f"q{n}" for n in range(5)))

    def crash(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_subjects(workspace, ANN, built.study, Target.OUTPUT, batch=4, progress=crash)
    assert len(subjects(workspace, "output")) == 4
    assert list_draws(workspace, built.study) == (), "a draw names all of its subjects, or is not there"
    assert make_subjects(workspace, ANN, built.study, Target.OUTPUT).n_new == 11
    assert list_draws(workspace, built.study)[0].n_drawn == 15


def test_an_unknown_study_gets_no_draw(workspace: Workspace) -> None:
    built = study(workspace)
    assert built.study != 999
    with pytest.raises((NotFound, BadInput)):
        make_pairs(workspace, ANN, 999, PairDesign())
