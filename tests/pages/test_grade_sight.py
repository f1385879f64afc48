"""What the grading page shows and what it must not: blindness, reveal, phones, hostile words."""

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Request, Response, WebSocket, expect
from sqlmodel import Session, select

from core.models.items import Item, Output, System
from core.models.study import Guideline
from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail, preference
from tests.browser import AppServer
from tests.builders import AT, Built, add_rating, add_subject, build_study
from tests.pages.grading_desk import Grader

pytestmark = pytest.mark.browser

SECRETS = ("zebrasystem", "okapisystem", "quokkajudge", "wombatreason", "numbatperson")


def add_output(session: Session, built: Built, item: int, text: str) -> None:
    """An output of one more system, asked about."""
    system = System(study_id=built.study, name=f"long {item}", created_at=AT)
    session.add(system)
    session.flush()
    output = Output(item_id=item, system_id=system.id, messages=[{"role": "assistant", "content": text}], created_at=AT)
    session.add(output)
    session.flush()
    add_subject(session, built.study, item, f"long {item}", output.id)


def judged(server: AppServer, *, kind: str = "output", reveal: str = "after") -> Built:
    """A study in which a judge and another person have answered everything already."""
    scale = pass_fail() if kind == "output" else preference()
    built = build_study(
        server.database, name=f"Study {uuid4().hex[:8]}", criteria={"acceptable": (kind, scale)},
        systems=SECRETS[:2], settings={"reveal": reveal},
    )  # fmt: skip
    with server.database.writing() as session:
        for subject in built.subjects:
            said = "fail" if kind == "output" else "A"
            add_rating(session, built, subject, "acceptable", SECRETS[4], said)
            add_rating(session, built, subject, "acceptable", SECRETS[2], said, kind="judge", rationale=SECRETS[3])
    return built


WIDEST = """() => [
  document.documentElement.scrollWidth,
  ...[...document.querySelectorAll('*')].map((each) => each.shadowRoot).filter(Boolean)
    .flatMap((root) => [...root.querySelectorAll('.card, .body, .foot, .bar')].map((each) => each.scrollWidth)),
]"""


class Overheard:
    """Everything that reaches a page: answers, files, messages of the socket."""

    def __init__(self, page: Page) -> None:
        self.frames: list[str] = []
        self.answers: list[Response] = []
        self.asked: list[str] = []
        page.on("response", lambda response: self.answers.append(response))  # noqa: PLW0108 - Playwright marks it
        page.on("websocket", self._connected)
        page.on("request", self._requested)

    def _connected(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._framed)

    def _framed(self, data: str | bytes) -> None:
        self.frames.append(data if isinstance(data, str) else data.decode("latin-1"))

    def _requested(self, request: Request) -> None:
        self.asked.append(request.url)

    def secrets(self) -> set[str]:
        told = [each.text() for each in self.answers if each.ok and "/static/" not in each.url]
        assert any("subject" in text for text in told)
        assert self.frames
        return {secret for secret in SECRETS for text in told + self.frames if secret in text}


@pytest.mark.parametrize("kind", ["output", "pair"])
def test_nothing_of_others_reaches_the_page_before_submitting(server: AppServer, page: Page, kind: str) -> None:
    heard = Overheard(page)
    grader = Grader(page, server, judged(server, kind=kind).study).come()
    grader.press("g", "g", "r", "r", "d")
    page.wait_for_timeout(300)
    assert any("/grading/next" in url for url in heard.asked)
    assert heard.secrets() == set()
    assert not any(secret in page.content() for secret in SECRETS)
    grader.grade("1")
    expect(page.locator(".reveal")).to_contain_text(SECRETS[3])
    assert SECRETS[2] in heard.secrets()
    assert not heard.secrets() & set(SECRETS[:2])  # a reveal shows answers, not who made the output


def test_without_a_reveal_nothing_is_ever_sent(server: AppServer, page: Page) -> None:
    heard = Overheard(page)
    grader = Grader(page, server, judged(server, reveal="never").study).come()
    for _ in range(3):
        grader.grade("1")
    grader.wait_saved()
    grader.press("ArrowLeft")
    expect(page.locator(".reveal")).to_have_count(0)
    assert heard.secrets() == set()


def test_after_the_reveal_an_answer_is_kept_or_revised_and_both_stay(server: AppServer, page: Page) -> None:
    grader = Grader(page, server, judged(server).study).come()
    first = grader.grade("1")
    expect(page.locator(".reveal h2")).to_contain_text("differ")
    assert grader.subject == first
    grader.read()
    grader.press("k")
    second = grader.grade("1")
    expect(page.locator(".reveal")).to_be_visible()
    grader.press("e", "2")
    grader.read()
    grader.press("Enter")
    expect(grader.card).not_to_have_attribute("data-subject", str(second))
    grader.wait_saved()
    assert grader.ratings("blind") == {first: ["pass"], second: ["pass"]}
    assert grader.ratings("revised") == {first: ["pass"], second: ["fail"]}
    assert [row.act for row in grader.submissions() if row.nonce[:5] != "built"] == ["grade", "keep", "grade", "revise"]


def test_enter_after_the_reveal_keeps_and_a_held_enter_does_not_rush_through_it(server: AppServer, page: Page) -> None:
    grader = Grader(page, server, judged(server).study).come()
    first = grader.grade("1")
    expect(page.locator(".reveal")).to_be_visible()
    grader.press("Enter")
    assert grader.subject == first
    assert "too soon" in grader.notice
    grader.read()
    grader.press("Enter")
    assert grader.subject != first
    grader.wait_saved()
    assert grader.ratings("revised") == {first: ["pass"]}


