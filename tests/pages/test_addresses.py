"""Addresses that people type."""

from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from pages.routes.addresses import routes


def location(path: str) -> str:
    """Where an address leads."""

    async def exchange() -> httpx.Response:
        transport = httpx.ASGITransport(app=Starlette(routes=list(routes())))
        async with httpx.AsyncClient(transport=transport, base_url="http://touchstone.test") as client:
            return await client.get(path)

    with ThreadPoolExecutor(1) as thread:  # the tests' own thread may belong to a browser's event loop
        response = thread.submit(anyio.run, exchange).result()
    assert response.status_code == 307
    return response.headers["location"]


@pytest.mark.parametrize(
    ("typed", "leads_to"), [("/study?study=3", "/?study=3"), ("/study", "/"), ("/study?//a.test", "/?//a.test")]
)
def test_the_study_page_is_found_under_its_own_name_and_keeps_what_the_address_says(typed: str, leads_to: str) -> None:
    assert location(typed) == leads_to
