"""What a page tells the browser to fetch early."""

from pathlib import Path

import httpx

from pages.routes.preloading import link_header
from tests.browser import AppServer


def test_the_agreement_page_names_what_draws_its_pictures_and_the_server_has_it(app_server: AppServer) -> None:
    header = httpx.get(f"{app_server.url}/agreement").headers["link"]
    scripts = [part.split(">")[0].strip(" <") for part in header.split(",")]
    assert any("PlotlyChart" in script for script in scripts)
    for script in scripts:
        answer = httpx.get(app_server.url + script)
        assert answer.status_code == 200
        assert "javascript" in answer.headers["content-type"]
    assert "link" not in httpx.get(f"{app_server.url}/grade").headers, "grading draws no picture"


def test_parts_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "Chart.ab12.js").write_text("", encoding="utf-8")
    assert link_header(("Chart", "Gone"), tmp_path) == "</static/js/Chart.ab12.js>; rel=modulepreload"
    assert link_header(("Gone",), tmp_path) == ""
