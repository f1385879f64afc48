"""The sections by slice and by criterion: what they say, open, keep in the address, escape; and a click on a row."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from core.scales import likert, pass_fail
from core.store.database import Database
from core.workflow.demo import load_demo
from core.workflow.workspace import Workspace
from tests.browser import AppServer
from tests.builders import Built, add_rating, build_study
from tests.pages.agreement_page import opened, resting, visit, words

N = 25
HOSTILE = "<img src=x onerror=alert(1)> :red-badge[fake] & co"
ALT = "Krippendorff's alpha, nominal in every slice of topic"


def parted(database: Database, *, name: str = "Study", second: str = "law") -> Built:
    """Topics art and `second`, 25 items each, and tea, 3: all agree on art; elsewhere Bruno fails every second one."""
    topics = ["art"] * N + [second] * N + ["tea"] * 3
    items = [f"{place:02}" for place in range(len(topics))]
    described = {
        item: {"slices": {"topic": topic, "place": "odd" if int(item) % 2 else "even"}}
        for item, topic in zip(items, topics, strict=True)
    }
    built = build_study(
        database, name=name, items=items, systems=("alder",), described=described,
        criteria={"acceptable": ("output", pass_fail()), "grade": ("output", likert(1, 3))},
    )  # fmt: skip
    with database.writing() as session:
        for place, (item, topic) in enumerate(zip(items, topics, strict=True)):
            for who, kind in (("Ana", "person"), ("Bruno", "person"), ("Fir", "judge")):
                apart = topic != "art" and who == "Bruno" and place % 2
                value = "fail" if place % 3 == 0 or apart else "pass"
                add_rating(session, built, f"{item}/alder", "acceptable", who, value, kind=kind)
                if who != "Fir":
                    add_rating(session, built, f"{item}/alder", "grade", who, str(1 + place % 3))
    return built


# Without a browser


def test_the_section_says_what_differs_and_what_is_too_thin(workspace: Workspace) -> None:
    parted(workspace.database)
    page = opened(workspace, section="slices", by="topic")
    text = words(page)
    assert "2 of 2 tested slices differ from the rest, at a false discovery rate of 5 %." in text
    assert "1 of 3 is too thin for an interval." in text
    assert "only 3 units: no interval" in text
    assert "The slice minus the rest, law" in text
    assert "Benjamini and Hochberg (1995)" in text
    assert page.selectbox[0].label == "Criterion"


def test_a_judge_stands_beside_people_and_the_choice_stays_in_the_address(workspace: Workspace) -> None:
    built = parted(workspace.database)
    page = opened(workspace, section="slices", by="topic")
    who = next(box for box in page.selectbox if box.label == "Who")
    fir = next(option for option in who.options if option == "Fir")
    who.select(fir).run()
    assert not page.exception
    assert "Judge minus people" in words(page)
    assert "beside" in page.query_params
    beside = str(page.query_params["beside"])
    again = opened(workspace, study=str(built.study), section="slices", by="topic", beside=beside)
    assert "Judge minus people" in words(again)


def test_the_keyboard_opens_a_slice_and_filters_the_page_to_it(workspace: Workspace) -> None:
    parted(workspace.database)
    page = opened(workspace, section="slices", by="topic")
    ways = next(box for box in page.selectbox if box.label == "Open the items of")
    assert "law (25)" in ways.options
    ways.select("law").run()
    assert not page.exception
    # Law: Bruno alone fails odd places that 3 does not divide: of 25 to 49 these are 25 29 31 35 37 41 43 47 49.
    assert "1 to 5 of 9" in words(page)
    page.button("slices-filter").click().run()
    assert not page.exception
    assert page.query_params["slice"] in ("topic=law", ["topic=law"])
    assert "open" not in page.query_params
    assert "All units are in one slice" in words(page)


def test_filtering_to_a_slice_keeps_the_filters_of_other_slices(workspace: Workspace) -> None:
    parted(workspace.database)
    page = opened(workspace, section="slices", by="topic", slice="place=odd", open="split", part="topic=law")
    page.button("slices-filter").click().run()
    assert not page.exception
    assert page.query_params["slice"] == ["place=odd", "topic=law"]


def test_nonsense_in_the_address_falls_back(workspace: Workspace) -> None:
    parted(workspace.database)
    page = opened(workspace, section="slices", by="nix", bymeasure="nix", beside="nix", sort="nix")
    assert "Open the items of" in [box.label for box in page.selectbox]
    assert "The slice minus the rest" in words(page)


def test_items_without_slices_say_what_to_do(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=[f"q{place}" for place in range(5)], systems=("alder",))
    with workspace.database.writing() as session:
        for place in range(5):
            for who in ("Ana", "Bruno"):
                add_rating(session, built, f"q{place}/alder", "acceptable", who, "pass" if place else "fail")
    page = opened(workspace, section="slices")
    assert "marked as slices" in words(page)
    assert "Slices" not in [box.label for box in page.selectbox]


def test_hostile_names_of_slices_stay_text(workspace: Workspace) -> None:
    parted(workspace.database, second=HOSTILE)
    page = opened(workspace, section="slices", by="topic", open="split", part=f"topic={HOSTILE}")
    assert "<img" not in words(page)
    shown = [element.proto.spec for element in page.get("plotly_chart")]
    assert not any("<img" in spec for spec in shown)
    assert any("&lt;img" in spec for spec in shown)


def test_every_question_stands_in_a_row_and_the_keyboard_goes_to_it(workspace: Workspace) -> None:
    parted(workspace.database)
    page = opened(workspace, section="criteria")
    text = words(page)
    assert "Krippendorff&#x27;s alpha, nominal" in text
    assert "Krippendorff&#x27;s alpha, ordinal" in text
    assert "no judge rated it" in text
    assert "Alphas of different levels (nominal, ordinal) do not compare one to one" in text
    ways = next(box for box in page.selectbox if box.label == "Go to")
    ways.select("grade").run()
    assert not page.exception
    assert page.query_params["criterion"] == "grade"


def test_one_question_alone_is_said(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=["q1"], systems=("alder",))
    with workspace.database.writing() as session:
        for who in ("Ana", "Bruno"):
            add_rating(session, built, "q1/alder", "acceptable", who, "pass")
    assert "This study asks one question" in words(opened(workspace, section="criteria"))


@pytest.mark.parametrize("section", ["slices", "criteria"])
def test_the_demo_draws_in_every_phase(workspace: Workspace, section: str) -> None:
    demo = load_demo(workspace)
    for phase in ("blind", "latest"):
        opened(workspace, study=str(demo.id), section=section, phase=phase)
    opened(workspace, study=str(demo.id), section=section, criterion="checklists")


# With a browser


def test_a_click_on_a_slice_opens_its_items_and_the_address_restores_them(
    server: AppServer, page: Page, chromium: Browser
) -> None:
    built = parted(server.database, name=f"Study {uuid4().hex[:8]}")
    visit(page, server, built, "&section=slices&by=topic&sort=name")
    _click_row(page, ALT, "law")
    expect(page.get_by_text("1 to 5 of 9")).to_be_visible()
    expect(page).to_have_url(re.compile(r"part=topic(=|%3D)law"))
    other = chromium.new_context(viewport={"width": 1400, "height": 900})
    try:
        fresh = other.new_page()
        fresh.goto(page.url)
        expect(fresh.get_by_text("1 to 5 of 9")).to_be_visible(timeout=30_000)
        expect(fresh.get_by_role("button", name="Filter the page to this slice")).to_be_visible()
    finally:
        other.close()


def test_a_click_on_a_criterion_goes_to_it(server: AppServer, page: Page) -> None:
    built = parted(server.database, name=f"Study {uuid4().hex[:8]}")
    visit(page, server, built, "&section=criteria")
    _click_row(page, "Alpha of people on every criterion", "grade")
    expect(page).to_have_url(re.compile("criterion=grade"))
    expect(page.locator("h1, h2, p").get_by_text("grade", exact=False).first).to_be_visible()


def _click_row(page: Page, alt: str, name: str) -> None:
    """Click on a row, well to the right of its name."""
    plot = page.locator(
        f'[data-testid=stPlotlyChart]:has([aria-label="{alt}"]), [aria-label="{alt}"] .js-plotly-plot'
    ).first
    plot.scroll_into_view_if_needed()
    label = plot.locator(".annotation-text", has_text=name).first
    expect(label).to_be_visible()
    box, area = resting(label), resting(plot.locator(".nsewdrag").first)
    x, y = area["x"] + area["width"] * 0.55, box["y"] + box["height"] + 8
    page.mouse.move(x, y)
    page.wait_for_timeout(150)
    page.mouse.click(x, y)
