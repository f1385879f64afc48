"""The grading page in a real browser: keys, fields, what is asked, what is refused."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import select

from core.models.ratings import Assignment
from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail, preference, yes_no
from tests.browser import AppServer
from tests.builders import Built, build_study
from tests.pages.grading_desk import Grader

pytestmark = pytest.mark.browser
Sit = Callable[..., Grader]


@pytest.fixture(scope="module")
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    """One browser profile for this file, so that Streamlit's own files are loaded once."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(profile: BrowserContext) -> Iterator[Page]:
    """A tab; nobody has said a name."""
    profile.clear_cookies()
    page = profile.new_page()
    yield page
    for each in profile.pages:
        each.close()


def study(server: AppServer, **about: object) -> Built:
    return build_study(server.database, name=f"Study {uuid4().hex[:8]}", **about)  # type: ignore[arg-type]


@pytest.fixture
def sit(server: AppServer, page: Page) -> Sit:
    """Build a study and sit down to grade it."""

    def begin(**about: object) -> Grader:
        return Grader(page, server, study(server, **about).study).come()

    return begin


TWO = {"acceptable": ("output", pass_fail()), "quality": ("output", likert(1, 5))}


def test_a_name_is_asked_once_and_kept(sit: Sit) -> None:
    grader = sit()
    assert grader.mode == "grading"
    grader.page.reload()
    grader.page.wait_for_selector("[data-mode=grading]")
    expect(grader.page.locator(".who")).to_contain_text("Ada")


def test_digits_choose_and_move_to_the_next_open_question(sit: Sit) -> None:
    grader = sit(criteria=TWO)
    expect(grader.page.locator(".ask.now .title")).to_contain_text("Acceptable")
    grader.press("2")
    expect(grader.page.locator(".ask.now .title")).to_contain_text("Quality")
    grader.press("4")
    assert grader.checked() == ["Fail", "4"]
    graded = grader.grade()
    assert grader.subject != graded
    grader.wait_saved()
    assert sorted(grader.ratings()[graded]) == ["4", "fail"]


def test_tab_and_arrows_move_between_questions(sit: Sit) -> None:
    grader = sit(criteria=TWO)
    now = grader.page.locator(".ask.now .title")
    for key, title in (
        ("Tab", "Quality"),
        ("Shift+Tab", "Acceptable"),
        ("ArrowDown", "Quality"),
        ("ArrowUp", "Acceptable"),
    ):
        grader.press(key)
        expect(now).to_contain_text(title)
    grader.press("Tab", "3", "2")
    assert grader.checked() == ["Fail", "3"]


def test_the_next_subject_is_painted_by_the_very_key_press(sit: Sit) -> None:
    grader = sit()
    grader.press("1")
    grader.read()
    before, after, seen = grader.page.evaluate(
        """() => {
          const face = document.querySelector('[data-testid=stBidiComponentIsolated]');
          const card = face.shadowRoot.querySelector('.card');
          const before = card.dataset.subject;
          const enter = {key: 'Enter', code: 'Enter', bubbles: true, composed: true};
          card.dispatchEvent(new KeyboardEvent('keydown', enter));
          return [before, card.dataset.subject, card.querySelector('.out-text').isConnected];
        }"""
    )
    assert before != after
    assert seen
    grader.wait_saved()


def test_a_held_key_grades_one_subject_once(sit: Sit) -> None:
    grader = sit()
    first = grader.subject
    grader.press("1")
    grader.read()
    for _ in range(12):
        grader.page.keyboard.down("Enter")  # the second and later ones are repeats, as of a held key
        grader.page.wait_for_timeout(60)
    grader.page.keyboard.up("Enter")
    grader.wait_saved()
    assert list(grader.ratings()) == [first]
    assert len(grader.submissions()) == 1


def test_a_held_digit_answers_one_question(sit: Sit) -> None:
    grader = sit(criteria=TWO)
    for _ in range(6):
        grader.page.keyboard.down("1")
    grader.page.keyboard.up("1")
    assert grader.checked() == ["Pass"]


def test_a_double_press_grades_one_subject_and_says_why(sit: Sit) -> None:
    grader = sit()
    grader.press("1")
    grader.read()
    grader.press("Enter", "1", "Enter")
    assert "too soon" in grader.notice
    grader.wait_saved()
    assert len(grader.ratings()) == 1


