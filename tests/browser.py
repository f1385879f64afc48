"""A real server and a real browser for tests of pages."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from core.settings import ROOT
from core.store.database import Database, open_database

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
expect.set_options(timeout=20_000)  # what is waited for comes in a second, but machines are busy

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


class AppServer:
    """The app on a free loopback port, with a database of its own; can be killed and started again."""

    def __init__(self, folder: Path, migrated_file: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.file = folder / "touchstone.db"
        shutil.copy(migrated_file, self.file)
        self.url = f"http://127.0.0.1:{port}"
        self.database: Database = open_database(f"sqlite:///{self.file}")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "TOUCHSTONE_DATABASE_URL": f"sqlite:///{self.file}",
            "TOUCHSTONE_BACKUP_DIR": str(self.folder / "backups"),
        }
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{(self.folder / 'server.log').read_text()[-3000:]}")
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(f"{self.url}/healthz", timeout=2),
            ):
                return
            time.sleep(0.1)
        raise RuntimeError("the server did not answer within a minute")

    def kill(self) -> None:
        """SIGKILL to the whole process group: no chance to tidy up."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()

    def close(self) -> None:
        self.kill()
        self.database.close()


@pytest.fixture
def app_server(tmp_path: Path, migrated_file: Path) -> Iterator[AppServer]:
    """A running app with an empty, migrated database; fill it through `.database`."""
    from tests.conftest import free_port

    server = AppServer(tmp_path, migrated_file, free_port())
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[AppServer]:
    """One running app for all tests of a file; each has a study of its own, and starts again what it killed."""
    from tests.conftest import free_port

    server = AppServer(tmp_path_factory.mktemp("server"), migrated_file, free_port())
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, started once a file: while Playwright is there, no test of its process can run an event loop."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: pages are not tested in a browser (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A fresh tab."""
    return context.new_page()
