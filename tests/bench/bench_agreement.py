"""Agreement, live: one new rating among a million against reading all of them; rating written -> drawn in a browser."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from core.store.database import open_database
from core.store.migrating import migrate
from core.workflow.agreement import Asked, LiveStudies
from core.workflow.workspace import Workspace, utc_now
from tests.bench.rows import Row
from tests.browser import ARGUMENTS, CHROMIUM, AppServer
from tests.builders import add_rating, build_study
from tests.conftest import free_port
from tests.workflow.many_ratings import build_many

ITEMS = 333_333
TIMES = 10
PROMISE = 2.0
"""Seconds in which an open page shows a new rating."""

OPENING = 3.0
"""Seconds in which the page of a million ratings is drawn once they have been read."""

VISITS = 5


def rows() -> Iterator[Row]:
    """One new rating among 1,000,000 against all; a rating written -> drawn, against the promised two seconds."""
    folder = Path(tempfile.mkdtemp(prefix="touchstone-bench-"))
    try:
        file = folder / "empty.db"
        database = open_database(f"sqlite:///{file}")
        migrate(database, backup_dir=folder, clock=utc_now)
        database.close()
        yield _among_a_million(folder, file)
        if CHROMIUM is None:
            yield Row("agreement: Chromium is not installed, the page was not measured", None, None, "lower", "")
        else:
            yield _on_the_page(folder, file)
            yield _opening_a_million(folder / "million", folder / "many.db")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _among_a_million(folder: Path, empty: Path) -> Row:
    file = folder / "many.db"
    shutil.copy(empty, file)
    database = open_database(f"sqlite:///{file}")
    built = build_many(database, items=ITEMS)
    live = LiveStudies(Workspace(database)).of(built.study)
    start = time.perf_counter()
    live.refresh()
    live.view(Asked())
    everything, one = time.perf_counter() - start, []
    for number in range(3):
        with database.writing() as session:
            add_rating(session, built, "q1", "fit", f"rater {number}", "pass")
        start = time.perf_counter()
        live.refresh()
        live.view(Asked())
        one.append(time.perf_counter() - start)
    fetched = live.rows_fetched
    database.close()
    median = float(np.median(one))
    detail = f"{median:.2f} s against {everything:.1f} s; {fetched:,} rows fetched for {3 * ITEMS + 3:,} ratings"
    return Row("agreement: one new rating among 1,000,000 / all", median / everything, 0.25, "lower", detail)


def _on_the_page(folder: Path, empty: Path) -> Row:
    assert CHROMIUM is not None
    server = AppServer(folder, empty, free_port())
    server.start()
    try:
        seconds = _seconds_until_drawn(server)
    finally:
        server.close()
    p50, p95 = (float(found) for found in np.percentile(seconds, [50, 95]))
    detail = f"p50 {p50:.2f} s, p95 {p95:.2f} s, n {TIMES}"
    return Row("agreement: rating written -> drawn on an open page / 2 s", p95 / PROMISE, 1.0, "lower", detail)


def _opening_a_million(folder: Path, many: Path) -> Row:
    """A visitor with an empty browser cache, after somebody else has waited for the first load."""
    assert CHROMIUM is not None
    folder.mkdir()
    server = AppServer(folder, many, free_port())
    server.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            first, *later = (_seconds_to_open(browser, f"{server.url}/agreement?study=1") for _ in range(VISITS + 1))
            browser.close()
    finally:
        server.close()
    p50, worst = float(np.median(later)), max(later)
    detail = f"p50 {p50:.1f} s, longest {worst:.1f} s, n {VISITS}; the first load took {first:.1f} s"
    name = f"agreement: opening the page of 1,000,000 ratings after the first load / {OPENING:g} s"
    return Row(name, p50 / OPENING, 1.0, "lower", detail)


def _seconds_to_open(browser: Browser, address: str) -> float:
    """From nothing to the sentence and both pictures in sight."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(address)
    page.locator(".ag-say").wait_for(timeout=120_000)
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=60_000)
    page.locator(".js-plotly-plot").nth(1).locator(".main-svg").first.wait_for(timeout=60_000)
    seconds = time.perf_counter() - start
    page.wait_for_timeout(3_000)
    context.close()
    return seconds


def _seconds_until_drawn(server: AppServer) -> list[float]:
    items = [f"q{number}" for number in range(TIMES + 22)]
    built = build_study(server.database, items=items, systems=("alder",))
    with server.database.writing() as session:
        for item in items[:22]:
            for name in ("Ana", "Bruno"):
                add_rating(session, built, f"{item}/alder", "acceptable", name, "pass" if item > "q15" else "fail")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"{server.url}/agreement?study={built.study}")
        row = page.locator("table.ag tr", has=page.locator("td .ag-person", has_text="Ana"))
        row.wait_for(timeout=60_000)
        page.wait_for_timeout(3_000)
        seconds = []
        for number, item in enumerate(items[22:], start=23):
            with server.database.writing() as session:
                add_rating(session, built, f"{item}/alder", "acceptable", "Ana", "pass")
            start = time.perf_counter()
            row.locator("td", has_text=str(number)).first.wait_for(timeout=30_000)
            seconds.append(time.perf_counter() - start)
            page.wait_for_timeout(170)  # not in step with the page's own second
        browser.close()
    return seconds
