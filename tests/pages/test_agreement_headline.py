"""What the agreement page says first, and all coefficients: pictures, tables, explanations, the address."""

import json
import re

from playwright.sync_api import BrowserContext, expect
from streamlit.testing.v1 import AppTest

from core.store.database import Database
from core.workflow.demo import load_demo
from core.workflow.workspace import Workspace
from tests.browser import AppServer
from tests.builders import Built, add_rating, build_study
from tests.pages.agreement_page import opened, resting, words

ITEMS = tuple(f"q{number:02}" for number in range(24))
HOSTILE = "<img src=x onerror=alert(1)> ![p](http://example.org/p.png)"
PEOPLE = {"Ana": "ppf" * 8, "Bruno": "ppf" * 7 + "pff", "Chioma": "pff" * 8}


def graded(database: Database, rows: dict[str, str], *, name: str = "Study", kind: str = "person") -> Built:
    """Answers to 24 outputs in order; whose name begins with J is a judge."""
    built = build_study(database, name=name, items=ITEMS, systems=("alder",))
    with database.writing() as session:
        for who, answers in rows.items():
            for item, answer in zip(ITEMS, answers, strict=False):
                value = {"p": "pass", "f": "fail"}[answer]
                sort = "judge" if who.startswith("J") else kind
                add_rating(session, built, f"{item}/alder", "acceptable", who, value, kind=sort)
    return built


def drawn(page: AppTest) -> list[str]:
    """The words on the headline picture, which is the first."""
    spec = json.loads(page.get("plotly_chart")[0].proto.spec)
    return [one["text"] for one in spec["layout"]["annotations"]]


def test_judges_stand_beside_the_ceiling_of_people_on_their_own_units(workspace: Workspace) -> None:
    graded(workspace.database, PEOPLE | {"Jo": "pf" * 12})
    page = opened(workspace)
    assert "Judge against people, with their ceiling" in words(page)
    found = drawn(page)
    assert "People with each other" in found
    assert "Jo" in found
    assert any(text.endswith("</span>") and ">people ." in text for text in found)
    assert "Jo</span> agrees with people <b>less than they do with each other</b>: kappa" in words(page)
    assert "against a ceiling of" in words(page)


def test_without_judges_the_picture_is_of_the_coefficients(workspace: Workspace) -> None:
    graded(workspace.database, PEOPLE)
    page = opened(workspace)
    assert "How far people agree" in words(page)
    assert "Gwet's AC1" in drawn(page)
    assert "numbers-kappa" not in [element.key for element in page.get("button_group")]


def test_kappa_or_percent_stands_in_the_address(workspace: Workspace) -> None:
    graded(workspace.database, PEOPLE | {"Jo": "pf" * 12})
    page = opened(workspace)
    assert "Kappa with the majority of the others" in words(page)
    assert not any("%" in text for text in drawn(page))
    page.get("button_group")[0].set_value("percent").run()
    assert page.query_params["numbers"] == "percent"
    assert any("%" in text for text in drawn(page))
    assert "Percent with the majority of the others" in words(page)
    assert "Percent with the majority of the others" in words(page)


def test_every_number_carries_its_explanation(workspace: Workspace) -> None:
    graded(workspace.database, PEOPLE | {"Jo": "pf" * 12})
    text = words(opened(workspace))
    six = text[text.index("The same in six numbers") :]
    assert six.count('<details class="ag-x"') >= 14, "three people's numbers, and of the judge six with what is beside"
    assert "majorities of the others are compared with." in six
    assert "1,000 resamples, each with a value." in six
    assert "<code>" in six
    assert "“Pass” counts as positive; against the majority of people." in six
    assert "Commonest answer" in six


