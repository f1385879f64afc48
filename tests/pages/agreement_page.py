"""The agreement page as a script run in this process, without a browser."""

from pathlib import Path

from playwright.sync_api import FloatRect, Locator, Page, expect
from streamlit.testing.v1 import AppTest

from core.workflow.workspace import Visitor, Workspace
from tests.browser import AppServer
from tests.builders import Built

APP = str(Path(__file__).parents[2] / "app.py")


def opened(workspace: Workspace, **address: str | list[str]) -> AppTest:
    """The page at an address, as Zoe sees it."""
    page = AppTest.from_file(APP, default_timeout=60)
    page.session_state["workspace"] = workspace
    page.session_state["visitor"] = Visitor("Zoe")
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    page.switch_page("pages/agreement.py").run()
    assert not page.exception, page.exception
    return page


def words(page: AppTest) -> str:
    """Everything the page shows as HTML."""
    return "\n".join(element.proto.body for element in page.get("html"))


def visit(page: Page, server: AppServer, built: Built, query: str = "") -> None:
    """The page in a browser, until its sentence is there."""
    page.goto(f"{server.url}/agreement?study={built.study}{query}")
    expect(page.locator(".ag-say")).to_be_visible(timeout=30_000)


def resting(place: Locator) -> FloatRect:
    """Where something stands once it has stopped moving: what is computed later makes room for itself."""
    before = None
    while (box := place.bounding_box()) is None or box != before:
        before = box
        place.page.wait_for_timeout(150)
    return box
