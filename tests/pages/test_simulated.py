"""A simulated study on the pages: marked, never offered for grading or importing, and shown in every section."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.settings import ROOT
from core.workflow.simulating import SCALES, SimulatedRater, SimulatedStudy, simulate_study
from core.workflow.workspace import Visitor, Workspace

APP = str(Path(__file__).parents[2] / "app.py")
RATERS = (SimulatedRater("Ana", noise=0.4), SimulatedRater("Bea", noise=0.6, drift=0.8), SimulatedRater("gpt"))
SECTIONS = re.findall(
    r'^    "(\w+)": \(".*", show_\w+\),$', (ROOT / "pages" / "agreement.py").read_text(encoding="utf-8"), re.MULTILINE
)


def opened(workspace: Workspace, page: str, study: int, **address: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.session_state["workspace"] = workspace
    app.session_state["visitor"] = Visitor("Zoe")
    for name, value in {"study": str(study), **address}.items():
        app.query_params[name] = value
    app.run()
    if page != "study":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    return app


def words(page: AppTest) -> str:
    """Everything the page shows as HTML."""
    return "\n".join(element.proto.body for element in page.get("html"))


def simulated(workspace: Workspace, scale: str = "likert") -> int:
    wanted = SimulatedStudy(SCALES[scale], RATERS, 60, cluster_size=3, repeats=2)
    return simulate_study(workspace, Visitor("Zoe"), "Plan", wanted, seed=5).study.id


def test_the_study_page_marks_it_and_offers_neither_grading_nor_importing(workspace: Workspace) -> None:
    page = opened(workspace, "study", simulated(workspace))
    text = words(page)
    assert '<span class="ts-tag">simulated</span>' in text
    assert "nobody graded anything" in text
    assert "People have graded" not in text
    assert [link.proto.page for link in page.get("page_link")] == ["agreement", "exporting"]
    assert "close-study" not in {button.key for button in page.button}


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("scale", ["likert", "numbers"])
def test_every_section_of_agreement_shows_simulated_raters(workspace: Workspace, scale: str, section: str) -> None:
    page = opened(workspace, "agreement", simulated(workspace, scale), section=section)
    text = words(page)
    assert '<span class="ts-tag">simulated</span>' in text
    assert 'class="ag-say">These raters (simulated) ' in text
    assert "The known truth is left out" in text
    assert 'class="ts-error"' not in text


def test_there_are_sections_to_look_at() -> None:
    assert {"pairs", "slices", "raters", "items", "numbers"} <= set(SECTIONS)
