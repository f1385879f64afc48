"""Workers and whole servers killed at random moments: nothing is lost, no finished call is asked again."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.scales import preference
from core.settings import ROOT
from core.store.database import open_database
from core.workflow.judging_runs import run_status
from core.workflow.workspace import Workspace
from tests.conftest import free_port
from tests.llm_server import Body, ScriptedReply, body_hash, says
from tests.workflow.judged import a_judge, begin, judged_study, rows, standing

CONCURRENCY, DELAY = 8, 0.08
MOST_REPEATED = CONCURRENCY + int(CONCURRENCY / DELAY * 0.5)
"""In flight, and what half a second can bring: a quarter until the next write, the rest for the write itself."""


def marked(body: Body, _before: int) -> ScriptedReply:
    """What the server says: a verdict that carries the request's own mark, as the server logs it."""
    return says({"q1": {"rationale": body_hash(body), "verdict": "first"}}, usage=(100, 10))


@dataclass
class Kill:
    """One row of the table."""

    mode: str
    at: int
    unsaved: int
    lost: int = 0
    repeated: int = 0


class Killed:
    """A run whose worker is killed again and again, and the server that logs what it is asked."""

    def __init__(self, folder: Path, file: Path, items: int) -> None:
        self.file, self.log = file, folder / "requests.log"
        self.log.touch()
        url = f"sqlite:///{file}"
        self.workspace = Workspace(open_database(url))
        self.environment = os.environ | {"TOUCHSTONE_DATABASE_URL": url, "PYTHONPATH": str(ROOT),
                                         "TOUCHSTONE_BACKUP_DIR": str(folder)}  # fmt: skip
        command = ["-m", "tests.llm_server", "--log", str(self.log), "--delay", str(DELAY), "--script",
                   "tests.workflow.test_judging_killed:marked"]  # fmt: skip
        self.server = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.environment,
                                       stdout=subprocess.PIPE, text=True)  # fmt: skip
        assert self.server.stdout is not None
        criteria = {"better": ("pair", preference()), "clearer": ("pair", preference())}
        self.built = judged_study(
            self.workspace.database, items=items, systems=("alder", "cedarwood"), criteria=criteria
        )
        address = self.server.stdout.readline().strip()
        self.judge = a_judge(self.workspace, self.built, address, protocol="pairwise", kind="pair", together=False)
        self.run = begin(self.workspace, self.judge, kind="pair", concurrency=CONCURRENCY, price_in=1.0, price_out=1.0)
        self.working: list[int] = []
        self.kills: list[Kill] = []
        self.saved_before: list[tuple[int, set[str]]] = []

    def start(self, mode: str) -> None:
        words = ["worker"] if mode == "worker" else ["serve", "--no-browser", "--port", str(free_port())]
        process = subprocess.Popen([sys.executable, "-m", "core.cli", *words], cwd=ROOT, env=self.environment,
                                   start_new_session=True, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        self.process, self.mode = process, mode

    def family(self) -> list[int]:
        """The process and its children, youngest first."""
        found = [self.process.pid]
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == self.process.pid:
                    found.insert(0, int(folder.name))
        return found

    def asked(self) -> list[str]:
        return self.log.read_text().split()

    def saved(self) -> set[str]:
        """The marks of the calls that are on disk."""
        return {json.loads(reply)["q1"]["rationale"] for (reply,) in rows(self.workspace, "select reply from call")}

    def kill(self) -> None:
        """SIGKILL: the worker; of a server all processes, or only the parent, whose children end by themselves."""
        family = self.family() if self.mode == "server" else [self.process.pid]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        time.sleep(0.02)  # what is on the wire arrives
        asked = self.asked()
        saved = self.saved()  # read after: of a killed parent, the worker goes on for a moment
        self.kills.append(Kill(self.mode, len(saved), len(set(asked) - saved)))
        self.saved_before.append((len(asked), saved))

    def wait_until_asked(self, more: int, seconds: float = 90.0) -> bool:
        """Whether so many more requests came before the run ended."""
        goal, end = len(self.asked()) + more, time.monotonic() + seconds
        while len(self.asked()) < goal:
            if run_status(self.workspace, self.run.id).state == "done":
                return False
            assert time.monotonic() < end, "nothing is asked any more"
            time.sleep(0.01)
        return True

    def finish(self) -> None:
        end = time.monotonic() + 180
        while run_status(self.workspace, self.run.id).state != "done":
            assert time.monotonic() < end, run_status(self.workspace, self.run.id)
            time.sleep(0.1)

    def close(self) -> None:
        for pid in self.family() if hasattr(self, "process") else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if hasattr(self, "process"):
            self.process.wait()
        self.server.kill()
        self.server.communicate()
        self.workspace.database.close()


@pytest.fixture
def killed(tmp_path: Path, migrated_file: Path, request: pytest.FixtureRequest) -> Iterator[Killed]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc to see the processes")
    file = tmp_path / "touchstone.db"
    file.write_bytes(migrated_file.read_bytes())
    found = Killed(tmp_path, file, request.param)
    yield found
    found.close()


def _kill_often(killed: Killed, modes: list[str], seed: int) -> None:
    chance = random.Random(seed)
    print(f"seed {seed}")
    for mode in modes:
        killed.start(mode)
        if not killed.wait_until_asked(chance.randint(5, 60)):
            break
        time.sleep(chance.uniform(0, 0.5))
        killed.kill()
    killed.start("worker")
    killed.finish()
    _check(killed)


def _check(killed: Killed) -> None:
    asked = killed.asked()
    for place, (kill, (after, saved)) in enumerate(zip(killed.kills, killed.saved_before, strict=True)):
        until = killed.saved_before[place + 1][0] if place + 1 < len(killed.kills) else len(asked)
        kill.repeated = len(set(asked[:after]) & set(asked[after:until]))
        kill.lost = len(saved - killed.saved())
        again = saved & set(asked[after:])
        assert not again, f"{len(again)} calls that were on disk were asked again"
        assert kill.unsaved <= MOST_REPEATED
        assert kill.lost == 0
    print(f"{'killed':<8} {'at':>6} {'unsaved':>8} {'lost':>5} {'repeated':>9}")
    for kill in killed.kills:
        print(f"{kill.mode:<8} {kill.at:>6} {kill.unsaved:>8} {kill.lost:>5} {kill.repeated:>9}")
    places = standing(killed.workspace, killed.judge.rater_id)
    expected = len(killed.built.subjects) * 2 * 2  # subjects x criteria x orders
    assert (len(places), set(places.values())) == (expected, {1})
    face = run_status(killed.workspace, killed.run.id)
    [(n_calls, cost)] = rows(killed.workspace, "select count(*), sum(cost) from call")
    assert face.n_done == face.n_planned == expected
    assert face.counts.ok == n_calls == len(set(asked)) == expected
    twice = rows(killed.workspace, "select count(*) from call_attempt")[0][0]
    repeats = sum(times - 1 for times in Counter(asked).values())
    print(f"{n_calls} calls, {repeats} asked twice, of these {twice} answers kept beside the first")
    assert repeats <= len(killed.kills) * MOST_REPEATED
    assert face.spent == pytest.approx(cost + twice * 110 / 1e6)


@pytest.mark.parametrize("killed", [60], indirect=True)
def test_a_killed_worker_loses_nothing_and_asks_nothing_again_that_is_on_disk(killed: Killed) -> None:
    _kill_often(killed, ["worker"] * 3, random.randrange(10**6))


@pytest.mark.soak
@pytest.mark.parametrize("killed", [600], indirect=True)
def test_workers_and_servers_killed_thirty_times(killed: Killed) -> None:
    modes = ["worker"] * 14 + ["server"] * 8 + ["parent"] * 8
    seed = random.randrange(10**6)
    random.Random(seed).shuffle(modes)
    _kill_often(killed, modes, seed)