def test_nothing_is_graded_within_300_ms_of_appearing(sit: Sit) -> None:
    grader = sit()
    grader.grade("1")
    second = grader.subject
    grader.press("2", "Enter")
    assert grader.subject == second
    assert "too soon" in grader.notice
    grader.read()
    grader.press("Enter")
    grader.wait_saved()
    assert grader.ratings()[second] == ["fail"]


def test_a_double_click_on_submit_grades_one_subject(sit: Sit) -> None:
    grader = sit()
    grader.page.locator(".choice").first.click()
    grader.read()
    grader.page.locator("[data-act=submit]").dblclick()
    grader.wait_saved()
    assert len(grader.submissions()) == 1


def test_no_key_acts_while_somebody_types_a_comment(sit: Sit) -> None:
    grader = sit()
    subject = grader.subject
    runs: list[str] = []
    grader.page.on("websocket", lambda socket: runs.append(socket.url))
    grader.press("c")
    grader.page.keyboard.type("1 2 s f r g ? u n c\nand k e d")
    assert grader.checked() == []
    assert grader.subject == subject
    expect(grader.page.locator("textarea")).to_have_value("1 2 s f r g ? u n c\nand k e d")
    for hidden in (".reason", ".drawer", ".veil"):
        expect(grader.page.locator(hidden)).to_be_hidden()
    expect(grader.page.get_by_role("dialog", name="Clear caches")).to_have_count(0)
    grader.press("Escape", "1")
    assert grader.checked() == ["Pass"]
    grader.grade()
    grader.wait_saved()
    assert grader.submissions()[0].comment.startswith("1 2 s f")


def test_keys_with_modifiers_are_left_alone(sit: Sit) -> None:
    grader = sit()
    grader.press("Control+1", "Alt+2", "Shift+S", "Control+Enter")
    assert grader.checked() == []
    expect(grader.page.locator(".reason")).to_be_hidden()


def test_a_missing_answer_is_named_and_gets_the_focus(sit: Sit) -> None:
    grader = sit(criteria=TWO)
    grader.press("1", "ArrowUp")
    grader.read()
    grader.press("Enter")
    assert "Quality" in grader.notice
    fault = grader.page.locator(".ask.now .fault")
    expect(fault).to_have_text("Needs an answer.")
    focused = grader.page.evaluate(
        "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.activeElement.dataset.place"
    )
    assert focused == "1"
    grader.press("5")
    expect(grader.page.locator(".fault:visible")).to_have_count(0)
    grader.press("Enter")
    grader.wait_saved()
    assert len(grader.submissions()) == 1


def test_a_required_comment_is_asked_for_in_its_field(sit: Sit) -> None:
    grader = sit(settings={"comment": "required", "confidence": "required"})
    grader.press("1")
    grader.read()
    grader.press("Enter")
    assert "how sure" in grader.notice
    grader.press("Shift+Digit4", "Enter")
    assert "comment" in grader.notice.lower()
    grader.page.keyboard.type("because")
    grader.press("Escape", "Enter")
    grader.wait_saved()
    submission = grader.submissions()[0]
    # step 4 of 5 on the card is the share (4 - 1) / 4 on record
    assert (submission.comment, submission.confidence) == ("because", 0.75)


def test_cant_tell_is_an_answer(sit: Sit) -> None:
    grader = sit()
    graded = grader.grade("n")
    grader.wait_saved()
    assert grader.ratings()[graded] == ["abstained"]


def test_ten_and_more_options_are_chosen_by_two_digits(sit: Sit) -> None:
    topics = DeclaredScale(ScaleKind.NOMINAL, tuple(Option(f"t{n}", f"Topic {n}") for n in range(1, 13)))
    grader = sit(criteria={"topic": ("item", topics)})
    grader.press("1")
    assert grader.checked() == []
    expect(grader.page.locator(".ask.now .wait")).to_have_text("1_")
    graded = grader.grade("1")
    grader.wait_saved()
    assert grader.ratings()[graded] == ["t11"]


def test_a_number_is_typed_and_checked(sit: Sit) -> None:
    share = DeclaredScale(ScaleKind.INTERVAL, (), low=0.0, high=10.0, step=0.5)
    grader = sit(criteria={"share": ("output", share)})
    grader.press("1", "1")
    grader.read()
    grader.press("Enter")
    expect(grader.page.locator(".fault:visible")).to_contain_text("0 to 10")
    grader.press("1", ".", "5")  # the wrong number is selected: typing replaces it
    graded = grader.subject
    grader.press("Enter")
    grader.wait_saved()
    assert grader.ratings()[graded] == ["1.5"]


