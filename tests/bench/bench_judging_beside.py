"""The app while a run goes on (a server that answers in 1 s, 32 at once), interleaved with times without one."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from core.judging.pace import RunSettings
from core.settings import ROOT
from core.store.database import open_database
from core.workflow.judging import add_judge, draft
from core.workflow.judging_runs import pause_run, resume_run, run_status, start_run
from core.workflow.judging_selection import Selection
from core.workflow.workspace import Visitor, Workspace
from tests.bench.bench_grading import _WATCH_CARD, _grade, _serve
from tests.bench.judging_child import ANSWER, build
from tests.bench.rows import Row
from tests.browser import ARGUMENTS, CHROMIUM
from tests.conftest import free_port

ROUNDS = 5
PAINTS = 4
GRADES = 10
UNITS = 20_000


@dataclass
class Seen:
    """Milliseconds, without a run and beside one."""

    paints: list[float] = field(default_factory=list)
    painted: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)


def rows() -> Iterator[Row]:
    """Page until its card stands, key -> next subject painted, key -> saved on disk: beside a run / without one."""
    if CHROMIUM is None:
        yield Row("judging: Chromium is not installed, nothing was measured", None, None, "lower", "")
        return
    folder, port = Path(tempfile.mkdtemp(prefix="touchstone-bench-")), free_port()
    with contextlib.ExitStack() as ends:
        ends.callback(shutil.rmtree, folder, ignore_errors=True)
        ends.enter_context(_ending(_serve(folder, port)))
        workspace = Workspace(open_database(f"sqlite:///{folder / 'bench.db'}"))
        run = _begun(workspace, ends.enter_context(_answering()))
        ends.enter_context(_ending(_worker(folder)))
        while run_status(workspace, run).counts.ok < 32:
            time.sleep(0.1)
        without, beside = _measure(f"http://127.0.0.1:{port}", workspace, run)
        workspace.database.close()
    yield _row("page opened until its card stands, p50", beside.paints, without.paints, 50, 1.3)
    for share in (50, 95):
        yield _row(f"grade: key -> painted, p{share}", beside.painted, without.painted, share, None)
        yield _row(f"grade: key -> saved on disk, p{share}", beside.saved, without.saved, share, None)


def _row(name: str, ours: list[float], floor: list[float], share: int, aim: float | None) -> Row:
    a, b = float(np.percentile(ours, share)), float(np.percentile(floor, share))
    detail = f"{a:.1f} ms beside a run, {b:.1f} ms without, n = {len(ours)} and {len(floor)}"
    return Row(f"judging: {name}", a / b, aim, "lower", detail)


def _begun(workspace: Workspace, address: str) -> int:
    study = build(workspace, UNITS, first=1_000_000)
    spec = draft(workspace, study, "direct", model="openai/test").changed(api_base=address)
    judge = add_judge(workspace, Visitor("Bench"), study, "judge", spec)
    settings = RunSettings(concurrency=32, price_in=1.0, price_out=1.0)
    return start_run(workspace, Visitor("Bench"), judge.id or 0, Selection(kind="output"), settings).id


def _worker(folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"TOUCHSTONE_DATABASE_URL": f"sqlite:///{folder / 'bench.db'}"}
    return subprocess.Popen([sys.executable, "-m", "core.cli", "worker"], cwd=ROOT, env=environment)


@contextlib.contextmanager
def _ending(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _answering() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.llm_server", "--delay", "1", "--reply", json.dumps(ANSWER)]
    server = subprocess.Popen([*command, "--log", os.devnull], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.communicate()


def _measure(url: str, workspace: Workspace, run: int) -> tuple[Seen, Seen]:
    without, beside = Seen(), Seen()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        card = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        card.add_init_script(_WATCH_CARD)
        _open(card, url)
        for _ in range(3):
            _grade(card)
        for _ in range(ROUNDS):
            pause_run(workspace, run)
            time.sleep(1.5)
            _look(browser, card, url, without)
            resume_run(workspace, run)
            time.sleep(1.5)
            _look(browser, card, url, beside)
        browser.close()
    return without, beside


def _look(browser: Browser, card: Page, url: str, seen: Seen) -> None:
    for _ in range(PAINTS):
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        begun = time.perf_counter()
        _open(page, url)
        seen.paints.append((time.perf_counter() - begun) * 1e3)
        context.close()
    before = card.evaluate("() => window.measured.saved.length")
    for _ in range(GRADES):
        _grade(card)
    measured = card.evaluate("() => window.measured")
    seen.painted += measured["painted"][before:]
    seen.saved += measured["saved"][before:]


def _open(page: Page, url: str) -> None:
    page.goto(f"{url}/?study=1&as=Bench")
    name = page.locator("#rater-name")
    standing = page.locator(".card[data-subject]")
    name.or_(standing).first.wait_for()
    if name.is_visible():
        name.fill("Bench")
        page.keyboard.press("Enter")
    standing.wait_for()
