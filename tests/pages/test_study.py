"""The study page, run without a browser: what it offers, what it saves, what it never lets through."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.models.grading_rules import Reveal
from core.scales import ScaleKind
from core.workflow.demo import load_demo
from core.workflow.pairs import list_draws
from core.workflow.studies import close_study, create_study, list_studies
from core.workflow.study_changes import write_guideline
from core.workflow.study_detail import study_detail
from core.workflow.templates import Template
from core.workflow.workspace import Visitor, Workspace
from tests.builders import add_rating, build_study

APP = str(Path(__file__).parents[2] / "app.py")
ANN = Visitor("Ann")
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> ![p](http://example.org/p.png) :red-badge[fake]"


def opened(workspace: Workspace, study: int | None = None, tab: str | None = None) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=30)
    page.session_state["workspace"] = workspace
    page.session_state["visitor"] = ANN
    if study is not None:
        page.query_params["study"] = str(study)
    if tab is not None:
        page.query_params["tab"] = tab
    return shown(page.run())


def shown(page: AppTest) -> AppTest:
    assert not page.exception, page.exception
    return page


def words(page: AppTest) -> str:
    """Everything the page shows as HTML."""
    return "\n".join(element.proto.body for element in page.get("html"))


def test_an_empty_database_says_what_to_do_and_loads_the_demo(workspace: Workspace) -> None:
    page = opened(workspace)
    assert "There is no study yet" in words(page)
    shown(page.button("load-demo").click().run())
    (demo,) = list_studies(workspace)
    assert page.query_params["study"] == str(demo.id)
    assert "illustrative" in words(page)
    assert "People have graded 12 of 12 items" in words(page)


def test_a_study_is_created_from_a_template_and_opened(workspace: Workspace) -> None:
    page = opened(workspace)
    assert page.button("create-study").disabled, "it needs a name"
    page.text_input("new-name").input("Spam").run()
    page.radio("new-template").set_value(Template.LABEL_AUDIT).run()
    shown(page.text_area("new-labels").input("ham\nspam\n").run())
    shown(page.button("create-study").click().run())
    (made,) = list_studies(workspace)
    assert page.query_params["study"] == str(made.id)
    (criterion,) = study_detail(workspace, made.id).asked
    assert criterion.newest.scale.keys == ("ham", "spam")


def test_a_name_that_is_taken_is_refused_in_words(workspace: Workspace) -> None:
    create_study(workspace, ANN, "Travel")
    page = opened(workspace)
    page.text_input("new-name").input("TRAVEL").run()
    shown(page.button("create-study").click().run())
    assert "choose another name" in words(page)
    assert len(list_studies(workspace)) == 1


def test_the_list_shows_what_studies_hold_and_opens_one(workspace: Workspace) -> None:
    built = build_study(workspace.database, name="Old")
    create_study(workspace, ANN, "New")
    page = opened(workspace)
    assert "3 items · 6 outputs · 0 ratings" in words(page)
    assert "Nothing imported yet" in words(page)
    shown(page.button(f"open-{built.study}").click().run())
    assert page.query_params["study"] == str(built.study)
    shown(page.button("all-studies").click().run())
    assert "study" not in page.query_params


def test_the_way_back_to_the_list_leads_from_every_tab(workspace: Workspace) -> None:
    study = create_study(workspace, ANN, "Travel")
    page = opened(workspace, study.id, "History")
    shown(page.button("all-studies").click().run())
    assert "study" not in page.query_params
    assert page.button(f"open-{study.id}")


def test_a_long_list_is_searched_and_says_that_it_is_cut(workspace: Workspace) -> None:
    for number in range(32):
        create_study(workspace, ANN, f"Study {number:02}")
    page = opened(workspace)
    assert "30 of 32 studies shown" in words(page)
    shown(page.text_input("find-study").input("study 0").run())
    assert len([button for button in page.button if button.label == "Open"]) == 10
    assert "shown; search" not in words(page)


def test_an_address_of_a_study_that_is_gone_says_so_and_lists_the_others(workspace: Workspace) -> None:
    create_study(workspace, ANN, "Travel")
    page = opened(workspace, 99)
    assert "There is no study" in words(page)
    assert "Travel" in words(page)


@pytest.mark.parametrize("tab", ["Overview", "Criteria", "Guidelines", "Settings", "Pairs and subjects", "History"])
def test_hostile_words_are_shown_as_text_on_every_tab(workspace: Workspace, tab: str) -> None:
    study = create_study(workspace, Visitor(HOSTILE), HOSTILE, HOSTILE, Template.LABEL_AUDIT, labels=[HOSTILE, "b"])
    write_guideline(workspace, Visitor(HOSTILE), study.id, HOSTILE, note=HOSTILE)
    page = opened(workspace, study.id, tab)
    html = words(page)
    assert "&lt;img src=x" in html
    assert "<img" not in html
    assert "<script" not in html
    assert not page.markdown, "nothing goes through Streamlit's own Markdown"
    labels = [
        widget.label for widget in [*page.button, *page.radio, *page.text_input, *page.text_area, *page.selectbox]
    ]
    assert not any("example.org" in label for label in labels)


def test_a_study_can_be_closed_and_opened_again(workspace: Workspace) -> None:
    study = create_study(workspace, ANN, "Travel")
    page = opened(workspace, study.id)
    shown(page.button("close-study").click().run())
    assert study_detail(workspace, study.id).summary.closed
    assert "nobody can grade it" in words(page)
    shown(page.button("close-study").click().run())
    assert not study_detail(workspace, study.id).summary.closed


def test_settings_are_saved_as_a_version(workspace: Workspace) -> None:
    study = create_study(workspace, ANN, "Travel")
    page = opened(workspace, study.id, "Settings")
    assert page.button("save-settings").disabled, "nothing is changed yet"
    shown(page.radio(f"reveal-{study.id}-1").set_value(Reveal.AFTER).run())
    shown(page.button("save-settings").click().run())
    detail = study_detail(workspace, study.id)
    assert (detail.rules.reveal, len(detail.settings)) == (Reveal.AFTER, 2)


def test_a_guideline_is_written_and_seen_before_it_is_saved(workspace: Workspace) -> None:
    study = create_study(workspace, ANN, "Travel")
    page = opened(workspace, study.id, "Guidelines")
    shown(page.text_area(f"guideline-{study.id}-0").input("Be **fair**.").run())
    assert "<strong>fair</strong>" in words(page)
    shown(page.button("save-guideline").click().run())
    assert study_detail(workspace, study.id).guideline == "Be **fair**."


def test_stale_answers_stand_beside_the_question_before_an_edit_is_saved(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ann", "pass")
        add_rating(session, built, "q2/alder", "acceptable", "Ann", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Fir", "pass", kind="judge")
    page = opened(workspace, built.study, "Criteria")
    shown(page.selectbox(f"edit-{built.study}").set_value("acceptable").run())
    key = f"{built.study}-{built.criteria['acceptable']}"
    page.text_input(f"question-{key}").input("Would you send it?").run()
    assert page.button("save-criterion").disabled, "first say whether it still asks the same"
    same = page.radio(f"same-{key}")
    assert "3 answers of 1 person and 1 judge will be kept under the old meaning" in same.proto.captions[1]
    same.set_value(False).run()
    shown(page.button("save-criterion").click().run())
    (criterion,) = study_detail(workspace, built.study).asked
    assert (criterion.newest.question, criterion.newest.meaning) == ("Would you send it?", 2)


def test_another_scale_can_only_be_another_meaning(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    page = opened(workspace, built.study, "Criteria")
    page.selectbox(f"edit-{built.study}").set_value("acceptable").run()
    key = f"{built.study}-{built.criteria['acceptable']}"
    shown(page.selectbox(f"kind-{key}").set_value(ScaleKind.ORDINAL).run())
    assert "This changes what is asked: its scale is ordinal and no longer binary" in words(page)
    shown(page.button("save-criterion").click().run())
    (criterion,) = study_detail(workspace, built.study).asked
    assert (criterion.newest.scale.kind.value, criterion.newest.meaning) == ("ordinal", 2)


def test_a_criterion_is_added(workspace: Workspace) -> None:
    study = create_study(workspace, ANN, "Travel", "", Template.DIRECT)
    page = opened(workspace, study.id, "Criteria")
    assert page.button("add-criterion").disabled
    shown(page.text_input(f"name-new-{study.id}-2").input("Tone").run())
    shown(page.button("add-criterion").click().run())
    assert [one.newest.name for one in study_detail(workspace, study.id).asked] == ["Quality", "Acceptable", "Tone"]


def test_pairs_are_counted_before_they_are_made(workspace: Workspace) -> None:
    demo = load_demo(workspace)
    page = opened(workspace, demo.id, "Pairs and subjects")
    draws = len(list_draws(workspace, demo.id))
    with pytest.raises(KeyError):
        page.button("make-pairs")
    shown(page.button("count-pairs").click().run())
    assert "144 of 144 possible pairs on 48 items" in words(page)
    assert len(list_draws(workspace, demo.id)) == draws, "counting writes nothing"
    shown(page.button("make-pairs").click().run())
    assert study_detail(workspace, demo.id).summary.n_subjects["pair"] == 144
    assert "recorded as a draw" in words(page)
    assert len(list_draws(workspace, demo.id)) == draws + 1


def test_the_history_tells_who_changed_what(workspace: Workspace) -> None:
    study = create_study(workspace, ANN, "Travel", "", Template.DIRECT)
    write_guideline(workspace, ANN, study.id, "Be fair.")
    write_guideline(workspace, Visitor("Bob"), study.id, "Be quick.", note="pace")
    close_study(workspace, ANN, study.id, closed=True)
    html = words(opened(workspace, study.id, "History"))
    assert "Guideline, version 2" in html
    assert "by Bob" in html
    assert "pace" in html
    assert "<del>" in html
    assert "Closed for grading, version 2" in html