def test_undo_brings_the_last_answer_back(sit: Sit) -> None:
    grader = sit()
    first = grader.grade("2")
    grader.wait_saved()
    grader.press("u")
    expect(grader.card).to_have_attribute("data-subject", str(first))
    assert grader.checked() == ["Fail"]
    assert grader.ratings()[first] == ["withdrawn"]
    grader.grade("1")
    grader.wait_saved()
    assert grader.ratings()[first] == ["pass"]
    # the first answer, its withdrawal, the new answer: nothing that was done is destroyed
    assert [row.act for row in grader.submissions()] == ["grade", "undo", "grade"]


def test_skipping_needs_a_reason_and_can_be_undone(sit: Sit) -> None:
    grader = sit()
    first = grader.subject
    grader.press("s", "Enter")
    assert grader.subject == first
    grader.page.keyboard.type("not my language")
    grader.press("Enter")
    assert grader.subject != first
    grader.wait_saved()
    assert place(grader, first) == ("skipped", "not my language")
    grader.press("u")
    expect(grader.card).to_have_attribute("data-subject", str(first))


def test_flagging_keeps_its_reason(sit: Sit) -> None:
    grader = sit()
    first = grader.subject
    grader.press("f")
    grader.page.keyboard.type("broken text")
    grader.press("Enter")
    grader.wait_saved()
    assert place(grader, first) == ("flagged", "broken text")


def place(grader: Grader, subject: int) -> tuple[str, str]:
    with grader.server.database.reading() as session:
        row = session.exec(select(Assignment).where(Assignment.subject_id == subject)).one()
        return row.state, row.reason


def test_back_opens_the_past_answer_and_a_change_is_a_new_submission(sit: Sit) -> None:
    grader = sit()
    first = grader.grade("1")
    second = grader.subject
    grader.press("ArrowLeft")
    assert grader.subject == first
    assert grader.checked() == ["Pass"]
    grader.grade("2")
    assert grader.subject == second
    grader.wait_saved()
    assert grader.ratings()[first] == ["fail"]
    assert len(grader.submissions()) == 2


def test_back_reaches_answers_of_an_earlier_sitting(sit: Sit) -> None:
    grader = sit()
    first = grader.grade("1")
    grader.wait_saved()
    grader.come()
    grader.press("Backspace")
    expect(grader.card).to_have_attribute("data-subject", str(first))
    assert grader.checked() == ["Pass"]


def test_past_answers_are_listed_and_opened(sit: Sit) -> None:
    grader = sit()
    graded = [grader.grade("1"), grader.grade("2")]
    grader.wait_saved()
    grader.page.locator("[data-act=review]").click()
    expect(grader.page.locator(".answered")).to_have_count(2)
    grader.page.locator(f".answered[data-subject='{graded[0]}']").click()
    assert grader.subject == graded[0]
    grader.press("Escape")
    assert grader.subject not in graded


def test_the_end_says_what_was_done(sit: Sit) -> None:
    grader = sit(items=("q1",))
    grader.grade("1")
    grader.press("s")
    grader.page.keyboard.type("later")
    grader.press("Enter")
    expect(grader.card).to_have_attribute("data-mode", "end")
    grader.wait_saved()
    assert grader.page.locator(".fact b").all_inner_texts() == ["1", "1", "0"]
    expect(grader.page.locator(".end-saved")).to_contain_text("saved")
    grader.page.locator("[data-act=review-skipped]").click()
    grader.page.locator(".answered").click()
    grader.grade("1")
    grader.wait_saved()
    assert len(grader.ratings()) == 2


