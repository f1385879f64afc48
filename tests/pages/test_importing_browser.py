"""The import page in a real browser: a public set through every step, a cancel in each pass, and hostile files."""

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from core.workflow.studies import list_studies
from core.workflow.workspace import Workspace
from tests.browser import AppServer
from tests.hostile import PAYLOADS

ROWS = 240_000


@pytest.fixture(scope="session")
def pandalm() -> list[Path]:
    folder = os.environ.get("TOUCHSTONE_REFERENCE_DATA")
    if not folder:
        pytest.skip("TOUCHSTONE_REFERENCE_DATA is unset: it names the folder of the public data sets")
    return sorted((Path(folder) / "pandalm").glob("*.json"))


def opened(page: Page, server: AppServer, files: list[Path] | list[FilePayload]) -> None:
    page.goto(f"{server.url}/importing")
    page.get_by_text("Files to import").wait_for()
    page.set_input_files("input[type=file]", files)
    page.get_by_role("button", name="Say what it means").wait_for()


def pressed(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def many_rows(number: int = ROWS) -> list[FilePayload]:
    lines = "\n".join(f"q{row // 5},r{row % 5},{row % 4 + 1}" for row in range(number))
    return [FilePayload(name="many.csv", mimeType="text/csv", buffer=f"item,rater,score\n{lines}\n".encode())]


@pytest.mark.reference
def test_pandalm_comes_in_by_a_few_clicks_and_shows_the_published_kappas(
    app_server: AppServer, page: Page, pandalm: list[Path]
) -> None:
    opened(page, app_server, pandalm)
    expect(page.get_by_text("JSON · UTF-8 · 999 records")).to_have_count(3)
    pressed(page, "Say what it means")
    expect(page.get_by_text("“cmp_key” is split into first and second.")).to_be_visible()
    expect(page.locator(".wz-value", has_text="garbage")).to_contain_text("25 ×")
    pressed(page, "Check the files")
    expect(page.locator(".ts-say")).to_have_text(
        "Ready: 999 items, 1,998 outputs and 4,995 ratings to bring in, rated by 2 judges and 3 people."
    )
    expect(page.locator(".card.preview")).to_have_count(3)
    first = page.locator(".card.preview").first
    expect(first.locator(".out.left .out-text")).to_contain_text("please let me know")
    expect(first.locator(".choice")).to_have_text([re.compile("Left"), re.compile("Tie"), re.compile("Right")])
    pressed(page, "Import")
    expect(page.locator(".ts-say")).to_have_text(
        "Brought into “testset-v1”: 999 items, 1,998 outputs and 4,995 ratings.", timeout=30_000
    )
    expect(page.get_by_text("25 ratings came without an answer.")).to_be_visible()
    page.get_by_role("link", name="See agreement").click()
    # 5 x 5 raters without the diagonal, row by row: people 1-2, 1-3, then in the second row 2-3.
    plots = page.locator(".js-plotly-plot")
    expect(plots.nth(1)).to_contain_text("annotator3", timeout=30_000)
    cells = [text for text in plots.nth(1).locator("svg text").all_text_contents() if re.fullmatch(r"\.\d\d", text)]
    assert len(cells) == 20
    assert (cells[0], cells[1], cells[5]) == (".85", ".88", ".86")
    majority = page.locator("tr", has_text="Majority of people")
    expect(majority).to_contain_text(re.compile(r"999\s*422\s*105\s*472"))


def test_cancel_stops_either_pass_within_a_second_and_keeps_nothing(app_server: AppServer, page: Page) -> None:
    opened(page, app_server, many_rows())
    pressed(page, "Say what it means")
    pressed(page, "Check the files")
    pressed(page, "Cancel")
    began = time.monotonic()
    expect(page.get_by_text("The import was stopped; nothing was written.")).to_be_visible()
    assert time.monotonic() - began < 3, "a second, and what a busy machine adds"
    pressed(page, "Check again")
    expect(page.locator(".ts-say")).to_contain_text(f"{ROWS:,} ratings", timeout=60_000)
    pressed(page, "Import")
    expect(page.get_by_text("You can leave or close this page")).to_be_visible()
    expect(page.locator(".wz-doing")).to_contain_text(re.compile("Writing|Bringing|rating"), timeout=60_000)
    pressed(page, "Cancel")
    expect(page.get_by_text("Nothing of it was kept.")).to_be_visible(timeout=30_000)
    found = list_studies(Workspace(app_server.database))
    assert [(study.n_items, study.n_ratings) for study in found] in ([], [(0, 0)])
    pressed(page, "Back to the check")
    expect(page.locator(".ts-say")).to_contain_text(f"{ROWS:,} ratings", timeout=60_000)


def test_a_page_loaded_anew_finds_its_running_import(app_server: AppServer, page: Page) -> None:
    opened(page, app_server, many_rows(30_000))
    pressed(page, "Say what it means")
    pressed(page, "Check the files")
    expect(page.locator(".ts-say")).to_contain_text("30,000 ratings", timeout=60_000)
    pressed(page, "Import")
    expect(page.get_by_text("You can leave or close this page")).to_be_visible()
    expect(page).to_have_url(re.compile("task="))
    page.reload()
    expect(page.locator(".ts-say")).to_have_text(re.compile("^Brought into “many”"), timeout=90_000)
    (study,) = list_studies(Workspace(app_server.database))
    assert (study.n_items, study.n_ratings) == (6_000, 30_000)


def test_hostile_files_run_nothing_and_fetch_nothing(app_server: AppServer, page: Page) -> None:
    strangers: list[str] = []
    home = (app_server.url, app_server.url.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(home) else strangers.append(request.url))
    page.on("dialog", lambda dialog: (strangers.append(dialog.message), dialog.dismiss()))
    texts = [payload.filled("http://127.0.0.1:9/hit").replace("\x00", "") for payload in PAYLOADS]
    texts = [text.encode("utf-8", "replace").decode().replace('"', '""') for text in texts]
    header = ",".join(["id", "prompt", "output_a", "output_b", "winner", *(f'"{text[:60]}"' for text in texts[:4])])
    rows = [
        f'"{place} {text[:40]}","{text}","{text}","b {text}","{"A" if place % 2 else text[:30]}","x","y","z","w"'
        for place, text in enumerate(texts)
    ]
    data = "\n".join([header, *rows]).encode()
    opened(page, app_server, [FilePayload(name="<img src=x onerror=alert(1)>.csv", mimeType="text/csv", buffer=data)])
    page.get_by_text("Columns and first records").wait_for()
    pressed(page, "Say what it means")
    page.get_by_text("What is judged").wait_for()
    pressed(page, "Check the files")
    page.locator(".ts-say").wait_for()
    if page.get_by_label("What becomes of them").count():
        page.get_by_label("What becomes of them").click()
        page.get_by_role("option", name="They leave no rating").click()
    page.locator(".card.preview").first.wait_for()
    assert strangers == []
    assert page.evaluate("() => typeof window.pwned") == "undefined"


def test_on_a_phone_nothing_is_wider_than_the_screen(app_server: AppServer, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    rows = "".join(f"q{n},A question with number {n},yes,no\n" for n in range(4))
    data = f"a_very_long_name_of_a_column_that_names_items,prompt,annotator1,annotator2\n{rows}".encode()
    opened(page, app_server, [FilePayload(name="x" * 90 + ".csv", mimeType="text/csv", buffer=data)])
    assert page.evaluate(wide) <= 0
    pressed(page, "Say what it means")
    page.get_by_text("Where it goes").wait_for()
    assert page.evaluate(wide) <= 0
    pressed(page, "Check the files")
    page.locator(".card.preview").first.wait_for()
    assert page.evaluate(wide) <= 0
