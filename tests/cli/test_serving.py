"""The processes of a running Touchstone: they start together, end together, and a dead worker is replaced."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.cli.serving import child_environment
from core.settings import ROOT
from tests.conftest import free_port


class Served:
    """`touchstone serve` in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.file = folder / "touchstone.db"
        self.environment = os.environ | {
            "TOUCHSTONE_DATABASE_URL": f"sqlite:///{self.file}",
            "TOUCHSTONE_BACKUP_DIR": str(folder / "backups"),
        }
        command = [sys.executable, "-m", "core.cli", "serve", "--no-browser", "--port", str(self.port), *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def answers(self) -> bool:
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(f"{self.url}/healthz", timeout=2),
        ):
            return True
        return False

    def children(self) -> dict[str, int]:
        """Kind -> process id of the children."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
                if int(parent) == self.process.pid:
                    found["worker" if b"worker" in words else "web"] = int(folder.name)
        return found

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "core.cli", *words]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc to see the processes")
    server = Served(tmp_path, "--demo")
    yield server
    left = server.children()
    server.process.kill()
    server.process.wait()
    for pid in left.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_serve_prepares_the_database_loads_the_demo_and_ends_all_its_processes(served: Served) -> None:
    until(served.answers)
    children = served.children()
    assert set(children) == {"web", "worker"}
    os.kill(children["worker"], signal.SIGKILL)
    until(lambda: served.children().get("worker", children["worker"]) != children["worker"])
    backup = served.file.with_name("copy.db")
    copied = served.run("backup", str(backup))
    assert copied.returncode == 0, copied.stderr
    with contextlib.closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("select count(*) from study").fetchone() == (1,)
    again = served.run("backup", str(backup))
    assert again.returncode == 2
    assert "exists; name another file" in again.stderr
    children = served.children()
    served.process.send_signal(signal.SIGTERM)
    output, _ = served.process.communicate(timeout=30)
    assert served.process.returncode == 0
    assert f"Touchstone is at {served.url}" in output
    assert not any(alive(pid) for pid in children.values())


def test_children_of_a_killed_server_end_by_themselves(served: Served) -> None:
    until(served.answers)
    children = served.children()
    served.process.send_signal(signal.SIGKILL)
    served.process.communicate()
    until(lambda: not any(alive(pid) for pid in children.values()), seconds=20)


def _refused(tmp_path: Path, *words: str) -> str:
    environment = os.environ | {"TOUCHSTONE_DATABASE_URL": f"sqlite:///{tmp_path / 'touchstone.db'}"}
    command = [sys.executable, "-m", "core.cli", *words]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_another_address_than_loopback_is_refused(tmp_path: Path) -> None:
    assert 'found "0.0.0.0"; expected a loopback address' in _refused(tmp_path, "serve", "--address", "0.0.0.0")  # noqa: S104 - to be refused


def test_an_empty_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    assert "Start it once with: touchstone serve" in _refused(tmp_path, "worker")


def test_a_damaged_database_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "touchstone.db").write_bytes(b"not a database at all, but long enough to be read as one " * 50)
    assert "did not answer" in _refused(tmp_path, "serve")


def test_children_multiply_in_one_thread_unless_somebody_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    found = child_environment()
    assert (found["OPENBLAS_NUM_THREADS"], found["OMP_NUM_THREADS"]) == ("1", "4")
    assert found["PATH"] == os.environ["PATH"]
