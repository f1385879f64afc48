"""Charts taken away as PNG and SVG in a real browser: not blank, on paper, with words that say what they are."""

import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect

from core.charts.theme import DARK, LIGHT, Theme
from tests.browser import AppServer
from tests.builders import Built, add_rating, build_study

ITEMS = tuple(f"q{number}" for number in range(1, 26))
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<b onclick="x">&amp; A\u202e\x07</b>'

CHARTS = {
    "pairs": ["headline", "matrix", "confusion"],
    "slices": ["slices-length"],
    "raters": ["raters"],
    "place": ["place", "extra-rater"],
}
"""Section -> keys of its charts, the last of which is drawn last; those above the sections with the first."""


def graded(server: AppServer, *, name: str, judge: str = "Fir") -> Built:
    """25 items: Ana fails every fifth, Bruno every fourth, the judge every third."""
    built = build_study(server.database, name=name, items=ITEMS, systems=("alder",))
    with server.database.writing() as session:
        for place, item in enumerate(ITEMS):
            for who, step, kind in (("Ana", 5, "person"), ("Bruno", 4, "person"), (judge, 3, "judge")):
                value = "fail" if place % step == 0 else "pass"
                add_rating(session, built, f"{item}/alder", "acceptable", who, value, kind=kind)
    return built


def visit(page: Page, server: AppServer, built: Built, query: str = "") -> list[str]:
    """Open the page; returns what the browser complains of, which grows while it is open."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server.url}/agreement?study={built.study}{query}")
    expect(page.locator(".ag-say").first).to_be_visible(timeout=30_000)
    return complaints


def saved(page: Page, chart: str, kind: str) -> tuple[str, bytes]:
    """Name and bytes of a chart's file."""
    bar = page.locator(f".st-key-saving-{chart}")
    expect(page.locator(f".st-key-{chart} .main-svg").first).to_be_visible()
    with page.expect_download() as waiting:
        bar.get_by_role("button", name=f"Save as {kind}").click()
    expect(bar.get_by_role("status")).to_have_text(f"{kind} saved")
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and every pixel's colour (RGBA) of a PNG of 8 bits a channel, without interlacing."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    place, data, width, height, channels = 8, b"", 0, 0, 4
    while place < len(png):
        size, name = struct.unpack(">I4s", png[place : place + 8])
        chunk = png[place + 8 : place + 8 + size]
        if name == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunk)
            assert (depth, interlaced) == (8, 0)
            channels = {2: 3, 6: 4}[colour]
        data += chunk if name == b"IDAT" else b""
        place += size + 12
    return width, height, _unfiltered(zlib.decompress(data), width, height, channels)


def _unfiltered(raw: bytes, width: int, height: int, channels: int) -> list[bytes]:
    """PNG filters taken back (None, Sub, Up, Average, Paeth)."""
    stride = width * channels
    above = bytearray(stride)
    found: list[bytes] = []
    for row in range(height):
        start = row * (stride + 1)
        kind, line = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for at in range(stride):
            left = line[at - channels] if at >= channels else 0
            up, corner = above[at], above[at - channels] if at >= channels else 0
            guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
            line[at] = (line[at] + guess) & 255
        found += [bytes(line[at : at + channels]) for at in range(0, stride, channels)]
        above = line
    return found


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    apart = [(abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner)]
    return min(apart)[2]


def colour(name: str) -> bytes:
    return bytes.fromhex(name.removeprefix("#"))


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_a_chart_is_saved_as_a_picture_that_says_what_it_is(
    server: AppServer, chromium: Browser, tmp_path: Path, look: Theme
) -> None:
    built = graded(server, name=f"Study {look.mode}")
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, color_scheme=look.mode)
    try:
        page = context.new_page()
        complaints = visit(page, server, built)
        name, svg = saved(page, "matrix", "SVG")
        assert name == f"touchstone-study-{look.mode}-acceptable-everyone-with-everyone.svg"
        root = ElementTree.fromstring(svg.decode())  # noqa: S314 - our own file
        words = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
        assert words[:2] == ["Everyone with everyone: Acceptable", "Cohen's kappa, every pair of raters."]
        assert {"Ana", "Bruno", "Fir"} <= set(words)
        foot = " ".join(words[words.index(next(word for word in words if word.startswith("Touchstone"))) :])
        assert foot.startswith(f"Touchstone · Study {look.mode} · Acceptable · blind · 20")
        assert foot.endswith("· 25\u00a0units")
        paper = root.find(f"{SVG}rect")
        assert paper is not None
        assert (paper.get("fill"), paper.get("width")) == (look.paper, root.get("width"))

        name, png = saved(page, "matrix", "PNG")
        assert name.endswith(".png")
        width, height, found = pixels(png)
        assert (width, height) == (2 * int(root.get("width", "0")), 2 * int(root.get("height", "0")))
        assert found[0][:3] == found[-1][:3] == colour(look.paper), "it stands on paper, not on nothing"
        assert all(pixel[3:] in (b"", b"\xff") for pixel in found)
        assert colour(look.ink) in {pixel[:3] for pixel in found}, "text is drawn"
        assert len(set(found)) > 50, "cells of several colours"
        assert not complaints

        # the file alone, in a browser without the page
        (tmp_path / "alone.svg").write_bytes(svg)
        page.goto((tmp_path / "alone.svg").as_uri())
        assert page.evaluate("[...document.querySelectorAll('text')].every(one => one.getBBox().width >= 0)")
        assert page.evaluate("document.documentElement.getBoundingClientRect().width") == int(root.get("width", "0"))
    finally:
        context.close()


