"""Simulated studies: made whole, drawn by a seed, and kept apart from real ratings for good."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.errors import BadInput, Cancelled, Conflict
from core.models.ratings import TRUTH, RaterKind
from core.scales import likert, pass_fail, preference
from core.settings import ROOT
from core.stats.simulation import SimulatedRater, SimulatedStudy, simulate
from core.store import studies
from core.store.database import Database
from core.workflow import simulating
from core.workflow.agreement import LiveStudies, asked_of, headline, plain_text
from core.workflow.agreement_items import note_reading
from core.workflow.agreement_narrowing import Asked
from core.workflow.agreement_numbers import every_coefficient, preference_numbers
from core.workflow.agreement_place import missing
from core.workflow.exporting import ExportRequest, start_export, write_export
from core.workflow.grading import next_cards, state
from core.workflow.grading_desk import GradingDesk
from core.workflow.grading_scene import enter
from core.workflow.import_liveness import clear_dead_imports
from core.workflow.importing import InputFile, RefusedImport, check_import, read_mapping_file, run_import
from core.workflow.simulated_writing import write_simulated
from core.workflow.studies import close_study, create_study, find_study, list_studies
from core.workflow.workspace import Visitor, Workspace
from tests.builders import add_rater, build_study
from tests.importing.imports import csv_file, long_row, mapping

ANA, BEA = SimulatedRater("Ana", noise=0.4), SimulatedRater("Bea", noise=0.4, leniency=0.5, drift=1.0, missing=0.1)
WHO = Visitor("Rea")


def plan(n_units: int = 40, **rest: object) -> SimulatedStudy:
    return SimulatedStudy(rest.pop("scale", likert(1, 5)), (ANA, BEA), n_units, **rest)  # type: ignore[arg-type]


def rows(database: Database, query: str, **values: object) -> list[tuple[object, ...]]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(query), values)]


RATINGS = (
    "select i.external_id, r.name, g.option, g.number, g.repetition, g.created_at from rating g"
    " join rater r on r.id = g.rater_id join subject s on s.id = g.subject_id join item i on i.id = s.item_id"
    " where g.study_id = :study order by g.id"
)


def test_the_ratings_are_those_of_the_draw_and_the_truth_stands_beside_them(any_workspace: Workspace) -> None:
    wanted = plan(repeats=2, cluster_size=4, cluster_share=0.5)
    made = simulating.simulate_study(any_workspace, WHO, "Plan", wanted, seed=7)
    drawn, keys = simulate(wanted, seed=7), wanted.scale.keys
    expected = {
        (f"unit {unit + 1}", rater.name, repeat): keys[drawn.values[unit, place, repeat]]
        for unit in range(40) for place, rater in enumerate((ANA, BEA)) for repeat in (0, 1)
        if drawn.values[unit, place, repeat] >= 0
    }  # fmt: skip
    truth = {(f"unit {unit + 1}", TRUTH, 0): keys[drawn.truth[unit]] for unit in range(40)}
    written = rows(any_workspace.database, RATINGS, study=made.study.id)
    assert {(unit, name, repeat): option for unit, name, option, _, repeat, _ in written} == expected | truth
    assert made.n_ratings == len(expected)
    assert (made.study.simulated, made.study.n_people, made.study.n_judges, made.study.n_items) == (True, 0, 0, 40)
    clusters = rows(any_workspace.database, "select cluster, count(*) from item group by cluster")
    assert sorted(clusters) == sorted((f"cluster {place}", 4) for place in range(1, 11))
    kinds = rows(any_workspace.database, "select distinct kind from rater where study_id = :s", s=made.study.id)
    assert kinds == [(RaterKind.SIMULATED.value,)]


def test_the_units_come_one_after_the_other_over_thirty_days(workspace: Workspace) -> None:
    made = simulating.simulate_study(workspace, WHO, "Plan", plan(), seed=7)
    times = [row[5] for row in rows(workspace.database, RATINGS, study=made.study.id)]
    assert times == sorted(times)  # type: ignore[type-var]
    live = LiveStudies(workspace).of(made.study.id)
    live.refresh()
    (first, last) = (live.view(Asked()).raters[0].first, live.view(Asked()).raters[0].last)
    assert first is not None
    assert last is not None
    assert first == workspace.clock() - timedelta(days=30)
    assert timedelta(0) < workspace.clock() - last < timedelta(days=1)


def test_slices_say_where_in_the_sequence_a_unit_is_and_how_good(workspace: Workspace) -> None:
    made = simulating.simulate_study(workspace, WHO, "Plan", plan(30, cluster_size=10), seed=7)
    drawn = simulate(plan(30, cluster_size=10), seed=7)
    slices = [json.loads(str(row[0])) for row in rows(workspace.database, "select slices from item order by id")]
    assert [found["sequence"] for found in slices] == [
        *["first third"] * 10, *["middle third"] * 10, *["last third"] * 10
    ]  # fmt: skip
    by_quality = [slices[unit]["true quality"] for unit in np.argsort(drawn.quality)]
    assert by_quality == [*["low"] * 10, *["middle"] * 10, *["high"] * 10]
    assert {found["cluster"] for found in slices} == {"cluster 1", "cluster 2", "cluster 3"}
    assert made.study.n_subjects == {"item": 30}


def test_a_preference_is_about_pairs_and_a_free_number_stays_a_number(any_workspace: Workspace) -> None:
    pairs = simulating.simulate_study(any_workspace, WHO, "Pairs", plan(12, scale=preference()), seed=1)
    assert pairs.study.n_subjects == {"pair": 12}
    assert pairs.study.n_outputs == 24
    drawn = simulate(plan(12, scale=simulating.SCALES["numbers"]), seed=1)
    numbers = simulating.simulate_study(
        any_workspace, WHO, "Numbers", plan(12, scale=simulating.SCALES["numbers"]), seed=1, truth=False
    )
    written = rows(any_workspace.database, RATINGS, study=numbers.study.id)
    values = drawn.values[:, :, 0]
    assert [row[3] for row in written] == pytest.approx(values[~np.isnan(values)].tolist())
    assert {row[1] for row in written} == {"Ana", "Bea"}


def test_the_same_seed_gives_the_same_ratings_and_none_given_is_told(workspace: Workspace) -> None:
    first = simulating.simulate_study(workspace, WHO, "One", plan())
    second = simulating.simulate_study(workspace, WHO, "Two", plan(), seed=first.seed)
    third = simulating.simulate_study(workspace, WHO, "Three", plan(), seed=first.seed + 1)
    said = [
        [row[:5] for row in rows(workspace.database, RATINGS, study=made.study.id)] for made in (first, second, third)
    ]
    assert said[0] == said[1] != said[2]


def test_agreement_is_among_simulated_raters_and_leaves_the_truth_out_unless_chosen(workspace: Workspace) -> None:
    made = simulating.simulate_study(workspace, WHO, "Plan", plan(60), seed=7)
    live = LiveStudies(workspace).of(made.study.id)
    live.refresh()
    view = live.view(asked_of(live))
    assert [line.name for line in view.raters] == ["Ana", "Bea"]
    assert [line.name for line in view.others] == [TRUTH]
    assert plain_text(headline(view)).startswith("These raters (simulated) ")
    assert plain_text(headline(view)).endswith(
        " The known truth is left out; choose it among the raters to compare with it."
    )
    assert view.everyone.n_ratings == made.n_ratings
    assert view.people.n_ratings == 0
    chosen = live.view(asked_of(live, raters=["Ana", TRUTH]))
    assert [line.name for line in chosen.raters] == ["Ana", TRUTH]
    assert chosen.everyone.n_ratings == 120
    assert "left out" not in plain_text(headline(chosen))


def test_without_people_every_number_is_of_everybody(workspace: Workspace) -> None:
    made = simulating.simulate_study(workspace, WHO, "Pairs", plan(60, scale=preference()), seed=7)
    live = LiveStudies(workspace).of(made.study.id)
    live.refresh()
    view = live.view(asked_of(live))
    percent = next(line for line in every_coefficient(view).lines if line.key == "percent")
    assert [estimate.value for estimate in percent.estimates] == [view.everyone["percent"].value]
    exact = next(line for line in preference_numbers(live, view) if line.key == "exact")
    assert exact.estimates[0].value == pytest.approx(view.everyone["percent"].value)
    gap = missing(view)
    assert gap is not None
    assert gap.why == "These raters are simulated: none of them is a person or a judge."


def test_a_real_study_never_becomes_a_simulated_one(any_workspace: Workspace) -> None:
    real = create_study(any_workspace, WHO, "Real work")
    with pytest.raises(BadInput, match='found "Real work", a study of real ratings that is there already'):
        simulating.simulate_study(any_workspace, WHO, " real WORK ", plan(), seed=1)
    assert find_study(any_workspace, real.id).n_ratings == 0
    assert [study.name for study in list_studies(any_workspace)] == ["Real work"]
    simulating.simulate_study(any_workspace, WHO, "Plan", plan(), seed=1)
    with pytest.raises(BadInput, match="a simulated study that is there already"):
        simulating.simulate_study(any_workspace, WHO, "plan", plan(), seed=1)


@pytest.mark.parametrize("event", ["insert", "update"])
def test_the_database_itself_keeps_simulated_raters_and_real_ones_apart(database: Database, event: str) -> None:
    real = build_study(database, name="Real").study
    with database.writing() as session:
        add_rater(session, real, "Ana")
    change = {
        "insert": "insert into rater (study_id, kind, name, \"group\", family, created_at)"
        " select id, 'simulated', 'Sim', '', '', created_at from study where id = :s",
        "update": "update rater set kind = 'simulated' where study_id = :s",
    }[event]  # fmt: skip
    with pytest.raises(DBAPIError, match="never share a study"), database.writing() as session:
        session.execute(text(change), {"s": real})
    with pytest.raises(DBAPIError, match="for good"), database.writing() as session:
        session.execute(text("update study set simulated = true where id = :s"), {"s": real})


def test_nobody_grades_a_simulated_study(any_workspace: Workspace) -> None:
    made = simulating.simulate_study(any_workspace, WHO, "Plan", plan(), seed=1)
    desk = GradingDesk(any_workspace)
    face = state(desk, WHO, study=made.study.id)
    assert face.study.simulated
    assert next_cards(desk, WHO, study=made.study.id, holding=(), count=3).cards == ()
    with pytest.raises(BadInput, match='found "Plan", which is simulated; expected a study of real raters'):
        close_study(any_workspace, WHO, made.study.id, closed=False)
    with any_workspace.database.writing() as session:
        (subject,) = session.execute(text("select min(id) from subject where study_id = :s"), {"s": made.study.id})
        with pytest.raises(BadInput, match="which is simulated"):
            studies.ensure_rater(
                made.study.id, kind=RaterKind.PERSON, name="Rea", now=any_workspace.clock(), session=session
            )
        with pytest.raises(BadInput, match="which is simulated"):
            enter(desk, WHO, study=made.study.id, subject=int(subject[0]), nonce=None, session=session)
    assert rows(any_workspace.database, "select count(*) from rater where kind = 'person'") == [(0,)]


def test_nothing_is_imported_into_a_simulated_study(any_workspace: Workspace, tmp_path: Path) -> None:
    made = simulating.simulate_study(any_workspace, WHO, "Plan", plan(), seed=1)
    file = csv_file(tmp_path / "r.csv", [long_row("q1", "ann", 4)])
    with pytest.raises(BadInput, match='found "Plan", which is simulated'):
        check_import(any_workspace, [file], mapping(), study=made.study.id)
    with pytest.raises(BadInput, match='found "Plan", which is simulated'):
        run_import(any_workspace, WHO, [file], mapping(), study=made.study.id)
    with pytest.raises(Conflict, match="is called"):
        run_import(any_workspace, WHO, [file], mapping(), new_name="Plan")
    assert find_study(any_workspace, made.study.id).n_ratings == made.study.n_ratings


def test_exported_simulated_ratings_are_refused_by_an_import(workspace: Workspace, tmp_path: Path) -> None:
    simulating.simulate_study(workspace, WHO, "Plan", plan(5), seed=1)
    target = tmp_path / "plan.jsonl"
    write_export(workspace, WHO, ExportRequest(study="Plan", format="jsonl", texts=True), target)
    said = read_mapping_file(ROOT / "data" / "mappings" / "touchstone.toml")
    with pytest.raises(RefusedImport, match='a rater of the kind "simulated"; expected one of person, judge'):
        run_import(workspace, WHO, [InputFile(target, target.name)], said, new_name="Real")


def test_reading_a_simulated_study_or_taking_an_export_makes_no_person_in_it(workspace: Workspace) -> None:
    made = simulating.simulate_study(workspace, WHO, "Plan", plan(), seed=1)
    start_export(workspace, WHO, ExportRequest(study="Plan"))
    assert note_reading(workspace, WHO, made.study.id, [1, 2])
    assert rows(workspace.database, "select count(*) from exposure") == [(0,)]
    assert rows(workspace.database, "select count(*) from rater where kind <> 'simulated'") == [(0,)]


def test_a_stopped_simulation_leaves_nothing_and_its_name_can_be_used_by_another(any_workspace: Workspace) -> None:
    told: list[str] = []

    def tell(_done: int, _total: int | None, doing: str) -> None:
        told.append(doing)

    with pytest.raises(Cancelled, match="nothing of it was kept"):
        simulating.simulate_study(
            any_workspace, WHO, "Plan", plan(), seed=1, progress=tell, cancelled=lambda: "Writing ratings" in told
        )
    assert told == ["Writing units", "Writing ratings"]
    for table in ("item", "subject", "rater", "rating", "criterion", "draw"):
        assert rows(any_workspace.database, f"select count(*) from {table}") == [(0,)]
    made = simulating.simulate_study(any_workspace, WHO, "Plan", plan(), seed=1)
    assert [study.id for study in list_studies(any_workspace)] == [made.study.id]


def test_a_simulation_whose_process_died_is_not_seen_and_is_removed_at_the_next_start(workspace: Workspace) -> None:
    drawn = simulate(plan(), seed=1)
    study_id = simulating._new_study(workspace, WHO, "Plan", plan(), 1)
    import_id = simulating._begin(workspace, WHO, study_id, plan(), 1)

    def die(_done: int, _total: int | None, doing: str) -> None:
        if doing == "Writing the draw":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # without `whole_or_nothing`, which a killed process does not reach
        write_simulated(
            workspace, WHO, drawn, study_id=study_id, import_id=import_id, truth=None, progress=die,
            cancelled=lambda: False,
        )  # fmt: skip
    assert find_study(workspace, study_id).n_ratings == 0
    assert rows(workspace.database, "select count(*) > 0 from rating") == [(True,)]
    assert clear_dead_imports(workspace) == 1
    assert rows(workspace.database, "select count(*) from rating") == [(0,)]
    assert simulating.simulate_study(workspace, WHO, "Plan", plan(), seed=1).study.id == study_id


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (lambda: plan(10_000_001), "found 20,000,002 ratings; expected at most 20,000,000"),
        (lambda: SimulatedStudy(pass_fail(), (SimulatedRater(TRUTH),), 5), "the truth is called so"),
        (lambda: SimulatedStudy(pass_fail(), (SimulatedRater(""),), 5), "name of a rater: found 0 characters"),
    ],
)
def test_what_cannot_be_simulated_is_refused_before_anything_is_made(
    workspace: Workspace, wanted: Callable[[], SimulatedStudy], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        simulating.simulate_study(workspace, WHO, "Plan", wanted(), seed=1)
    assert list_studies(workspace) == ()


def test_raters_are_read_as_they_are_typed() -> None:
    assert simulating.read_rater("Ana: noise=.5, leniency=-.2,drift=1,missing=.1") == SimulatedRater(
        "Ana", noise=0.5, leniency=-0.2, drift=1.0, missing=0.1
    )
    assert simulating.read_rater("Ana") == SimulatedRater("Ana")
    assert simulating.alike_raters(2, noise=0.3) == (
        SimulatedRater("simulated 1", noise=0.3), SimulatedRater("simulated 2", noise=0.3)
    )  # fmt: skip
    assert simulating.read_shares(".7,.3") == (0.7, 0.3)
    assert simulating.read_shares(" ") is None


@pytest.mark.parametrize("typed", ["Ana:nose=1", "Ana:noise=", "Ana:noise=nan", "Ana:noise=1,noise=2", "Ana:.5"])
def test_a_rater_that_cannot_be_read_names_what_can(typed: str) -> None:
    with pytest.raises(BadInput, match="expected noise, leniency, drift, missing, each once, as trait=number"):
        simulating.read_rater(typed)


def test_an_unknown_scale_names_the_known_ones() -> None:
    with pytest.raises(BadInput, match="expected one of binary, likert, preference, numbers"):
        simulating.scale_named("stars")
    with pytest.raises(BadInput, match="shares: found"):
        simulating.read_shares(".5,half")
