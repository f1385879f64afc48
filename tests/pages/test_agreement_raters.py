"""The sections of raters and of a judge in a person's place: what they show, open, keep in the address, and escape."""

from datetime import timedelta

from streamlit.testing.v1 import AppTest

from core.scales import DeclaredScale, ScaleKind
from core.workflow.agreement_raters import ORDERS
from core.workflow.demo import load_demo
from core.workflow.workspace import Workspace
from tests.builders import AT, Built, add_rating, build_study
from tests.pages.agreement_page import opened, words

ITEMS = tuple(f"q{number}" for number in range(1, 46))
HOSTILE = "<img src=x onerror=alert(1)> ![p](http://example.org/p.png) :red-badge[fake]"


def asked(page: AppTest, name: str) -> str:
    """What the address says; a list before the page wrote it, a word after."""
    value = page.query_params[name]
    return value if isinstance(value, str) else value[0]


def graded(workspace: Workspace, names: tuple[str, ...] = ("Ana", "Bruno", "Cy"), judge: str = "Fir") -> Built:
    """Every rater fails another share of 45 items; Ana passes the first half and fails the rest."""
    built = build_study(workspace.database, items=ITEMS, systems=("alder",))
    with workspace.database.writing() as session:
        for place, item in enumerate(ITEMS):
            at = AT + timedelta(minutes=place)
            for step, name in enumerate(names, start=3):
                value = "fail" if (place > 22 if name == names[0] else place % step == 0) else "pass"
                add_rating(session, built, f"{item}/alder", "acceptable", name, value, at=at)
            if judge:
                value = "fail" if place % 7 == 0 else "pass"
                add_rating(session, built, f"{item}/alder", "acceptable", judge, value, kind="judge", at=at)
    return built


def test_every_rater_has_a_row_whose_numbers_explain_themselves(workspace: Workspace) -> None:
    graded(workspace)
    text = words(opened(workspace, section="raters"))
    for name in ("Ana", "Bruno", "Cy"):
        assert f'<span class="ag-person">{name}</span>' in text
    assert '<span class="ag-judge">Fir</span>' in text
    assert "Same answer as the others" in text
    assert "Compared with the other people." in text
    assert "differential rater functioning over time" in text
    assert "Nobody&#x27;s work was timed. Nobody rated a unit again." in text


def test_who_changes_is_said_first(workspace: Workspace) -> None:
    graded(workspace)
    text = words(opened(workspace, section="raters"))
    assert "<b>Ana</b></span> changes over time; look at the column “Over time”." in text
    assert "Held against the others without Ana, who changes more clearly." in text


def test_the_order_and_the_rater_stand_in_the_address(workspace: Workspace) -> None:
    graded(workspace)
    page = opened(workspace, section="raters")
    page.selectbox("raterorder-group").select("agreement").run()
    assert asked(page, "raterorder") == "agreement"
    page.selectbox("rater-").select_index(0).run()
    assert not page.exception
    chosen = asked(page, "rater")
    page.button("open-rater").click().run()
    assert not page.exception
    assert (asked(page, "open"), asked(page, "first")) == ("rater", chosen)
    again = opened(workspace, section="raters", raterorder="agreement", rater=chosen)
    assert again.selectbox("raterorder-agreement").value == "agreement"
    assert str(again.selectbox(f"rater-{chosen}").value) == chosen


def test_every_order_draws(workspace: Workspace) -> None:
    graded(workspace)
    page = opened(workspace, section="raters")
    current = "group"
    for order in (*ORDERS, "group"):
        page.selectbox(f"raterorder-{current}").select(order).run()
        assert not page.exception
        assert '<span class="ag-person">Ana</span>' in words(page)
        current = order


def test_nonsense_in_the_address_is_the_default(workspace: Workspace) -> None:
    graded(workspace)
    for section in ("raters", "place"):
        opened(workspace, section=section, raterorder="x", raterpage="-3", rater="x", judge="x", vote="x")


def test_the_judge_in_a_persons_place_is_said_and_drawn(workspace: Workspace) -> None:
    graded(workspace)
    page = opened(workspace, section="place")
    text = words(page)
    assert '<span class="ag-judge">Fir</span>' in text
    assert "In a person&#x27;s place" in text
    assert "As one rater more" in text
    assert "Judges side by side" in text
    assert "ACORN" in text
    keys = [element.proto.id for element in page.get("plotly_chart")]
    assert any("place" in key for key in keys)
    assert any("extra-rater" in key for key in keys)


def test_a_person_beside_the_judge_opens_their_items(workspace: Workspace) -> None:
    graded(workspace)
    page = opened(workspace, section="place")
    judge = next(box.value for box in page.selectbox if str(box.key).startswith("judge-"))
    page.selectbox(f"place-person-{judge}").select_index(0).run()
    assert not page.exception
    assert (asked(page, "open"), asked(page, "second")) == ("pair", str(judge))


def test_the_reference_of_the_vote_stands_in_the_address(workspace: Workspace) -> None:
    graded(workspace)
    page = opened(workspace, section="place")
    page.selectbox("reference-everyone").select("others").run()
    assert not page.exception
    assert asked(page, "vote") == "others"
    assert "are part of this reference" not in words(page)


def test_what_is_missing_for_a_place_is_said(workspace: Workspace) -> None:
    graded(workspace, judge="")
    assert "No judge has rated this criterion." in words(opened(workspace, section="place"))


def test_free_numbers_draw_in_both_sections(workspace: Workspace) -> None:
    numbers = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)
    built = build_study(workspace.database, items=ITEMS, systems=("alder",), criteria={"score": ("output", numbers)})
    with workspace.database.writing() as session:
        for place, item in enumerate(ITEMS):
            for shift, name in enumerate(("Ana", "Bruno", "Fir")):
                kind = "judge" if name == "Fir" else "person"
                value = 30.0 + place + shift
                add_rating(session, built, f"{item}/alder", "score", name, value, kind=kind)
    assert "mean 52" in words(opened(workspace, section="raters"))
    assert "Free numbers have no vote" in words(opened(workspace, section="place"))


def test_every_criterion_of_the_demo_draws(workspace: Workspace) -> None:
    demo = load_demo(workspace)
    for criterion in ("acceptable", "label", "checklists"):
        for section in ("raters", "place"):
            opened(workspace, study=str(demo.id), criterion=criterion, section=section)


def test_hostile_names_stay_text(workspace: Workspace) -> None:
    graded(workspace, names=(HOSTILE, "Bruno", "Cy"), judge="J " + HOSTILE)
    for section in ("raters", "place"):
        page = opened(workspace, section=section)
        assert "<img" not in words(page)
        assert "<img" not in "".join(element.proto.spec for element in page.get("plotly_chart"))
        assert not [element for element in page.markdown if "red-badge" in element.value]
