"""Filters of the agreement page: a choice stands in the address, and the address restores it."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from core.store.database import Database
from core.workflow.agreement import LiveStudies, asked_of
from core.workflow.workspace import Workspace
from tests.browser import AppServer
from tests.builders import AT, Built, add_rating, build_study
from tests.pages.agreement_page import opened, words

ITEMS = tuple(f"q{number:02}" for number in range(60))
HOSTILE = "<img src=x onerror=alert(1)> :red-badge[fake] =1"
DESCRIBED = {
    item: {
        "slices": {"domain": "law" if place < 30 else "art", "odd": HOSTILE if place % 2 else "even"},
        "split": "dev" if place % 3 else "test",
    }
    for place, item in enumerate(ITEMS)
}


def filtered_study(database: Database, name: str = "Study") -> Built:
    """Two people and a judge on 60 items: people agree on law (the first half) more than on art; a day every item."""
    answers = {(item, "alder"): ["x" * (place + 1)] for place, item in enumerate(ITEMS)}
    built = build_study(database, name=name, items=ITEMS, systems=("alder",), described=DESCRIBED, answers=answers)
    with database.writing() as session:
        for place, item in enumerate(ITEMS):
            at = AT + timedelta(days=place)
            other = "fail" if place % (10 if place < 30 else 3) == 0 else "pass"
            for who, said, kind in (("Ana", "pass", "person"), ("Bruno", other, "person"), ("Fir", other, "judge")):
                value = "fail" if place % 7 == 0 else said
                add_rating(session, built, f"{item}/alder", "acceptable", who, value, kind=kind, at=at)
    return built


def test_an_address_with_every_filter_gives_that_view(workspace: Workspace) -> None:
    built = filtered_study(workspace.database)
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    ids = {row.name: row.id for row in live.raters}
    page = opened(
        workspace, study=str(built.study), criterion="acceptable", phase="latest", kinds="person.judge",
        raters=f"{ids['Ana']}.{ids['Bruno']}", slice=["domain=law", "odd=even", "length=short"], split="dev",
        since="2026-03-03", until="2026-03-20", section="items",
    )  # fmt: skip
    view = live.view(
        asked_of(
            live, phase="latest", kinds=["person", "judge"], raters=["Ana", "Bruno"], split="dev",
            slices=["domain=law", "odd=even", "length=short"], since="2026-03-03", until="2026-03-20",
        )
    )  # fmt: skip
    # the items 1 to 18, of them the even ones, of them those not divisible by 3
    assert view.n_units == 6
    text = words(page)
    assert "Only people, judges; " in text
    assert "Output length: short (up to 20 characters); domain: law; odd: even; split: dev; " in text
    assert "written from 2026-03-03 up to 2026-03-20 (UTC)." in text
    assert "Left out: 162 of 180 ratings, 54 of 60 units." in text
    assert page.query_params["slice"] == ["domain=law", "odd=even", "length=short"]


def test_without_a_filter_nothing_is_said_to_be_left_out(workspace: Workspace) -> None:
    filtered_study(workspace.database)
    assert "Left out: " not in words(opened(workspace))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"slice": "domain=nix"}, "There is no slice of domain &quot;nix&quot;. Known: art, law."),
        ({"slice": HOSTILE}, "There is no kind of slice here &quot;&lt;img src&quot;."),
        ({"kinds": "person.<b>"}, "There is no kind of rater here &quot;&lt;b&gt;&quot;. Known: person, judge."),
        ({"split": "train"}, "There is no split here &quot;train&quot;. Known: dev, test."),
        ({"since": "9999-99-99"}, "since: found &quot;9999-99-99&quot;; expected a day such as 2026-11-20."),
        ({"section": "<b>"}, "There is no part “&lt;b&gt;” of this page"),
    ],
)
def test_an_address_that_names_nothing_says_so_and_shows_everything(
    workspace: Workspace, address: dict[str, str], said: str
) -> None:
    filtered_study(workspace.database)
    page = opened(workspace, phase="latest", **address)
    assert said in words(page)
    assert "Left out: " not in words(page)
    assert 'class="ag-say">' in words(page)
    assert page.query_params["phase"] == "latest", "what makes sense is kept"
    assert not set(address) & {"slice", "kinds", "split", "since"} & set(page.query_params)


def test_a_filter_that_leaves_nothing_says_so_and_can_be_cleared(workspace: Workspace) -> None:
    filtered_study(workspace.database)
    page = opened(workspace, until="2000-01-01")
    assert "There are no such ratings." in words(page)
    assert "Left out: 180 of 180 ratings, 60 of 60 units." in words(page)
    page.button("clear").click().run()
    assert not page.exception
    assert "until" not in page.query_params
    assert 'class="ag-say">' in words(page)


@pytest.fixture
def live(server: AppServer) -> Built:
    return filtered_study(server.database, name=f"Study {uuid4().hex[:8]}")


def visit(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".ag-say")).to_be_visible(timeout=60_000)


def test_a_filter_chosen_by_clicking_is_in_the_address_and_a_colleague_sees_the_same(
    server: AppServer, live: Built, page: Page, chromium: Browser
) -> None:
    visit(page, f"{server.url}/agreement?study={live.study}")
    everything = page.locator(".ag-say").inner_text()
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("combobox", name="Slices", exact=True).click()
    page.get_by_role("option", name="domain: art").click()
    page.get_by_role("combobox", name="Kinds of raters").click()  # at once, while the page is still being drawn
    page.get_by_role("option", name="people", exact=True).click()
    expect(page).to_have_url(re.compile("slice=domain%3Dart"))
    expect(page).to_have_url(re.compile("kinds=person"))
    expect(page.get_by_text("Only people; domain: art. Left out: 120 of 180 ratings, 30 of 60 units.")).to_be_visible()
    said = page.locator(".ag-say").inner_text()
    assert said != everything
    colleague = chromium.new_context(viewport={"width": 390, "height": 844})
    try:
        fresh = colleague.new_page()
        visit(fresh, page.url)
        expect(fresh.locator(".ag-say")).to_have_text(said)
        assert fresh.evaluate("document.documentElement.scrollWidth") <= 390
        fresh.get_by_role("button", name="Filter", exact=True).click()
        expect(fresh.get_by_role("combobox", name="Slices", exact=True)).to_be_visible()
        fresh.keyboard.press("Escape")
        fresh.get_by_role("button", name="Clear filters").first.click()
        expect(fresh.locator(".ag-say")).to_have_text(everything)
        expect(fresh).not_to_have_url(re.compile("slice=|kinds="))
    finally:
        colleague.close()
