"""Hostile text in every field that reaches a page or a file: nothing runs, nothing is fetched, nothing is faked."""

import csv
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO

import pytest
from playwright.sync_api import Page
from sqlmodel import Session

from core.models.items import Item, Output, Reference, System
from core.models.study import Guideline
from core.scales import DeclaredScale, Option, ScaleKind
from tests.browser import AppServer
from tests.builders import AT, Built, add_rating, add_subject, build_study
from tests.hostile import PAYLOADS
from tests.pages.grading_desk import Grader

STORED = tuple(payload for payload in PAYLOADS if payload.text.encode("utf-8", "replace").decode() == payload.text)
"""Lone surrogates are no text: no database takes them, and no route or import lets them in."""

TOGETHER = 6
"""Payloads in one subject, each in a message of its own, so that none swallows the next."""


@pytest.fixture
def tracker() -> Iterator["Tracker"]:
    """A server that must never hear from a page."""
    hits: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the interface's name

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Tracker(f"http://127.0.0.1:{server.server_port}", hits)
    server.shutdown()
    server.server_close()


@dataclass
class Tracker:
    url: str
    hits: list[str]


@dataclass
class Watch:
    """What a page did that it must not do."""

    page: Page
    home: str
    dialogs: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self._saw(request.url))
        self.page.on("popup", lambda popup: self.strangers.append(popup.url))

    def _saw(self, url: str) -> None:
        if not url.startswith((self.home, self.home.replace("http", "ws"), "data:", "blob:")):
            self.strangers.append(url)

    def is_calm(self) -> None:
        assert self.dialogs == []
        assert self.strangers == []
        assert self.page.evaluate("() => [typeof window.pwned, typeof globalThis.pwned]") == ["undefined", "undefined"]
        assert self.page.url.startswith(self.home)
        loaded = (
            "() => [...document.querySelectorAll('iframe, object, embed, form[action], base, meta[http-equiv]')].length"
        )
        assert self.page.evaluate(loaded) == 0


def _hostile_study(server: AppServer, texts: list[str]) -> Built:
    """Every text in messages, context, reference, output, rationale, comment, guideline, question, label, name."""
    short = [text[:180].replace("\x00", "").strip() or "x" for text in texts]
    options = (Option("yes", short[0], 1.0, texts[1]), Option("no", short[2], 0.0, texts[3]))
    scale = DeclaredScale(ScaleKind.BINARY, options, positive="yes")
    built = build_study(
        server.database, name=short[4], items=(), systems=(), settings={"reveal": "after", "reference": "before"},
        criteria={"fine": ("output", scale)},
    )  # fmt: skip
    with server.database.writing() as session:
        joined = "\n\n".join(texts)
        session.add(Guideline(study_id=built.study, version=2, text=joined, note=short[5], created_at=AT))
        subjects = dict(built.subjects)
        for place, start in enumerate(range(0, len(texts), TOGETHER)):
            subjects[f"s{place}"] = _subject(session, built.study, place, texts[start : start + TOGETHER], short)
        built = Built(built.study, built.rubric, built.guideline, built.criteria, subjects=subjects)
        for place, name in enumerate(subjects):
            group = texts[place * TOGETHER : (place + 1) * TOGETHER]
            rationale = "\n\n".join(group)
            add_rating(session, built, name, "fine", short[6], "no", kind="judge", rationale=rationale)
            add_rating(session, built, name, "fine", short[7], "yes", rationale=rationale)
            add_rating(session, built, name, "fine", short[8], "no" if place % 2 else "yes", rationale=rationale)
    return built


def _subject(session: Session, study: int, place: int, group: list[str], short: list[str]) -> int:
    system = System(study_id=study, name=f"{place} {short[9]}"[:200], family=short[10][:100], created_at=AT)
    messages = [{"role": text[:20], "content": text} for text in group]
    item = Item(study_id=study, external_id=f"{place} {group[0]}"[:400], messages=messages, context=group[-1],
                slices={short[11]: group[0]}, cluster=group[0], created_at=AT)  # fmt: skip
    session.add_all([system, item])
    session.flush()
    assert item.id is not None
    assert system.id is not None
    session.add_all([Reference(item_id=item.id, text=text, created_at=AT) for text in group])
    output = Output(item_id=item.id, system_id=system.id, messages=messages, created_at=AT)
    session.add(output)
    session.flush()
    return add_subject(session, study, item.id, f"s{place}", output.id)


def test_no_page_runs_loads_or_fakes_anything(app_server: AppServer, page: Page, tracker: Tracker) -> None:
    assert len(STORED) >= 30
    built = _hostile_study(app_server, [payload.filled(tracker.url) for payload in STORED])
    watch = Watch(page, app_server.url)

    for address in (
        "/",
        f"/?study={built.study}",
        f"/exporting?study={built.study}",
        f"/importing?study={built.study}",
    ):
        page.goto(app_server.url + address)
        page.wait_for_selector("h1", timeout=30_000)
        page.wait_for_timeout(800)
        for tab in page.get_by_role("tab").all():
            tab.click()
            page.wait_for_timeout(300)
        watch.is_calm()

    grader = Grader(page, app_server, built.study).come()
    grader.press("g")
    page.wait_for_timeout(200)
    grader.press("g")
    for _ in range(len(built.subjects)):
        grader.press("r", "r")
        grader.grade("1")
        page.wait_for_selector(".card[data-unsaved='0'] [data-act=keep]:visible")
        page.wait_for_timeout(330)
        grader.press("k")
        watch.is_calm()
    page.wait_for_selector(".card[data-mode=end]")
    grader.wait_saved()  # a page with an unsaved answer asks before it is left
    assert len(grader.ratings()) == len(built.subjects)

    one = next(iter(built.subjects.values()))
    for query, waited in (
        ("", ".js-plotly-plot"),
        ("&section=items", ".ag-line, .ts-empty"),
        ("&open=pair", ".ag-unit"),
        (f"&section=items&open=item&unit={one}", ".ag-unit"),
    ):
        page.goto(f"{app_server.url}/agreement?study={built.study}{query}")
        page.wait_for_selector(waited, timeout=30_000)
        page.wait_for_timeout(1_500)
        page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")
        page.wait_for_timeout(300)
        watch.is_calm()
    assert tracker.hits == []


def test_no_cell_of_a_downloaded_spreadsheet_starts_a_formula(
    app_server: AppServer, page: Page, tracker: Tracker
) -> None:
    built = _hostile_study(app_server, [payload.filled(tracker.url) for payload in STORED])
    answer = page.request.get(f"{app_server.url}/download/ratings?study={built.study}&shape=long&format=csv")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["x-content-type-options"] == "nosniff"
    numbers = {"created_at", "criterion_version", "meaning", "rating_id", "repetition", "confidence"}
    rows = list(csv.DictReader(StringIO(answer.body().decode("utf-8-sig", errors="surrogatepass"), newline="")))
    assert len(rows) == 3 * len(built.subjects)
    starting = {
        (name, cell[:20])
        for row in rows
        for name, cell in row.items()
        if name not in numbers and cell[:1] in "=+-@\t\r" and cell
    }
    assert starting == set()
    refused = page.request.get(
        f"{app_server.url}/download/ratings?study={built.study}", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert refused.status == 403
