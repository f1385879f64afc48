"""The export page and the address that a download comes from."""

from pathlib import Path

import pytest
from starlette.datastructures import QueryParams
from streamlit.testing.v1 import AppTest

from core.errors import BadInput
from core.workflow.exporting import SHAPES, ExportRequest
from core.workflow.workspace import Visitor, Workspace
from pages.routes.downloads import address_of, request_of
from tests.builders import Built, add_rating, build_study
from tests.judges import add_judge, add_verdict

APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def built(workspace: Workspace) -> Built:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
    return built


def opened(workspace: Workspace, built: Built) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.session_state["workspace"] = workspace
    app.session_state["visitor"] = Visitor("Zoe")
    app.query_params["study"] = str(built.study)
    app.run()
    app.switch_page("pages/exporting.py").run()
    assert not app.exception, app.exception
    return app


def words(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def test_calls_are_offered_with_their_own_choices_and_columns(workspace: Workspace, built: Built) -> None:
    with workspace.database.writing() as session:
        judge = add_judge(session, built, "Fir")
        add_verdict(session, built, "q1/alder", "acceptable", judge, "fail")
    page = opened(workspace, built)
    page.multiselect(key="export_criteria").select("acceptable").run()
    page.radio(key="export_shape").set_value("calls").run()
    assert not page.exception, page.exception
    assert "Download 1 row as CSV" in words(page)
    assert "earlier_cost" in words(page)
    assert "shape=calls" in words(page)
    assert "criterion=" not in words(page)  # chosen for another shape
    assert [page.multiselect(key=f"export_{name}").disabled for name in ("criteria", "phases", "raters")] == [
        True, True, False,
    ]  # fmt: skip


def test_a_study_whose_judges_never_ran_says_so(workspace: Workspace, built: Built) -> None:
    page = opened(workspace, built)
    page.radio(key="export_shape").set_value("calls").run()
    assert "No judge of this study has been run yet" in words(page)


@pytest.mark.parametrize("shape", list(SHAPES))
def test_an_address_asks_for_what_it_was_made_of(shape: str) -> None:
    request = ExportRequest(study="1", shape=shape, raters=("Fir v1",), texts=False)  # type: ignore[arg-type] # one of them
    assert request_of(QueryParams(address_of(request).partition("?")[2])) == request


def test_an_unknown_shape_in_an_address_is_refused() -> None:
    with pytest.raises(BadInput, match="calls"):
        request_of(QueryParams("study=1&shape=tall"))
