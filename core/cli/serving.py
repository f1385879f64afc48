"""`touchstone serve`, `worker`, `backup`."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.opening import prepared_workspace
from core.errors import BadInput
from core.settings import ROOT, environment, read_settings, read_variable
from core.workflow import serving
from core.workflow.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from core.judging.client import LlmClient
    from core.judging.pace import RunSettings

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RESTARTS_PER_MINUTE = 5
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Unless set: our matrix products are small, and threads that wait for each other cost more than they bring. Measured
on 2 busy cores, an agreement report with 1,000 bootstraps takes a third of the time and half of the work with one."""

_FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
"""Of a worker, unless set: every thread of its own would keep what it once needed."""


def serve(
    port: Annotated[int | None, typer.Option(help="Port; TOUCHSTONE_PORT or 8501 unless given.")] = None,
    address: Annotated[str | None, typer.Option(help="Address to listen on; loopback only without accounts.")] = None,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Load the demo study into an empty database.")] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = False,
) -> None:
    """Prepare the database, then run the web server and one worker until told to stop."""
    settings = read_settings()
    port, address = port or settings.port, address or settings.address
    if address not in _LOOPBACK:
        raise BadInput(
            where="--address",
            found=f'"{address}"',
            expected="a loopback address (127.0.0.1): anybody who reaches the port can read and grade",
        )
    workspace = open_workspace(settings)
    copy = serving.prepare(workspace, settings)
    if copy is not None:
        typer.echo(f"Copied the database to {copy} before migrating it.")
    _prepare_content(workspace, demo=demo)
    workspace.database.close()
    raise SystemExit(_Processes(address, port, browser=browser).run())


def _prepare_content(workspace: Workspace, *, demo: bool) -> None:
    from core.workflow.importing import clear_dead_imports

    removed = clear_dead_imports(workspace)
    if removed:
        typer.echo(f"Removed what {removed} unfinished import(s) had left.")
    if demo:
        from core.workflow.demo import load_demo
        from core.workflow.studies import list_studies

        if not list_studies(workspace):
            typer.echo(f'Loaded "{load_demo(workspace).name}".')


def child_environment() -> dict[str, str]:
    """This process's environment for its children, with one thread a process for matrix products unless set."""
    return _ONE_THREAD | dict(os.environ)  # noqa: TID251 - handed on, not read


class _Processes:
    """The web server and the worker as child processes that end together."""

    def __init__(self, address: str, port: int, *, browser: bool) -> None:
        self.url = f"http://{'[::1]' if address == '::1' else address}:{port}"
        self.address, self.port, self.browser = address, port, browser
        self.stopping = False
        self.restarts: list[float] = []

    def run(self) -> int:
        """Run until the web server ends or a signal comes; returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        web, work = self._start_web(), self._start_worker()
        try:
            ready = False
            while not self.stopping and web.poll() is None:
                ready = ready or self._announce()
                work = self._kept_alive(work)
                time.sleep(0.1 if not ready else 0.5)
        finally:
            _end(web, work)
        return 0 if self.stopping else web.returncode or 1

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _start_web(self) -> subprocess.Popen[bytes]:
        environment = child_environment() | {"TOUCHSTONE_PARENT": str(os.getpid())}
        arguments = ["--server.address", self.address, "--server.port", str(self.port), "--server.headless", "true"]
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - our own program

    def _start_worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "core.cli", "worker", "--parent", str(os.getpid())]
        environment = _FEW_ARENAS | child_environment()
        return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)  # noqa: S603 - our own program

    def _kept_alive(self, work: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        if work.poll() is None:
            return work
        now = time.monotonic()
        self.restarts = [at for at in self.restarts if now - at < 60]
        if len(self.restarts) >= _RESTARTS_PER_MINUTE:
            return work
        self.restarts.append(now)
        typer.echo(f"The worker ended with code {work.returncode}; starting it again.", err=True)
        return self._start_worker()

    def _announce(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=1):  # noqa: S310 - our own address
                pass
        except (urllib.error.URLError, OSError):
            return False
        typer.echo(f"Touchstone is at {self.url} (Ctrl+C ends it).")
        if self.browser and sys.stdout.isatty():
            webbrowser.open(self.url)
        return True


def _end(*children: subprocess.Popen[bytes]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def worker(
    parent: Annotated[int | None, typer.Option(help="End when this process is gone.", hidden=True)] = None,
) -> None:
    """Run one worker by hand: it drives judge runs, and keeps the database file in order."""
    import asyncio

    from core.judging.providers import set_variables
    from core.workflow.judging_worker import work

    workspace = prepared_workspace(has_small_cache=True)
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)

    def is_over() -> bool:
        return stopping or (parent is not None and os.getppid() != parent)

    asyncio.run(work(workspace, _client, is_over=is_over, variables=set_variables(environment())))


def _client(settings: "RunSettings") -> "LlmClient":
    from core.judging.client import LiteLLMClient

    return LiteLLMClient(read_variable, settings=settings)


def backup(file: Annotated[Path, typer.Argument(help="New file to write the copy to.")]) -> None:
    """Copy the database to FILE while the app is running (SQLite's online backup), and check the copy."""
    workspace = prepared_workspace()
    typer.echo(f"Copied to {serving.back_up(workspace, file)}.")
