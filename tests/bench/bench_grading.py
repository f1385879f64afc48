"""Grading against a floor page (one Streamlit button and a caption): same server and configuration, interleaved."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from core.scales import likert, pass_fail
from core.settings import ROOT
from core.store.database import open_database
from core.store.migrating import migrate
from core.workflow.workspace import utc_now
from tests.bench.rows import Row
from tests.browser import ARGUMENTS, CHROMIUM
from tests.builders import build_study
from tests.conftest import free_port

PRESSES = 100
WARM_UP = 5

_WATCH_CARD = """
window.measured = { painted: [], saved: [] };
window.addEventListener('keydown', (event) => {  // first in line: the card paints inside its own listener
  if (event.key !== 'Enter') return;
  const host = [...document.querySelectorAll('*')].find((one) => one.shadowRoot?.querySelector('.card[data-subject]'));
  if (!host) return;
  const card = host.shadowRoot.querySelector('.card');
  const start = event.timeStamp, before = card.dataset.subject;
  const next = () => {
    if (card.dataset.subject !== before) setTimeout(() => window.measured.painted.push(performance.now() - start));
    else requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  const saved = new MutationObserver(() => {  // told at once: a timer would look only every 4 ms, and cost time itself
    if (card.dataset.unsaved !== '0' || card.dataset.subject === before) return;
    saved.disconnect();
    window.measured.saved.push(performance.now() - start);
  });
  saved.observe(card, { attributes: true, attributeFilter: ['data-unsaved'] });
}, { capture: true });
"""
_WATCH_FLOOR = """
() => {
  window.measured = { painted: [] };
  const words = () => document.querySelector('[data-testid=stCaptionContainer]')?.textContent;
  window.addEventListener('pointerdown', (event) => {
    const start = event.timeStamp, before = words();
    const next = () => {
      if (words() !== before) setTimeout(() => window.measured.painted.push(performance.now() - start));
      else requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }, { capture: true });
}
"""


def rows() -> Iterator[Row]:
    """Key -> next subject painted, key -> saved on disk, as ratios to the floor's click -> caption painted."""
    if CHROMIUM is None:
        yield Row("grading: Chromium is not installed, nothing was measured", None, None, "lower", "")
        return
    folder = Path(tempfile.mkdtemp(prefix="touchstone-bench-"))
    port = free_port()
    server = _serve(folder, port)
    try:
        painted, saved, floor = _measure(f"http://127.0.0.1:{port}")
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    for name, ours, aim50, aim95 in (("next subject painted", painted, 0.5, 1.0), ("saved on disk", saved, 0.8, 1.0)):
        for share, aim in ((50, aim50), (95, aim95)):
            a, b = float(np.percentile(ours, share)), float(np.percentile(floor, share))
            detail = f"{a:.1f} ms against the floor's {b:.1f} ms, n = {len(ours)} and {len(floor)}"
            yield Row(f"grade: key -> {name}, p{share}", a / b, aim, "lower", detail)


def _serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    url = f"sqlite:///{folder / 'bench.db'}"
    database = open_database(url)
    migrate(database, backup_dir=folder, clock=utc_now)
    items = [f"q{number}" for number in range(PRESSES * 2)]
    criteria = {"quality": ("output", likert(1, 5)), "acceptable": ("output", pass_fail())}
    build_study(database, criteria=criteria, items=items, systems=("alder",))
    database.close()
    environment = os.environ | {"TOUCHSTONE_DATABASE_URL": url}
    command = [sys.executable, "-m", "streamlit", "run", "tests/bench/bench_app.py", "--server.port", str(port)]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
            return server
        time.sleep(0.1)
    server.kill()
    raise RuntimeError("the server did not start")


def _measure(url: str) -> tuple[list[float], list[float], list[float]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        card, floor = context.new_page(), context.new_page()
        floor.goto(f"{url}/floor")
        floor.get_by_role("button", name="Press").wait_for()
        card.bring_to_front()
        card.add_init_script(_WATCH_CARD)
        card.goto(f"{url}/?study=1")
        card.locator("#rater-name").fill("Bench")
        card.keyboard.press("Enter")
        card.locator(".card[data-subject]").wait_for()
        floor.evaluate(_WATCH_FLOOR)
        for _ in range((PRESSES + WARM_UP) // 5):
            card.bring_to_front()
            for _ in range(5):
                _grade(card)
            floor.bring_to_front()
            for _ in range(5):
                _press(floor)
        measured = card.evaluate("() => window.measured")
        base = floor.evaluate("() => window.measured")
        browser.close()
    return measured["painted"][WARM_UP:], measured["saved"][WARM_UP:], base["painted"][WARM_UP:]


def _grade(card: Page) -> None:
    card.wait_for_timeout(350)  # nothing is graded within 300 ms of appearing
    count = card.evaluate("() => window.measured.saved.length")
    card.keyboard.press("4")
    card.keyboard.press("1")
    card.keyboard.press("Enter")
    card.wait_for_function("(count) => window.measured.saved.length > count", arg=count)


def _press(floor: Page) -> None:
    count = floor.evaluate("() => window.measured.painted.length")
    floor.get_by_role("button", name="Press").click()
    floor.wait_for_function("(count) => window.measured.painted.length > count", arg=count)