@pytest.mark.parametrize("kind", ["output", "pair"])
def test_a_phone_needs_no_sideways_scrolling_and_has_targets_for_fingers(
    server: AppServer, chromium: Browser, kind: str
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    built = judged(server, kind=kind)
    page = context.new_page()
    grader = Grader(page, server, built.study).come()
    wide = WIDEST
    assert max(page.evaluate(wide)) <= 390
    for target in page.locator(".choice, .foot .grading .btn").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 40
        assert box["width"] >= 40
    page.locator(".choice").first.tap()
    submit = page.locator("[data-act=submit]")
    assert submit.bounding_box()["y"] + 40 < 844  # type: ignore[index]
    grader.read()
    submit.tap()
    expect(page.locator(".reveal")).to_be_visible()
    assert max(page.evaluate(wide)) <= 390
    context.close()


def test_the_theme_follows_the_browser(server: AppServer, chromium: Browser) -> None:
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        Grader(page, server, judged(server).study).come()
        expect(page.locator(".card")).to_have_attribute("data-theme", scheme)
        context.close()


HOSTILE = (
    '<img src="//evil.example/x" onerror="window.hit=1"><script>window.hit=1</script></textarea>'
    '"\'><b class="choice" data-act="submit">'
)


def test_words_of_the_study_are_text_and_never_markup(server: AppServer, page: Page) -> None:
    scale = DeclaredScale(ScaleKind.NOMINAL, (Option("a", HOSTILE[:150], None, HOSTILE), Option("b", "B")))
    built = build_study(
        server.database, name=f"{HOSTILE[:60]} {uuid4().hex[:8]}", criteria={"acceptable": ("output", scale)},
        settings={"reveal": "after"},
    )  # fmt: skip
    with server.database.writing() as session:
        session.add(
            Guideline(
                study_id=built.study,
                version=2,
                text=HOSTILE,
                created_at=session.exec(select(Guideline.created_at)).first(),
            )
        )
        for subject in built.subjects:
            add_rating(session, built, subject, "acceptable", HOSTILE[:90], "b", kind="judge", rationale=HOSTILE)
    heard = Overheard(page)
    grader = Grader(page, server, built.study, HOSTILE[:80]).come()
    grader.press("g", "g", "r")
    grader.press("c")
    page.keyboard.type(HOSTILE)
    grader.press("Escape")
    grader.grade("1")
    expect(page.locator(".reveal")).to_be_visible()
    grader.read()
    grader.press("k")
    grader.wait_saved()
    page.locator("[data-act=review]").click()
    expect(page.locator(".answered")).to_have_count(1)
    assert page.evaluate("window.hit") is None
    assert not [url for url in heard.asked if "evil.example" in url]
    assert page.locator(".card img, .card script, .prose [data-act]").count() == 0


def test_the_card_shows_long_text_in_its_own_pane_with_the_form_in_view(server: AppServer, page: Page) -> None:
    built = build_study(
        server.database, name=f"Long {uuid4().hex[:8]}", criteria={"quality": ("output", likert(1, 5))}, systems=()
    )
    with server.database.writing() as session:
        for item in built.items.values():
            add_output(session, built, item, "alder " * 4000)
    page.set_viewport_size({"width": 1400, "height": 420})
    grader = Grader(page, server, built.study).come()
    box = page.locator("[data-act=submit]").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 420
    assert page.evaluate("document.scrollingElement.scrollHeight") <= 420
    grader.grade("5")
    grader.wait_saved()


PANES = """() => {
  const cards = [...document.querySelectorAll('*')].filter((each) => each.shadowRoot?.querySelector('.card'));
  const shown = (selector) => [...cards[0].shadowRoot.querySelectorAll(selector)]
    .map((each) => ({ high: each.clientHeight, whole: each.scrollHeight }));
  return { parts: shown('.beside .part'), outputs: shown('.out-text'), page: shown('.reading')[0] };
}"""


def test_prompt_and_context_take_what_the_outputs_leave_and_no_text_pushes_another_away(
    server: AppServer, page: Page
) -> None:
    built = build_study(
        server.database, name=f"Panes {uuid4().hex[:8]}", criteria={"quality": ("output", likert(1, 5))}, items=()
    )
    lines = "\n\n".join(f"Line {number} of what the lighthouse keeper wrote." for number in range(14))
    with server.database.writing() as session:
        for name, output in (("short", "Brief."), ("long", lines * 9)):
            item = Item(study_id=built.study, external_id=name, context=lines, created_at=AT,
                        messages=[{"role": "user", "content": "Is it true?"}])  # fmt: skip
            session.add(item)
            session.flush()
            assert item.id is not None
            add_output(session, built, item.id, output)
    grader = Grader(page, server, built.study).come()
    panes = page.evaluate(PANES)
    assert [pane["high"] for pane in panes["parts"]] == [pane["whole"] for pane in panes["parts"]]
    assert panes["parts"][1]["whole"] > 400
    grader.grade("5")
    grader.wait_saved()
    for width, height in ((1400, 900), (1100, 700)):
        page.set_viewport_size({"width": width, "height": height})
        panes = page.evaluate(PANES)
        (prompt, context), (output,) = panes["parts"], panes["outputs"]
        assert prompt["high"] == prompt["whole"]
        assert 100 < context["high"] < context["whole"]
        assert context["high"] < output["high"] < output["whole"]  # what is judged has the biggest share
        assert panes["page"]["whole"] <= panes["page"]["high"]
