"""The agreement page: what it says first, that it follows new ratings, and that every cell opens its items."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import select

from core.models.ratings import Exposure
from core.scales import DeclaredScale, ScaleKind, likert
from core.store.database import Database
from core.workflow.demo import load_demo
from core.workflow.workspace import Workspace
from tests.browser import AppServer
from tests.builders import Built, add_rating, build_study
from tests.conftest import Clock
from tests.pages.agreement_page import opened, resting, visit, words

ITEMS = tuple(f"q{number}" for number in range(1, 26))
HOSTILE = "<img src=x onerror=alert(1)> ![p](http://example.org/p.png) :red-badge[fake]"


def graded(
    database: Database, *, people: tuple[str, ...] = ("Ana", "Bruno"), judge: bool = True, name: str = "Study"
) -> Built:
    """25 items: Ana passes all but every fifth; Bruno all but every fourth; the judge passes all."""
    built = build_study(database, name=name, items=ITEMS, systems=("alder",))
    with database.writing() as session:
        for place, item in enumerate(ITEMS):
            for who, step in zip(people, (5, 4, 3), strict=False):
                value = "fail" if place % step == 0 else "pass"
                add_rating(session, built, f"{item}/alder", "acceptable", who, value, rationale=f"{who} on {item}")
            if judge:
                add_rating(session, built, f"{item}/alder", "acceptable", "Fir", "pass", kind="judge")
    return built


def test_without_ratings_it_says_what_to_do_next(workspace: Workspace) -> None:
    build_study(workspace.database)
    page = opened(workspace)
    assert "Nobody has answered this criterion yet." in words(page)
    assert [link.proto.page for link in page.get("page_link")] == ["grade", "importing"]


def test_with_one_rater_it_asks_for_a_second(workspace: Workspace) -> None:
    graded(workspace.database, people=("Ana",), judge=False)
    page = opened(workspace)
    assert "So far only Ana has answered (25 ratings)." in words(page)
    assert 'Ana</span></td><td class="num">25</td>' in words(page)


def test_the_sentence_comes_first_and_every_estimate_has_its_interval(workspace: Workspace) -> None:
    graded(workspace.database)
    text = words(opened(workspace))
    assert 'class="ag-say">People' in text
    assert "Percent agreement" in text
    assert re.search(r"<summary>\d+ % <span class=\"int\">\(\d+ to \d+ %\)</span></summary>", text)


def test_an_illustrative_study_is_marked(workspace: Workspace) -> None:
    demo = load_demo(workspace)
    text = words(opened(workspace, study=str(demo.id)))
    assert '<span class="ts-tag">illustrative</span>' in text


def test_every_criterion_and_phase_of_the_demo_draws(workspace: Workspace) -> None:
    demo = load_demo(workspace)
    for criterion in ("acceptable", "faithful", "label", "preference", "checklists"):
        opened(workspace, study=str(demo.id), criterion=criterion)
    for phase in ("blind", "revised", "exposed", "latest"):
        opened(workspace, study=str(demo.id), phase=phase)


def test_numbers_without_options_have_no_confusion(workspace: Workspace) -> None:
    numbers = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)
    built = build_study(workspace.database, items=ITEMS, systems=("alder",), criteria={"score": ("output", numbers)})
    with workspace.database.writing() as session:
        for place, item in enumerate(ITEMS):
            for shift, name in enumerate(("Ana", "Bruno")):
                add_rating(session, built, f"{item}/alder", "score", name, 50.0 + place + shift)
    page = opened(workspace)
    assert "alpha, interval" in words(page)
    assert page.selectbox("measure-score").value == "alpha_interval"
    assert "Answers of the two raters" not in [chart.proto.alt for chart in page.get("plotly_chart")]


def test_few_units_have_no_interval_and_it_says_why(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"quality": ("output", likert(1, 5))})
    with workspace.database.writing() as session:
        for subject, a, b in (("q1/alder", "1", "2"), ("q2/alder", "4", "4"), ("q3/alder", "5", "5")):
            add_rating(session, built, subject, "quality", "Ana", a)
            add_rating(session, built, subject, "quality", "Bruno", b)
    text = words(opened(workspace))
    assert "too few to say how well they agree" in text
    assert "no interval" in text
    assert "Fewer than 20 independent units" in text


def test_an_address_that_names_nothing_falls_back_and_says_so(workspace: Workspace) -> None:
    graded(workspace.database)
    page = opened(workspace, criterion="nix")
    assert "There is no criterion &quot;nix&quot;. Known: acceptable." in words(page)
    assert "criterion" not in page.query_params
    assert "Percent agreement" in words(page)


def test_opening_notes_the_exposure_of_whoever_reads(workspace: Workspace) -> None:
    graded(workspace.database)
    page = opened(workspace)
    assert _exposures(workspace) == 0, "looking at numbers exposes nobody"
    page.button("open-pair").click().run()
    assert not page.exception
    assert _exposures(workspace) == 5, "the five units of the first page"
    assert "Ana on q1" in words(page)


def _exposures(workspace: Workspace) -> int:
    with workspace.database.reading() as session:
        return len(session.exec(select(Exposure)).all())


def test_hostile_names_and_words_stay_text(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=ITEMS, systems=("alder",))
    with workspace.database.writing() as session:
        for item in ITEMS:
            add_rating(session, built, f"{item}/alder", "acceptable", HOSTILE, "pass", rationale=HOSTILE)
            add_rating(session, built, f"{item}/alder", "acceptable", "J " + HOSTILE, "fail", kind="judge")
    page = opened(workspace, open="pair")
    assert "<img" not in words(page)
    shown = [element.proto.spec for element in page.get("plotly_chart")]
    assert shown
    assert not any("<img" in spec for spec in shown)


@pytest.fixture
def live(server: AppServer) -> Built:
    return graded(server.database, name=f"Study {uuid4().hex[:8]}")


def test_the_page_follows_a_rating_written_while_it_is_open(server: AppServer, live: Built, page: Page) -> None:
    visit(page, server, live)
    row = page.locator("table.ag tr", has=page.locator("td .ag-person", has_text="Chioma"))
    expect(row).to_have_count(0)
    with server.database.writing() as session:
        add_rating(session, live, "q1/alder", "acceptable", "Chioma", "pass")
    expect(row).to_have_count(1, timeout=10_000)  # two seconds, on a machine with nothing else to do
    with server.database.writing() as session:
        add_rating(session, live, "q2/alder", "acceptable", "Chioma", "pass")
    expect(row.locator("td").nth(1)).to_have_text("2", timeout=10_000)


def test_a_click_on_a_cell_opens_its_items_and_the_address_restores_them(
    server: AppServer, live: Built, page: Page, chromium: Browser
) -> None:
    visit(page, server, live)
    _click_cell(page, "Cohen's kappa of every pair of raters", row=0, column=1, size=3)
    expect(page.get_by_text("Items: Ana and Bruno")).to_be_visible()
    expect(page.locator(".ag-unit")).to_have_count(5)
    expect(page.locator(".ag-unit").first).to_contain_text("differs")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_text("6 to 10 of 25")).to_be_visible()
    expect(page).to_have_url(re.compile("page=2"))
    other = chromium.new_context(viewport={"width": 1400, "height": 900})
    try:
        fresh = other.new_page()
        fresh.goto(page.url)
        expect(fresh.get_by_text("6 to 10 of 25")).to_be_visible(timeout=30_000)
    finally:
        other.close()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".ag-unit")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("open="))


def test_a_click_on_two_answers_opens_the_items_answered_so(server: AppServer, live: Built, page: Page) -> None:
    visit(page, server, live)
    _click_cell(page, "Answers of the two raters", row=1, column=0, size=3)  # Ana fail (row), Bruno pass (column)
    # Ana fails 0 5 10 15 20, Bruno 0 4 8 12 16 20 24: Ana alone 5, 10, 15
    expect(page.get_by_text("1 to 3 of 3")).to_be_visible()
    expect(page.get_by_text("Items: Ana says Fail, Bruno says Pass")).to_be_visible()
    expect(page).to_have_url(re.compile(r"cell=fail\.pass"))


def test_everything_is_reached_by_keyboard(server: AppServer, live: Built, page: Page) -> None:
    visit(page, server, live)
    button = page.get_by_role("button", name=re.compile("Open their 25 items"))
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ag-unit")).to_have_count(5)


def test_on_a_phone_nothing_is_wider_than_the_screen(server: AppServer, live: Built, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, server, live, "&open=pair")
    expect(page.locator(".ag-unit").first).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate(
        "[...document.querySelectorAll('.ag-unit, .ag-say, .js-plotly-plot')].map(e => e.getBoundingClientRect().right)"
    )
    assert max(wide) <= 391


def _click_cell(page: Page, alt: str, *, row: int, column: int, size: int) -> None:
    """Click in the middle of a cell of a square matrix."""
    plot = page.locator(
        f'[data-testid=stPlotlyChart]:has([aria-label="{alt}"]), [aria-label="{alt}"] .js-plotly-plot'
    ).first
    plot.scroll_into_view_if_needed()
    box = resting(plot.locator(".nsewdrag").first)
    x = box["x"] + box["width"] * (column + 0.5) / size
    y = box["y"] + box["height"] * (row + 0.5) / size
    page.mouse.move(x, y)
    page.wait_for_timeout(150)
    page.mouse.click(x, y)


def test_a_choice_stands_although_the_browser_still_sends_the_address_from_before(
    workspace: Workspace, clock: Clock
) -> None:
    graded(workspace.database)
    page = opened(workspace)
    page.button("open-pair").click().run()
    assert "Items: Ana and Bruno" in words(page)
    del page.query_params["open"]  # sent before the browser knew of the new address
    page.run()
    assert "Items: Ana and Bruno" in words(page)
    assert page.query_params["open"] == "pair"
    clock.advance(seconds=3)
    del page.query_params["open"]  # by now the reader went back
    page.run()
    assert "Items: Ana and Bruno" not in words(page)
