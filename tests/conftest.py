"""Fixtures shared by all rooms: throw-away databases on both kinds, workspaces with a clock that stands still."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from core.store.database import Database, open_database
from core.store.migrating import migrate
from core.workflow.workspace import Workspace
from tests.browser import app_server, chromium, context, page, server  # noqa: F401 - fixtures of every room

# Machines are slow and noisy: what a test holds is its facts, not how long an example took.
settings.register_profile("touchstone", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("touchstone")

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, made once and copied for every test."""
    file = tmp_path_factory.mktemp("empty") / "empty.db"
    database = open_database(f"sqlite:///{file}")
    migrate(database, backup_dir=file.parent, clock=Clock())
    database.close()
    return file


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _postgres_bin() -> Path | None:
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    found = str(candidates[0]) if candidates else shutil.which("initdb")
    return Path(found).parent if found else None


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server on a free loopback port; TOUCHSTONE_TEST_POSTGRES names a running one instead."""
    given = os.environ.get("TOUCHSTONE_TEST_POSTGRES")
    if given:
        yield given
        return
    folder = _postgres_bin()
    if folder is None:
        pytest.skip("PostgreSQL is not installed: the store is not tested on it (Debian: postgresql-15)")
    as_user: list[str] = []
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    home = Path(tempfile.mkdtemp(prefix="touchstone-pg-", dir=memory if os.access(memory, os.W_OK) else None))
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(home, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    port, data = free_port(), home / "data"
    try:
        make = [folder / "initdb", "-D", data, "-U", "touchstone", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*as_user, *make], check=True, capture_output=True, cwd=home)
        fast = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60"
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home} {fast}"
        subprocess.run([*as_user, folder / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start"],
                       check=True, capture_output=True, cwd=home)  # fmt: skip
        yield f"postgresql+psycopg://touchstone@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [*as_user, folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"],
            check=False,
            capture_output=True,
            cwd=home,
        )
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_file: Path) -> Iterator[Database]:
    """An empty, migrated SQLite database in a file of its own."""
    file = tmp_path / "touchstone.db"
    shutil.copy(migrated_file, file)
    database = open_database(f"sqlite:///{file}")
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """A migrated, empty Postgres database, made once and copied for every test."""
    _execute(postgres_url, "create database template_touchstone")
    database = open_database(postgres_url.rsplit("/", 1)[0] + "/template_touchstone")
    migrate(database, backup_dir=Path(tempfile.gettempdir()), clock=Clock())
    database.close()
    return "template_touchstone"


@pytest.fixture
def postgres_database(postgres_url: str, postgres_template: str) -> Iterator[Database]:
    """An empty, migrated Postgres database of its own."""
    name = f"t{uuid4().hex[:12]}"
    _execute(postgres_url, f"create database {name} template {postgres_template}")
    database = open_database(postgres_url.rsplit("/", 1)[0] + f"/{name}")
    yield database
    database.close()
    _execute(postgres_url, f"drop database {name} with (force)")


def _execute(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload] # a name we made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty, migrated database: the test runs on SQLite and on Postgres."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture
def workspace(sqlite_database: Database, clock: Clock) -> Workspace:
    """A workspace on SQLite whose clock stands still and whose ids count up."""
    return make_workspace(sqlite_database, clock)


@pytest.fixture
def any_workspace(database: Database, clock: Clock) -> Workspace:
    """The same on both databases."""
    return make_workspace(database, clock)


def make_workspace(database: Database, clock: Callable[[], datetime]) -> Workspace:
    numbers = iter(range(1, 10_000_000))
    return Workspace(database, clock, lambda: f"id{next(numbers):07d}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where no skip is allowed, say so and fail."""
    skipped = len(terminalreporter.stats.get("skipped", []))
    if skipped and os.environ.get("TOUCHSTONE_NO_SKIPS"):
        terminalreporter.write_line(f"{skipped} skipped tests, and none is allowed here", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped") and os.environ.get("TOUCHSTONE_NO_SKIPS"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs Chromium or Postgres by the fixtures it asks for."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & {"page", "context", "chromium"}:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group(f"browser {item.nodeid.partition('::')[0]}"))
        if names & {"postgres_database", "postgres_url"}:
            item.add_marker(pytest.mark.postgres)
