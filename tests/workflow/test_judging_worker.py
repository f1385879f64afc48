"""Workers: cancel and pause from another process, budgets, two workers at once, lost leases, a database in trouble."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import event, text

from core.judging.asked import Reply
from core.judging.pace import RunSettings
from core.models.judging import Run
from core.settings import ROOT
from core.store.database import open_database
from core.workflow.judging_runs import cancel_run, pause_run, resume_run, run_status, try_on, worker_state
from core.workflow.judging_worker import Worker
from core.workflow.processes import this_process
from core.workflow.workspace import Workspace, utc_now
from tests.llm_server import LlmServer, says
from tests.workflow.judged import ANN, GOOD, Parrot, a_judge, begin, drive, judged_study, parrot, rows, standing, until

SYSTEMS = ("alder", "cedarwood")


def n_calls(workspace: Workspace) -> int:
    found: int = rows(workspace, "select count(*) from call")[0][0]
    return found


# Stopped by a person ------------------------------------------------------------------------------------------------


def test_a_cancelled_run_asks_no_more_within_a_second_and_keeps_what_was_paid(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=200, systems=("alder",))
    with LlmServer(says(GOOD), delay=0.5) as server:
        judge = a_judge(any_workspace, built, server.api_base)
        run = begin(any_workspace, judge, concurrency=4)
        at = 0.0

        def cancel() -> None:
            nonlocal at
            until(lambda: len(server.requests) >= 8)
            at = time.monotonic()
            assert cancel_run(any_workspace, run.id).state == "cancelled"

        [face] = drive(any_workspace, run, meanwhile=[cancel])
        assert face.state == "cancelled"
        assert max(one.at for one in server.requests) - at < 1.0
        # Every request that went out was answered and is kept.
        assert n_calls(any_workspace) == len(server.requests) == face.n_done == face.counts.ok
        assert server.repeats() == 0


def test_a_paused_run_goes_on_where_it_stood(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=60, systems=("alder",))
    client = parrot(GOOD)
    client.delay = 0.05
    judge = a_judge(any_workspace, built, "")
    run = begin(any_workspace, judge, concurrency=4)

    def pause_and_resume() -> None:
        until(lambda: len(client.asked) >= 12)
        pause_run(any_workspace, run.id)
        until(lambda: not rows(any_workspace, "select owner from run")[0][0])
        asked = len(client.asked)
        assert n_calls(any_workspace) == asked < 60
        time.sleep(0.5)
        assert len(client.asked) == asked
        resume_run(any_workspace, run.id)

    [face] = drive(any_workspace, run, client=lambda _settings: client, meanwhile=[pause_and_resume], range_size=7)
    assert (face.state, face.counts.ok, face.n_done, face.counts.already) == ("done", 60, 60, 0)
    assert len(client.asked) == 60


def test_a_call_that_waits_for_its_turn_or_its_retry_does_not_hold_up_a_cancel(workspace: Workspace) -> None:
    built = judged_study(workspace.database, items=20, systems=("alder",))
    client = parrot(GOOD)
    judge = a_judge(workspace, built, "")
    run = begin(workspace, judge, requests_per_minute=1)
    at = 0.0

    def cancel() -> None:
        nonlocal at
        until(lambda: len(client.asked) == 1)
        time.sleep(0.3)
        cancel_run(workspace, run.id)
        at = time.monotonic()

    drive(workspace, run, client=lambda _settings: client, meanwhile=[cancel])
    assert time.monotonic() - at < 2.0
    assert (len(client.asked), n_calls(workspace)) == (1, 1)


def test_a_worker_that_ends_keeps_the_answers_it_can_wait_for_and_gives_the_run_back(workspace: Workspace) -> None:
    built = judged_study(workspace.database, items=20, systems=("alder",))
    client = parrot(GOOD)
    client.delay = 0.4
    judge = a_judge(workspace, built, "")
    run = begin(workspace, judge, concurrency=5)

    async def some() -> float:
        over = asyncio.Event()
        task = asyncio.create_task(Worker(workspace, lambda _settings: client).work(over.is_set))
        while len(client.asked) < 10:
            await asyncio.sleep(0.01)
        over.set()
        begun = time.monotonic()
        await task
        return time.monotonic() - begun

    assert asyncio.run(some()) < 2.0
    assert n_calls(workspace) == len(client.asked) < 20
    assert rows(workspace, "select state, owner from run") == [("running", "")]
    assert rows(workspace, "select count(*) from worker") == [(0,)]
    [face] = drive(workspace, run, client=lambda _settings: client)
    assert (face.counts.ok, len(client.asked)) == (20, 20)


# Money --------------------------------------------------------------------------------------------------------------


@examples(max_examples=15)
@given(
    costs=st.lists(st.floats(0.001, 0.04), min_size=40, max_size=40),
    budget=st.floats(0.05, 0.8),
    concurrency=st.integers(1, 8),
)
def test_a_budget_is_never_passed_by_more_than_one_call(
    costs: list[float], budget: float, concurrency: int, migrated_file: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("budget") / "x.db"
    shutil.copy(migrated_file, file)
    workspace = Workspace(open_database(f"sqlite:///{file}"))
    built = judged_study(workspace.database, items=40, systems=("alder",))
    left = iter(costs)
    client = Parrot(lambda _request: Reply(json.dumps(GOOD), cost=next(left)), delay=0.002)
    judge = a_judge(workspace, built, "")
    # About 260 tokens in and 256 out at 20 dollars a million: a call is thought to cost 0.012 dollars.
    run = begin(workspace, judge, budget=budget, concurrency=concurrency, price_in=20.0, price_out=20.0)
    [face] = drive(workspace, run, client=lambda _settings: client)
    spent = sum(costs[: len(client.asked)])
    assert face.spent == pytest.approx(spent)
    assert n_calls(workspace) == len(client.asked)
    assert spent <= budget + max(costs)
    if face.state == "stopped":
        assert "budget" in face.reason
        assert spent > budget - 0.1
    else:
        assert (face.state, face.n_done) == ("done", 40)
    workspace.database.close()


def test_a_run_stopped_by_its_budget_goes_on_with_a_higher_one(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=10, systems=("alder",))
    client = parrot(GOOD, cost=0.3)
    judge = a_judge(any_workspace, built, "")
    run = begin(any_workspace, judge, budget=1.0, price_in=20.0, price_out=20.0, concurrency=1)
    [face] = drive(any_workspace, run, client=lambda _settings: client)
    # 0.3 + 0.3 + 0.3 = 0.9; the fourth is let in at its estimate of some cents and brings it to 1.2
    assert (face.state, face.counts.ok, round(face.spent, 6)) == ("stopped", 4, 1.2)
    [again] = drive(any_workspace, resume_run(any_workspace, run.id, budget=9.0), client=lambda _settings: client)
    assert (again.state, again.counts.ok, again.n_done, len(client.asked)) == ("done", 10, 10, 10)


# Several at once ----------------------------------------------------------------------------------------------------


def test_two_workers_on_one_database_ask_everything_once(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=40, systems=SYSTEMS)
    client = parrot(GOOD)
    client.delay = 0.01
    judges = [a_judge(any_workspace, built, "", name=f"judge {n}", seed=n) for n in range(3)]
    faces = [begin(any_workspace, judge) for judge in judges]

    async def both() -> None:
        over = asyncio.Event()
        pair = [Worker(any_workspace, lambda _settings: client) for _ in range(2)]
        tasks = [asyncio.create_task(one.work(over.is_set)) for one in pair]
        while await asyncio.to_thread(lambda: any(run_status(any_workspace, one.id).is_active for one in faces)):
            await asyncio.sleep(0.05)
        over.set()
        await asyncio.gather(*tasks)

    asyncio.run(both())
    assert len(client.asked) == 240
    for judge, face in zip(judges, faces, strict=True):
        assert run_status(any_workspace, face.id).counts.ok == 80
        places = standing(any_workspace, judge.rater_id)
        assert (len(places), set(places.values())) == (160, {1})


def test_a_trial_beside_a_run_of_the_same_judge_pays_no_call_twice_unseen(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=30, systems=("alder",))
    client = parrot(GOOD, cost=0.01)
    client.delay = 0.05
    judge = a_judge(any_workspace, built, "")
    assert judge.id is not None
    run = begin(any_workspace, judge, concurrency=2)
    trials = []

    def try_the_last() -> None:
        until(lambda: len(client.asked) >= 4)
        trials.append(try_on(any_workspace, ANN, judge.id or 0, built.subjects["q29/alder"]))

    [face] = drive(any_workspace, run, client=lambda _settings: client, meanwhile=[try_the_last])
    until(lambda: not run_status(any_workspace, trials[0].id).is_active)
    trial = run_status(any_workspace, trials[0].id)
    places = standing(any_workspace, judge.rater_id)
    assert (len(places), set(places.values())) == (60, {1})
    # The trial came first; the run had read its range before, so it may ask the same once more: then that is told.
    assert face.counts.ok + face.counts.already == face.n_done == 30
    assert face.spent + trial.spent == pytest.approx(0.01 * len(client.asked))


def test_a_worker_that_lost_its_lease_keeps_its_answers_and_stops(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=15, systems=("alder",))
    client = parrot(GOOD, cost=0.01)
    client.delay = 0.3
    judge = a_judge(any_workspace, built, "")
    run = begin(any_workspace, judge, concurrency=3)

    def steal() -> None:
        until(lambda: len(client.asked) >= 3)
        with any_workspace.database.writing() as session:
            row = session.get_one(Run, run.id)
            row.owner, row.lease_until = "1@elsewhere:x", utc_now().replace(year=2100)
        asked = len(client.asked)
        until(lambda: n_calls(any_workspace) >= asked)
        time.sleep(0.8)
        assert len(client.asked) == n_calls(any_workspace) <= asked + 6
        with any_workspace.database.writing() as session:
            row = session.get_one(Run, run.id)
            assert row.owner == "1@elsewhere:x"
            row.owner, row.lease_until = "", None

    [face] = drive(any_workspace, run, client=lambda _settings: client, meanwhile=[steal])
    assert (face.counts.ok, face.n_done, len(client.asked)) == (15, 15, 15)
    assert face.spent == pytest.approx(0.15)


def test_the_run_of_a_process_that_died_is_taken_over_at_once(workspace: Workspace) -> None:
    built = judged_study(workspace.database, items=2, systems=("alder",))
    judge = a_judge(workspace, built, "")
    run = begin(workspace, judge)
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    machine = this_process().partition("@")[2]
    with workspace.database.writing() as session:
        row = session.get_one(Run, run.id)
        row.state, row.owner, row.lease_until = "running", f"{child.pid}@{machine}:x", utc_now().replace(year=2100)
    [face] = drive(workspace, run, client=lambda _settings: parrot(GOOD), seconds=5)
    assert face.state == "done"


# What the machine does ----------------------------------------------------------------------------------------------


def test_answers_wait_in_memory_while_the_database_takes_no_writes_and_nothing_new_is_asked(
    workspace: Workspace,
) -> None:
    built = judged_study(workspace.database, items=300, systems=("alder",))
    client = parrot(GOOD)
    client.delay = 0.02
    judge = a_judge(workspace, built, "")
    run = begin(workspace, judge, concurrency=4)

    pages = 1_000_000

    @event.listens_for(workspace.database.engine, "checkout")
    def _limit(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}").close()

    def fill_the_disk() -> None:
        nonlocal pages
        until(lambda: n_calls(workspace) >= 4)
        pages = int(rows(workspace, "PRAGMA page_count")[0][0])
        written, asked = _settled(lambda: (n_calls(workspace), len(client.asked)))
        assert written < asked < 300
        assert run_status(workspace, run.id).state == "running"
        pages = 1_000_000

    [face] = drive(workspace, run, client=lambda _settings: client, meanwhile=[fill_the_disk])
    assert (face.state, face.counts.ok, len(client.asked)) == ("done", 300, 300)


def _settled(numbers: Callable[[], tuple[int, int]]) -> tuple[int, int]:
    """Numbers that have not moved for a second."""
    last, since = numbers(), time.monotonic()
    while time.monotonic() - since < 1.0:
        time.sleep(0.05)
        if numbers() != last:
            last, since = numbers(), time.monotonic()
    return last


def test_an_idle_worker_has_not_imported_litellm(workspace: Workspace) -> None:
    url = workspace.database.url.render_as_string(hide_password=False)
    script = (
        "import asyncio, sys, time\n"
        "from core.store.database import open_database\n"
        "from core.workflow.judging_worker import work\n"
        "from core.workflow.workspace import Workspace\n"
        "end = time.monotonic() + 1\n"
        f"asyncio.run(work(Workspace(open_database({url!r})), None, is_over=lambda: time.monotonic() > end))\n"
        "assert 'litellm' not in sys.modules and 'streamlit' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})


def test_a_worker_tells_that_it_lives_and_which_keys_it_has(workspace: Workspace) -> None:
    def look() -> None:
        until(lambda: worker_state(workspace).is_alive)
        assert worker_state(workspace).variables == ("OPENAI_API_KEY",)

    drive(workspace, client=lambda _settings: parrot(GOOD), meanwhile=[look], variables=["OPENAI_API_KEY"])
    assert not worker_state(workspace).is_alive


def test_replies_with_characters_that_no_database_takes_are_kept(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=1, systems=("alder",))
    reply = Reply('{"q1": {"rationale": "a\\u0000b \\ud800", "verdict": "4"}, "q2": "pass"} \0 \ud800', finish="\0")
    judge = a_judge(any_workspace, built, "")
    [face] = drive(any_workspace, begin(any_workspace, judge), client=lambda _settings: Parrot(lambda _request: reply))
    assert (face.state, face.n_done) == ("done", 1)
    [(kept,)] = rows(any_workspace, "select reply from call")
    assert kept.endswith("\ufffd \ufffd\ufffd\ufffd")


def test_a_baseline_runs_without_a_client_and_costs_nothing(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database, items=5, systems=SYSTEMS)
    judge = a_judge(any_workspace, built, "", protocol="random", together=False)

    def none(_settings: RunSettings) -> Any:
        raise AssertionError("no client is needed")

    [face] = drive(any_workspace, begin(any_workspace, judge), client=none)
    assert (face.state, face.n_done, face.spent, face.sent) == ("done", 20, 0.0, 0)
    assert len(standing(any_workspace, judge.rater_id)) == 20


def test_a_run_whose_judge_cannot_be_run_stops_with_the_reason(workspace: Workspace) -> None:
    built = judged_study(workspace.database)
    judge = a_judge(workspace, built, "")
    run = begin(workspace, judge)
    with workspace.database.writing() as session:
        session.execute(text("update judge set parameters = '{}', protocol = 'file'"))
    [face] = drive(workspace, run, client=lambda _settings: parrot(GOOD))
    assert face.state == "stopped"
    assert "protocol" in face.reason


def test_an_error_of_the_program_stops_a_run_instead_of_being_met_again_forever(any_workspace: Workspace) -> None:
    built = judged_study(any_workspace.database)
    run = begin(any_workspace, a_judge(any_workspace, built, ""))
    with any_workspace.database.writing() as session:
        session.execute(text("update run set settings = '{\"concurrency\": 2.5}'"))
    [face] = drive(any_workspace, run, client=lambda _settings: parrot(GOOD))
    assert (face.state, face.reason.partition(":")[0]) == ("stopped", "An error in the program")
