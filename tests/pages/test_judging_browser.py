"""The judges page in Chromium, with a real worker that asks a real HTTP server: from the form to the verdicts."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.judging.pace import RunSettings
from core.scales import pass_fail, yes_no
from core.settings import ROOT
from core.workflow.judging import JudgeFace, add_judge, draft, with_model
from core.workflow.judging_runs import list_runs, run_status, start_run
from core.workflow.judging_selection import Selection
from core.workflow.workspace import Visitor, Workspace
from tests.browser import AppServer
from tests.builders import Built, build_study
from tests.conftest import Clock, make_workspace
from tests.llm_server import LlmServer, ScriptedReply, says

ZOE = Visitor("Zoe")
ITEMS = tuple(f"q{number}" for number in range(1, 9))
HOSTILE = (
    '<img src="http://127.0.0.1:9/pixel.png" onerror="document.title=\'taken\'"><script>document.title="taken"</script>'
    " ![p](http://127.0.0.1:9/p.png) :red-badge[fake]"
)
MODEL = "openai/scripted"
BEYOND_THE_EDGE = (
    "[...document.querySelectorAll('.stMainBlockContainer :is(table, pre, p, h2, h3, input, button, dl, summary)')]"
    ".filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 120))"
)


def passes(_body: Mapping[str, Any], _before: int) -> ScriptedReply:
    return says({"rationale": "It answers the question.", "verdict": "pass"})


@contextmanager
def working(server: AppServer) -> Iterator[None]:
    """A worker of its own process on the server's database."""
    environment = os.environ | {"TOUCHSTONE_DATABASE_URL": f"sqlite:///{server.file}"}
    process = subprocess.Popen(
        [sys.executable, "-m", "core.cli", "worker"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def space_of(server: AppServer) -> Workspace:
    return make_workspace(server.database, Clock())


def study(server: AppServer, name: str, **more: Any) -> Built:
    """Eight items by two systems, every answer its own: sixteen calls for one criterion."""
    answers = {(item, system): [f"{system} answers {item}"] for item in ITEMS for system in ("alder", "birch")}
    return build_study(server.database, name=name, items=ITEMS, answers=answers | more.pop("answers", {}), **more)


def judge(server: AppServer, built: Built, name: str, api_base: str) -> JudgeFace:
    space = space_of(server)
    spec = with_model(draft(space, built.study, "direct"), MODEL, api_base=api_base)
    return add_judge(space, ZOE, built.study, name, spec)


def visit(page: Page, server: AppServer, built: Built, query: str = "", *, name: str = "Zoe") -> None:
    if name:
        page.context.add_cookies([{"name": "touchstone_name", "value": name, "url": server.url}])
    page.goto(f"{server.url}/judging?study={built.study}{query}")
    expect(page.get_by_role("heading", name="Judges")).to_be_visible(timeout=30_000)


def fill(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Tab")


def test_from_the_form_over_a_trial_to_a_run_that_is_watched_and_read(page: Page, server: AppServer) -> None:
    built = study(server, "Whole way")
    with LlmServer(passes, delay=0.2) as llm, working(server):
        visit(page, server, built)
        page.get_by_role("button", name="New: direct").click()
        fill(page, "Name", "helpful")
        fill(page, "Model", MODEL)
        fill(page, "Address of your own server", llm.api_base)
        expect(page.get_by_text("alder answers q1").first).to_be_visible()
        assert not llm.requests, "looking at what will be asked asks nothing"
        page.get_by_role("button", name="Save the judge").click()
        expect(page.get_by_role("heading", name="helpful v1")).to_be_visible()

        page.get_by_role("button", name="Try it", exact=True).click()
        expect(page.get_by_text("Raw reply")).to_be_visible(timeout=40_000)
        expect(page.get_by_text("It answers the question.").first).to_be_visible()
        assert len(llm.requests) == 1

        page.get_by_role("radio", name="Run", exact=True).click()
        expect(page.get_by_text("15 requests to send")).to_be_visible()
        expect(page.get_by_text("1 of 16 calls are answered already")).to_be_visible()
        page.get_by_role("button", name="Start the run").click()
        expect(page.get_by_text("What it took")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("progressbar", name="Calls settled")).to_have_attribute("aria-valuenow", "100")
        assert len(llm.requests) == 16, "the trial's answer was not asked for again"

        page.get_by_role("link", name="15 ok").click()
        expect(page).to_have_url(re.compile("view=calls"))
        expect(page.get_by_text("15 of 15 calls")).to_be_visible()
        assert page.evaluate("performance.getEntriesByType('navigation').length") == 1, "no page was loaded anew"
        first = page.locator("details.jd-call").first
        first.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(first.get_by_text("Raw reply")).to_be_visible()


def test_a_run_is_paused_and_cancelled_within_a_moment_and_nothing_is_asked_twice(
    page: Page, server: AppServer
) -> None:
    built = study(server, "Paused")
    with LlmServer(passes, delay=0.5) as llm, working(server):
        face = judge(server, built, "slow", llm.api_base)
        visit(page, server, built, f"&judge={face.id}&view=run")
        page.get_by_text("Pace and patience").click()
        fill(page, "Calls at once", "1")
        expect(page.get_by_role("button", name="Start the run")).to_be_visible()
        page.get_by_role("button", name="Start the run").click()
        expect(page.locator(".jd-line")).to_contain_text(re.compile(r"[2-9] of 16 calls"), timeout=40_000)
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".jd-line b")).to_have_text("Paused", timeout=5_000)
        page.reload()
        expect(page.locator(".jd-line b")).to_have_text("Paused")
        page.get_by_role("button", name="Resume").click()
        expect(page.locator(".jd-line b")).to_have_text("Running", timeout=10_000)
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator(".jd-line b")).to_have_text("Cancelled", timeout=5_000)
        (run,) = list_runs(space_of(server), built.study)
        assert run.state == "cancelled"
        assert llm.repeats() == 0


