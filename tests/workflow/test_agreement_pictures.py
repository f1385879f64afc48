"""What stands on a saved picture and in the name of its file."""

from dataclasses import replace
from datetime import date

import pytest

from core.workflow.agreement import LiveStudies, asked_of
from core.workflow.agreement_pictures import file_name, filters_text, mark_of, picture_words
from core.workflow.studies import find_study
from core.workflow.workspace import Workspace
from tests.builders import add_rating, build_study

TODAY = date(2026, 3, 3)


def test_a_picture_says_study_criterion_phase_filter_day_and_units(workspace: Workspace) -> None:
    built = build_study(workspace.database, name="Größe & <Maß>", systems=("alder",))
    with workspace.database.writing() as session:
        for item in ("q1", "q2"):
            add_rating(session, built, f"{item}/alder", "acceptable", "Ana", "pass")
            add_rating(session, built, f"{item}/alder", "acceptable", "Fir", "fail", kind="judge")
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    study = find_study(workspace, str(built.study))
    words = picture_words(study, live.view(asked_of(live)), "Two raters", today=TODAY)
    assert words.title == "Two raters: Acceptable"
    assert words.foot == "Touchstone · Größe & <Maß> · Acceptable · blind · 2026-03-03 · 2\u00a0units"
    assert words.file == "touchstone-grosse-mass-acceptable-two-raters"
    narrowed = live.view(asked_of(live, raters=["Ana"], kinds=["person"]))
    assert filters_text(narrowed) == "raters: Ana; people"
    assert " · raters: Ana; people · " in picture_words(study, narrowed, "Two raters", today=TODAY).foot
    every = picture_words(study, narrowed, "By criterion", today=TODAY, of_all_criteria=True)
    assert (every.title, every.file) == ("By criterion", "touchstone-grosse-mass-by-criterion")
    assert "Acceptable" not in every.foot


def test_studies_that_are_not_about_real_answers_say_so(workspace: Workspace) -> None:
    study = find_study(workspace, str(build_study(workspace.database).study))
    assert mark_of(study) == ""
    assert mark_of(replace(study, illustrative=True)) == " (illustrative)"
    assert mark_of(replace(study, illustrative=True, simulated=True)) == " (simulated)"


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("touchstone", "My study", "a/b\\c"), "touchstone-my-study-a-b-c"),
        (("touchstone", "../../etc", "研究"), "touchstone-etc"),
        (("touchstone", 'x"\r\nSet-Cookie: a=b', ""), "touchstone-x-set-cookie-a-b"),
        (("touchstone", "x" * 90, "y"), f"touchstone-{'x' * 40}-y"),
    ],
)
def test_file_names_are_safe_everywhere(parts: tuple[str, ...], name: str) -> None:
    assert file_name(*parts) == name