def test_the_units_where_a_judge_departs_open_from_a_list_too(workspace: Workspace) -> None:
    graded(workspace.database, PEOPLE | {"Jo": "pf" * 12})
    page = opened(workspace)
    (judges,) = [box for box in page.selectbox if box.label == "Open where a judge departs from most people"]
    assert [option.partition(":")[0] for option in judges.options] == ["Jo"]
    judges.select_index(0).run()
    assert not page.exception
    assert page.query_params["open"] == "rater"
    assert "ag-unit" in words(page)


def test_names_from_files_stay_text_in_tables_pictures_and_explanations(workspace: Workspace) -> None:
    graded(workspace.database, {HOSTILE: "ppf" * 8, "Bruno": "pff" * 8, "J " + HOSTILE: "pf" * 12})
    for section in ("pairs", "numbers"):
        page = opened(workspace, section=section)
        assert "<img" not in words(page)
        assert not any("<img" in element.proto.spec for element in page.get("plotly_chart"))


def test_anonymous_people_get_reasons_where_it_matters_who_said_what(workspace: Workspace) -> None:
    graded(workspace.database, PEOPLE | {"Jo": "pf" * 12}, kind="seat")
    page = opened(workspace)
    assert "The ratings do not say who gave them" in words(page)
    assert "True positive rate (TPR)" in words(page)


def test_all_coefficients_of_every_criterion_of_the_demo(workspace: Workspace) -> None:
    demo = load_demo(workspace)
    for criterion in ("acceptable", "quality", "label", "preference", "checklists"):
        page = opened(workspace, study=str(demo.id), criterion=criterion, section="numbers")
        text = words(page)
        assert "Every coefficient" in text
        assert "Matthews" in text
        assert ("Preferences, with ties in three ways" in text) == (criterion == "preference")
        assert "Without a value here" in text


def test_rater_and_reference_stand_in_the_address(workspace: Workspace) -> None:
    graded(workspace.database, PEOPLE | {"Jo": "pf" * 12})
    page = opened(workspace, section="numbers")
    (rater,) = [box for box in page.selectbox if box.label == "Rater"]
    (reference,) = [box for box in page.selectbox if box.label == "Reference"]
    assert (rater.options[0], reference.options[0]) == ("Jo", "Majority of people")
    reference.select(reference.options[1]).run()
    assert not page.exception
    assert "24 units have both answers." in words(page)
    chosen = str(page.query_params["reference"])
    again = opened(workspace, section="numbers", reference=chosen)
    (same,) = [box for box in again.selectbox if box.label == "Reference"]
    assert same.value == chosen
    nothing = opened(workspace, section="numbers", reference="999", judge="x")
    assert "units have both answers" in words(nothing)


def test_a_number_is_opened_by_keyboard_and_its_explanation_fits_a_phone(
    server: AppServer, context: BrowserContext
) -> None:
    built = graded(server.database, PEOPLE | {"Jo": "pf" * 12})
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/agreement?study={built.study}")
    expect(page.locator(".ag-say")).to_be_visible(timeout=30_000)
    number = page.locator(".ag-over summary").first
    panel = page.locator(".ag-panel").first
    expect(panel).to_be_hidden()
    number.focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("Share of pairs of ratings of the same unit that are the same.")
    box = panel.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    second = page.locator(".ag-over summary").nth(1)
    second.focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()


def test_a_click_on_a_judges_row_opens_where_it_departs(server: AppServer, context: BrowserContext) -> None:
    built = graded(server.database, PEOPLE | {"Jo": "pf" * 12}, name="Clicked")
    page = context.new_page()
    page.goto(f"{server.url}/agreement?study={built.study}")
    expect(page.locator(".ag-say")).to_be_visible(timeout=30_000)
    plot = page.locator("[aria-label='Agreement of each judge with people, beside the people\\'s ceiling']").first
    area = plot.locator(".nsewdrag").first
    area.scroll_into_view_if_needed()
    box = resting(area)
    # two rows: people above, the judge below
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.75)
    page.wait_for_timeout(200)
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.75)
    expect(page.locator(".ag-unit").first).to_be_visible()
    expect(page).to_have_url(re.compile("open=rater"))
