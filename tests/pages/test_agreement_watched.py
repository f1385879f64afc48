"""Two people grade in their browsers while a third watches the agreement page."""

import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import AppServer
from tests.builders import Built, build_study
from tests.pages.grading_desk import Grader

ITEMS = tuple(f"q{number}" for number in range(1, 9))


def desk(chromium: Browser, server: AppServer, built: Built, name: str) -> tuple[Grader, BrowserContext]:
    """A person at a browser of their own, with the first subject before them."""
    context = chromium.new_context(viewport={"width": 1200, "height": 800})
    return Grader(context.new_page(), server, built.study, name).come(), context


def counted(page: Page, name: str, n: int) -> None:
    """The watcher sees that somebody has answered so many units: two seconds, on a machine with nothing else to do."""
    row = page.locator("table.ag tr", has=page.locator("td .ag-person", has_text=name)).first
    expect(row.locator("td.num").first).to_have_text(str(n), timeout=10_000)


def test_a_third_person_sees_agreement_grow_while_two_grade(
    app_server: AppServer, chromium: Browser, page: Page
) -> None:
    built = build_study(app_server.database, items=ITEMS, systems=("alder",), settings={"order": "file"})
    page.goto(f"{app_server.url}/agreement?study={built.study}")
    expect(page.get_by_text("Nobody has answered this criterion yet.")).to_be_visible(timeout=30_000)
    (ada, first), (bo, second) = (desk(chromium, app_server, built, name) for name in ("Ada", "Bo"))
    try:
        ada.grade("1")
        ada.wait_saved()
        expect(page.get_by_text("So far only Ada has answered (1 rating).")).to_be_visible(timeout=10_000)
        for place in range(1, 7):  # Ada is one ahead
            ada.grade("1")
            bo.grade("1" if place % 3 else "2")
            if place == 3:
                ada.wait_saved()
                bo.wait_saved()
                counted(page, "Ada", 4)
                counted(page, "Bo", 3)
        ada.wait_saved()
        bo.wait_saved()
        counted(page, "Ada", 7)
        counted(page, "Bo", 6)
    finally:
        first.close()
        second.close()
    # Bo gave the other answer to the third and the sixth of six units: the same answer in 4 of 6 comparisons.
    assert sorted(ada.ratings().values()).count(["pass"]) == 7
    assert sorted(bo.ratings().values()).count(["fail"]) == 2
    expect(page.locator(".ag-say")).to_contain_text("67 %")
    expect(page.locator(".ag-say")).to_contain_text(re.compile("6 units"))


def test_what_the_watcher_has_open_stays_open_when_ratings_come(
    app_server: AppServer, chromium: Browser, page: Page
) -> None:
    built = build_study(app_server.database, items=ITEMS, systems=("alder",), settings={"order": "file"})
    (ada, first), (bo, second) = (desk(chromium, app_server, built, name) for name in ("Ada", "Bo"))
    try:
        for grader, key in ((ada, "1"), (bo, "2")):
            grader.grade(key)
            grader.wait_saved()
        page.goto(f"{app_server.url}/agreement?study={built.study}&open=pair")
        expect(page.locator(".ag-unit")).to_have_count(1, timeout=30_000)
        for grader, key in ((ada, "1"), (bo, "1")):
            grader.grade(key)
            grader.wait_saved()
        expect(page.locator(".ag-unit")).to_have_count(2, timeout=10_000)
        expect(page).to_have_url(re.compile("open=pair"))
    finally:
        first.close()
        second.close()
