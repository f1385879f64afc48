"""The items behind every number: the matrix, the table of two, the list of disagreements, and items opened alone."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import select

from core.models.items import Reference
from core.models.ratings import Exposure
from core.models.study import Criterion
from core.scales import pass_fail, yes_no
from core.store.database import Database
from core.workflow.workspace import Workspace
from tests.browser import AppServer
from tests.builders import AT, Built, add_criterion, add_rating, build_study
from tests.pages.agreement_page import opened, visit, words

ITEMS = tuple(f"q{number:02}" for number in range(1, 31))


def graded(database: Database, *, name: str = "Study") -> Built:
    """30 items: Ana fails every fifth, Bruno every third, the judge none; a checklist question beside the first."""
    built = build_study(
        database, name=name, items=ITEMS, systems=("alder",),
        criteria={"acceptable": ("output", pass_fail()), "clear": ("output", pass_fail())},
    )  # fmt: skip
    with database.writing() as session:
        for place, item in enumerate(ITEMS):
            for who, step in (("Ana", 5), ("Bruno", 3)):
                value = "fail" if place % step == 0 else "pass"
                add_rating(session, built, f"{item}/alder", "acceptable", who, value, rationale=f"{who} on {item}")
            add_rating(session, built, f"{item}/alder", "acceptable", "Fir", "pass", kind="judge")
        # The most split is q01 (Ana and Bruno fail, the judge passes) with q04, q06, q07, ... (one of three differs).
        add_rating(session, built, "q01/alder", "clear", "Bruno", "fail", rationale="Hard to follow")
        session.add(Reference(item_id=built.items["q01"], text="Forty-two.", status="verified", created_at=AT))
        like = session.get(Criterion, add_criterion(session, built.study, "like", "output", yes_no()))
        assert like is not None
        asked = Criterion(
            study_id=built.study, item_id=built.items["q01"], lineage="q01-1", name="1",
            question="Does it say forty-two?", applies_to="output", scale_id=like.scale_id, created_at=AT,
        )  # fmt: skip
        session.add(asked)
        session.flush()
        both = Built(built.study, built.rubric, built.guideline, {**built.criteria, "asked": asked.id or 0},
                     built.items, built.systems, built.outputs, built.subjects)  # fmt: skip
        add_rating(session, both, "q01/alder", "asked", "Ana", "yes", rationale="In its last line")
        add_rating(session, both, "q01/alder", "asked", "Fir", "no", kind="judge")
    return both


def exposures(workspace: Workspace) -> int:
    with workspace.database.reading() as session:
        return len(session.exec(select(Exposure)).all())


# Without a browser


def test_the_list_says_how_many_and_shows_no_answer_until_one_is_opened(workspace: Workspace) -> None:
    built = graded(workspace.database)
    page = opened(workspace, criterion="acceptable", section="items")
    text = words(page)
    # Ana differs from Bruno or both from the judge: every fifth or third of 30, 6 + 10 - 2 = 14
    assert "1 to 14 of 14 units" in text
    assert 'aria-label="Answers: 2 people; 1 judge"' in text
    assert "people agree, the judge differs" in text
    assert "Ana on q" not in text
    assert exposures(workspace) == 0
    page.button(f"open-line-{built.subjects['q04/alder']}-{built.criteria['acceptable']}").click().run()
    assert not page.exception
    assert "Bruno on q04" in words(page)
    assert "Bruno on q07" not in words(page), "alone"
    assert exposures(workspace) == 1
    assert page.query_params["open"] == "item"


def test_the_order_and_the_words_searched_stand_in_the_address(workspace: Workspace) -> None:
    graded(workspace.database)
    page = opened(workspace, criterion="acceptable", section="items")
    page.selectbox("items-order").set_value("judge").run()
    page.text_input("items-find").set_value("q01").run()
    assert not page.exception
    assert (page.query_params["order"], page.query_params["find"]) == ("judge", "q01")
    assert "1 to 1 of 1 units, found among 2" in words(page)
    again = opened(workspace, criterion="acceptable", section="items", order="judge", find="q01")
    assert "1 to 1 of 1 units, found among 2" in words(again)


def test_what_is_not_there_is_said(workspace: Workspace) -> None:
    graded(workspace.database)
    found = opened(workspace, criterion="acceptable", section="items", find="no such words")
    assert "None of the 14 units in this list has these words." in words(found)
    turned = opened(workspace, criterion="acceptable", section="items", order="unstable")
    assert "No answer turned with the order shown." in words(turned)
    nothing = opened(workspace, criterion="acceptable", open="item", unit="999999")
    assert "This view has no such item" in words(nothing)
    broken = opened(workspace, criterion="acceptable", open="item", unit="1.2.3")
    assert "The address names items that are not here" in words(broken)
    sliced = opened(workspace, criterion="acceptable", open="split", part="system=cedar")
    assert "There is no slice “cedar” here, so no items are open." in words(sliced)
    assert exposures(workspace) == 0


def test_without_a_disagreement_the_list_is_empty_and_says_so(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        for name in ("Ana", "Bruno"):
            add_rating(session, built, "q1/alder", "acceptable", name, "pass")
    assert "Nobody differs on any unit." in words(opened(workspace, section="items"))
    assert "No judge has answered." in words(opened(workspace, section="items", order="judge"))


def test_a_rater_against_most_others_says_what_comes_first_and_what_ties(workspace: Workspace) -> None:
    graded(workspace.database)
    page = opened(workspace, criterion="acceptable")
    with workspace.database.reading() as session:
        judge = session.connection().exec_driver_sql("select id from rater where name = 'Fir'").scalar_one()
    page = opened(workspace, criterion="acceptable", open="rater", first=str(judge))
    text = words(page)
    assert "Items: Fir against most other people" in text
    # Both people fail on q01 and q16, so the judge differs there; they tie on the 12 where one of them fails.
    assert "2 differ from what most other people chose. On 12 the other people tie" in text
    assert text.index("Ana on q01") < text.index("Ana on q16")


def test_the_same_pair_and_the_same_cell_can_be_chosen_again(workspace: Workspace) -> None:
    built = graded(workspace.database)
    page = opened(workspace, criterion="acceptable", study=str(built.study))
    for _ in range(2):
        box = page.selectbox("matrix-pair")
        assert box.value is None
        box.select_index(0).run()
        assert not page.exception
        assert "Items: Ana and Bruno" in words(page)
        page.button("close-items").click().run()
        assert "Items: " not in words(page)
    page.selectbox("matrix-pair").select_index(1).run()
    page.selectbox(f"criterion-{built.study}").set_value("clear").run()
    assert not page.exception, "raters of another criterion are others"


def test_items_of_a_slice_say_which(workspace: Workspace) -> None:
    built = build_study(workspace.database, systems=("alder", "birch"))
    with workspace.database.writing() as session:
        for name, answers in (("Ana", ("pass",) * 6), ("Bruno", ("fail", "pass", "fail", "pass", "pass", "fail"))):
            for subject, answer in zip(built.subjects, answers, strict=True):
                add_rating(session, built, subject, "acceptable", name, answer)
    text = words(opened(workspace, open="split", part="system=alder"))
    # they differ on q1/alder, q2/alder and q3/birch
    assert "Items: where raters split, System alder" in text
    assert "1 to 2 of 2" in text


def test_a_page_beyond_the_list_is_its_last(workspace: Workspace) -> None:
    graded(workspace.database)
    for page in ("99", "-3", "x", "0"):
        assert "1 to 14 of 14 units" in words(opened(workspace, criterion="acceptable", section="items", list=page))


def test_another_measure_is_kept_in_the_address_and_one_that_does_not_fit_is_left_aside(workspace: Workspace) -> None:
    graded(workspace.database)
    page = opened(workspace, criterion="acceptable")
    page.selectbox("measure-acceptable").set_value("ac1").run()
    assert not page.exception
    assert page.query_params["measure"] == "ac1"
    unfit = opened(workspace, criterion="acceptable", measure="pearson")
    assert unfit.selectbox("measure-acceptable").value == "cohen"


# In a browser


@pytest.fixture
def live(server: AppServer) -> Built:
    return graded(server.database, name=f"Study {uuid4().hex[:8]}")


def test_a_disagreement_opens_with_everything_side_by_side_and_its_link_opens_it_elsewhere(
    server: AppServer, live: Built, page: Page, chromium: Browser
) -> None:
    visit(page, server, live, "&criterion=acceptable&section=items")
    page.get_by_label("Find").fill("q01")
    page.get_by_label("Find").press("Enter")
    expect(page.get_by_text("1 to 1 of 1 units, found among 14")).to_be_visible()
    page.get_by_role("button", name="Open 1", exact=True).click()
    unit = page.locator(".ag-unit")
    expect(unit).to_have_count(1)
    _shows_everything(page)
    expect(unit.get_by_text("Hard to follow")).to_be_hidden()
    unit.get_by_text("Other criteria, 1").click()
    expect(unit.get_by_text("Clear", exact=True)).to_be_visible()
    link = unit.get_by_role("link", name="Link to this item").get_attribute("href")
    assert link is not None
    other = chromium.new_context(viewport={"width": 1400, "height": 900})
    try:
        fresh = other.new_page()
        fresh.goto(f"{server.url}/agreement{link}")
        expect(fresh.locator(".ag-unit")).to_have_count(1, timeout=30_000)
        _shows_everything(fresh)
        expect(fresh.get_by_text("1 of 1 in the list")).to_be_visible()
    finally:
        other.close()


def _shows_everything(page: Page) -> None:
    unit = page.locator(".ag-unit")
    for text in (
        "Question q01",
        "Forty-two.",
        "Reference · verified",
        "Ana on q01",
        "Bruno on q01",
        "Checklist of this",
    ):
        expect(unit.get_by_text(text).first).to_be_visible()
    said = unit.locator(".ag-said")
    expect(said.locator("dt")).to_have_text(["Ana", "Bruno", "Fir"])
    asks = unit.locator(".ag-asks", has_text="Does it say forty-two?")
    expect(asks.locator("li")).to_have_text(["Ana Yes", "Fir No"])
    texts, ratings = unit.locator(".ag-texts").bounding_box(), said.bounding_box()
    assert texts is not None
    assert ratings is not None
    assert ratings["x"] >= texts["x"] + texts["width"], "beside, not below"


def test_the_list_is_read_by_keyboard_alone(server: AppServer, live: Built, page: Page) -> None:
    visit(page, server, live, "&criterion=acceptable&section=items")
    first = page.get_by_role("button", name="Open 1", exact=True)
    expect(first).to_be_visible()
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ag-unit")).to_have_count(1)
    here = page.get_by_role("region", name="Opened items")
    expect(here).to_be_focused()
    expect(page.get_by_text("1 of 14 in the list")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Back to the list")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Next item")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 of 14 in the list")).to_be_visible()
    expect(here).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 to 14 of 14 units")).to_be_visible()
    expect(page).not_to_have_url(re.compile("open="))


def test_a_new_rating_does_not_move_the_page_under_a_reader(server: AppServer, live: Built, page: Page) -> None:
    visit(page, server, live, "&criterion=acceptable&section=items&open=item&unit=" + str(live.subjects["q01/alder"]))
    place = page.get_by_text("1 of 14 in the list")
    expect(place).to_be_in_viewport()
    page.locator(".ag-say").scroll_into_view_if_needed()
    expect(place).not_to_be_in_viewport()
    with server.database.writing() as session:
        add_rating(session, live, "q01/alder", "acceptable", "Chioma", "pass")
    expect(page.locator(".ag-unit dt")).to_have_text(["Ana", "Bruno", "Chioma", "Fir"])
    page.wait_for_timeout(2_500)  # longer than the page waits before it would move
    expect(place).not_to_be_in_viewport()


def test_a_pair_of_the_matrix_is_opened_by_keyboard_and_comes_into_sight(
    server: AppServer, live: Built, page: Page
) -> None:
    visit(page, server, live, "&criterion=acceptable")
    box = page.get_by_role("combobox", name=re.compile("Or the items of one pair"))
    box.focus()
    page.keyboard.press("ArrowDown")
    # po = (2 + 16) / 30 = .6, pe = 6/30 * 10/30 + 24/30 * 20/30 = .6: kappa 0
    expect(page.get_by_role("option", name="Ana and Bruno: .00, n 30")).to_be_visible()
    page.keyboard.type("Ana and Bruno")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Items: Ana and Bruno")).to_be_in_viewport()
    expect(page).to_have_url(re.compile("open=pair"))


def test_the_table_of_two_is_written_in_percent_of_each_row_on_demand(
    server: AppServer, live: Built, page: Page
) -> None:
    visit(page, server, live, "&criterion=acceptable")
    chart = page.locator('[aria-label="Answers of the two raters"]')
    # Ana passes 24: Bruno passes 16 of them and fails 8
    expect(chart.get_by_text("16", exact=True)).to_be_visible()
    expect(chart.get_by_text("24", exact=True)).to_be_visible()
    toggle = page.get_by_role("switch", name="Percent of each row").or_(page.get_by_label("Percent of each row"))
    toggle.first.focus()
    page.keyboard.press("Space")
    expect(chart.get_by_text("67 %", exact=True).first).to_be_visible()
    expect(page).to_have_url(re.compile("cells=percent"))


def test_on_a_phone_the_list_is_not_wider_than_the_screen(
    server: AppServer, live: Built, context: BrowserContext
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, server, live, "&criterion=acceptable&section=items")
    expect(page.locator(".ag-line").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    right = page.evaluate("[...document.querySelectorAll('.ag-line')].map(e => e.getBoundingClientRect().right)")
    assert max(right) <= 391
