"""Saved means saved: refreshes, killed servers, lost answers on the way, refusals."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect
from sqlmodel import select

from core.models.ratings import Import, Rater, Rating
from core.models.study import Rubric, RubricEntry
from core.scales import likert
from tests.browser import AppServer
from tests.builders import AT, Built, add_criterion, add_rater, build_study
from tests.pages.grading_desk import Grader

pytestmark = pytest.mark.browser


def study(server: AppServer, n_items: int = 6) -> Built:
    return build_study(
        server.database, name=f"Study {uuid4().hex[:8]}", items=[f"q{n}" for n in range(n_items)], systems=("alder",)
    )


@pytest.fixture
def grader(server: AppServer, page: Page) -> Grader:
    """Somebody who sits before six outputs."""
    return Grader(page, server, study(server).study).come()


def test_thirty_items_by_keys_through_a_refresh_and_a_killed_server_lose_nothing(server: AppServer, page: Page) -> None:
    grader = Grader(page, server, study(server, 30).study).come()
    pressed: dict[int, list[str]] = {}
    for place in range(30):
        if place == 9:
            grader.come()
        if place == 18:
            server.kill()
        if place == 20:
            expect(grader.state).to_contain_text("not saved")
            server.start()
            grader.wait_saved()
        key, option = (("1", "pass"), ("2", "fail"))[place % 3 == 0]
        pressed[grader.grade(key)] = [option]
    grader.wait_saved()
    expect(grader.card).to_have_attribute("data-mode", "end")
    assert len(pressed) == 30
    assert grader.ratings() == pressed
    assert len(grader.submissions()) == 30


def test_three_unsaved_answers_stop_the_card_and_are_saved_when_the_server_is_back(grader: Grader) -> None:
    grader.server.kill()
    given = [grader.grade("1") for _ in range(3)]
    fourth = grader.subject
    grader.grade("2")
    assert grader.subject == fourth
    assert "3 answers are not saved yet" in grader.notice
    assert grader.checked() == ["Fail"]
    expect(grader.state).to_contain_text("3 answers not saved: the server does not answer")
    assert "Saved" not in grader.state.inner_text()
    grader.server.start()
    grader.wait_saved()
    expect(grader.state).to_have_text("Saved")
    assert grader.ratings() == {subject: ["pass"] for subject in given}
    grader.press("Enter")
    grader.wait_saved()
    assert grader.ratings()[fourth] == ["fail"]


def test_answers_and_drafts_outlive_the_page_while_the_server_is_away(grader: Grader) -> None:
    grader.server.kill()
    given = [grader.grade("1"), grader.grade("2")]
    third = grader.subject
    grader.press("c")
    grader.page.keyboard.type("still here")
    grader.page.on("dialog", lambda dialog: dialog.accept())
    grader.page.goto("about:blank")
    grader.server.start()
    grader.come()
    grader.wait_saved()
    assert grader.ratings() == {given[0]: ["pass"], given[1]: ["fail"]}
    assert grader.subject == third
    expect(grader.page.locator("textarea")).to_have_value("still here")


def test_leaving_with_unsaved_answers_is_warned_about(grader: Grader) -> None:
    asked: list[str] = []
    grader.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    grader.page.route("**/grading/submit", lambda route: route.abort())
    grader.grade("1")
    expect(grader.state).to_contain_text("not saved")
    grader.page.goto("about:blank")
    assert asked == ["beforeunload"]


def test_saved_is_said_only_after_the_answer_came_back(grader: Grader) -> None:
    held: list[Route] = []
    grader.page.route("**/grading/submit", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    grader.grade("1")
    grader.page.wait_for_timeout(400)
    expect(grader.state).to_have_text("Saving 1")
    held[0].continue_()
    expect(grader.state).to_have_text("Saved")
    assert len(grader.ratings()) == 1


def test_a_lost_reply_doubles_nothing(grader: Grader) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        if not lost:
            lost.append(str(route.fetch().status))  # the server keeps the answer, the browser never hears of it
            route.abort()
        else:
            route.continue_()

    grader.page.route("**/grading/submit", lose)
    grader.grade("1")
    grader.wait_saved()
    assert lost == ["200"]
    assert len(grader.submissions()) == 1


def test_a_refused_answer_comes_back_with_what_was_given(server: AppServer, page: Page) -> None:
    built = study(server)
    grader = Grader(page, server, built.study).come()
    with server.database.writing() as session:  # somebody adds a required question meanwhile
        rubric = Rubric(study_id=built.study, version=2, created_at=AT)
        session.add(rubric)
        session.flush()
        assert rubric.id is not None
        session.add(RubricEntry(rubric_id=rubric.id, criterion_id=built.criteria["acceptable"], position=0))
        add_criterion(session, built.study, "quality", "output", likert(1, 5), rubric=rubric.id, position=1)
    first = grader.grade("2")
    expect(grader.page.locator(".notice")).to_contain_text("Not saved")
    assert grader.subject == first
    assert grader.checked() == ["Fail"]
    expect(grader.page.locator(".ask.now .title")).to_contain_text("Quality")
    grader.grade("4")
    grader.wait_saved()
    assert sorted(grader.ratings()[first]) == ["4", "fail"]


def test_a_lost_cookie_asks_for_the_name_and_saves_what_was_given(grader: Grader) -> None:
    grader.page.context.clear_cookies()
    first = grader.grade("1")
    expect(grader.card).to_have_attribute("data-mode", "name")
    grader.press("Enter")
    grader.wait_saved()
    assert grader.ratings() == {first: ["pass"]}


def test_another_name_gets_a_desk_of_its_own(grader: Grader) -> None:
    grader.grade("1")
    grader.wait_saved()
    grader.page.locator(".who").click()
    grader.page.keyboard.type("Grace")
    grader.press("Enter")
    expect(grader.page.locator(".who")).to_contain_text("Grace")
    expect(grader.page.locator(".count")).to_have_text("1 of 6")


def test_a_slow_server_holds_no_key_back(grader: Grader) -> None:
    held: list[Route] = []
    grader.page.route("**/grading/submit", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    first = grader.grade("1")
    assert grader.subject != first
    second = grader.grade("2")
    assert grader.subject not in (first, second)
    held[0].continue_()
    grader.page.wait_for_timeout(300)
    held[1].continue_()
    grader.wait_saved()
    assert grader.ratings() == {first: ["pass"], second: ["fail"]}


def raters(server: AppServer, built: Built) -> list[str]:
    with server.database.reading() as session:
        return list(session.exec(select(Rater.name).where(Rater.study_id == built.study)).all())


def test_a_name_changed_in_the_tab_of_another_study_stops_this_one_and_its_owner_goes_on(
    server: AppServer, page: Page
) -> None:
    here, there = study(server), study(server)
    ada = Grader(page, server, here.study).come()
    first = ada.subject
    ada.press("2")
    grace = Grader(page.context.new_page(), server, there.study, "Grace").come()
    grace.page.locator(".who").click()
    grace.page.keyboard.type("Grace")
    grace.press("Enter")
    expect(grace.page.locator(".who")).to_contain_text("Grace")
    expect(ada.card).to_have_attribute("data-mode", "other")
    expect(page.locator(".stage h2")).to_have_text("Grace is signed in now")
    grace.grade("1")
    grace.wait_saved()
    assert raters(server, here) == [] or raters(server, here) == ["Ada"]  # a draft of Ada's may have been saved before
    page.bring_to_front()
    page.get_by_role("button", name="Go on as Ada").click()
    assert (ada.subject, ada.checked()) == (first, ["Fail"])
    expect(grace.card).to_have_attribute("data-mode", "other")
    ada.read()
    ada.press("Enter")
    ada.wait_saved()
    assert ada.ratings() == {first: ["fail"]}
    assert raters(server, here) == ["Ada"]


def test_an_answer_is_never_saved_under_a_name_that_its_page_does_not_show(server: AppServer, page: Page) -> None:
    built = study(server)
    ada = Grader(page, server, built.study).come()
    ada.grade("1")
    ada.wait_saved()
    page.context.add_cookies([{"name": "touchstone_name", "value": "Grace", "url": server.url}])  # and no tab says so
    second = ada.grade("2")
    expect(ada.card).to_have_attribute("data-mode", "other")
    expect(ada.state).to_contain_text("1 answer not saved")
    expect(page.locator(".stage")).to_contain_text("1 answer by Ada waits in this browser")
    assert raters(server, built) == ["Ada"]
    page.get_by_role("button", name="Load the page for Grace").click()
    expect(page.locator(".who")).to_contain_text("Grace")
    expect(page.locator(".count")).to_have_text("1 of 6")
    assert second not in ada.ratings()
    page.locator(".who").click()
    page.keyboard.type("Ada")
    ada.press("Enter")
    expect(page.locator(".who")).to_contain_text("Ada")
    expect(page.locator(".count")).to_have_text("3 of 6")
    ada.wait_saved()
    assert ada.ratings()[second] == ["fail"]
    assert raters(server, built) == ["Ada"]


def test_what_an_import_brought_in_ones_name_is_listed_opened_and_changed(server: AppServer, page: Page) -> None:
    built = study(server, 3)
    first = built.subjects["q0/alder"]
    with server.database.writing() as session:
        brought = Import(study_id=built.study, files=[], mapping={}, state="done", created_at=AT)
        session.add(brought)
        session.flush()
        session.add(
            Rating(study_id=built.study, subject_id=first, criterion_id=built.criteria["acceptable"], option="fail",
                   rater_id=add_rater(session, built.study, "Ada"), phase="blind", import_id=brought.id, created_at=AT)
        )  # fmt: skip
    ada = Grader(page, server, built.study).come()
    expect(page.locator(".count")).to_have_text("2 of 3")
    assert ada.subject == built.subjects["q1/alder"]
    page.locator("[data-act=review]").click()
    expect(page.locator(".answered .what")).to_have_text("Acceptable: Fail")
    page.locator(".answered").click()
    expect(page.locator(".tag.past")).to_have_text("your past answer")
    assert (ada.subject, ada.checked()) == (first, ["Fail"])
    ada.grade("1")
    ada.wait_saved()
    assert ada.ratings() == {first: ["pass"]}
    expect(page.locator(".count")).to_have_text("2 of 3")