def test_every_chart_of_every_section_can_be_saved(server: AppServer, page: Page) -> None:
    built = graded(server, name="Sections")
    for section, charts in CHARTS.items():
        complaints = visit(page, server, built, f"&section={section}")
        expect(page.locator(f".st-key-{charts[-1]} .main-svg").first).to_be_visible(timeout=30_000)
        drawn = page.locator(".js-plotly-plot").count()
        assert drawn == page.locator("[class*=st-key-saving-]").count(), section
        for chart in charts:
            name, svg = saved(page, chart, "SVG")
            assert name.startswith("touchstone-sections-acceptable-")
            root = ElementTree.fromstring(svg.decode())  # noqa: S314 - our own file
            assert len(list(root.iter(f"{SVG}text"))) > 4, chart
        assert not complaints


def test_hostile_names_break_no_picture(server: AppServer, page: Page) -> None:
    built = graded(server, name=HOSTILE, judge=HOSTILE)
    visit(page, server, built)
    name, svg = saved(page, "headline", "SVG")
    assert name == "touchstone-b-onclick-x-amp-a-b-acceptable-judge-against-people-with-their-ceiling.svg"
    root = ElementTree.fromstring(svg.decode())  # noqa: S314 - our own file
    words = "".join(root.itertext())
    assert '<b onclick="x">&amp; A' in words
    assert "\u202e" not in words
    assert not list(root.iter(f"{SVG}b"))
    assert not [one for one in root.iter() if one.get("onclick")]


def test_the_numbers_behind_a_chart_are_saved_with_the_view(server: AppServer, page: Page) -> None:
    built = graded(server, name="Numbers")
    visit(page, server, built, "&kinds=person")
    with page.expect_download() as waiting:
        page.locator(".st-key-saving-matrix").get_by_role("link", name="as CSV").click()
    assert waiting.value.suggested_filename == "touchstone-numbers-acceptable-pairs.csv"
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert "percent,Ana,Bruno,0.68,25," in text
    assert "Fir" not in text, "the filter of the page holds"


def test_the_citation_stands_ready_to_be_copied(server: AppServer, page: Page) -> None:
    built = graded(server, name="Cited")
    visit(page, server, built)
    page.get_by_text("Cite or download").click()
    fold = page.locator(".st-key-cite")
    expect(fold).to_contain_text("Krippendorff's alpha (nominal) among 2 annotators on 25 units for “Acceptable”")
    expect(fold).to_contain_text("nominal 0.140351 (here 0.140351); the same to 1e-9.")
    page.goto(f"{server.url}/agreement?study={built.study}&section=numbers")
    expect(page.locator(".ag-csv a")).to_have_count(2)
    rates = page.request.get(server.url + (page.locator(".ag-csv a").nth(1).get_attribute("href") or ""))
    assert "tpr,Fir,judge,Majority of people," in rates.text()


def test_every_table_is_a_link_away(server: AppServer, page: Page) -> None:
    built = graded(server, name="Linked")
    visit(page, server, built)
    page.get_by_text("Cite or download").click()
    fold = page.locator(".st-key-cite")
    expect(fold).to_contain_text("Where raters differ, with everybody's answers: for this, first give your name")
    expect(fold.get_by_role("link", name="Where raters differ")).to_have_count(0)
    with page.expect_download() as waiting:
        fold.get_by_role("link", name="Every coefficient").click()
    assert waiting.value.suggested_filename == "touchstone-linked-acceptable-coefficients.csv"
