"""Who drives a run, and who is alive: one at a time, whoever asks first."""

from datetime import timedelta
from typing import Any

from core.models.judging import Judge, Run
from core.models.ratings import Rater
from core.store import runs
from core.store.database import Database
from tests.builders import AT, Built, build_study
from tests.conftest import Clock

LEASE = timedelta(seconds=30)


def a_run(database: Database, built: Built | None = None, *, state: str = "queued", purpose: str = "run") -> int:
    built = built or build_study(database)
    with database.writing() as session:
        judge = Judge(study_id=built.study, name=f"strict {purpose} {state}", fingerprint=f"{purpose}{state}",
                      protocol="direct", created_at=AT)  # fmt: skip
        session.add(judge)
        session.flush()
        assert judge.id is not None
        session.add(Rater(study_id=built.study, kind="judge", name=judge.name, judge_id=judge.id, created_at=AT))
        run = Run(study_id=built.study, judge_id=judge.id, purpose=purpose, state=state, created_at=AT)
        session.add(run)
        session.flush()
        assert run.id is not None
        return run.id


def claim(database: Database, run: int, owner: str, clock: Clock, dead: tuple[str, ...] = ()) -> bool:
    with database.writing() as session:
        return runs.claim_run(run, owner, now=clock(), lease=LEASE, dead=dead, session=session)


def test_a_run_is_driven_by_one_worker_until_its_lease_runs_out(database: Database, clock: Clock) -> None:
    run = a_run(database)
    assert claim(database, run, "1@here", clock)
    assert claim(database, run, "1@here", clock)  # its own lease is no obstacle
    assert not claim(database, run, "2@here", clock)
    clock.advance(seconds=31)
    assert claim(database, run, "2@here", clock)
    with database.writing() as session:
        far: Any = {"counters": {"done": 9}, "position": 9}
        assert not runs.renew(run, "1@here", now=clock(), lease=LEASE, **far, session=session)
    with database.reading() as session:
        found = runs.read_run(run, session=session)
    assert (found.owner, found.position, found.counters) == ("2@here", 0, {})


def test_the_lease_of_a_dead_owner_does_not_count(database: Database, clock: Clock) -> None:
    run = a_run(database)
    assert claim(database, run, "1@here", clock)
    assert claim(database, run, "2@here", clock, dead=("1@here",))


def test_a_run_that_a_person_stopped_is_not_taken_up(database: Database, clock: Clock) -> None:
    for state in ("paused", "cancelled", "done", "stopped"):
        assert not claim(database, a_run(database, build_study(database, name=state), state=state), "1@here", clock)


def test_a_person_who_cancels_wins_over_a_worker_that_is_done(database: Database, clock: Clock) -> None:
    run = a_run(database)
    claim(database, run, "1@here", clock)
    with database.writing() as session:
        row = session.get_one(Run, run)
        row.state = "cancelled"
    with database.writing() as session:
        assert not runs.end_run(run, "1@here", now=clock(), state="done", session=session)
    with database.reading() as session:
        found = runs.read_run(run, session=session)
    assert (found.state, found.owner) == ("cancelled", "")


def test_trials_come_before_long_runs(database: Database) -> None:
    built = build_study(database)
    long, trial = a_run(database, built), a_run(database, built, purpose="trial")
    with database.reading() as session:
        assert [run.id for run in runs.waiting_runs(session=session)] == [trial, long]


def test_a_worker_is_known_by_its_last_beat(database: Database, clock: Clock) -> None:
    def beat(name: str) -> None:
        with database.writing() as session:
            runs.beat(name, now=clock(), started_at=AT, variables=["OPENAI_API_KEY"], session=session)

    beat("1@here:a")
    clock.advance(seconds=60)
    beat("2@here:b")
    beat("2@here:b")
    with database.writing() as session:
        assert runs.silent_workers(clock() - timedelta(seconds=30), session=session) == ["1@here:a"]
        runs.forget_workers(["1@here:a"], session=session)
        assert runs.worker_ids(session=session) == ["2@here:b"]
