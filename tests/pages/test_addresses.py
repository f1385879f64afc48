"""Addresses that people type."""

from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.routes.addresses import routes


def test_the_study_page_is_found_under_its_own_name_and_keeps_what_the_address_says() -> None:
    client = TestClient(Starlette(routes=list(routes())), follow_redirects=False)
    assert client.get("/study?study=3").headers["location"] == "/?study=3"
    assert client.get("/study").headers["location"] == "/"


def test_the_address_stays_on_this_server() -> None:
    client = TestClient(Starlette(routes=list(routes())), follow_redirects=False)
    assert client.get("/study?//example.org").headers["location"].startswith("/?")