def test_the_list_of_keys_opens_by_question_mark_and_f1(sit: Sit) -> None:
    grader = sit()
    for key in ("?", "F1"):
        grader.press(key)
        expect(grader.page.get_by_role("dialog", name="Keys")).to_be_visible()
        grader.press("1")
        assert grader.checked() == []
        grader.press("Escape")
        expect(grader.page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_guidelines_and_definitions_are_one_key_away(sit: Sit) -> None:
    scale = DeclaredScale(
        ScaleKind.BINARY, (Option("pass", "Pass", 1.0, "You would use it."), Option("fail", "Fail", 0.0))
    )
    grader = sit(criteria={"acceptable": ("output", scale)})
    grader.press("g")
    expect(grader.page.locator(".drawer")).to_contain_text("Grade with care.")
    expect(grader.page.locator(".drawer")).to_contain_text("You would use it.")
    grader.press("1")
    assert grader.checked() == ["Pass"]
    grader.press("g")
    expect(grader.page.locator(".drawer")).to_be_hidden()


def test_raw_and_compare_views_toggle_and_streamlit_does_not_rerun(sit: Sit) -> None:
    frames: list[object] = []
    grader = sit(criteria={"better": ("pair", preference(both_bad=True))})
    grader.page.wait_for_timeout(300)
    grader.page.on("websocket", lambda socket: socket.on("framesent", frames.append))
    grader.press("r")
    expect(grader.page.locator(".out-text .raw").first).to_be_visible()
    grader.press("d")
    expect(grader.page.locator(".out-text .diff").first).to_be_visible()
    grader.press("d")
    expect(grader.page.locator(".out-text .diff")).to_have_count(0)
    assert frames == []


def test_sides_are_stored_as_outputs(sit: Sit) -> None:
    grader = sit(criteria={"better": ("pair", preference())}, items=[f"q{n}" for n in range(8)])
    left = {grader.grade("1") for _ in range(8)}
    grader.wait_saved()
    orders = {row.subject_id: row.order_shown for row in grader.submissions()}
    assert set(orders) == left
    # "left" is A where A stood left (order AB), and B where B did
    assert grader.ratings() == {subject: ["A" if order == "AB" else "B"] for subject, order in orders.items()}


def test_checklist_rows_take_yes_no_and_na(sit: Sit) -> None:
    questions = {f"c{n}": ("output", yes_no(na=True)) for n in range(3)}
    grader = sit(criteria=questions)
    graded = grader.grade("1", "2", "3")
    grader.wait_saved()
    assert sorted(grader.ratings()[graded]) == ["na", "no", "yes"]


def test_a_draft_survives_a_refresh(sit: Sit) -> None:
    grader = sit(criteria=TWO)
    grader.grade("1", "1")
    subject = grader.subject
    grader.press("2", "c")
    grader.page.keyboard.type("half a tho")
    grader.come()
    assert grader.subject == subject
    assert grader.checked() == ["Fail"]
    expect(grader.page.locator("textarea")).to_have_value("half a tho")
    expect(grader.page.locator(".ask.now .title")).to_contain_text("Quality")


def test_a_second_tab_moves_on_when_the_first_grades(sit: Sit) -> None:
    grader = sit()
    other = Grader(grader.page.context.new_page(), grader.server, grader.study).come()
    first = grader.subject
    assert other.subject == first
    grader.page.bring_to_front()
    grader.grade("1")
    grader.wait_saved()
    expect(other.card).not_to_have_attribute("data-subject", str(first))
    assert "another tab" in other.notice
    other.page.bring_to_front()
    second = other.grade("2")
    other.wait_saved()
    assert grader.ratings() == {first: ["pass"], second: ["fail"]}


def test_two_people_share_no_answers(server: AppServer, chromium: Browser) -> None:
    built = study(server)
    for name in ("Ann", "Anna"):
        context = chromium.new_context()
        grader = Grader(context.new_page(), server, built.study, name).come()
        assert grader.checked() == []
        grader.grade("1" if name == "Ann" else "2")
        grader.wait_saved()
        context.close()
    assert set(map(tuple, grader.ratings().values())) == {("fail",)}


def test_mouse_alone_is_enough(sit: Sit) -> None:
    grader = sit(criteria=TWO)
    first = grader.subject
    grader.page.locator("textarea").fill("by hand")
    before = grader.page.locator("[data-act=submit]").bounding_box()
    grader.page.locator(".ask").nth(1).locator(".choice").nth(2).click()
    grader.page.locator(".ask").nth(0).locator(".choice").nth(1).click()
    assert grader.page.locator("[data-act=submit]").bounding_box() == before
    grader.read()
    grader.page.locator("[data-act=submit]").click()
    grader.wait_saved()
    assert sorted(grader.ratings()[first]) == ["3", "fail"]


def test_what_is_missing_is_said_with_a_way_on(server: AppServer, page: Page) -> None:
    built = study(server, items=())
    grader = Grader(page, server, built.study).come()
    expect(page.locator(".page h2")).to_have_text("There is nothing to grade yet")
    assert grader.mode == "empty"
    expect(page.locator(".page a")).to_have_attribute("href", f"/importing?study={built.study}")