def test_failures_are_asked_again_with_one_press_and_only_those(page: Page, server: AppServer) -> None:
    built = study(server, "Failing")
    broken: set[str] = set()

    def some(body: Mapping[str, Any], before: int) -> ScriptedReply:
        prompt = str(body["messages"])
        if "answers q3" in prompt and prompt not in broken:
            broken.add(prompt)
            return says("I could say so much about it.")
        return passes(body, before)

    with LlmServer(some) as llm, working(server):
        face = judge(server, built, "mumbling", llm.api_base)
        run = start_run(space_of(server), ZOE, face.id, Selection(kind="output"), RunSettings())
        visit(page, server, built, f"&judge={face.id}&view=run&run={run.id}")
        expect(page.get_by_text("What did not work")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("link", name="2 unreadable")).to_be_visible()
        asked = len(llm.requests)
        page.get_by_role("button", name="Ask these 2 again").click()
        expect(page.get_by_role("link", name="2 ok")).to_be_visible(timeout=60_000)
        assert len(llm.requests) == asked + 2
        newest = list_runs(space_of(server), built.study)[0]
        assert run_status(space_of(server), newest.id).retry_of_id == run.id


def test_a_name_given_here_is_kept_as_one_given_while_grading(page: Page, server: AppServer) -> None:
    built = study(server, "Named here")
    face = judge(server, built, "asking", "http://127.0.0.1:9/v1")
    visit(page, server, built, f"&judge={face.id}&view=asked", name="")
    page.get_by_label("Your name").fill("Zoë")
    page.get_by_label("Your name").press("Enter")
    expect(page.get_by_role("button", name="Try it", exact=True)).to_be_visible()
    for _ in range(50):
        kept = {one["name"]: one["value"] for one in page.context.cookies()}
        if "touchstone_name" in kept:
            break
        page.wait_for_timeout(100)
    assert kept.get("touchstone_name") == "Zo%C3%AB"
    page.reload()
    expect(page.get_by_role("button", name="Try it", exact=True)).to_be_visible()


def test_hostile_replies_names_and_outputs_do_nothing_in_the_page(page: Page, server: AppServer) -> None:
    built = study(server, "Hostile", answers={("q1", "alder"): [HOSTILE]})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with LlmServer(lambda _body, _before: says({"rationale": HOSTILE, "verdict": "pass"})) as llm, working(server):
        face = judge(server, built, HOSTILE[:120], llm.api_base)
        visit(page, server, built, f"&judge={face.id}&view=asked&item={built.subjects['q1/alder']}")
        expect(page.get_by_text("document.title=").first).to_be_visible()
        page.get_by_role("button", name="Try it", exact=True).click()
        expect(page.get_by_text("Raw reply")).to_be_visible(timeout=40_000)
        for view in ("versions", "edit", "run", "calls&open=1"):
            visit(page, server, built, f"&judge={face.id}&view={view}")
            page.wait_for_timeout(500)
            assert page.locator(".stMainBlockContainer img").count() == 0
        visit(page, server, built)
        expect(page.get_by_role("table", name="Judges of the study")).to_be_visible()
    assert page.title() == "Judges · Touchstone"
    assert not [url for url in asked if "pixel" in url or "p.png" in url]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_nothing_sideways(chromium: Browser, server: AppServer, scheme: str) -> None:
    criteria = {"acceptable": ("output", pass_fail()), "a very long name of a criterion " * 3: ("output", yes_no())}
    built = study(server, f"Phone {scheme}", criteria=criteria)
    with LlmServer(passes) as llm:
        face = judge(server, built, "averyveryverylongnamewithoutanyspaces" * 3, llm.api_base)
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    one = f"&judge={face.id}"
    for query in (
        "", one, f"{one}&view=run", f"{one}&view=edit", f"{one}&view=versions", "&view=new&protocol=pairwise",
        "&view=new&protocol=length",
    ):  # fmt: skip
        visit(page, server, built, query)
        page.wait_for_timeout(700)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, query
        assert page.evaluate(BEYOND_THE_EDGE) == [], query
    context.close()
